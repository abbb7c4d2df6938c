"""The reply to a prefix, told once: whatever the server makes of the prefix, prefix + continuation comes out.

A server may repeat the prefix exactly, repeat it without the blanks at its end (or with some of them), or leave it out.
Which of the three it is shows while the reply arrives; only text that could still be the prefix is held back.
"""

from __future__ import annotations


class Echo:
    """Feed it the text of the reply; what it gives, joined, is the prefix and the continuation, each once."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._solid = len(prefix.rstrip())
        self._matched = 0
        self._begun = not prefix
        self._decided = not prefix

    def feed(self, text: str) -> str:
        """The text to show now: the prefix with the first piece, later what is surely not the prefix once more."""
        if self._decided or not text:
            return text
        return self._prefix_once() + self._new(text)

    def finish(self, complete: bool) -> str:
        """What is left to show when the reply has ended; `complete` is False when it was cut.

        A complete reply that is shorter than the prefix is a continuation. A cut one was about to repeat the prefix,
        so that the prefix alone is left.
        """
        held = "" if self._decided or not complete or self._repeated() else self._prefix[: self._matched]
        self._decided = True
        return self._prefix_once() + held

    def _new(self, text: str) -> str:
        """The part of the text that is not the prefix repeated; decides, if it can, which of the three cases it is."""
        expected = self._prefix[self._matched : self._matched + len(text)]
        same = _common_length(expected, text)
        self._matched += same
        if same == len(text) and self._matched < len(self._prefix):
            return ""
        self._decided = True
        return text[same:] if self._repeated() else self._prefix[: self._matched] + text[same:]

    def _repeated(self) -> bool:
        return self._matched >= self._solid

    def _prefix_once(self) -> str:
        begun, self._begun = self._begun, True
        return "" if begun else self._prefix


def _common_length(one: str, other: str) -> int:
    """How many characters at the start of the two are the same."""
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
