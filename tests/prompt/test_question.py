"""Questions that a key or a line answers; what was typed before them is no answer."""

import asyncio

import pytest

from mistral_chat.prompt import Prompt
from tests.prompt.typist import CTRL_C, CTRL_D, ENTER, ESCAPE, Piece, Typist, paste


@pytest.fixture
def typist() -> Typist:
    return Typist()


async def confirm(prompt: Prompt) -> bool:
    return await prompt.confirm("Delete it?")


async def ask(prompt: Prompt) -> str:
    return await prompt.ask("Key:", hidden=True)


@pytest.mark.parametrize("key", ["y", "Y"])
def test_y_agrees(typist: Typist, key: str) -> None:
    assert typist.does(confirm, key) is True
    assert typist.rows() == ["Delete it? [y/N] yes"]


@pytest.mark.parametrize("key", ["n", ENTER, ESCAPE, CTRL_C, CTRL_D, " ", "\x1b[A", "j"])
def test_any_other_key_does_not(typist: Typist, key: str) -> None:
    assert typist.does(confirm, key) is False
    assert typist.rows() == ["Delete it? [y/N] no"]


def test_a_long_question_is_broken_between_words() -> None:
    typist = Typist(columns=20)
    typist.does(lambda prompt: prompt.confirm("Delete this one and all of it?"), "y")
    assert typist.rows() == ["Delete this one", "and all of it?", "[y/N] yes"]


def test_a_paste_is_no_answer(typist: Typist) -> None:
    assert typist.does(confirm, paste("yes"), "n") is False


def test_what_was_typed_before_the_question_is_no_answer_and_waits(typist: Typist) -> None:
    async def answer_then_ask(prompt: Prompt) -> tuple[bool, str]:
        stopped = asyncio.Event()
        async with prompt.listening(stopped.set):
            await stopped.wait()
        return await prompt.confirm("Delete it?"), await prompt.read()

    there: list[Piece] = ["yes", CTRL_C, lambda: typist.shows("[y/N]")]
    assert typist.does(answer_then_ask, *there, "n", "!", ENTER) == (False, "yes!")


def test_a_question_can_be_asked_while_an_answer_streams(typist: Typist) -> None:
    async def ask_meanwhile(prompt: Prompt) -> tuple[bool, str]:
        stopped = asyncio.Event()
        async with prompt.listening(stopped.set):
            agreed = await prompt.confirm("Run it?")
            await stopped.wait()
        return agreed, await prompt.read()

    assert typist.does(ask_meanwhile, "y", "next", CTRL_C, ENTER) == (True, "next")


def test_a_line_answers_a_question(typist: Typist) -> None:
    assert typist.does(ask, "secret", ENTER) == "secret"


def test_a_hidden_answer_is_shown_as_stars(typist: Typist) -> None:
    typist.does(ask, "secret", lambda: typist.shows("Key: ******"), ENTER)


@pytest.mark.parametrize("key", [ESCAPE, CTRL_C, CTRL_D])
def test_a_question_that_is_left_gives_nothing(typist: Typist, key: str) -> None:
    assert typist.does(ask, "secret", key) == ""


def test_a_question_cannot_steer_the_terminal(typist: Typist) -> None:
    async def confirm(prompt: Prompt) -> bool:
        return await prompt.confirm("Delete \x1b]0;title\x07?")

    typist.does(confirm, lambda: typist.shows("Delete ␛]0;title␇?"), "n")
    assert typist.display.screen.title == ""
