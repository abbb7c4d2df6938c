"""The history file: any text comes back, programs share it, nobody else reads it."""

import multiprocessing
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mistral_chat.prompt import history as histories
from mistral_chat.prompt.history import History, read, written
from mistral_chat.prompt.paste import Pastes
from tests.prompt.typist import CTRL_A, CTRL_C, CTRL_G, CTRL_J, CTRL_R, CTRL_S, DOWN, ENTER, ESCAPE, RIGHT, UP, Typist

TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\\n[]\n\r"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "history"


@pytest.fixture
def typist(path: Path) -> Typist:
    return Typist(path)


@given(st.lists(st.tuples(TEXTS, st.booleans())))
def test_a_draft_with_pastes_comes_back_from_its_line(pieces: list[tuple[str, bool]]) -> None:
    before, after = Pastes(), Pastes()
    draft = "".join(before.hold(text) if is_paste else text for text, is_paste in pieces)
    line = written(draft, before)
    assert "\n" not in line
    assert after.unfold(read(line, after)) == before.unfold(draft)


@given(st.lists(TEXTS.filter(bool), max_size=20))
@settings(max_examples=30)
def test_entries_come_back_in_another_run(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("data") / "history"
    pastes = Pastes()
    for text in texts:
        History(path).add(written(text, pastes))
    again = History(path)
    again.refresh()
    expected = [text for number, text in enumerate(texts) if number == 0 or text != texts[number - 1]]
    assert [read(line, pastes) for line in again.lines] == expected


@given(st.text(), st.text())
def test_a_damaged_line_is_read_as_something(line: str, more: str) -> None:
    pastes = Pastes()
    read(line, pastes)
    read(r"a\[" + line + "\\", pastes)


def test_the_file_is_for_its_user_alone_under_any_umask(path: Path) -> None:
    before = os.umask(0o777)
    try:
        History(path).add("one")
        History(path).add("two")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == "one\ntwo\n"


def test_a_file_that_others_could_read_is_closed_to_them(path: Path) -> None:
    path.parent.mkdir()
    path.touch(0o644)
    History(path).add("one")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_another_program_added_is_seen(path: Path) -> None:
    one, other = History(path), History(path)
    one.add("first")
    other.add("second")
    one.refresh()
    assert one.lines == ["first", "second"]


def test_a_line_that_was_cut_off_harms_no_other(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("whole\ncut o")
    one = History(path)
    one.add("next")
    assert one.lines == ["whole", "cut o", "next"]


def _add_many(path: Path, name: str) -> None:
    one = History(path)
    for number in range(200):
        one.add(f"{name} {number} " + "x" * 500)


def test_programs_that_write_at_once_lose_nothing(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_add_many, args=(path, name)) for name in ("one", "two", "three")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    lines = path.read_text().splitlines()
    for name in ("one", "two", "three"):
        assert [line.split()[1] for line in lines if line.startswith(name + " ")] == [str(n) for n in range(200)]
    assert {len(line.split()[2]) for line in lines} == {500}


def test_a_file_that_grows_too_long_keeps_its_newest_half(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histories, "MOST_BYTES", 1000)
    one, other = History(path), History(path)
    one.add("an entry that the other one knows")
    other.refresh()
    for number in range(300):
        one.add(f"entry {number}")
    other.refresh()
    assert path.stat().st_size < 1100
    assert other.lines == path.read_text().splitlines()
    assert other.lines[-1] == "entry 299"
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_cannot_be_written_keeps_entries_for_this_run(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    one = History(tmp_path / "file" / "history")
    one.add("one")
    one.add("two")
    assert one.lines == ["one", "two"]


def test_without_a_path_entries_last_for_this_run() -> None:
    typist = Typist(None)
    assert typist.reads("one", ENTER, UP, ENTER, times=2) == ["one", "one"]


def test_the_history_goes_on_in_the_next_run(path: Path) -> None:
    Typist(path).read("one", CTRL_J, "two", ENTER)
    assert Typist(path).read(UP, ENTER) == "one\ntwo"


def test_the_draft_is_still_there_when_another_program_has_added_something(typist: Typist, path: Path) -> None:
    def another_adds() -> bool:
        History(path).add("from another")
        return True

    assert typist.reads("one", ENTER, "my dra", UP, another_adds, DOWN, DOWN, "ft", ENTER, times=2)[1] == "my draft"


def test_what_another_program_has_added_meanwhile_is_reached(typist: Typist, path: Path) -> None:
    def another_adds() -> bool:
        History(path).add("from another")
        return True

    assert typist.reads("one", ENTER, path.exists, another_adds, UP, ENTER, times=2)[1] == "from another"


def test_the_same_entry_twice_in_a_row_is_kept_once(typist: Typist, path: Path) -> None:
    typist.reads("one", ENTER, "one", ENTER, times=2)
    assert path.read_text() == "one\n"


def test_a_line_that_begins_with_a_blank_is_not_kept(typist: Typist, path: Path) -> None:
    assert typist.read(" secret", ENTER) == " secret"
    assert not path.exists()


def test_the_newest_entry_that_begins_so_is_suggested(typist: Typist) -> None:
    suggested = "› tell me more"
    typist.reads("tell me less", ENTER, "tell me more", ENTER, "tel", lambda: typist.shows(suggested), ENTER, times=3)
    assert typist.rows()[2:] == ["› tel"]


def test_only_the_first_line_of_an_entry_is_suggested(typist: Typist) -> None:
    assert typist.reads("one", CTRL_J, "two", ENTER, "o", RIGHT, ENTER, times=2)[1] == "one"


def test_nothing_is_suggested_within_a_line(typist: Typist) -> None:
    typist.reads("tell me", ENTER, "tel", "\x1b[D", lambda: typist.rows()[1:2] == ["› tel"], ENTER, times=2)


def test_a_suggestion_with_a_backslash_is_meant_as_it_was_typed(typist: Typist) -> None:
    assert typist.reads(r"a\nb", ENTER, "a", RIGHT, ENTER, times=2)[1] == r"a\nb"


@given(st.lists(st.text(alphabet="ab\\\n", min_size=1, max_size=5)), st.text(alphabet="ab\\\n", min_size=1, max_size=3))
def test_the_suggestion_is_how_the_newest_entry_that_begins_so_goes_on(entries: list[str], typed: str) -> None:
    one, pastes = History(None), Pastes()
    for entry in entries:
        one.add(written(entry, pastes))
    goes_on = [entry[len(typed) :] for entry in entries if entry.startswith(typed)]
    assert read(one.suggest(written(typed, pastes)), pastes) == (goes_on[-1] if goes_on else "")


@given(st.lists(st.text(alphabet="abAB\\\nİ", min_size=1, max_size=5)), st.text(alphabet="ab", min_size=1, max_size=3))
def test_the_search_finds_the_newest_entry_that_has_the_words_in_it(entries: list[str], words: str) -> None:
    one, pastes = History(None), Pastes()
    for entry in entries:
        one.add(written(entry, pastes))
    before = len(one.lines)
    found = []
    while (place := one.search(words, before)) is not None:
        found.append(place)
        before = place
    having = [place for place, line in enumerate(one.lines) if words in read(line, pastes).lower()]
    assert found == having[::-1]


ENTRIES = ["first thing", ENTER, "second banana", ENTER, "third thing", ENTER]


def test_ctrl_r_finds_the_newest_entry(typist: Typist) -> None:
    assert typist.reads(*ENTRIES, CTRL_R, "thing", ENTER, ENTER, times=4)[3] == "third thing"


def test_ctrl_r_again_finds_an_older_one(typist: Typist) -> None:
    assert typist.reads(*ENTRIES, CTRL_R, "thing", CTRL_R, ENTER, ENTER, times=4)[3] == "first thing"


def test_ctrl_s_finds_a_newer_one(typist: Typist) -> None:
    assert typist.reads(*ENTRIES, CTRL_R, "thing", CTRL_R, CTRL_S, ENTER, ENTER, times=4)[3] == "third thing"


def test_the_search_shows_the_entry_and_what_is_looked_for(typist: Typist) -> None:
    def shown() -> bool:
        return typist.rows()[-2:] == ["› second banana", "search the history: nan"]

    typist.reads(*ENTRIES, CTRL_R, "nan", shown, ENTER, ENTER, times=4)


def test_the_search_leaves_room_to_type_in_a_narrow_terminal(path: Path) -> None:
    typist = Typist(path, columns=20)
    typist.reads("a banana", ENTER, CTRL_R, "nan", lambda: typist.rows()[-1] == "search: nan", ENTER, ENTER, times=2)


def test_the_search_says_when_nothing_is_found(typist: Typist) -> None:
    typist.reads(*ENTRIES, CTRL_R, "nanx", lambda: typist.shows("not in the history: nanx"), ESCAPE, ENTER, times=4)


@pytest.mark.parametrize("key", [ESCAPE, CTRL_G, CTRL_C])
def test_a_search_that_is_left_gives_the_draft_back(typist: Typist, key: str) -> None:
    assert typist.reads(*ENTRIES, "my draft", CTRL_R, "nan", key, ENTER, times=4)[3] == "my draft"


def test_a_search_that_is_left_gives_the_place_of_the_cursor_back(typist: Typist) -> None:
    assert typist.reads(*ENTRIES, "my draft", CTRL_A, CTRL_R, "nan", ESCAPE, ">", ENTER, times=4)[3] == ">my draft"


def test_what_was_found_can_be_changed(typist: Typist) -> None:
    assert typist.reads(*ENTRIES, CTRL_R, "nan", RIGHT, "\x05!", ENTER, times=4)[3] == "second banana!"


def test_the_walk_goes_on_from_what_was_found(typist: Typist) -> None:
    assert typist.reads(*ENTRIES, CTRL_R, "nan", ENTER, DOWN, ENTER, times=4)[3] == "third thing"


def test_a_search_from_the_commands_of_vi_takes_letters_and_leads_back_to_commands(path: Path) -> None:
    typist = Typist(path, edit_mode="vi")

    def found() -> bool:
        return typist.rows()[-2:] == ["› second banana", "search the history: ban"]

    assert typist.reads(*ENTRIES, ESCAPE, CTRL_R, "ban", found, ENTER, "D", ENTER, times=4)[3] == "second "
