"""Messages as values: JSON there and back, and parts joined without losing or moving a character."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given

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
    from_json,
    known_parts,
    merged,
    part_from_json,
    part_to_json,
    to_json,
)
from tests.values import messages, parts


@given(messages())
def test_a_message_is_the_same_after_json(message: Message) -> None:
    assert from_json(json.loads(json.dumps(to_json(message)))) == message


@pytest.mark.parametrize(
    ("part", "data"),
    [
        (Text("hi"), {"type": "text", "text": "hi"}),
        (Reference((1, "a")), {"type": "reference", "reference_ids": [1, "a"]}),
        (Image("https://x/y.png"), {"type": "image_url", "image_url": {"url": "https://x/y.png"}}),
        (
            Image("https://x/y.png", "low"),
            {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}},
        ),
        (
            Document("https://x/y.pdf", "y"),
            {"type": "document_url", "document_url": "https://x/y.pdf", "document_name": "y"},
        ),
        (File("f1"), {"type": "file", "file_id": "f1"}),
        (Audio("AAAA"), {"type": "input_audio", "input_audio": "AAAA"}),
        (
            Thinking((Text("hm"),), closed=False),
            {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "closed": False},
        ),
    ],
)
def test_a_content_chunk_has_the_shape_of_the_api(part: Part, data: dict[str, Any]) -> None:
    assert part_to_json(part) == data


@pytest.mark.parametrize(
    ("part", "data"),
    [
        (
            Image("https://x/y.png", name="y"),
            {"type": "image_url", "image_url": {"url": "https://x/y.png"}, "name": "y"},
        ),
        (Audio("AAAA", "y"), {"type": "input_audio", "input_audio": "AAAA", "name": "y"}),
        (TextFile("y", "hi"), {"type": "text_file", "name": "y", "text": "hi"}),
    ],
)
def test_the_name_of_a_file_stands_beside_the_chunk(part: Part, data: dict[str, Any]) -> None:
    assert part_to_json(part) == data
    assert part_from_json(data) == part


def test_attachments_are_no_text_of_the_message() -> None:
    sent = (Image("https://x/y.png"), TextFile("a", "b"), Audio("AAAA"), Document("u"), File("f"))
    message = Message(Role.USER, (Text("Hi"), *sent))
    assert message.text == "Hi"
    assert message.attachments == sent


@pytest.mark.parametrize(
    ("data", "part"),
    [
        ({"type": "thinking", "thinking": "hm"}, Thinking((Text("hm"),))),
        (
            {"type": "thinking", "thinking": [{"type": "sonnet"}, {"type": "text", "text": "hm"}]},
            Thinking((Text("hm"),)),
        ),
        ({"type": "image_url", "image_url": "https://x/y.png"}, Image("https://x/y.png")),
        ({"type": "image_url", "image_url": {"url": "u", "detail": 7}}, Image("u")),
        ({"type": "reference", "reference_ids": [1, None, "a"]}, Reference((1, "a"))),
        ({"type": "text", "text": "hi", "annotations": []}, Text("hi")),
    ],
)
def test_other_ways_to_write_a_chunk_are_read(data: object, part: Part) -> None:
    assert part_from_json(data) == part


@pytest.mark.parametrize(
    "data",
    [
        None,
        "text",
        [],
        {},
        {"type": "sonnet", "text": "hi"},
        {"type": "text"},
        {"type": "text", "text": 5},
        {"type": "image_url", "image_url": {}},
        {"type": "tool_call", "id": "a", "name": "f", "arguments": {}},
        {"type": ["text"], "text": "hi"},
    ],
)
def test_what_is_no_known_part_is_none(data: object) -> None:
    assert part_from_json(data) is None


def test_unknown_parts_are_left_out() -> None:
    assert known_parts([{"type": "sonnet"}, {"type": "text", "text": "hi"}, 5]) == (Text("hi"),)


@pytest.mark.parametrize(
    "data",
    [{}, {"role": "user"}, {"parts": []}, {"role": "user", "parts": "hi"}, {"role": "king", "parts": []}, {"role": 1}],
)
def test_a_message_without_a_role_or_parts_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"role|Role"):
        from_json(data)


@given(parts())
def test_merged_keeps_every_character_in_order(some: tuple[Part, ...]) -> None:
    assert Message(Role.ASSISTANT, merged(some)).text == Message(Role.ASSISTANT, some).text
    assert Message(Role.ASSISTANT, merged(some)).thinking == Message(Role.ASSISTANT, some).thinking


@given(parts())
def test_merged_keeps_everything_else_in_order(some: tuple[Part, ...]) -> None:
    def others(these: tuple[Part, ...]) -> list[Part]:
        return [part for part in these if not isinstance(part, Text | Thinking)]

    assert others(merged(some)) == others(some)


@given(parts())
def test_merged_a_second_time_changes_nothing(some: tuple[Part, ...]) -> None:
    assert merged(merged(some)) == merged(some)


@given(parts())
def test_after_merging_no_two_neighbours_could_be_joined(some: tuple[Part, ...]) -> None:
    kinds = [type(part) for part in merged(some)]
    assert all(a is not b for a, b in pairwise(kinds) if a in (Text, Thinking))


@given(parts())
def test_merged_leaves_no_empty_text(some: tuple[Part, ...]) -> None:
    assert Text("") not in merged(some)


def test_thoughts_with_an_empty_text_between_are_one() -> None:
    thoughts = Thinking((Text("a"),), closed=False), Text(""), Thinking((Text("b"),))
    assert merged(thoughts) == (Thinking((Text("ab"),)),)


def test_a_merged_thought_is_open_while_its_last_piece_is() -> None:
    assert merged([Thinking((Text("a"),)), Thinking((Text("b"),), closed=False)]) == (
        Thinking((Text("ab"),), closed=False),
    )


def test_a_thought_between_texts_keeps_them_apart() -> None:
    pieces = (Text("a"), Text("b"), Thinking((Text("hm"),)), Text("c"))
    assert merged(pieces) == (Text("ab"), Thinking((Text("hm"),)), Text("c"))


def test_an_empty_text_gives_a_message_without_parts() -> None:
    assert Message.of(Role.USER, "") == Message(Role.USER)


def test_the_text_of_a_message_leaves_out_thoughts_and_calls() -> None:
    call = ToolCall("abcdefghi", "add", "{}")
    message = Message(Role.ASSISTANT, (Thinking((Text("hm"),)), Text("a"), call, Reference((1, 2)), Text("b")))
    assert (message.text, message.thinking, message.tool_calls, message.references) == ("ab", "hm", (call,), (1, 2))


def test_the_text_of_a_tool_message_is_the_result() -> None:
    assert Message(Role.TOOL, (ToolResult("abcdefghi", "add", "42"),)).text == "42"


def test_the_text_of_a_thought_leaves_out_its_sources() -> None:
    assert Thinking((Text("a"), Reference((1,)), ToolReference("web_search", "A page"), Text("b"))).text == "ab"
