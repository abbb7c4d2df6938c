"""One request over HTTP, sent again while that can help, and its answer as events; the only door to httpx.

    async with Client(key) as client:
        async for event in client.stream(request):
            ...

The network may fail in many ways, but whoever iterates sees two: events up to `Finished`, or a ChatError. A request is
sent again only before the first content has come, and each time a `Retrying` says so first.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import random
import socket
import ssl
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from itertools import chain, count
from types import TracebackType
from typing import Self, TypeVar

import httpx

from mistral_chat import __version__, models
from mistral_chat.errors import ChatError, ConfigError, ConnectionLost, ProtocolError, RateLimited, ServerError
from mistral_chat.events import Event, Reply, Retrying
from mistral_chat.models import Model
from mistral_chat.refusals import MAX_BODY, is_error, refusal, refusal_in_answer
from mistral_chat.secret import Secret
from mistral_chat.sse import MAX_STREAM
from mistral_chat.wire import Decoder, Request, encode_bytes

API = "https://api.mistral.ai"

MAX_RETRIES = 3
MAX_WAIT = 60.0
"""Seconds that all waits before a retry may take together."""
_FIRST_WAIT, _LONGEST_WAIT, _JITTER = 0.5, 8.0, 0.25
_RETRIED = frozenset([408, 409, 425, 429, 500, 502, 503, 504, 529])
_TICK = 1.0
_GRACE = 0.05
_USAGE_GRACE = 2.0
_TYPES = frozenset(["", "text/event-stream", "application/json", "text/plain", "application/octet-stream"])
_PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """In seconds: to connect; to the headers, and from them to the first event; between two events; for a whole answer.

    Comments that a server sends to keep the connection open are no events.
    """

    connect: float = 10.0
    first: float = 120.0
    idle: float = 60.0
    whole: float = 600.0


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
        self._base = _checked(base_url)
        self._key = key
        self._timeouts = timeouts
        self._sleep = sleep
        self._jitter = jitter
        self._http = _http(self._base, transport, timeouts)

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
                if arrived or number > _retries(error) or waited + pause > MAX_WAIT:
                    raise
                waited += pause
                retrying = Retrying(number, pause, error.what)
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
                limit = _USAGE_GRACE if decoder.finished else self._timeouts.idle if heard else first
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
                await exchange.more(_GRACE)

    async def _listed(self) -> AsyncGenerator[Model, None]:
        async with self._sent("GET", "/v1/models", "application/json", self._timeouts.first) as exchange:
            body = await exchange.body(self._timeouts.idle, MAX_STREAM)
        try:
            listing = json.loads(body)
        except ValueError:
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
    ) -> AsyncGenerator[_Exchange, None]:
        """The exchange that the request begins, when its headers are here and those of an answer.

        What goes wrong in it comes out as a ChatError.
        """
        headers = {"Accept": accept} | ({"Content-Type": "application/json"} if content is not None else {})
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key.reveal()}"
        url = self._base.copy_with(path=self._base.path.rstrip("/") + path)
        exchange = _Exchange(self._http, self._http.build_request(method, url, headers=headers, content=content))
        try:
            response = await exchange.begun(first)
            if response.status_code != 200:
                body = await exchange.body(self._timeouts.idle, MAX_BODY)
                raise refusal(response.status_code, response.headers, body, key=self._key, now=time.time())
            _check_type(response)
            yield exchange
        except (httpx.HTTPError, OSError) as error:
            raise _lost(error, exchange, self._base.host) from error
        finally:
            await exchange.close()


class _Exchange:
    """A request and the bytes of its answer, received by a task of its own.

    Waiting for that task can be given up in small steps without losing anything. `silence` counts the seconds of
    waiting; each step counts for a tick at most, so that a process that was stopped for an hour has waited a second.
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
        """The response, when its headers are here."""
        while self.response is None:
            await self._wait(limit)
            if self._error is not None:
                raise self._error
        self.silence = 0.0
        return self.response

    async def more(self, limit: float) -> bytes | None:
        """What has come since the last call; None at the end.

        Raises TimeoutError when there was silence for `limit` seconds, and what httpx raised.
        """
        if self.silence >= limit:
            raise TimeoutError
        while not self._chunks:
            if self._error is not None:
                raise self._error
            if self._ended:
                return None
            await self._wait(limit)
        data = b"".join(self._chunks)
        self._chunks.clear()
        return data

    async def body(self, limit: float, size: int) -> bytes:
        """The body, read to its end or until there are `size` bytes."""
        body = bytearray()
        while len(body) < size and (data := await self.more(limit)) is not None:
            body += data
        return bytes(body[:size])

    async def close(self) -> None:
        """Stop receiving; the connection is closed unless all of the answer has been read."""
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _wait(self, limit: float) -> None:
        """Wait for news, a tick at most. Raises TimeoutError when the silence has reached the limit."""
        if self.silence >= limit:
            raise TimeoutError
        tick = min(_TICK, limit - self.silence)
        before = time.monotonic()
        with suppress(TimeoutError):
            async with asyncio.timeout(tick):
                await self._news.wait()
        self._news.clear()
        self.silence += min(time.monotonic() - before, tick)

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
                    if received > MAX_STREAM:
                        break
        except Exception as error:
            self._error = error
        self._ended = True
        self._news.set()


class _Early(ConnectionLost):
    """The connection was lost so early that the request may be sent again, `retries` times."""

    def __init__(self, what: str, why: str, hint: str, *, retries: int) -> None:
        super().__init__(what, why, hint)
        self.retries = retries


def _retries(error: ChatError) -> int:
    """How often a request may be sent again after this error."""
    if isinstance(error, RateLimited | ServerError):
        return MAX_RETRIES if error.status in _RETRIED else 0
    return error.retries if isinstance(error, _Early) else 0


def _lost(error: Exception, exchange: _Exchange, host: str) -> ChatError:
    """What an exception of the network means; there is one place for it, and this is it."""
    causes = list(_causes(error))
    begun = exchange.response is not None
    check = "check the network and base_url"
    match error:
        case httpx.ConnectTimeout():
            return ConnectionLost(f"{host} cannot be reached", "no connection was made in time", check)
        case httpx.ProxyError():
            return ConnectionLost(
                f"the proxy gives no connection to {host}", str(error), "check HTTPS_PROXY and ALL_PROXY"
            )
        case TimeoutError() if begun:
            why = f"the server was silent for {exchange.silence:.0f} s"
            return ConnectionLost(
                f"nothing more came from {host}", why, "ask for the rest with /continue, or once more"
            )
        case TimeoutError() | httpx.TimeoutException():
            why = f"the server was silent for {exchange.silence:.0f} s"
            return _Early(f"{host} does not answer", why, "try again later", retries=1)
        case httpx.RemoteProtocolError() if begun:
            return ConnectionLost(
                "the answer was cut off", "the connection ended before it", "ask for the rest with /continue"
            )
        case httpx.RemoteProtocolError() if "disconnected" not in str(error):
            return ProtocolError(f"{host} does not speak HTTP", str(error), "check base_url")
    for cause in causes:
        match cause:
            case ssl.SSLCertVerificationError():
                hint = "if you trust it, name the file of its authority in SSL_CERT_FILE"
                return ConnectionLost(f"the certificate of {host} is not trusted", cause.verify_message, hint)
            case ssl.SSLError():
                return ConnectionLost(f"no secure connection to {host}", cause.reason or str(cause), check)
            case socket.gaierror():
                return _Early(f"the name {host} is not known", cause.strerror or str(cause), check, retries=1)
            case ConnectionRefusedError():
                return _Early(f"{host} refuses the connection", "nothing listens there", check, retries=MAX_RETRIES)
    why = next((cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror), str(error))
    if isinstance(error, httpx.ConnectError) and not any(isinstance(cause, ConnectionError) for cause in causes):
        return ConnectionLost(f"no connection to {host}", why, check)
    return _Early(f"{host} ended the connection", why, "try again", retries=MAX_RETRIES)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and all that led to it; one attempt to connect may have failed at several addresses."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            yield from chain.from_iterable(map(_causes, error.exceptions))
        error = error.__cause__ or error.__context__


def _check_type(response: httpx.Response) -> None:
    """Raise ProtocolError when the headers say that this is no answer of the API."""
    packed = response.headers.get("Content-Encoding", "identity").strip().lower()
    if packed not in ("", "identity"):
        why = "none was asked for, as a small one can unfold into gigabytes"
        raise ProtocolError(f"the server sent a compressed answer ({packed})", why, "check base_url and proxies")
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in _TYPES:
        why = "a proxy or a login page may stand in between"
        raise ProtocolError(f"not an API answer ({kind})", why, "check the network and base_url")


def _checked(base_url: str) -> httpx.URL:
    """The URL, without /v1 at its end. Raises ConfigError, which does not hold it, as it may hold a password."""
    try:
        url = httpx.URL(base_url.strip())
    except httpx.InvalidURL as error:
        raise ConfigError("base_url: is not a URL", str(error), f"the usual one is {API}") from None
    if url.userinfo:
        raise ConfigError("base_url: must not hold a user name or password", hint="the key goes into MISTRAL_API_KEY")
    if not url.host or url.query or url.fragment or url.scheme not in ("https", "http"):
        raise ConfigError("base_url: must look like https://host or https://host/path", hint=f"the usual one is {API}")
    if url.scheme == "http" and not _is_loopback(url.host):
        raise ConfigError(
            f"base_url: must be https, as {url.host} is not this machine", "the key could be read on its way"
        )
    return url.copy_with(path=url.path.rstrip("/").removesuffix("/v1"))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _http(base: httpx.URL, transport: httpx.AsyncBaseTransport | None, timeouts: Timeouts) -> httpx.AsyncClient:
    secure = base.scheme == "https" and transport is None
    try:
        # Without https nothing is encrypted, and to load the authorities takes 20 ms.
        tls = httpx.create_ssl_context() if secure else httpx.create_ssl_context(verify=False)
    except OSError as error:
        variable = next((name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)), "certificates")
        why = error.strerror or str(error)
        raise ConfigError(f"{variable}: cannot be used", why, f"correct or unset {variable}") from None
    try:
        return httpx.AsyncClient(
            transport=transport,
            verify=tls,
            trust_env=not _is_loopback(base.host),
            follow_redirects=False,
            timeout=httpx.Timeout(timeouts.idle, connect=timeouts.connect, read=None, pool=None),
            headers={"User-Agent": f"mistral-chat/{__version__}", "Accept-Encoding": "identity"},
        )
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        variable = _proxy_variable()
        why = "SOCKS needs an extra package" if isinstance(error, ImportError) else "it is not the URL of a proxy"
        hint = (
            "pip install 'mistral-chat[socks]', or unset it"
            if isinstance(error, ImportError)
            else f"correct {variable}"
        )
        raise ConfigError(f"{variable}: cannot be used", why, hint) from None


def _proxy_variable() -> str:
    """The variable that holds the proxy which cannot be used."""
    given = [name for name in _PROXIES if os.environ.get(name)]
    odd = (name for name in given if "://" in os.environ[name] and not os.environ[name].startswith("http"))
    return next(chain(odd, given), "the proxy of the system")
