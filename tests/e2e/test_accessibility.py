"""Terminals that can do little, and people who do not see one: nothing redrawn, nothing lost, no crash."""

import re

import pytest

from tests.e2e.conftest import Ask, Chat
from tests.e2e.prompt import line
from tests.e2e.replies import Answer, Http
from tests.e2e.server import Server

MOVES = re.compile(rb"\x1b\[(?:\d+A|[?]25l|2J|\d*K)")
"""What draws something again: the cursor goes up or hides, something is erased."""


def test_labels_are_spoken(chat: Chat) -> None:
    terminal = chat("--accessible")
    terminal.wait_for("You:")
    line(terminal, "hello")
    terminal.wait_for("Mistral: You said: hello")


def test_the_variable_does_the_same(chat: Chat) -> None:
    terminal = chat(ACCESSIBLE="1")
    terminal.wait_for("You:")


def test_an_answer_is_never_drawn_again(chat: Chat, server: Server) -> None:
    gate = server.gate()
    server.reply(Answer(["The sea ", gate, "is\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nblue."]))
    terminal = chat("--accessible")
    terminal.wait_for("You:")
    line(terminal, "What is the sea?")
    terminal.wait_for("Mistral: The sea")
    start = len(terminal.raw)
    gate.open()
    terminal.wait_for("blue.")
    shown = terminal.raw[start : terminal.raw.index(b"blue.", start)]
    assert not MOVES.search(shown)


def test_a_dumb_terminal_gets_no_escape_byte(chat: Chat) -> None:
    terminal = chat(TERM="dumb")
    terminal.wait_for("You")
    line(terminal, "hello")
    terminal.wait_for("You said: hello")
    line(terminal, "/settings")
    terminal.wait_for("max_input")
    line(terminal, "/quit")
    assert terminal.wait_exit() == 0
    assert b"\x1b" not in terminal.raw


def test_a_dumb_terminal_gets_no_escape_byte_in_a_one_shot(chat: Chat, server: Server) -> None:
    server.reply("Some **bold** words")
    terminal = chat("hello", TERM="dumb")
    assert terminal.wait_exit() == 0
    assert terminal.raw == b"Some **bold** words\r\n"


def test_errors_are_spoken_as_errors(chat: Chat, server: Server) -> None:
    server.reply(Http(400, {"message": "no such thing", "type": "invalid_request_error"}))
    terminal = chat("--accessible")
    terminal.wait_for("You:")
    line(terminal, "hello")
    terminal.wait_for("error: the request is not accepted")


def test_no_color_means_no_colour(chat: Chat, server: Server) -> None:
    terminal = chat(NO_COLOR="1")
    terminal.wait_for("›")
    line(terminal, "hello")
    terminal.wait_for("tokens")
    assert not re.search(rb"\x1b\[[0-9;]*[34]8;|\x1b\[(?:\d+;)*(?:3[0-7]|9[0-7])(?:;\d+)*m", terminal.raw)


def test_colour_is_spared_where_stdout_is_no_terminal(ask: Ask) -> None:
    assert b"\x1b" not in ask("--help").out
    assert b"\x1b" not in ask("--models").out


@pytest.mark.parametrize(("rows", "columns"), [(24, 20), (50, 500), (3, 10), (1, 1)], ids=str)
def test_any_size_of_terminal_will_do(chat: Chat, server: Server, rows: int, columns: int) -> None:
    server.reply("The **sea** is\n\n```python\nprint('blue')\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    terminal = chat(rows=rows, columns=columns)
    terminal.wait_until(lambda: terminal.has_mode(2004), "a prompt that takes pastes")
    line(terminal, "hello")
    server.wait_for_chat()
    line(terminal, "/settings")
    line(terminal, "/help")
    line(terminal, "/quit")
    assert terminal.wait_exit() == 0
    assert "Traceback" not in terminal.text()


def test_an_ascii_locale_gets_ascii(chat: Chat, server: Server) -> None:
    server.reply("naïve ✓")
    terminal = chat(LANG="C", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    terminal.wait_for(re.compile(r"^>", re.MULTILINE))
    line(terminal, "hello")
    terminal.wait_for("tokens")
    terminal.wait_for(re.compile(r"^ *mistral-medium-latest - [0-9]+ tokens", re.MULTILINE))
    line(terminal, "/quit")
    assert terminal.wait_exit() == 0
    assert terminal.raw.isascii()
