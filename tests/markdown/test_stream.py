"""A stream commits what the whole text gives, however it comes and wherever it is cut, at a cost that is flat."""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable, Iterable
from functools import partial
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from mistral_chat.markdown import Frame, Look, MarkdownStream, Row, render
from tests.markdown.corpus import JAVASCRIPT, PYTHON, SAMPLES, chunks, document, nasty
from tests.markdown.terminal import GROUND, LOOK

SEEDS = st.integers(0, 10**9)


def committed(parts: Iterable[str], width: int = 40, height: int = 12, look: Look = LOOK) -> list[Row]:
    stream = MarkdownStream(look, width, height)
    rows: list[Row] = []
    for part in parts:
        stream.feed(part)
        rows += stream.frame().commit
    return rows + list(stream.frame(final=True).commit)


def live(text: str, width: int = 40, height: int = 12) -> list[str]:
    """The live rows when so much has come, blank ones left out."""
    stream = MarkdownStream(LOOK, width, height)
    for line in text.splitlines(keepends=True):
        stream.feed(line)
        frame = stream.frame()
    return [row.text for row in frame.live if row.text]


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("width", [20, 61])
@pytest.mark.parametrize("look", [LOOK, GROUND], ids=["no ground", "ground"])
def test_each_construct_commits_the_rows_of_its_one_shot_render(name: str, width: int, look: Look) -> None:
    text = SAMPLES[name]
    assert committed(chunks(random.Random(name), text), width, look=look) == render(text, look, width)


@pytest.mark.parametrize("name", [name for name in SAMPLES if "blank lines" in name])
def test_blank_lines_that_come_one_by_one_are_committed(name: str) -> None:
    assert committed(SAMPLES[name]) == render(SAMPLES[name], LOOK, 40)


def test_no_blank_line_of_code_is_lost() -> None:
    rows = committed("```d\n" + "\n" * 20)
    assert [row.text for row in rows] == ["── d · 1 ──", *[""] * 20, "───────────"]


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_any_answer_in_any_pieces_commits_the_rows_of_its_one_shot_render(seed: int) -> None:
    rnd = random.Random(seed)
    text = document(rnd)
    width, height = rnd.choice((20, 47, 100)), rnd.randint(5, 40)
    look = rnd.choice((LOOK, GROUND))
    assert committed(chunks(rnd, text), width, height, look) == render(text, look, width)


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_any_nasty_text_character_by_character_commits_the_rows_of_its_one_shot_render(seed: int) -> None:
    text = nasty(random.Random(seed))
    assert committed(text) == render(text, LOOK, 40)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_many_texts_commit_the_rows_of_their_one_shot_render(seed: int) -> None:
    rnd = random.Random(seed)
    for _ in range(100):
        text = nasty(rnd, 40)
        assert committed(text) == render(text, LOOK, 40), text
    for _ in range(10):
        text = document(rnd)
        assert committed(chunks(rnd, text)) == render(text, LOOK, 40), text


@given(st.text(max_size=80))
@settings(max_examples=100, deadline=None)
def test_no_text_at_all_makes_it_fail(text: str) -> None:
    committed(text)


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_an_answer_cut_anywhere_commits_the_rows_of_what_had_come(seed: int) -> None:
    rnd = random.Random(seed)
    text = document(rnd)
    text = text[: rnd.randint(0, len(text))]
    assert committed(chunks(rnd, text)) == render(text, LOOK, 40)


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_rows_that_are_committed_are_the_first_rows_of_whatever_the_text_becomes(seed: int) -> None:
    rnd = random.Random(seed)
    first, second, third = nasty(rnd), nasty(rnd), nasty(rnd)
    stream = MarkdownStream(LOOK, 40, 12)
    stream.feed(first)
    rows = list(stream.frame().commit)
    for other in (second, third):
        assert render(first + other, LOOK, 40)[: len(rows)] == rows


@pytest.mark.parametrize("width", [20, 30, 79])
@pytest.mark.parametrize("name", SAMPLES)
def test_no_row_is_wider_than_the_terminal(name: str, width: int) -> None:
    for look in (LOOK, GROUND):
        assert max((cell_len(row.text) for row in render(SAMPLES[name], look, width)), default=0) <= width


@pytest.mark.parametrize("name", SAMPLES)
def test_no_live_region_is_higher_than_it_may_be(name: str) -> None:
    for height in (5, 9, 50):
        stream = MarkdownStream(LOOK, 20, height)
        for part in chunks(random.Random(name), SAMPLES[name]):
            stream.feed(part)
            assert len(stream.frame().live) <= min(height - 2, 30)


# What is seen while it grows


def test_text_is_seen_as_soon_as_it_is_there() -> None:
    assert live("some wor") == ["some wor"]


def test_what_may_be_the_last_of_an_answer_is_seen() -> None:
    assert live("Done!") == ["Done!"]
    assert live("The result is:\n42") == ["The result is: 42"]


def test_an_open_fence_is_code_at_once() -> None:
    assert live("```python\nimport ") == ["── python · 1 ──", "import"]


def test_a_fence_is_not_seen_before_its_line_is_complete() -> None:
    assert live("```pyth") == []


def test_a_list_after_a_paragraph_never_looks_like_a_heading() -> None:
    assert live("Points:\n-") == ["Points:"]
    assert live("Points:\n- o") == ["Points:", " • o"]


def test_bold_text_is_seen_without_its_stars() -> None:
    assert live("some **bol") == ["some bol"]
    assert live("some **bold*") == ["some bold"]


def test_half_a_link_is_seen_as_its_words() -> None:
    assert live("see [the page](https://exa") == ["see the page"]


def test_a_table_is_seen_as_one_once_its_second_line_is_there() -> None:
    assert live("| a | b |\n|--") == ["| a | b |"]
    assert live("| a | b |\n|---|---|\n| 1 |") == ["a  b", "────", "1"]


def test_of_a_long_table_the_head_and_the_last_rows_are_seen() -> None:
    text = "| n | words |\n|---|---|\n" + "".join(f"| {n} | some |\n" for n in range(200)) + "| 200 | so"
    shown = live(text, height=10)
    assert shown[:3] == ["n    words", "──────────", "⋮"]
    assert shown[3:] == ["196  some", "197  some", "198  some", "199  some", "200  so"]


def test_a_long_table_is_seen_as_wide_as_its_widest_row() -> None:
    text = "| a | b |\n|---|---|\n| " + "x" * 20 + " | y |\n" + "| 1 | 2 |\n" * 100
    assert live(text, height=10)[-1] == "1" + " " * 21 + "2"


def test_of_a_table_of_many_columns_the_last_cells_are_seen() -> None:
    text = "|" + "a|" * 20 + "\n|" + "-|" * 20 + "\n" + ("|" + "x|" * 20 + "\n") * 3 + "|" + "y|" * 20 + "\n"
    assert live(text, height=10) == ["⋮", *["a: y"] * 7]
    assert live(text, height=25)[:3] == ["⋮", "a: x", "a: y"]


def test_of_a_long_paragraph_the_last_rows_are_seen() -> None:
    shown = live(" ".join(f"w{n}" for n in range(5000)), height=10)
    assert shown[0] == "⋮"
    assert shown[-1].endswith("w4999")
    assert len(shown) == 8


def test_code_is_committed_while_its_fence_is_open() -> None:
    stream = MarkdownStream(LOOK, 40, 24)
    stream.feed("```python\n" + PYTHON * 10)
    frame = stream.frame()
    assert len(frame.commit) > 50
    assert len(frame.live) < 22


# Resizing


def test_what_is_live_is_laid_out_anew_when_the_width_changes() -> None:
    stream = MarkdownStream(LOOK, 40, 12)
    stream.feed("word " * 10)
    assert len(stream.frame().live) == 2
    stream.resize(20, 12)
    assert len(stream.frame().live) == 3


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_resizing_loses_and_repeats_nothing(seed: int) -> None:
    rnd = random.Random(seed)
    words = [f"w{number}x" for number in range(100)]
    forms = ("{} {}", "- {}\n- {}", "```py\n{}\n{}\n```", "> {}\n{}", "| {} | {} |\n|---|---|", "# {} {}")
    text = "\n\n".join(rnd.choice(forms).format(*words[n : n + 2]) for n in range(0, 100, 2))
    stream = MarkdownStream(LOOK, 80, 24)
    rows: list[Row] = []
    for part in chunks(rnd, text):
        stream.feed(part)
        if rnd.random() < 0.2:
            stream.resize(rnd.randint(20, 120), rnd.randint(5, 50))
        rows += stream.frame().commit
    rows += stream.frame(final=True).commit
    assert re.findall(r"w\d+x", " ".join(row.text for row in rows)) == words


# Cost

LONG_BLOCKS = {
    "a fence": "```python\n" + PYTHON * 60,
    "another fence": "```js\n" + JAVASCRIPT * 100,
    "a fence in an item": "1. do\n\n   ```python\n" + "".join(f"   {line}\n" for line in (PYTHON * 40).split("\n")),
    "a list": "".join(f"{n}. some words in it\n" for n in range(400)),
    "items in an item": "1. all\n" + "".join(f"   - item {n}\n" for n in range(400)),
    "a table": "| a | b |\n|---|---|\n" + "".join(f"| {n} | words |\n" for n in range(250)),
    "a table of many columns": ("|" + "a|" * 50 + "\n|" + "-|" * 50 + "\n")
    + "".join("|" + f"{n} w|" * 50 + "\n" for n in range(50)),
    "a quote": "".join(f"> line {n}\n" + ">\n" * (n % 3 == 0) for n in range(400)),
    "html": "<div>\n" + "<p>line</p>\n" * 400,
    "a paragraph": "word and **word** " * 600,
    "a paragraph of many lines": "word and **word**\n" * 600,
    "a heading": "# " + "word and **word** " * 600,
    "brackets": "[" * 10_000,
    "images": "![a " * 4000,
    "formulas": "\\( " * 4000,
    "emphasis": "**a _b " * 3000,
}


def calls(work: Callable[[], object]) -> int:
    """How many Python functions some work takes."""
    count = 0

    def notice(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(notice)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def add(stream: MarkdownStream, text: str) -> Frame:
    stream.feed(text)
    return stream.frame()


@pytest.mark.parametrize("name", LONG_BLOCKS)
def test_the_work_for_a_frame_does_not_grow_with_the_block(name: str) -> None:
    text = LONG_BLOCKS[name]
    stream = MarkdownStream(LOOK, 60, 15)
    size = len(text) // 50
    work = [calls(partial(add, stream, text[start : start + size])) for start in range(0, len(text), size)]
    assert sum(work[-10:]) <= 1.5 * sum(work[20:30])


@pytest.mark.parametrize("mark", ["> ", "- "])
def test_the_work_for_a_row_grows_no_faster_than_the_depth_it_lies_at(mark: str) -> None:
    def nested(depth: int) -> str:
        further = mark if mark == "> " else "  "
        return mark * depth + "```\n" + (further * depth + "word\n") * 100

    shallow, deep = (calls(partial(render, nested(depth), LOOK, 120)) for depth in (8, 32))
    assert deep <= 5 * shallow


def test_an_open_bracket_does_not_cost_a_look_at_all_that_follow() -> None:
    assert calls(partial(render, "[" * 2000, LOOK, 60)) <= 200 * 2000
