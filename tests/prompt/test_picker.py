"""The list to choose from: it gets shorter while one types, and shows the end of what is chosen."""

import pytest

from mistral_chat.arguments import Row
from mistral_chat.prompt import Prompt
from tests.prompt.typist import CTRL_C, CTRL_D, DOWN, ENTER, ESCAPE, TAB, UP, Piece, Typist

ROWS = [
    Row("a1", ("Who is the best French painter?", "2 min ago", "4", "mistral-medium-latest")),
    Row("b2", ("Kochrezept für Käsespätzle", "1 h ago", "12", "mistral-small-latest")),
    Row("c3", ("日本の首都はどこですか", "3 d ago", "2", "codestral-latest")),
]


def preview(row: Row) -> str:
    return "\n".join(f"{row.value} line {number}" for number in range(50))


async def pick(prompt: Prompt) -> str | None:
    row = await prompt.pick("sessions", ROWS, preview)
    return row.value if row else None


@pytest.fixture
def typist() -> Typist:
    return Typist()


def test_enter_takes_the_first_row(typist: Typist) -> None:
    assert typist.does(pick, ENTER) == "a1"


@pytest.mark.parametrize(
    ("keys", "value"),
    [([DOWN], "b2"), ([TAB], "b2"), ([DOWN, DOWN, DOWN], "c3"), ([DOWN, UP], "a1"), ([UP], "a1"), (["\x0e"], "b2"),
     (["\x1b[6~"], "c3"), (["\x1b[6~", "\x1b[5~"], "a1")],
)  # fmt: skip
def test_the_arrows_choose(typist: Typist, keys: list[str], value: str) -> None:
    assert typist.does(pick, *keys, ENTER) == value


@pytest.mark.parametrize("key", [ESCAPE, CTRL_C, CTRL_D])
def test_the_list_can_be_left(typist: Typist, key: str) -> None:
    assert typist.does(pick, key) is None


@pytest.mark.parametrize(
    ("words", "value"), [("paint", "a1"), ("KÄSE", "b2"), ("首都", "c3"), ("codestral", "c3"), ("ago small", "b2")]
)
def test_it_gets_shorter_while_one_types(typist: Typist, words: str, value: str) -> None:
    assert typist.does(pick, words, lambda: typist.shows("1 of 3"), ENTER) == value


def test_enter_takes_nothing_when_nothing_is_found(typist: Typist) -> None:
    nothing: list[Piece] = ["zzz", lambda: typist.shows("nothing has that in it"), ENTER]
    assert typist.does(pick, *nothing, ESCAPE) is None


def test_it_shows_every_column(typist: Typist) -> None:
    def shown() -> bool:
        return any(row.split() == ["Kochrezept", "für", "Käsespätzle", "1", "h", "ago", "12", "mistral-small-latest"]
                   for row in typist.rows())  # fmt: skip

    typist.does(pick, shown, ESCAPE)


def test_the_chosen_row_is_marked(typist: Typist) -> None:
    typist.does(pick, DOWN, lambda: typist.shows("❯ Kochrezept"), ESCAPE)


def test_the_preview_shows_the_end_of_the_chosen_one(typist: Typist) -> None:
    typist.does(pick, lambda: typist.shows("a1 line 49"), DOWN, lambda: typist.shows("b2 line 49"), ESCAPE)


def test_styles_and_a_sample_follow_the_chosen_row() -> None:
    typist = Typist(depth=1)

    async def pick(prompt: Prompt) -> Row | None:
        colours = {"a1": "ansired", "b2": "ansigreen", "c3": "ansiblue"}
        return await prompt.pick(
            "themes", ROWS, lambda row: [("sample", "code\n"), ("", "text")], lambda row: {"sample": colours[row.value]}
        )

    def sample_is(colour: str) -> bool:
        return "code" in typist.rows() and typist.display.cell(typist.rows().index("code"), 0).fg == colour

    typist.does(pick, lambda: sample_is("red"), DOWN, lambda: sample_is("green"), ESCAPE)


@pytest.mark.parametrize(("start", "keys", "value"), [("b2", [], "b2"), ("b2", [DOWN], "c3"), ("gone", [], "a1")])
def test_it_can_begin_at_another_row_than_the_first(typist: Typist, start: str, keys: list[str], value: str) -> None:
    async def pick(prompt: Prompt) -> str | None:
        row = await prompt.pick("sessions", ROWS, preview, start=start)
        return row.value if row else None

    assert typist.does(pick, *keys, ENTER) == value


def test_the_help_stands_directly_below_a_sample(typist: Typist) -> None:
    async def pick(prompt: Prompt) -> Row | None:
        return await prompt.pick("themes", ROWS, lambda row: [("sample", "code\n"), ("", "text")])

    typist.does(pick, lambda: typist.rows()[-2:] == ["text", "Enter takes · Esc leaves · type to filter · ↑↓"], ESCAPE)


def test_it_is_gone_when_it_is_done(typist: Typist) -> None:
    typist.does(pick, ENTER)
    assert typist.rows() == [""]


def test_a_list_of_many_rows_scrolls() -> None:
    rows = [Row(str(number), (f"session {number}",)) for number in range(2000)]

    async def pick(prompt: Prompt) -> str | None:
        row = await prompt.pick("sessions", rows, preview)
        return row.value if row else None

    typist = Typist()
    down: list[Piece] = [DOWN] * 40
    assert typist.does(pick, *down, lambda: typist.shows("❯ session 40"), ENTER) == "40"


@pytest.mark.parametrize(("columns", "rows"), [(40, 12), (80, 24), (200, 60), (20, 5), (1, 1), (500, 10)])
def test_it_fits_every_size(columns: int, rows: int) -> None:
    typist = Typist(columns=columns, rows=rows)
    assert typist.does(pick, DOWN, ENTER) == "b2"


def test_it_is_in_ascii_where_the_terminal_has_nothing_else() -> None:
    typist = Typist(columns=40, rows=12, encoding="ascii")

    def shown() -> bool:
        rows = typist.rows()
        return rows[0] == "sessions - 3" and rows[-1] == "Enter takes - Esc leaves - type to filt~"

    typist.does(pick, shown, lambda: typist.shows("> Who is the best French pai~"), ESCAPE)


def test_forty_columns_show_the_name_and_what_has_room() -> None:
    typist = Typist(columns=40, rows=12)
    typist.does(pick, lambda: typist.shows("❯ Who is the best French pai…  2 min ago"), ESCAPE)


def test_an_empty_list_is_no_choice(typist: Typist) -> None:
    async def pick(prompt: Prompt) -> Row | None:
        return await prompt.pick("sessions", [], preview)

    assert typist.does(pick) is None


@pytest.mark.parametrize(
    ("number", "value"), [("2", "b2"), ("3", "c3"), ("0", None), ("4", None), ("x", None), ("", None)]
)
def test_a_screen_reader_is_told_numbers(number: str, value: str | None) -> None:
    typist = Typist(accessible=True)
    assert typist.does(pick, lambda: typist.shows("2. Kochrezept für Käsespätzle, 1 h ago, 12"), number, ENTER) == value


def test_names_from_outside_cannot_steer_the_terminal() -> None:
    async def pick(prompt: Prompt) -> Row | None:
        return await prompt.pick("\x1b]0;a\x07", [Row("1", ("\x1b]0;b\x07", "\u202e"))], lambda row: "\x1b]0;c\x07")

    typist = Typist()
    typist.does(pick, lambda: typist.shows("␛]0;b␇"), ESCAPE)
    assert typist.display.screen.title == ""


@pytest.mark.parametrize("answer", ["4", "0", "x"])
def test_a_screen_reader_is_told_that_a_number_is_none(answer: str) -> None:
    typist = Typist(accessible=True)
    assert typist.does(pick, answer, ENTER) is None
    assert typist.shows(f"there is no number {answer}; nothing is chosen")
