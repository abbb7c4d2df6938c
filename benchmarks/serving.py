"""The loopback server of the end-to-end tests as a program of its own, so that its work does not count as the client's.

    python -m benchmarks.serving DELTAS

It prints its URL, then a line for each chat request: the moment in which it had come in whole (`time.monotonic`, which
all processes share). Every request is answered with that many deltas of four characters.
"""

from __future__ import annotations

import sys
from itertools import count

from tests.e2e.replies import Answer
from tests.e2e.server import Server

AHEAD = 50
"""Answers in waiting, for clients that come all at once."""


def main() -> None:
    answer = Answer(["abc "] * int(sys.argv[1]))
    with Server() as server:
        server.reply(*[answer] * AHEAD)
        print(server.url, flush=True)
        for number in count(1):
            print(server.wait_for_chat(number, timeout=3600).at, flush=True)
            server.reply(answer)


if __name__ == "__main__":
    main()
