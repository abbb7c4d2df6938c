"""How a word becomes a value, what values there are, and what to offer while the word is typed.

A `Kind` is told once for each setting and each parameter of a command; parsing, range checks, completion and help all
come from it. Every failure is a ValueError whose text completes the sentence "NAME: ...".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

SHOWN = 40
"""Longer values are cut to so many characters where they are quoted in an error."""


class Offer(NamedTuple):
    """A word that could stand here, and what it means."""

    word: str
    help: str = ""


class Row(NamedTuple):
    """One thing to choose from a list: `value` says which, `columns` are shown, the first in what room is left."""

    value: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A word or line of text. `source` names a list that grows at run time: models, sessions, files ...

    Quotes around a whole text are its limits, not part of it, unless it is to be taken `exact`; one that is not to be
    `empty` is refused when there is nothing in it but blanks.
    """

    source: str = ""
    form: str = "TEXT"
    exact: bool = False
    empty: bool = True

    def parse(self, word: str) -> object:
        """The value a typed word stands for."""
        if not self.empty and not word.strip():
            raise ValueError("must not be empty")
        return word

    def check(self, value: object) -> object:
        """The value a configuration file gives, already typed."""
        if not isinstance(value, str):
            raise ValueError(f"must be text (is {_shown(value)})")
        return self.parse(value)

    def show(self, value: object) -> str:
        """The value as the user would type it: in quotes where it needs them, or has blanks that nobody would see."""
        text = str(value)
        unseen = text != text.strip() or "\t" in text or unquote(text) != text
        return quote(text) if unseen else text

    @property
    def range(self) -> str:
        """The values there are, in words."""
        return "text"

    def offers(self) -> tuple[Offer, ...]:
        """The words to complete with, where they are known beforehand."""
        return ()


@dataclass(frozen=True, slots=True)
class Number(Kind):
    """A number between `low` and `high`; `above` leaves out `low` itself."""

    low: float = 0
    high: float | None = None
    above: bool = False
    form: str = "NUMBER"

    def parse(self, word: str) -> object:
        return self.check(self._read(word))

    def _read(self, word: str) -> float:
        try:
            return float(word)
        except ValueError:
            raise ValueError(f"{self._must} (is {_shown(word)})") from None

    def check(self, value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{self._must} (is {_shown(value)})")
        low_enough = self.high is None or value <= self.high
        high_enough = value > self.low if self.above else value >= self.low
        if not (low_enough and high_enough):
            raise ValueError(f"{self._must} (is {self.show(value)})")
        return value

    def show(self, value: object) -> str:
        return str(value).removesuffix(".0")

    @property
    def _must(self) -> str:
        if self.high is None:
            return f"must be a number of at least {self.low:g}"
        return f"must be above {self.low:g} and at most {self.high:g}" if self.above else f"must be {self.range}"

    @property
    def range(self) -> str:
        if self.high is None:
            return f"{self.low:g} or more"
        low = f"above {self.low:g}" if self.above else f"{self.low:g}"
        return f"{low} to {self.high:g}" if self.above else f"between {low} and {self.high:g}"


class Whole(Number):
    """A whole number of at least `low`."""

    __slots__ = ()

    @property
    def _must(self) -> str:
        return f"must be a whole number, {self.range}"

    def _read(self, word: str) -> float:
        try:
            return int(word)
        except ValueError:
            raise ValueError(f"{self._must} (is {_shown(word)})") from None

    def check(self, value: object) -> object:
        if not isinstance(value, int):
            raise ValueError(f"{self._must} (is {_shown(value)})")
        return Number.check(self, value)


ON = ("on", "yes", "true", "1")
OFF = ("off", "no", "false", "0")


@dataclass(frozen=True, slots=True)
class Switch(Kind):
    """On or off."""

    form: str = "on|off"

    def parse(self, word: str) -> object:
        if word.lower() in ON:
            return True
        if word.lower() in OFF:
            return False
        raise ValueError(f"must be on or off (is {_shown(word)})")

    def check(self, value: object) -> object:
        if not isinstance(value, bool):
            raise ValueError(f"must be true or false (is {_shown(value)})")
        return value

    def show(self, value: object) -> str:
        return "on" if value else "off"

    @property
    def range(self) -> str:
        return "on or off"

    def offers(self) -> tuple[Offer, ...]:
        return Offer("on"), Offer("off")


@dataclass(frozen=True, slots=True)
class Choice(Kind):
    """One of a few words."""

    words: tuple[str, ...] = ()
    form: str = "WORD"

    def parse(self, word: str) -> object:
        if word not in self.words:
            near = nearest(word, self.words)
            raise ValueError(f"must be {self.range} (is {_shown(word)}{f', did you mean {near}?' if near else ''})")
        return word

    @property
    def range(self) -> str:
        return " or ".join(filter(None, (", ".join(self.words[:-1]), self.words[-1])))

    def offers(self) -> tuple[Offer, ...]:
        return tuple(Offer(word) for word in self.words)


@dataclass(frozen=True, slots=True)
class Texts(Kind):
    """A list of at most `most` texts, none of them empty or there twice; a typed word adds one."""

    most: int = 4

    def parse(self, word: str) -> object:
        return self.check([word])

    def check(self, value: object) -> object:
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
            raise ValueError(f"must be text or a list of texts (is {_shown(value)})")
        if not all(items):
            raise ValueError("must not be an empty text")
        items = tuple(dict.fromkeys(items))
        if len(items) > self.most:
            raise ValueError(f"must be at most {self.most} texts (is {len(items)})")
        return items

    def show(self, value: object) -> str:
        texts = value if isinstance(value, tuple) else (value,)
        return " ".join(quote(str(text)) for text in texts)

    @property
    def range(self) -> str:
        return f"up to {self.most} texts"


QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


def unquote(text: str) -> str:
    r"""A text argument as it is meant: inside "..." blanks are kept and \n, \t, \r, \" and \\ are understood."""
    if not QUOTED.fullmatch(text):
        return text
    plain: list[str] = []
    letters = iter(text[1:-1])
    for letter in letters:
        if letter != "\\":
            plain.append(letter)
            continue
        after = next(letters)
        plain.append(ESCAPES.get(after, "\\" + after))
    return "".join(plain)


def quote(text: str) -> str:
    """The inverse of `unquote`, on one line."""
    for letter, char in (("\\", "\\"), ('"', '"'), ("n", "\n"), ("t", "\t"), ("r", "\r")):
        text = text.replace(char, "\\" + letter)
    return f'"{text}"'


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The first word that begins with a mistyped one, else the one most like it; None when none is near."""
    import difflib  # here, since it is only needed after a slip

    typed, known = word.lower(), list(words)
    begun = [one for one in known if one.startswith(typed)] if len(typed) > 2 else []
    return next(iter(begun or difflib.get_close_matches(typed, known, 1, 0.6)), None)


def did_you_mean(word: str, words: Iterable[str], otherwise: str) -> str:
    """A hint at the word that was probably meant; where none is near, the other hint."""
    near = nearest(word, words)
    return f"did you mean {near}?" if near else otherwise


def shortened(text: str) -> str:
    """A typed text as an error repeats it."""
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def _shown(value: object) -> str:
    return shortened(quote(value) if isinstance(value, str) else repr(value))
