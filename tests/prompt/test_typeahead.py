"""While an answer streams: it can be stopped at once, and no key is lost or doubled."""

import asyncio

import pytest
from prompt_toolkit.input.posix_pipe import PosixPipeInput

from mistral_chat.prompt import Prompt
from tests.prompt.typist import ALT_ENTER, CTRL_C, ENTER, ESCAPE, LEFT, UP, Piece, Typist, paste


@pytest.fixture
def typist() -> Typist:
    return Typist()


async def stop_then_read(prompt: Prompt) -> str:
    """Streams until it is stopped, and reads what is typed."""
    stopped = asyncio.Event()
    async with prompt.listening(stopped.set):
        await stopped.wait()
    return await prompt.read()


@pytest.mark.parametrize("key", [ESCAPE, CTRL_C, "\x1b[27u", "\x1b[99;5u", ESCAPE + ESCAPE])
def test_escape_and_ctrl_c_stop_it(typist: Typist, key: str) -> None:
    assert typist.does(stop_then_read, key, "next", ENTER) == "next"


def test_what_was_typed_stands_in_the_next_prompt(typist: Typist) -> None:
    assert (
        typist.does(stop_then_read, "what ", "next", CTRL_C, lambda: typist.shows("› what next"), "?", ENTER)
        == "what next?"
    )


def test_what_follows_the_stopping_key_at_once_is_kept(typist: Typist) -> None:
    assert typist.does(stop_then_read, "ab" + CTRL_C + "cd", ENTER) == "abcd"


def test_a_message_can_be_sent_ahead(typist: Typist) -> None:
    assert typist.does(stop_then_read, "next" + ENTER, CTRL_C) == "next"


@pytest.mark.parametrize("key", [LEFT, "\x1bOD", "\x1b[1;5D", "\x1bb"])
def test_a_key_that_begins_with_escape_does_not_stop_it(typist: Typist, key: str) -> None:
    assert typist.does(stop_then_read, "b", key, "a", CTRL_C, ENTER) == "ab"


def test_alt_enter_does_not_stop_it(typist: Typist) -> None:
    assert typist.does(stop_then_read, "a", ALT_ENTER, "b", CTRL_C, ENTER) == "a\nb"


def test_a_paste_is_kept_as_one(typist: Typist) -> None:
    assert typist.does(stop_then_read, paste("one\ntwo"), CTRL_C, ENTER) == "one\ntwo"


def test_a_paste_with_a_stopping_key_in_it_does_not_stop_it(typist: Typist) -> None:
    assert typist.does(stop_then_read, "\x1b[200~a\x03b\x1b[201~", "!", CTRL_C, ENTER) == "a\x03b!"


@pytest.mark.parametrize(
    ("first", "then", "whole"),
    [
        ("\x1b[200~one\r", ["two\x1b[20", "1~", "!"], "one\ntwo!"),
        ("b\x1b[", ["D", "a"], "ab"),
        ("b\x1bO", ["D", "a"], "ab"),
    ],
)
def test_what_is_cut_by_the_end_of_the_answer_is_whole(
    typist: Typist, first: str, then: list[Piece], whole: str
) -> None:
    ended = asyncio.Event()

    async def end_in_the_middle(prompt: Prompt) -> str:
        async with prompt.listening(lambda: None):
            await ended.wait()
        return await prompt.read()

    def end() -> bool:
        ended.set()
        return True

    assert typist.does(end_in_the_middle, first, end, *then, ENTER) == whole


def test_keys_that_came_with_the_enter_before_count_as_well(typist: Typist) -> None:
    async def read_stop_read(prompt: Prompt) -> list[str]:
        return [await prompt.read(), await stop_then_read(prompt)]

    assert typist.does(read_stop_read, "one\rtw\x03", "o", ENTER) == ["one", "two"]


def test_several_answers_in_a_row_lose_nothing(typist: Typist) -> None:
    async def often(prompt: Prompt) -> list[str]:
        return [await stop_then_read(prompt) for _ in range(5)]

    pieces: list[Piece] = [f"{number}{CTRL_C}{number}\r" for number in range(5)]
    assert typist.does(often, *pieces) == ["00", "11", "22", "33", "44"]


def test_the_end_of_the_keys_stops_it(typist: Typist) -> None:
    async def close(prompt: Prompt) -> bool:
        stopped = asyncio.Event()
        assert isinstance(prompt.input, PosixPipeInput)
        prompt.input.close()
        async with prompt.listening(stopped.set):
            await stopped.wait()
        return True

    assert typist.does(close)


def test_the_history_can_be_reached_ahead(typist: Typist) -> None:
    async def read_stop_read(prompt: Prompt) -> list[str]:
        return [await prompt.read(), await stop_then_read(prompt)]

    assert typist.does(read_stop_read, "one\r", UP, CTRL_C, ENTER) == ["one", "one"]


async def stop_then_read_again(prompt: Prompt) -> str:
    """Streams until it is stopped, and reads with the message that got no answer in the prompt."""
    stopped = asyncio.Event()
    async with prompt.listening(stopped.set):
        await stopped.wait()
    return await prompt.read("limit")


@pytest.mark.parametrize(
    ("ahead", "whole"),
    [
        (["hello", ENTER], "limit\nhello"),
        (["/theme", ENTER], "limit\n/theme"),
        (["one", ENTER, "two"], "limit\none\ntwo"),
        ([paste("one\ntwo"), ENTER], "limit\none\ntwo"),
        ([ENTER], "limit"),
        ([], "limit"),
    ],
)
def test_what_was_typed_ahead_follows_a_message_that_came_back_and_sends_nothing(
    typist: Typist, ahead: list[Piece], whole: str
) -> None:
    last = whole.rpartition("\n")[2]
    looked: list[Piece] = [lambda: typist.rows()[0] == "› limit" and typist.shows(last), "!", ENTER]
    assert typist.does(stop_then_read_again, *ahead, CTRL_C, *looked) == whole + "!"


def test_what_was_sent_ahead_behind_the_edit_of_a_message_follows_it(typist: Typist) -> None:
    async def edit(prompt: Prompt) -> list[str]:
        return [await prompt.read(), await prompt.read("earlier")]

    assert typist.does(edit, "/edit\rhello\r", "!", ENTER) == ["/edit", "earlier\nhello!"]
