"""A request on its way and the bytes of its answer, received by a task of its own."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing, suppress

import httpx

from mistral_chat.sse import MAX_STREAM

_STEPS = 20


class Exchange:
    """Sends the request at once. Waiting for its answer can be given up and taken up again; nothing is lost by it.

    `silence` counts the seconds that were waited; whoever hears something that counts sets it back to 0. It is waited
    in steps of a twentieth of the limit, and each counts as no more than that: a process that was stopped for an hour
    (Ctrl-Z) has waited one step, and then looks once more for what has come meanwhile.
    """

    def __init__(self, http: httpx.AsyncClient, request: httpx.Request) -> None:
        self.silence = 0.0
        self.response: httpx.Response | None = None
        self._chunks: list[bytes] = []
        self._ended = False
        self._error: Exception | None = None
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._receive(http, request))

    async def begun(self, limit: float) -> httpx.Response:
        """The response, when its headers are here. Raises TimeoutError after `limit` seconds, and what httpx raised."""
        while self.response is None:
            if self._error is not None:
                raise self._error
            await self._wait(limit)
        self.silence = 0.0
        return self.response

    async def more(self, limit: float) -> bytes | None:
        """What has come since the last call; None at the end.

        Raises TimeoutError when the silence has lasted `limit` seconds, and what httpx raised.
        """
        while not self._chunks:
            if self._error is not None:
                raise self._error
            if self._ended:
                return None
            await self._wait(limit)
        data = b"".join(self._chunks)
        self._chunks.clear()
        return data

    async def body(self, limit: float) -> bytes:
        """The whole body."""
        body = bytearray()
        while (data := await self.more(limit)) is not None:
            body += data
        return bytes(body)

    async def start_of_body(self, limit: float, size: int) -> bytes:
        """What comes of the body, `size` bytes at most; it may be cut or late, and then it is shorter."""
        body = bytearray()
        with suppress(httpx.HTTPError, TimeoutError):
            while len(body) < size and (data := await self.more(limit)) is not None:
                body += data
        return bytes(body[:size])

    async def close(self) -> None:
        """Stop receiving; the connection is closed unless all of the answer has been read."""
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _wait(self, limit: float) -> None:
        """Wait for news, one step at most. Raises TimeoutError when the silence has reached the limit."""
        if self.silence >= limit:
            raise TimeoutError
        step = limit / _STEPS
        before = time.monotonic()
        with suppress(TimeoutError):
            async with asyncio.timeout(step):
                await self._news.wait()
        self._news.clear()
        self.silence += min(time.monotonic() - before, step)

    async def _receive(self, http: httpx.AsyncClient, request: httpx.Request) -> None:
        try:
            async with aclosing(await http.send(request, stream=True)) as response:
                self.response = response
                self._news.set()
                received = 0
                async for chunk in response.aiter_raw():
                    self._chunks.append(chunk)
                    self._news.set()
                    received += len(chunk)
                    if received > MAX_STREAM:  # nobody reads on from here
                        break
        except Exception as error:
            self._error = error
        self._ended = True
        self._news.set()
