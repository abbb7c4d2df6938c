"""A command without a terminal: run to its end, or watched through its pipes while it runs.

A status is what a shell calls `$?`: the exit status, or 128 + n when signal n ended the command.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from tests.e2e import PATIENCE


@dataclass(frozen=True, slots=True)
class Completed:
    """What is left of a command that ran without a terminal."""

    status: int
    out: bytes
    err: bytes


class Pipes:
    """A command with pipes in place of a terminal. Left, it kills what still runs."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path | None = None) -> None:
        self._changed = threading.Condition()
        self._out, self._err = bytearray(), bytearray()
        self._status: int | None = None
        self._process = subprocess.Popen(
            list(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
            bufsize=0,
        )
        stdin, out, err = self._process.stdin, self._process.stdout, self._process.stderr
        assert stdin is not None
        assert out is not None
        assert err is not None
        self._stdin = stdin
        self._enough, self._no_more = os.pipe()
        self._readers = [
            threading.Thread(target=self._read, args=(out, self._out), daemon=True),
            threading.Thread(target=self._read, args=(err, self._err), daemon=True),
        ]
        self._waiter = threading.Thread(target=self._wait, daemon=True)
        for thread in (*self._readers, self._waiter):
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._waiter.join()
        self._stdin.close()
        os.close(self._enough)
        os.close(self._no_more)

    @property
    def out(self) -> bytes:
        with self._changed:
            return bytes(self._out)

    @property
    def err(self) -> bytes:
        with self._changed:
            return bytes(self._err)

    def write(self, data: bytes) -> None:
        """Into its stdin, which stays open; a program that does not read any more is left alone."""
        with contextlib.suppress(BrokenPipeError):
            while data:
                data = data[self._stdin.write(data) :]

    def end_input(self) -> None:
        """Let the program find the end of its input."""
        self._stdin.close()

    def end_output(self) -> None:
        """Stop reading its stdout and close it, as `| head` does."""
        os.write(self._no_more, b"x")
        self._readers[0].join()

    def wait_for(self, what: bytes, timeout: float = PATIENCE) -> None:
        """Wait until this is in stdout."""
        self._wait_in(self._out, "stdout", what, timeout)

    def wait_for_err(self, what: bytes, timeout: float = PATIENCE) -> None:
        """Wait until this is in stderr."""
        self._wait_in(self._err, "stderr", what, timeout)

    def kill(self, number: int = signal.SIGTERM) -> None:
        self._process.send_signal(number)

    def wait_exit(self, timeout: float = PATIENCE) -> Completed:
        with self._changed:
            if not self._changed.wait_for(lambda: self._status is not None, timeout):
                raise AssertionError(f"the program did not end in {timeout} s; stderr: {bytes(self._err)!r}")
            assert self._status is not None
            return Completed(self._status, bytes(self._out), bytes(self._err))

    def _wait_in(self, where: bytearray, name: str, what: bytes, timeout: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: what in where or self._status is not None, timeout)
            if what not in where:
                raise AssertionError(f"{what!r} is not in {name}: {bytes(where)!r}; stderr: {bytes(self._err)!r}")

    def _read(self, pipe: IO[bytes], into: bytearray) -> None:
        watched = [pipe.fileno(), self._enough] if into is self._out else [pipe.fileno()]
        with pipe:
            while self._enough not in select.select(watched, [], [])[0] and (data := os.read(pipe.fileno(), 65536)):
                with self._changed:
                    into += data
                    self._changed.notify_all()

    def _wait(self) -> None:
        status = self._process.wait()
        for reader in self._readers:
            reader.join()
        with self._changed:
            self._status = 128 - status if status < 0 else status
            self._changed.notify_all()


def run(
    argv: Sequence[str],
    env: Mapping[str, str],
    stdin: bytes | None = None,
    cwd: Path | None = None,
    timeout: float = 60,
) -> Completed:
    """Run a command to its end, without a terminal; stdin None is /dev/null."""
    done = subprocess.run(
        list(argv),
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        env=dict(env),
        cwd=cwd,
        timeout=timeout,
        start_new_session=True,
    )
    return Completed(128 - done.returncode if done.returncode < 0 else done.returncode, done.stdout, done.stderr)


def installed_command() -> str:
    """The `mistral-chat` that was installed beside this Python."""
    command = Path(sys.executable).with_name("mistral-chat")
    assert command.exists(), f"{command} is not there: install the project first"
    return str(command)
