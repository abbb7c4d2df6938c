"""What a user hands in as bytes: standard input and named files, as text or refused in a sentence."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path
from typing import BinaryIO, NamedTuple

from mistral_chat.encoding import decode, looks_binary
from mistral_chat.errors import UsageError
from mistral_chat.screen import Screen

PATIENCE = 1.0
"""Seconds of silence on standard input after which a hint is given."""
BLOCK = 65536


class Source(NamedTuple):
    """A name for messages, and the most bytes that are taken."""

    name: str
    limit: int


def read_stdin(stream: BinaryIO, limit: int, screen: Screen) -> str:
    """Standard input to its end, however slow. Raises UsageError when it is too long or binary."""
    silent = threading.Timer(
        PATIENCE, screen.note, ["reading standard input; end it with Ctrl-D, or start with --no-stdin"]
    )
    silent.daemon = True
    silent.start()
    try:
        data = _read(stream, silent, Source("standard input", limit))
    except OSError as error:  # such as a terminal that is gone
        raise UsageError("standard input cannot be read", error.strerror or str(error), "pipe in a text") from None
    finally:
        silent.cancel()
    return _text(data, Source("standard input", limit), screen)


def read_file(name: str | Path, limit: int, screen: Screen) -> str:
    """A text file that the user named, `~` being a home folder.

    Raises UsageError for what is no regular file, too long, binary or not there.
    """
    path = Path(os.path.expanduser(name))  # Path.expanduser fails where there is no such user
    source = Source(str(path), limit)
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise UsageError(f"{path} is not a file but {_kind(mode)}", hint="name a text file")
        with path.open("rb") as file:
            return _text(_read(file, None, source), source, screen)
    except ValueError as error:  # NUL in the name
        raise UsageError(f"{path} cannot be read", str(error), "name a text file") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read", error.strerror or str(error), "name a text file") from None


def _read(stream: BinaryIO, silent: threading.Timer | None, source: Source) -> bytes:
    data = bytearray()
    while block := stream.read1(BLOCK) if hasattr(stream, "read1") else stream.read(BLOCK):
        if silent is not None:
            silent.cancel()
        data += block
        if len(data) > source.limit:
            raise UsageError(
                f"{source.name} is longer than {source.limit:,} bytes",
                "that is max_input",
                "send a part of it, or set max_input in config.toml",
            )
    return bytes(data)


def _text(data: bytes, source: Source, screen: Screen) -> str:
    if kind := looks_binary(data):
        raise UsageError(f"{source.name} is not text but {kind}", hint="only text can be sent")
    decoded = decode(data)
    if decoded.bad:
        screen.warn(
            f"{source.name} is not all UTF-8: {decoded.bad} bytes replaced by U+FFFD, the first at {decoded.first}"
        )
    return decoded.text


def _kind(mode: int) -> str:
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a pipe",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
        stat.S_IFSOCK: "a socket",
    }
    return kinds.get(stat.S_IFMT(mode), "something else")
