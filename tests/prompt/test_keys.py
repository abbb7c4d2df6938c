"""Each key of the prompt, by what it does to what is read."""

from pathlib import Path

import pytest

from mistral_chat.prompt import Prompt
from tests.prompt.typist import (
    ALT_ENTER,
    BACKSPACE,
    CTRL_A,
    CTRL_C,
    CTRL_D,
    CTRL_J,
    CTRL_X_CTRL_E,
    DOWN,
    END,
    ENTER,
    ESCAPE,
    HOME,
    LEFT,
    RIGHT,
    SHIFT_ENTER,
    TAB,
    UP,
    Typist,
    paste,
)


@pytest.fixture
def typist(tmp_path: Path) -> Typist:
    return Typist(tmp_path / "history")


def test_enter_sends(typist: Typist) -> None:
    assert typist.read("hello", ENTER) == "hello"


def test_enter_in_the_middle_of_a_line_sends_all_of_it(typist: Typist) -> None:
    assert typist.read("hello", LEFT, LEFT, ENTER) == "hello"


@pytest.mark.parametrize("key", [ALT_ENTER, CTRL_J, SHIFT_ENTER, "\x1b[27;2;13~", "\x1b[13;3u", "\x1b[13;5u"])
@pytest.mark.parametrize("edit_mode", ["emacs", "vi"])
def test_a_modified_enter_makes_a_new_line(key: str, edit_mode: str) -> None:
    assert Typist(edit_mode=edit_mode).read("one", key, "two", ENTER) == "one\ntwo"


def test_escape_then_enter_makes_a_new_line(typist: Typist) -> None:
    assert typist.read("one", ESCAPE, ENTER, "two", ENTER) == "one\ntwo"


@pytest.mark.parametrize("key", ["b", "f", "d", "<", ".", "\x7f", "\x1b[D"])
def test_escape_alone_is_not_the_alt_of_the_next_key(typist: Typist, key: str) -> None:
    assert typist.read("one two", ESCAPE, key, ENTER) == typist.read("one two", key, ENTER)


def test_alt_keys_go_by_words(typist: Typist) -> None:
    assert typist.read("one two", "\x1bb", ">", ENTER) == "one >two"
    assert typist.read("one two", "\x1b\x7f", ENTER) == "one "


def test_escape_twice_is_nothing(typist: Typist) -> None:
    assert typist.read("one", ESCAPE, ESCAPE, "best", ENTER) == "onebest"


def test_a_new_line_keeps_the_indentation_of_code(typist: Typist) -> None:
    assert (
        typist.read("def f():", CTRL_J, "    x = 1", CTRL_J, "return x", ENTER) == "def f():\n    x = 1\n    return x"
    )


def test_tab_at_the_beginning_of_a_line_indents(typist: Typist) -> None:
    assert typist.read("if x:", CTRL_J, TAB, "y()", ENTER) == "if x:\n    y()"


def test_ctrl_d_in_an_empty_prompt_leaves(typist: Typist) -> None:
    with pytest.raises(EOFError):
        typist.read(CTRL_D)


def test_ctrl_d_in_a_draft_deletes_the_letter_under_the_cursor(typist: Typist) -> None:
    assert typist.read("hello", CTRL_A, CTRL_D, ENTER) == "ello"


def test_ctrl_c_clears_the_draft_and_goes_on(typist: Typist) -> None:
    assert typist.read("wrong", CTRL_C, "right", ENTER) == "right"


def test_ctrl_c_keeps_the_draft_in_the_history(typist: Typist) -> None:
    assert typist.read("wrong", CTRL_C, UP, ENTER) == "wrong"


def test_ctrl_c_in_an_empty_prompt_tells_how_to_leave(typist: Typist) -> None:
    typist.read(CTRL_C, lambda: typist.shows("Ctrl-D leaves"), ENTER)


def test_a_hint_goes_when_something_is_typed(typist: Typist) -> None:
    typist.read(CTRL_C, "/model ", ESCAPE, lambda: typist.shows(" /model [NAME]"), CTRL_C, ENTER)
    typist.read(CTRL_C, "h", lambda: typist.shows("25 tokens"), ENTER)


def test_ctrl_c_gives_up_a_draft_that_was_put_into_the_prompt(typist: Typist) -> None:
    assert typist.read(CTRL_C, draft="an earlier message") == ""


def test_a_draft_that_is_given_up_leaves_no_row(typist: Typist) -> None:
    async def twice(prompt: Prompt) -> str:
        await prompt.read("an earlier\nmessage")
        return await prompt.read()

    assert typist.does(twice, CTRL_C, "next", lambda: typist.rows()[0] == "› next", ENTER) == "next"
    assert typist.rows()[0] == "› next"


def test_a_draft_that_is_put_into_the_prompt_can_be_changed(typist: Typist) -> None:
    assert typist.read("!", ENTER, draft="an earlier message") == "an earlier message!"


def test_an_empty_line_is_read_as_it_is(typist: Typist) -> None:
    assert typist.read(ENTER) == ""


def test_up_and_down_walk_through_the_history(typist: Typist) -> None:
    assert typist.reads("one", ENTER, "two", ENTER, UP, UP, DOWN, ENTER, times=3)[2] == "two"


def test_down_comes_back_to_the_draft(typist: Typist) -> None:
    assert typist.reads("one", ENTER, "tw", UP, DOWN, "o", ENTER, times=2)[1] == "two"


def test_up_goes_a_line_up_where_there_is_one(typist: Typist) -> None:
    assert typist.reads("old", ENTER, "one", CTRL_J, "two", UP, "!", ENTER, times=2)[1] == "one!\ntwo"


def test_up_on_the_first_line_goes_into_the_history(typist: Typist) -> None:
    assert typist.reads("old", ENTER, "one", CTRL_J, "two", UP, UP, ENTER, times=2)[1] == "old"


def test_down_goes_a_line_down_where_there_is_one(typist: Typist) -> None:
    assert typist.reads("old", ENTER, "one", CTRL_J, "two", UP, DOWN, "!", ENTER, times=2)[1] == "one\ntwo!"


def test_what_was_changed_in_an_entry_is_still_there_on_the_way_back(typist: Typist) -> None:
    assert typist.reads("one", ENTER, UP, "!", DOWN, UP, ENTER, times=2)[1] == "one!"


def test_home_and_end_stay_in_the_line(typist: Typist) -> None:
    assert typist.read("one", CTRL_J, "two", HOME, ">", END, "<", ENTER) == "one\n>two<"


def test_backspace_joins_lines(typist: Typist) -> None:
    assert typist.read("one", CTRL_J, BACKSPACE, "two", ENTER) == "onetwo"


def test_vi_keys_edit_in_vi_mode() -> None:
    typist = Typist(edit_mode="vi")
    assert typist.read("hello world", ESCAPE, "0", "dw", "A", "!", ENTER) == "world!"


def test_vi_goes_through_the_history_with_k(tmp_path: Path) -> None:
    typist = Typist(tmp_path / "history", edit_mode="vi")
    assert typist.reads("one", ENTER, ESCAPE, "k", ENTER, times=2)[1] == "one"


def test_emacs_keys_edit_in_emacs_mode(typist: Typist) -> None:
    assert typist.read("hello world", "\x17", CTRL_A, "> ", ENTER) == "> hello "


def test_a_key_the_prompt_does_not_know_types_nothing(typist: Typist) -> None:
    assert (
        typist.read("a", "\x1b[57441u", "\x1b[?997;1n", "\x1b[I", "\x1b]11;rgb:0000/0000/0000\x07", "b", ENTER) == "ab"
    )


def test_keys_that_follow_enter_at_once_are_for_the_next_prompt(typist: Typist) -> None:
    assert typist.reads("one\rtwo\rthr", "ee", ENTER, times=3) == ["one", "two", "three"]


@pytest.mark.parametrize("text", ["日本語", "é", "👩‍👩‍👧", "שלום", "a\u0301"])
def test_any_script_can_be_typed(text: str) -> None:
    assert Typist().read(text, ENTER) == text


def test_a_byte_that_is_no_utf_8_becomes_a_replacement_character(typist: Typist) -> None:
    assert typist.read("a", b"\xff", "b", ENTER) == "a\ufffdb"


def test_the_editor_changes_the_draft(typist: Typist, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "sed -i s/cat/dog/")
    assert typist.read("a cat", CTRL_X_CTRL_E, lambda: typist.shows("a dog"), ENTER) == "a dog"


def test_visual_goes_before_editor(typist: Typist, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "sed -i s/cat/dog/")
    monkeypatch.setenv("EDITOR", "sed -i s/cat/cow/")
    assert typist.read("a cat", CTRL_X_CTRL_E, lambda: typist.shows("a dog"), ENTER) == "a dog"


def test_the_editor_gets_a_long_paste_in_full(typist: Typist, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "sed -i s/^/-/")
    text = "\n".join("x" * number for number in range(30))
    assert typist.read(paste(text), CTRL_X_CTRL_E, lambda: typist.shows("-xxx"), ENTER) == "\n".join(
        "-" + line for line in text.split("\n")
    )


def test_a_paste_that_the_editor_left_alone_stays_folded(typist: Typist, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "sed -i s/see/look:/")

    text = "\n".join("x" * number for number in range(30))
    folded = "› look: [pasted 30 lines]"
    assert typist.read("see ", paste(text), CTRL_X_CTRL_E, lambda: typist.shows(folded), ENTER) == "look: " + text


@pytest.mark.parametrize(
    ("editor", "told"),
    [
        ("sh -c 'exit 3'", "the editor failed: sh: exit status 3"),
        ("sh -c 'kill $$'", "the editor failed: sh: ended by signal 15"),
        ("no-such-editor -w", "the editor failed: No such file or directory: no-such-editor"),
        ("/", "the editor failed: Permission denied: /"),
        ('"bad', '$VISUAL cannot be read: no closing quotation in "bad'),
    ],
)
def test_an_editor_that_fails_leaves_the_draft_as_it_is(
    typist: Typist, monkeypatch: pytest.MonkeyPatch, editor: str, told: str
) -> None:
    monkeypatch.setenv("VISUAL", editor)
    assert typist.read("a cat", CTRL_X_CTRL_E, lambda: typist.rows()[-1].strip() == told, ENTER) == "a cat"


def test_a_suggestion_from_the_history_is_taken_with_the_right_arrow(typist: Typist) -> None:
    assert typist.reads("tell me more", ENTER, "tell", RIGHT, ENTER, times=2)[1] == "tell me more"
