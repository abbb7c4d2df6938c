"""What reading an answer costs, beside a bare script with httpx that does the least that can be done.

    python -m benchmarks.decoding

CPU time, all in one run, medians; the client and the bare script run as processes of their own, and get 25,000 deltas
(100 KB of text) over the loopback interface.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median

from httpx._decoders import LineDecoder

from mistral_chat.errors import ProtocolError
from mistral_chat.sse import EventStream
from mistral_chat.wire import Decoder, Request
from tests.e2e.replies import Answer
from tests.e2e.server import KEY, Server

EVENTS = 20_000
DELTAS = 25_000
ROUNDS = 5
CHUNK = 1 << 16
REQUEST = Request("mistral-small-latest", ())

BARE = """
import asyncio, json, os, sys
import httpx

async def main():
    body = {"model": "mistral-small-latest", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    headers = {"Authorization": "Bearer " + os.environ["MISTRAL_API_KEY"]}
    async with httpx.AsyncClient(timeout=60) as http:
        async with http.stream("POST", sys.argv[1] + "/v1/chat/completions", json=body, headers=headers) as response:
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    sys.stdout.write(json.loads(line[6:])["choices"][0]["delta"].get("content") or "")
                    sys.stdout.flush()

asyncio.run(main())
"""

OURS = """
import asyncio, os, sys
from mistral_chat.client import Client
from mistral_chat.events import TextDelta
from mistral_chat.message import Message, Role
from mistral_chat.secret import Secret
from mistral_chat.wire import Request

async def main():
    request = Request("mistral-small-latest", (Message.of(Role.USER, "Hi"),))
    async with Client(Secret(os.environ["MISTRAL_API_KEY"]), base_url=sys.argv[1]) as client:
        async for event in client.stream(request):
            if isinstance(event, TextDelta):
                sys.stdout.write(event.text)
                sys.stdout.flush()

asyncio.run(main())
"""


def event(content: str) -> bytes:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": None}
    data = {"id": "c" * 32, "object": "chat.completion.chunk", "created": 1, "model": "mistral-small-2603"}
    return b"data: %s\n\n" % json.dumps(data | {"choices": [choice]}).encode()


def pieces(data: bytes, size: int = CHUNK) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def bare(data: bytes) -> None:
    """What the bare script does with the bytes."""
    lines = LineDecoder()
    for piece in pieces(data):
        for line in lines.decode(piece.decode()):
            if line.startswith("data: {"):
                json.loads(line[6:])["choices"][0]["delta"].get("content")


def decoded(data: bytes, size: int = CHUNK) -> None:
    decoder = Decoder(REQUEST)
    for piece in pieces(data, size):
        for _ in decoder.feed(piece):
            pass


def split(data: bytes, size: int = CHUNK) -> None:
    """The events alone, up to the one that is refused."""
    stream = EventStream()
    try:
        for piece in pieces(data, size):
            for _ in stream.feed(piece):
                pass
    except ProtocolError:
        pass


def cost(work: Callable[[], None]) -> float:
    def once() -> float:
        began = time.process_time()
        work()
        return time.process_time() - began

    return median(once() for _ in range(ROUNDS))


def process(code: str, server: Server) -> tuple[float, float]:
    """CPU seconds and peak memory in MB of a process that reads an answer from the server."""
    server.reply(Answer(["word"] * DELTAS))
    command = [sys.executable, "-c", code, server.url]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | {"MISTRAL_API_KEY": KEY})
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def report(what: str, value: str, limit: str = "") -> None:
    print(f"{what:<58} {value:>12}  {limit}")


def main() -> None:
    data = event("word") * EVENTS
    least, whole = cost(lambda: bare(data)), cost(lambda: decoded(data))
    report(f"{EVENTS:,} events, bare", f"{least:.3f} s")
    report("  split into events", f"{cost(lambda: split(data)):.3f} s")
    report("  decoded", f"{whole:.3f} s", "at most 0.15")
    report("  decoded, 1,000 bytes at a time", f"{cost(lambda: decoded(data, 1000)):.3f} s")
    report("  decoded, times bare", f"{whole / least:.2f}")
    report("  twice as many, times once", f"{cost(lambda: decoded(data * 2)) / whole:.2f}", "about 2")
    largest, too_large = event("x" * 15_000_000), event("x" * 20_000_000)
    report("an event of 15 MB, decoded", f"{cost(lambda: decoded(largest)):.3f} s", "at most 0.3")
    report("an event of 20 MB, refused", f"{cost(lambda: split(too_large)):.3f} s", "at most 0.3")
    report("  1,000 bytes at a time", f"{cost(lambda: split(too_large, 1000)):.3f} s", "at most 0.3")
    with Server() as server:
        runs = [(process(BARE, server), process(OURS, server)) for _ in range(ROUNDS)]
    report(f"{DELTAS:,} deltas over HTTP, bare", f"{median(run[0][0] for run in runs):.2f} s")
    report("  with the client", f"{median(run[1][0] for run in runs):.2f} s")
    report("  CPU, times bare", f"{median(ours[0] / least[0] for least, ours in runs):.2f}", "at most 1.3")
    report("  memory, times bare", f"{median(ours[1] / least[1] for least, ours in runs):.2f}", "at most 1.5")


if __name__ == "__main__":
    main()
