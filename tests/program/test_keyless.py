"""Servers on one's own machine need no key, and get none; the others are not asked without one."""

import pytest

from tests.e2e.conftest import Home
from tests.e2e.server import Server
from tests.program.shell import Shell


@pytest.fixture
def keyless(home: Home, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for name, value in home.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MISTRAL_API_KEY")
    return {name: value for name, value in home.env.items() if name != "MISTRAL_API_KEY"}


def test_a_server_on_this_machine_is_asked_without_a_key(keyless: dict[str, str]) -> None:
    with Server(key=None) as server:
        done = Shell(server, keyless)("Hello")
        assert (done.status, done.out, done.err) == (0, "You said: Hello\n", "")
        assert "authorization" not in server.chats[0].headers


def test_a_server_elsewhere_is_not_asked_without_a_key(keyless: dict[str, str], server: Server) -> None:
    done = Shell(server, keyless).plain("--base-url", "https://nowhere.test", "Hello")
    assert done.status == 3
    assert "MISTRAL_API_KEY" in done.err
