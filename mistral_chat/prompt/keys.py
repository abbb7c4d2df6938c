"""What each key does in a draft, beyond what emacs or vi keys do."""

from __future__ import annotations

from prompt_toolkit.filters import Condition, completion_is_selected, emacs_mode, has_completions
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.key_processor import KeyPressEvent
from prompt_toolkit.keys import Keys

from mistral_chat.prompt.draft import Draft

INDENT = "    "


def bindings(draft: Draft) -> KeyBindings:
    """The keys of interface.md, for the buffer of a draft."""
    keys = KeyBindings()

    @keys.add("enter", filter=~completion_is_selected)
    def _send(event: KeyPressEvent) -> None:
        if draft.text.strip():
            event.app.exit(result=draft.text)
        else:
            draft.reset()

    @keys.add("enter", filter=completion_is_selected)
    def _take(event: KeyPressEvent) -> None:
        draft.complete_state = None
        draft.on_text_changed.fire()

    @keys.add("c-j")
    @keys.add("escape", "enter", filter=emacs_mode)
    def _new_line(event: KeyPressEvent) -> None:
        draft.newline(copy_margin=True)

    @keys.add("c-c")
    @keys.add(Keys.SIGINT)
    def _clear(event: KeyPressEvent) -> None:
        if not draft.text:
            draft.hint = "Ctrl-D leaves"
        draft.keep()
        draft.begin("", draft.hint)

    @keys.add("c-d", filter=Condition(lambda: not draft.text))
    def _leave(event: KeyPressEvent) -> None:
        event.app.exit(exception=EOFError)

    @keys.add(Keys.BracketedPaste)
    def _paste(event: KeyPressEvent) -> None:
        draft.paste(event.data)

    @keys.add("escape", filter=has_completions, eager=True)
    def _close_menu(event: KeyPressEvent) -> None:
        draft.cancel_completion()

    return keys
