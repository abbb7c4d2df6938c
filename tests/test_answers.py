"""The forms of an answer: exact for a pipe, linear for a screen reader, JSON and JSON lines for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_chat.answers import (
    ENDED_EARLY,
    Answer,
    ExactAnswer,
    JsonAnswer,
    JsonLinesAnswer,
    LinearAnswer,
    answer_json,
    event_json,
    waiting,
)
from mistral_chat.conversation import Node
from mistral_chat.errors import ChatError, ConnectionLost
from mistral_chat.events import (
    Event,
    Finished,
    FinishReason,
    ReferenceDelta,
    Retrying,
    Started,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    Usage,
)
from mistral_chat.live import LiveAnswer, PrintedAnswer, look
from mistral_chat.message import Message, Reference, Role, Text, Thinking, ToolCall
from mistral_chat.screen import Screen
from mistral_chat.text import neutralise
from tests.streams import Stream

PIECES = st.lists(st.text("ab é\r\n\t\x1b\x9b\u200d\u200f\u2028\u202e👩", max_size=5), max_size=6)
LOST = ConnectionLost("the connection was lost", "reset by peer", "/continue")


class Shown:
    """A screen in memory and an answer on it."""

    def __init__(self, *, terminal: bool = False, accessible: bool = False) -> None:
        self.answers, self.notes = Stream(terminal=terminal), Stream(terminal=terminal)
        environment = {"TERM": "xterm"} if terminal and not accessible else {"TERM": "dumb"}
        self.screen = Screen(self.answers, self.notes, environment=environment, accessible=accessible)

    def show(
        self,
        answer: Answer,
        events: Iterable[Event | str],
        node: Node | None = None,
        error: ChatError | None = None,
        session: str = "s1",
    ) -> str:
        """What is written for the events, texts standing for deltas of text, and for the end."""
        answer.start()
        for event in events:
            answer.feed(TextDelta(event) if isinstance(event, str) else event)
        answer.end(node, error, session)
        return self.answers.text

    def json_lines(self, events: Iterable[Event | str], *end: Any) -> list[Any]:
        return [json.loads(line) for line in self.show(JsonLinesAnswer(self.screen), events, *end).splitlines()]


def answer(*parts: Any, reason: FinishReason | None = FinishReason.STOP) -> Node:
    return Node(
        2, 1, Message(Role.ASSISTANT, parts), finish_reason=reason, model="mistral-medium-2508", usage=Usage(14, 11)
    )


# ---------------------------------------------------------------- exact


@given(PIECES)
def test_a_pipe_gets_the_exact_text_and_one_line_end(pieces: list[str]) -> None:
    shown = Shown()
    text = "".join(pieces)
    expected = text if text.endswith("\n") or not text else text + "\n"
    assert shown.show(ExactAnswer(shown.screen), pieces) == expected


def test_a_pipe_gets_each_delta_at_once() -> None:
    shown = Shown()
    exact = ExactAnswer(shown.screen)
    exact.feed(TextDelta("Claude "))
    assert shown.answers.text == "Claude "


def test_an_answer_cut_short_ends_with_a_line_end_too() -> None:
    shown = Shown()
    assert shown.show(ExactAnswer(shown.screen), ["Claude Mo"], None, LOST) == "Claude Mo\n"


def test_thoughts_and_calls_are_not_in_the_exact_text() -> None:
    shown = Shown()
    events: list[Event | str] = [
        ThinkingDelta(Thinking((Text("hm"),))),
        "yes",
        ToolCallDelta(0, "a", "f", "{}"),
        Finished(FinishReason.STOP),
    ]
    assert shown.show(ExactAnswer(shown.screen), events) == "yes\n"


# ---------------------------------------------------------------- linear


@given(PIECES)
def test_linear_text_is_disarmed_however_it_is_cut(pieces: list[str]) -> None:
    shown = Shown(terminal=True)
    text = neutralise("".join(pieces))
    expected = text if text.endswith("\n") or not text else text + "\n"
    assert shown.show(LinearAnswer(shown.screen), pieces) == expected


@pytest.mark.parametrize("pieces", [["yes"], ["", "yes"], ["", "", "y", "", "es"]])
def test_a_screen_reader_is_told_once_who_speaks(pieces: list[str]) -> None:
    shown = Shown(terminal=True, accessible=True)
    assert shown.show(LinearAnswer(shown.screen), pieces) == "Mistral: yes\n"


@pytest.mark.parametrize("accessible", [True, False])
def test_a_block_of_code_is_numbered_where_nothing_is_drawn(accessible: bool) -> None:
    screen = Screen(answers := Stream(terminal=True), answers, environment={"TERM": "dumb"}, accessible=accessible)
    linear = LinearAnswer(screen, before="```\na\n```\nand\n")
    for delta in ("``", "`py\nb\n```"):
        linear.feed(TextDelta(delta))
    linear.end(None, None, "s1")
    assert answers.text == "Mistral: " * accessible + "code block 2, py\n```py\nb\n```\n"


def test_a_block_of_code_in_a_prefix_is_numbered_too() -> None:
    shown = Shown(terminal=True, accessible=True)
    assert (
        shown.show(LinearAnswer(shown.screen, "```py\n"), ["```py\n", "b"]) == "Mistral: code block 1, py\n```py\nb\n"
    )


def test_plain_text_that_was_asked_for_has_no_numbers() -> None:
    shown = Shown(terminal=True)
    assert shown.show(LinearAnswer(shown.screen), ["```py\nb\n```"]) == "```py\nb\n```\n"


def test_what_was_held_back_is_shown_at_the_end() -> None:
    shown = Shown()
    assert shown.show(LinearAnswer(shown.screen), ["the end\r"]) == "the end␍\n"


def test_a_screen_reader_is_told_once_who_speaks_also_when_a_character_is_held_back() -> None:
    shown = Shown(terminal=True, accessible=True)
    assert shown.show(LinearAnswer(shown.screen), ["\r", "\nyes"]) == "Mistral: \nyes\n"


def test_a_screen_reader_is_told_nothing_when_nothing_arrived() -> None:
    shown = Shown(terminal=True, accessible=True)
    assert shown.show(LinearAnswer(shown.screen), [""], None, LOST) == ""


def test_thinking_is_told_once_beside_the_answer() -> None:
    shown = Shown(terminal=True, accessible=True)
    thought = ThinkingDelta(Thinking((Text("hm"),)))
    shown.show(LinearAnswer(shown.screen), [thought, thought, "yes"])
    assert shown.notes.lines == ["thinking"]


@pytest.mark.parametrize(
    ("accessible", "expected"),
    [
        (True, "Mistral: half a\nconnection lost; going on\nMistral: n answer\n"),
        (False, "half a\nconnection lost; going on\nn answer\n"),
    ],
)
def test_what_is_told_in_mid_answer_stands_on_a_line_of_its_own(accessible: bool, expected: str) -> None:
    terminal = Stream(terminal=True)
    screen = Screen(terminal, terminal, environment={"TERM": "dumb"}, accessible=accessible)
    linear = LinearAnswer(screen)
    for event in (TextDelta("half a"), Retrying(1, 0, "connection lost; going on"), TextDelta("n answer")):
        linear.feed(event)
    linear.end(None, None, "s1")
    assert terminal.text == expected


def test_that_an_answer_went_on_by_itself_stays_on_the_screen_below_it() -> None:
    shown = Shown(terminal=True)
    live = LiveAnswer(shown.screen, look(shown.screen, {}))
    for event in (TextDelta("half a"), Retrying(1, 0, "connection lost; going on"), TextDelta("n answer")):
        live.feed(event)
    live.end(None, None, "")
    assert "half an answer" in shown.answers.text
    assert "in mid-answer: connection lost; going on\n" in neutralise(shown.notes.text)


def test_what_is_not_told_does_not_break_the_line() -> None:
    shown = Shown(terminal=True)
    shown.screen.quiet = True
    assert (
        shown.show(LinearAnswer(shown.screen), ["half a", Retrying(1, 0, "going on"), "n answer"]) == "half an answer\n"
    )


@pytest.mark.parametrize("pieces", [["Dear Ann, hello"], ["Dear", " Ann, he", "llo"], list("Dear Ann, hello")])
def test_the_prefix_is_dimmed_where_there_are_colours(pieces: list[str]) -> None:
    shown = Shown(terminal=True)
    shown.screen.styles = {"answer.prefix": "dim"}
    text = shown.show(LinearAnswer(shown.screen, "Dear Ann, "), pieces)
    assert text.replace("\x1b[0m\x1b[2m", "") == "\x1b[2mDear Ann, \x1b[0mhello\n"


def test_the_prefix_stays_plain_where_there_are_none() -> None:
    shown = Shown(terminal=True, accessible=True)
    assert shown.show(LinearAnswer(shown.screen, "Dear "), ["Dear Ann"]) == "Mistral: Dear Ann\n"


# ---------------------------------------------------------------- Markdown in a pipe


def test_a_source_stands_after_all_that_came_before_it() -> None:
    shown = Shown()
    printed = PrintedAnswer(shown.screen, look(shown.screen, {}))
    assert shown.show(printed, ["Yes\u200f", ReferenceDelta(Reference((1,)))]) == "Yes‹U+200F›[1]\n"


# ---------------------------------------------------------------- JSON


def test_a_json_answer_is_one_object_when_it_is_there() -> None:
    shown = Shown()
    text = shown.show(JsonAnswer(shown.screen), ["Claude ", "Monet"], answer(Text("Claude Monet")))
    assert text.count("\n") == 1
    assert json.loads(text) == {
        "content": "Claude Monet",
        "model": "mistral-medium-2508",
        "finish_reason": "stop",
        "usage": {"prompt_tokens": 14, "completion_tokens": 11, "total_tokens": 25, "cached_tokens": 0},
        "session": "s1",
        "message": 2,
    }


def test_thinking_calls_and_references_are_in_it_where_there_are_any() -> None:
    call = ToolCall("abcdefghi", "add", '{"a": 1}')
    told = answer_json(answer(Thinking((Text("hm"),)), Text("a"), Reference((1, 2)), call), "s1")
    assert told["thinking"] == "hm"
    assert told["references"] == [1, 2]
    assert told["tool_calls"] == [{"type": "tool_call", "id": "abcdefghi", "name": "add", "arguments": '{"a": 1}'}]


def test_an_answer_without_an_end_or_tokens_says_null() -> None:
    told = answer_json(Node(2, 1, Message.of(Role.ASSISTANT, "a")), "")
    assert (told["finish_reason"], told["usage"]) == (None, None)


@pytest.mark.parametrize("form", [JsonAnswer, ExactAnswer, JsonLinesAnswer])
def test_nothing_is_written_when_nothing_came(form: type[Any]) -> None:
    shown = Shown()
    assert shown.show(form(shown.screen), []) == ""


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (TextDelta("a"), {"type": "text", "text": "a"}),
        (ThinkingDelta(Thinking((Text("hm"),))), {"type": "thinking", "text": "hm"}),
        (ReferenceDelta(Reference((1, "a"))), {"type": "reference", "reference_ids": [1, "a"]}),
        (
            ToolCallDelta(0, "abcdefghi", "add", "{"),
            {"type": "tool_call", "index": 0, "id": "abcdefghi", "name": "add", "arguments": "{"},
        ),
        (
            Usage(14, 11, 3),
            {"type": "usage", "prompt_tokens": 14, "completion_tokens": 11, "total_tokens": 25, "cached_tokens": 3},
        ),
        (Finished(FinishReason.LENGTH), {"type": "finished", "finish_reason": "length"}),
        (Started("1", "mistral-medium-2508"), None),
        (Retrying(1, 0.5, "busy"), None),
    ],
)
def test_an_event_is_a_line_of_json(event: Event, line: dict[str, Any] | None) -> None:
    assert event_json(event) == line


def test_events_are_written_as_they_arrive() -> None:
    shown = Shown()
    form = JsonLinesAnswer(shown.screen)
    form.feed(TextDelta("Claude "))
    assert json.loads(shown.answers.text) == {"type": "text", "text": "Claude "}


@given(PIECES)
def test_each_json_line_is_one_line_for_every_reader(pieces: list[str]) -> None:
    shown = Shown()
    assert [line["text"] for line in shown.json_lines(pieces)] == pieces


def test_an_error_is_a_json_line_and_then_the_end_of_what_had_arrived() -> None:
    cut = answer(Text("Claude"), reason=FinishReason.CUT)
    assert Shown().json_lines(["Claude"], cut, LOST) == [
        {"type": "text", "text": "Claude"},
        {"type": "error", "message": "the connection was lost", "why": "reset by peer", "hint": "/continue"},
        {"type": "finished", "finish_reason": "cut"},
    ]


def test_an_error_before_anything_arrived_is_a_json_line_alone() -> None:
    assert [line["type"] for line in Shown().json_lines([], None, LOST)] == ["error"]


def test_an_interrupted_answer_is_finished_in_json_too() -> None:
    stopped = answer(Text("a"), reason=FinishReason.INTERRUPTED)
    assert Shown().json_lines(["a"], stopped)[-1] == {"type": "finished", "finish_reason": "interrupted"}


def test_a_complete_answer_is_finished_once() -> None:
    lines = Shown().json_lines(["a", Finished(FinishReason.STOP)], answer(Text("a")))
    assert [line["type"] for line in lines] == ["text", "finished"]


# ---------------------------------------------------------------- all forms


@pytest.mark.parametrize("form", [ExactAnswer, LinearAnswer, JsonAnswer, JsonLinesAnswer])
def test_a_retry_is_a_note_and_not_in_the_answer(form: type[Any]) -> None:
    shown = Shown()
    assert shown.show(form(shown.screen), [Retrying(1, 2.4, "the server is busy")]) == ""
    assert shown.notes.lines == ["trying again in 2 s: the server is busy"]


@pytest.mark.parametrize(
    ("seconds", "left", "said"),
    [
        (2.4, None, "trying again in 2 s: the server is busy"),
        (2.4, 1.2, "trying again in 1 s: the server is busy"),
        (2.4, 0.0, "trying again: the server is busy"),
        (0.3, None, "trying again: the server is busy"),
        (0.0, None, "the server is busy"),
    ],
)
def test_a_wait_is_never_one_of_no_seconds(seconds: float, left: float | None, said: str) -> None:
    assert waiting(Retrying(1, seconds, "the server is busy"), left) == said


@pytest.mark.parametrize("reason", FinishReason)
def test_every_end_that_is_not_complete_has_a_sentence(reason: FinishReason) -> None:
    assert (reason in ENDED_EARLY) == (not reason.complete)
