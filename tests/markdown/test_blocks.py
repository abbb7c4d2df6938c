"""The blocks that are found line by line are those that markdown-it finds in the whole text."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mistral_chat.markdown.blocks import DEEPEST, Blocks
from mistral_chat.markdown.leaves import Code, Heading, Html, Item, Leaf, List, Paragraph, Path, Quote, Rule, Table
from mistral_chat.markdown.stream import code_blocks, leaves_of
from mistral_chat.markdown.table import cells_of
from tests.markdown.corpus import SAMPLES, answer, nasty

Outline = list[str]
"""Containers as brackets, leaves by kind and content."""


def markdown_it(text: str) -> Outline:
    parser = MarkdownIt("commonmark", {"maxNesting": 100}).enable("table").disable("reference")
    found = []
    for token in parser.parse(text if text.endswith("\n") else text + "\n"):
        match token.type:
            case "blockquote_open":
                found.append("quote(")
            case "bullet_list_open":
                found.append("list(")
            case "ordered_list_open":
                found.append(f"list {token.attrs.get('start', 1)}(")
            case "list_item_open":
                found.append("item(")
            case "blockquote_close" | "bullet_list_close" | "ordered_list_close" | "list_item_close":
                found.append(")")
            case "paragraph_open" | "heading_open" | "hr":
                found.append(token.tag)
            case "th_open" | "td_open":
                found.append(f"cell {token.attrs.get('style', '')}")
            case "inline":
                found.append(unindented(token.content))
            case "fence" | "code_block":
                found += ["code", token.info.strip(), token.content]
            case "html_block":
                found += ["html", token.content.rstrip()]
    return found


def unindented(text: str) -> str:
    return re.sub(r"\n[ \t]*", "\n", text).strip()


def ours(text: str) -> Outline:
    found: Outline = []
    path: Path = ()
    for leaf in leaves_of(text):
        common = sum(1 for one, other in zip(path, leaf.path, strict=False) if one is other)
        found += [")"] * (len(path) - common)
        for depth, container in enumerate(leaf.path[common:], common):
            match container:
                case Quote():
                    found.append("quote(")
                case List():
                    first = leaf.path[depth + 1]
                    assert isinstance(first, Item)
                    found.append("list(" if first.number is None else f"list {first.number}(")
                case Item():
                    found.append("item(")
        found += content(leaf)
        path = leaf.path
    return found + [")"] * len(path)


def content(leaf: Leaf) -> Outline:
    text = "\n".join(leaf.lines)
    match leaf:
        case Paragraph():
            return ["p", unindented(text)]
        case Heading():
            return [f"h{leaf.level}", unindented(text)]
        case Rule():
            return ["hr"]
        case Code():
            return ["code", leaf.info, "".join(f"{line}\n" for line in leaf.lines)]
        case Html():
            return ["html", text.rstrip()]
        case Table():
            found = []
            for line in leaf.lines:
                cells = cells_of(line)
                for number, side in enumerate(leaf.align):
                    found += [f"cell text-align:{side}" if side else "cell "]
                    found += [cells[number] if number < len(cells) else ""]
            return found
    return []


# Where we go our own way, as the docstring of `blocks` says, or markdown-it goes astray.
OWN_WAY = {
    "a heading with a pipe",  # a table for markdown-it
    "deeper than deep",  # markdown-it drops what lies deeper than its limit
    "empty items",  # an item, blank lines and another are two lists for markdown-it, against the specification
}


@pytest.mark.parametrize("name", sorted(SAMPLES.keys() - OWN_WAY))
def test_each_construct_is_made_of_the_blocks_that_markdown_it_finds(name: str) -> None:
    assert ours(SAMPLES[name]) == markdown_it(SAMPLES[name])


@pytest.mark.parametrize("seed", range(100))
def test_answers_are_made_of_the_blocks_that_markdown_it_finds(seed: int) -> None:
    text = answer(random.Random(seed), blocks=4)
    unquoted = re.sub("^(?:> )+", "", text, flags=re.MULTILINE)
    if not any(SAMPLES[name] in (text + unquoted) for name in OWN_WAY):
        assert ours(text) == markdown_it(text)


def test_nasty_texts_are_made_of_the_blocks_that_markdown_it_finds() -> None:
    rnd = random.Random(1)
    different = 0
    texts = 2000
    for _ in range(texts):
        text = nasty(rnd, 12)
        try:
            expected = markdown_it(text)
        except IndexError:  # markdown-it fails on some
            continue
        different += ours(text) != expected
    assert different <= texts // 200, "but for the tables and marks of quotations that markdown-it sees in other blocks"


def test_the_head_of_a_table_is_a_line_of_a_paragraph() -> None:
    assert ours("## a | b\n|---|---|\n")[:2] == ["h2", "a | b"]
    assert ours("- a | b\n  |---|---|\n")[:3] == ["list(", "item(", "cell "]


def test_link_definitions_are_text() -> None:
    assert ours("[a]: http://example.com") == ["p", "[a]: http://example.com"]


def test_what_is_nested_too_deep_is_text() -> None:
    found = ours("> " * (DEEPEST + 2) + "word")
    assert found.count("quote(") == DEEPEST
    assert "> > word" in found


def test_list_items_are_numbered_from_the_first() -> None:
    items = [leaf.path[-1] for leaf in leaves_of("7. a\n7. b\n\n7. c\n")]
    assert [item.number for item in items if isinstance(item, Item)] == [7, 8, 9]


def test_an_empty_item_keeps_its_number() -> None:
    items = [leaf.path[-1] for leaf in leaves_of("1. a\n2.\n\n3. c\n")]
    assert [item.number for item in items if isinstance(item, Item)] == [1, 2, 3]


def test_what_comes_after_an_empty_item_and_a_blank_line_is_not_in_it() -> None:
    assert [(type(leaf), leaf.path) for leaf in leaves_of("-\n\n  text")][-1] == (Paragraph, ())


def test_a_leaf_that_was_given_back_does_not_change() -> None:
    blocks = Blocks()
    seen: list[tuple[Leaf, list[str]]] = []
    for line in SAMPLES["nested items"].split("\n") + SAMPLES["lazy lines"].split("\n"):
        seen += [(leaf, leaf.lines.copy()) for leaf in blocks.read(line)]
        assert all(leaf.lines == lines for leaf, lines in seen)


def test_a_fork_does_not_change_what_it_was_forked_from() -> None:
    blocks = Blocks()
    for line in ("- one", "  two"):
        blocks.read(line)
    ahead = blocks.fork()
    ahead.read("  ===")
    ahead.end()
    assert isinstance(blocks.leaf, Paragraph)
    assert blocks.leaf.lines == ["one", "two"]
    assert len(blocks.path) == 2


@given(st.text(alphabet="-*+1.)> \t\n#`~|:=_<!abc/", max_size=60))
def test_no_text_is_refused_and_no_letter_is_lost(text: str) -> None:
    letters = "".join(re.findall("[abc]", text))
    kept = "".join(line for leaf in leaves_of(text) for line in (*leaf.lines, getattr(leaf, "info", "")))
    assert sorted(re.findall("[abc]", kept)) == sorted(letters)


def test_code_is_kept_as_it_was_written() -> None:
    blocks = code_blocks("1. a\n   ```py title\n     x\n\n   \ty\n   ```\n\n       indented\n\n```\nopen")
    assert [(block.number, block.language, block.text, block.complete) for block in blocks] == [
        (1, "py", "  x\n\n\ty\n", True),
        (2, "", "indented\n", True),
        (3, "", "open\n", False),
    ]
