"""What these tests have: the program as a function, a server for it, and a home of its own."""

import pytest

from tests.e2e.conftest import Home, home, server
from tests.e2e.server import Server
from tests.program.shell import Shell
from tests.program.talk import Talk

__all__ = ["home", "server", "shell", "talk"]


@pytest.fixture
def shell(server: Server, home: Home, monkeypatch: pytest.MonkeyPatch) -> Shell:
    for name, value in home.env.items():
        monkeypatch.setenv(name, value)  # for the folders, which are found by the process's own environment
    return Shell(server, home.env)


@pytest.fixture
def talk(shell: Shell) -> Talk:
    return Talk(shell)
