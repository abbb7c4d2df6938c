"""Styles as escape sequences: the same that rich makes of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.style import Style

from mistral_chat.sgr import sgr
from mistral_chat.style import ANSI, ATTRIBUTES, Look, parse

colours = st.one_of(st.sampled_from(["", "default", *ANSI]), st.integers(0, 0xFFFFFF).map("#{:06x}".format))
looks = st.builds(Look, colours, colours, st.dictionaries(st.sampled_from(ATTRIBUTES), st.booleans()))


def by_rich(look: Look, depth: int) -> set[str]:
    """Its numbers; the order of attributes does not matter."""
    Style.parse.cache_clear()  # a style of rich keeps the numbers of the first depth that it was rendered in
    rendered = Style.parse(look.rich()).render("x", color_system=ColorSystem(depth))
    return set(rendered.partition("x")[0].removeprefix("\x1b[").removesuffix("m").split(";"))


@given(looks, st.sampled_from([1, 2, 3]))
def test_every_style_is_switched_on_as_rich_does_it(look: Look, depth: int) -> None:
    assert set(sgr(look, depth).split(";")) == by_rich(look, depth)


@pytest.mark.parametrize(
    ("depth", "numbers"), [(1, "1;91;44"), (2, "1;38;5;208;44"), (3, "1;38;2;255;130;5;44")], ids=["16", "256", "all"]
)
def test_the_colours_are_those_that_the_terminal_has(depth: int, numbers: str) -> None:
    assert sgr(parse("bold #ff8205 on blue"), depth) == numbers


def test_a_style_that_changes_nothing_has_no_numbers() -> None:
    assert sgr(parse("none"), 3) == ""
