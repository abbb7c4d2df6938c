"""The one place that writes: which colours a stream gets, what errors and tables look like, and nothing is obeyed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_chat.errors import UsageError
from mistral_chat.screen import CLIP_LIMIT, LONGEST, Depth, Screen, depth
from mistral_chat.text import cells, neutralise
from tests.streams import Stream

COLOURED = {"TERM": "xterm-256color"}
EVIL = "\x1b]0;title\x07\x1b[2J\x9b31m\u202eabc\r\n\x00"


def screen_of(
    terminal: bool = True,
    environment: Mapping[str, str] = COLOURED,
    *,
    color: str = "auto",
    accessible: bool = False,
    quiet: bool = False,
    encoding: str = "utf-8",
) -> tuple[Screen, Stream, Stream]:
    answers, notes = (Stream(terminal=terminal, encoding=encoding) for _ in range(2))
    screen = Screen(answers, notes, environment=environment, color=color, accessible=accessible, quiet=quiet)
    return screen, answers, notes


# ---------------------------------------------------------------- colours


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Depth.STANDARD),
        ({"TERM": "xterm"}, Depth.STANDARD),
        ({"TERM": "linux"}, Depth.STANDARD),
        ({"TERM": "xterm-256color"}, Depth.EIGHT_BIT),
        ({"TERM": "screen-256color"}, Depth.EIGHT_BIT),
        ({"TERM": "xterm-kitty"}, Depth.EIGHT_BIT),
        ({"TERM": "alacritty"}, Depth.EIGHT_BIT),
        ({"TERM": "foot"}, Depth.EIGHT_BIT),
        ({"TERM": "xterm-direct"}, Depth.TRUECOLOR),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, Depth.TRUECOLOR),
        ({"TERM": "xterm", "COLORTERM": "24bit"}, Depth.TRUECOLOR),
        ({"TERM": "dumb"}, Depth.NONE),
        ({"TERM": "dumb", "COLORTERM": "truecolor"}, Depth.NONE),
        ({"TERM": "xterm", "NO_COLOR": "1"}, Depth.NONE),
        ({"TERM": "xterm", "NO_COLOR": ""}, Depth.STANDARD),
        ({"TERM": "xterm", "NO_COLOR": "1", "FORCE_COLOR": "3"}, Depth.NONE),
        ({"TERM": "xterm", "FORCE_COLOR": "0"}, Depth.NONE),
        ({"TERM": "xterm", "FORCE_COLOR": "3"}, Depth.TRUECOLOR),
        ({"TERM": "xterm-256color", "FORCE_COLOR": "yes"}, Depth.EIGHT_BIT),
    ],
)
def test_a_terminal_gets_as_many_colours_as_it_says_it_has(environment: dict[str, str], expected: Depth) -> None:
    assert depth(environment, "auto", is_terminal=True) is expected


@pytest.mark.parametrize(
    ("environment", "color", "expected"),
    [
        (COLOURED, "auto", Depth.NONE),
        (COLOURED, "never", Depth.NONE),
        (COLOURED, "always", Depth.EIGHT_BIT),
        ({**COLOURED, "FORCE_COLOR": "1"}, "auto", Depth.STANDARD),
        ({**COLOURED, "FORCE_COLOR": "0"}, "auto", Depth.NONE),
        ({**COLOURED, "FORCE_COLOR": "1"}, "never", Depth.NONE),
        ({**COLOURED, "NO_COLOR": "1"}, "always", Depth.EIGHT_BIT),
        ({}, "always", Depth.STANDARD),
    ],
)
def test_a_pipe_gets_colours_only_when_they_are_asked_for(
    environment: dict[str, str], color: str, expected: Depth
) -> None:
    assert depth(environment, color, is_terminal=False) is expected


def test_the_setting_never_wins_over_any_terminal() -> None:
    assert depth({"COLORTERM": "truecolor", "FORCE_COLOR": "3"}, "never", is_terminal=True) is Depth.NONE


def test_a_style_is_switched_on_and_off_around_its_text() -> None:
    screen, answers, _ = screen_of()
    screen.styles = {"table.name": "bold"}
    screen.line(("table.name", "model"), " x")
    assert answers.text == "\x1b[1mmodel\x1b[0m x\n"


@pytest.mark.parametrize(
    ("terminal", "environment"), [(False, COLOURED), (True, {"TERM": "dumb"}), (True, {**COLOURED, "NO_COLOR": "1"})]
)
def test_without_colours_nothing_of_a_style_is_written(terminal: bool, environment: dict[str, str]) -> None:
    screen, answers, notes = screen_of(terminal, environment)
    screen.styles = {"table.name": "bold red", "note": "dim", "error": "red"}
    screen.line(("table.name", "model"))
    screen.note("note")
    screen.error(UsageError("wrong"))
    assert answers.text + notes.text == "model\nnote\nwrong\n"


def test_answers_in_a_pipe_are_plain_while_notes_on_a_terminal_are_not() -> None:
    answers, notes = Stream(), Stream(terminal=True)
    screen = Screen(answers, notes, environment=COLOURED)
    screen.styles = {"note": "dim"}
    screen.line("answer")
    screen.note("note")
    assert answers.text == "answer\n"
    assert notes.text == "\x1b[2mnote\x1b[0m\n"


# ---------------------------------------------------------------- what is obeyed


def steers(text: str) -> bool:
    """Whether a terminal would do something else than show it."""
    return any((ord(char) < 32 and char not in "\n\t") or 127 <= ord(char) < 160 or char == "\u202e" for char in text)


def test_nothing_foreign_is_obeyed_in_lines_notes_warnings_errors_and_tables() -> None:
    screen, answers, notes = screen_of(environment={"TERM": "dumb"})
    screen.line(EVIL, ("table.name", EVIL))
    screen.note(EVIL)
    screen.warn(EVIL)
    screen.error(UsageError(EVIL, EVIL, EVIL), EVIL)
    screen.table([(EVIL, EVIL)], ("table.name", "table.value"), (EVIL, EVIL))
    screen.json({EVIL: EVIL})
    assert "abc" in answers.text
    assert "abc" in notes.text
    assert not steers(answers.text + notes.text)


@given(st.text())
def test_a_line_shows_what_neutralise_makes_of_it(text: str) -> None:
    screen, answers, _ = screen_of()
    screen.line(text)
    assert answers.text == neutralise(text) + "\n"


def test_write_is_exact() -> None:
    screen, answers, _ = screen_of()
    screen.write("\x1b[1mbold\x1b[0m")
    assert answers.text == "\x1b[1mbold\x1b[0m"


def test_what_the_encoding_does_not_have_is_a_question_mark() -> None:
    screen, answers, _ = screen_of(encoding="ascii")
    screen.line("café")
    assert answers.text == "caf?\n"


def test_our_own_signs_have_others_in_ascii() -> None:
    screen, answers, _ = screen_of(encoding="ascii")
    screen.line("› a · b — c…")
    assert answers.text == "> a - b - c~\n"


def test_a_lone_surrogate_is_a_question_mark_in_exact_text() -> None:
    screen, answers, _ = screen_of(terminal=False)
    screen.write("a\ud800b")
    assert answers.text == "a?b"


# ---------------------------------------------------------------- notes and errors


def test_quiet_silences_notes_alone() -> None:
    screen, answers, notes = screen_of(quiet=True)
    screen.note("a note")
    screen.warn("a warning")
    screen.error(UsageError("an error"))
    screen.line("a line")
    assert notes.lines == ["warning: a warning", "an error"]
    assert answers.lines == ["a line"]


def test_an_error_is_what_why_and_hint_on_three_lines() -> None:
    screen, answers, notes = screen_of()
    screen.error(UsageError("no setting tempature", "typed at the prompt", "did you mean temperature?"), "mistral-chat")
    assert notes.lines == [
        "mistral-chat: error: no setting tempature",
        "  typed at the prompt",
        "  hint: did you mean temperature?",
    ]
    assert answers.text == ""


@pytest.mark.parametrize(
    ("error", "lines"),
    [
        (UsageError("what"), ["what"]),
        (UsageError("what", "why"), ["what", "  why"]),
        (UsageError("what", hint="hint"), ["what", "  hint: hint"]),
        (
            UsageError("one\ntwo\r\nthree", "four\tfive", "six\u2028seven"),
            ["one two three", "  four five", "  hint: six seven"],
        ),
    ],
)
def test_an_error_has_a_line_for_each_part_and_never_more(error: UsageError, lines: list[str]) -> None:
    screen, _, notes = screen_of()
    screen.error(error)
    assert notes.lines == lines


def test_a_screen_reader_is_told_that_it_is_an_error() -> None:
    screen, _, notes = screen_of(accessible=True)
    screen.error(UsageError("what"))
    assert notes.lines == ["error: what"]


def test_an_error_that_quotes_a_book_is_cut() -> None:
    screen, _, notes = screen_of()
    screen.error(UsageError("x" * 10**6, "世" * 10**6, "y" * 10**6))
    assert all(cells(line) <= LONGEST + len("  hint: ") for line in notes.lines)


def test_notes_warnings_and_errors_are_broken_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    screen, _, notes = screen_of()
    screen.note("saved to ", ("success", "a-very-long-name-of-a-file"), " now")
    screen.warn("copies of the store are left")
    screen.error(UsageError("there is no such thing as this", "not here and not there", "look for it elsewhere"))
    assert notes.lines == [
        "saved to",
        "  a-very-long-name-of-a-file",
        "  now",
        "warning: copies of",
        "  the store are left",
        "there is no such",
        "  thing as this",
        "  not here and not",
        "  there",
        "  hint: look for it",
        "  elsewhere",
    ]


@pytest.mark.parametrize(("terminal", "accessible"), [(False, False), (True, True)])
def test_a_pipe_and_a_screen_reader_get_whole_lines(
    terminal: bool, accessible: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    screen, _, notes = screen_of(terminal, accessible=accessible)
    screen.note("a remark that is longer than twenty")
    assert notes.lines == ["a remark that is longer than twenty"]


def test_each_part_of_a_broken_line_keeps_its_style(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "10")
    screen, answers, _ = screen_of()
    screen.styles = {"table.name": "bold"}
    screen.line("see ", ("table.name", "this one and"), " that", hang=2)
    assert answers.text == "see \x1b[1mthis\x1b[0m\n  \x1b[1mone and\x1b[0m\n  that\n"


# ---------------------------------------------------------------- words and what they mean

WORDS = [("/new", "begin a new session with the same settings"), ("/quit", "leave")]


def glossary(columns: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(columns))
    screen, answers, _ = screen_of()
    screen.glossary(WORDS, 8)
    return answers.lines


def test_what_words_mean_stands_beside_them_in_a_column(monkeypatch: pytest.MonkeyPatch) -> None:
    assert glossary(40, monkeypatch) == [
        "/new    begin a new session with the",
        "        same settings",
        "/quit   leave",
    ]


def test_what_words_mean_stands_below_them_on_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert glossary(25, monkeypatch) == [
        "/new",
        "    begin a new session",
        "    with the same",
        "    settings",
        "/quit",
        "    leave",
    ]


# ---------------------------------------------------------------- tables

HEADER = ("session", "model", "title")
ROWS = [
    ("a1", "mistral-small-latest", "Painters of France and where they were born, in the order of their fame"),
    ("b2", "magistral", "Zürich 世界"),
]
STYLES = ("table.number", "table.origin", "table.name")


def table(columns: int, monkeypatch: pytest.MonkeyPatch, *, terminal: bool = True, whole: bool = False) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(columns))
    screen, answers, _ = screen_of(terminal)
    screen.table(ROWS, STYLES, HEADER, whole=whole)
    return answers.lines


def test_a_table_of_80_columns_cuts_what_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    assert table(80, monkeypatch) == [
        "session  model                 title",
        "a1       mistral-small-latest  Painters of France and where they were born, in …",
        "b2       magistral             Zürich 世界",
    ]


def test_a_table_of_41_columns_cuts_more(monkeypatch: pytest.MonkeyPatch) -> None:
    assert table(41, monkeypatch) == [
        "session  model                 title",
        "a1       mistral-small-latest  Painters …",
        "b2       magistral             Zürich 世…",
    ]


def test_a_table_on_a_narrow_terminal_has_its_cells_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    assert table(40, monkeypatch) == [
        "a1  model mistral-small-latest  title",
        "  Painters of France and where they were",
        "  born, in the order of their fame",
        "b2  model magistral  title Zürich 世界",
    ]


@pytest.mark.parametrize("columns", [20, 1])
def test_a_table_loses_nothing_where_there_is_no_room(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    words = " ".join(f"{session} model {model} title {title}" for session, model, title in ROWS)
    assert " ".join(table(columns, monkeypatch)).split() == words.split()


def test_a_mark_before_some_rows_leaves_the_others_indented_on_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    screen, answers, _ = screen_of()
    screen.table([("•", "magistral", "see"), (" ", "codestral", "")], STYLES, ("", "model", "can"))
    assert answers.lines == ["•  magistral  can", "  see", "   codestral"]


def test_a_table_to_be_shown_whole_is_broken_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    assert table(60, monkeypatch, whole=True) == [
        "session  model                 title",
        "a1       mistral-small-latest  Painters of France and where",
        "                               they were born, in the order",
        "                               of their fame",
        "b2       magistral             Zürich 世界",
    ]


@pytest.mark.parametrize("columns", [80, 55, 54, 20])
def test_a_table_to_be_shown_whole_loses_nothing(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = " ".join(table(columns, monkeypatch, whole=True))
    assert all(word in shown.split() for row in ROWS for cell in row for word in cell.split())


@pytest.mark.parametrize("columns", [80, 20])
def test_a_table_in_a_pipe_has_a_whole_line_for_each_row(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert table(columns, monkeypatch, terminal=False) == [
        "session  model                 title",
        f"a1       mistral-small-latest  {ROWS[0][2]}",
        "b2       magistral             Zürich 世界",
    ]


def test_a_table_without_rows_is_its_header() -> None:
    screen, answers, _ = screen_of()
    screen.table([], STYLES, HEADER)
    assert answers.lines == ["session  model  title"]


def test_a_table_without_anything_is_nothing() -> None:
    screen, answers, _ = screen_of()
    screen.table([], STYLES)
    assert answers.text == ""


def test_a_line_end_in_a_cell_does_not_break_the_row() -> None:
    screen, answers, _ = screen_of()
    screen.table([("a\nb", "c")], ("table.name", "table.value"))
    assert answers.lines == ["a b  c"]


# ---------------------------------------------------------------- JSON

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, st.sampled_from([None, 2]))
def test_json_is_the_value_again_and_nothing_in_it_is_obeyed(value: Any, indent: int | None) -> None:
    screen, answers, _ = screen_of()
    screen.json(value, indent)
    assert json.loads(answers.text) == value
    assert neutralise(answers.text) == answers.text


@given(JSON)
def test_json_without_an_indent_is_one_line_for_every_reader(value: Any) -> None:
    screen, answers, _ = screen_of()
    screen.json(value, indent=None)
    assert answers.text.splitlines() == answers.lines
    assert len(answers.lines) == 1


def test_json_shows_letters_of_all_scripts_as_they_are() -> None:
    screen, answers, _ = screen_of()
    screen.json({"a": "été 世界 👩‍🔬"})
    assert answers.lines == ["{", '  "a": "été 世界 👩‍🔬"', "}"]


def test_only_the_line_with_a_hidden_character_is_escaped() -> None:
    screen, answers, _ = screen_of()
    screen.json(["été", "\u202eété", "\x7f", "\u2028"])
    assert answers.lines == ["[", '  "été",', r'  "\u202e\u00e9t\u00e9",', r'  "\u007f",', r'  "\u2028"', "]"]


def test_a_lone_surrogate_is_escaped_in_json() -> None:
    screen, answers, _ = screen_of(terminal=False)
    screen.json("a\ud800", indent=None)
    assert answers.text == '"a\\ud800"\n'


# ---------------------------------------------------------------- what it is


@pytest.mark.parametrize(
    ("terminal", "color", "is_terminal"),
    [(True, "auto", True), (False, "auto", False), (False, "always", True), (True, "never", True)],
)
def test_always_counts_as_a_terminal(terminal: bool, color: str, is_terminal: bool) -> None:
    assert screen_of(terminal, color=color)[0].is_terminal is is_terminal


@pytest.mark.parametrize(
    ("environment", "accessible", "plain"),
    [(COLOURED, False, False), ({"TERM": "dumb"}, False, True), (COLOURED, True, True)],
)
def test_dumb_terminals_and_screen_readers_are_plain(
    environment: dict[str, str], accessible: bool, plain: bool
) -> None:
    assert screen_of(environment=environment, accessible=accessible)[0].plain is plain


def test_without_a_terminal_the_width_is_80(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert screen_of(terminal=False)[0].width == 80


def test_the_clipboard_is_asked_by_the_terminal() -> None:
    screen, answers, _ = screen_of()
    assert screen.clip("été")
    assert answers.text == "\x1b]52;c;w6l0w6k=\x07"


@pytest.mark.parametrize(("terminal", "environment"), [(False, COLOURED), (True, {"TERM": "dumb"})])
def test_without_a_clever_terminal_there_is_no_clipboard(terminal: bool, environment: dict[str, str]) -> None:
    screen, answers, _ = screen_of(terminal, environment)
    assert not screen.clip("text")
    assert answers.text == ""


def test_a_text_too_long_for_a_terminal_is_not_sent_to_its_clipboard() -> None:
    screen, answers, _ = screen_of()
    assert not screen.clip("x" * (CLIP_LIMIT + 1))
    assert answers.text == ""
