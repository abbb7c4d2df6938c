"""The conversation on a terminal: what one types, what one sees, and what reaches the server."""

import os
import re
import select

import pytest

from tests.e2e import PATIENCE
from tests.e2e.conftest import Chat, Home
from tests.e2e.prompt import EMPTY, line, opened, words
from tests.e2e.replies import HANG, RESET, Answer, Http
from tests.e2e.server import Server

SIZES = pytest.mark.parametrize(("rows", "columns"), [(24, 80), (12, 40)], ids=["80x24", "40x12"])


# ---------------------------------------------------------------- reading and writing


@SIZES
def test_it_greets_with_version_model_and_a_prompt(chat: Chat, rows: int, columns: int) -> None:
    terminal = opened(chat(rows=rows, columns=columns))
    first = terminal.screen()[0]
    assert first.startswith("mistral-chat ")
    assert "mistral-medium" in first
    terminal.wait_for("/help for commands")
    terminal.wait_for(EMPTY)


@SIZES
def test_a_question_is_answered_with_figures_below(chat: Chat, rows: int, columns: int) -> None:
    terminal = opened(chat(rows=rows, columns=columns))
    line(terminal, "hello")
    terminal.wait_for("You said: hello")
    terminal.wait_for(re.compile(r"\d+ \+ \d+ tokens"))
    terminal.wait_for(EMPTY)


@SIZES
def test_an_answer_is_shown_while_it_arrives(chat: Chat, server: Server, rows: int, columns: int) -> None:
    gate = server.gate()
    server.reply(Answer(["The sea is", gate, " blue."]))
    terminal = opened(chat(rows=rows, columns=columns))
    line(terminal, "What is the sea?")
    terminal.wait_for("The sea is")
    gate.open()
    terminal.wait_for("The sea is blue.")


@SIZES
def test_an_answer_longer_than_the_screen_can_be_read_in_full(
    chat: Chat, server: Server, rows: int, columns: int
) -> None:
    server.reply(Answer([f"Line number {number}.\n\n" for number in range(60)]))
    terminal = opened(chat(rows=rows, columns=columns))
    line(terminal, "Count!")
    terminal.wait_for("tokens")
    found = re.findall(r"Line number (\d+)\.", terminal.text())
    assert [int(number) for number in found] == list(range(60))


@pytest.mark.slow
def test_a_spinner_counts_while_nothing_more_comes_for_long(chat: Chat, server: Server) -> None:
    gate = server.gate()
    server.reply(Answer(["The sea is", gate, " blue."]))
    terminal = opened(chat())
    line(terminal, "What is the sea?")
    terminal.wait_for(re.compile(r"The sea is\n\S 3 s$", re.MULTILINE))
    gate.open()
    terminal.wait_for(re.compile(r"The sea is blue\.\n\nmistral"))


def test_a_spinner_counts_while_nothing_has_come(chat: Chat, server: Server) -> None:
    server.reply(Answer([HANG]))
    terminal = opened(chat())
    line(terminal, "hello")
    terminal.wait_for(re.compile(r"^. 1 s$", re.MULTILINE))


def test_markdown_is_rendered(chat: Chat, server: Server) -> None:
    server.reply("Some **bold** words")
    terminal = opened(chat())
    line(terminal, "hello")
    terminal.wait_for("Some bold words")
    place = terminal.find("bold words")
    assert terminal.cell(place.row, place.column).bold
    assert not terminal.cell(place.row, place.column + 5).bold


def test_the_prefix_is_shown_once_in_a_style_of_its_own(chat: Chat, server: Server) -> None:
    terminal = opened(chat("--prefix", "Well then:"))
    line(terminal, "hello")
    terminal.wait_for("Well then:You said: hello")
    place = terminal.find("Well then:You")
    prefix, answer = (terminal.cell(place.row, place.column + at) for at in (0, 11))
    assert (prefix.fg, prefix.italics) != (answer.fg, answer.italics)
    assert words(terminal).count("Well then:") == 1


def test_a_thought_is_shown_and_folded_into_a_line(chat: Chat, server: Server) -> None:
    gate = server.gate()
    thought = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm, the sea."}], "closed": True}]
    server.reply(Answer([thought, gate, "Blue."]))
    terminal = opened(chat())
    line(terminal, "What is the sea?")
    terminal.wait_for("Hm, the sea.")
    gate.open()
    terminal.wait_for("Blue.")
    terminal.wait_for(re.compile(r"^thought for (\d+ s|a moment) — /thinking shows it$", re.MULTILINE))
    assert "Hm, the sea." not in terminal.text()


def test_control_characters_in_an_answer_are_shown_and_not_obeyed(chat: Chat, server: Server) -> None:
    server.reply("red \x1b[31mand\x1b[2J \x1b]0;owned\x07 gone\x9b2J")
    terminal = opened(chat())
    line(terminal, "hello")
    terminal.wait_for("␛[31mand␛[2J")
    terminal.wait_for("tokens")
    assert "owned" not in terminal.title
    assert "hello" in terminal.text()


def test_a_paste_of_many_lines_is_one_message(chat: Chat, server: Server) -> None:
    terminal = opened(chat())
    terminal.paste("first\nsecond\nthird")
    terminal.press("enter")
    request = server.wait_for_chat()
    assert request.messages[-1]["content"] == "first\nsecond\nthird"


# ---------------------------------------------------------------- stopping


def test_a_comparison_that_is_stopped_shows_what_there_is(chat: Chat, server: Server) -> None:
    gate = server.gate()
    server.reply("Blue.", Answer([gate, "Green."]))
    terminal = opened(chat())
    line(terminal, "What is the sea?")
    terminal.wait_for("Blue.")
    terminal.wait_for(EMPTY)
    line(terminal, "/compare mistral-small-latest")
    gate.wait_reached()
    terminal.press("ctrl-c")
    terminal.wait_for(re.compile(r"mistral-small-latest  .*  interrupted"))
    assert "interrupted" in terminal.screen()


@pytest.mark.parametrize("key", ["ctrl-c", "escape"])
def test_a_key_stops_the_answer_and_keeps_what_came(chat: Chat, server: Server, key: str) -> None:
    gate = server.gate()
    server.reply(Answer(["The sea is", gate, " blue."]))
    terminal = opened(chat())
    line(terminal, "What is the sea?")
    terminal.wait_for("The sea is")
    terminal.press(key)
    terminal.wait_for("interrupted — /continue")
    server.wait_for_chat().wait_until_client_is_gone()
    line(terminal, "Go on")
    assert server.wait_for_chat(2).messages == [
        {"role": "user", "content": "What is the sea?"},
        {"role": "assistant", "content": "The sea is"},
        {"role": "user", "content": "Go on"},
    ]


@pytest.mark.parametrize("key", ["ctrl-c", "escape"])
def test_a_key_before_the_answer_begins_gives_the_message_back(chat: Chat, server: Server, key: str) -> None:
    server.reply(Answer([HANG]))
    terminal = opened(chat())
    line(terminal, "What is the sea?")
    server.wait_for_chat()
    terminal.press(key)
    terminal.wait_for("your message is back in the prompt")
    terminal.wait_for(re.compile(r"back in the prompt\n+› What is the sea\?"))
    line(terminal, " And the sky?")
    assert [message["content"] for message in server.wait_for_chat(2).messages] == ["What is the sea? And the sky?"]


def test_ctrl_c_stops_a_wait_before_the_next_try(chat: Chat, server: Server) -> None:
    server.reply(Http(503, {"message": "busy"}, {"Retry-After": "50"}))
    terminal = opened(chat())
    line(terminal, "hello")
    terminal.wait_for("trying again in 50 s")
    terminal.press("ctrl-c")
    terminal.wait_for("your message is back in the prompt")


@pytest.mark.slow
def test_the_seconds_before_the_next_try_are_counted_down(chat: Chat, server: Server) -> None:
    server.reply(Http(503, {"message": "busy"}, {"Retry-After": "2"}), "Here I am.")
    terminal = opened(chat())
    line(terminal, "hello")
    terminal.wait_for("trying again in 2 s")
    terminal.wait_for("trying again in 1 s")
    terminal.wait_for("Here I am.")
    assert "trying again" not in terminal.text()


def test_what_is_typed_during_an_answer_waits_in_the_prompt(chat: Chat, server: Server) -> None:
    gate = server.gate()
    server.reply(Answer(["The sea is", gate, " blue."]))
    terminal = opened(chat())
    line(terminal, "What is the sea?")
    terminal.wait_for("The sea is")
    terminal.type("And the sky?")
    gate.open()
    terminal.wait_for("› And the sky?")
    assert "The sea is blue." in terminal.text()
    terminal.press("enter")
    assert server.wait_for_chat(2).messages[-1]["content"] == "And the sky?"


def test_a_line_that_is_sent_during_an_answer_is_said_after_it(chat: Chat, server: Server) -> None:
    gate = server.gate()
    server.reply(Answer(["The sea is", gate, " blue."]))
    terminal = opened(chat())
    line(terminal, "What is the sea?")
    terminal.wait_for("The sea is")
    line(terminal, "And the sky?")
    gate.open()
    assert server.wait_for_chat(2).messages[1]["content"] == "The sea is blue."
    terminal.wait_for("You said: And the sky?")


def test_ctrl_c_at_an_empty_prompt_says_how_to_leave(chat: Chat) -> None:
    terminal = opened(chat())
    terminal.press("ctrl-c")
    terminal.wait_for("Ctrl-D leaves")
    terminal.press("ctrl-d")
    assert terminal.wait_exit() == 0


# ---------------------------------------------------------------- what goes wrong


@SIZES
def test_a_refused_message_is_told_and_back_in_the_prompt(chat: Chat, server: Server, rows: int, columns: int) -> None:
    server.reply(Http(400, {"message": "no such thing", "type": "invalid_request_error"}))
    terminal = opened(chat(rows=rows, columns=columns))
    line(terminal, "hello")
    terminal.wait_for("the request is not accepted")
    terminal.wait_for(re.compile(r"hint:[^›]*\n› hello"))


def test_an_unknown_command_is_told_and_not_sent_and_back_in_the_prompt(chat: Chat, server: Server) -> None:
    terminal = opened(chat())
    line(terminal, "/sytem Be brief")
    terminal.wait_for("no command /sytem — did you mean /system?")
    terminal.wait_for("is written //\n› /sytem Be brief")
    terminal.press("ctrl-c")
    line(terminal, "hello")
    assert server.wait_for_chat().messages[-1]["content"] == "hello"


def test_an_answer_that_breaks_says_how_to_go_on(chat: Chat, server: Server) -> None:
    server.reply(Answer(["The sea", RESET]), "The sea is blue.")
    terminal = opened(chat())
    line(terminal, "What is the sea?")
    terminal.wait_for("/continue goes on with it")
    line(terminal, "/continue")
    terminal.wait_for("The sea is blue.")


def test_a_long_answer_that_breaks_goes_on_by_itself(chat: Chat, server: Server) -> None:
    server.reply(Answer(["The sea is as blue as ", RESET]), "The sea is as blue as the sky.")
    terminal = opened(chat())
    line(terminal, "What is the sea?")
    terminal.wait_for("The sea is as blue as the sky.")
    terminal.wait_for("tokens")
    terminal.wait_for("in mid-answer: connection lost; going on where it stopped")
    assert words(terminal).count("The sea is as") == 1


@pytest.mark.parametrize(("key", "requests"), [("y", 2), ("n", 1)])
def test_it_asks_before_it_goes_on_when_so_wanted(chat: Chat, server: Server, key: str, requests: int) -> None:
    server.reply(Answer(["The sea is as blue as ", RESET]), "The sea is as blue as the sky.")
    terminal = opened(chat(MISTRAL_CHAT_RESUME="ask"))
    line(terminal, "/once temperature 1")
    terminal.wait_for("temperature 1  once")
    line(terminal, "What is the sea?")
    terminal.wait_for("Go on where it stopped?")
    terminal.press(key)
    terminal.wait_for("as blue as the sky." if key == "y" else "/continue goes on with it")
    assert [chat.json["temperature"] for chat in server.chats] == [1] * requests


def test_without_a_key_it_says_how_to_set_one(chat: Chat) -> None:
    terminal = chat("--base-url", "https://api.mistral.ai", MISTRAL_API_KEY="")
    assert terminal.wait_exit() == 3
    shown = words(terminal)
    assert "MISTRAL_API_KEY" in shown
    assert "mistral-chat --demo" in shown


# ---------------------------------------------------------------- settings in force


@SIZES
def test_what_is_in_force_stands_under_the_prompt(chat: Chat, rows: int, columns: int) -> None:
    terminal = opened(chat(rows=rows, columns=columns))
    line(terminal, "hello")
    terminal.wait_for("tokens")
    for command in ("/safe_prompt on", "/stop X", "/prefix Well", "/system Be brief"):
        line(terminal, command)
    terminal.wait_for(re.compile(r"safe_prompt · stop 1 · prefix · system"))


def test_the_tokens_of_the_session_stand_under_the_prompt(chat: Chat) -> None:
    terminal = opened(chat())
    line(terminal, "hello")
    terminal.wait_for(re.compile(r"mistral-medium-latest · \d+ tokens"))


@SIZES
def test_settings_are_listed_to_the_end(chat: Chat, rows: int, columns: int) -> None:
    terminal = opened(chat("--temperature", "0.5", rows=rows, columns=columns))
    line(terminal, "/settings")
    terminal.wait_for("max_input")
    assert re.search(r"temperature (value )?0\.5 (from )?flag", words(terminal))


@SIZES
def test_help_lists_the_commands(chat: Chat, rows: int, columns: int) -> None:
    terminal = opened(chat(rows=rows, columns=columns))
    line(terminal, "/help")
    terminal.wait_for("/quit")
    terminal.wait_for("leaves")
    shown = terminal.text()
    for name in ("/system", "/retry", "/branches", "/sessions", "/copy", "/models"):
        assert name in shown


@SIZES
def test_the_branches_are_drawn_with_the_head_marked(chat: Chat, server: Server, rows: int, columns: int) -> None:
    server.reply("First answer", "Second answer")
    terminal = opened(chat(rows=rows, columns=columns))
    line(terminal, "hello")
    terminal.wait_for("First answer")
    line(terminal, "/retry")
    terminal.wait_for("Second answer")
    line(terminal, "/branches")
    terminal.wait_for("● Second")
    terminal.wait_for("○ First")


def test_an_earlier_message_is_edited_in_the_prompt(chat: Chat, server: Server) -> None:
    terminal = opened(chat())
    line(terminal, "What is the see?")
    terminal.wait_for("tokens")
    line(terminal, "/edit")
    terminal.wait_for("editing an earlier message")
    terminal.wait_for("\n› What is the see?\n")
    terminal.press("backspace", "backspace")
    line(terminal, "a?")
    request = server.wait_for_chat(2)
    assert [message["content"] for message in request.messages] == ["What is the sea?"]


def test_the_last_word_of_the_answer_to_compare_is_a_table(chat: Chat, server: Server) -> None:
    terminal = opened(chat())
    line(terminal, "hello")
    terminal.wait_for("tokens")
    line(terminal, "/compare mistral-small-latest mistral-large-latest")
    terminal.wait_for(re.compile(r"mistral-small-latest +\d+\.\d s +\d+ \+ \d+ +\$0\.\d+ +stop"))
    terminal.wait_for(re.compile(r"mistral-large-latest +\d+\.\d s +\d+ \+ \d+ +\$0\.\d+ +stop"))


def test_saving_over_a_file_asks_first(chat: Chat, server: Server, home: Home) -> None:
    server.reply("```\nnew\n```\n")
    (home.path / "a.txt").write_text("old\n")
    terminal = opened(chat())
    line(terminal, "Code!")
    terminal.wait_for("tokens")
    line(terminal, "/save 1 a.txt")
    terminal.wait_for("Write over it? [y/N]")
    terminal.press("n")
    terminal.wait_for("not saved")
    assert (home.path / "a.txt").read_text() == "old\n"
    line(terminal, "/save 1 a.txt")
    terminal.wait_until(lambda: terminal.text().count("Write over it?") == 2)
    terminal.press("y")
    terminal.wait_for("saved a.txt")
    assert (home.path / "a.txt").read_text() == "new\n"


def test_a_theme_is_looked_at_before_it_is_chosen(chat: Chat) -> None:
    terminal = opened(chat("--theme", "mistral-dark"))
    line(terminal, "/theme")
    terminal.wait_for("Which theme?")
    seen = set()
    for name in ("nord", "gruvbox"):
        terminal.type(name)
        terminal.wait_for("Which theme? · 1 of")
        terminal.wait_for("A heading")
        seen.add(terminal.cell(*terminal.find("A heading")).fg)
        terminal.press("ctrl-u")
        terminal.wait_for(re.compile(r"Which theme\? · \d+$", re.MULTILINE))
    assert len(seen) == 2


def test_branches_that_end_alike_can_be_told_apart(chat: Chat) -> None:
    terminal = opened(chat())
    line(terminal, "hello")
    terminal.wait_for("You said: hello")
    line(terminal, "/once model mistral-small-latest")
    line(terminal, "/retry")
    terminal.wait_for(re.compile("mistral-small-latest · .* tokens"))
    terminal.type("/switch ")
    terminal.wait_for(re.compile("1 +mistral-medium-latest · just now · You said: hello"))
    terminal.wait_for(re.compile("2 +here · mistral-small-latest · just now · You said: hello"))


def test_the_themes_begin_at_the_one_that_is_worn(chat: Chat) -> None:
    terminal = opened(chat("--theme", "nord"))
    line(terminal, "/theme")
    terminal.wait_for("❯ nord")


def test_a_theme_is_worn_at_once(chat: Chat) -> None:
    terminal = opened(chat("--theme", "mistral-dark"))
    terminal.wait_for("mistral-medium-latest")
    before = terminal.cell(terminal.screen().index("›"), 0)
    line(terminal, "/theme mistral-light")
    terminal.wait_for("in config.toml")
    terminal.wait_until(lambda: terminal.screen().count("›") == 1)
    after = terminal.cell(terminal.screen().index("›"), 0)
    assert (before.fg, before.bold) != (after.fg, after.bold)


def test_the_demonstration_converses(chat: Chat, server: Server) -> None:
    terminal = opened(chat("--demo", "0", MISTRAL_API_KEY=""))
    line(terminal, "what did you receive?")
    terminal.wait_for("tokens")
    assert "what did you receive?" in terminal.text()
    assert server.requests == []


# ---------------------------------------------------------------- starting with a question


def test_interactive_answers_first_and_converses_then(chat: Chat, server: Server) -> None:
    terminal = chat("-i", "hello")
    terminal.wait_for("You said: hello")
    terminal.wait_for(EMPTY)
    line(terminal, "more")
    assert [message["content"] for message in server.wait_for_chat(2).messages] == ["hello", "You said: hello", "more"]


def test_a_question_on_a_terminal_is_answered_there_and_the_program_ends(chat: Chat, server: Server) -> None:
    server.reply("Some **bold** words")
    terminal = chat("--no-stdin", "hello")
    assert terminal.wait_exit() == 0
    assert terminal.text() == "Some bold words"


def test_a_question_needs_no_no_stdin_on_a_terminal(chat: Chat) -> None:
    terminal = chat("hello")
    assert terminal.wait_exit() == 0
    assert terminal.text() == "You said: hello"


def test_quit_in_the_middle_of_a_resize_storm(chat: Chat, server: Server) -> None:
    gate = server.gate()
    server.reply(Answer(["The sea is ", "as blue as the sky " * 20, gate, "at noon."]))
    terminal = opened(chat())
    line(terminal, "What is the sea?")
    gate.wait_reached()
    for rows, columns in [(5, 20), (50, 200), (1, 1), (24, 80), (2, 500), (24, 80)]:
        terminal.resize(rows, columns)
    gate.open()
    terminal.wait_for("noon.")
    line(terminal, "/quit")
    assert terminal.wait_exit() == 0


def test_escape_ends_a_piped_command_with_all_that_it_has_started(chat: Chat, server: Server, home: Home) -> None:
    server.reply("```\nx\n```\n")
    os.mkfifo(home.path / "alive")
    alive = os.open(home.path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    terminal = opened(chat())
    line(terminal, "Code!")
    terminal.wait_for("tokens")
    line(terminal, "/pipe 1 (echo yes; sleep 60 | sleep 60) > alive")
    select.select([alive], [], [], PATIENCE)
    assert os.read(alive, 9) == b"yes\n"
    terminal.press("escape")
    terminal.wait_for("stopped\n›")
    select.select([alive], [], [], PATIENCE)
    assert os.read(alive, 9) == b""
    os.close(alive)
