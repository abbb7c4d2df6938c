"""A reply as it arrives: however it is cut, and whenever one looks, it is the same message."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_chat.events import (
    Event,
    Finished,
    FinishReason,
    ReferenceDelta,
    Reply,
    Retrying,
    Started,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    Usage,
    replay,
)
from mistral_chat.message import Message, Reference, Role, Text, Thinking, ToolCall, merged
from tests.values import CALLS, REFERENCES, TEXTS, THOUGHTS, cut


def fed(*events: Event) -> Reply:
    reply = Reply()
    for event in events:
        reply.feed(event)
    return reply


@st.composite
def answers(draw: st.DrawFn) -> Message:
    """What a model may answer: text, thoughts and references, then calls."""
    content = draw(st.lists(st.one_of(TEXTS, THOUGHTS, REFERENCES), max_size=6))
    calls = draw(st.lists(CALLS, max_size=3))
    return Message(Role.ASSISTANT, (*merged(content), *calls))


@st.composite
def cut_up(draw: st.DrawFn, message: Message) -> list[Event]:
    """Events that a message may arrive as, each text of it in any pieces."""
    events: list[Event] = []
    for event in replay(message):
        match event:
            case TextDelta(text):
                events += [TextDelta(piece) for piece in cut(draw, text)]
            case ThinkingDelta(Thinking(parts, closed)):
                events += [ThinkingDelta(Thinking((part,), closed=False)) for part in parts]
                events.append(ThinkingDelta(Thinking((), closed)))
            case ToolCallDelta(index, call_id, name, arguments):
                first, *rest = cut(draw, arguments)
                events.append(ToolCallDelta(index, call_id, name, first))
                events += [ToolCallDelta(index, draw(st.sampled_from(["", call_id])), "", piece) for piece in rest]
            case _:
                events.append(event)
    return events


@given(answers(), st.data())
def test_a_reply_is_the_same_however_its_deltas_are_cut(answer: Message, data: st.DataObject) -> None:
    assert fed(*data.draw(cut_up(answer))).message == fed(*replay(answer)).message


@given(answers())
def test_an_answer_replayed_is_the_same_answer(answer: Message) -> None:
    assert fed(*replay(answer)).message == answer


@given(answers(), st.data())
def test_at_any_moment_the_text_is_what_has_arrived(answer: Message, data: st.DataObject) -> None:
    arrived = ""
    reply = Reply()
    for event in data.draw(cut_up(answer)):
        reply.feed(event)
        arrived += event.text if isinstance(event, TextDelta) else ""
        assert reply.message.text == arrived


@given(answers(), st.integers(0, 20))
def test_what_came_before_a_mark_and_after_it_is_the_whole(answer: Message, place: int) -> None:
    events = [event for event in replay(answer) if not isinstance(event, ToolCallDelta)]
    reply = fed(*events[:place])
    before, mark = reply.since(0), reply.arrived
    for event in events[place:]:
        reply.feed(event)
    assert merged((*before, *reply.since(mark))) == reply.since(0)


def test_calls_stand_last_in_the_order_of_their_indexes() -> None:
    reply = fed(
        ToolCallDelta(1, "bbbbbbbbb", "sub", "{}"),
        TextDelta("Let me see."),
        ToolCallDelta(0, "aaaaaaaaa", "add", '{"a":'),
        ToolCallDelta(0, "", "", " 1}"),
    )
    assert reply.message.parts == (
        Text("Let me see."),
        ToolCall("aaaaaaaaa", "add", '{"a": 1}'),
        ToolCall("bbbbbbbbb", "sub", "{}"),
    )


def test_a_call_keeps_the_id_and_the_name_it_came_with_first() -> None:
    reply = fed(ToolCallDelta(0, "aaaaaaaaa", "add", "{"), ToolCallDelta(0, "bbbbbbbbb", "sub", "}"))
    assert reply.message.tool_calls == (ToolCall("aaaaaaaaa", "add", "{}"),)


def test_a_reply_to_which_nothing_came_is_empty() -> None:
    reply = fed(Started("1", "mistral-medium-2508"), Usage(3, 0), Finished(FinishReason.STOP))
    assert reply.empty
    assert reply.message == Message(Role.ASSISTANT)


@pytest.mark.parametrize(
    "event",
    [
        TextDelta("a"),
        ThinkingDelta(Thinking((Text("hm"),))),
        ReferenceDelta(Reference((1,))),
        ToolCallDelta(0, "aaaaaaaaa", "add", ""),
    ],
)
def test_a_reply_to_which_any_content_came_is_not_empty(event: Event) -> None:
    assert not fed(event).empty


def test_a_reply_knows_the_model_that_answered_the_tokens_and_the_end() -> None:
    reply = fed(Started("1", "mistral-medium-2508"), Usage(3, 5), Finished(FinishReason.LENGTH))
    assert (reply.model, reply.usage, reply.finish_reason) == (
        "mistral-medium-2508",
        Usage(3, 5),
        FinishReason.LENGTH,
    )


def test_a_retry_leaves_no_trace_in_the_reply() -> None:
    assert fed(Retrying(1, 0.5, "busy"), TextDelta("a")).message == Message.of(Role.ASSISTANT, "a")


@pytest.mark.parametrize("reason", FinishReason)
def test_only_stop_and_tool_calls_complete_an_answer(reason: FinishReason) -> None:
    assert reason.complete == (reason in ("stop", "tool_calls"))


@given(st.builds(Usage, st.integers(0), st.integers(0), st.integers(0)))
def test_usage_is_the_same_after_json(usage: Usage) -> None:
    assert Usage.from_json(usage.to_json()) == usage


@pytest.mark.parametrize(
    ("extra", "cached"),
    [
        ({}, 0),
        ({"cached_tokens": 4}, 4),
        ({"num_cached_tokens": 4}, 4),
        ({"prompt_tokens_details": {"cached_tokens": 4}}, 4),
        ({"prompt_token_details": {"cached_tokens": 4}}, 4),
        ({"prompt_tokens_details": None}, 0),
        ({"cached_tokens": None, "prompt_tokens_details": {"cached_tokens": 4}}, 4),
    ],
)
def test_cached_tokens_are_found_wherever_the_server_tells_them(extra: dict[str, Any], cached: int) -> None:
    assert Usage.from_json({"prompt_tokens": 9, "completion_tokens": 1, **extra}) == Usage(9, 1, cached)


@pytest.mark.parametrize("data", [None, [], {}, {"prompt_tokens": 3}, {"prompt_tokens": "3", "completion_tokens": 1}])
def test_usage_without_the_two_counts_is_none(data: object) -> None:
    assert Usage.from_json(data) is None


def test_the_total_is_told_with_the_names_of_the_api() -> None:
    assert Usage(3, 5, 2).to_json() == {
        "prompt_tokens": 3,
        "completion_tokens": 5,
        "total_tokens": 8,
        "cached_tokens": 2,
    }
