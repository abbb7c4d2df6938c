"""The program is killed in mid-answer, at any instant: what was said and what had been shown is there, and goes on."""

import json
import random
import re
import signal
import time
from collections.abc import Callable, Sequence

import pytest

from mistral_chat.arriving import CHECKPOINT_CHARS
from mistral_chat.store import Store
from tests import judges
from tests.e2e import PATIENCE
from tests.e2e.conftest import Ask, Chat, Home
from tests.e2e.prompt import EMPTY
from tests.e2e.replies import HANG, Answer, Delta, Pause
from tests.e2e.server import Server
from tests.e2e.terminal import Terminal

WORDS = 1500
LONGEST_DELTA = 60 * 8
"""In characters."""


def answer(chance: random.Random) -> tuple[str, Answer]:
    """A long text of numbered words, and the answer that brings it in pieces of random length and does not end."""
    words = [f"w{number:05}" + (" " if number % 9 else "\n\n") for number in range(WORDS)]
    deltas: list[Delta] = []
    while words:
        size = chance.randint(1, LONGEST_DELTA // 8)
        deltas += ["".join(words[:size]), Pause(0.002)]
        del words[:size]
    return "".join(delta for delta in deltas if isinstance(delta, str)), Answer([*deltas, HANG])


def last_shown(raw: bytes) -> int:
    """The number of the last word of the answer that reached the terminal."""
    return max((int(number) for number in re.findall(rb"w([0-9]{5})", raw)), default=-1)


def wait_for_figures(terminal: Terminal, start: int) -> None:
    """Wait until an answer is complete; no speed is told when all of it had been there already."""
    terminal.wait_until(lambda: re.search(rb"[+] [0-9,]+ tokens", terminal.raw[start:]) is not None)


def messages(ask: Ask) -> Sequence[dict[str, str]]:
    """What the session would send with one more question, which joins one that got no answer; the judges take it."""
    body = json.loads(ask("-c", "--dry-run", "More?").out)
    assert judges.judge_request(body) == []
    said: Sequence[dict[str, str]] = body["messages"]
    return said


def killed(chat: Chat, server: Server, question: str, reply: Answer, instant: int, *words: str) -> int:
    """Asks, and kills the program when that word is on the screen (-1: when it has asked); the last word shown."""
    requests = len(server.chats)
    server.reply(reply)
    with chat(*words) as terminal:
        terminal.wait_for(EMPTY)
        before = len(terminal.raw)
        terminal.type(question + "\r")
        server.wait_for_chat(requests + 1)
        if instant >= 0:
            terminal.wait_for_raw(b"w%05d" % instant, before)
        terminal.kill(signal.SIGKILL)
        assert terminal.wait_exit() == 137
        return last_shown(terminal.raw[before:])


def kill_again_and_again(chat: Chat, ask: Ask, server: Server, times: int, chance: random.Random) -> None:
    ask("Who are you?")
    for number in range(times):
        text, reply = answer(chance)
        question = f"Question {number}?"
        instant = chance.choice([-1, 0, chance.randrange(WORDS - 1), chance.randrange(WORDS - 1)])
        shown = killed(chat, server, question, reply, instant, "-c")
        said = messages(ask)
        assert question in "".join(message["content"] for message in said if message["role"] == "user")
        partial = said[-2]["content"] if said[-1]["content"] == "More?" else ""
        assert text.startswith(partial)
        assert len(partial) > text.find(f"w{shown:05}") - CHECKPOINT_CHARS - LONGEST_DELTA
        if partial and chance.random() < 0.5:
            server.reply(text)
            with chat("-c") as terminal:
                terminal.wait_for("interrupted — /continue")
                before = len(terminal.raw)
                terminal.type("/continue\r")
                wait_for_figures(terminal, before)
            assert messages(ask)[-2] == {"role": "assistant", "content": text}


def test_what_was_shown_before_a_kill_is_there_and_can_be_continued(chat: Chat, ask: Ask, server: Server) -> None:
    kill_again_and_again(chat, ask, server, 4, random.Random(3))


@pytest.mark.slow
def test_fifty_kills_of_one_session_lose_nothing_that_was_shown(chat: Chat, ask: Ask, server: Server) -> None:
    kill_again_and_again(chat, ask, server, 50, random.Random())


def test_the_end_of_what_has_come_is_soon_on_disk_though_nothing_more_comes(
    chat: Chat, server: Server, home: Home
) -> None:
    server.reply(Answer(["The sea ", "is ", "blue", HANG]))
    terminal = chat()
    terminal.wait_for("›")
    terminal.type("What is the sea?\r")
    terminal.wait_for("The sea is blue")
    store = Store(home.data / "sessions.db")

    def kept() -> bool:
        return store.load(store.sessions()[0].id)[0].path()[-1].message.text == "The sea is blue"

    wait_until(kept)
    terminal.kill(signal.SIGKILL)
    terminal.wait_exit()
    store.close()


def wait_until(condition: Callable[[], bool]) -> None:
    """Looks again and again."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)
