"""What is drawn, by name, and the small language in which a theme says how.

A style is written as rich writes it: attributes (`bold`, `not bold`), a colour, and `on` another colour. A colour
is `#rrggbb`, `#rgb`, a name of the theme's palette, one of the terminal's own sixteen (`red`, `bright_red`) or
`default`; `none` is a style that changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

STYLES: Mapping[str, str] = {
    "prompt.mark": "the mark before what you type",
    "prompt.continuation": "the mark before its further lines",
    "prompt.text": "what you type",
    "prompt.command": "the slash command in it",
    "prompt.suggestion": "how an earlier line went on, offered behind the cursor",
    "prompt.pasted": "what stands for a long paste",
    "menu": "the completion menu",
    "menu.current": "its chosen row",
    "menu.match": "the letters that match what you typed",
    "menu.match.current": "the same in the chosen row",
    "menu.meta": "the explanation beside a row",
    "menu.meta.current": "the same in the chosen row",
    "menu.scrollbar": "the track of its scrollbar",
    "menu.scrollbar.thumb": "the part that moves",
    "status": "the line under the prompt",
    "status.model": "the model in it",
    "status.active": "what is in force: safe_prompt, stop, prefix, JSON",
    "status.title": "the title of the session",
    "banner": "the line at the start",
    "banner.name": "the program's name in it",
    "note": "one-line remarks, such as the line after an answer",
    "success": "something done: copied, saved",
    "warning": "something to look at",
    "error": "what went wrong",
    "error.why": "where or why",
    "error.hint": "what to do about it",
    "user.label": "the name before a message of yours",
    "user.text": "a message of yours shown again",
    "answer.label": "the name before an answer",
    "answer.prefix": "the prefix that an answer goes on from",
    "thinking": "the model's thoughts",
    "thinking.label": "the line that counts its seconds",
    "tool": "a call of a tool",
    "attachment": "a file sent along",
    "spinner": "the sign that something is on its way",
    "spinner.text": "the words beside it",
    "picker.title": "the title of a list to choose from",
    "picker.item": "one row of it",
    "picker.current": "the chosen row",
    "picker.meta": "dates and counts beside a row",
    "picker.meta.current": "the same in the chosen row",
    "picker.help": "the line that names the keys",
    "branch.line": "the lines of the tree",
    "branch.number": "the number of a branch",
    "branch.text": "how a branch begins",
    "branch.current": "the branch you are on",
    "branch.meta": "its model, date and length",
    "table.title": "the title of a listing",
    "table.header": "the heads of its columns",
    "table.number": "the number of a row",
    "table.name": "the name of a setting, session or command",
    "table.value": "its value",
    "table.origin": "where the value came from",
    "search.hit": "a found word",
    "code.label": "the line above a block of code",
    "code.number": "the number by which it is copied",
    "markdown.paragraph": "a paragraph",
    "markdown.text": "text in it",
    "markdown.em": "emphasis",
    "markdown.emph": "emphasis, by another name",
    "markdown.strong": "strong emphasis",
    "markdown.s": "struck out",
    "markdown.code": "code within a line",
    "markdown.code_block": "a block of code without highlighting",
    "markdown.kbd": "a key",
    "markdown.link": "the words of a link",
    "markdown.link_url": "its address",
    "markdown.block_quote": "a quotation",
    "markdown.list": "a list",
    "markdown.item": "an item of a list",
    "markdown.item.bullet": "its bullet",
    "markdown.item.number": "its number",
    "markdown.hr": "a rule across the page",
    "markdown.h1": "a heading of the first level",
    "markdown.h1.border": "what frames it",
    "markdown.h2": "a heading of the second level",
    "markdown.h3": "a heading of the third level",
    "markdown.h4": "a heading of the fourth level",
    "markdown.h5": "a heading of the fifth level",
    "markdown.h6": "a heading of the sixth level",
    "markdown.h7": "a heading below that",
    "markdown.table.header": "the head of a table",
    "markdown.table.border": "the lines of a table",
}
"""Every style of the program, and what is drawn in it. A name stands below the one it is laid over."""

TOKENS: Mapping[str, str] = {
    "text": "everything else",
    "keyword": "`if`, `return`",
    "keyword.constant": "`True`, `null`",
    "keyword.declaration": "`let`, `fn`",
    "keyword.namespace": "`import`, `package`",
    "keyword.type": "`int`, `char`",
    "name": "a name",
    "name.attribute": "an attribute of a tag, a key",
    "name.builtin": "a function of the language, `self`",
    "name.class": "a class where it is defined",
    "name.constant": "a constant",
    "name.decorator": "a decorator",
    "name.exception": "an exception",
    "name.function": "a function where it is defined",
    "name.namespace": "a module",
    "name.tag": "a tag, a key of JSON or YAML",
    "name.variable": "a variable in shells and templates",
    "string": "a string",
    "string.doc": "a docstring",
    "string.escape": "`\\n` within a string",
    "string.interpol": "`{x}` within a string",
    "string.regex": "a regular expression",
    "number": "a number",
    "operator": "`+`, `=`",
    "operator.word": "`and`, `in`",
    "punctuation": "brackets and commas",
    "comment": "a comment",
    "comment.preproc": "`#include`, `<?php`",
    "generic.heading": "a heading, the files of a diff",
    "generic.subheading": "the line numbers of a diff",
    "generic.inserted": "an added line",
    "generic.deleted": "a removed line",
    "generic.emph": "emphasis",
    "generic.strong": "strong emphasis",
    "generic.prompt": "the prompt in a shell session",
    "generic.output": "what a program printed",
    "generic.error": "an error it printed",
    "generic.traceback": "a traceback",
    "error": "what the language does not allow",
}
"""What can be told apart in code. `name.function` is pygments' `Token.Name.Function`, `string` its `Literal.String`."""

ATTRIBUTES = ("bold", "dim", "italic", "underline", "strike", "reverse")

ANSI = tuple(
    bright + colour
    for bright in ("", "bright_")
    for colour in ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
)
"""The terminal's own colours, in their order 0 to 15."""

_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Look:
    """A style taken apart. What is empty or absent is left as it was."""

    foreground: str = ""
    background: str = ""
    attributes: Mapping[str, bool] = field(default_factory=dict)

    def under(self, other: Look) -> Look:
        """The other look laid over this one."""
        return Look(
            other.foreground or self.foreground,
            other.background or self.background,
            {**self.attributes, **other.attributes},
        )

    def rich(self) -> str:
        """As rich writes it, and `parse` reads it."""
        words = [name if on else f"not {name}" for name, on in self.attributes.items()]
        if self.foreground:
            words.append(self.foreground)
        if self.background:
            words.append(f"on {self.background}")
        return " ".join(words) or "none"

    def prompt_toolkit(self) -> str:
        """As prompt_toolkit writes it; empty when it changes nothing."""
        words = [name if on else f"no{name}" for name, on in self.attributes.items()]
        if self.foreground:
            words.append(f"fg:{_ansi(self.foreground)}")
        if self.background:
            words.append(f"bg:{_ansi(self.background)}")
        return " ".join(words)


class BadStyle(ValueError):
    """A style that cannot be read; `word` is to blame, and `known` are those that could stand there."""

    def __init__(self, what: str, word: str = "", known: Iterable[str] = ()) -> None:
        super().__init__(what)
        self.word = word
        self.known = tuple(known)


def parse(text: str, palette: Mapping[str, str] | None = None) -> Look:
    """Take a style apart, each name of the palette replaced by its colour. Raises BadStyle."""
    palette = palette or {}
    foreground = background = ""
    attributes: dict[str, bool] = {}
    words = iter(text.split())
    for word in words:
        if word == "on":
            background = colour(next(words, ""), palette)
        elif word == "not":
            name = next(words, "")
            if name not in ATTRIBUTES:
                raise BadStyle(f"unknown attribute {name!r}", name, ATTRIBUTES)
            attributes[name] = False
        elif word in ATTRIBUTES:
            attributes[word] = True
        elif word != "none":
            if foreground:
                raise BadStyle(f"{word!r} is a second colour; the one behind the text follows 'on'")
            foreground = colour(word, palette, also=ATTRIBUTES)
    return Look(foreground, background, attributes)


def colour(word: str, palette: Mapping[str, str], also: Iterable[str] = ()) -> str:
    """The colour of a word as `#rrggbb`, the terminal's own or `default`. Raises BadStyle, which names `also`."""
    if word in palette:
        return palette[word]
    if word in ANSI or word == "default":
        return word
    digits = word[1:].lower()
    if word.startswith("#") and len(digits) in (3, 6) and _HEX.issuperset(digits):
        return "#" + (digits if len(digits) == 6 else "".join(2 * digit for digit in digits))
    raise BadStyle(f"unknown colour {word!r}", word, [*palette, *ANSI, "default", *also])


def _ansi(name: str) -> str:
    """A colour as prompt_toolkit calls it: of the sixteen, `white` is gray and `bright_white` white."""
    if name not in ANSI:
        return name
    return {"white": "ansigray", "bright_white": "ansiwhite"}.get(name, "ansi" + name.replace("_", ""))
