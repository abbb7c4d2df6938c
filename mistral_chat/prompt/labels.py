"""How the draft is shown: a folded paste as its label, a slash command in its style, what was searched for marked."""

from __future__ import annotations

import re

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput

from mistral_chat.characters import is_pictograph
from mistral_chat.prompt.draft import Draft
from mistral_chat.prompt.paste import MARK
from mistral_chat.prompt.search import Search
from mistral_chat.text import neutralise

_TURNS_OR_HIDES = re.compile(
    "[\xad\u115f\u1160\u200b\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_JOINS_EMOJI = re.compile("[\u200d\ufe0f\U0001f3fb-\U0001f3ff]")
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
_WIDE_A = 0xFF21
_REPLACED = re.compile(f"{_TURNS_OR_HIDES.pattern}|{_JOINS_EMOJI.pattern}|[\U0001f1e6-\U0001f1ff]|{MARK.pattern}")


class Labels(Processor):
    """Puts something else in the place of single characters, and keeps count of the places."""

    def __init__(self, draft: Draft, search: Search) -> None:
        self._draft = draft
        self._search = search

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        line = transformation_input.document.lines[transformation_input.lineno]
        is_command = transformation_input.lineno == 0 and line.startswith("/") and not line.startswith("//")
        hits = self._search.hits(line)
        if not (is_command or hits or _REPLACED.search(line)):
            return Transformation(transformation_input.fragments)
        styles = [style for style, text, *_ in transformation_input.fragments for _ in text]
        if is_command:
            name = len(line.split(" ", 1)[0])
            styles[:name] = [f"{style} class:prompt.command" for style in styles[:name]]
        for place in hits:
            styles[place] += " class:search.hit"
        fragments: StyleAndTextTuples = []
        starts = [0]
        for style, before, letter in zip(styles, " " + line, line, strict=False):
            label = self._draft.pastes.label(letter)
            if label is not None:
                fragments.append((f"{style} class:prompt.pasted", label))
            else:
                fragments.append((style, "" if _is_within_emoji(before, letter) else visible(letter)))
            starts.append(starts[-1] + len(fragments[-1][1]))

        def to_display(place: int) -> int:
            beyond = max(0, place - len(starts) + 1)
            return starts[place - beyond] + beyond

        def to_source(place: int) -> int:
            return next((at - 1 for at, start in enumerate(starts) if start > place), len(starts) - 1)

        return Transformation(fragments, to_display, to_source)


def visible(letter: str) -> str:
    """A character that turns the text around, hides, or is half a flag as a picture of itself.

    Control ones are prompt_toolkit's.
    """
    if ord(letter) in _FLAG_LETTERS:
        return chr(ord(letter) - _FLAG_LETTERS.start + _WIDE_A)
    return neutralise(letter).replace("\n", "␤") if _TURNS_OR_HIDES.match(letter) else letter


def _is_within_emoji(before: str, letter: str) -> bool:
    """Whether it makes one emoji of several characters.

    prompt_toolkit counts the cells of each character, so each is to stand alone.
    """
    return bool(_JOINS_EMOJI.match(letter)) and (letter == "\ufe0f" or before == "\ufe0f" or is_pictograph(before))
