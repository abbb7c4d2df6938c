"""Pastes: one message, however long; folded, sent whole, opened, kept."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_chat.prompt.paste import Pastes, is_long, lines_end_in_lf
from tests.prompt.typist import BACKSPACE, CTRL_C, CTRL_J, ENTER, LEFT, TAB, UP, Piece, Typist, paste

LONG = "\n".join(f"line {number}" for number in range(812))
MARKS = st.characters(min_codepoint=0x100000, max_codepoint=0x100005)
TEXTS = st.text(st.characters() | MARKS)


@pytest.fixture
def typist(tmp_path: Path) -> Typist:
    return Typist(tmp_path / "history")


def test_a_paste_of_several_lines_is_one_message(typist: Typist) -> None:
    assert typist.read(paste("one\ntwo\nthree"), ENTER) == "one\ntwo\nthree"


def test_a_short_paste_is_shown(typist: Typist) -> None:
    typist.read(paste("one\ntwo"), lambda: typist.rows()[:2] == ["› one", "  two"], ENTER)


def test_a_long_paste_is_folded_and_sent_whole(typist: Typist) -> None:
    assert typist.read("see ", paste(LONG), lambda: typist.shows("› see [pasted 812 lines]"), ENTER) == "see " + LONG


def test_the_cursor_stands_behind_what_is_shown_for_a_paste(typist: Typist) -> None:
    shown = "› see [pasted 812 lines]!"
    typist.read("see ", paste(LONG), "!", lambda: typist.display.screen.cursor.x == len(shown), ENTER)


def test_several_long_pastes_are_each_sent_in_their_place(typist: Typist) -> None:
    other = LONG.upper() + "\nand more"
    both = "› [pasted 812 lines] and [pasted 813 lines]!"
    read = typist.read(paste(LONG), " and ", paste(other), "!", lambda: typist.shows(both), ENTER)
    assert read == f"{LONG} and {other}!"


def test_the_same_long_paste_twice_is_sent_twice(typist: Typist) -> None:
    assert typist.read(paste(LONG), paste(LONG), ENTER) == LONG + LONG


def test_one_backspace_deletes_a_folded_paste(typist: Typist) -> None:
    assert typist.read("see ", paste(LONG), BACKSPACE, "this", ENTER) == "see this"


def test_the_cursor_goes_over_a_folded_paste_in_one_step(typist: Typist) -> None:
    assert typist.read("a", paste(LONG), LEFT, "b", ENTER) == "ab" + LONG


def test_a_long_line_without_line_ends_is_folded_by_its_length(typist: Typist) -> None:
    typist.read(paste("x" * 5000), lambda: typist.shows("[pasted 5,000 characters]"), ENTER)


def test_tab_opens_a_folded_paste_for_editing(typist: Typist) -> None:
    text = "\n".join("x" * 30)
    assert typist.read(paste(text), TAB, lambda: not typist.shows("pasted"), "!", ENTER) == text + "!"


def test_a_paste_that_is_too_long_for_the_prompt_says_how_to_open_it(typist: Typist) -> None:
    typist.read(paste("x" * 200_000), TAB, lambda: typist.shows("Ctrl-X Ctrl-E"), ENTER)


def test_a_folded_paste_comes_back_folded_from_the_history(typist: Typist) -> None:
    folded = "› see [pasted 812 lines]"
    read = typist.reads("see ", paste(LONG), ENTER, UP, lambda: typist.rows()[1:2] == [folded], ENTER, times=2)
    assert read[1] == "see " + LONG


def test_a_folded_paste_survives_in_the_history_of_the_next_run(tmp_path: Path) -> None:
    Typist(tmp_path / "history").read("see ", paste(LONG), ENTER)
    typist = Typist(tmp_path / "history")
    assert typist.read(UP, lambda: typist.shows("› see [pasted 812 lines]"), ENTER) == "see " + LONG


def test_a_draft_that_could_not_be_sent_comes_back_folded(typist: Typist) -> None:
    async def send_twice(prompt: object) -> str:
        sent = await typist.prompt.read()
        return await typist.prompt.read(sent)

    twice: list[Piece] = [paste(LONG), ENTER, lambda: typist.shows("lines]\n› [pasted 812 lines]"), ENTER]
    assert typist.does(send_twice, *twice) == LONG


def test_enter_in_a_paste_sends_nothing(typist: Typist) -> None:
    assert typist.read(paste("one\n"), "two", ENTER) == "one\ntwo"


def test_carriage_returns_in_a_paste_are_line_ends(typist: Typist) -> None:
    assert typist.read("\x1b[200~one\r\ntwo\rthree\nfour\x1b[201~", ENTER) == "one\ntwo\nthree\nfour"


def test_escape_sequences_in_a_paste_are_text(typist: Typist) -> None:
    assert typist.read("\x1b[200~\x1b[A\x03\x04\x1b[201~", ENTER) == "\x1b[A\x03\x04"


def test_a_paste_into_a_search_is_looked_for(typist: Typist) -> None:
    assert typist.reads("a needle here", ENTER, "\x12", paste("needle"), ENTER, ENTER, times=2)[1] == "a needle here"


def test_ctrl_c_keeps_a_folded_paste_in_the_history(typist: Typist) -> None:
    assert typist.read(paste(LONG), CTRL_C, UP, ENTER) == LONG


def test_a_megabyte_is_pasted_whole(typist: Typist) -> None:
    text = "0123456789abcde\n" * 65536
    assert typist.read(paste(text), ENTER) == text


def test_text_that_hides_or_turns_the_line_is_shown_as_what_it_is(typist: Typist) -> None:
    typist.read(paste("a\u202eb"), lambda: typist.shows("a‹U+202E›b"), ENTER)


def test_a_new_line_after_a_folded_paste_goes_on_below(typist: Typist) -> None:
    assert typist.read(paste(LONG), CTRL_J, "what is this?", ENTER) == LONG + "\nwhat is this?"


@given(st.lists(TEXTS))
def test_unfolding_gives_what_was_folded(texts: list[str]) -> None:
    pastes = Pastes()
    assert pastes.unfold("".join([pastes.fold(text) for text in texts])) == "".join(texts)


@given(st.lists(TEXTS), TEXTS)
def test_unfolding_gives_what_was_folded_again(pasted: list[str], text: str) -> None:
    pastes = Pastes()
    for one in pasted:
        pastes.hold(one)
    assert pastes.unfold(pastes.refold(text + "".join(pasted))) == text + "".join(pasted)


@pytest.mark.parametrize(
    ("text", "long"),
    [
        ("\n" * 19, False),
        ("\n" * 20, True),
        ("x" * 2048, False),
        ("x" * 2049, True),
        ("é" * 1024, False),
        ("é" * 1025, True),
    ],
)
def test_long_is_over_20_lines_or_2_kb(text: str, long: bool) -> None:
    assert is_long(text) is long


@given(st.text(alphabet="a\r\n"))
def test_line_ends_become_lf(text: str) -> None:
    assert "\r" not in lines_end_in_lf(text)
    assert len(lines_end_in_lf(text).split("\n")) == len(text.splitlines()) + (text.endswith(("\r", "\n")) or not text)


def test_a_folded_paste_comes_with_the_way_to_open_it() -> None:
    typist = Typist()
    typist.read(paste("x\n" * 30), lambda: typist.shows("Tab opens the paste"), ENTER)


def test_a_short_paste_comes_without_a_hint() -> None:
    typist = Typist()
    typist.read(paste("short"), lambda: typist.shows("25 tokens"), ENTER)
