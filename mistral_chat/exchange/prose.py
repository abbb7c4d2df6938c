"""Markdown as HTML in which nothing can act: no tag of the text, no script, no image, links only to the web and mail.

The text goes through CommonMark with HTML switched off (https://commonmark.org), so a tag in it is shown as text. Code
is coloured by pygments; its classes are those of `sheet`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from mistral_chat.links import safe_link

DEEPEST = 40
"""Lists and quotations in one another; what stands deeper, a parser may leave out."""

LONGEST_COLOURED = 100_000
"""Characters; a longer block of code stays without colours, for some lexers take very long."""

_SIDES = {"text-align:left": "left", "text-align:center": "center", "text-align:right": "right"}


def prose(text: str) -> str:
    """The text of an answer as HTML; one that nests too deep for Markdown as it is."""
    commonmark = _commonmark()
    environment: EnvType = {}
    tokens = commonmark.parse(text, environment)
    if any(token.level > DEEPEST for token in tokens):
        return f'<div class="plain">{escape(text)}</div>'
    return str(commonmark.renderer.render(tokens, commonmark.options, environment))


def code(text: str, language: str) -> str:
    """A block of code as HTML, coloured where the language is known, with its name."""
    name = language.split()[0].strip("{}.") if language.strip() else ""
    label = f'<span class="language">{escape(name)}</span>' if name else ""
    return f'<div class="code">{label}<pre tabindex="0"><code>{_coloured(text, name)}</code></pre></div>\n'


def link(address: str, words: str) -> str:
    """A link where the address may be one, else the words with the address beside them; `words` are HTML."""
    before, after = _link(address)
    return before + words + after


def _link(address: str) -> tuple[str, str]:
    """What stands before and after the words of a link."""
    if not safe_link(address):
        return '<span class="link">', f"</span> ({escape(address)})"
    return f'<a href="{escape(address)}" rel="noopener noreferrer">', "</a>"


@cache
def _commonmark() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "maxNesting": 2 * DEEPEST}, renderer_cls=_Renderer).enable(
        ["table", "strikethrough"]
    )


def _coloured(text: str, language: str) -> str:
    if not language or len(text) > LONGEST_COLOURED:
        return escape(text)
    try:
        lexer = get_lexer_by_name(language.lower(), stripnl=False, ensurenl=False)
    except ClassNotFound:
        return escape(text)
    try:
        return str(highlight(text, lexer, HtmlFormatter(nowrap=True)))
    except Exception:  # one of 600 lexers meets code that no one wrote
        return escape(text)


class _Renderer(RendererHTML):
    """markdown-it-py finds the method for a token by its type."""

    def link_open(self, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType) -> str:
        return _link(str(tokens[place].attrGet("href") or ""))[0]

    def link_close(self, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType) -> str:
        opened = next(token for token in reversed(tokens[:place]) if token.type == "link_open")
        return _link(str(opened.attrGet("href") or ""))[1]

    def image(self, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType) -> str:
        """Never loaded: what it shows in words, and where it is."""
        address = str(tokens[place].attrGet("src") or "")
        words = self.renderInlineAsText(tokens[place].children, options, env)
        label = escape(f"[image: {words}]" if words else "[image]")
        in_link = sum(token.nesting for token in tokens[:place] if token.type in ("link_open", "link_close"))
        return f"{label} ({escape(address)})" if in_link else link(address, label)

    def fence(self, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType) -> str:
        return code(tokens[place].content, tokens[place].info)

    def code_block(self, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType) -> str:
        return code(tokens[place].content, "")

    def table_open(self, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType) -> str:
        return '<div class="table" tabindex="0"><table>\n'

    def table_close(self, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType) -> str:
        return "</table></div>\n"

    def th_open(self, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType) -> str:
        return _cell(tokens[place])

    def td_open(self, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType) -> str:
        return _cell(tokens[place])


def _cell(token: Token) -> str:
    """A cell with its side as a class, since a style of its own is not allowed to it."""
    side = _SIDES.get(str(token.attrGet("style") or ""))
    return f'<{token.tag} class="{side}">' if side else f"<{token.tag}>"
