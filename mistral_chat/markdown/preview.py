"""How an unfinished text is shown: without marks that will mean something else a moment later."""

from __future__ import annotations

import re

from mistral_chat.markdown.leaves import Code, Html, Item, Leaf, Paragraph

# Unfinished lines that are held back
_MARKS = re.compile(r"[ >]*+[-+*=_#`~|: ]*$")
_FENCE = re.compile(r"(?:[ >]|[-*+] |\d{1,9}[.)] )*(?:`{3,}[^`]*|~{3,}.*)$")
_END_OF_FENCE = re.compile(r"[ \t>]*+(?:`*|~*)[ \t]*$")
_NUMBER = re.compile(r"[ >]*+(\d{1,9})([.)]?) *$")

# What is looked for in unfinished text
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(?:.*?[^`])\1(?!`)", re.DOTALL)
_DANGLING = re.compile(r"(?:[*_~`]+|!?\[)$")
_HALF_LINK = re.compile(r"!?\[([^\[\]\n]*)\](?:\([^()\s]*)$")
_RUN = re.compile(r"(?<!\\)(\*{1,3}|_{1,3}|~~)")

MOST_OPEN = 10
"""Marks of emphasis beyond which none is closed: they are rather something else, and so many take long to draw."""


def is_hidden(line: str, leaf: Leaf | None) -> bool:
    """Whether the unfinished last line is to wait for its next characters, `leaf` being the open one.

    `-` may become an item, a rule or the line under a heading; ```` ``` ```` an opening fence or a closing one.
    """
    if isinstance(leaf, Code | Html):
        return bool(_END_OF_FENCE.match(line))
    if isinstance(leaf, Paragraph) and _may_become_item(line, leaf):
        return True
    return bool(_MARKS.match(line) or _FENCE.match(line))


def _may_become_item(line: str, leaf: Paragraph) -> bool:
    """Whether the line looks like the number of the next item, or of the first one of a list in mid-paragraph."""
    number = _NUMBER.match(line)
    if not number:
        return False
    digits, dot = number.groups()
    following = [str(item.number + 1) for item in leaf.path if isinstance(item, Item) and item.number is not None]
    return digits in [*following, "1"] if dot else any(mark.startswith(digits) for mark in following)


def with_markers_closed(text: str) -> str:
    """Unfinished text with its open emphasis, code and link closed, so that no marker is seen before its end comes."""
    text = _HALF_LINK.sub(r"\1", _DANGLING.sub("", text))
    outside = _CODE_SPAN.sub("", text)
    if tick := re.search(r"`+", outside):
        return text + tick[0]
    still_open: list[str] = []
    for run in _RUN.finditer(outside):
        before, after = outside[: run.start()][-1:], outside[run.end() :][:1]
        if still_open and still_open[-1] == run[0]:
            still_open.pop()
        elif after.strip() and not (run[0][0] == "_" and before.isalnum()):
            still_open.append(run[0])
        if len(still_open) > MOST_OPEN:
            return text
    return text.rstrip() + "".join(reversed(still_open))
