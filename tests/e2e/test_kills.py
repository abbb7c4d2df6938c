"""kill -9 at random moments: the question is always there, and of the answer what had come up to then."""

import json
import random
import re
import signal
import time
from collections.abc import Iterator, Sequence
from typing import overload

import pytest

from tests.e2e.conftest import Ask, Chat
from tests.e2e.replies import Answer, Delta, Pause
from tests.e2e.server import Server

CHECKPOINT = 0.25
"""Seconds after which what has come is on disk."""
BUSY = 0.5
"""Seconds that a busy machine may take on top, between the server's sending and the program's hearing."""


class Clock(Sequence[Delta]):
    """Deltas that tell when each was sent, a hundredth of a second apart."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> Delta: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Delta]: ...
    def __getitem__(self, at: int | slice) -> Delta | Sequence[Delta]:
        raise NotImplementedError

    def __iter__(self) -> Iterator[Delta]:
        for _ in range(self._count):
            yield f"{time.monotonic():.3f} "
            yield Pause(0.01)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(50))
def test_a_kill_at_any_moment_loses_no_more_than_the_last_moment(
    chat: Chat, ask: Ask, server: Server, seed: int
) -> None:
    server.reply(Answer(Clock(500)))
    terminal = chat()
    terminal.wait_for("›")
    terminal.type("What time is it?")
    terminal.press("enter")
    server.wait_for_chat()
    time.sleep(random.Random(seed).uniform(0.0, 2.0))
    killed = time.monotonic()
    terminal.kill(signal.SIGKILL)
    assert terminal.wait_exit() == 137
    done = ask("-c", "--dry-run", "More?")
    question, *answer = [message["content"] for message in json.loads(done.out)["messages"]]
    assert question.startswith("What time is it?")
    if times := [float(word) for word in (answer[0].split() if len(answer) > 1 else [])]:
        assert killed - times[-1] <= CHECKPOINT + BUSY
    else:
        assert killed - server.chats[0].at <= CHECKPOINT + BUSY
    if times:
        server.reply(f"{answer[0]} and done")
        terminal = chat("-c")
        terminal.wait_for("/continue")
        terminal.type("/continue")
        terminal.press("enter")
        terminal.wait_for(re.compile(r"and\s+done"))
