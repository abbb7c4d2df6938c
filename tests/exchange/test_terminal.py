"""The commands as they are typed."""

import re
from pathlib import Path

import pytest

from tests.e2e.conftest import Chat, Home
from tests.e2e.terminal import Terminal


def enter(terminal: Terminal, line: str) -> None:
    terminal.type(line)
    terminal.press("enter")


def test_a_hit_is_resumed_by_its_number(chat: Chat) -> None:
    with chat("-i", "Who is the best French painter?") as terminal:
        terminal.wait_for("You said: Who is")
        enter(terminal, "/new")
        terminal.wait_for("new session\n")
        enter(terminal, "/search french")
        terminal.wait_for("/resume N goes on at hit N")
        enter(terminal, "/resume 1")
        terminal.wait_for("2 messages")
        terminal.wait_for("You said: Who is")


@pytest.mark.parametrize(("key", "told"), [("y", "exported to a.md"), ("n", "not exported"), (" ", "not exported")])
def test_exporting_asks_before_it_writes_over_a_file(chat: Chat, home: Home, key: str, told: str) -> None:
    path = home.path / "a.md"
    path.write_text("mine")
    with chat("-i", "Hello") as terminal:
        terminal.wait_for("You said: Hello")
        enter(terminal, "/export a.md")
        terminal.wait_for("Write over it? [y/N]")
        terminal.type(key)
        terminal.wait_for(told)
    assert ("You said: Hello" in path.read_text()) is (key == "y")


def test_without_a_name_the_file_is_called_as_the_session(chat: Chat, home: Home) -> None:
    with chat("-i", "Hello, you!") as terminal:
        terminal.wait_for("You said: Hello")
        enter(terminal, "/export")
        terminal.wait_for("exported to hello-you.md")
    assert (home.path / "hello-you.md").exists()


@pytest.mark.parametrize(
    ("key", "told", "left"), [("y", "is deleted", "no sessions yet"), (" ", "not deleted", "Go on with which")]
)
def test_deleting_asks_and_does_nothing_by_default(chat: Chat, key: str, told: str, left: str) -> None:
    with chat("-i", "Hello") as terminal:
        terminal.wait_for("You said: Hello")
        enter(terminal, "/delete")
        terminal.wait_for(re.compile(r"It cannot be brought back[.]\s+\[y/N\]"))
        terminal.type(key)
        terminal.wait_for(told)
        enter(terminal, "/sessions")
        terminal.wait_for(left)


def test_a_file_is_brought_in(chat: Chat, tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text('[{"mapping": {"a": {"message": {"author": {"role": "user"}, "content": {"parts": ["Who?"]}}}}}]')
    with chat(columns=200) as terminal:
        terminal.wait_for("›")
        enter(terminal, f"/import {path}")
        terminal.wait_for("1 session came in")
