"""Signals and broken pipes: what had come of the answer is kept, the terminal is as before, the status tells why."""

import json
import re
import signal
import termios

import pytest

from tests.e2e.conftest import Ask, Chat, Pipe
from tests.e2e.prompt import line
from tests.e2e.replies import HANG, Answer, Gate
from tests.e2e.server import Server
from tests.e2e.terminal import Terminal

STATUSES = {signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGINT: 130}
ENDING = pytest.mark.parametrize("number", STATUSES, ids=lambda number: number.name)


def kept(ask: Ask) -> list[str]:
    """What the latest session would send with one more question."""
    done = ask("-c", "--dry-run", "More?")
    return [message["content"] for message in json.loads(done.out)["messages"]]


def asked(terminal: Terminal, question: str) -> None:
    terminal.wait_for("›")
    line(terminal, question)


def in_mid_answer(chat: Chat, server: Server) -> Terminal:
    """A conversation in the middle of whose answer the server waits."""
    gate = server.gate()
    server.reply(Answer(["The sea is", gate, " blue."]))
    terminal = chat()
    asked(terminal, "What is the sea?")
    terminal.wait_for("The sea is")
    return terminal


def is_as_before(terminal: Terminal) -> bool:
    """Whether the terminal's modes are those with which it was opened."""
    fresh = Terminal(["true"], {"TERM": "xterm"})
    with fresh:
        fresh.wait_exit()
        same = terminal.termios() == fresh.termios()
    return same and not terminal.cursor_is_hidden and not terminal.has_mode(2004) and terminal.has_mode(7)


@ENDING
def test_a_signal_in_mid_answer_keeps_what_came(chat: Chat, ask: Ask, server: Server, number: signal.Signals) -> None:
    terminal = in_mid_answer(chat, server)
    terminal.kill(number)
    assert terminal.wait_exit() == STATUSES[number]
    assert is_as_before(terminal)
    assert kept(ask) == ["What is the sea?", "The sea is", "More?"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_at_the_prompt_leaves_the_terminal_as_it_was(chat: Chat, number: signal.Signals) -> None:
    terminal = chat()
    terminal.wait_for("›")
    terminal.kill(number)
    assert terminal.wait_exit() == STATUSES[number]
    assert is_as_before(terminal)


def test_sigint_at_the_prompt_is_like_ctrl_c(chat: Chat) -> None:
    terminal = chat()
    terminal.wait_for("›")
    terminal.type("half a quest")
    terminal.wait_for("› half a quest")
    terminal.kill(signal.SIGINT)
    terminal.wait_until(lambda: "half" not in "".join(terminal.screen()))
    terminal.press("ctrl-d")
    assert terminal.wait_exit() == 0


@ENDING
def test_a_signal_before_the_answer_begins_keeps_the_question(
    chat: Chat, ask: Ask, server: Server, number: signal.Signals
) -> None:
    server.reply(Answer([HANG]))
    terminal = chat()
    asked(terminal, "What is the sea?")
    server.wait_for_chat()
    terminal.kill(number)
    assert terminal.wait_exit() == STATUSES[number]
    assert is_as_before(terminal)
    assert "What is the sea?" in json.loads(ask("--sessions", "-o", "json").out)[0]["question"]


def test_a_window_that_is_closed_in_mid_answer_keeps_what_came(chat: Chat, ask: Ask, server: Server) -> None:
    terminal = in_mid_answer(chat, server)
    terminal.hang_up()
    assert terminal.wait_exit() == 129
    assert kept(ask) == ["What is the sea?", "The sea is", "More?"]


def test_a_window_that_is_closed_at_the_prompt_ends_the_program(chat: Chat) -> None:
    terminal = chat()
    terminal.wait_for("›")
    terminal.hang_up()
    assert terminal.wait_exit() == 129


def test_a_kill_in_mid_answer_loses_nothing_that_was_shown(chat: Chat, ask: Ask, server: Server) -> None:
    terminal = in_mid_answer(chat, server)
    terminal.kill(signal.SIGKILL)
    assert terminal.wait_exit() == 137
    assert kept(ask) == ["What is the sea?", "The sea is", "More?"]


def test_after_a_kill_the_session_offers_to_go_on(chat: Chat, server: Server) -> None:
    terminal = in_mid_answer(chat, server)
    terminal.kill(signal.SIGKILL)
    terminal.wait_exit()
    server.reply("The sea is blue.")
    terminal = chat("-c")
    terminal.wait_for("/continue")
    asked(terminal, "/continue")
    terminal.wait_for("The sea is blue.")


def test_ctrl_d_leaves_the_terminal_as_it_was(chat: Chat) -> None:
    terminal = chat()
    terminal.wait_for("›")
    terminal.press("ctrl-d")
    assert terminal.wait_exit() == 0
    assert is_as_before(terminal)


def test_ctrl_z_gives_the_terminal_back_and_fg_goes_on(chat: Chat) -> None:
    terminal = chat()
    before = terminal.termios()[3]
    terminal.wait_for("›")
    terminal.press("ctrl-z")
    terminal.wait_stopped()
    assert terminal.termios()[3] == before  # echo, whole lines, Ctrl-C as a signal
    terminal.wait_until(lambda: not terminal.has_mode(2004))
    terminal.foreground()
    terminal.wait_until(lambda: not terminal.termios()[3] & termios.ICANON, "a program that takes single keys")
    terminal.type("hello")
    terminal.press("enter")
    terminal.wait_for("You said: hello")


@pytest.mark.parametrize(
    ("keys", "shown"),
    [("\x12", "search the history:"), ("/theme\r", "Which theme?"), ("/delete\r", "[y/N]")],
)
def test_ctrl_z_suspends_whatever_reads_keys(chat: Chat, keys: str, shown: str) -> None:
    terminal = chat()
    terminal.wait_for("›")
    terminal.type("hello")
    terminal.press("enter")
    terminal.wait_for("You said: hello")
    terminal.type(keys)
    terminal.wait_for(shown)
    terminal.press("ctrl-z")
    terminal.wait_stopped()
    terminal.foreground()
    terminal.wait_until(lambda: not terminal.termios()[3] & termios.ICANON, "a program that takes single keys")
    terminal.press("ctrl-c")
    terminal.press("ctrl-d")
    assert terminal.wait_exit() == 0


def test_a_program_stopped_in_mid_answer_goes_on_where_it_was(chat: Chat, server: Server) -> None:
    gate = server.gate()
    server.reply(Answer(["The sea is", gate, " blue."]))
    terminal = chat()
    asked(terminal, "What is the sea?")
    terminal.wait_for("The sea is")
    terminal.press("ctrl-z")
    terminal.wait_stopped()
    gate.open()
    terminal.foreground()
    terminal.wait_for("The sea is blue.")
    terminal.wait_for("tokens")


def stopped_with_a_shell(terminal: Terminal) -> None:
    """Ctrl-Z, and a shell that says so and is told `fg`."""
    terminal.press("ctrl-z")
    terminal.wait_stopped()
    terminal.wait_until(lambda: not terminal.cursor_is_hidden)
    terminal.write("[1]+  Stopped\n$ fg\n")


def in_mid_list(server: Server) -> Gate:
    """The server waits in the middle of an answer whose last row may still change."""
    gate = server.gate()
    server.reply(Answer(["- The sea is blue.\n- The sky is", gate, " grey.\n"]))
    return gate


ONE_SHOT_OR_NOT = pytest.mark.parametrize("words", [[], ["What is the sea?"]], ids=["conversation", "one shot"])


@ONE_SHOT_OR_NOT
def test_ctrl_z_in_mid_answer_leaves_the_shell_a_row_of_its_own_and_fg_draws_again(
    chat: Chat, server: Server, words: list[str]
) -> None:
    gate = in_mid_list(server)
    terminal = chat(*words)
    if not words:
        asked(terminal, "What is the sea?")
    terminal.wait_for("The sky is")
    stopped_with_a_shell(terminal)
    terminal.foreground()
    terminal.wait_for(re.compile(r"fg\n(.*\n)*.*The sky is$", re.MULTILINE))
    gate.open()
    terminal.wait_for("The sky is grey.")
    assert re.search(r"The sea is blue\.\n.*The sky is\n\[1\]\+  Stopped\n\$ fg\n", terminal.text())
    assert terminal.text().count("Stopped") == 1


@ONE_SHOT_OR_NOT
def test_a_window_that_was_made_smaller_meanwhile_gets_the_answer_in_its_new_size(
    chat: Chat, server: Server, words: list[str]
) -> None:
    gate = in_mid_list(server)
    terminal = chat(*words)
    if not words:
        asked(terminal, "What is the sea?")
    terminal.wait_for("The sky is")
    stopped_with_a_shell(terminal)
    terminal.resize(12, 14)
    terminal.foreground()
    gate.open()
    terminal.wait_for("grey.")
    assert "$ fg\n • The sea is\n   blue.\n • The sky is\n   grey." in terminal.text()


@ENDING
def test_a_signal_in_a_one_shot_on_a_terminal_leaves_it_as_it_was(
    chat: Chat, ask: Ask, server: Server, number: signal.Signals
) -> None:
    gate = server.gate()
    server.reply(Answer(["The sea is", gate, " blue."]))
    terminal = chat("What is the sea?")
    terminal.wait_for("The sea is")
    terminal.kill(number)
    assert terminal.wait_exit() == STATUSES[number]
    assert is_as_before(terminal)
    assert kept(ask)[1] == "The sea is"


def test_ctrl_c_ends_a_one_shot_on_a_terminal(chat: Chat, server: Server) -> None:
    server.reply(Answer([HANG]))
    terminal = chat("What is the sea?")
    server.wait_for_chat()
    terminal.press("ctrl-c")
    assert terminal.wait_exit() == 130
    assert is_as_before(terminal)
    assert "Traceback" not in terminal.text()


def test_a_signal_while_a_session_is_chosen_leaves_the_terminal_as_it_was(chat: Chat, ask: Ask) -> None:
    ask("One")
    terminal = chat("-r")
    terminal.wait_for("Go on with which session?")
    terminal.kill(signal.SIGTERM)
    assert terminal.wait_exit() == 143
    assert is_as_before(terminal)


# ---------------------------------------------------------------- without a terminal


@ENDING
def test_a_signal_in_a_one_shot_keeps_what_came(pipe: Pipe, ask: Ask, server: Server, number: signal.Signals) -> None:
    gate = server.gate()
    server.reply(Answer(["The sea is", gate, " blue."]))
    running = pipe("--no-stdin", "What is the sea?")
    running.wait_for(b"The sea is")
    running.kill(number)
    done = running.wait_exit()
    assert done.status == STATUSES[number]
    assert done.out == b"The sea is\n"
    assert b"Traceback" not in done.err
    assert kept(ask) == ["What is the sea?", "The sea is", "More?"]


def test_ctrl_c_while_the_server_is_silent_ends_a_one_shot(pipe: Pipe, server: Server) -> None:
    server.reply(Answer([HANG]))
    running = pipe("--no-stdin", "What is the sea?")
    server.wait_for_chat()
    running.kill(signal.SIGINT)
    done = running.wait_exit()
    assert (done.status, done.out) == (130, b"")
    assert b"Traceback" not in done.err


def test_ctrl_c_while_standard_input_is_read_ends_silently(pipe: Pipe, server: Server) -> None:
    running = pipe("Summarise")
    running.wait_for_err(b"reading standard input")
    running.kill(signal.SIGINT)
    done = running.wait_exit()
    assert done.status == 130
    assert b"Traceback" not in done.err
    assert server.requests == []


def test_a_closed_pipe_ends_the_run_silently_and_keeps_what_came(pipe: Pipe, ask: Ask, server: Server) -> None:
    gate = server.gate()
    server.reply(Answer(["one\n", gate, "two\n", "three\n", HANG]))
    running = pipe("--no-stdin", "Count!")
    running.wait_for(b"one\n")
    running.end_output()
    gate.open()
    done = running.wait_exit()
    assert (done.status, done.err) == (141, b"")
    assert kept(ask)[1].startswith("one\n")


def test_a_kill_in_a_one_shot_keeps_the_question_and_what_came(pipe: Pipe, ask: Ask, server: Server) -> None:
    gate = server.gate()
    server.reply(Answer(["The sea is", gate, " blue."]))
    running = pipe("--no-stdin", "What is the sea?")
    running.wait_for(b"The sea is")
    running.kill(signal.SIGKILL)
    assert running.wait_exit().status == 137
    assert kept(ask) == ["What is the sea?", "The sea is", "More?"]
