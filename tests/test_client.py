"""The client against a real server on the loopback interface: answers, refusals, faults, time-outs, environment."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx
import pytest

from mistral_chat.client import Client, Timeouts
from mistral_chat.errors import (
    ApiError,
    AuthError,
    ChatError,
    ConfigError,
    ConnectionLost,
    ProtocolError,
    RateLimited,
    Rejected,
    ServerError,
)
from mistral_chat.events import Event, Finished, FinishReason, Reply, Retrying, Started, TextDelta, Usage
from mistral_chat.message import Message, Role
from mistral_chat.secret import Secret
from mistral_chat.wire import Request
from tests.e2e import replies
from tests.e2e.replies import CLOSE, HANG, RESET, Answer, Http, Pause, Raw, event, head
from tests.e2e.replies import Reply as Said
from tests.e2e.server import KEY, Server, refusing_url

HELLO = Request("mistral-small-latest", (Message.of(Role.USER, "Hello"),))
STREAM = {"Content-Type": "text/event-stream"}


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


class Naps:
    """Takes the place of sleeping, and remembers for how long."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def client_of(server: Server | str, **more: Any) -> Client:
    url = server if isinstance(server, str) else server.url
    given: dict[str, Any] = {"base_url": url, "sleep": Naps(), "jitter": lambda: 0.0} | more
    return Client(Secret(KEY, "MISTRAL_API_KEY"), **given)


def outcome(client: Client, request: Request = HELLO) -> tuple[list[Event], ChatError | None]:
    """The events of one streamed answer, and the error that ended it."""
    events = list[Event]()

    async def iterate() -> None:
        async with client:
            async for item in client.stream(request):
                events.append(item)

    try:
        asyncio.run(iterate())
    except ChatError as error:
        return events, error
    return events, None


def text_of(events: list[Event]) -> str:
    return "".join(item.text for item in events if isinstance(item, TextDelta))


def ended(events: list[Event]) -> bool:
    return bool(events) and events[-1] == Finished(FinishReason.STOP)


def completed(client: Client, request: Request = HELLO) -> Reply:
    async def complete() -> Reply:
        async with client:
            return await client.complete(request)

    return asyncio.run(complete())


# --- answers --------------------------------------------------------------------------------------------------------


def test_a_streamed_answer_comes_as_events(server: Server) -> None:
    server.reply(Answer(["Hel", "lo"], usage={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}))
    events, error = outcome(client_of(server))
    assert error is None
    assert isinstance(events[0], Started)
    assert events[1:] == [TextDelta("Hel"), TextDelta("lo"), Usage(1, 2), Finished(FinishReason.STOP)]


def test_a_whole_answer_comes_as_a_reply(server: Server) -> None:
    server.reply("Hello")
    reply = completed(client_of(server))
    assert reply.message == Message.of(Role.ASSISTANT, "Hello")
    assert reply.model == "mistral-small-latest"
    assert reply.finish_reason is FinishReason.STOP
    assert "stream" not in server.chats[0].json


def test_deltas_are_given_while_the_answer_still_comes(server: Server) -> None:
    gate = server.gate()
    server.reply(Answer(["Hel", gate, "lo"]))

    async def read() -> str:
        said = ""
        async with client_of(server) as client:
            async for item in client.stream(HELLO):
                if isinstance(item, TextDelta):
                    said += item.text
                    gate.open()
        return said

    assert asyncio.run(read()) == "Hello"


def test_the_prefix_is_sent_and_comes_back_once(server: Server) -> None:
    request = Request(HELLO.model, HELLO.messages, prefix="Dear ")
    server.reply(Answer(["Dear", " Ann"]))
    assert text_of(outcome(client_of(server), request)[0]) == "Dear Ann"
    assert server.chats[0].messages[-1] == {"role": "assistant", "content": "Dear ", "prefix": True}


def test_headers_of_a_request(server: Server) -> None:
    outcome(client_of(server))
    headers = server.chats[0].headers
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["accept"] == "text/event-stream"
    assert headers["accept-encoding"] == "identity"
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"].startswith("mistral-chat/")


def test_without_a_key_none_is_sent() -> None:
    with Server(key=None) as server:
        _, error = outcome(Client(None, base_url=server.url))
        assert error is None
        assert "authorization" not in server.chats[0].headers


@pytest.mark.parametrize("tail", ["", "/", "/v1", "/v1/"])
def test_the_base_url_may_end_in_v1(server: Server, tail: str) -> None:
    assert outcome(client_of(server.url + tail))[1] is None


def test_the_base_url_may_have_a_path(server: Server) -> None:
    outcome(client_of(server.url + "/mistral/v1"))
    assert server.requests[0].path == "/mistral/v1/chat/completions"


@pytest.mark.parametrize("kind", [None, "text/plain", "TEXT/EVENT-STREAM; Charset=Latin-1", "application/octet-stream"])
def test_the_content_type_of_a_stream_may_be_missing_or_odd(server: Server, kind: str | None) -> None:
    server.reply(Answer(["é"], content_type=kind))
    events, error = outcome(client_of(server))
    assert (text_of(events), error) == ("é", None)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_http_chunks_need_not_respect_events(server: Server, size: int) -> None:
    server.reply(Answer(["Hé", "llo😀"], chunk_size=size))
    assert text_of(outcome(client_of(server))[0]) == "Héllo😀"


def test_a_server_that_does_not_stream_may_answer_whole(server: Server) -> None:
    whole = {"choices": [{"index": 0, "message": {"content": "Hello"}, "finish_reason": "stop"}]}
    server.reply(Http(200, whole))
    events, error = outcome(client_of(server))
    assert (text_of(events), error) == ("Hello", None)


def test_the_connection_is_used_again_for_the_next_answer(server: Server) -> None:
    async def twice() -> None:
        async with client_of(server) as client:
            for _ in range(2):
                async for _ in client.stream(HELLO):
                    pass

    asyncio.run(twice())
    first, second = server.chats
    assert first.connection is second.connection


def test_a_reset_after_the_finish_reason_loses_nothing(server: Server) -> None:
    last = {"choices": [{"index": 0, "delta": {"content": "Hello"}, "finish_reason": "stop"}]}
    server.reply(Raw([head(200, STREAM), event(last), RESET]))
    events, error = outcome(client_of(server))
    assert (text_of(events), ended(events), error) == ("Hello", True, None)


def test_a_server_that_hangs_after_the_finish_reason_is_not_waited_for(server: Server) -> None:
    last = {"choices": [{"index": 0, "delta": {"content": "Hello"}, "finish_reason": "stop"}]}
    server.reply(Raw([head(200, STREAM), event(last), HANG]))
    events, error = outcome(client_of(server, timeouts=Timeouts(idle=3600, last=0.1)))
    assert (text_of(events), ended(events), error) == ("Hello", True, None)


# --- refusals and faults --------------------------------------------------------------------------------------------

REFUSALS: dict[str, tuple[type[ChatError], int]] = {
    "401 detail": (AuthError, 1),
    "401 message": (AuthError, 1),
    "401 empty": (AuthError, 1),
    "402": (RateLimited, 1),
    "403 permission": (AuthError, 1),
    "403 guardrail": (Rejected, 1),
    "404 model": (Rejected, 1),
    "404 route": (Rejected, 1),
    "400 model": (Rejected, 1),
    "400 context": (Rejected, 1),
    "422 detail": (Rejected, 1),
    "422 message is an object": (Rejected, 1),
    "422 message is a list": (Rejected, 1),
    "422 message is a string": (Rejected, 1),
    "429": (RateLimited, 4),
    "429 capacity": (RateLimited, 4),
    "500 JSON": (ServerError, 4),
    "500 HTML": (ServerError, 4),
    "502 HTML": (ServerError, 4),
    "503 HTML": (ServerError, 4),
    "504 text": (ServerError, 4),
    "529": (ServerError, 4),
    "redirect": (ProtocolError, 1),
}


def test_every_refusal_that_the_server_knows_is_looked_at() -> None:
    assert REFUSALS.keys() == replies.REFUSALS.keys()


@pytest.mark.parametrize("name", REFUSALS)
@pytest.mark.parametrize("stream", [True, False])
def test_a_refusal_is_an_error_and_only_what_may_pass_is_sent_again(server: Server, name: str, stream: bool) -> None:
    kind, sent = REFUSALS[name]
    server.reply(*[replies.REFUSALS[name]] * 5)
    events, error = outcome(client_of(server), Request(HELLO.model, HELLO.messages, stream=stream))
    assert type(error) is kind
    assert len(server.chats) == sent
    assert [type(item) for item in events] == [Retrying] * (sent - 1)


@pytest.mark.parametrize("status", [408, 409, 425])
def test_other_statuses_that_may_pass_are_sent_again(server: Server, status: int) -> None:
    server.reply(Http(status), "Hello")
    assert text_of(outcome(client_of(server))[0]) == "Hello"


def test_a_refusal_whose_body_is_cut_is_still_one(server: Server) -> None:
    server.reply(Http(401, b'{"detail": "Un', missing=100))
    assert isinstance(outcome(client_of(server))[1], AuthError)


def test_no_error_in_the_middle_of_an_answer_shows_the_key(server: Server) -> None:
    complaint = {"object": "error", "message": f"no {KEY} here", "type": KEY, "code": "1"}
    server.reply(Answer(["Hello", event(complaint)]))
    events, error = outcome(client_of(server))
    assert text_of(events) == "Hello"
    assert error is not None
    assert KEY not in f"{error!r} {error.what} {error.why} {error.hint}"
    assert "no *** here" in f"{error.what} {error.why}"


def test_no_error_shows_the_key(server: Server) -> None:
    for reply in replies.REFUSALS.values():
        server.reply(*[reply] * 4)
        _, error = outcome(client_of(server))
        assert error is not None
        assert KEY not in f"{error!r} {error.what} {error.why} {error.hint}"


BROKEN: dict[str, tuple[str, type[ChatError] | None, int]] = {
    "reset before headers": ("", ConnectionLost, 4),
    "closed before headers": ("", ConnectionLost, 4),
    "reset in mid-answer": ("Hello", ConnectionLost, 1),
    "closed in mid-answer": ("Hello", ConnectionLost, 1),
    "short body": ("Hello", ConnectionLost, 1),
    "no finish_reason": ("Hello", ConnectionLost, 1),
    "no finish_reason but [DONE]": ("Hello", ConnectionLost, 1),
    "finish_reason error": ("Hello", None, 1),
    "captive portal": ("", ProtocolError, 1),
    "JSON error with 200": ("", ServerError, 1),
    "empty body with 200": ("", ProtocolError, 1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_had_arrived_is_given_and_nothing_is_sent_again_after_it(server: Server, name: str) -> None:
    text, kind, sent = BROKEN[name]
    fault: Said = {**replies.BROKEN, **replies.NOT_THE_API}[name]
    server.reply(*[fault] * 4)
    events, error = outcome(client_of(server))
    assert text_of(events) == text
    assert isinstance(error, kind) if kind else error is None
    assert len(server.chats) == sent


@pytest.mark.parametrize("name", replies.MID_STREAM_ERRORS)
def test_an_error_in_mid_answer_keeps_the_text_and_is_told(server: Server, name: str) -> None:
    server.reply(Answer(["Hel", replies.MID_STREAM_ERRORS[name], "lo"]))
    events, error = outcome(client_of(server))
    assert text_of(events) == "Hel"
    assert isinstance(error, ServerError)
    assert "Internal server error" in error.what
    assert len(server.chats) == 1


def test_a_reset_after_the_headers_but_before_the_first_content_is_sent_again(server: Server) -> None:
    role = event({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]})
    server.reply(Raw([head(200, STREAM), role, RESET]), "Hello")
    events, error = outcome(client_of(server))
    assert [type(item) for item in events[:2]] == [Retrying, Started]
    assert (text_of(events), error) == ("Hello", None)


def test_a_server_that_refuses_the_connection_is_asked_four_times() -> None:
    with refusing_url() as url:
        events, error = outcome(client_of(url))
    assert len(events) == 3
    assert isinstance(error, ConnectionLost)
    assert error.what == f"{httpx.URL(url).netloc.decode()} refuses the connection"


def test_a_compressed_answer_is_refused_and_not_unfolded(server: Server) -> None:
    server.reply(replies.bomb(20))
    _, error = outcome(client_of(server))
    assert isinstance(error, ProtocolError)
    assert "compressed" in error.what


@pytest.mark.parametrize("kind", ["text/html", "Application/XML; charset=utf-8", "image/png"])
@pytest.mark.parametrize("stream", [True, False])
def test_what_is_no_answer_by_its_content_type_is_refused(server: Server, kind: str, stream: bool) -> None:
    server.reply(Http(200, event({"choices": []}), content_type=kind))
    _, error = outcome(client_of(server), Request(HELLO.model, HELLO.messages, stream=stream))
    assert isinstance(error, ProtocolError)
    assert error.what == f"not an API answer ({kind.partition(';')[0].lower()})"


def test_a_redirect_is_not_followed(server: Server) -> None:
    with Server() as elsewhere:
        server.reply(Http(307, b"", {"Location": f"{elsewhere.url}/v1/chat/completions"}))
        _, error = outcome(client_of(server))
        assert isinstance(error, ProtocolError)
        assert elsewhere.requests == []


class Wire(httpx.AsyncBaseTransport):
    """A wire on which each request meets the next of the exceptions, then an answer."""

    def __init__(self, *exceptions: Exception) -> None:
        self.exceptions = list(exceptions)
        self.count = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        if self.exceptions:
            raise self.exceptions.pop(0)
        body = event({"choices": [{"index": 0, "delta": {"content": "Hello"}, "finish_reason": "stop"}]})
        return httpx.Response(200, headers=STREAM, content=body)


def because(error: Exception, *causes: BaseException) -> Exception:
    for effect, cause in zip([error, *causes], causes, strict=False):
        effect.__cause__ = cause
    return error


def connect_error(*causes: BaseException) -> Exception:
    return because(httpx.ConnectError("All connection attempts failed"), *causes)


UNTRUSTED = ssl.SSLCertVerificationError(1, "certificate verify failed")
UNTRUSTED.verify_message = "self-signed certificate"
REFUSED = ConnectionRefusedError(111, "Connection refused")
LOST: dict[str, tuple[Callable[[], Exception], int, str]] = {
    "name": (
        lambda: connect_error(socket.gaierror(-2, "Name or service not known")),
        2,
        "the name x.test is not known",
    ),
    "certificate": (lambda: connect_error(OSError("?"), UNTRUSTED), 1, "the certificate of x.test is not trusted"),
    "TLS": (lambda: connect_error(ssl.SSLError(1, "wrong version number")), 1, "no secure connection to x.test"),
    "refused": (lambda: connect_error(OSError("?"), REFUSED), 4, "x.test refuses the connection"),
    "refused at each address": (
        lambda: connect_error(OSError("?"), ExceptionGroup("all", [REFUSED, REFUSED])),
        4,
        "x.test refuses the connection",
    ),
    "reset": (
        lambda: because(httpx.ReadError(""), ConnectionResetError(104, "reset")),
        4,
        "x.test ended the connection",
    ),
    "offline": (lambda: connect_error(OSError(101, "Network is unreachable")), 1, "no connection to x.test"),
    "no time to connect": (lambda: httpx.ConnectTimeout(""), 1, "x.test cannot be reached"),
    "proxy": (lambda: httpx.ProxyError("407"), 1, "no connection to x.test"),
    "no HTTP": (lambda: httpx.RemoteProtocolError("illegal status line"), 1, "x.test does not speak HTTP"),
}


@pytest.mark.parametrize("name", LOST)
def test_a_connection_that_is_not_made_is_told_with_its_cause_and_tried_again_when_it_may_pass(name: str) -> None:
    error, sent, sentence = LOST[name]
    wire = Wire(*(error() for _ in range(9)))
    _, told = outcome(client_of("https://x.test", transport=wire))
    assert told is not None
    assert (told.what, wire.count) == (sentence, sent)


def test_tls_with_a_server_that_does_not_speak_it_is_told_and_not_tried_again() -> None:
    calls = 0

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
        await writer.drain()
        writer.close()

    async def ask() -> None:
        listener = await asyncio.start_server(speak, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        async with listener, client_of(f"https://127.0.0.1:{port}") as client:
            with pytest.raises(ConnectionLost, match=f"^no secure connection to 127.0.0.1:{port}$"):
                await client.complete(HELLO)

    asyncio.run(ask())
    assert calls == 1


# --- retries --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("jitter", "seconds"), [(0.0, [0.5, 1.0, 2.0]), (1.0, [0.375, 0.75, 1.5])])
def test_the_waits_double_and_are_told_before_they_begin(server: Server, jitter: float, seconds: list[float]) -> None:
    server.reply(Http(503), Http(503), Http(503), "Hello")
    naps = Naps()
    events, error = outcome(client_of(server, sleep=naps, jitter=lambda: jitter))
    assert error is None
    assert events[:3] == [Retrying(n, wait, "the server failed: HTTP status 503") for n, wait in enumerate(seconds, 1)]
    assert naps.seconds == seconds
    assert text_of(events) == "Hello"


@pytest.mark.parametrize(
    ("name", "value", "seconds"),
    [("Retry-After", "7", 7), ("retry-after-ms", "1500", 1.5), ("Retry-After", "60", 60), ("Retry-After", "soon", 0.5)],
)
def test_retry_after_is_waited_for(server: Server, name: str, value: str, seconds: float) -> None:
    server.reply(replies.retry_after(value, name), "Hello")
    naps = Naps()
    events, _ = outcome(client_of(server, sleep=naps))
    assert naps.seconds == [seconds]
    assert text_of(events) == "Hello"


def test_a_date_to_come_back_at_is_waited_for(server: Server) -> None:
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 40))
    server.reply(replies.retry_after(date), "Hello")
    naps = Naps()
    outcome(client_of(server, sleep=naps))
    assert len(naps.seconds) == 1
    assert 20 < naps.seconds[0] <= 40


def test_more_than_a_minute_is_told_and_not_waited_for(server: Server) -> None:
    server.reply(replies.retry_after("61"))
    naps = Naps()
    events, error = outcome(client_of(server, sleep=naps))
    assert (events, naps.seconds) == ([], [])
    assert isinstance(error, RateLimited)
    assert error.why == "the limit of 60 requests a minute is used up"
    assert error.hint == "try again in 61 s"


def test_all_waits_together_take_a_minute_at_most(server: Server) -> None:
    server.reply(*[replies.retry_after("25")] * 4)
    naps = Naps()
    assert isinstance(outcome(client_of(server, sleep=naps))[1], RateLimited)
    assert naps.seconds == [25, 25]


def test_whole_answers_are_sent_again_too(server: Server) -> None:
    server.reply(Http(503), "Hello")
    assert completed(client_of(server)).message.text == "Hello"


# --- time-outs ------------------------------------------------------------------------------------------------------


def test_a_server_that_gives_no_headers_is_asked_once_more(server: Server) -> None:
    server.reply(Raw([HANG]), Raw([HANG]))
    events, error = outcome(client_of(server, timeouts=Timeouts(first=0.1)))
    assert [type(item) for item in events] == [Retrying]
    assert isinstance(error, ConnectionLost)
    assert error.what == f"127.0.0.1:{server.port} does not answer"


def test_a_server_that_gives_headers_and_no_event_is_given_up(server: Server) -> None:
    server.reply(Raw([head(200, STREAM), HANG]))
    _, error = outcome(client_of(server, timeouts=Timeouts(first=0.1)))
    assert isinstance(error, ConnectionLost)
    assert len(server.chats) == 1


def test_a_stream_that_falls_silent_is_given_up_and_its_text_kept(server: Server) -> None:
    server.reply(Answer(["Hel", HANG]))
    events, error = outcome(client_of(server, timeouts=Timeouts(idle=0.1)))
    assert text_of(events) == "Hel"
    assert isinstance(error, ConnectionLost)
    assert error.what == f"nothing more came from 127.0.0.1:{server.port}"


def test_comments_do_not_break_the_silence(server: Server) -> None:
    comments = [step for _ in range(1000) for step in (b": keep-alive\n\n", Pause(0.02))]
    server.reply(Answer(["Hel", *comments, "lo"]))
    events, error = outcome(client_of(server, timeouts=Timeouts(idle=0.2)))
    assert text_of(events) == "Hel"
    assert isinstance(error, ConnectionLost)


def test_events_break_the_silence(server: Server) -> None:
    server.reply(Answer([step for letter in "Hello" for step in (letter, Pause(0.3))]))
    events, error = outcome(client_of(server, timeouts=Timeouts(idle=1.0)))
    assert (text_of(events), error) == ("Hello", None)


def test_a_whole_answer_has_its_own_time(server: Server) -> None:
    server.reply(Answer([Pause(0.3), "Hello"]))
    assert completed(client_of(server, timeouts=Timeouts(first=0.1, idle=0.1, whole=20))).message.text == "Hello"


STOPPED = """
import asyncio, sys
from mistral_chat.client import Client, Timeouts
from mistral_chat.events import TextDelta
from mistral_chat.secret import Secret
from tests.test_client import HELLO, KEY

async def main():
    async with Client(Secret(KEY), base_url=sys.argv[1], timeouts=Timeouts(idle=1.5)) as client:
        async for event in client.stream(HELLO):
            if isinstance(event, TextDelta):
                print(event.text, flush=True)

asyncio.run(main())
"""


def sleeps(process: subprocess.Popen[str]) -> bool:
    """Whether the process waits for something (proc(5), the third field of stat)."""
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="it cannot be seen whether a process waits")
def test_a_process_that_was_stopped_does_not_take_the_pause_for_silence(server: Server) -> None:
    gate = server.gate()
    server.reply(Answer(["Hel", gate, "lo"]))
    command = [sys.executable, "-c", STOPPED, server.url]
    root = Path(__file__).parents[1]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "Hel\n"
        while not sleeps(process):
            pass
        process.send_signal(signal.SIGSTOP)
        time.sleep(3)
        process.send_signal(signal.SIGCONT)
        gate.open()
        assert process.stdout.read() == "lo\n"
    assert process.returncode == 0


# --- leaving early --------------------------------------------------------------------------------------------------


def test_leaving_the_iteration_closes_the_connection(server: Server) -> None:
    server.reply(Answer(["Hel", HANG]))

    async def leave() -> None:
        async with client_of(server) as client:
            async with aclosing(client.stream(HELLO)) as events:
                await anext(events)
            await asyncio.to_thread(server.wait_for_chat().wait_until_client_is_gone)

    asyncio.run(leave())


@pytest.mark.parametrize("reply", [Raw([HANG]), Raw([head(200, STREAM), HANG]), Answer(["Hel", HANG])])
def test_cancelling_closes_the_connection(server: Server, reply: Said) -> None:
    server.reply(reply)

    async def iterate(client: Client) -> None:
        async for _ in client.stream(HELLO):
            pass

    async def cancel() -> None:
        async with client_of(server) as client:
            task = asyncio.create_task(iterate(client))
            request = await asyncio.to_thread(server.wait_for_chat)
            task.cancel()
            await asyncio.to_thread(request.wait_until_client_is_gone)
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(cancel())


def test_cancelling_does_not_wait_for_a_resolver_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answered = threading.Event(), threading.Event()

    def resolve(*_: object, **__: object) -> list[Any]:
        asked.set()
        answered.wait()
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    async def cancel() -> None:
        async with client_of("https://x.test") as client:
            task = asyncio.ensure_future(client.complete(HELLO))
            await asyncio.to_thread(asked.wait)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        answered.set()

    asyncio.run(cancel())


def test_cancelling_ends_the_wait_before_a_retry(server: Server) -> None:
    server.reply(replies.retry_after("50"))

    async def cancel() -> None:
        async with client_of(server, sleep=asyncio.sleep) as client:
            events = client.stream(HELLO)
            assert isinstance(await anext(events), Retrying)
            task = asyncio.ensure_future(anext(events))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(asyncio.wait_for(cancel(), 20))
    assert len(server.chats) == 1


# --- models ---------------------------------------------------------------------------------------------------------


def listed(client: Client) -> list[str]:
    async def list_models() -> list[str]:
        async with client:
            return [model.id for model in await client.models()]

    return asyncio.run(list_models())


def test_the_chat_models_are_listed(server: Server) -> None:
    assert listed(client_of(server)) == [
        "mistral-medium-latest",
        "mistral-small-latest",
        "mistral-large-latest",
        "ministral-8b-latest",
    ]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Http(401, {"detail": "Unauthorized"}), AuthError),
        (Http(503, "no"), ServerError),
        (Http(200, replies.PORTAL), ProtocolError),
        (Http(200, b"[", content_type="application/json"), ProtocolError),
        (Http(200, b"[" * 100_000, content_type="application/json"), ProtocolError),
        (Http(200, replies.error("Oops", "x")), ApiError),
        (Http(200, b"[]", content_type="application/json", missing=9), ConnectionLost),
        (Raw([CLOSE]), ConnectionLost),
    ],
)
def test_a_list_of_models_that_does_not_come_is_an_error(
    server: Server, reply: Http | Raw, kind: type[ChatError]
) -> None:
    server.models_reply = reply
    with pytest.raises(kind):
        listed(client_of(server))


# --- the environment and the base URL -------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY", "http_proxy"])
@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "socks5://127.0.0.1:9", "nonsense://"])
def test_no_proxy_is_used_for_this_machine(
    server: Server, monkeypatch: pytest.MonkeyPatch, variable: str, proxy: str
) -> None:
    monkeypatch.setenv(variable, proxy)
    assert outcome(client_of(server))[1] is None


def test_a_proxy_is_used_for_other_machines_and_never_sees_the_key(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    _, error = outcome(client_of("https://api.mistral.test"))
    assert isinstance(error, ConnectionLost)
    assert error.what == "no connection to api.mistral.test (through HTTPS_PROXY)"
    assert error.why.startswith("the proxy says: 401")
    assert [request.method for request in server.requests] == ["CONNECT"]
    assert "authorization" not in server.requests[0].headers


def test_a_proxy_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing_url() as url:
        monkeypatch.setenv("https_proxy", url)
        _, error = outcome(client_of("https://api.mistral.test"))
    assert error is not None
    proxy = url.removeprefix("http://")
    assert error.what == f"{proxy} (the proxy in https_proxy) refuses the connection"
    assert error.hint == "correct or unset https_proxy"


@pytest.mark.parametrize("proxy", ["http://user:password@proxy.invalid", "proxy.invalid"])
def test_a_proxy_whose_name_is_not_known_is_named(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    _, error = outcome(client_of("https://api.mistral.test"))
    assert error is not None
    assert error.what == "the name proxy.invalid (the proxy in HTTPS_PROXY) is not known"
    assert error.hint == "correct or unset HTTPS_PROXY"


def test_a_host_that_needs_no_proxy_gets_none(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", server.url)
    monkeypatch.setenv("NO_PROXY", "mistral.invalid")
    _, error = outcome(client_of("https://api.mistral.invalid"))
    assert error is not None
    assert error.what == "the name api.mistral.invalid is not known"
    assert server.requests == []


@pytest.mark.parametrize("variable", ["ALL_PROXY", "https_proxy"])
def test_a_socks_proxy_without_its_package_is_named(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "socks5://user:password@127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "socksio", None)
    with pytest.raises(ConfigError, match=f"^{variable}: cannot be used$") as caught:
        client_of("https://api.mistral.test")
    assert "mistral-chat[socks]" in caught.value.hint
    assert "password" not in f"{caught.value.why} {caught.value.hint}"


@pytest.mark.parametrize("proxy", ["nonsense://x", "http://x:port"])
def test_a_proxy_that_is_no_url_is_named(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(ConfigError, match=r"^HTTPS_PROXY: cannot be used$"):
        client_of("https://api.mistral.test")


@pytest.mark.parametrize("content", [None, "", "nonsense"])
def test_certificates_that_cannot_be_read_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "authorities.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(ConfigError, match=r"^SSL_CERT_FILE: cannot be used$"):
        client_of("https://api.mistral.test")


def test_certificates_do_not_matter_where_nothing_is_encrypted(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/does/not/exist")
    assert outcome(client_of(server))[1] is None


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://api.mistral.ai", "must be https"),
        ("http://192.168.0.1", "must be https"),
        ("http://localhost.example", "must be https"),
        ("https://user:password@api.mistral.ai", "must not hold a user name or password"),
        ("http://user@localhost", "must not hold a user name or password"),
        ("api.mistral.ai", "must look like"),
        ("localhost:8080", "must look like"),
        ("ftp://localhost", "must look like"),
        ("https://", "must look like"),
        ("https://api.mistral.ai?x=1", "must look like"),
        ("https://x:port", "must have a port"),
        ("http://127.0.0.1:99999", "must have a port"),
        ("https://x:0", "must have a port"),
        ("https://[::1", "is not a URL"),
        ("https://x\x1by", "is not a URL"),
        ("https://user:password@/x@host", "must not hold a user name or password"),
        ("https://user:password/x@host", "must have a port"),
        ("", "must look like"),
    ],
)
def test_a_base_url_that_is_not_safe_or_no_url_is_refused(url: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=f"^base_url: {sentence}") as caught:
        Client(None, base_url=url)
    assert "user:" not in f"{caught.value.what} {caught.value.why} {caught.value.hint}"


@pytest.mark.parametrize(
    "url", ["http://localhost:1", "http://127.0.0.2", "http://[::1]:1", "http://x.localhost", " https://x.test "]
)
def test_a_base_url_of_this_machine_or_with_https_is_taken(url: str) -> None:
    async def close() -> None:
        async with Client(None, base_url=url):
            pass

    asyncio.run(close())


# --- as a library ---------------------------------------------------------------------------------------------------

LIBRARY = (Path(__file__).parents[1] / "docs" / "library.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^## (.+?)$(?:(?!^##).)*?^```python\n(.*?)^```$", LIBRARY, re.MULTILINE | re.DOTALL)
SHOWN = {
    "A whole answer": ["Monet\n", "mistral-small-latest stop Usage("],
    "An answer while it arrives": ["It is Monet\n", "11 characters"],
    "Several answers at once": ["Monet - ", "Manet - ", "Morisot - "],
}


def test_there_are_three_examples() -> None:
    assert [title for title, _ in EXAMPLES] == list(SHOWN)


@pytest.mark.parametrize(("title", "code"), EXAMPLES)
def test_the_examples_of_the_documentation_work(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], title: str, code: str
) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", KEY)
    server.reply("Monet", "Manet", "Morisot")
    assert "https://api.mistral.ai" in code
    exec(compile(code.replace("https://api.mistral.ai", server.url), title, "exec"), {"__name__": "__main__"})
    shown = capsys.readouterr().out
    assert all(text in shown for text in SHOWN[title])
