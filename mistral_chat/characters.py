"""What a single character is to a terminal: hidden, a mark, a letter that joins, a pictograph, how many cells wide.

The ranges are those of the Unicode Character Database (https://www.unicode.org/Public/UCD/latest/ucd/): the properties
Default_Ignorable_Code_Point, Extended_Pictographic and Joining_Type, and the blocks of the scripts built with a virama.
They are written as the inside of a regular expression's character class.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from unicodedata import bidirectional, category, east_asian_width

TAGS = "\U000e0000-\U000e007f"
SURROGATES = "\ud800-\udfff"
VARIATION_SELECTORS = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"

# Everything that moves the cursor, turns the writing direction, or is there without being seen.
SPECIAL = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    + SURROGATES
)

# Compiled when the first is asked for, as plain text needs none of them and the program is to start quickly.
_JOINING_SCRIPTS = (
    "[\u0600-\u07ff\u0840-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\u1a20-\u1aaf\u1b00-\u1c4f\ua840-\ua8ff"
    "\ua980-\ua9ff\uaa60-\uaa7f\uaae0-\uaaff\uabc0-\uabff\ufb50-\ufdff\ufe70-\ufefc"
    "\U00010a00-\U00010a5f\U00010ac0-\U00010aff\U00010b80-\U00010baf\U00010d00-\U00010d3f\U00010f30-\U00010fdf"
    "\U00011000-\U00011fff\U0001e900-\U0001e95f]"
)
_PICTOGRAPHS = (
    "[\xa9\xae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u2388\u23cf\u23e9-\u23f3\u23f8-\u23fa"
    "\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030"
    "\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001faff]"
)
_VARIATION_SELECTORS = re.compile(f"[{VARIATION_SELECTORS}]")
_EMOJI_PRESENTATION = "\ufe0f"
_ZERO_WIDTH_JOINER = "\u200d"
_KEYCAP_BASES = frozenset("#*0123456789")
_SKIN_TONES = frozenset("\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")


def is_variation_selector(char: str) -> bool:
    return _VARIATION_SELECTORS.match(char) is not None


def is_mark(char: str) -> bool:
    """Whether it is written on the character before it: an accent, a vowel sign, a virama, an enclosing keycap."""
    return category(char)[0] == "M" and not is_variation_selector(char)


def joins(char: str) -> bool:
    """Whether it is a letter or digit of a script in which shapes depend on neighbours, so that ZWJ and ZWNJ after it
    mean something. Digits are there for Persian, which puts ZWNJ between a number and its ending.
    """
    return re.match(_JOINING_SCRIPTS, char) is not None and category(char)[0] in "LN"


def is_pictograph(char: str) -> bool:
    """Whether emoji are made of it, the skin tones included and the letters of flags not."""
    return re.match(_PICTOGRAPHS, char) is not None


def is_right_to_left(char: str) -> bool:
    """Whether it is a letter or digit of Arabic, Hebrew, Syriac and the like; no direction mark is."""
    return bidirectional(char) in {"R", "AL", "AN"} and category(char) != "Cf"


def is_neutral(char: str) -> bool:
    """Whether it is punctuation or a mark that takes the direction of the letters beside it; a blank is not."""
    return bidirectional(char) in {"ON", "ES", "ET", "CS", "NSM"}


@lru_cache(4096)
def _char_cells(char: str) -> int:
    code = ord(char)
    kind = category(char)
    if kind == "Cn":  # unassigned: perhaps younger than the tables of this Python, as some emoji and ideographs are
        young_emoji = 0x1F6D0 <= code <= 0x1F6FF or 0x1F900 <= code <= 0x1FAFF
        return 2 if young_emoji or 0x20000 <= code <= 0x3FFFD else 1
    if kind in {"Cc", "Mn", "Me", "Mc", "Zl", "Zp"}:
        return 0
    if kind == "Cf":  # a few of these are seen: the Arabic signs that are drawn around a number
        return int(bidirectional(char) in {"AN", "AL"} and char != "\u061c")
    if 0x1160 <= code <= 0x11FF or 0xD7B0 <= code <= 0xD7FF:
        return 0  # vowels and finals of Hangul, drawn into the syllable before them
    return 2 if east_asian_width(char) in "WF" else 1


def clusters(text: str) -> Iterator[tuple[str, int]]:
    """What is drawn as one, each with its width in cells: a letter with its marks, an emoji with all its members."""
    cluster, size, last = "", 0, ""
    for char in text:
        width = _char_cells(char)
        member = is_pictograph(char) and (last == _ZERO_WIDTH_JOINER or char in _SKIN_TONES)
        if char == _EMOJI_PRESENTATION and (is_pictograph(last) or last in _KEYCAP_BASES):
            cluster, size = cluster + char, 2
        elif cluster and (width == 0 or (member and is_pictograph(cluster))):
            cluster += char
        else:
            if cluster:
                yield cluster, size
            cluster, size = char, width
        last = char
    if cluster:
        yield cluster, size


def cells(text: str) -> int:
    """The width of a line in terminal cells; control characters count as nothing."""
    if text.isascii() and text.isprintable():
        return len(text)
    return sum(width for _, width in clusters(text))
