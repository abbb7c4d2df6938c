"""The test terminal behaves as a terminal does, tried with programs that are not ours."""

import re
import signal
import sys
from collections.abc import Mapping

import pytest

from tests.e2e.conftest import Home
from tests.e2e.display import Display
from tests.e2e.pipes import Pipes, run
from tests.e2e.terminal import Position, Terminal

PROMPT = """
from prompt_toolkit import PromptSession
session = PromptSession("> ")
try:
    while True:
        print("got", repr(session.prompt()))
except EOFError:
    raise SystemExit(3)
"""


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def shows(*output: bytes, columns: int = 20, rows: int = 4) -> list[str]:
    display = Display(columns, rows)
    for data in output:
        display.feed(data)
    return [row for row in display.rows() if row]


# --- a command on a pty ---------------------------------------------------------------------------------------------


def test_what_is_typed_reaches_the_program_and_its_answer_the_screen(home: Home) -> None:
    with Terminal(["cat"], home.env) as terminal:
        terminal.type("hello")
        terminal.press("enter")
        terminal.wait_for("hello\nhello")
        terminal.press("ctrl-d")
        assert terminal.wait_exit() == 0
        assert terminal.raw == b"hello\r\nhello\r\n"


def test_what_was_there_before_the_keys_is_no_sign_of_what_they_did(home: Home) -> None:
    with Terminal(["cat"], home.env) as terminal:
        terminal.type("hello\r")
        terminal.wait_for("hello\nhello")
        terminal.type("hello\r")
        with pytest.raises(AssertionError, match="'hello' was there before the keys were pressed"):
            terminal.wait_for("hello")
        terminal.wait_for("hello\nhello\nhello\nhello")


def test_one_can_wait_until_a_text_is_gone(home: Home) -> None:
    with Terminal(["sh", "-c", "printf hello; read word; printf '\\033[2Jbye'; cat"], home.env) as terminal:
        terminal.wait_for("hello")
        terminal.press("enter")
        terminal.wait_until_gone("hello")
        assert terminal.screen()[1].strip() == "bye"


def test_the_status_is_what_the_program_exits_with(home: Home) -> None:
    with Terminal(["sh", "-c", "exit 7"], home.env) as terminal:
        assert terminal.wait_exit() == 7


def test_death_by_a_signal_is_128_and_its_number(home: Home) -> None:
    with Terminal(["sh", "-c", "kill -TERM $$"], home.env) as terminal:
        assert terminal.wait_exit() == 128 + signal.SIGTERM


def test_ctrl_c_is_a_sigint(home: Home) -> None:
    with Terminal(["sh", "-c", "echo ready; exec cat"], home.env) as terminal:
        terminal.wait_for("ready")
        terminal.press("ctrl-c")
        assert terminal.wait_exit() == 128 + signal.SIGINT


def test_a_command_that_is_not_there_ends_with_127(home: Home) -> None:
    with Terminal(["no-such-command"], home.env) as terminal:
        assert terminal.wait_exit() == 127


def test_ctrl_z_stops_the_program_and_foreground_wakes_it(home: Home) -> None:
    with Terminal(["sh", "-c", "echo ready; exec cat"], home.env) as terminal:
        terminal.wait_for("ready")
        terminal.press("ctrl-z")
        terminal.wait_stopped()
        terminal.foreground()
        terminal.type("back\n")
        terminal.wait_for("back\nback")


def test_closing_the_window_is_a_sighup(home: Home) -> None:
    with Terminal(["sh", "-c", "echo ready; exec sleep 600"], home.env) as terminal:
        terminal.wait_for("ready")
        terminal.hang_up()
        assert terminal.wait_exit() == 128 + signal.SIGHUP


def test_the_program_does_not_outlive_the_test(home: Home) -> None:
    with Terminal(["sh", "-c", "trap '' TERM HUP INT; echo ready; cat"], home.env) as terminal:
        terminal.wait_for("ready")
    assert terminal.wait_exit() == 128 + signal.SIGKILL


def test_all_output_is_there_when_the_exit_is_told(home: Home) -> None:
    with Terminal(["seq", "5000"], home.env) as terminal:
        terminal.wait_exit()
        assert terminal.raw.endswith(b"\r\n5000\r\n")


def test_lines_that_scroll_off_are_kept(home: Home) -> None:
    with Terminal(["seq", "100"], home.env, rows=10) as terminal:
        terminal.wait_exit()
        assert terminal.text().split("\n") == [str(n) for n in range(1, 101)]
        assert terminal.screen()[0] == "92"


def test_a_mode_left_behind_shows_in_termios(home: Home) -> None:
    with Terminal(["sh", "-c", "echo ready; read -r line; stty -echo"], home.env) as terminal:
        terminal.wait_for("ready")
        before = terminal.termios()
        terminal.press("enter")
        terminal.wait_exit()
        assert terminal.termios() != before


def test_a_new_size_is_told_to_the_program(home: Home) -> None:
    program = "trap 'stty size' WINCH; echo ready; while :; do read -r line && exit; done"
    with Terminal(["bash", "-c", program], home.env, rows=24, columns=80) as terminal:
        terminal.wait_for("ready")
        terminal.resize(10, 40)
        terminal.press("enter")
        terminal.wait_for("10 40")


def test_waiting_in_vain_shows_the_screen(home: Home) -> None:
    with (
        Terminal(["sh", "-c", "echo something else; exec cat"], home.env) as terminal,
        pytest.raises(AssertionError, match="something else"),
    ):
        terminal.wait_for(re.compile("no such text"), timeout=0.5)


def test_waiting_ends_when_the_program_does(home: Home) -> None:
    with Terminal(["true"], home.env) as terminal, pytest.raises(AssertionError, match="the program ended"):
        terminal.wait_for("no such text", timeout=600)


# --- a program that knows terminals ---------------------------------------------------------------------------------


def test_prompt_toolkit_finds_a_terminal_it_can_use(home: Home) -> None:
    with Terminal(python(PROMPT), home.env) as terminal:
        terminal.wait_for("> ")
        before = terminal.raw
        assert b"\x1b[6n" in before
        terminal.type("abc")
        terminal.press("left", "left", "x", "enter")
        terminal.wait_for("got 'axbc'\n> ")
        terminal.press("up")
        terminal.wait_for("got 'axbc'\n> axbc")
        terminal.press("ctrl-u", "ctrl-d")
        assert terminal.wait_exit() == 3
        assert b"CPR" not in terminal.raw
        assert terminal.unknown == []


def test_prompt_toolkit_leaves_the_tty_as_it_was(home: Home) -> None:
    with Terminal(["sh", "-c", 'echo ready; read -r line; "$@"', "sh", *python(PROMPT)], home.env) as terminal:
        terminal.wait_for("ready")
        before = terminal.termios()
        terminal.press("enter")
        terminal.wait_for("> ")
        assert terminal.termios() != before
        terminal.press("ctrl-d")
        assert terminal.wait_exit() == 3
        assert terminal.termios() == before
        assert not terminal.has_mode(2004)
        assert not terminal.cursor_is_hidden


def test_a_paste_is_bracketed_for_a_program_that_asked(home: Home) -> None:
    with Terminal(python(PROMPT), home.env) as terminal:
        terminal.wait_for("> ")
        terminal.paste("one\ntwo")
        terminal.press("enter")
        terminal.wait_for(r"got 'one\ntwo'")


def test_a_paste_is_plain_for_a_program_that_did_not_ask(home: Home) -> None:
    with Terminal(["cat"], home.env) as terminal:
        terminal.paste("one\ntwo\n")
        terminal.wait_for("two\none\ntwo")
        assert b"200~" not in terminal.raw


def test_a_large_paste_is_not_lost_though_the_program_reads_slowly(home: Home) -> None:
    program = "import sys, tty; tty.setraw(0); print('ready', flush=True); print(len(sys.stdin.read(300_000)))"
    with Terminal(python(program), home.env) as terminal:
        terminal.wait_for("ready")
        terminal.paste("x" * 300_000)
        terminal.wait_for("300000")


def test_a_program_may_ask_for_the_background(home: Home) -> None:
    program = (
        "import sys, tty; tty.setraw(0); print('\\x1b]11;?\\x07', end='', flush=True); print(repr(sys.stdin.read(25)))"
    )
    with Terminal(python(program), home.env, background="rgb:ffff/ffff/ffff") as terminal:
        terminal.wait_for("rgb:ffff/ffff/ffff")


# --- what is shown --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sequence",
    [
        b"\x1b[?2026h",
        b"\x1b[?2026$p",
        b"\x1b[>4;1m",
        b"\x1b[<u",
        b"\x1b[=1u",
        b"\x1b[!p",
        b"\x1b[2 q",
        b"\x1b[?996n",
        b"\x1b]133;A\x07",
        b"\x1b]8;;https://example.org\x1b\\",
        b"\x1b]52;c;aGVsbG8=\x1b\\",
        b"\x1bP+q544e\x1b\\",
        b"\x1b_Gi=1;AAAA\x1b\\",
        b"\x1b]0;cut off\x1b[m",
        b"\x1b(B",
        b"\x1b=",
    ],
)
def test_a_sequence_never_shows_however_it_is_cut(sequence: bytes) -> None:
    expected = ["before after"]
    assert shows(b"before " + sequence + b"after") == expected
    assert shows(*(bytes([byte]) for byte in b"before " + sequence + b"after")) == expected


def test_a_sequence_the_terminal_does_not_know_is_noted() -> None:
    display = Display()
    display.feed(b"\x1b[?2026h\x1b[1mbold\x1b[>4;1m")
    assert display.unknown == ["\x1b[>4;1m"]


def test_styles_are_told_for_each_cell() -> None:
    display = Display()
    display.feed(b"\x1b[2mfaint\x1b[0;1;38;2;1;2;3mbold\x1b[22;4:3munder\x1b[m")
    assert display.cell(0, 0).faint
    assert display.cell(0, 5).bold
    assert not display.cell(0, 5).faint
    assert display.cell(0, 5).fg == "010203"
    assert display.cell(0, 9).underscore
    assert not display.cell(0, 9).bold


def test_a_colour_number_of_two_is_not_faint() -> None:
    display = Display()
    display.feed(b"\x1b[38;5;2mgreen")
    assert not display.cell(0, 0).faint


def test_a_link_belongs_to_its_cells() -> None:
    display = Display()
    display.feed(b"a\x1b]8;id=1;https://example.org\x1b\\b\x1b[mc\x1b]8;;\x1b\\d")
    assert [display.cell(0, column).link for column in range(4)] == [
        "", "https://example.org", "https://example.org", ""
    ]  # fmt: skip


def test_text_behind_a_zero_width_joiner_is_shown() -> None:
    family = "\U0001f468\u200d\U0001f469 family"
    assert shows(family.encode()) == [family]


def test_a_wide_character_that_does_not_fit_goes_to_the_next_line() -> None:
    assert shows("abc漢".encode(), columns=4) == ["abc", "漢"]


def test_half_of_a_wide_character_does_not_stay() -> None:
    assert shows("漢字".encode() + b"\x1b[2Gx") == [" x字"]
    assert shows("漢字".encode() + b"\x1b[1Gx") == ["x 字"]


def test_a_full_line_does_not_wrap_before_the_next_character() -> None:
    assert shows(b"abcd\r\nefgh", columns=4) == ["abcd", "efgh"]


def test_the_other_screen_leaves_the_first_as_it_was() -> None:
    display = Display(20, 4)
    display.feed(b"first\x1b[?1049h\x1b[Hother")
    assert display.rows()[0] == "other"
    display.feed(b"\x1b[?1049l!")
    assert display.rows()[0] == "first!"


def test_rows_above_a_smaller_window_go_to_the_scrollback() -> None:
    display = Display(20, 4)
    display.feed(b"1\r\n2\r\n3\r\n4")
    display.screen.resize(2, 20)
    assert display.scrollback() == ["1", "2"]
    assert display.rows() == ["3", "4"]
    assert display.screen.cursor.y == 1


def test_clearing_the_scrollback_leaves_the_screen() -> None:
    display = Display(20, 2)
    display.feed(b"1\r\n2\r\n3\x1b[3J")
    assert display.scrollback() == []
    assert display.rows() == ["2", "3"]


def test_a_position_counts_columns_not_characters(home: Home) -> None:
    with Terminal(["printf", "漢字 text"], home.env) as terminal:
        terminal.wait_exit()
        assert terminal.find("text") == Position(0, 5)


# --- without a terminal ---------------------------------------------------------------------------------------------


def test_a_run_gives_status_output_and_errors(plain_env: Mapping[str, str]) -> None:
    done = run(["sh", "-c", "cat; echo wrong >&2; exit 4"], plain_env, stdin=b"text")
    assert (done.status, done.out, done.err) == (4, b"text", b"wrong\n")


def test_a_run_has_no_terminal_to_fall_back_on(plain_env: Mapping[str, str]) -> None:
    assert run(["sh", "-c", "exec 2>/dev/null; : </dev/tty"], plain_env).status != 0


def test_output_can_be_awaited_while_the_program_runs(plain_env: Mapping[str, str]) -> None:
    with Pipes(["sh", "-c", "echo ready; cat; exit 5"], plain_env) as pipes:
        pipes.wait_for(b"ready\n")
        pipes.write(b"more")
        pipes.wait_for(b"more")
        pipes.end_input()
        assert pipes.wait_exit().status == 5


def test_a_reader_that_leaves_closes_the_pipe(plain_env: Mapping[str, str]) -> None:
    with Pipes(["yes"], plain_env) as pipes:
        pipes.wait_for(b"y\n")
        pipes.end_output()
        assert pipes.wait_exit().status == 128 + signal.SIGPIPE
