"""A file of the user's own: readable by nobody else under any umask, and locked against other programs."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from mistral_chat.private import make_folder

_LOCKED_BYTE = 1 << 30  # on Windows a lock is on bytes, and keeps others from reading them


def opened(path: Path, flags: int = 0) -> int:
    """A descriptor to read and write; file and folder are made where there is none. Raises OSError."""
    make_folder(path.parent)
    file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | flags, 0o600)
    if sys.platform != "win32" and os.fstat(file).st_mode & 0o777 != 0o600:
        os.fchmod(file, 0o600)
    return file


@contextlib.contextmanager
def locked(path: Path) -> Iterator[int]:
    """The file, open to read and to append, for this program alone. Raises OSError."""
    while True:
        file = opened(path, os.O_APPEND)
        try:
            lock(file, wait=True)
            if os.fstat(file).st_ino == path.stat().st_ino:  # else it was replaced while this waited
                yield file
                return
        finally:
            os.close(file)


def lock(file: int, *, wait: bool) -> bool:
    """Whether the file is now this descriptor's alone, until it is closed."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def write_all(file: int, data: bytes) -> None:
    """Writes where the descriptor stands. Raises OSError."""
    while data:
        data = data[os.write(file, data) :]
