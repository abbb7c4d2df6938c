"""The note beside an answer of which nothing comes: when it is given, and when not."""

import asyncio

import pytest

from mistral_chat import silence
from mistral_chat.answers import ExactAnswer
from mistral_chat.events import Event, Retrying, TextDelta
from mistral_chat.screen import Screen
from mistral_chat.silence import Watched
from tests.streams import Stream

MANY_TURNS = 20
"""Turns of the event loop in which all that is due has been done."""


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "PATIENCE", 0.0)


def noted(*events: Event, answers: Stream | None = None, notes: Stream | None = None, quiet: bool = False) -> str:
    """What is noted beside an answer that stays silent after these events, pipes for both streams unless given."""
    answers, notes = answers or Stream(), notes or Stream()
    screen = Screen(answers, notes, environment={}, quiet=quiet)

    async def stay_silent() -> None:
        answer = Watched(ExactAnswer(screen), screen)
        answer.start()
        for event in events:
            answer.feed(event)
        for _ in range(MANY_TURNS):
            await asyncio.sleep(0)
        answer.end(None, None, "")

    asyncio.run(stay_silent())
    return notes.text


def test_an_answer_that_does_not_begin_is_told_once() -> None:
    assert noted() == "no answer yet after 0 s; Ctrl-C ends the wait\n"


def test_quiet_says_nothing_of_it() -> None:
    assert noted(quiet=True) == ""


def test_a_wait_that_was_announced_is_no_silence_before_it_is_over() -> None:
    assert noted(Retrying(1, 60, "busy")) == "trying again in 60 s: busy\n"


def test_an_answer_that_stops_coming_is_told_to_a_terminal_that_shows_nothing_of_it() -> None:
    assert noted(TextDelta("Hel"), notes=Stream(terminal=True)) == (
        "nothing more has come for 0 s; Ctrl-C ends the wait\n"
    )


def test_an_answer_that_stops_coming_is_not_told_to_a_pipe() -> None:
    assert noted(TextDelta("Hel")) == ""


def test_an_answer_that_stops_coming_is_not_told_in_the_middle_of_it() -> None:
    assert noted(TextDelta("Hel"), answers=Stream(terminal=True), notes=Stream(terminal=True)) == ""


def test_an_answer_that_comes_is_not_disturbed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "PATIENCE", 60.0)
    answers = Stream()
    assert noted(TextDelta("Hel"), TextDelta("lo"), answers=answers) == ""
    assert answers.text == "Hello\n"
