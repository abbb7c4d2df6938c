"""What the test server can be told to answer, as plain values.

An `Answer` is what a model says; the server sends it whole or streamed, as the request asks. An `Http` is one finished
HTTP response. A `Raw` is what goes over the socket, byte for byte. In all three, time and trouble stand in the list of
what is sent, at the place where they happen:

    Answer(["Hel", "lo"])                               an answer of two deltas
    Answer(["Hel", gate, "lo"])                         the second leaves when the test calls gate.open()
    Answer(["Hel", RESET])                              the connection is reset in the middle
    Answer(["Hel"], finish_reason=None, done=False)     the stream ends cleanly, but says nothing about it
    Answer([], finish_reason="tool_calls", tool_calls=[...])
    Http(429, {"message": "Rate limit exceeded"}, {"Retry-After": "2"})
    Raw([RESET])                                        the connection is reset before any header
"""

import gzip
import io
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import Any

from tests.e2e import PATIENCE

Json = Any
"""What json.loads gives."""


class Gate:
    """A place in a reply where the server waits for the test; made by `Server.gate()`.

    One gate may stand at several places: each `open` lets one reply pass it once.
    """

    def __init__(self, changed: threading.Condition) -> None:
        self._changed = changed
        self._opened = 0
        self.reached = 0
        """How often everything in front of the gate has been sent."""

    def open(self) -> None:
        """Let the reply go on, now or when it comes here."""
        with self._changed:
            self._opened += 1
            self._changed.notify_all()

    def wait_reached(self, times: int = 1, timeout: float = PATIENCE) -> None:
        """Wait until everything in front of the gate has been sent, for the `times`-th time."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.reached >= times, timeout):
                raise AssertionError(f"no reply came to this gate {times} times in {timeout} s")

    def let_pass(self, given_up: Callable[[], bool]) -> None:
        """The server's side: wait here until opened, or until `given_up`."""
        with self._changed:
            self.reached += 1
            mine = self.reached
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._opened >= mine or given_up())


@dataclass(frozen=True, slots=True)
class Pause:
    """A place where the server waits for a number of seconds."""

    seconds: float


class Trouble(Enum):
    """A place where the connection comes to grief."""

    CLOSE = "the server closes the connection, in order (FIN)"
    RESET = "the connection is reset (RST)"
    HANG = "nothing more is sent until the client goes away"


CLOSE, RESET, HANG = Trouble.CLOSE, Trouble.RESET, Trouble.HANG

Wait = Gate | Pause | Trouble
Step = bytes | Wait
"""One step over the socket: bytes to send, or a place where something happens."""

Delta = str | list[Json] | dict[str, Json] | None | bytes | Wait
"""Text, a list of content parts, a whole `delta` object, null content, raw bytes of the event stream, or a `Wait`."""


class AutoUsage(Enum):
    """The usage the server counts by itself, about four characters a token."""

    AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says, and how the stream that carries it looks.

    `chunk_size` cuts the stream into HTTP chunks of that many bytes, without regard to events or characters; None puts
    every event into a chunk of its own, as the API does. `head` is sent in front of the first event.
    """

    deltas: Sequence[Delta] = ()
    finish_reason: str | None = "stop"
    usage: Mapping[str, Json] | AutoUsage | None = AutoUsage.AUTO
    tool_calls: Sequence[Json] = ()
    model: str | None = None
    done: bool = True
    line_end: bytes = b"\n"
    head: bytes = b""
    chunk_size: int | None = None
    content_type: str | None = "text/event-stream; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Http:
    """One finished response; `body` is sent as it is, or as JSON when it is neither bytes nor str.

    `missing` bytes are promised in Content-Length and never sent.
    """

    status: int = 200
    body: bytes | str | Json = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str | None = None
    missing: int = 0

    def steps(self) -> list[Step]:
        if isinstance(self.body, bytes):
            body, content_type = self.body, self.content_type
        elif isinstance(self.body, str):
            body, content_type = self.body.encode(), self.content_type or "text/html; charset=utf-8"
        else:
            body, content_type = json.dumps(self.body).encode(), self.content_type or "application/json"
        headers = dict(self.headers) | {"Content-Length": str(len(body) + self.missing)}
        if content_type:
            headers["Content-Type"] = content_type
        return [head(self.status, headers), body, *([CLOSE] if self.missing else [])]


@dataclass(frozen=True, slots=True)
class Raw:
    """Exactly these steps; the connection is closed at the end."""

    sent: Sequence[Step]


Reply = Answer | Http | Raw


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """The status line and headers of an HTTP/1.1 response."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def event(data: Json, name: str | None = None, line_end: bytes = b"\n") -> bytes:
    """One server-sent event; `data` is sent as JSON unless it is a str."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    lines = ([f"event: {name}"] if name else []) + [f"data: {text}", "", ""]
    return line_end.join(line.encode(errors="backslashreplace") for line in lines)


def error(message: Json, kind: str, code: str | None = None) -> dict[str, Json]:
    """The documented error object."""
    return {"object": "error", "message": message, "type": kind, "param": None, "code": code}


def bomb(megabytes: int = 200) -> Http:
    """A small gzip body, though nobody asked for one, that inflates to that many megabytes of an event stream."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as file:
        for _ in range(megabytes):
            file.write(b": " + b"0" * 1_000_000 + b"\n")
    return Http(200, packed.getvalue(), {"Content-Encoding": "gzip"}, "text/event-stream")


DETAIL = [
    {"type": "less_than_equal", "loc": ["body", "temperature"], "msg": "Input should be less than or equal to 1.5",
     "input": 2.0, "ctx": {"le": 1.5}},
]  # fmt: skip

PORTAL = "<!DOCTYPE html><html><head><title>Welcome</title></head><body>Log in to the hotel network</body></html>"

BAD_GATEWAY = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    "<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n"
)

REFUSALS: Mapping[str, Http] = {
    "401 detail": Http(401, {"detail": "Unauthorized"}),
    "401 message": Http(401, {"message": "Unauthorized", "request_id": "0123456789abcdef"}),
    "401 empty": Http(401, b""),
    "402": Http(402, error("No payment method", "payment_required")),
    "403 permission": Http(403, error("You are not allowed to use this model", "permission_denied")),
    "403 guardrail": Http(403, error("Request blocked by guardrails", "guardrail_blocked")),
    "404 model": Http(404, error("Invalid model: mistral-tiny", "invalid_model", "1500")),
    "404 route": Http(404, {"message": "no Route matched with those values", "request_id": "0123456789abcdef"}),
    "400 model": Http(400, error("Invalid model: mistral-tiny", "invalid_model", "1500")),
    "400 context": Http(
        400, error("Prompt contains 300000 tokens, too large for model with 262144 maximum context length",
                   "invalid_request_error", "3051")),
    "422 detail": Http(422, {"detail": DETAIL}),
    "422 message is an object": Http(422, error({"detail": DETAIL}, "invalid_request_error")),
    "422 message is a list": Http(422, error(DETAIL, "invalid_request_error")),
    "422 message is a string": Http(422, error("temperature must be at most 1.5", "invalid_request_error")),
    "429": Http(429, {"message": "Rate limit exceeded", "type": "rate_limited", "code": "1300"}),
    "429 capacity": Http(
        429, error("Service tier capacity exceeded for this model.", "service_tier_capacity_exceeded", "3505")),
    "500 JSON": Http(500, error("Internal server error", "internal_server_error", "1000")),
    "500 HTML": Http(500, BAD_GATEWAY.replace("502 Bad Gateway", "500 Internal Server Error")),
    "502 HTML": Http(502, BAD_GATEWAY),
    "503 HTML": Http(503, BAD_GATEWAY.replace("502 Bad Gateway", "503 Service Temporarily Unavailable")),
    "504 text": Http(504, "upstream request timeout", content_type="text/plain"),
    "529": Http(529, b""),
    "redirect": Http(307, b"", {"Location": "http://127.0.0.1:9/v1/chat/completions"}),
}  # fmt: skip
"""Every way in which the API, or something in front of it, says no; by name, so that a test can take them all."""

MID_STREAM_ERRORS: Mapping[str, bytes] = {
    "error object": event(error("Internal server error", "internal_server_error", "1000")),
    "error key": event({"error": {"message": "Internal server error", "type": "server_error"}}),
    "detail": event({"detail": "Internal server error"}),
    "error event": event({"message": "Internal server error"}, name="error"),
}
"""Events that end a stream with an error, after some text has come."""

NOT_THE_API: Mapping[str, Http] = {
    "captive portal": Http(200, PORTAL),
    "JSON error with 200": Http(200, error("Internal server error", "internal_server_error", "1000")),
    "empty body with 200": Http(200, b"", content_type="text/event-stream"),
}
"""Answers with status 200 that are no answer."""

BROKEN: Mapping[str, Raw | Answer | Http] = {
    "reset before headers": Raw([RESET]),
    "closed before headers": Raw([CLOSE]),
    "not HTTP": Raw([b"SSH-2.0-OpenSSH_9.6\r\n", CLOSE]),
    "reset in mid-answer": Answer(["Hel", "lo", RESET]),
    "closed in mid-answer": Answer(["Hel", "lo", CLOSE]),
    "short body": Http(200, event({"choices": [{"index": 0, "delta": {"content": "Hello"}}]}),
                       content_type="text/event-stream", missing=100),
    "no finish_reason": Answer(["Hel", "lo"], finish_reason=None, usage=None, done=False),
    "no finish_reason but [DONE]": Answer(["Hel", "lo"], finish_reason=None, usage=None),
    "finish_reason error": Answer(["Hel", "lo"], finish_reason="error"),
}  # fmt: skip
"""Connections and streams that end without an answer or before its end."""


def retry_after(value: str, name: str = "Retry-After") -> Http:
    """A 429 that says when to come back, in whatever form `value` has, and which limit was hit."""
    limits = {
        "x-ratelimit-limit-req-minute": "60",
        "x-ratelimit-remaining-req-minute": "0",
        "x-ratelimit-limit-tokens-minute": "500000",
        "x-ratelimit-remaining-tokens-minute": "499000",
    }
    body = {"message": "Requests rate limit exceeded", "type": "rate_limited", "code": "1300"}
    return Http(429, body, {name: value} | limits)
