"""Files and folders that only their owner can read, whatever the umask.

The umask belongs to the whole process: only its main thread makes such files.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def make_folder(path: Path) -> None:
    """Makes a folder (0700) and those that lead to it where they are missing. Raises OSError."""
    with _private():
        path.mkdir(parents=True, exist_ok=True)


def make_file(path: Path) -> None:
    """Makes an empty file (0600) and the folders to it (0700) where they are missing; what is there stays as it is.

    An existing file is not even opened: closing it would drop the locks that SQLite holds on it in this process
    (https://sqlite.org/howtocorrupt.html, section 2.2). Raises OSError.
    """
    if path.exists():
        return
    make_folder(path.parent)
    with _private():
        path.touch(0o600)


def write_new(path: Path, data: bytes) -> None:
    """Writes a file (0600), and waits until the disk has it, where none is, not even a link that leads nowhere.

    Raises FileExistsError and other OSErrors; then nothing is left of it.
    """
    with _private():
        file = path.open("xb")
    try:
        with file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise


def replace(path: Path, data: bytes) -> None:
    """Writes a file (0600) in the place of what is there, in one go; a link gives way, not what it leads to.

    Raises OSError, and then what was there still is.
    """
    new = path.parent / f".{path.name}.{os.urandom(4).hex()}"
    write_new(new, data)
    try:
        os.replace(new, path)
    except BaseException:
        with suppress(OSError):
            new.unlink()
        raise


@contextmanager
def _private() -> Iterator[None]:
    """A umask that takes all from others and nothing from the owner: no moment with other permissions."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
