"""Bytes in, the data of each server-sent event out; no I/O (https://html.spec.whatwg.org/multipage/server-sent-events.html).

A line is decoded only when all of it is here, and no byte of a UTF-8 sequence looks like a line end, so it makes no
difference where the bytes were split. Only CR, LF and CRLF end a line: U+2028, U+0085, VT and the like are text.

The format is read more leniently than the standard says in one place: an event that the end of the stream left without
its blank line is given by `close`, because servers forget that line after the last event.
"""

from __future__ import annotations

from collections.abc import Iterator

from mistral_chat.errors import ProtocolError

MAX_EVENT = 16 * 1024 * 1024
MAX_STREAM = 64 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"


class EventStream:
    """Feed it bytes as they come; run out each iterator it gives before the next call."""

    def __init__(self) -> None:
        self._length = 0
        self._at_first_line = True
        self._after_cr = False
        self._line: list[bytes] = []
        self._line_size = 0
        self._name = ""
        self._data: list[bytes] = []
        self._data_size = 0

    def feed(self, chunk: bytes) -> Iterator[tuple[str, str]]:
        """Name ("" when there is none) and data of each event that this chunk completes; blank data is left out.

        Raises ProtocolError when one event is over 16 MB, or all of the stream over 64 MB.
        """
        *lines, rest = self._with_line_feeds(chunk).split(b"\n")
        if lines:
            yield from self._events(self._joined(lines))
        if rest:
            self._line.append(rest)
            self._line_size += len(rest)
            self._check(self._data_size + self._line_size)
        self._length += len(chunk)
        if self._length > MAX_STREAM:
            raise too_large("answer", MAX_STREAM)

    def close(self) -> Iterator[tuple[str, str]]:
        """The event, if any, that the end of the stream completes."""
        yield from self._events(self._joined([b"", b""]))

    def _joined(self, lines: list[bytes]) -> list[bytes]:
        """The lines, the first one with what was held of it."""
        lines[0] = b"".join((*self._line, lines[0]))
        self._line, self._line_size = [], 0
        if self._at_first_line:
            lines[0] = lines[0].removeprefix(_BOM)
            self._at_first_line = False
        return lines

    def _with_line_feeds(self, chunk: bytes) -> bytes:
        """The chunk with each line end as one LF; a CR ends its line at once, and an LF right after it is dropped."""
        if self._after_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return chunk

    def _events(self, lines: list[bytes]) -> Iterator[tuple[str, str]]:
        for line in lines:
            if not line:
                if self._data and (data := self._taken()):
                    yield self._name, data
                self._name = ""
                continue
            field, _, value = line.partition(b":")
            if field == b"data":
                self._data.append(value.removeprefix(b" "))
                self._data_size += len(line)
                self._check(self._data_size)
            elif field == b"event":
                self._name = value.removeprefix(b" ").decode(errors="replace")

    def _taken(self) -> str:
        """The data lines as one text, "" when it is blank."""
        data = b"\n".join(self._data).decode(errors="replace")
        self._data, self._data_size = [], 0
        return "" if data.isspace() else data

    def _check(self, size: int) -> None:
        if size > MAX_EVENT:
            raise too_large("event", MAX_EVENT)


def too_large(what: str, limit: int) -> ProtocolError:
    """The error for one `what` of more than `limit` bytes."""
    return ProtocolError(
        f"the server sent too much: one {what} of more than {limit >> 20} MB", hint="ask for less, or set max_tokens"
    )
