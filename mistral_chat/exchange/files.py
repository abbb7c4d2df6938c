"""The files that sessions are written to, for their owner's eyes alone, and read from."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from mistral_chat.errors import UsageError
from mistral_chat.text import repair

LIMIT = 1 << 30
"""Bytes; a longer file is not read."""


def write(path: Path, text: str, *, replace: bool = False) -> None:
    """Puts the text into a file that only its owner can read (0600).

    Raises UsageError when it cannot be written, and, unless told to `replace` it, when there is one already.
    """
    data = repair(text).encode()
    try:
        if replace:
            _replace(path, data)
        else:
            _make(path, data)
    except FileExistsError:
        raise UsageError(f"{path} is there already", hint="give another name, or take it away first") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written", error.strerror or str(error), "give another name") from None


def _make(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
    except OSError:
        path.unlink()
        raise


def _replace(path: Path, data: bytes) -> None:
    """The new file takes the place of the old one when it is complete; `mkstemp` gives it 0600."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
        os.replace(name, path)
    except OSError:
        with suppress(OSError):
            os.unlink(name)
        raise


def read(path: Path, length: int = -1) -> bytes:
    """A file, or so many bytes of its beginning.

    Raises UsageError for what is not there, is no regular file, or is too long.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UsageError(f"{path} is not a file", hint="name the file that was exported")
        if length < 0 and status.st_size > LIMIT:
            raise UsageError(f"{path} is too long", f"{status.st_size:,} bytes; the limit is {LIMIT:,}")
        with path.open("rb") as file:
            return file.read(length)
    except OSError as error:
        raise UsageError(f"{path} cannot be read", error.strerror or str(error), "name an exported file") from None
