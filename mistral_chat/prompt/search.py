"""Ctrl-R: the history, searched while one types what to look for."""

from __future__ import annotations

from prompt_toolkit.application import get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.key_processor import KeyPressEvent
from prompt_toolkit.key_binding.vi_state import InputMode

from mistral_chat.prompt.draft import Draft
from mistral_chat.prompt.history import escaped


class Search(Buffer):
    """What is looked for; the entry that has it stands in the draft meanwhile."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(multiline=False)
        self.draft = draft
        self.failed = False
        self.is_on = Condition(lambda: get_app().layout.has_focus(self))
        self._before = (0, Document())
        self._mode = InputMode.INSERT
        self.on_text_changed += lambda _: self._look(len(draft.entries.lines))

    def begin(self) -> None:
        self.draft.refresh()
        self._before = self.draft.place, self.draft.document
        self.reset()
        self.failed = False
        vi = get_app().vi_state
        self._mode, vi.input_mode = vi.input_mode, InputMode.INSERT
        get_app().layout.focus(self)

    def take(self) -> None:
        """What was found is the draft now."""
        self.reset()
        get_app().vi_state.input_mode = self._mode
        get_app().layout.focus(self.draft)

    def cancel(self) -> None:
        """The draft is again what it was."""
        place, document = self._before
        self.draft.show_entry(place)
        self.draft.document = document
        self.take()

    def hits(self, line: str) -> list[int]:
        """The places in a line of the draft of what is looked for."""
        return places_of(self.text, line) if self.is_on() else []

    def older(self) -> None:
        self._look(self.draft.place)

    def newer(self) -> None:
        lines = self.draft.entries.lines
        words = escaped(self.text).lower()
        places = range(self.draft.place + 1, len(lines))
        self._show(next((place for place in places if words in lines[place].lower()), None))

    def _look(self, before: int) -> None:
        self._show(self.draft.entries.search(escaped(self.text), before) if self.text else before)

    def _show(self, place: int | None) -> None:
        self.failed = place is None
        if place is None:
            return
        self.draft.show_entry(place)
        at = self.draft.text.lower().find(self.text.lower())
        self.draft.cursor_position = max(0, at)


def bindings(search: Search) -> KeyBindings:
    """The keys of a search."""
    keys = KeyBindings()
    on = search.is_on

    @keys.add("c-r", filter=on)
    @keys.add("up", filter=on)
    def _older(event: KeyPressEvent) -> None:
        search.older()

    @keys.add("c-s", filter=on)
    @keys.add("down", filter=on)
    def _newer(event: KeyPressEvent) -> None:
        search.newer()

    @keys.add("enter", filter=on)
    @keys.add("tab", filter=on)
    @keys.add("right", filter=on)
    def _take(event: KeyPressEvent) -> None:
        search.take()

    @keys.add("escape", filter=on, eager=True)
    @keys.add("c-c", filter=on)
    @keys.add("c-g", filter=on)
    @keys.add("c-d", filter=on)
    def _cancel(event: KeyPressEvent) -> None:
        search.cancel()

    return keys


def places_of(words: str, text: str) -> list[int]:
    """Every place in the text where a letter of the words stands, in whatever case."""
    words, lower = words.lower(), text.lower()
    if not words or len(lower) != len(text):
        return []
    places: list[int] = []
    at = lower.find(words)
    while at >= 0:
        places += range(at, at + len(words))
        at = lower.find(words, at + len(words))
    return places
