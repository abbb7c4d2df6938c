"""An offline stand-in for the API, as an httpx transport: it speaks the protocol and answers from what it is asked.

    httpx.AsyncClient(transport=Demo(), base_url="https://api.mistral.ai", headers={"Authorization": f"Bearer {KEY}"})

POST /v1/chat/completions, whole and streamed, and GET /v1/models. Wrong requests are refused as the API refuses them.
Nothing is kept between two requests, and nothing leaves the process.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from uuid import uuid4

import httpx

from mistral_chat.demo.cards import model_list
from mistral_chat.demo.replies import Completion, replies
from mistral_chat.demo.rules import error, refusal
from mistral_chat.demo.shapes import fault

KEY = "demo" * 8
"""A key that opens only this door; it has the shape of a real one."""

_METHODS = {"/v1/models": "GET", "/v1/chat/completions": "POST"}
_BEARER = re.compile(r"Bearer [A-Za-z0-9_-]{16,}")
_FIRST_TOKEN = 15
"""The first token takes as long as so many others."""
_WAIT = {
    "Retry-After": "2",
    "x-ratelimit-limit-req-minute": "60",
    "x-ratelimit-remaining-req-minute": "0",
}

Sleep = Callable[[float], Awaitable[None]]


class Demo(httpx.AsyncBaseTransport):
    """`rate` is in tokens per second, 0 is as fast as possible; `sleep` waits for a number of seconds."""

    def __init__(self, rate: float = 60.0, *, sleep: Sleep = asyncio.sleep) -> None:
        self._rate = rate
        self._sleep = sleep

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Reading the body raises httpx.RemoteProtocolError where a connection is asked to break."""
        sent = await request.aread()
        method = next((method for path, method in _METHODS.items() if request.url.path.endswith(path)), None)
        if method is None:
            return _json(404, {"detail": "Not Found"})
        if method != request.method:
            return _json(405, {"detail": "Method Not Allowed"})
        if not _BEARER.fullmatch(request.headers.get("Authorization", "")):
            return _json(401, {"detail": "Unauthorized"})
        return await self._complete(sent) if method == "POST" else _json(200, model_list())

    async def _complete(self, sent: bytes) -> httpx.Response:
        try:
            body: Any = json.loads(sent)
        except (ValueError, RecursionError) as wrong:
            return _json(422, {"detail": [fault("json_invalid", ("body",), "JSON decode error", {}, error=str(wrong))]})
        if refused := refusal(body):
            return _json(*refused)
        answers, choices = replies(body)
        completion = Completion(body, choices, uuid4().hex, int(time.time()))
        trouble, pace = answers[0].trouble, answers[0].pace
        if trouble == "limit":
            return _json(429, error("Requests rate limit exceeded", "rate_limited", "1300"), _WAIT)
        if body.get("stream"):
            stream = _Stream(completion, trouble, self._rate * pace, self._sleep)
            return httpx.Response(200, headers=_headers("text/event-stream; charset=utf-8"), stream=stream)
        await _pause(self._sleep, self._rate * pace, _FIRST_TOKEN + completion.tokens)
        if trouble == "error":
            return _json(500, _FAILURE)
        if trouble == "cut":
            return httpx.Response(200, headers=_headers("application/json"), stream=_Half(_bytes(completion.whole())))
        return _json(200, completion.whole())


class _Half(httpx.AsyncByteStream):
    """Half of the bytes of a body, and then the connection is gone."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body[: len(self._body) // 2]
        raise httpx.RemoteProtocolError(_BROKEN)


class _Stream(httpx.AsyncByteStream):
    """The bytes of an event stream, token by token at the rate given."""

    def __init__(self, completion: Completion, trouble: str, rate: float, sleep: Sleep) -> None:
        self._completion = completion
        self._trouble = trouble
        self._rate = rate
        self._sleep = sleep

    async def __aiter__(self) -> AsyncIterator[bytes]:
        await _pause(self._sleep, self._rate, _FIRST_TOKEN)
        middle = self._completion.tokens // 2
        for place, chunk in enumerate(self._completion.chunks()):
            if self._trouble and place == middle:
                if self._trouble == "cut":
                    raise httpx.RemoteProtocolError(_BROKEN)
                yield _event(_FAILURE)
                return
            await _pause(self._sleep, self._rate, 1)
            yield _event(chunk)
        yield b"data: [DONE]\n\n"


_FAILURE = error("as you wished", "internal_server_error", "1000")
_BROKEN = "peer closed connection without sending complete message body (incomplete chunked read)"


async def _pause(sleep: Sleep, rate: float, tokens: int) -> None:
    """Wait for as long as so many tokens take."""
    if rate > 0:
        await sleep(tokens / rate)


def _event(data: object) -> bytes:
    return b"data: " + _bytes(data) + b"\n\n"


def _bytes(data: object) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _headers(kind: str) -> dict[str, str]:
    return {"Content-Type": kind, "mistral-correlation-id": str(uuid4())}


def _json(status: int, data: object, headers: Mapping[str, str] | None = None) -> httpx.Response:
    content = _bytes(data)
    told = {**_headers("application/json"), "Content-Length": str(len(content)), **(headers or {})}
    return httpx.Response(status, headers=told, stream=httpx.ByteStream(content))
