"""Says above each block of code which number it has, in a text that is only ever appended to."""

from __future__ import annotations

import re

from mistral_chat.markdown.blocks import Blocks
from mistral_chat.markdown.leaves import Code, Leaf

LONGEST = 1000
"""Characters of a line that are held back at most."""

_MAY_BECOME_CODE = re.compile(r"[\s>*+\-\d.)]*(?:`{0,2}|~{0,2})$")


class Labels:
    """Takes the text in pieces, after what of it is shown already, and gives it back with a line above each block.

    The beginning of a line waits until it is clear that it begins no block, and the whole of an opening fence does. The
    text must have been neutralised (`mistral_chat.text`).
    """

    def __init__(self, shown: str = "") -> None:
        self._blocks = Blocks()
        self._line: list[str] = []  # the unfinished one
        self._begun = False  # whether it is shown, so far as it goes
        self._number = 0
        self.feed(shown)
        self._begun = bool(self._line)

    def feed(self, text: str) -> str:
        """As much as can be shown now."""
        *lines, rest = text.split("\n")
        return "".join(self._end(line) + "\n" for line in lines) + self._go_on(rest)

    def close(self) -> str:
        """What was held back; there is no more."""
        return self._end("")

    def _end(self, rest: str) -> str:
        """What is to be shown of a line that is complete with this."""
        self._line.append(rest)
        line = "".join(self._line)
        self._blocks.read(line)
        shown = rest if self._begun else self._label(self._blocks.leaf) + line
        self._line.clear()
        self._begun = False
        return shown

    def _go_on(self, rest: str) -> str:
        """What is to be shown of a line that goes on."""
        if not rest:
            return ""
        self._line.append(rest)
        if self._begun:
            return rest
        line = "".join(self._line)
        ahead = self._blocks.fork()
        ahead.read(line)
        if (self._opens_fence(ahead.leaf) or _MAY_BECOME_CODE.match(line)) and len(line) <= LONGEST:
            return ""
        self._begun = True
        return self._label(ahead.leaf) + line

    def _opens_fence(self, leaf: Leaf | None) -> bool:
        return isinstance(leaf, Code) and leaf.number > self._number and leaf.end is not None

    def _label(self, leaf: Leaf | None) -> str:
        if not isinstance(leaf, Code) or leaf.number == self._number:
            return ""
        self._number = leaf.number
        return f"code block {leaf.number}" + (f", {leaf.language}" if leaf.language else "") + "\n"
