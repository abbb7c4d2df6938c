"""What a user hands in as bytes: standard input and files of text, as text or refused in a sentence."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import BinaryIO, NamedTuple

from mistral_chat.encoding import looks_binary
from mistral_chat.errors import UsageError
from mistral_chat.named_file import as_text, opened
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
    if not str(name):
        raise UsageError("no file is named", hint="name a text file after the @")
    with opened(name, "name a text file") as (path, file):
        source = Source(str(path), limit)
        return _text(_read(file, None, source), source, screen)


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
    text, warning = as_text(data, source.name)
    if warning:
        screen.warn(warning)
    return text
