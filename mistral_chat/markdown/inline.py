"""The text within a leaf: parsed by markdown-it, with nothing hidden in it and each link showing where it leads.

rich draws no HTML, no images where they stand, and trusts links. So before rich sees the tokens, HTML becomes the text
it is, an image becomes its description, and the address of a link stands behind its words: the whole address, or only
the host if the terminal can be told the address (OSC 8); and behind that its title.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from mistral_chat.links import link_host, safe_link
from mistral_chat.text import neutralise

# `$5 and $6` is none: a formula between single dollars begins and ends without a blank, and no digit follows.
_FORMULA = re.compile(
    r"\\\((?:[^\\]|\\[^()])*+\\\)|\\\[(?:[^\\]|\\[^\[\]])*+\\\]|\$\$.*?\$\$|\$(?![\s$])[^$\n]*(?<![\s\\])\$(?!\d)",
    re.DOTALL,
)
_BRACKET = re.compile(r"\\.|[\[\]]", re.DOTALL)

MUCH = 100_000
"""Brackets times characters beyond which markdown-it, which looks for the end of each bracket, would take too long."""
DEEPEST_LINK = 3
"""So many brackets may be within one another in a link in so long a text: `[![build [1]](badge)](address)`."""


@lru_cache(maxsize=256)  # the rows of a table that is still open are drawn again with each frame
def parse_inline(source: str, *, hyperlinks: bool) -> Token:
    """The `inline` token of a text; its children are what rich is to draw."""
    token = Token("inline", "", 0, content=source)
    try:
        children = _parser().parseInline(source)[0].children or []
        token.children = list(_visible(children, hyperlinks=hyperlinks))
    except Exception:  # a text on which the parser fails is shown as it is written
        token.children = [_text(source)]
    return token


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable("strikethrough")
    parser.inline.ruler.before("escape", "math", _math)
    parser.inline.ruler.before("link", "bracket", _bracket)
    return parser


def _math(state: StateInline, silent: bool) -> bool:
    """Leave formulas as they are: their backslashes, stars and underscores are not Markdown."""
    formula = _FORMULA.match(state.src, state.pos)
    if not formula or formula.end() > state.posMax:
        return False
    if not silent:
        state.pending += formula[0].replace("\n", " ")
    state.pos = formula.end()
    return True


def _bracket(state: StateInline, silent: bool) -> bool:
    """Leave a bracket as it is that begins no link, without looking for its end."""
    bracket = state.pos + state.src.startswith("![", state.pos)
    if state.src[bracket] != "[" or (begins := _links(state.src)) is None or bracket in begins:
        return False
    if not silent:
        state.pending += state.src[state.pos]
    state.pos += 1
    return True


@lru_cache(maxsize=8)
def _links(source: str) -> frozenset[int] | None:
    """Where a link may begin in a text of many brackets; None for others, of which markdown-it is to judge."""
    if source.count("[") * len(source) <= MUCH:
        return None
    begins: list[int] = []
    heights: list[tuple[int, int]] = []  # of open brackets: where each is, and how many lie within one another in it
    for mark in _BRACKET.finditer(source):
        if mark[0] == "[":
            heights.append((mark.start(), 1))
        elif mark[0] == "]" and heights:
            start, height = heights.pop()
            if heights:
                outer, its_height = heights.pop()
                heights.append((outer, max(its_height, height + 1)))
            if height <= DEEPEST_LINK and source.startswith("(", mark.end()):
                begins.append(start)
    return frozenset(begins)


def _visible(tokens: Iterable[Token], *, hyperlinks: bool) -> Iterator[Token]:
    """The tokens as rich is to draw them."""
    href = title = words = ""
    for token in tokens:
        match token.type:
            case "text" | "code_inline":
                token.content = neutralise(token.content, code=token.type == "code_inline")
                words += token.content
                yield token
            case "html_inline":
                words += token.content
                yield _text(token.content)
            case "image":
                label = f"[image: {token.content}]" if token.content else "[image]"
                words += label
                source = "" if href else str(token.attrs.get("src", ""))
                yield from _begin_link(source, hyperlinks=hyperlinks)
                yield _text(label)
                yield from _end_link(source, _title(token), label, hyperlinks=hyperlinks)
            case "link_open":
                href, title, words = str(token.attrs.get("href", "")), _title(token), ""
                yield from _begin_link(href, hyperlinks=hyperlinks)
            case "link_close":
                yield from _end_link(href, title, words, hyperlinks=hyperlinks)
                href = ""
            case _:
                yield token


def _begin_link(href: str, *, hyperlinks: bool) -> Iterator[Token]:
    if hyperlinks and safe_link(href):
        yield Token("link_open", "a", 1, attrs={"href": href})
    else:
        yield Token("words_open", "link", 1)


def _end_link(href: str, title: str, words: str, *, hyperlinks: bool) -> Iterator[Token]:
    """The end of a link, and behind it where it leads, unless its words are just that, and its title."""
    linked = hyperlinks and safe_link(href)
    yield Token("link_close", "a", -1) if linked else Token("words_close", "link", -1)
    address = href if words not in (href, href.removeprefix("mailto:")) else ""
    if not address and not title:
        return
    yield _text(" (")
    if address:
        yield Token("address_open", "link_url", 1)
        yield _text(link_host(address) or address if linked else address)
        yield Token("address_close", "link_url", -1)
    yield _text(f"{' ' if address and title else ''}{title})")


def _title(token: Token) -> str:
    """The title of a link or an image in quotation marks, or nothing."""
    title = " ".join(str(token.attrs.get("title", "")).split())
    return f'"{title}"' if title else ""


def _text(content: str) -> Token:
    return Token("text", "", 0, content=neutralise(content))
