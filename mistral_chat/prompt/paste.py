"""Long pastes: each stands in the draft as one character of its own, shown as `[pasted 812 lines]` and sent whole."""

from __future__ import annotations

import re

LINES = 20
BYTES = 2048
"""A paste of more lines or more bytes of UTF-8 is long."""

_FIRST = 0x100000
_LAST = 0x10FFFD
MARK = re.compile(f"[{chr(_FIRST)}-{chr(_LAST)}]")
"""A character that can stand for a paste: one of Supplementary Private Use Area-B, which has none of any script."""


def is_long(text: str) -> bool:
    return text.count("\n") >= LINES or len(text) > BYTES or len(text.encode("utf-8", "replace")) > BYTES


def lines_end_in_lf(text: str) -> str:
    """A terminal sends CR where a line ends in what is pasted."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


class Pastes:
    """The long pastes there are, by the character that stands for each."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._marks: dict[str, str] = {}

    def fold(self, text: str) -> str:
        """What is put into the draft for a paste: a character that stands for it when it is long, else the text."""
        return self.hold(text) if is_long(text) or MARK.search(text) else text

    def hold(self, text: str) -> str:
        """The character that stands for a text, the same one for the same text; the text when there is none left."""
        mark = self._marks.get(text)
        if mark is None:
            code = _FIRST + len(self._marks)
            if code > _LAST:
                return text
            mark = self._marks[text] = chr(code)
            self._texts[mark] = text
        return mark

    def refold(self, text: str) -> str:
        """A text from elsewhere, an editor say, with the pastes it still contains folded again."""
        text = MARK.sub(lambda mark: self.hold(mark[0]), text)
        for paste, mark in sorted(self._marks.items(), key=lambda item: -len(item[0])):
            if not MARK.search(paste):
                text = text.replace(paste, mark)
        return text

    def unfold(self, draft: str) -> str:
        """The draft with every paste in full."""
        return MARK.sub(lambda mark: self._texts.get(mark[0], mark[0]), draft)

    def text(self, mark: str) -> str | None:
        """The paste that a character stands for."""
        return self._texts.get(mark)

    def label(self, mark: str) -> str | None:
        """What is shown for a character that stands for a paste."""
        text = self._texts.get(mark)
        if text is None:
            return None
        lines = text.count("\n") + (not text.endswith("\n"))
        return f"[pasted {lines:,} lines]" if lines > 1 else f"[pasted {len(text):,} characters]"

    def split(self, draft: str) -> list[str]:
        """The draft in pieces: text, and each character that stands for a paste by itself."""
        return re.split(f"({MARK.pattern})", draft)
