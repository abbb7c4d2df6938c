"""A file that the user has named, to read or to write, refused in a sentence when it is none that has an end."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from mistral_chat.encoding import decode
from mistral_chat.errors import UsageError

_SEPARATORS = (os.sep, os.altsep or os.sep)
_ANOTHER = "give another name"


def expanded(name: str | Path, hint: str) -> Path:
    """The path, in which `~` is a home folder. Raises UsageError for a name that no file can have."""
    try:
        path = Path(os.path.expanduser(name))  # Path.expanduser fails where there is no such user
        os.fsencode(path)
        if "\0" in str(path):
            raise ValueError("embedded null byte")
    except ValueError as error:
        raise UsageError(f"{name} is no name of a file", str(error), hint) from None
    return path


def to_write(name: str) -> Path:
    """The path of a file to write, which may be there already.

    Raises UsageError, with nothing opened, for the name of a folder and for what is there and is no regular file.
    """
    path = expanded(name, _ANOTHER)
    if name.endswith(_SEPARATORS):
        raise UsageError(f"{name} is the name of a folder", hint=_ANOTHER)
    with suppress(OSError):
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise UsageError(f"{path} is not a file but {_kind(mode)}", hint=_ANOTHER)
    return path


@contextmanager
def opened(name: str | Path, hint: str) -> Iterator[tuple[Path, BinaryIO]]:
    """The path, in which `~` is a home folder, and the open file, for the length of a `with`.

    What is no regular file, such as a pipe or a device, is not even opened. Raises UsageError, also for a failure while
    the file is read; `hint` says what to name instead.
    """
    path = expanded(name, hint)
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise UsageError(f"{path} is not a file but {_kind(mode)}", hint=hint)
        with path.open("rb") as file:
            yield path, file
    except OSError as error:
        raise UsageError(f"{path} cannot be read", error.strerror or str(error), hint) from None


def as_text(data: bytes, name: str) -> tuple[str, str]:
    """The text of a file, and a warning, "" when there is none to give, that not all of it was UTF-8."""
    text, bad, first = decode(data)
    if not bad:
        return text, ""
    return text, f"{name} is not all UTF-8: {bad} bytes replaced by U+FFFD, the first at {first}"


def _kind(mode: int) -> str:
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a pipe",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
        stat.S_IFSOCK: "a socket",
    }
    return kinds.get(stat.S_IFMT(mode), "something else")
