"""The completion menu: there while a slash command is typed, and on Tab."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prompt_toolkit.buffer import CompletionState
from prompt_toolkit.completion import Completion
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.output import Output

from mistral_chat.command import Commands
from mistral_chat.prompt.completion import Found, common, complete
from mistral_chat.prompt.draft import Draft
from mistral_chat.prompt.terminal import in_encoding
from mistral_chat.prompt.world import World
from mistral_chat.text import cells, one_line, truncate

WIDEST_WORD = 40
NARROWEST_HELP = 10
_FRAME = 2  # blanks around a column of the menu, which has a scroll bar at its right


class Menu:
    """Fills the menu of a draft."""

    def __init__(self, draft: Draft, commands: Commands, world: World, output: Output) -> None:
        self.draft = draft
        self.commands = commands
        self.world = world
        self._output = output
        self._followed = ""

    def follow(self) -> None:
        """Fills it for the command that is being typed; to be called before it is drawn."""
        text = self.draft.text
        if text == self._followed:
            return
        self._followed = text
        if self.draft.complete_state is not None:  # the text is changed by walking through the menu
            return
        if text.startswith("/") and not text.startswith("//") and text != self.draft.recalled:
            self._open(one for one in self._found() if one.word.strip() != text)

    def tab(self) -> Sequence[str]:
        """Completes as far as it is clear how, and opens the menu where it is not; the words there are."""
        state = self.draft.complete_state
        if state is not None and len(state.completions) > 1:
            self.draft.complete_next()
            return [completion.text for completion in state.completions]
        found = self._found()
        if found:
            replaced = found[0].replaced
            before = self.draft.document.text_before_cursor
            typed = before[len(before) - replaced :]
            start = common(found)
            if len(found) == 1 or (start.startswith(typed) and len(start) > len(typed)):
                self.draft.complete(replaced, start)
            if len(found) > 1:
                self._open(self._found())
                self._followed = self.draft.text
        return [one.word for one in found]

    def take(self) -> None:
        """Stays with the word that is chosen; what may follow it comes into the menu."""
        self.draft.complete_state = None
        self._followed = ""

    def _found(self) -> list[Found]:
        return complete(self.draft.document.text_before_cursor, self.commands, self.world)

    def _open(self, found: Iterable[Found]) -> None:
        before = self.draft.document.text_before_cursor
        offered = [one for one in found if one.word != before[len(before) - one.replaced :]]
        if not offered:
            self.draft.complete_state = None
            return
        shown = [truncate(one_line(one.shown), WIDEST_WORD) for one in offered]
        widest = max(5, *map(cells, shown)) + _FRAME
        room = self._output.get_size().columns - widest - _FRAME - 1
        completions = [self._completion(one, word, room) for one, word in zip(offered, shown, strict=True)]
        self.draft.complete_state = CompletionState(self.draft.document, completions)

    def _completion(self, found: Found, shown: str, room: int) -> Completion:
        """With the matched letters marked in what is `shown`, and the help if there is `room` for some of it."""
        matched = set(found.matched)
        display: StyleAndTextTuples = [
            ("class:fuzzymatch.inside.character" if place in matched else "class:fuzzymatch.outside", letter)
            for place, letter in enumerate(shown)
        ]
        help: StyleAndTextTuples = [("", truncate(one_line(found.help), room) if room >= NARROWEST_HELP else "")]
        word, about = (in_encoding(pieces, self._output) for pieces in (display, help))
        return Completion(found.word, -found.replaced, display=word, display_meta=about)
