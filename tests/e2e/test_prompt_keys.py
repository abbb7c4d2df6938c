"""Each key of the prompt in the real program, by what the screen shows and what the server receives."""

import signal
import stat
from pathlib import Path

import pytest

from tests.e2e.conftest import Chat, Home
from tests.e2e.prompt import opened
from tests.e2e.replies import Answer
from tests.e2e.server import Server
from tests.e2e.terminal import Terminal

LONG = "\n".join(f"line {number}" for number in range(812))
SIZES = pytest.mark.parametrize(("rows", "columns"), [(24, 80), (12, 40), (60, 200)])


def sent(server: Server, number: int = 1) -> object:
    """The last message of a request."""
    return server.wait_for_chat(number).messages[-1]["content"]


def last_line(terminal: Terminal) -> str:
    """The row with the cursor."""
    return terminal.screen()[terminal.cursor.row]


@SIZES
def test_enter_sends(chat: Chat, server: Server, rows: int, columns: int) -> None:
    terminal = opened(chat(rows=rows, columns=columns))
    terminal.type("hello")
    terminal.press("enter")
    assert sent(server) == "hello"
    terminal.wait_for("You said: hello")


@pytest.mark.parametrize("key", ["alt-enter", "ctrl-j"])
def test_a_new_line_does_not_send(chat: Chat, server: Server, key: str) -> None:
    terminal = opened(chat())
    terminal.type("one")
    terminal.press(key)
    terminal.type("two")
    terminal.wait_for("› one\n  two")
    terminal.press("enter")
    assert sent(server) == "one\ntwo"


def test_shift_enter_makes_a_new_line_where_the_terminal_tells_it(chat: Chat, server: Server) -> None:
    terminal = opened(chat())
    terminal.type("one\x1b[13;2utwo")
    terminal.wait_for("› one\n  two")
    terminal.press("enter")
    assert sent(server) == "one\ntwo"


@SIZES
def test_a_slash_opens_the_menu_and_tab_completes(chat: Chat, rows: int, columns: int) -> None:
    terminal = opened(chat(rows=rows, columns=columns))
    terminal.type("/temp")
    terminal.wait_for("/temperature ")
    terminal.press("tab")
    terminal.type("0.5")
    terminal.press("enter")
    terminal.wait_for("› /temperature 0.5\ntemperature 0.5")


def test_up_and_down_walk_through_the_history(chat: Chat, server: Server) -> None:
    terminal = opened(chat())
    for number, word in enumerate(("first", "second"), 1):
        terminal.type(word)
        terminal.press("enter")
        sent(server, number)
        terminal.wait_for(f"You said: {word}")
    terminal.press("up", "up", "down")
    terminal.wait_until(lambda: last_line(terminal) == "› second")
    terminal.press("enter")
    assert sent(server, 3) == "second"


def test_ctrl_r_searches_the_history(chat: Chat, server: Server) -> None:
    terminal = opened(chat())
    terminal.type("a needle in the hay")
    terminal.press("enter")
    terminal.wait_for("You said: a needle")
    terminal.press("ctrl-r")
    terminal.type("needle")
    terminal.wait_for("search the history: needle")
    terminal.press("enter")
    terminal.wait_until(lambda: last_line(terminal) == "› a needle in the hay")


@pytest.mark.parametrize("variable", ["VISUAL", "EDITOR"])
def test_ctrl_x_ctrl_e_opens_the_editor(chat: Chat, home: Home, server: Server, variable: str) -> None:
    home.env[variable] = "sed -i s/cat/dog/"
    terminal = opened(chat())
    terminal.type("a cat")
    terminal.press("ctrl-x", "ctrl-e")
    terminal.wait_for("› a dog")
    terminal.press("enter")
    assert sent(server) == "a dog"


def test_ctrl_c_clears_the_line_and_keeps_it_in_the_history(chat: Chat) -> None:
    terminal = opened(chat())
    terminal.type("wrong")
    terminal.wait_for("› wrong")
    terminal.press("ctrl-c")
    terminal.wait_until(lambda: last_line(terminal) == "›")
    terminal.press("up")
    terminal.wait_until(lambda: last_line(terminal) == "› wrong")


@pytest.mark.parametrize("key", ["ctrl-c", "escape"])
def test_an_answer_is_stopped(chat: Chat, server: Server, key: str) -> None:
    gate = server.gate()
    server.reply(Answer(["The sea", gate, " is blue."]))
    terminal = opened(chat())
    terminal.type("What is the sea?")
    terminal.press("enter")
    terminal.wait_for("The sea")
    terminal.press(key)
    terminal.wait_for("interrupted")
    server.wait_for_chat().wait_until_client_is_gone()
    terminal.type("next")
    terminal.wait_for("› next")


def test_what_is_typed_while_an_answer_streams_waits_in_the_next_prompt(chat: Chat, server: Server) -> None:
    gates = [server.gate() for _ in range(3)]
    server.reply(Answer(["one ", gates[0], "two ", gates[1], "three ", gates[2], "four"]))
    terminal = opened(chat())
    terminal.type("count")
    terminal.press("enter")
    for gate, word in zip(gates, ("what ", "comes ", "nexx"), strict=True):
        gate.wait_reached()
        terminal.type(word)
        gate.open()
    terminal.wait_until(lambda: last_line(terminal) == "› what comes nexx")
    terminal.press("backspace")
    terminal.type("t?")
    terminal.press("enter")
    assert sent(server, 2) == "what comes next?"
    terminal.wait_for("You said: what comes next?")
    assert terminal.text().count("what comes") == 2  # in the prompt, and in the echo
    assert "one two three four" in terminal.text()


def test_a_paste_while_an_answer_streams_is_one_message(chat: Chat, server: Server) -> None:
    gate = server.gate()
    server.reply(Answer(["one ", gate, "two"]))
    terminal = opened(chat())
    terminal.type("count")
    terminal.press("enter")
    terminal.wait_for("one")
    terminal.paste("a\nb\nc")
    gate.open()
    terminal.wait_for("› a\n  b\n  c")
    terminal.press("enter")
    assert sent(server, 2) == "a\nb\nc"


def test_no_key_is_lost_or_doubled_between_prompts(chat: Chat, server: Server) -> None:
    terminal = opened(chat())
    words = [f"message number {number}" for number in range(12)]
    for word in words:
        terminal.type(word)
        terminal.press("enter")
    assert [sent(server, number) for number in range(1, 13)] == words


def test_ctrl_d_leaves_a_terminal_as_it_was(chat: Chat, home: Home) -> None:
    terminal = opened(chat())
    with Terminal(["true"], {"TERM": "xterm"}) as fresh:
        fresh.wait_exit()
        terminal.press("ctrl-d")
        assert terminal.wait_exit() == 0
        assert terminal.termios() == fresh.termios()
    assert not terminal.has_mode(2004)
    assert not terminal.cursor_is_hidden


def test_ctrl_z_suspends_at_the_prompt_and_fg_draws_it_again(chat: Chat, server: Server) -> None:
    terminal = opened(chat())
    terminal.type("half a ")
    terminal.wait_for("› half a")
    terminal.press("ctrl-z")
    terminal.wait_stopped()
    terminal.wait_until(lambda: not terminal.has_mode(2004))
    terminal.foreground()
    terminal.type("thought")
    terminal.wait_for("› half a thought")
    terminal.press("enter")
    assert sent(server) == "half a thought"


def test_ctrl_z_suspends_while_an_answer_streams(chat: Chat, server: Server) -> None:
    gate = server.gate()
    server.reply(Answer(["one ", gate, "two"]))
    terminal = opened(chat())
    terminal.type("count")
    terminal.press("enter")
    terminal.wait_for("one")
    terminal.press("ctrl-z")
    terminal.wait_stopped()
    terminal.foreground()
    gate.open()
    terminal.wait_for("two")
    terminal.type("next")
    terminal.wait_for("› next")


def test_vi_keys_work_when_the_configuration_says_so(chat: Chat, home: Home, server: Server) -> None:
    home.config.mkdir(parents=True)
    (home.config / "config.toml").write_text('edit_mode = "vi"\n')
    terminal = opened(chat())
    terminal.type("hello world")
    terminal.press("escape", "0", "d", "w")
    terminal.wait_for("› world")
    terminal.press("enter")
    assert sent(server) == "world"


@SIZES
def test_a_long_paste_is_folded_and_sent_whole(chat: Chat, server: Server, rows: int, columns: int) -> None:
    terminal = opened(chat(rows=rows, columns=columns))
    terminal.type("see ")
    terminal.paste(LONG)
    terminal.wait_for("› see [pasted 812 lines]")
    terminal.press("enter")
    assert sent(server) == "see " + LONG


def test_a_megabyte_is_pasted_and_sent_whole(chat: Chat, server: Server) -> None:
    text = "0123456789abcde\n" * 65536
    terminal = opened(chat())
    terminal.paste(text)
    terminal.wait_for("[pasted 65,536 lines]")
    terminal.type("?")
    terminal.press("enter")
    assert sent(server) == text + "?"


def test_a_draft_is_offered_after_kill_9(chat: Chat, home: Home, server: Server) -> None:
    terminal = opened(chat())
    terminal.type("half a ")
    terminal.wait_for("› half a")
    until_saved(terminal, home.data, "half a ")
    terminal.kill(signal.SIGKILL)
    assert terminal.wait_exit() == 137
    again = chat()
    again.wait_for("› half a")
    again.wait_for("not sent last time")
    again.type("thought")
    again.press("enter")
    assert sent(server) == "half a thought"


def until_saved(terminal: Terminal, data: Path, text: str) -> None:
    """Until the draft is on disk; each try makes the program write something."""

    def saved() -> bool:
        terminal.press("left", "right")
        return any(file.read_text() == text for file in data.glob("history.draft.*"))

    terminal.wait_until(saved, "the draft on disk")


def test_the_history_is_shared_by_all_runs_and_nobody_else(chat: Chat, home: Home) -> None:
    one, other = opened(chat()), opened(chat())
    one.type("from the first")
    one.press("enter")
    one.wait_for("You said: from the first")
    other.type("/settings")
    other.press("enter")
    other.wait_for("edit_mode")
    other.press("up", "up")
    other.wait_until(lambda: last_line(other) == "› from the first")
    assert stat.S_IMODE((home.data / "history").stat().st_mode) == 0o600


def test_an_accessible_prompt_draws_nothing_but_lines(chat: Chat, server: Server) -> None:
    terminal = chat(ACCESSIBLE="1")
    terminal.wait_for("You:")
    terminal.type("hello")
    terminal.press("enter")
    assert sent(server) == "hello"
    terminal.wait_for("You said: hello")
    assert "›" not in terminal.text()


def test_a_dumb_terminal_gets_no_escape_sequence(chat: Chat, server: Server) -> None:
    terminal = chat(TERM="dumb")
    terminal.wait_for("You:")
    terminal.type("hello")
    terminal.press("enter")
    assert sent(server) == "hello"
    terminal.wait_for("You said: hello")
    terminal.press("ctrl-d")
    assert terminal.wait_exit() == 0
    assert b"\x1b" not in terminal.raw


def test_what_is_typed_at_a_dumb_terminal_while_an_answer_streams_is_kept(chat: Chat, server: Server) -> None:
    gate = server.gate()
    server.reply(Answer(["one ", gate, "two"]))
    terminal = chat(TERM="dumb")
    terminal.wait_for("You:")
    terminal.type("count")
    terminal.press("enter")
    terminal.wait_for("one")
    terminal.type("nex")
    gate.open()
    terminal.wait_for("You: nex")
    terminal.type("t")
    terminal.press("enter")
    assert sent(server, 2) == "next"


def test_ctrl_c_at_a_dumb_terminal_throws_the_line_away(chat: Chat, server: Server) -> None:
    terminal = chat(TERM="dumb")
    terminal.wait_for("You:")
    terminal.type("wrong")
    terminal.wait_for("You: wrong")
    terminal.press("ctrl-c")
    terminal.wait_until(lambda: last_line(terminal) == "You:")
    terminal.type("right")
    terminal.press("enter")
    assert sent(server) == "right"


def test_sizes_that_change_while_one_types_do_no_harm(chat: Chat, server: Server) -> None:
    terminal = opened(chat())
    terminal.type("/mod")
    for rows, columns in ((1, 1), (2, 10), (60, 200), (24, 20), (24, 80)):
        terminal.resize(rows, columns)
        terminal.type("e")
        terminal.press("backspace")
    terminal.press("ctrl-c")
    terminal.type("hello")
    terminal.press("enter")
    assert sent(server) == "hello"


@pytest.mark.parametrize("columns", [20, 500])
def test_very_narrow_and_very_wide_terminals_work(chat: Chat, server: Server, columns: int) -> None:
    terminal = opened(chat(columns=columns))
    terminal.type("hello")
    terminal.press("enter")
    assert sent(server) == "hello"


def test_an_ascii_locale_has_a_plain_mark(chat: Chat, server: Server) -> None:
    terminal = chat(LC_ALL="C", LANG="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")
    terminal.wait_for("> ")
    terminal.type("hello")
    terminal.press("enter")
    assert sent(server) == "hello"
