"""What is offered: derived from the declarations of commands and settings, and from the world."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_chat.arguments import Offer
from mistral_chat.prompt.completion import Found, common, complete, matches, usage
from mistral_chat.settings import SETTINGS
from tests.prompt.typist import BACKSPACE, CTRL_C, DOWN, ENTER, ESCAPE, TAB, UP, SmallWorld, Typist, commands


@pytest.fixture
def typist() -> Typist:
    return Typist()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a few files."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "one.md").write_text("x" * 2000)
    (tmp_path / "my plan.txt").write_text("x")
    (tmp_path / "photo.png").write_text("")
    (tmp_path / ".hidden").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def offered(before: str) -> list[str]:
    return [found.word for found in complete(before, commands, SmallWorld())]


def found(before: str) -> Found:
    return complete(before, commands, SmallWorld())[0]


def test_a_slash_offers_every_command_in_its_order() -> None:
    assert [word.strip() for word in offered("/")] == ["/" + name for name in commands.by_name]


def test_a_command_is_offered_with_its_help() -> None:
    assert found("/mod").help == "The model that answers."


def test_a_command_that_takes_something_is_followed_by_a_blank() -> None:
    assert offered("/mod") == ["/model "]


def test_a_message_that_begins_with_two_slashes_offers_nothing() -> None:
    assert offered("//mod") == []


def test_a_message_offers_nothing() -> None:
    assert offered("tell me") == []


def test_models_are_offered_with_what_the_world_knows_of_them() -> None:
    assert offered("/model ") == ["mistral-large-latest", "codestral-latest"]
    assert found("/model ").help == "131k · vision"


def test_blanks_before_an_argument_do_no_harm() -> None:
    assert offered("/model   code") == ["codestral-latest"]


def test_letters_may_be_left_out() -> None:
    assert offered("/model mlrg") == ["mistral-large-latest"]
    assert [found("/model mlrg").shown[place] for place in found("/model mlrg").matched] == list("mlrg")


def test_a_word_is_found_by_its_explanation_when_no_word_is_like_it() -> None:
    assert offered("/model VISION") == ["mistral-large-latest"]


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        ("", ["5t0w6", "c9k2m", "x4h7d"]),
        ("to", ["x4h7d"]),
        ("wrld", ["c9k2m"]),
        ("x", ["c9k2m", "x4h7d"]),
        ("c9", ["c9k2m"]),
        ("k2", []),
        ("min", []),
    ],
)
def test_a_session_is_found_by_its_title_and_by_the_beginning_of_its_id(typed: str, ids: list[str]) -> None:
    assert offered(f"/resume {typed}") == ids


def test_the_values_of_a_setting_are_offered_by_its_kind() -> None:
    assert offered("/safe_prompt ") == ["on", "off", "default"]


def test_a_number_has_no_words_and_leaves_the_room_to_its_range() -> None:
    assert offered("/once temperature ") == []


def test_settings_are_offered_with_their_range() -> None:
    assert found("/once temp").help == "between 0 and 1.5 · how freely words are chosen; low is focused"
    assert found("/once prefix").help == "text that every answer begins with"


@pytest.mark.parametrize("typed", ["/temperature", "/temperature 0.", "/once temperature ", "/retry temperature=0."])
def test_the_range_of_the_value_that_is_typed_comes_first(typed: str) -> None:
    used = usage(typed, commands)
    assert used is not None
    assert used[1] == "between 0 and 1.5 · how freely words are chosen; low is focused"


@pytest.mark.parametrize("typed", ["/once ", "/once temper", "/once nonsense 1", "/retry ", "/retry x=1", "/help "])
def test_the_help_of_the_command_is_shown_until_a_value_is_typed(typed: str) -> None:
    name = typed[1:].split()[0]
    assert usage(typed, commands) == (commands.by_name[name].usage, commands.by_name[name].help)


def test_only_settings_of_a_request_are_offered() -> None:
    assert {word.strip() for word in offered("/once ")} == {name for name, one in SETTINGS.items() if one.kept}


def test_the_value_of_an_earlier_argument_says_what_is_offered() -> None:
    assert offered("/once safe_prompt o") == ["on", "off"]
    assert offered("/once model cod") == ["codestral-latest"]


def test_an_argument_that_is_not_the_last_is_followed_by_a_blank() -> None:
    assert offered("/save ") == ["1 "]


def test_words_known_beforehand_come_after_those_of_the_world() -> None:
    assert offered("/theme ") == ["mistral-dark", "mistral-light", "auto"]


def test_commands_are_offered_to_help() -> None:
    assert offered("/help comp") == ["compare"]


def test_the_last_of_several_words_is_completed() -> None:
    assert offered("/compare mistral-large-latest cod") == ["codestral-latest"]


def test_an_assignment_is_completed_on_both_sides() -> None:
    assert offered("/retry temper") == ["temperature="]
    assert offered("/retry temperature=1 safe_prompt=o") == ["on", "off"]
    assert offered("/retry nonsense=o") == []


def test_a_command_that_is_not_known_offers_no_arguments() -> None:
    assert offered("/nonsense ") == []


def test_nothing_is_offered_behind_the_last_argument(folder: Path) -> None:
    assert offered("/help model model") == []


def test_files_are_offered_without_the_hidden_ones(folder: Path) -> None:
    assert offered("/attach ") == ["my plan.txt", "notes/", "photo.png"]


def test_hidden_files_are_offered_when_a_dot_is_typed(folder: Path) -> None:
    assert offered("/attach .")[0] == ".hidden"


def test_files_in_a_folder_are_offered_with_their_size(folder: Path) -> None:
    assert offered("/attach notes/") == ["notes/one.md"]
    assert found("/attach notes/").help == "2.0 kB"


def test_a_folder_that_is_not_there_offers_nothing(folder: Path) -> None:
    assert offered("/attach nowhere/") == []
    assert offered("/attach no\0where/") == []


def test_a_file_behind_an_at_sign_is_completed_in_a_message(folder: Path) -> None:
    assert offered("look at @pho") == ["photo.png"]


def test_a_file_name_with_blanks_is_quoted_in_a_message(folder: Path) -> None:
    assert offered("look at @my") == ['"my plan.txt"']
    assert offered('look at @"my pl') == ['"my plan.txt"']


def test_an_at_sign_within_a_word_is_no_file(folder: Path) -> None:
    assert offered("me@pho") == []


def test_a_path_from_home_stays_written_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    assert offered("/attach ~/pho") == ["~/photo.png"]


def test_the_usage_of_a_command_is_known_once_its_name_is_typed() -> None:
    assert usage("/mod", commands) is None
    assert usage("/model", commands) == usage("/model ", commands) == ("/model [NAME]", "The model that answers.")


WORDS = st.lists(st.text(alphabet="abAB-é", max_size=8).map(Offer), max_size=8)


@given(st.text(alphabet="abé", max_size=4), WORDS)
def test_matches_are_those_that_have_the_letters_in_their_order(typed: str, offers: list[Offer]) -> None:
    for offer, places in matches(typed, offers):
        assert "".join(offer.word[place] for place in places).lower() == typed
        assert list(places) == sorted(places)
    left_out = set(offers) - {offer for offer, _ in matches(typed, offers)}
    for offer in left_out:
        letters = iter(offer.word.lower())
        assert not all(letter in letters for letter in typed)


def test_a_word_that_begins_so_comes_first() -> None:
    offers = [Offer("export"), Offer("reset"), Offer("report"), Offer("re")]
    assert [offer.word for offer, _ in matches("re", offers)] == ["reset", "report", "re"]
    assert [offer.word for offer, _ in matches("ort", offers)] == ["export", "report"]


@given(st.lists(st.text(alphabet="ab", max_size=4), min_size=1))
def test_common_is_the_longest_beginning_of_all(words: list[str]) -> None:
    start = common([Found(word, 0, word) for word in words])
    assert all(word.startswith(start) for word in words)
    longer = {word[: len(start) + 1] for word in words}
    assert len(longer) > 1 or longer == {start}


def test_the_menu_is_there_while_a_command_is_typed(typist: Typist) -> None:
    typist.read("/mod", lambda: typist.shows("/model  The model that answers."), CTRL_C, ENTER)


def test_help_that_is_too_long_for_the_menu_is_cut_as_everything_else() -> None:
    typist = Typist(columns=32)
    typist.read("/on", lambda: typist.shows("/once  Set something for the…"), CTRL_C, ENTER)


def test_help_is_left_out_of_the_menu_where_there_is_no_room() -> None:
    typist = Typist(columns=18)
    typist.read("/on", lambda: typist.rows()[1:] == ["   /once"], CTRL_C, ENTER)


def test_the_menu_is_in_ascii_where_the_terminal_has_nothing_else() -> None:
    typist = Typist(encoding="ascii", columns=31)
    typist.read("/model cod", lambda: typist.shows("codestral-latest  262k - co~"), CTRL_C, ENTER)


def test_the_menu_goes_on_with_the_arguments(typist: Typist) -> None:
    typist.read("/model ", lambda: typist.shows("codestral-latest      262k · code"), CTRL_C, ENTER)


def test_the_menu_follows_what_is_deleted(typist: Typist) -> None:
    typist.read("/modx", lambda: not typist.shows("answers"), BACKSPACE, lambda: typist.shows("answers"), CTRL_C, ENTER)


def test_the_menu_is_gone_when_the_command_is_sent(typist: Typist) -> None:
    assert typist.read("/mod", ENTER) == "/mod"
    assert typist.rows() == ["› /mod"]


def test_escape_closes_the_menu(typist: Typist) -> None:
    assert typist.read("/mod", ESCAPE, lambda: not typist.shows("answers"), ENTER) == "/mod"


def test_tab_completes_what_is_clear(typist: Typist) -> None:
    assert typist.read("/mod", TAB, "code", TAB, ENTER) == "/model codestral-latest"


def test_enter_takes_the_chosen_word_without_sending(typist: Typist) -> None:
    chosen = "/model codestral-latest"
    assert typist.read("/model ", DOWN, DOWN, ENTER, lambda: typist.shows(chosen), ENTER) == chosen


def test_tab_walks_through_the_menu(typist: Typist) -> None:
    assert typist.read("/model ", TAB, TAB, ENTER, ENTER) == "/model codestral-latest"


def test_tab_types_what_all_words_begin_with(typist: Typist) -> None:
    assert typist.read("/theme mis", ESCAPE, TAB, lambda: typist.shows("/theme mistral-"), CTRL_C, ENTER) == ""


def test_tab_completes_a_file_in_a_message(typist: Typist, folder: Path) -> None:
    assert typist.read("look at @pho", TAB, " please", ENTER) == "look at @photo.png please"


def test_no_menu_opens_by_itself_in_a_message(typist: Typist, folder: Path) -> None:
    typist.read("look at @", lambda: not typist.shows("photo"), TAB, lambda: typist.shows("photo"), CTRL_C, ENTER)


def test_names_from_outside_cannot_steer_the_terminal(typist: Typist, folder: Path) -> None:
    (folder / "evil\x1b]0;title\x07").write_text("")
    typist.read("/attach evil", lambda: typist.shows("␛]0;title␇"), CTRL_C, ENTER)
    assert typist.display.screen.title == ""


def test_a_word_that_is_typed_in_full_is_not_offered(typist: Typist) -> None:
    assert typist.read("/help", lambda: typist.shows(" /help [COMMAND]  Explain the commands."), DOWN, ENTER) == "/help"


def test_no_menu_opens_for_what_comes_from_the_history(tmp_path: Path) -> None:
    typist = Typist(tmp_path / "history")
    sent = ["first", ENTER, "second", ENTER, "/mod", ENTER]
    assert typist.reads(*sent, UP, UP, UP, ENTER, times=4)[-1] == "first"


def test_the_menu_opens_when_what_comes_from_the_history_is_changed(tmp_path: Path) -> None:
    typist = Typist(tmp_path / "history")
    typist.reads("/mode", ENTER, UP, BACKSPACE, lambda: typist.shows("/model  The model"), CTRL_C, ENTER, times=2)
