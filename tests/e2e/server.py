"""A loopback HTTP/1.1 server that speaks the Mistral API, and gets into every kind of trouble when told to.

    with Server() as server:
        gate = server.gate()
        server.reply(Answer(["Hel", gate, "lo"]))   # else it echoes: "You said: ..."
        ...                                         # run something against server.url
        request = server.wait_for_chat()            # a Request: .json, .headers, .body, .at
        gate.open()

It is a real server on a real socket: a thread accepts, and each connection has one thread that reads and one that
answers, so that it notices when the client goes away in the middle of an answer. The judges see every chat body.
"""

import contextlib
import json
import queue
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO, Final, Self

from tests import judges
from tests.e2e import PATIENCE, api
from tests.e2e.replies import CLOSE, RESET, Answer, Gate, Http, Json, Pause, Raw, Reply, Step

KEY: Final = "test0Key1of2Plausible3Shape4Abcd"
"""The key the server takes: 32 letters and digits, as the API's own are."""

_CHAT: Final = "/v1/chat/completions"


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """What came in, and when (`time.monotonic`). Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float
    connection: "_Connection"

    @property
    def json(self) -> Json:
        return json.loads(self.body)

    @property
    def messages(self) -> list[dict[str, Json]]:
        """The messages of a chat request."""
        found: list[dict[str, Json]] = self.json["messages"]
        return found

    def wait_until_client_is_gone(self, timeout: float = PATIENCE) -> None:
        """Wait until the client has closed the connection on which this request came."""
        connection = self.connection
        with connection.changed:
            if not connection.changed.wait_for(lambda: connection.gone, timeout):
                raise AssertionError(f"the client still holds the connection after {timeout} s")


class Server:
    """The server; `url` is what the program calls the base URL. Entered, it listens; left, every connection is closed.

    `key=None` takes any request, also one without a key, as servers on one's own machine do.
    """

    def __init__(self, key: str | None = KEY) -> None:
        self.key = key
        self.models: Sequence[Mapping[str, Json]] = api.MODELS
        self.models_reply: Http | Raw | None = None
        """What to answer to GET /v1/models in place of the list."""
        self.changed = threading.Condition()
        self.closing = False
        self._requests: list[Request] = []
        self._replies: deque[Reply] = deque()
        self._connections: list[_Connection] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._thread = threading.Thread(target=self._accept, name="server", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self.changed:
            self.closing = True
            self.changed.notify_all()
        with contextlib.suppress(OSError):
            socket.create_connection(self._listener.getsockname(), timeout=1).close()
        self._thread.join()
        self._listener.close()
        for connection in self._connections:
            connection.end()

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def reply(self, *replies: Reply | str) -> None:
        """What to answer to the next acceptable chat requests, in this order; a str is an answer in one delta.

        A request that the API would refuse is refused and takes no reply; with none left, the server echoes.
        """
        with self.changed:
            self._replies.extend(Answer([reply]) if isinstance(reply, str) else reply for reply in replies)

    def gate(self) -> Gate:
        """A new gate, to stand among the deltas of a reply."""
        return Gate(self.changed)

    @property
    def requests(self) -> list[Request]:
        """Everything that came in so far."""
        with self.changed:
            return list(self._requests)

    @property
    def chats(self) -> list[Request]:
        """The chat requests that came in so far."""
        return [request for request in self.requests if request.path == _CHAT]

    def wait_for_chat(self, number: int = 1, timeout: float = PATIENCE) -> Request:
        """The chat request of that number, counted from 1, as soon as it has come in whole."""
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.chats) >= number, timeout):
                raise AssertionError(f"chat request {number} did not come in {timeout} s; {len(self.chats)} did")
        return self.chats[number - 1]

    def _accept(self) -> None:
        while True:
            peer, _ = self._listener.accept()
            if self.closing:
                peer.close()
                return
            connection = _Connection(self, peer)
            self._connections.append(connection)
            connection.start()

    def note(self, request: Request) -> None:
        """A request has come in; it is judged before anybody hears of it, so that no judgement comes after the test."""
        if request.path == _CHAT:
            judges.violations.extend(judges.judge_body(request.body))
        with self.changed:
            self._requests.append(request)
            self.changed.notify_all()

    def steps(self, request: Request) -> Iterable[Step]:
        """What goes back for this request."""
        if self.key is not None and request.headers.get("authorization") != f"Bearer {self.key}":
            return Http(401, {"detail": "Unauthorized"}).steps()
        match request.method, request.path:
            case "POST", "/v1/chat/completions":
                return self._chat(request)
            case "GET", "/v1/models":
                return _exactly(self.models_reply or Http(200, {"object": "list", "data": list(self.models)}))
            case _, "/v1/chat/completions" | "/v1/models":
                return Http(405, {"detail": "Method Not Allowed"}).steps()
        words = {"message": "no Route matched with those values", "request_id": "0123456789abcdef"}
        return Http(404, words).steps()

    def _chat(self, request: Request) -> Iterable[Step]:
        if refusal := api.refusal(request.body, self.models):
            return refusal.steps()
        with self.changed:
            reply = self._replies.popleft() if self._replies else api.echo(request.json)
        return api.steps(reply, request.json) if isinstance(reply, Answer) else _exactly(reply)


def _exactly(reply: Http | Raw) -> Iterable[Step]:
    return reply.steps() if isinstance(reply, Http) else [*reply.sent, CLOSE]


class _Connection:
    """One connection: a thread that reads requests, and one that answers them one after the other."""

    def __init__(self, server: Server, peer: socket.socket) -> None:
        self.server = server
        self.changed = server.changed
        self.gone = False
        self._peer = peer
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._waiting: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, name="server reads", daemon=True)
        self._answerer = threading.Thread(target=self._answer, name="server answers", daemon=True)

    def start(self) -> None:
        self._reader.start()
        self._answerer.start()

    def end(self) -> None:
        with contextlib.suppress(OSError):
            self._peer.shutdown(socket.SHUT_RDWR)
        self._answerer.join(PATIENCE)

    def _read(self) -> None:
        with contextlib.suppress(OSError), self._peer.makefile("rb") as stream:
            while (request := self._request(stream)) is not None:
                self.server.note(request)
                self._waiting.put(request)
        with self.changed:
            self.gone = True
            self.changed.notify_all()
        self._waiting.put(None)

    def _request(self, stream: BinaryIO) -> Request | None:
        line = stream.readline().decode("latin-1").split()
        if len(line) != 3:
            return None
        headers = {}
        for header in iter(stream.readline, b"\r\n"):
            if not header:
                return None
            name, _, value = header.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        length = int(headers.get("content-length", 0))
        body = stream.read(length)
        if len(body) < length:
            return None
        return Request(line[0], line[1], headers, body, time.monotonic(), self)

    def _answer(self) -> None:
        try:
            for request in iter(self._waiting.get, None):
                if not self._send(self.server.steps(request)):
                    break
        except OSError:
            pass  # the client went away, which the reader notices too
        finally:
            with contextlib.suppress(OSError):
                self._peer.shutdown(socket.SHUT_RDWR)
            self._reader.join()
            self._peer.close()

    def _send(self, steps: Iterable[Step]) -> bool:
        """Take the steps; False when the connection is at its end."""
        for step in steps:
            if isinstance(step, bytes):
                self._peer.sendall(step)
            elif isinstance(step, Gate):
                step.let_pass(self._given_up)
            elif isinstance(step, Pause):
                with self.changed:
                    self.changed.wait_for(self._given_up, step.seconds)
            elif step is CLOSE:
                return False
            elif step is RESET:
                self._reset()
                return False
            else:
                with self.changed:
                    self.changed.wait_for(self._given_up)
                return False
            if self._given_up():
                return False
        return True

    def _given_up(self) -> bool:
        return self.gone or self.server.closing

    def _reset(self) -> None:
        """Close with RST. The reader must be out of its recv first, or the kernel keeps the connection open."""
        self._peer.shutdown(socket.SHUT_RD)
        self._reader.join()
        self._peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._peer.close()


@contextlib.contextmanager
def refusing_url() -> Iterator[str]:
    """The base URL of a port that refuses connections: it is taken, but nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
