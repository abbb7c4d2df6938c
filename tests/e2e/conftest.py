"""What the end-to-end tests have: a server, a home of one's own, and ways to start the command in it."""

import contextlib
import os
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from tests.e2e.pipes import Completed, Pipes, installed_command, run
from tests.e2e.server import KEY, Server
from tests.e2e.terminal import Terminal


@dataclass(frozen=True, slots=True)
class Home:
    """A fresh home folder, and the environment of somebody who lives there. Its `env` may be changed by the test."""

    path: Path
    env: dict[str, str]

    @property
    def config(self) -> Path:
        """Where the program's config.toml goes."""
        return self.path / ".config" / "mistral-chat"

    @property
    def data(self) -> Path:
        """Where the program keeps its store."""
        return self.path / ".local" / "share" / "mistral-chat"


@pytest.fixture(autouse=True, scope="session")
def interrupts_are_heard() -> None:
    """A shell starts what runs in the background with SIGINT ignored, and so would be all that is started here."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    path = tmp_path / "home"
    env = {
        "HOME": str(path),
        "XDG_CONFIG_HOME": str(path / ".config"),
        "XDG_DATA_HOME": str(path / ".local" / "share"),
        "XDG_STATE_HOME": str(path / ".local" / "state"),
        "XDG_CACHE_HOME": str(path / ".cache"),
        "XDG_RUNTIME_DIR": str(path / "run"),
        "PATH": os.environ["PATH"],
        "MISTRAL_API_KEY": KEY,
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
    }
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
        Path(env[name]).mkdir(parents=True, exist_ok=True)
    return Home(path, env)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


class Chat(Protocol):
    """Starts `mistral-chat --base-url SERVER ARGS` on a terminal, in `home`; keywords add to its environment."""

    def __call__(
        self, *args: str, rows: int = 24, columns: int = 80, background: str | None = None, **env: str
    ) -> Terminal: ...


@pytest.fixture
def chat(server: Server, home: Home) -> Iterator[Chat]:
    with contextlib.ExitStack() as terminals:

        def start(*args: str, rows: int = 24, columns: int = 80, background: str | None = None, **env: str) -> Terminal:
            argv = [installed_command(), "--base-url", server.url, *args]
            terminal = Terminal(argv, home.env | env, rows, columns, cwd=home.path, background=background)
            return terminals.enter_context(terminal)

        yield start


class Ask(Protocol):
    """Runs `mistral-chat --base-url SERVER ARGS` to its end without a terminal; keywords add to its environment."""

    def __call__(self, *args: str, stdin: bytes | None = None, **env: str) -> Completed: ...


@pytest.fixture
def ask(server: Server, home: Home) -> Ask:
    def start(*args: str, stdin: bytes | None = None, **env: str) -> Completed:
        argv = [installed_command(), "--base-url", server.url, *args]
        return run(argv, home.env | env, stdin, cwd=home.path)

    return start


class Pipe(Protocol):
    """Starts `mistral-chat --base-url SERVER ARGS` with pipes, in `home`; keywords add to its environment."""

    def __call__(self, *args: str, **env: str) -> Pipes: ...


@pytest.fixture
def pipe(server: Server, home: Home) -> Iterator[Pipe]:
    with contextlib.ExitStack() as pipes:

        def start(*args: str, **env: str) -> Pipes:
            argv = [installed_command(), "--base-url", server.url, *args]
            return pipes.enter_context(Pipes(argv, home.env | env, cwd=home.path))

        yield start


@pytest.fixture
def plain_env(home: Home) -> Mapping[str, str]:
    """The environment of `home`, for commands that are not ours."""
    return home.env
