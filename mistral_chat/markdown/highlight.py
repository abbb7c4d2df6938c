"""Colours code while it grows: which token each line is made of, line by line, at a cost that does not grow.

A line's tokens can depend on what comes after it: `/*` is a comment only once there is a `*/`. So lines are settled
late, `MARGIN` lines after they came, and in steps of `STEP` lines. What a line settles as depends on nothing but the
code, so that it does not matter how the code arrived, and a finished block is highlighted by the same steps.

    settled lines            lines to come
    ───────────────┬───────────────┬─ ─ ─
             ▲     │    MARGIN     │
        checkpoint: a line at whose start the lexer began a new match, and the lexer's stack of states there

Each step lexes from the checkpoint only. Comments and heredocs that are still open are closed for the lexer's eyes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from pygments.lexer import ExtendedRegexLexer, Lexer, RegexLexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Error, Token, Whitespace, _TokenType
from pygments.util import ClassNotFound

STEP = 8
MARGIN = 12
LOOKBACK = 200

LONGEST_LINE = 2000
"""Characters in a line beyond which it is left without colours."""

Tokens = list[tuple[_TokenType, str]]
Stack = tuple[str, ...]


class _Start(NamedTuple):
    """A line at whose start the lexer can begin, and the stack of states that it has there."""

    line: int
    stack: Stack


_CLOSERS = "\n*/-->\n\"\"\"\n'''"
_HEREDOC = re.compile(r"<<[-~]?\s*['\"]?(\w+)")
_ROOT: Stack = ("root",)


@lru_cache(maxsize=64)
def lexer_for(language: str) -> Lexer | None:
    """The lexer of a language as fences name it (`py`, `c++`, `{.haskell}`), or None if there is none."""
    name = language.strip("{}.").lower()
    if not name or name in ("text", "plain", "txt"):
        return None
    try:
        return get_lexer_by_name(name)
    except ClassNotFound:
        return None


def _is_stateful(lexer: Lexer) -> bool:
    return isinstance(lexer, RegexLexer) and not isinstance(lexer, ExtendedRegexLexer)


def lex(lexer: Lexer, text: str, stack: Stack) -> Iterator[tuple[int, _TokenType, str, Stack | None]]:
    """The tokens of a text: offset, type, text, and the stack of states if the lexer began a new match here.

    For a lexer made of regular expressions this is what pygments does itself, with the stack laid open
    (https://pygments.org/docs/lexerdevelopment/). Other lexers do not say where they could begin again.
    """
    if not _is_stateful(lexer):
        for offset, kind, value in lexer.get_tokens_unprocessed(text):
            yield offset, kind, value, None
        return
    states = lexer._tokens  # type: ignore[attr-defined]
    pos, current = 0, list(stack)
    while pos < len(text):
        here: Stack | None = tuple(current)
        for match_at, action, new_state in states[current[-1]]:
            if not (match := match_at(text, pos)):
                continue
            if type(action) is _TokenType:
                yield pos, action, match[0], here
            elif action is not None:
                for offset, kind, value in action(lexer, match):
                    yield offset, kind, value, here if offset == pos else None
            pos = match.end()
            _follow(current, new_state)
            break
        else:
            if text[pos] == "\n":
                current = ["root"]
            yield pos, Whitespace if text[pos] == "\n" else Error, text[pos], here
            pos += 1


def _follow(stack: list[str], new_state: object) -> None:
    """Change the stack as a rule says: a number of states to drop, or names of states to enter."""
    if isinstance(new_state, int):
        del stack[max(len(stack) + new_state, 1) :]
    elif new_state == "#push":
        stack.append(stack[-1])
    elif isinstance(new_state, tuple):
        for name in new_state:
            if name == "#pop":
                del stack[max(len(stack) - 1, 1) :]
            else:
                stack.append(stack[-1] if name == "#push" else name)


class Highlighter:
    """Highlights one block of code. `settled` are the lines whose tokens are final."""

    def __init__(self, language: str) -> None:
        self._lexer = lexer_for(language)
        self._lines: list[str] = []  # from the checkpoint on
        self._checkpoint = _Start(0, _ROOT)
        self._preview: tuple[int, list[Tokens], _Start] | None = None
        self.settled: list[Tokens] = []

    def __len__(self) -> int:
        """The number of lines added so far."""
        return self._checkpoint.line + len(self._lines)

    def add(self, line: str) -> None:
        """Add a line, without its line end."""
        self._lines.append(line)
        if self._lexer is None:
            self.settled.append([(Token.Text, line)])
            self._lines.clear()
            self._checkpoint = _Start(len(self.settled), _ROOT)
        elif len(self) - len(self.settled) == STEP + MARGIN:
            self._settle(len(self) - MARGIN)

    def rest(self) -> list[Tokens]:
        """The lines that are not settled, there being no others to come."""
        lines, _ = self._lex(self._lines, self._checkpoint, complete=True)
        return lines[len(self.settled) - self._checkpoint.line :]

    def preview(self, more: Sequence[str]) -> list[Tokens]:
        """The lines that are not settled, and `more` that are still growing, as they look now."""
        if self._preview is None or self._preview[0] != len(self):
            lines, starts = self._lex(self._lines, self._checkpoint)
            self._preview = len(self), lines, starts[-1] if starts else self._checkpoint
        _, lines, start = self._preview
        if more:  # only the last lines are lexed again, in most frames
            kept = start.line - self._checkpoint.line
            lines = lines[:kept] + self._lex([*self._lines[kept:], *more], start)[0]
        return lines[len(self.settled) - self._checkpoint.line :]

    def _settle(self, until: int) -> None:
        """Make the lines before `until` final, and move the checkpoint towards it."""
        lines, starts = self._lex(self._lines, self._checkpoint)
        before = self._checkpoint.line
        self.settled += lines[len(self.settled) - before : until - before]
        self._checkpoint = max((start for start in starts if start.line <= until), default=self._checkpoint)
        if until - self._checkpoint.line > LOOKBACK:
            self._checkpoint = _Start(until, _ROOT)
        del self._lines[: self._checkpoint.line - before]

    def _lex(self, lines: Sequence[str], start: _Start, *, complete: bool = False) -> tuple[list[Tokens], list[_Start]]:
        """The tokens of each line from `start` on, and where among them the lexer could begin again."""
        if self._lexer is None:
            return [[(Token.Text, line)] for line in lines], []
        text = "".join(f"{line if len(line) <= LONGEST_LINE else ''}\n" for line in lines)
        found: list[Tokens] = [[]]
        starts: list[_Start] = []
        try:
            for offset, kind, value, stack in lex(
                self._lexer, text if complete else text + _closers(text), start.stack
            ):
                if offset >= len(text):
                    break
                if stack is not None and not found[-1]:
                    starts.append(_Start(start.line + len(found) - 1, stack))
                first, *others = value[: len(text) - offset].split("\n")
                if first:
                    found[-1].append((kind, first))
                found += ([(kind, part)] if part else [] for part in others)
        except Exception:  # one of 600 lexers meets code that no one wrote: it stays without colours
            starts.clear()
        if not _is_stateful(self._lexer):
            starts = [_Start(number, _ROOT) for number, line in enumerate(lines, start.line) if line[:1].strip()]
        found += ([] for _ in lines[len(found) :])
        for number, line in enumerate(lines):
            if "".join(part for _, part in found[number]) != line:
                found[number] = [(Token.Text, line)]
        return found[: len(lines)], starts


def _closers(text: str) -> str:
    """What may close a comment or heredoc that is open at the end of the text, and does no harm if there is none."""
    words = _HEREDOC.findall(text)
    return _CLOSERS + "".join(f"\n{word}" for word in words[-1:]) + "\n"


def highlight(lines: Iterable[str], language: str) -> list[Tokens]:
    """The tokens of each line of a finished block."""
    highlighter = Highlighter(language)
    for line in lines:
        highlighter.add(line)
    return highlighter.settled + highlighter.rest()
