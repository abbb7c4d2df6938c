"""The files that sessions are written to, for their owner's eyes alone, and read from."""

from __future__ import annotations

import stat
from pathlib import Path

from mistral_chat import private
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
            private.replace(path, data)
        else:
            private.write_new(path, data)
    except FileExistsError:
        raise UsageError(f"{path} is there already", hint="give another name, or take it away first") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written", error.strerror or str(error), "give another name") from None
    except ValueError as error:  # NUL in the name
        raise UsageError(f"{path} cannot be written", str(error), "give another name") from None


def read(path: Path, length: int = -1) -> bytes:
    """A file, or so many bytes of its beginning.

    Raises UsageError for what is not there, is no regular file, or is too long.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UsageError(f"{path} is not a file", hint="name the file that was exported")
        if length < 0 and status.st_size > LIMIT:
            why = f"{status.st_size:,} bytes; the limit is {LIMIT:,}"
            raise UsageError(f"{path} is too long", why, "split it into several files")
        with path.open("rb") as file:
            return file.read(length)
    except OSError as error:
        raise UsageError(f"{path} cannot be read", error.strerror or str(error), "name an exported file") from None
    except ValueError as error:  # NUL in the name
        raise UsageError(f"{path} cannot be read", str(error), "name an exported file") from None
