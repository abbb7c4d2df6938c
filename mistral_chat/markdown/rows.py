"""From pieces of Markdown to the rows of a terminal."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.syntax import Syntax, SyntaxTheme
from rich.theme import Theme

from mistral_chat.markdown.elements import Markdown
from mistral_chat.markdown.inline import parse_inline
from mistral_chat.markdown.leaves import Path
from mistral_chat.markdown.tokens import Piece, blocks_of


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the terminal: texts with their styles, and the style that fills it from there to the edge."""

    segments: tuple[Segment, ...] = ()
    fill: Style | None = None

    @property
    def text(self) -> str:
        return "".join(segment.text for segment in self.segments)

    @property
    def is_line(self) -> bool:
        """Whether the row is a line such as the one under the head of a table."""
        return bool(self.segments) and set(self.text) <= set(" ─-+")


@dataclass(frozen=True)
class Look:
    """How Markdown looks: `styles` by rich's names and ours (`code.label`), the colours of code, and what may be used.

    `code` is the name of a pygments style or a theme of rich.syntax; `hyperlinks` says whether the terminal may be
    given addresses (OSC 8), `boxes` whether it shows other characters than ASCII well.
    """

    styles: Mapping[str, str | Style] = field(default_factory=dict)
    code: str | SyntaxTheme = "ansi_dark"
    hyperlinks: bool = True
    boxes: bool = True

    @cached_property
    def markdown(self) -> Markdown:
        """What draws it."""
        return Markdown(Syntax.get_theme(self.code), boxes=self.boxes)

    def row(self, *pieces: tuple[str, str]) -> Row:
        """A row of text that is not Markdown: style names, and texts in these styles."""
        return Row(tuple(Segment(text, self.console.get_style(style, default="none")) for style, text in pieces))

    @cached_property
    def console(self) -> Console:
        """Where rich looks styles up; nothing is ever written to it."""
        return Console(
            file=io.StringIO(),
            force_terminal=True,
            color_system="truecolor",
            theme=Theme(dict(self.styles)),
            legacy_windows=False,
            _environ={},
        )


def rows_of(pieces: Iterable[Piece], look: Look, width: int, before: Path | None = None) -> list[Row]:
    """The rows that the pieces take; `before` is the path of what was drawn before them, None if nothing was."""
    blocks = blocks_of(pieces, before, partial(parse_inline, hyperlinks=look.hyperlinks))
    options = look.console.options.update(width=width, height=None)
    lines = look.console.render_lines(look.markdown.of(blocks), options, pad=False)
    return [_row(line, width) for line in lines]


def _row(line: list[Segment], width: int) -> Row:
    """A row without the blanks at its end. Where they have a colour and reach the edge, that colour is the row's fill.

    rich pads rows to the full width; a terminal that is made narrower would break each of them in two.
    """
    segments = [segment for segment in Segment.simplify(line) if segment.text]
    ground = segments[-1].style if segments and Segment.get_line_length(segments) == width else None
    fill = Style(bgcolor=ground.bgcolor) if ground and ground.bgcolor and segments[-1].text.endswith(" ") else None
    while segments and _is_like(segments[-1].style, fill):
        last = segments.pop()
        if text := last.text.rstrip(" "):
            segments.append(Segment(text, last.style))
            break
    return Row(tuple(segments), fill)


def _is_like(style: Style | None, fill: Style | None) -> bool:
    """Whether a blank in this style cannot be told from one that is filled."""
    if not style:
        return fill is None
    ground = fill.bgcolor if fill else None
    return style.bgcolor == ground and not (style.underline or style.reverse or style.strike)
