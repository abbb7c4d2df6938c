"""Sessions on a terminal: leaving and coming back, choosing from a list, and two windows on one session."""

import json
import re

from tests.e2e.conftest import Ask, Chat, Home
from tests.e2e.prompt import line, opened, words
from tests.e2e.server import Server


def said(server: Server, number: int) -> list[str]:
    """What was said, by the request of that number."""
    return [message["content"] for message in server.wait_for_chat(number).messages]


def test_one_leaves_and_comes_back_to_the_same_conversation(chat: Chat, server: Server) -> None:
    terminal = opened(chat())
    line(terminal, "/system Be brief")
    line(terminal, "/stop END")
    line(terminal, "One")
    terminal.wait_for("tokens")
    terminal.press("ctrl-d")
    assert terminal.wait_exit() == 0
    terminal = opened(chat("-c"))
    assert "› One" in terminal.screen()
    assert "You said: One" in terminal.screen()
    terminal.wait_for("stop 1 · system")
    line(terminal, "Two")
    assert said(server, 2) == ["Be brief", "One", "You said: One", "Two"]
    assert server.chats[1].json["stop"] == "END"


def test_resume_without_a_name_lets_one_choose(chat: Chat, ask: Ask, server: Server) -> None:
    ask("--title", "On painting", "One")
    ask("--title", "On music", "Two")
    terminal = chat("-r")
    terminal.wait_for("· resuming ·")
    terminal.wait_for("Go on with which session?")
    terminal.wait_for("On music")
    terminal.wait_for("You said: Two")  # the end of the session is shown before it is chosen
    terminal.type("paint")
    terminal.wait_for("1 of 2")
    terminal.press("enter")
    terminal.wait_for(re.compile(r"session \w+ · On painting · 2 messages"))
    line(opened(terminal), "Three")
    assert said(server, 3) == ["One", "You said: One", "Three"]


def test_a_list_of_sessions_that_is_left_changes_nothing(chat: Chat, ask: Ask, server: Server) -> None:
    ask("One")
    terminal = opened(chat())
    line(terminal, "/sessions")
    terminal.wait_for("Go on with which session?")
    terminal.press("escape")
    terminal.wait_until(lambda: "which session" not in "".join(terminal.screen()))
    line(terminal, "Two")
    assert said(server, 2) == ["Two"]


def test_leaving_the_list_that_was_asked_for_at_the_start_leaves_the_program(chat: Chat, ask: Ask) -> None:
    ask("One")
    terminal = chat("-r")
    terminal.wait_for("Go on with which session?")
    terminal.press("escape")
    assert terminal.wait_exit() == 0


def test_the_list_of_sessions_fits_a_small_screen(chat: Chat, ask: Ask) -> None:
    for number in range(3):
        ask("--title", f"Session number {number}", "One")
    terminal = chat("-r", rows=12, columns=40)
    terminal.wait_for("Session number 2")
    terminal.wait_for("Session number 0")
    terminal.press("down", "down", "enter")
    terminal.wait_for(re.compile(r"Session number 0 ·"))


def test_an_ambiguous_name_is_told_with_the_candidates(chat: Chat, ask: Ask) -> None:
    ask("--title", "On painting", "One")
    ask("--title", "On painters", "Two")
    terminal = opened(chat())
    line(terminal, "/resume On paint")
    terminal.wait_for("more than one session is meant by On paint")
    terminal.wait_for("On painters")


def test_two_windows_on_one_session_both_keep_everything(chat: Chat, ask: Ask, server: Server) -> None:
    ask("One")
    first, second = opened(chat("-c")), opened(chat("-c"))
    line(first, "From the first")
    first.wait_for("You said: From the first")
    line(second, "From the second")
    second.wait_for("You said: From the second")
    second.wait_for("this session went on in another window")
    assert said(server, 2) == ["One", "You said: One", "From the first"]
    assert said(server, 3) == ["One", "You said: One", "From the second"]
    third = opened(chat("-c"))
    line(third, "/branches")
    third.wait_for("From the first")
    third.wait_for("From the second")


def test_an_unsaved_session_is_said_once(chat: Chat, home: Home) -> None:
    home.data.parent.rmdir()
    home.data.parent.write_text("a file where the folder should be")
    terminal = opened(chat())
    line(terminal, "One")
    terminal.wait_for("You said: One")
    line(terminal, "Two")
    terminal.wait_for("You said: Two")
    assert len(re.findall("are not saved|cannot be saved|no longer saved", words(terminal))) == 1
    terminal.wait_until(lambda: words(terminal).endswith("· not saved One"))


def test_a_title_is_shown_under_the_prompt(chat: Chat) -> None:
    terminal = opened(chat())
    line(terminal, "/title On painting")
    terminal.wait_for(re.compile(r"mistral-medium-latest +On painting$", re.MULTILINE))


def test_a_new_session_begins_with_nothing_said(chat: Chat, server: Server, ask: Ask) -> None:
    terminal = opened(chat())
    line(terminal, "One")
    terminal.wait_for("tokens")
    line(terminal, "/new")
    line(terminal, "Two")
    assert said(server, 2) == ["Two"]
    terminal.wait_for("You said: Two")
    assert len(json.loads(ask("--sessions", "-o", "json").out)) == 2
