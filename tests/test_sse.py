"""Server-sent events: each rule, with the bytes cut at every place."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_chat.errors import ProtocolError
from mistral_chat.sse import MAX_EVENT, MAX_STREAM, EventStream
from tests.chunking import cuts, every_split

NO_LINE_END = "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg"
RULES: dict[str, tuple[bytes, list[tuple[str, str]]]] = {
    "one event": (b"data: one\n\n", [("", "one")]),
    "no blank after the colon": (b"data:one\n\n", [("", "one")]),
    "only one blank after the colon is taken": (b"data:  one\n\n", [("", " one")]),
    "a colon in the data": (b"data: a:b\n\n", [("", "a:b")]),
    "several data lines": (b"data: one\ndata: two\n\n", [("", "one\ntwo")]),
    "an empty data line among others": (b"data: one\ndata\ndata: two\n\n", [("", "one\n\ntwo")]),
    "CR": (b"data: one\r\rdata: two\r\r", [("", "one"), ("", "two")]),
    "CRLF": (b"data: one\r\n\r\ndata: two\r\n\r\n", [("", "one"), ("", "two")]),
    "a mix of line ends": (
        b"data: one\r\n\ndata: two\n\r\ndata: three\r\n\r",
        [("", "one"), ("", "two"), ("", "three")],
    ),
    "LF CR is two line ends": (b"data: one\n\rdata: two\n\n", [("", "one"), ("", "two")]),
    "a comment": (b": keep-alive\n\ndata: one\n: here too\n\n", [("", "one")]),
    "blank data": (b"data:\n\ndata: \n\ndata: \t\n\ndata: one\n\n", [("", "one")]),
    "blank lines only": (b"\n\n\r\n\r\r", []),
    "an event name": (b"event: error\ndata: one\n\ndata: two\n\n", [("error", "one"), ("", "two")]),
    "a name without data is forgotten": (b"event: error\n\ndata: one\n\n", [("", "one")]),
    "other fields": (b"id: 1\nretry: 5\nnonsense\nDATA: x\ndata : y\ndata: one\n\n", [("", "one")]),
    "a BOM": (b"\xef\xbb\xbfdata: one\n\n", [("", "one")]),
    "only one BOM is taken": (b"\xef\xbb\xbf\xef\xbb\xbfdata: one\n\ndata: two\n\n", [("", "two")]),
    "a BOM later is text": (b"data: \xef\xbb\xbfone\n\n", [("", "\ufeffone")]),
    "characters of several bytes": ("data: é€😀\n\n".encode(), [("", "é€😀")]),
    "broken UTF-8": (b"data: a\xffb\xe2\x82\n\ndata: two\n\n", [("", "a\ufffdb\ufffd"), ("", "two")]),
    "only CR and LF end a line": (f"data: {NO_LINE_END}\n\n".encode(), [("", NO_LINE_END)]),
    "NUL": (b"data: a\0b\n\n", [("", "a\0b")]),
    "no blank line at the end": (b"data: one\n\ndata: two\n", [("", "one"), ("", "two")]),
    "no line end at the end": (b"data: one\n\ndata: two", [("", "one"), ("", "two")]),
    "nothing": (b"", []),
}


def decoded(pieces: Iterable[bytes]) -> list[tuple[str, str]]:
    stream = EventStream()
    return [event for piece in pieces for event in stream.feed(piece)] + list(stream.close())


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_holds_wherever_the_bytes_are_cut(rule: str) -> None:
    data, events = RULES[rule]
    for pieces in every_split(data):
        assert decoded(pieces) == events, pieces


@pytest.mark.parametrize("end", [b"\n\n", b"\r\r", b"\n\r"])
def test_an_event_is_given_at_once_when_its_blank_line_is_there(end: bytes) -> None:
    assert list(EventStream().feed(b"data: one" + end)) == [("", "one")]


def test_the_line_feed_after_a_carriage_return_is_no_second_line_end() -> None:
    stream = EventStream()
    assert list(stream.feed(b"data: one\r")) == []
    assert list(stream.feed(b"\ndata: two\r\n")) == []
    assert list(stream.feed(b"\r")) == [("", "one\ntwo")]


LINES = st.sampled_from(
    [
        b"data: one",
        b"data:two",
        b"data: ",
        b"data",
        b"event: error",
        b": comment",
        b"",
        b"",
        b"\xef\xbb\xbf",
        b"data: \xf0\x9f",
    ]
)
STREAMS = st.lists(st.tuples(LINES, st.sampled_from([b"\n", b"\r", b"\r\n"]))).map(
    lambda lines: b"".join(line + end for line, end in lines)
)


@given(STREAMS.flatmap(lambda data: st.tuples(st.just(data), cuts(data))))
def test_it_makes_no_difference_where_the_bytes_are_cut(case: tuple[bytes, list[bytes]]) -> None:
    data, pieces = case
    assert decoded(pieces) == decoded([data]) == by_the_standard(data)


def by_the_standard(data: bytes) -> list[tuple[str, str]]:
    """The algorithm of the HTML standard, word for word on the whole text, with our two exceptions."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode(errors="replace")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    events, buffer, name = [], "", ""
    for line in [*lines, ""]:
        if not line:
            if buffer.strip():
                events.append((name, buffer.removesuffix("\n")))
            buffer = name = ""
        elif not line.startswith(":"):
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "data":
                buffer += value + "\n"
            elif field == "event":
                name = value
    return events


def lengths(pieces: Iterable[bytes]) -> list[int]:
    return [len(data) for _, data in decoded(pieces)]


@pytest.mark.parametrize("size", [1 << 10, 1 << 16, MAX_EVENT * 2])
def test_an_event_over_16_MB_is_refused(size: int) -> None:
    data = b"data: " + b"x" * MAX_EVENT
    pieces = (data[start : start + size] for start in range(0, len(data), size))
    with pytest.raises(ProtocolError, match="one event of more than 16 MB"):
        lengths(pieces)


def test_an_event_of_many_lines_over_16_MB_is_refused() -> None:
    with pytest.raises(ProtocolError, match="one event of more than 16 MB"):
        lengths([b"data: " + b"x" * (1 << 20) + b"\n"] * 16)


def test_the_lines_of_an_event_count_with_the_line_that_still_comes() -> None:
    stream = EventStream()
    assert list(stream.feed(b"data: " + b"x" * (MAX_EVENT // 2) + b"\ndata: " + b"x" * (MAX_EVENT // 2 - 12))) == []
    with pytest.raises(ProtocolError, match="one event of more than 16 MB"):
        list(stream.feed(b"x"))


@pytest.mark.parametrize("size", [1 << 16, MAX_EVENT * 2])
def test_an_event_of_16_MB_is_taken(size: int) -> None:
    data = b"data: " + b"x" * (MAX_EVENT - 6) + b"\n\n"
    assert lengths(data[start : start + size] for start in range(0, len(data), size)) == [MAX_EVENT - 6]


def test_a_stream_over_64_MB_is_refused_and_what_came_before_is_given() -> None:
    event = b"data: " + b"x" * ((1 << 20) - 8) + b"\n\n"
    stream = EventStream()
    assert sum(1 for _ in range(MAX_STREAM // len(event)) for _ in stream.feed(event)) == 64
    last = stream.feed(event)
    next(last)
    with pytest.raises(ProtocolError, match="one answer of more than 64 MB"):
        next(last)
