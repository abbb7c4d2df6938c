"""What the whole program costs with an answer of 100 KB in 25,000 deltas on a terminal, beside the same into a pipe.

    python -m benchmarks.markdown_program [--rounds N]

The answer is Markdown and comes as fast as the server can send it; the terminal is a pty of 100 × 40 whose other end is
read at once. Server and program are processes of their own; `--serve` is the server.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import statistics
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence

from benchmarks.markdown_texts import mixed
from benchmarks.measuring import HERE, Table, command, folder, home, run
from tests.e2e.replies import Answer
from tests.e2e.server import Server

SIZE = 100_000
DELTA = 4
ROWS, COLUMNS = 40, 100


def serve() -> None:
    text = mixed(SIZE)
    answer = Answer([text[start : start + DELTA] for start in range(0, SIZE, DELTA)])
    with Server() as server:
        server.reply(*[answer] * 100)
        print(server.url, flush=True)
        sys.stdin.read()


def on_terminal(argv: Sequence[str], env: Mapping[str, str]) -> tuple[float, int]:
    """Seconds of CPU and bytes written of a program that runs on a terminal to its end."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    process = subprocess.Popen(argv, env=dict(env), stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    written = 0
    try:
        while data := os.read(master, 65536):
            written += len(data)
    except OSError:  # EIO: the other end is closed
        pass
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    os.close(master)
    if process.returncode:
        raise SystemExit(f"{argv[0]} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, written


def measure(table: Table, times: int) -> None:
    argv = [sys.executable, "-m", "benchmarks.markdown_program", "--serve"]
    server = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HERE.parent)
    assert server.stdout is not None
    url = server.stdout.readline().strip()
    ask = command("--base-url", url, "hello")
    try:
        with folder() as place:
            env = home(place)
            rounds = [(on_terminal(ask, env), run(ask, env)) for _ in range(times)]
    finally:
        server.kill()
        server.communicate()
    drawn = statistics.median(cpu for (cpu, _), _ in rounds)
    plain = statistics.median(spent.cpu for _, spent in rounds)
    detail = f"{drawn:.2f} / {plain:.2f} s"
    table.at_most("100 KB of Markdown on a terminal, CPU, against a pipe", drawn / plain, 3.5, detail=detail)
    written = max(count for (_, count), _ in rounds)
    table.at_most("  bytes written for each character", written / SIZE, 6, "B")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve()
        return
    table = Table()
    measure(table, arguments.rounds)
    raise SystemExit(table.failed > 0)


if __name__ == "__main__":
    main()
