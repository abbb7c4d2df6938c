"""Text from outside made safe to show: whatever could steer the terminal, or hide, becomes a character one can see.

Characters are replaced one by one; escape sequences are never parsed. So no cut between two pieces lets one through,
and a sequence without an end swallows nothing: `ESC ] 0 ; title` shows as `␛]0;title`.

    C0, DEL                          control pictures: ␛ ␀ ␡ (LF and TAB stay; CRLF is LF; a lone CR is ␍)
    C1                               ‹9B›
    line and paragraph separators    a line end
    turns of direction, U+2060-206F, U+00AD, fillers, ZWSP, BOM      ‹U+202E›
    LRM, RLM, ALM                    kept beside right-to-left letters, else ‹U+200F›
    ZWJ, ZWNJ                        kept between emoji and after letters of scripts that join, else ‹U+200D›
    variation selectors              one kept after a base, else ‹U+FE0F›
    tag characters                   kept as the flag of a region, else ‹hidden text: ...›
    the ninth mark on a letter ff.   ‹+12 marks›
    lone surrogates                  U+FFFD

A character is judged by what is shown before it and by one raw character after it. That alone makes the result the
same for every cut, and makes text that was neutralised pass unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import category

from mistral_chat.characters import (
    SPECIAL,
    TAGS,
    cells,
    clusters,
    is_mark,
    is_neutral,
    is_pictograph,
    is_right_to_left,
    is_variation_selector,
    joins,
)

__all__ = ["Neutraliser", "cells", "clean_copy", "in_ascii", "lines", "neutralise", "one_line", "repair", "truncate"]

_IN_ASCII = str.maketrans({"·": "-", "—": "-", "…": "~", "›": ">", "●": "*", "○": "o", "•": "*", "│": "|", "⋮": ":"})
_MARKS_KEPT = 8
_REACH = 32  # how far back a judgement may look; 8 marks with a joiner between any two of them are 17
_ELLIPSIS = "…"

# Marks have no class of their own in `re`. What is left without letters, digits and blanks is marks and punctuation.
_MARK_OR_SIGN = r"[^\x00-\u02ff\w\s]"
_ASCII_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_SPECIAL = re.compile(f"[{SPECIAL}]")
_MANY_MARKS_OR_SIGNS = re.compile(f"{_MARK_OR_SIGN}{_MARK_OR_SIGN}{{{_MARKS_KEPT}}}")  # so written, `re` skips
_TO_JUDGE = re.compile(f"[{TAGS}]+|[{SPECIAL}]|{_MARK_OR_SIGN}")
_WORD = re.compile("[^ ]+")

_BLACK_FLAG = "\U0001f3f4"
_REGION_FLAG = re.compile("[\U000e0061-\U000e007a]{2}[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,4}\U000e007f")
_REGION_FLAG_BEGUN = re.compile("[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}")
_LINE_SEPARATORS = frozenset("\u2028\u2029")
_DIRECTION_MARKS = frozenset("\u061c\u200e\u200f")
_JOINERS = frozenset("\u180e\u200c\u200d")
_HIDDEN_BEGINS = "‹hidden text: "
_HIDDEN_ENDS = "›"

_DROPPED_FROM_COPY = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def neutralise(text: str, *, code: bool = False) -> str:
    """`text` as it may be shown. In `code`, paths and the like, direction marks are never kept."""
    if _is_harmless(text):
        return text
    whole = Neutraliser(code=code)
    return whole.feed(text) + whole.close()


class Neutraliser:
    """`neutralise` for text that arrives in pieces. Plain text comes back at once; what is held back is a character
    whose neighbour has yet to come (CR, a direction mark, ZWJ, half a surrogate pair), the begun flag of a region,
    and the count of marks too many.
    """

    def __init__(self, *, code: bool = False) -> None:
        self._code = code
        self._shown = ""  # the end of what has been shown
        self._held = ""
        self._in_hidden = False
        self._marks_too_many = 0

    def feed(self, text: str) -> str:
        if not (self._held or self._in_hidden or self._marks_too_many) and _is_harmless(text):
            self._shown = (self._shown + text)[-_REACH:]
            return text
        return self._take(text, at_end=False)

    def close(self) -> str:
        return self._take("", at_end=True)

    def _take(self, text: str, *, at_end: bool) -> str:
        text, half_pair = _join_pairs(self._held + text, at_end=at_end)
        shown = self._shown
        start = len(shown)
        done = 0
        for found in _TO_JUDGE.finditer(text):
            if found.start() > done:
                shown += self._end_run() + text[done : found.start()]
            done = found.end()
            char = found[0]
            following = text[done : done + 1] or (" " if at_end else None)
            if "\U000e0000" <= char[0] <= "\U000e007f":
                piece = self._tags(char, shown, open_end=following is None)
            elif is_mark(char):
                piece = self._mark(char, shown)
            else:
                shown += self._end_run()
                piece = _judge(char, shown, following, code=self._code)
            if piece is None:
                done = found.start()
                break
            shown += piece
        else:
            if done < len(text):
                shown += self._end_run() + text[done:]
                done = len(text)
        if at_end:
            shown += self._end_run()
        self._held = text[done:] + half_pair
        self._shown = shown[-_REACH:]
        return shown[start:]

    def _end_run(self) -> str:
        """What is to be shown when a run of tags or marks is over."""
        if self._in_hidden:
            self._in_hidden = False
            return _HIDDEN_ENDS
        if self._marks_too_many:
            count, self._marks_too_many = self._marks_too_many, 0
            return f"‹+{count} mark{'s' if count > 1 else ''}›"
        return ""

    def _tags(self, tags: str, shown: str, *, open_end: bool) -> str | None:
        if self._in_hidden:
            return _read_tags(tags)
        ended = self._end_run()
        flag = ""
        if shown.endswith(_BLACK_FLAG):
            if found := _REGION_FLAG.match(tags):
                flag = found[0]
            elif open_end and _REGION_FLAG_BEGUN.fullmatch(tags):
                return None
        hidden = tags[len(flag) :]
        if not hidden:
            return flag
        self._in_hidden = True
        return ended + flag + _HIDDEN_BEGINS + _read_tags(hidden)

    def _mark(self, mark: str, shown: str) -> str:
        if not self._marks_too_many:
            ended = self._end_run()
            if _base_and_marks(shown)[1] < _MARKS_KEPT:
                return ended + mark
        self._marks_too_many += 1
        return ""


def one_line(text: str, width: int | None = None) -> str:
    """Foreign text for a title, a model name, an error: line ends and tabs are blanks, at most `width` cells."""
    line = neutralise(text).replace("\n", " ").replace("\t", " ")
    return line if width is None else truncate(line, width)


def truncate(text: str, width: int) -> str:
    """`text`, one line, in at most `width` terminal cells; what is too long ends in an ellipsis."""
    if len(text) <= width and text.isascii():
        return text
    used = 0
    kept = whole = ""
    for cluster, size in clusters(text):
        used += size
        if used > width:
            return kept + _ELLIPSIS if width > 0 else ""
        whole += cluster
        if used < width:
            kept = whole
    return text


def lines(text: str, width: int, hang: int = 0) -> Iterator[tuple[int, int]]:
    """Where each line begins and ends when `text` is broken between words, to fit into so many terminal cells.

    All but the first of a paragraph are `hang` cells shorter. A word that is longer stands alone.
    """
    start = 0
    for paragraph in text.split("\n"):
        end, used = start, 0
        for word in _WORD.finditer(text, start, start + len(paragraph)):
            gap, size = word.start() - end, cells(word[0])
            if used and used + gap + size > width:
                yield start, end
                start, used, gap = word.start(), hang, 0
            used += gap + size
            end = word.end()
        yield start, end
        start = text.find("\n", end) + 1


def clean_copy(text: str) -> tuple[str, int]:
    """`text` for the clipboard, without C0 (but LF and TAB), DEL and C1, and how many of them there were."""
    return _DROPPED_FROM_COPY.subn("", repair(text))


def in_ascii(text: str) -> str:
    """The text with what stands for the program's own signs where only ASCII can be written; the rest as it was."""
    return text.translate(_IN_ASCII)


def repair(text: str) -> str:
    """`text` with surrogates joined to the characters they are halves of, and U+FFFD for each half alone."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _is_harmless(text: str) -> bool:
    """Whether `text` shows as it is, whatever stands before it; when in doubt it is not."""
    if text.isascii():
        return not _ASCII_CONTROL.search(text)
    return not (_SPECIAL.search(text) or _MANY_MARKS_OR_SIGNS.search(text) or is_mark(text[0]))


def _join_pairs(text: str, *, at_end: bool) -> tuple[str, str]:
    """`text` without surrogates, and the half of a pair that is still to come."""
    if not at_end and "\ud800" <= text[-1:] <= "\udbff":
        return repair(text[:-1]), text[-1]
    return repair(text), ""


def _judge(char: str, shown: str, following: str | None, *, code: bool) -> str | None:
    """What stands for `char` after `shown`; None when that hangs on a `following` character that is not yet known."""
    if not _SPECIAL.match(char):
        return char
    if char == "\r":
        return None if following is None else "" if following == "\n" else "␍"
    if char in _LINE_SEPARATORS:
        return "\n"
    if is_variation_selector(char):
        return char if _takes_selector(shown[-1:]) else _visible(char)
    if char in _JOINERS and shown and shown[-1] not in _JOINERS and shown[-1] not in _DIRECTION_MARKS:
        base, _ = _base_and_marks(shown)
        if is_pictograph(base):
            return None if following is None else char if is_pictograph(following) else _visible(char)
        return char if joins(base) else _visible(char)
    if char in _DIRECTION_MARKS and not code:
        if _after_right_to_left(shown):
            return char
        return None if following is None else char if is_right_to_left(following) else _visible(char)
    return _visible(char)


def _visible(char: str) -> str:
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    return f"‹{code:02X}›" if code < 0xA0 else f"‹U+{code:04X}›"


def _read_tags(tags: str) -> str:
    """The ASCII text that tag characters spell."""
    ascii_codes = (ord(tag) - 0xE0000 for tag in tags)
    return "".join(chr(code) if 0x20 <= code < 0x7F else _visible(chr(code)) for code in ascii_codes)


def _base_and_marks(shown: str) -> tuple[str, int]:
    """The last character that is not written on another or joins two, and how many marks are on it."""
    marks = 0
    for char in reversed(shown[-_REACH:]):
        if is_mark(char):
            marks += 1
        elif not (char in _JOINERS or char in _DIRECTION_MARKS or is_variation_selector(char)):
            return char, marks
    return "", marks


def _takes_selector(char: str) -> bool:
    # None is kept after "›", or every second of a run of them would be hidden again. Unassigned may be a new emoji.
    return char not in ("", _HIDDEN_ENDS) and (category(char)[0] in "LNPS" or category(char) in {"Cn", "Co"})


def _after_right_to_left(shown: str) -> bool:
    """Whether a right-to-left letter comes before, with nothing but its marks and punctuation between."""
    for char in reversed(shown[-_REACH:]):
        if not is_neutral(char):
            return is_right_to_left(char)
    return False
