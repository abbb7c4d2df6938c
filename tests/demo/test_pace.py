"""The demonstration answers at the pace of a model, or without losing time."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from mistral_chat.demo import Demo
from tests.demo.asking import AUTHORIZATION, MODEL, say


def waits(rate: float, question: str = "Hello", **fields: Any) -> tuple[list[float], int]:
    """How long the demonstration wanted to sleep, in seconds each, and how many parts it sent."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def ask() -> int:
        body = {"model": MODEL, "messages": say(question), "stream": True} | fields
        async with (
            httpx.AsyncClient(transport=Demo(rate, sleep=sleep), headers=AUTHORIZATION) as client,
            client.stream("POST", "https://api.mistral.ai/v1/chat/completions", json=body) as response,
        ):
            return len([part async for part in response.aiter_raw()])

    return slept, asyncio.run(ask())


def test_a_stream_takes_a_moment_and_then_one_token_after_the_other() -> None:
    (first, *others), parts = waits(50)
    assert first > 0.1
    assert others == [1 / 50] * (parts - 1)


def test_a_whole_answer_takes_as_long_as_its_tokens() -> None:
    ((slept,), _) = waits(100, stream=False, max_tokens=50)
    assert 0.5 <= slept < 1


@pytest.mark.parametrize("stream", [True, False])
def test_a_slow_answer_is_asked_for_by_that_word(stream: bool) -> None:
    slow, usual = (waits(100, word, stream=stream, max_tokens=10)[0] for word in ("slow", "Hello"))
    assert slow == pytest.approx([10 * seconds for seconds in usual])


def test_rate_0_loses_no_time() -> None:
    assert waits(0)[0] == []


def test_tokens_arrive_one_by_one() -> None:
    """The first part can be read while the later ones are still to come."""

    async def first() -> bytes:
        naps = iter(range(2))

        async def sleep(_: float) -> None:
            if next(naps, None) is None:
                await asyncio.Event().wait()

        body = {"model": MODEL, "messages": say("Hello"), "stream": True}
        async with (
            httpx.AsyncClient(transport=Demo(60, sleep=sleep), headers=AUTHORIZATION) as client,
            client.stream("POST", "https://api.mistral.ai/v1/chat/completions", json=body) as response,
        ):
            parts: AsyncIterator[bytes] = response.aiter_raw()
            return await anext(parts)

    assert b'"role":"assistant"' in asyncio.run(first())
