"""Programs run and watched from outside, taken in turns, and a table of what came out of it.

This process stays small and imports little: Linux counts the memory of the one who starts a program into the peak of
that program.
"""

from __future__ import annotations

import os
import pty
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

KEY = "test0Key1of2Plausible3Shape4Abcd"
"""The key that the server of the tests takes."""

HERE = Path(__file__).parent
READING, MARK = b"\x1b[?2004h", "›".encode()
"""What prompt_toolkit writes in front of a prompt (bracketed paste), and the prompt's own mark."""
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Spent:
    """What a program cost until it ended: seconds of wall time and CPU, and MB of memory at its peak."""

    wall: float
    cpu: float
    memory: float


def command(*words: str) -> list[str]:
    """`mistral-chat` as it was installed beside this Python."""
    return [str(Path(sys.executable).with_name("mistral-chat")), *words]


def home(folder: Path, **more: str) -> dict[str, str]:
    """The environment of somebody who lives in this folder and has a key."""
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / ".config"),
        "XDG_DATA_HOME": str(folder / ".local" / "share"),
        "PATH": os.environ["PATH"],
        "MISTRAL_API_KEY": KEY,
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        **more,
    }


def store_in(folder: Path) -> Path:
    """Where the program of `home` keeps its sessions."""
    path = folder / ".local" / "share" / "mistral-chat" / "sessions.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def run(argv: Sequence[str], env: Mapping[str, str], stdin: bytes = b"") -> Spent:
    """Runs a program to its end, with pipes; what it prints is thrown away. Ends the benchmark when it fails."""
    with tempfile.TemporaryFile() as question, tempfile.TemporaryFile() as errors:
        question.write(stdin)
        question.seek(0)
        began = time.monotonic()
        process = subprocess.Popen(argv, env=dict(env), stdin=question, stdout=subprocess.PIPE, stderr=errors)
        assert process.stdout is not None
        while process.stdout.read1(65536):  # type: ignore[attr-defined]
            pass
        _, status, usage = os.wait4(process.pid, 0)
        ended = time.monotonic()
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        if process.returncode:
            errors.seek(0)
            raise SystemExit(f"{argv[0]} ended with {process.returncode}: {errors.read().decode(errors='replace')}")
    return Spent(ended - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


class Serving:
    """The server, in a process of its own."""

    def __init__(self, deltas: int) -> None:
        argv = [sys.executable, "-m", "benchmarks.serving", str(deltas)]
        self._process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=HERE.parent)
        self.url = self._line()

    def arrival(self) -> float:
        """When the next request had come in (`time.monotonic`)."""
        return float(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the server of the tests does not run")
        return line.strip()

    def __enter__(self) -> Serving:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


def until_request(argv: Sequence[str], env: Mapping[str, str], serving: Serving, stdin: bytes = b"hello") -> float:
    """Seconds from the start of a program until its request has come in; then it may end in peace."""
    began = time.monotonic()
    run(argv, env, stdin)
    return serving.arrival() - began


def until_prompt(argv: Sequence[str], env: Mapping[str, str]) -> float:
    """Seconds from the start of a program on a terminal until its prompt is shown; then it is killed."""
    master, slave = pty.openpty()
    began = time.monotonic()
    process = subprocess.Popen(argv, env=dict(env), stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    try:
        seen = b""
        while MARK not in seen.partition(READING)[2]:
            if not select.select([master], [], [], PATIENCE)[0]:
                raise SystemExit(f"no prompt of {argv[0]}:\n{seen.decode(errors='replace')}")
            seen += os.read(master, 65536)
        return time.monotonic() - began
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(master)


def in_turns(times: int, *measures: Callable[[], float]) -> list[float]:
    """The median of each measure; they are taken in turns, so that what else the machine does hits all alike."""
    return [statistics.median(column) for column in zip(*rounds(times, *measures), strict=True)]


def rounds(times: int, *measures: Callable[[], float]) -> list[list[float]]:
    """What each measure gave, round by round; a first round, in which caches are filled, is left out."""
    for measure in measures:
        measure()
    return [[measure() for measure in measures] for _ in range(times)]


class Table:
    """Rows of what was measured and what was promised."""

    def __init__(self) -> None:
        self.failed = 0
        print(f"| {'':<62} | {'measured':>28} | {'promised':>9} |      |")
        print(f"| {'-' * 62} | {'-' * 28} | {'-' * 9} | ---- |", flush=True)

    def at_most(self, what: str, value: float, limit: float, unit: str = "×", detail: str = "") -> None:
        self._row(what, f"{value:.2f} {unit}", f"≤ {limit:g} {unit}", value <= limit, detail)

    def at_least(self, what: str, value: float, limit: float, unit: str = "×", detail: str = "") -> None:
        self._row(what, f"{value:.2f} {unit}", f"≥ {limit:g} {unit}", value >= limit, detail)

    def shown(self, what: str, measured: str) -> None:
        """A row for which nothing is promised, or that could not be measured."""
        print(f"| {what:<62} | {measured:>28} | {'':>9} |      |", flush=True)

    def _row(self, what: str, value: str, limit: str, kept: bool, detail: str) -> None:
        self.failed += not kept
        measured = f"{detail}  {value}" if detail else value
        print(f"| {what:<62} | {measured:>28} | {limit:>9} | {'ok' if kept else 'FAIL':<4} |", flush=True)
