"""What the prompt shows: marks, status, wrapped lines, at every size and in every encoding."""

from pathlib import Path

import pytest

from mistral_chat.prompt import Prompt
from mistral_chat.prompt.status import fitted
from tests.prompt.typist import CTRL_C, CTRL_J, ENTER, LEFT, TAB, UP, Piece, Typist, paste


def test_the_status_stands_under_the_prompt() -> None:
    typist = Typist()

    def shown() -> bool:
        return typist.rows() == ["›", " mistral-large-latest · 25 tokens · stop 1".ljust(74) + "Monet"]

    typist.read(shown, ENTER)


def test_the_status_is_gone_when_the_message_is_sent() -> None:
    typist = Typist()
    typist.read("hello", ENTER)
    assert typist.rows() == ["› hello"]


def test_under_40_columns_there_is_no_status() -> None:
    typist = Typist(columns=39)
    typist.read("hi", lambda: typist.rows() == ["› hi"], ENTER)


def test_what_has_no_room_at_the_right_is_left_out() -> None:
    assert list(fitted([[("a", "12345678")]], [("b", "title")], 12)) == [("class:a", "12345678")]
    assert list(fitted([[("a", "123")]], [("b", "title")], 12))[-1] == ("class:b", "title")


def test_at_the_left_stands_the_longest_version_that_fits() -> None:
    versions = [[("a", "12345678")], [("a", "1234"), ("b", "56")], [("a", "1234")]]
    shown = ["".join(text for _, text in fitted(versions, [], width)) for width in (8, 7, 6, 5, 4, 3)]
    assert shown == ["12345678", "123456", "123456", "1234", "1234", "12…"]


def test_the_usage_of_a_command_stands_in_the_status() -> None:
    typist = Typist()
    typist.read("/temperature ", lambda: typist.shows(" /temperature [NUMBER]  between 0 and 1.5 · how"), CTRL_C, ENTER)


def test_a_long_line_is_wrapped_under_its_beginning() -> None:
    typist = Typist(columns=20)
    typist.read("a" * 30, lambda: typist.rows() == ["› " + "a" * 18, "  " + "a" * 12], ENTER)


def test_further_lines_are_indented_under_the_first() -> None:
    typist = Typist(columns=20)
    typist.read("one", CTRL_J, "two", lambda: typist.rows() == ["› one", "  two"], ENTER)


@pytest.mark.parametrize("columns", [1, 2, 3, 5, 10, 20, 40, 80, 500])
@pytest.mark.parametrize("rows", [1, 2, 24])
def test_every_size_can_be_typed_in(columns: int, rows: int) -> None:
    typist = Typist(columns=columns, rows=rows)
    assert typist.read("hello ", "/x", CTRL_J, "日本語", ENTER) == "hello /x\n日本語"


@pytest.mark.parametrize("columns", [1, 5, 20, 500])
def test_the_menu_fits_every_width(columns: int) -> None:
    typist = Typist(columns=columns, rows=5)
    assert typist.read("/mod", TAB, "code", TAB, ENTER) == "/model codestral-latest"


@pytest.mark.parametrize(("columns", "rows"), [(20, 8), (80, 8), (10, 4), (80, 2), (80, 1)])
def test_the_typed_text_keeps_its_row_beside_the_menu(columns: int, rows: int) -> None:
    typist = Typist(columns=columns, rows=rows)
    typist.read("/", lambda: typist.rows()[0] == "› /", CTRL_C, ENTER)
    typist.read("one", CTRL_J, "/t", lambda: typist.shows("  /t"), CTRL_C, ENTER)


def test_a_tab_is_blanks_up_to_the_next_column_of_four() -> None:
    typist = Typist()
    pieces: list[Piece] = [paste("a\tb"), LEFT, ">", lambda: typist.rows()[0] == "› a   >b", ENTER]
    assert typist.read(*pieces) == "a\t>b"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("👩\u200d👩\u200d👧", "👩👩👧"),
        ("❤\ufe0f", "❤"),
        ("🏳\ufe0f\u200d🌈", "🏳🌈"),
        ("👍🏽", "👍"),
        ("🇫🇷", "ＦＲ"),
        ("1\ufe0f⃣", "1⃣"),
    ],
)
def test_the_members_of_an_emoji_stand_side_by_side_where_they_are_edited(text: str, shown: str) -> None:
    typist = Typist()
    pieces: list[Piece] = [paste(f"{text}!"), LEFT, ">", lambda: typist.rows()[0] == f"› {shown}>!", ENTER]
    assert typist.read(*pieces) == f"{text}>!"


def test_a_joiner_that_shapes_letters_stays() -> None:
    typist = Typist()
    typist.read("ک\u200dم", lambda: "\u200d" in typist.rows()[0], ENTER)


def test_a_message_longer_than_the_screen_can_be_typed() -> None:
    typist = Typist(rows=5)
    lines = [f"line {number}" for number in range(15)]
    assert typist.read(CTRL_J.join(lines), lambda: typist.shows("line 14"), ENTER) == "\n".join(lines)


def test_an_encoding_without_the_mark_has_another() -> None:
    typist = Typist(encoding="ascii")
    typist.read("hi", lambda: typist.rows()[0] == "> hi", ENTER)


def test_an_accessible_prompt_says_who_speaks_and_nothing_else(tmp_path: Path) -> None:
    typist = Typist(tmp_path / "history", accessible=True)
    typist.reads("hello", ENTER, "he", lambda: typist.rows() == ["You: hello", "You: he"], ENTER, times=2)


def test_an_accessible_prompt_has_no_menu_but_tells_the_words_on_tab() -> None:
    typist = Typist(accessible=True)
    typist.read("/mod", lambda: typist.rows() == ["You: /mod"], CTRL_C, ENTER)
    typist.read("/model ", TAB, lambda: typist.shows("mistral-large-latest, codestral-latest"), CTRL_C, ENTER)


def test_the_words_an_accessible_prompt_tells_have_no_blanks_behind_them() -> None:
    typist = Typist(accessible=True)
    typist.read("/t", TAB, lambda: typist.shows("/temperature, /theme"), CTRL_C, ENTER)


def test_an_accessible_prompt_has_a_history(tmp_path: Path) -> None:
    typist = Typist(tmp_path / "history", accessible=True)
    assert typist.reads("one", ENTER, UP, ENTER, times=2)[1] == "one"


def test_styles_are_drawn_and_can_be_changed() -> None:
    typist = Typist(styles={"prompt.mark": "fg:ansired"}, depth=1)

    def mark_is(colour: str) -> bool:
        return "›" in typist.rows() and typist.display.cell(typist.rows().index("›"), 0).fg == colour

    async def read_twice(prompt: Prompt) -> None:
        await prompt.read()
        prompt.wear({"prompt.mark": "fg:ansigreen"})
        await prompt.read()

    assert typist.does(read_twice, lambda: mark_is("red"), "x", ENTER, lambda: mark_is("green"), ENTER) is None


def test_a_slash_command_has_its_own_style() -> None:
    typist = Typist(styles={"prompt.command": "fg:ansired"}, depth=1)

    def only_the_name_is_red() -> bool:
        cells = [typist.display.cell(0, column).fg for column in range(2, 10)]
        return cells == ["red"] * 5 + ["default"] * 3

    typist.read("/help", "  x", only_the_name_is_red, ENTER)


def test_an_accessible_prompt_tells_hints_as_they_come_up() -> None:
    typist = Typist(accessible=True)
    typist.read(CTRL_C, lambda: typist.rows() == ["Ctrl-D leaves", "You:"], "hi", ENTER)
    assert typist.rows() == ["Ctrl-D leaves", "You: hi"]
