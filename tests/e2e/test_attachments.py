"""Files sent along from a terminal: chosen in the menu, seen under the prompt, named in a message; never by a paste."""

import json
import re
import time
from base64 import b64encode

import pytest

from tests.e2e.conftest import Chat, Home
from tests.e2e.prompt import line, opened
from tests.e2e.replies import Answer
from tests.e2e.server import Server
from tests.e2e.terminal import Terminal
from tests.files import PNG

SIZES = pytest.mark.parametrize(("rows", "columns"), [(24, 80), (12, 40)], ids=["80x24", "40x12"])
IMAGE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{b64encode(PNG).decode()}"}}


@pytest.fixture(autouse=True)
def photo(home: Home) -> None:
    (home.path / "a photo.png").write_bytes(PNG)


def under_the_prompt(terminal: Terminal) -> str:
    """The last line with anything on it."""
    return next((row for row in reversed(terminal.screen()) if row.strip()), "")


@SIZES
def test_an_attached_file_is_seen_until_it_is_sent(chat: Chat, server: Server, rows: int, columns: int) -> None:
    terminal = opened(chat(rows=rows, columns=columns))
    terminal.type("/attach a")
    terminal.wait_for("a photo.png")
    terminal.press("tab", "enter")
    terminal.wait_for("attached 1: a photo.png · PNG image")
    terminal.wait_until(lambda: "attached 1" in under_the_prompt(terminal))
    line(terminal, "What is it?")
    assert server.wait_for_chat().messages[0]["content"] == [{"type": "text", "text": "What is it?"}, IMAGE]
    terminal.wait_for("You said: What is it?")
    terminal.wait_until(lambda: "tokens" in under_the_prompt(terminal))
    assert "attached" not in under_the_prompt(terminal)


@SIZES
def test_a_file_on_the_command_line_waits_for_the_first_message(
    chat: Chat, server: Server, rows: int, columns: int
) -> None:
    terminal = opened(chat("-a", "a photo.png", rows=rows, columns=columns))
    assert "attached 1: a photo.png · PNG image" in terminal.text()
    line(terminal, "What is it?")
    assert IMAGE in server.wait_for_chat().messages[0]["content"]


def test_a_file_is_named_in_a_message_with_tab(chat: Chat, server: Server) -> None:
    terminal = opened(chat())
    terminal.type("What is @a")
    terminal.press("tab")
    terminal.wait_for('› What is @"a photo.png"')
    terminal.press("enter")
    terminal.wait_for("attached 1: a photo.png · PNG image")
    text = {"type": "text", "text": 'What is @"a photo.png"'}
    assert server.wait_for_chat().messages[0]["content"] == [text, IMAGE]


def test_a_pasted_name_attaches_nothing(chat: Chat, server: Server) -> None:
    terminal = opened(chat())
    terminal.paste('Dear friend,\nlook at @"a photo.png"')
    terminal.press("enter")
    assert server.wait_for_chat().messages[0]["content"] == 'Dear friend,\nlook at @"a photo.png"'
    terminal.wait_for("not attached, since it was not typed here: @a photo.png")


def test_a_name_that_was_pasted_while_an_answer_arrived_attaches_nothing(chat: Chat, server: Server) -> None:
    gate = server.gate()
    server.reply(Answer(["The sea", gate, " is blue."]))
    terminal = opened(chat())
    line(terminal, "What is the sea?")
    terminal.wait_for("The sea")
    terminal.paste('look at @"a photo.png"')
    gate.open()
    terminal.wait_for("The sea is blue.")
    terminal.press("enter")
    assert server.wait_for_chat(2).messages[-1]["content"] == 'look at @"a photo.png"'


def test_a_first_question_that_the_model_cannot_take_is_back_in_the_prompt(
    chat: Chat, server: Server, home: Home
) -> None:
    home.data.mkdir(parents=True)
    known = {server.url: {"at": time.time(), "models": server.models}}
    (home.data / "models.json").write_text(json.dumps(known))
    terminal = chat("-i", "-m", "mistral-large-latest", "-a", "a photo.png", "What is it?")
    terminal.wait_for("mistral-large-latest cannot see images")
    terminal.wait_for("\n› What is it?\n")
    terminal.wait_until(lambda: "attached 1" in under_the_prompt(terminal))
    assert server.chats == []


def test_what_is_attached_is_offered_to_be_taken_away(chat: Chat) -> None:
    terminal = opened(chat("-a", "a photo.png", "-a", "https://example.org/b.pdf"))
    terminal.type("/detach ")
    terminal.wait_for(re.compile(r"2 +b\.pdf · document from example\.org"))
    line(terminal, "2")
    terminal.wait_for("detached: b.pdf")
    terminal.wait_until(lambda: "attached 1" in under_the_prompt(terminal))
