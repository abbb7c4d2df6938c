"""The text within a leaf: parsed by markdown-it, with nothing hidden in it and each link showing where it leads.

rich draws no HTML, no images where they stand, and trusts links. So before rich sees the tokens, HTML becomes the text
it is, an image becomes its description, and the address of a link stands behind its words: the whole address, or only
the host if the terminal can be told the address (OSC 8).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from mistral_chat.links import link_host, safe_link
from mistral_chat.text import neutralise

_MATH = (("$$", "$$"), ("\\[", "\\]"), ("\\(", "\\)"))


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
    parser = MarkdownIt("commonmark", {"maxNesting": 100}).enable("strikethrough")
    parser.inline.ruler.before("escape", "math", _math)
    return parser


def _math(state: StateInline, silent: bool) -> bool:
    r"""Leave `\( … \)`, `\[ … \]` and `$$ … $$` as they are: their backslashes and stars are not Markdown."""
    for begin, end in _MATH:
        if state.src.startswith(begin, state.pos):
            close = state.src.find(end, state.pos + len(begin), state.posMax)
            if close < 0:
                return False
            if not silent:
                state.pending += state.src[state.pos : close + len(end)].replace("\n", " ")
            state.pos = close + len(end)
            return True
    return False


def _visible(tokens: Iterable[Token], *, hyperlinks: bool) -> Iterator[Token]:
    """The tokens as rich is to draw them."""
    href, words = "", ""
    for token in tokens:
        match token.type:
            case "text" | "code_inline":
                token.content = neutralise(token.content, code=token.type == "code_inline")
                words += token.content
                yield token
            case "html_inline":
                words += token.content
                yield _text(neutralise(token.content))
            case "image":
                label = neutralise(token.content)
                words += label
                yield _text(f"[image: {label}]" if label else "[image]")
                if not href:
                    yield from _address(str(token.attrs.get("src", "")))
            case "link_open":
                href, words = str(token.attrs.get("href", "")), ""
                yield token if hyperlinks and safe_link(href) else Token("words_open", "link", 1)
            case "link_close":
                linked = hyperlinks and safe_link(href)
                yield token if linked else Token("words_close", "link", -1)
                if words not in (href, href.removeprefix("mailto:")):
                    yield from _address(link_host(href) or href if linked else href)
                href = ""
            case _:
                yield token


def _address(address: str) -> Iterator[Token]:
    if address:
        yield _text(" (")
        yield Token("address_open", "link_url", 1)
        yield _text(neutralise(address, code=True))
        yield Token("address_close", "link_url", -1)
        yield _text(")")


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
