"""One request over HTTP, sent again while that can help, and its answer as events; the only door to httpx.

    async with Client(key) as client:
        async for event in client.stream(request):
            ...

The network may fail in many ways, but whoever iterates sees two: events up to `Finished`, or a ChatError. A request is
sent again only before the first content has come, and each time a `Retrying` says so first.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from itertools import count
from types import TracebackType
from typing import Self, TypeVar

import httpx

from mistral_chat import models
from mistral_chat.client.exchange import Exchange
from mistral_chat.client.failures import lost, retries
from mistral_chat.client.opening import API, checked, opened, way
from mistral_chat.errors import ChatError, ProtocolError, RateLimited, ServerError
from mistral_chat.events import Event, Reply, Retrying
from mistral_chat.models import Model
from mistral_chat.refusals import MAX_BODY, is_error, refusal, refusal_in_answer
from mistral_chat.secret import Secret
from mistral_chat.wire import Decoder, Request, encode_bytes

_MAX_WAIT = 60.0
"""Seconds that all waits before a retry may take together."""
_FIRST_WAIT, _LONGEST_WAIT, _JITTER = 0.5, 8.0, 0.25
_END_GRACE = 0.05
_REFUSAL_GRACE = 5.0
_VAGUE_TYPES = frozenset(["", "text/plain", "application/octet-stream"])

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds. Comments that a server sends to keep the connection open are no events."""

    connect: float = 10.0
    first: float = 120.0
    """For the headers, and from them for the first event."""
    idle: float = 60.0
    """Between two events."""
    last: float = 2.0
    """After the finish_reason, for usage, when the server does not say that nothing follows."""
    whole: float = 600.0
    """For an answer that comes in one piece."""


class Client:
    """Talks to one server. `key` None sends no key, as servers on one's own machine want it.

    Raises ConfigError when `base_url` is neither https nor http to this machine, and when a proxy or certificate
    variable of the environment cannot be used. `transport`, `sleep` and `jitter` (0 to 1) are there for tests.
    """

    def __init__(
        self,
        key: Secret | None,
        *,
        base_url: str = API,
        transport: httpx.AsyncBaseTransport | None = None,
        timeouts: Timeouts = Timeouts(),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._base = checked(base_url)
        self._key = key
        self._timeouts = timeouts
        self._sleep = sleep
        self._jitter = jitter
        self._http = opened(self._base, transport, timeouts.connect, timeouts.idle)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections; also called at the end of `async with`."""
        await self._http.aclose()

    async def complete(self, request: Request) -> Reply:
        """The answer, asked for in one piece. Raises ApiError, ConnectionLost or ProtocolError."""
        reply = Reply()
        async for event in self.stream(replace(request, stream=False)):
            reply.feed(event)
        return reply

    def stream(self, request: Request) -> AsyncGenerator[Event, None]:
        """The events of the answer as they arrive, `Finished` last. Raises ApiError, ConnectionLost or ProtocolError.

        Whoever leaves the iteration early closes it (`contextlib.aclosing`), and with it the connection.
        """
        return self._retrying(lambda: self._answer(request))

    async def models(self) -> list[Model]:
        """The chat models the key may use. Raises ApiError, ConnectionLost or ProtocolError."""
        return [item async for item in self._retrying(self._listed) if not isinstance(item, Retrying)]

    async def _retrying(self, attempt: Callable[[], AsyncGenerator[T, None]]) -> AsyncGenerator[T | Retrying, None]:
        """What an attempt gives; made again after a pause while nothing has arrived and the error may pass."""
        waited = 0.0
        for number in count(1):
            arrived = False
            try:
                async with aclosing(attempt()) as items:
                    async for item in items:
                        arrived = True
                        yield item
                return
            except ChatError as error:
                pause = self._pause(error, number)
                if arrived or number > retries(error) or waited + pause > _MAX_WAIT:
                    raise
                waited += pause
                retrying = Retrying(number, pause, f"{error.what}: {error.why}" if error.why else error.what)
            yield retrying
            await self._sleep(pause)

    def _pause(self, error: ChatError, number: int) -> float:
        told = error.retry_after if isinstance(error, RateLimited | ServerError) else None
        usual = min(_FIRST_WAIT * 2 ** (number - 1), _LONGEST_WAIT) * (1 - _JITTER * self._jitter())
        return told or usual

    async def _answer(self, request: Request) -> AsyncGenerator[Event, None]:
        decoder = Decoder(request)
        first = self._timeouts.first if request.stream else self._timeouts.whole
        accept = "text/event-stream" if request.stream else "application/json"
        async with self._sent("POST", "/v1/chat/completions", accept, first, encode_bytes(request)) as exchange:
            heard = 0
            while not decoder.done:
                limit = self._timeouts.last if decoder.finished else self._timeouts.idle if heard else first
                try:
                    data = await exchange.more(limit)
                except (httpx.HTTPError, TimeoutError):
                    if decoder.finished:
                        break
                    raise
                if data is None:
                    break
                for event in decoder.feed(data):
                    yield event
                if decoder.heard != heard:
                    heard = decoder.heard
                    exchange.silence = 0.0
            for event in decoder.close():
                yield event
            with suppress(httpx.HTTPError, TimeoutError):
                # An answer read to the end of its last chunk leaves the connection open for the next request.
                exchange.silence = 0.0
                await exchange.more(_END_GRACE)

    async def _listed(self) -> AsyncGenerator[Model, None]:
        async with self._sent("GET", "/v1/models", "application/json", self._timeouts.first) as exchange:
            body = await exchange.body(self._timeouts.idle)
        try:
            listing = json.loads(body)
        except (ValueError, RecursionError):
            raise ProtocolError(
                "not an API answer (no JSON)", "the list of models was asked for", "check base_url"
            ) from None
        if isinstance(listing, dict) and is_error(listing):
            raise refusal_in_answer(listing)
        for model in models.read(listing):
            yield model

    @asynccontextmanager
    async def _sent(
        self, method: str, path: str, accept: str, first: float, content: bytes | None = None
    ) -> AsyncGenerator[Exchange, None]:
        """The exchange that the request begins, when its headers are here and those of an answer.

        What goes wrong in it comes out as a ChatError.
        """
        headers = {"Accept": accept} | ({"Content-Type": "application/json"} if content is not None else {})
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key.reveal()}"
        url = self._base.copy_with(path=self._base.path.rstrip("/") + path)
        exchange = Exchange(self._http, self._http.build_request(method, url, headers=headers, content=content))
        try:
            response = await exchange.begun(first)
            if not response.is_success:
                body = await exchange.start_of_body(_REFUSAL_GRACE, MAX_BODY)
                raise refusal(response.status_code, response.headers, body, key=self._key, now=time.time())
            _check_type(response)
            yield exchange
        except ChatError as error:
            if self._key is not None:  # an error in the middle of an answer may tell the key as well
                error.what, error.why, error.hint = map(self._key.hidden_in, (error.what, error.why, error.hint))
                error.args = (error.what,)
            raise
        except (httpx.HTTPError, OSError) as error:
            raise lost(error, exchange, way(self._base)) from error
        finally:
            await exchange.close()


def _check_type(response: httpx.Response) -> None:
    """Raise ProtocolError when the headers say that this is no answer of the API."""
    packed = response.headers.get("Content-Encoding", "").strip().lower()
    if packed not in ("", "identity"):
        why = "none was asked for, as a small one can unfold into gigabytes"
        raise ProtocolError(f"the server sent a compressed answer ({packed})", why, "check base_url and proxies")
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in _VAGUE_TYPES and not kind.endswith(("event-stream", "json")):
        why = "a proxy or a login page may stand in between"
        raise ProtocolError(f"not an API answer ({kind})", why, "check the network and base_url")
