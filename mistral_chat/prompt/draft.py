"""What is being typed: a buffer that folds long pastes and walks through the history."""

from __future__ import annotations

from prompt_toolkit.auto_suggest import Suggestion
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.clipboard import ClipboardData
from prompt_toolkit.document import Document
from prompt_toolkit.selection import PasteMode

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
        self.typed = True
        """Whether each @ in it was typed, and none came with a paste, from the history or from an editor."""
        self.recalled = ""
        """What was put here last from the history."""
        self._changed: dict[int, tuple[str, bool]] = {}
        self.place = 0
        super().__init__(multiline=True)
        self.on_text_changed += lambda _: self._take_hint_away()

    @property
    def whole(self) -> str:
        """The text with every paste in full."""
        return self.pastes.unfold(self.text)

    def begin(self, text: str = "", hint: str = "", *, given: bool = False, typed: bool = False) -> None:
        """A new draft. One that was `given` is there to be sent or given up; it may have been `typed` before."""
        self.given = given
        self.typed = typed or "@" not in text
        self.recalled = ""
        self._changed.clear()
        self.place = len(self.entries.lines)
        self.hint = hint
        self.reset(Document(text if len(text) <= LONGEST_OPENED else self.pastes.hold(text)))

    def paste(self, text: str) -> None:
        """Puts a paste in; a long one folded."""
        self.take_in(text)
        folded = self.pastes.fold(lines_end_in_lf(text))
        self.insert_text(folded)
        if self.pastes.text(folded) is not None:
            self.hint = "Tab opens the paste"

    def _take_hint_away(self) -> None:
        """It was about the text as it was."""
        self.hint = ""

    def take_in(self, text: str) -> None:
        """Notes a text that comes in otherwise than by keys."""
        self.typed = self.typed and "@" not in text

    def insert_text(
        self, data: str, overwrite: bool = False, move_cursor: bool = True, fire_event: bool = True
    ) -> None:
        """Keys bring one letter at a time; more is a suggestion, say, from the history."""
        if len(data) > 1:
            self.take_in(data)
        super().insert_text(data, overwrite, move_cursor, fire_event)

    def paste_clipboard_data(
        self, data: ClipboardData, paste_mode: PasteMode = PasteMode.EMACS, count: int = 1
    ) -> None:
        """What was cut out may have been pasted before."""
        self.take_in(data.text)
        super().paste_clipboard_data(data, paste_mode, count)

    def complete(self, replaced: int, word: str) -> None:
        """Puts a word of the menu in place of what was typed of it."""
        typed = self.typed
        self.delete_before_cursor(replaced)
        self.insert_text(word)
        self.typed = typed

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
        self._changed[self.place] = self.text, self.typed
        self.place = place
        text, self.typed = self._changed.get(place) or self._entry(place)
        self.recalled = text
        self.set_document(Document(text))

    def _entry(self, place: int) -> tuple[str, bool]:
        lines = self.entries.lines
        return (read(lines[place], self.pastes), "@" not in lines[place]) if place < len(lines) else ("", True)

    def suggest(self) -> None:
        """Looks for how an earlier entry that begins like this went on."""
        self.suggestion = None
        if self.complete_state or not 0 < len(self.text) <= _LONGEST_SUGGESTED or self.cursor_position < len(self.text):
            return
        rest = read(self.entries.suggest(written(self.text, self.pastes)).partition(r"\[")[0], self.pastes)
        first_line = rest.partition("\n")[0]
        if first_line:
            self.suggestion = Suggestion(first_line)
