"""What is being typed: a buffer that folds long pastes and walks through the history."""

from __future__ import annotations

from prompt_toolkit.auto_suggest import Suggestion
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document

from mistral_chat.prompt.history import History, read, written
from mistral_chat.prompt.paste import Pastes, lines_end_in_lf

LONGEST_OPENED = 100_000
"""Characters that can be edited in the prompt itself."""

_LONGEST_SUGGESTED = 500
"""Characters of a draft that is still looked for in the history."""


class Draft(Buffer):
    """The history's place is the number of the entry that is shown, and that of the draft behind the last entry.

    What is changed in an entry stays changed until the draft is sent.
    """

    def __init__(self, history: History, pastes: Pastes) -> None:
        self.entries = history
        self.pastes = pastes
        self.hint = ""
        self.given = False
        self._changed: dict[int, str] = {}
        self.place = 0
        super().__init__(multiline=True)

    @property
    def whole(self) -> str:
        """The text with every paste in full."""
        return self.pastes.unfold(self.text)

    def begin(self, text: str = "", hint: str = "", *, given: bool = False) -> None:
        """A new draft. One that was `given` is there to be sent or given up."""
        self.given = given
        self._changed.clear()
        self.place = len(self.entries.lines)
        self.hint = hint
        self.reset(Document(text if len(text) <= LONGEST_OPENED else self.pastes.hold(text)))

    def paste(self, text: str) -> None:
        """Puts a paste in; a long one folded."""
        self.insert_text(self.pastes.fold(lines_end_in_lf(text)))

    def unfold_before_cursor(self) -> bool:
        """Opens the long paste that ends at the cursor, for editing; whether there was one."""
        paste = self.pastes.text(self.document.char_before_cursor)
        if paste is None:
            return False
        if len(paste) > LONGEST_OPENED:
            self.hint = "too long to be edited here; Ctrl-X Ctrl-E opens it in your editor"
            return True
        self.delete_before_cursor()
        self.insert_text(paste)
        return True

    def keep(self) -> None:
        """Adds the draft to the history; not one that begins with a blank."""
        if self.text and not self.text[0].isspace():
            self.entries.add(written(self.text, self.pastes))

    def refresh(self) -> None:
        """Takes in what has been added to the history. The first time this takes a while, so it follows the prompt."""
        end = len(self.entries.lines)
        self.entries.refresh()
        if (new_end := len(self.entries.lines)) != end:
            if end in self._changed:
                self._changed[new_end] = self._changed.pop(end)
            if self.place == end or self.place > new_end:
                self.place = new_end

    def history_backward(self, count: int = 1) -> None:
        self.refresh()
        self.show_entry(max(0, self.place - count))

    def history_forward(self, count: int = 1) -> None:
        self.show_entry(min(len(self.entries.lines), self.place + count))
        self.cursor_position = (self.text + "\n").index("\n")

    def show_entry(self, place: int) -> None:
        """Shows the entry of that number, as it was left."""
        if place == self.place:
            return
        self._changed[self.place] = self.text
        self.place = place
        text = self._changed.get(place)
        self.set_document(Document(self._entry(place) if text is None else text))

    def _entry(self, place: int) -> str:
        lines = self.entries.lines
        return read(lines[place], self.pastes) if place < len(lines) else ""

    def suggest(self) -> None:
        """Looks for how an earlier entry that begins like this went on."""
        self.suggestion = None
        if self.complete_state or not 0 < len(self.text) <= _LONGEST_SUGGESTED or self.cursor_position < len(self.text):
            return
        rest = read(self.entries.suggest(written(self.text, self.pastes)).partition(r"\[")[0], self.pastes)
        first_line = rest.partition("\n")[0]
        if first_line:
            self.suggestion = Suggestion(first_line)
