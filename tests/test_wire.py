"""Requests as the JSON of the API, and answers as events: each case with the bytes cut at every place."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_chat.errors import ApiError, ChatError, ConnectionLost, ProtocolError, RateLimited, Rejected, ServerError
from mistral_chat.events import (
    Event,
    Finished,
    FinishReason,
    ReferenceDelta,
    Reply,
    Started,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    Usage,
)
from mistral_chat.message import (
    Audio,
    Document,
    File,
    Image,
    Message,
    Part,
    Reference,
    Role,
    Text,
    TextFile,
    Thinking,
    ToolCall,
    ToolReference,
    ToolResult,
)
from mistral_chat.wire import Decoder, Request, encode, encode_bytes
from tests.chunking import cuts, every_split
from tests.judges import judge_request

HELLO = Request("mistral-small-latest", (Message.of(Role.USER, "Hello"),))
STARTED = Started("c1", "mistral-small-2603")
STOP = Finished(FinishReason.STOP)
DONE = b"data: [DONE]\n\n"
USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}


def event(data: object, name: str = "") -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def chunk(delta: object = None, finish: str | None = None, index: int = 0, **more: object) -> bytes:
    """An event of the API; a delta that is no object is its content."""
    delta = delta if isinstance(delta, dict) else {"content": delta}
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    return event({"id": "c1", "model": "mistral-small-2603", "choices": [choice], **more})


def text(*pieces: str) -> list[Event]:
    return [STARTED, *map(TextDelta, pieces)]


THOUGHT = b'{"type": "thinking", "thinking": ['
THINKING = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}], "closed": False}]
MIXED = [
    {"type": "thinking", "thinking": [{"type": "text", "text": "."}]},
    {"type": "hologram", "data": 1},
    {"type": "text", "text": "See "},
    {"type": "reference", "reference_ids": [1, "b"]},
]
CALL = {"id": "abc123def", "type": "function", "function": {"name": "f", "arguments": '{"a"'}, "index": 1}
MORE_OF_CALL = {"id": "null", "function": {"name": "", "arguments": ":1}"}, "index": 1}
ERROR = {"object": "error", "message": "Oops", "type": "internal_server_error", "code": "1000"}

ANSWERS: dict[str, tuple[bytes, list[Event]]] = {
    "ordinary": (
        chunk({"role": "assistant", "content": ""})
        + chunk("Hel")
        + chunk("lo")
        + chunk("", "stop", usage=USAGE)
        + DONE,
        [*text("Hel", "lo"), Usage(3, 4), STOP],
    ),
    "CRLF, no blanks": (
        chunk("Hel").replace(b"\n", b"\r\n").replace(b"data: ", b"data:") + chunk("lo", "stop") + DONE,
        [*text("Hel", "lo"), STOP],
    ),
    "no [DONE]": (chunk("Hello", "stop"), [*text("Hello"), STOP]),
    "no blank line at the end": (chunk("Hello", "stop").rstrip(), [*text("Hello"), STOP]),
    "blanks around [DONE]": (chunk("Hello", "stop") + b"data:  [DONE] \n\n", [*text("Hello"), STOP]),
    "nothing is read after [DONE]": (
        chunk("Hello", "stop") + DONE + chunk("!") + b"data: x\n\n",
        [*text("Hello"), STOP],
    ),
    "usage in a chunk of its own": (
        chunk("Hello", "stop") + event({"id": "c1", "choices": [], "usage": USAGE}) + DONE,
        [*text("Hello"), Usage(3, 4), STOP],
    ),
    "usage in every chunk": (
        chunk("Hel", usage=USAGE) + chunk("lo", "stop", usage=USAGE | {"completion_tokens": 9}),
        [*text("Hel", "lo"), Usage(3, 9), STOP],
    ),
    "usage with cached tokens": (
        chunk("Hello", "stop", usage=USAGE | {"prompt_tokens_details": {"cached_tokens": 2}}),
        [*text("Hello"), Usage(3, 4, 2), STOP],
    ),
    "null usage, null and missing content": (
        chunk(None, usage=None) + chunk({}) + chunk("Hello", "stop"),
        [*text("Hello"), STOP],
    ),
    "an empty answer": (chunk("", "stop") + DONE, [STARTED, STOP]),
    "too long": (chunk("Hello", "length"), [*text("Hello"), Finished(FinishReason.LENGTH)]),
    "too long for the model": (chunk("Hello", "model_length"), [*text("Hello"), Finished(FinishReason.MODEL_LENGTH)]),
    "finish_reason error": (chunk("Hello", "error"), [*text("Hello"), Finished(FinishReason.ERROR)]),
    "a finish_reason of tomorrow": (chunk("Hello", "bored"), [*text("Hello"), Finished(FinishReason.ERROR)]),
    "only the first choice": (
        chunk("Hel") + chunk("Sal", index=1) + chunk("lo", "stop") + chunk("ut", "length", index=1),
        [*text("Hel", "lo"), STOP],
    ),
    "content in parts": (
        chunk(THINKING) + chunk(MIXED) + chunk("it.", "stop"),
        [
            STARTED,
            ThinkingDelta(Thinking((Text("Hm"),), closed=False)),
            ThinkingDelta(Thinking((Text("."),))),
            TextDelta("See "),
            ReferenceDelta(Reference((1, "b"))),
            TextDelta("it."),
            STOP,
        ],
    ),
    "reasoning_content of local servers": (
        chunk({"reasoning_content": "Hm"}) + chunk({"reasoning": ".", "content": None}) + chunk("Yes", "stop"),
        [
            STARTED,
            ThinkingDelta(Thinking((Text("Hm"),), closed=False)),
            ThinkingDelta(Thinking((Text("."),), closed=False)),
            ThinkingDelta(Thinking(())),
            TextDelta("Yes"),
            STOP,
        ],
    ),
    "a tool call in pieces": (
        chunk({"content": "", "tool_calls": [CALL]}) + chunk({"tool_calls": [MORE_OF_CALL]}, "tool_calls"),
        [
            STARTED,
            ToolCallDelta(1, "abc123def", "f", '{"a"'),
            ToolCallDelta(1, "", "", ":1}"),
            Finished(FinishReason.TOOL_CALLS),
        ],
    ),
    "tool calls without index, arguments as an object": (
        chunk(
            {"tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}, {"function": {"name": "g"}}]}, "stop"
        ),
        [STARTED, ToolCallDelta(0, "", "f", '{"a": 1}'), ToolCallDelta(1, "", "g", ""), STOP],
    ),
    "two tool calls that are both called number 0": (
        chunk(
            {"tool_calls": [{"id": i, "index": 0, "function": {"name": "f", "arguments": ""}} for i in ("a", "b")]},
            "stop",
        ),
        [STARTED, ToolCallDelta(0, "a", "f", ""), ToolCallDelta(1, "b", "f", ""), STOP],
    ),
    "characters that other decoders break lines at": (
        chunk("a\u2028b\u2029c\x85d\x0be\x0c\x1cf", "stop"),
        [*text("a\u2028b\u2029c\x85d\x0be\x0c\x1cf"), STOP],
    ),
    "surrogates": (
        rb'data: {"choices": [{"delta": {"content": "\ud83d\ude00 \ud83d \uDE00"}, "finish_reason": "stop"}]}'
        + b"\n\n",
        [Started("", ""), TextDelta("😀 \ufffd \ufffd"), STOP],
    ),
    "broken UTF-8": (chunk("a¤b", "stop").replace("¤".encode(), b"\xff"), [*text("a\ufffdb"), STOP]),
    "comments, other fields, unknown objects": (
        b": hi\n\nid: 7\nretry: 1\n" + chunk("Hello", "stop") + event({"type": "ping"}) + b": bye\n\n",
        [*text("Hello"), STOP],
    ),
    "a BOM": (b"\xef\xbb\xbf" + chunk("Hello", "stop"), [*text("Hello"), STOP]),
    "odd values": (
        event({"choices": None})
        + event({"choices": [None, {"delta": None}]})
        + chunk({"content": 7, "tool_calls": 7}, "stop"),
        [Started("", ""), STOP],
    ),
    "a whole answer in place of a stream": (
        json.dumps(
            {
                "id": "c1",
                "model": "mistral-small-2603",
                "usage": USAGE,
                "choices": [
                    {"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}
                ],
            },
            indent=1,
        ).encode(),
        [*text("Hello"), Usage(3, 4), STOP],
    ),
}

FAILURES: dict[str, tuple[bytes, list[Event], type[ChatError], str]] = {
    "cut between events": (chunk("Hel") + chunk("lo"), text("Hel", "lo"), ConnectionLost, "cut off"),
    "cut in an event": (chunk("Hel") + chunk("lo")[:-20], text("Hel"), ConnectionLost, "cut off"),
    "cut in a character": (chunk("Hel") + chunk("é")[:-30], text("Hel"), ConnectionLost, "cut off"),
    "[DONE] without finish_reason": (chunk("Hello") + DONE, text("Hello"), ConnectionLost, "cut off"),
    "cut before the first content": (chunk({"role": "assistant"}), [], ConnectionLost, "cut off"),
    "empty": (b"", [], ProtocolError, "no answer"),
    "only comments": (b": hi\n\n: hi\n\n", [], ProtocolError, "no answer"),
    "only [DONE]": (DONE, [], ProtocolError, "no answer"),
    "plain text": (b"It works!\n", [], ProtocolError, "no answer"),
    "an object that is no answer": (b'{"it": "works"}', [], ProtocolError, "no answer"),
    "bad JSON": (chunk("Hel") + b'data: {"choices": [\n\n', text("Hel"), ProtocolError, "broken JSON"),
    "JSON that is no object": (chunk("Hel") + event(7), text("Hel"), ProtocolError, "JSON that is no answer"),
    "JSON nested too deep": (b"data: " + b"[" * 100_000 + b"\n\n", [], ProtocolError, "nested too deep"),
    "thoughts nested too deep": (
        b'data: {"choices": [{"delta": {"content": [' + THOUGHT * 450 + b"]}" * 450 + b"]}}]}\n\n",
        [],
        ProtocolError,
        "nested too deep",
    ),
    "an HTML page": (b"\n<!DOCTYPE html><p>Hi</p>", [], ProtocolError, "not an API answer"),
    "half a whole answer": (b'{"choices": [{"mess', [], ProtocolError, "broken JSON"),
    "an error object in place of an answer": (json.dumps(ERROR).encode(), [], ServerError, "Oops"),
    "an error object in mid-answer": (chunk("Hel") + event(ERROR) + chunk("lo"), text("Hel"), ServerError, "Oops"),
    "an error key": (chunk("Hel") + event({"error": {"message": "Oops"}}), text("Hel"), ServerError, "Oops"),
    "an error key beside choices": (chunk("Hel") + chunk("", "stop", error="Oops"), text("Hel"), ServerError, "Oops"),
    "a detail": (chunk("Hel") + event({"detail": "Oops"}), text("Hel"), ServerError, "Oops"),
    "an error event": (chunk("Hel") + event({"x": "y"}, "error"), text("Hel"), ServerError, "the server failed"),
    "an error event of text": (chunk("Hel") + b"event: error\ndata: Oops\n\n", text("Hel"), ServerError, "Oops"),
    "a limit": (event(ERROR | {"type": "rate_limited", "code": "1300"}), [], RateLimited, "a rate limit"),
    "a bad request": (event(ERROR | {"type": "invalid_request_error"}), [], Rejected, "not accepted: Oops"),
}


def decoded(pieces: Iterable[bytes], request: Request = HELLO) -> tuple[list[Event], ChatError | None]:
    """The events, and the error that ended them."""
    decoder, events = Decoder(request), list[Event]()
    try:
        for piece in pieces:
            for item in decoder.feed(piece):
                events.append(item)
        for item in decoder.close():
            events.append(item)
    except ChatError as error:
        return events, error
    return events, None


@pytest.mark.parametrize("case", ANSWERS)
def test_an_answer_gives_its_events_wherever_it_is_cut(case: str) -> None:
    data, events = ANSWERS[case]
    for pieces in every_split(data):
        assert decoded(pieces) == (events, None), pieces


@pytest.mark.parametrize("case", FAILURES)
def test_a_failure_gives_what_had_arrived_and_one_error_wherever_it_is_cut(case: str) -> None:
    data, events, kind, sentence = FAILURES[case]
    for pieces in every_split(data) if len(data) < 5000 else [[data]]:
        given_events, error = decoded(pieces)
        assert (given_events, type(error)) == (events, kind), pieces
        assert sentence in str(error)


@given(st.sampled_from(sorted(ANSWERS)).flatmap(lambda case: st.tuples(st.just(case), cuts(ANSWERS[case][0]))))
def test_it_makes_no_difference_how_an_answer_is_cut(case: tuple[str, list[bytes]]) -> None:
    name, pieces = case
    assert decoded(pieces) == (ANSWERS[name][1], None)


@given(st.binary(max_size=60), st.sampled_from([b"", b"data: ", b"{", chunk("Hel")]))
def test_any_bytes_end_in_one_verdict(data: bytes, before: bytes) -> None:
    events, error = decoded([before, data])
    assert (error is None) == (bool(events) and isinstance(events[-1], Finished))


def test_what_came_before_an_error_in_the_same_bytes_is_given() -> None:
    events = Decoder(HELLO).feed(chunk("Hel") + event(ERROR))
    assert [next(events), next(events)] == text("Hel")
    with pytest.raises(ServerError, match="Oops"):
        next(events)


def test_the_beginning_waits_for_the_first_content() -> None:
    decoder = Decoder(HELLO)
    assert list(decoder.feed(chunk({"role": "assistant", "content": ""}))) == []
    assert list(decoder.feed(chunk("Hel"))) == text("Hel")


def test_comments_and_blank_data_are_not_heard() -> None:
    decoder = Decoder(HELLO)
    assert list(decoder.feed(b": keep-alive\n\ndata:\n\n")) == []
    assert decoder.heard == 0
    assert list(decoder.feed(chunk({"role": "assistant"}))) == []
    assert decoder.heard == 1


def test_an_answer_is_finished_by_its_finish_reason_and_done_by_its_last_event() -> None:
    decoder = Decoder(HELLO)
    list(decoder.feed(chunk("Hel")))
    assert not decoder.finished
    list(decoder.feed(chunk("lo", "stop")))
    assert decoder.finished
    assert not decoder.done
    list(decoder.feed(DONE))
    assert decoder.done


def test_a_whole_answer_over_64_MB_is_refused() -> None:
    events, error = decoded([b"{" + b" " * (1 << 20)] * 64)
    assert events == []
    assert "one answer of more than 64 MB" in str(error)


@pytest.mark.parametrize("reply", ["Dear Ann, hello", "Dear Ann,hello", "hello"])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_the_prefix_comes_once_whatever_the_server_repeats_of_it(reply: str, size: int) -> None:
    request = Request("m", HELLO.messages, prefix="Dear Ann, ")
    pieces = [chunk(reply[start : start + size]) for start in range(0, len(reply), size)]
    events, error = decoded([*pieces, chunk("", "stop")], request)
    assert error is None
    assert message_of(events) == Message.of(Role.ASSISTANT, "Dear Ann, hello")
    whole = {"choices": [{"message": {"content": reply}, "finish_reason": "stop"}]}
    decoder = Decoder(request)
    events = [*decoder.feed(json.dumps(whole).encode()), *decoder.close()]
    assert message_of(events).text == "Dear Ann, hello"


@pytest.mark.parametrize(("finish", "text"), [("stop", "Dear Ann, Dear"), ("length", "Dear Ann, ")])
def test_a_reply_that_is_the_beginning_of_the_prefix_is_a_continuation_only_when_it_is_complete(
    finish: str, text: str
) -> None:
    events, _ = decoded([chunk("Dear", finish)], Request("m", HELLO.messages, prefix="Dear Ann, "))
    assert message_of(events).text == text


def test_a_prefix_in_parts_comes_once() -> None:
    request = Request("m", HELLO.messages, prefix="Dear Ann, ")
    parts = [{"type": "text", "text": "Dear "}, {"type": "text", "text": "Ann, hello"}]
    events, _ = decoded([chunk(THINKING), chunk(parts, "stop")], request)
    assert message_of(events).text == "Dear Ann, hello"


def test_a_reply_cut_while_it_repeats_the_prefix_gives_the_prefix() -> None:
    events, error = decoded([chunk("Dear")], Request("m", HELLO.messages, prefix="Dear Ann, "))
    assert message_of(events).text == "Dear Ann, "
    assert isinstance(error, ConnectionLost)


def test_a_failure_before_any_content_brings_no_prefix() -> None:
    events, error = decoded([event(ERROR)], Request("m", HELLO.messages, prefix="Dear Ann, "))
    assert events == []
    assert isinstance(error, ApiError)


def message_of(events: Iterable[Event]) -> Message:
    reply = Reply()
    for item in events:
        reply.feed(item)
    return reply.message


# --- requests -------------------------------------------------------------------------------------------------------

PICTURE = Image("data:image/png;base64,aGk=")


def body(*messages: Message, prefix: str = "", stream: bool = True, **fields: Any) -> dict[str, Any]:
    """The body, after the judges have seen it."""
    encoded = encode(Request("mistral-small-latest", messages, fields, prefix, stream))
    assert judge_request(encoded) == []
    return encoded


def user(*parts: Part) -> Message:
    return Message(Role.USER, parts)


def test_a_request_holds_nothing_but_what_was_asked_for() -> None:
    assert body(Message.of(Role.SYSTEM, "Be short."), user(Text("Hi"))) == {
        "model": "mistral-small-latest",
        "messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hi"}],
        "stream": True,
    }


def test_a_request_for_a_whole_answer_has_no_stream_key() -> None:
    assert "stream" not in body(user(Text("Hi")), stream=False)


def test_other_fields_are_sent_under_their_own_names() -> None:
    fields: dict[str, Any] = {
        "temperature": 0,
        "top_p": 0.5,
        "max_tokens": 1,
        "stop": ["a", "b"],
        "random_seed": 0,
        "presence_penalty": -2,
        "frequency_penalty": 2,
        "safe_prompt": True,
        "response_format": {"type": "json_object"},
        "reasoning_effort": "high",
    }
    assert body(user(Text("Hi")), **fields).items() >= fields.items()


def test_the_prefix_is_the_last_message() -> None:
    messages = body(user(Text("Hi")), prefix="Dear ")["messages"]
    assert messages[-1] == {"role": "assistant", "content": "Dear ", "prefix": True}


def test_several_texts_are_one_string() -> None:
    assert body(user(Text("a"), Text("b")))["messages"] == [{"role": "user", "content": "ab"}]


def test_content_that_is_not_only_text_is_a_list_of_chunks() -> None:
    parts = (
        Text("See"),
        PICTURE,
        Image("https://x/y.png", "low"),
        Document("https://x/y.pdf", "y.pdf"),
        File("6b5dc8d2-9d3f-4b0e-9d57-0d3c53b1b6a5"),
        Audio("aGk="),
    )
    assert body(user(*parts))["messages"][0]["content"] == [
        {"type": "text", "text": "See"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}},
        {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}},
        {"type": "document_url", "document_url": "https://x/y.pdf", "document_name": "y.pdf"},
        {"type": "file", "file_id": "6b5dc8d2-9d3f-4b0e-9d57-0d3c53b1b6a5"},
        {"type": "input_audio", "input_audio": "aGk="},
    ]


def test_the_names_of_files_are_not_sent_where_the_api_has_no_place_for_them() -> None:
    parts = (Image("https://x/y.png", name="y.png"), Audio("aGk=", "y.mp3"))
    assert body(user(*parts))["messages"][0]["content"] == [
        {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
        {"type": "input_audio", "input_audio": "aGk="},
    ]


def test_a_file_of_text_is_sent_as_paragraphs_of_text() -> None:
    parts = (Text("See"), TextFile("a.txt", "one"), TextFile("b.txt", "two"), Text("and this"))
    expected = "See\n\nFile a.txt:\n\n```\none\n```\n\nFile b.txt:\n\n```\ntwo\n```\n\nand this"
    assert body(user(*parts))["messages"] == [{"role": "user", "content": expected}]


def test_a_file_of_text_stands_among_other_chunks() -> None:
    content = body(user(TextFile("a.txt", "one"), PICTURE))["messages"][0]["content"]
    assert content[0] == {"type": "text", "text": "File a.txt:\n\n```\none\n```"}


def test_thoughts_go_back_as_they_came_save_what_the_schema_does_not_take() -> None:
    thought = Thinking((Text("Hm"), Reference((1, "b")), ToolReference("web_search", "T", "https://x")))
    answer = Message(Role.ASSISTANT, (thought, Text("Yes"), Reference(("b",)), ToolReference("web_search", "T")))
    content = body(user(Text("Hi")), answer, user(Text("So?")))["messages"][1]["content"]
    assert content == [
        {
            "type": "thinking",
            "thinking": [
                {"type": "text", "text": "Hm"},
                {"type": "reference", "reference_ids": [1]},
                {"type": "tool_reference", "tool": "web_search", "title": "T", "url": "https://x"},
            ],
            "closed": True,
        },
        {"type": "text", "text": "Yes"},
    ]


def test_tool_calls_and_each_of_their_results_are_sent() -> None:
    calls = Message(Role.ASSISTANT, (ToolCall("abc123def", "f", "{}"), ToolCall("abc123deg", "g", "{}")))
    results = Message(Role.TOOL, (ToolResult("abc123def", "f", "1"), ToolResult("abc123deg", "g", "2")))
    assert body(user(Text("Hi")), calls, results)["messages"][1:] == [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"id": "abc123def", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                {"id": "abc123deg", "type": "function", "function": {"name": "g", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "content": "1", "tool_call_id": "abc123def", "name": "f"},
        {"role": "tool", "content": "2", "tool_call_id": "abc123deg", "name": "g"},
    ]


def test_lone_surrogates_are_replaced_and_pairs_joined_in_what_is_sent() -> None:
    sent = encode_bytes(Request("m", (user(Text("é \ud800 \ud83d\ude00 \0")),)))
    assert json.loads(sent)["messages"][0]["content"] == "é \ufffd 😀 \0"
