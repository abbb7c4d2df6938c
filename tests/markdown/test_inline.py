"""Text within a leaf is parsed in a time that grows with its length and no faster."""

from __future__ import annotations

import sys
from types import FrameType

import pytest

from mistral_chat.markdown import Look, render
from mistral_chat.markdown.inline import parse_inline

UNENDED = ["[", "![", "[a ", "![a ", "[a](", "[a](b ", "![](", "\\( ", "\\[ ", "<a ", "` `` ", "**a _b ", "<![CDATA["]


def work(source: str) -> int:
    """How many Python functions it takes to parse the text."""
    count = 0

    def notice(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(notice)
    try:
        parse_inline(source, hyperlinks=True)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.slow
@pytest.mark.parametrize("mark", UNENDED)
def test_what_has_no_end_costs_no_more_in_a_long_text(mark: str) -> None:
    assert work(mark * 8000) <= 5 * work(mark * 2000)


def test_a_formula_that_has_no_end_is_none() -> None:
    rows = render("\\( *a* and \\( *b* \\) and \\[ *c* \\[ *d* \\]", Look(), 60)
    assert [row.text for row in rows] == ["( a and \\( *b* \\) and [ c \\[ *d* \\]"]


def test_a_formula_may_have_lines_that_end_in_backslashes() -> None:
    rows = render("\\[ *a* \\\\[2pt] *b* \\]", Look(), 60)
    assert [row.text for row in rows] == ["\\[ *a* \\\\[2pt] *b* \\]"]


@pytest.mark.parametrize("link", ["[words](u)", "[a [1]](u)", "[![image](i)](u)", "[a \\] b](u)"])
def test_links_are_found_among_many_brackets(link: str) -> None:
    children = parse_inline(f"{'[' * 1000} {link} {'[1] ' * 1000}", hyperlinks=False).children or []
    assert [token.type for token in children].count("address_open") == 1


def test_no_bracket_is_lost_among_many() -> None:
    source = "![[a]" * 1000 + "] (b)" * 1000
    children = parse_inline(source, hyperlinks=False).children or []
    assert "".join(token.content for token in children) == source
