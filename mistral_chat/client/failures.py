"""What an exception of the network means, as a ChatError, and how often it is worth sending the request again."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from itertools import chain

import httpx

from mistral_chat.client.exchange import Exchange
from mistral_chat.client.opening import Way
from mistral_chat.errors import ChatError, ConnectionLost, ProtocolError, RateLimited, ServerError

MAX_RETRIES = 3

_RETRIED = frozenset([408, 409, 425, 429, 500, 502, 503, 504, 529])
_AGAIN = "try again"


class Early(ConnectionLost):
    """The connection was lost in a way that may pass: the request may be sent again, `retries` times."""

    def __init__(self, what: str, why: str, hint: str, *, retries: int = MAX_RETRIES) -> None:
        super().__init__(what, why, hint)
        self.retries = retries


def retries(error: ChatError) -> int:
    """How often a request may be sent again after this error."""
    if isinstance(error, RateLimited | ServerError):
        return MAX_RETRIES if error.status in _RETRIED else 0
    return error.retries if isinstance(error, Early) else 0


def lost(error: Exception, exchange: Exchange, way: Way) -> ChatError:
    """The error for an exception of httpx, or a TimeoutError, that ended the exchange with a server."""
    begun = exchange.response is not None
    silent = f"the server was silent for {exchange.silence:.0f} s"
    match error:
        case httpx.ConnectTimeout():
            return ConnectionLost(f"{way.first} cannot be reached", "no connection was made in time", way.hint)
        case httpx.ProxyError():
            return ConnectionLost(f"no connection to {way.server}", f"the proxy says: {error}", "check the proxy")
        case TimeoutError() if begun:
            return ConnectionLost(f"nothing more came from {way.server}", silent, _AGAIN)
        case TimeoutError():
            return Early(f"{way.server} does not answer", silent, "try again later", retries=1)
        case httpx.RemoteProtocolError() if begun:
            return ConnectionLost("the answer was cut off", "the connection ended before it", _AGAIN)
        case httpx.RemoteProtocolError() if "disconnected" not in str(error):
            return ProtocolError(f"{way.server} does not speak HTTP", str(error), "check base_url")
    return _by_cause(error, way)


def _by_cause(error: Exception, way: Way) -> ChatError:
    """httpx has one ConnectError for what may pass and for what will not: what led to it tells them apart."""
    causes = list(_causes(error))
    for cause in causes:
        match cause:
            case ssl.SSLCertVerificationError():
                hint = "if you trust it, name the file of its authority in SSL_CERT_FILE"
                return ConnectionLost(f"the certificate of {way.server} is not trusted", cause.verify_message, hint)
            case ssl.SSLError():
                return ConnectionLost(f"no secure connection to {way.server}", str(cause), way.hint)
            case socket.gaierror():
                return Early(f"the name {way.first} is not known", cause.strerror or str(cause), way.hint, retries=1)
            case ConnectionRefusedError():
                return Early(f"{way.first} refuses the connection", "nothing listens there", way.hint)
    why = next((cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror), str(error))
    if isinstance(error, httpx.ConnectError) and not any(isinstance(cause, ConnectionError) for cause in causes):
        return ConnectionLost(f"no connection to {way.first}", why, way.hint)
    return Early(f"{way.server} ended the connection", why, _AGAIN)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and all that led to it; one attempt to connect may have failed at several addresses."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            yield from chain.from_iterable(map(_causes, error.exceptions))
        error = error.__cause__ or error.__context__
