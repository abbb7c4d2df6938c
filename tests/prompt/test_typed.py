"""Whether what was read was typed: words with an @ that came in otherwise may be anybody's, and name no files."""

from pathlib import Path

import pytest

from mistral_chat.prompt import Prompt
from tests.prompt.typist import (
    CTRL_A,
    CTRL_C,
    CTRL_R,
    CTRL_X_CTRL_E,
    DOWN,
    END,
    ENTER,
    ESCAPE,
    RIGHT,
    TAB,
    UP,
    Piece,
    Typist,
    paste,
)

CTRL_K, CTRL_U, CTRL_Y, UNDO = "\x0b", "\x15", "\x19", "\x1f"
LONG = "@a\n" * 100


@pytest.fixture
def typist(tmp_path: Path) -> Typist:
    return Typist(tmp_path / "history")


def typed(typist: Typist, *pieces: Piece, times: int = 1, draft: str = "") -> list[bool]:
    """Of each of so many prompts, whether what it read was typed."""

    async def read(prompt: Prompt) -> list[bool]:
        found = []
        for number in range(times):
            await prompt.read(draft if number == 0 else "")
            found.append(prompt.typed)
        return found

    return typist.does(read, *pieces)


def test_what_comes_by_keys_was_typed(typist: Typist) -> None:
    assert typed(typist, "look at @a.png", ENTER) == [True]


def test_what_was_pasted_was_not_typed(typist: Typist) -> None:
    assert typed(typist, paste("look at @a.png"), ENTER) == [False]


def test_a_long_paste_was_not_typed(typist: Typist) -> None:
    assert typed(typist, "see ", paste(LONG), ENTER) == [False]


def test_a_paste_among_typed_words_counts_for_all(typist: Typist) -> None:
    assert typed(typist, "@a ", paste("and @b"), " and @c", ENTER) == [False]


def test_a_paste_counts_also_when_it_was_taken_out_again(typist: Typist) -> None:
    assert typed(typist, paste("@a"), CTRL_U, "@b", ENTER) == [False]
    assert typed(typist, paste("@a"), UNDO, "@b", ENTER) == [False]


def test_a_paste_without_an_at_sign_does_no_harm(typist: Typist) -> None:
    assert typed(typist, "@", paste("folder/a.png"), ENTER) == [True]


def test_the_next_prompt_begins_anew(typist: Typist) -> None:
    assert typed(typist, paste("@a"), ENTER, "@b", ENTER, times=2) == [False, True]
    assert typed(typist, paste("@a"), CTRL_C, "@b", ENTER) == [True]


def test_an_entry_of_the_history_may_have_been_pasted(typist: Typist) -> None:
    assert typed(typist, "see @a", ENTER, UP, ENTER, times=2) == [True, False]


def test_a_draft_is_still_typed_when_one_comes_back_from_the_history(typist: Typist) -> None:
    assert typed(typist, "old @a", ENTER, "new @b", UP, DOWN, ENTER, times=2) == [True, True]


def test_a_pasted_draft_is_still_pasted_when_one_comes_back_from_the_history(typist: Typist) -> None:
    assert typed(typist, "old", ENTER, paste("@b"), UP, DOWN, ENTER, times=2) == [True, False]


def test_an_entry_that_was_searched_for_may_have_been_pasted(typist: Typist) -> None:
    assert typed(typist, "see @a", ENTER, CTRL_R, "see", ENTER, ENTER, times=2) == [True, False]


def test_a_search_that_is_given_up_leaves_the_draft_typed(typist: Typist) -> None:
    assert typed(typist, "see @a", ENTER, "new @b", CTRL_R, "see", ESCAPE, ENTER, times=2) == [True, True]


def test_a_suggestion_may_have_been_pasted(typist: Typist) -> None:
    shown = [lambda: typist.rows()[1:2] == ["› see this @a"]]
    assert typed(typist, "see this @a", ENTER, "see", *shown, RIGHT, ENTER, times=2) == [True, False]


def test_what_was_cut_out_may_have_been_pasted(typist: Typist) -> None:
    assert typed(typist, paste("@a"), CTRL_A, CTRL_K, CTRL_C, CTRL_Y, END, ENTER) == [False]


def test_a_file_that_was_completed_was_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typist: Typist) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "me@home.txt").write_text("")
    assert typed(typist, "see @me", TAB, lambda: typist.shows("@me@home.txt"), ENTER) == [True]


def test_what_an_editor_brings_may_have_been_pasted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typist: Typist
) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf %s "see @a" > "$1"\n')
    editor.chmod(0o700)
    monkeypatch.setenv("VISUAL", str(editor))
    assert typed(typist, CTRL_X_CTRL_E, lambda: typist.shows("see @a"), ENTER) == [False]


def test_a_draft_that_is_given_may_have_been_pasted(typist: Typist) -> None:
    assert typed(typist, ENTER, draft="see @a") == [False]
    assert typed(typist, "@a", ENTER, draft="see ") == [True]


def test_a_message_that_could_not_be_sent_is_as_typed_as_before(typist: Typist) -> None:
    async def send_twice(prompt: Prompt) -> bool:
        sent = await prompt.read()
        await prompt.read(sent)
        return prompt.typed

    assert typist.does(send_twice, "@a", ENTER, " and @b", ENTER)
    assert not typist.does(send_twice, paste("@a"), ENTER, " and @b", ENTER)


@pytest.mark.parametrize(("name", "value"), [("TERM", "linux"), ("TERM", "eterm-color"), ("STY", "1.pts")])
def test_where_pastes_come_as_keys_nothing_was_surely_typed(
    monkeypatch: pytest.MonkeyPatch, typist: Typist, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert typed(typist, "@a", ENTER) == [False]
