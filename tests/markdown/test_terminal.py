"""What a person sees: the screen and the scrollback of a terminal, at every frame and in the end."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

import pytest

from mistral_chat.markdown import Frame, Look, Row, render
from mistral_chat.paint import Painter
from tests.markdown.corpus import SAMPLES, chunks, document
from tests.markdown.terminal import GROUND, LOOK, Session, Terminal, for_pyte, printed_by_rich

WIDTHS = (20, 33, 60, 100)
HEIGHTS = (5, 6, 10, 24, 50)


def some_document(seed: int) -> tuple[random.Random, str]:
    rnd = random.Random(seed)
    return rnd, for_pyte(document(rnd))


def session(rnd: random.Random, look: Look = LOOK) -> Session:
    height = rnd.choice(HEIGHTS)
    return Session(rnd.choice(WIDTHS), height, rnd.choice((0, height // 2, height + 3)), look)


def check_end(seed: int) -> None:
    rnd, text = some_document(seed)
    look = rnd.choice((LOOK, GROUND))
    live = session(rnd, look)
    for part in chunks(rnd, text):
        live.feed(part)
    live.finish()
    once = Terminal(live.width, live.height, live.terminal.before)
    once.write(printed_by_rich(text, look, live.width))
    assert live.terminal.cells == once.cells


@pytest.mark.parametrize("seed", range(30))
def test_in_the_end_all_cells_are_as_rich_prints_the_whole_text(seed: int) -> None:
    check_end(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1200))
def test_in_the_end_all_cells_are_as_rich_prints_more_texts(seed: int) -> None:
    check_end(seed)


@pytest.mark.parametrize("name", SAMPLES)
def test_each_construct_ends_as_rich_prints_it(name: str) -> None:
    text = for_pyte(SAMPLES[name])
    live = Session(33, 8)
    for part in chunks(random.Random(name), text):
        live.feed(part)
    live.finish()
    once = Terminal(33, 8)
    once.write(printed_by_rich(text, LOOK, 33))
    assert live.terminal.cells == once.cells


def texts(rows: Iterable[Row]) -> list[str]:
    return [row.text.rstrip() for row in rows]


def trimmed(rows: list[str]) -> list[str]:
    """The rows without the blank ones at the end."""
    return rows[: max((number for number, row in enumerate(rows, 1) if row), default=0)]


def check_frames(seed: int) -> None:
    rnd, text = some_document(seed)
    live = session(rnd)
    before = [f"before {number}" for number in range(live.terminal.before)]
    scrolled_off: list[str] = []
    for part in chunks(rnd, text):
        frame = live.feed(part)
        above = before + texts(live.committed)
        shown = live.terminal.rows
        assert trimmed(shown) == trimmed(above + texts(frame.live))
        assert live.terminal.cursor_row == len(above), "the cursor is on the first live row"
        assert live.terminal.screen.cursor.x == 0
        assert live.terminal.scrolled_off <= len(above), "no live row is in the scrollback"
        assert shown[: len(scrolled_off)] == scrolled_off, "what is in the scrollback stays as it is"
        scrolled_off = shown[: live.terminal.scrolled_off]
        assert len(frame.live) <= max(1, live.height - 2)


@pytest.mark.parametrize("seed", range(2000, 2020))
def test_at_every_frame_the_terminal_shows_what_was_committed_and_what_is_live(seed: int) -> None:
    check_frames(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3000, 3100))
def test_at_every_frame_of_more_texts_the_terminal_shows_what_was_committed_and_what_is_live(seed: int) -> None:
    check_frames(seed)


def test_a_long_answer_is_whole_on_a_terminal_of_six_rows() -> None:
    text = "".join(f"- item {number}\n" for number in range(500))
    live = Session(40, 6, before=3)
    for start in range(0, len(text), 7):
        live.feed(text[start : start + 7])
    live.finish()
    assert live.terminal.rows[3:-1] == [f" • item {number}" for number in range(500)]


def test_a_short_answer_is_there_from_its_first_row() -> None:
    live = Session(40, 24)
    live.feed("Yes.\n\nNo.\n\nPerhaps.")
    assert live.terminal.rows[:5] == ["Yes.", "", "No.", "", "Perhaps."]


def test_a_frame_in_which_nothing_changed_writes_nothing() -> None:
    live = Session(40, 24)
    live.feed("some **text")
    before = live.written
    live.draw()
    live.feed("*")
    assert live.written == before


def test_a_frame_touches_only_the_rows_that_changed() -> None:
    live = Session(40, 24)
    live.feed("one\\\ntwo\\\nthree")
    before = len(live.written)
    live.feed(" and")
    added = live.written[before:]
    assert "three and" in added
    assert "two" not in added


@pytest.mark.parametrize("seed", range(4000, 4020))
def test_only_harmless_sequences_are_written_and_all_modes_are_set_back(seed: int) -> None:
    rnd, text = some_document(seed)
    live = session(rnd)
    for part in chunks(rnd, text):
        live.feed(part)
    live.finish()
    sequences = re.findall(r"\x1b\[[^@-~]*[@-~]|\x1b\][^\x1b]*\x1b\\", live.written)
    for sequence in sequences:
        assert re.fullmatch(
            r"\x1b\[[\d;]*m|\x1b\[\d*[AB]|\x1b\[2?K|\x1b\[J|\x1b\[\?(7|25|2026)[hl]|\x1b\]8;.*", sequence
        )
    for mode in ("7", "2026"):
        switches = re.findall(rf"\x1b\[\?{mode}([hl])", live.written)
        assert switches.count("h") == switches.count("l")
    assert live.written.endswith("\x1b[?25h")
    rest = re.sub(r"\x1b\[[^@-~]*[@-~]|\x1b\][^\x1b]*\x1b\\|\r\n|\r", "", live.written)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", rest)


HOSTILE = (
    "&#27;[2J &#x9b;31m &#x202e;evil &#7; [a](http://a.b/&#27;]0;x) <http://x/\x9b> `&#27;[5m` &#10;&#13;&#9;end\n\n"
)


@pytest.mark.parametrize("before", ["", "- ", "> ", "# ", "| a |\n|---|\n| ", "<div>", "1. **"])
def test_no_entity_smuggles_a_control_character_to_the_terminal(before: str) -> None:
    live = Session(60, 24)
    for char in before + HOSTILE:
        live.feed(char)
    live.finish()
    rest = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]|\x1b\]8;[!-~]*\x1b\\|\r\n|\r", "", live.written)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", rest)


def test_the_painter_disarms_rows_that_others_made() -> None:
    frame = Frame(live=(LOOK.row(("spinner", "tool \x1b[2J\n\x07 name")),))
    assert "tool ␛[2J ␇ name" in Painter(None).paint(frame, 80, 24)


def test_bytes_for_each_character_are_few() -> None:
    text = "".join(document(random.Random(seed)) for seed in range(15))
    live = Session(100, 40)
    for start in range(0, len(text), 200):  # what comes in a frame at 1,500 deltas a second
        live.feed(text[start : start + 200])
    live.finish()
    assert len(live.written.encode()) <= 6 * len(text)


def test_finishing_without_a_final_frame_leaves_the_live_rows_and_a_fresh_row() -> None:
    live = Session(40, 24)
    live.feed("one\n\ntwo **and")
    live.terminal.write(live.painter.finish())
    live.terminal.write("stopped")
    assert live.terminal.rows[:5] == ["one", "", "two and", "stopped", ""][: len(live.terminal.rows)]


def test_a_spinner_gives_way_to_the_answer() -> None:
    live = Session(40, 24)
    live.terminal.write(live.painter.paint(Frame(live=(LOOK.row(("dim", "3 s")),)), 40, 24))
    assert live.terminal.rows == ["3 s"]
    live.feed("Answer")
    live.finish()
    assert live.terminal.rows == ["Answer", ""]


def test_nothing_at_all_leaves_nothing() -> None:
    live = Session(40, 24, before=2)
    live.finish()
    assert live.terminal.rows == ["before 0", "before 1", ""]


def test_an_emoji_that_the_terminal_finds_wider_does_not_break_the_rows_below() -> None:
    # A terminal that gives each of these signs two cells, where we give them one, and breaks the row it commits.
    live = Session(20, 10)
    for char in "x" * 10 + "🎉" * 5 + "\n\nafter\n\n" + "end":
        live.feed(char)
    live.finish()
    assert live.terminal.rows[-2:] == ["end", ""]
    assert [row.text for row in render("after", LOOK, 20)] == ["after"]


def test_live_rows_that_are_no_longer_needed_are_erased() -> None:
    live = Session(40, 24)
    rows = tuple(LOOK.row(("none", f"row {number}")) for number in range(4))
    live.terminal.write(live.painter.paint(Frame(live=rows), 40, 24))
    live.terminal.write(live.painter.paint(Frame(live=rows[:1]), 40, 24))
    assert live.terminal.rows == ["row 0"]


def test_a_shorter_row_leaves_nothing_of_a_longer_one() -> None:
    live = Session(40, 24)
    live.terminal.write(live.painter.paint(Frame(live=(LOOK.row(("none", "a long row")),)), 40, 24))
    live.terminal.write(live.painter.paint(Frame(live=(LOOK.row(("none", "short")),)), 40, 24))
    assert live.terminal.rows == ["short"]
