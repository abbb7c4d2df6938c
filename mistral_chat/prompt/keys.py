"""What each key does in a draft, beyond what emacs or vi keys do."""

from __future__ import annotations

import os
from functools import partial

from prompt_toolkit.application import get_app, run_in_terminal
from prompt_toolkit.filters import Condition, completion_is_selected, emacs_mode, has_completions
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.key_processor import KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import Output

from mistral_chat.prompt.draft import Draft
from mistral_chat.prompt.menu import Menu
from mistral_chat.prompt.search import Search
from mistral_chat.prompt.world import World
from mistral_chat.text import one_line

INDENT = "    "


def terminal_bindings(world: World) -> KeyBindings:
    """What is no key of the user's but told by the terminal."""
    keys = KeyBindings()

    @keys.add(Keys.Ignore)
    def _see_background(event: KeyPressEvent) -> None:
        if event.data:
            world.see_background(event.data)

    return keys


def bindings(draft: Draft, menu: Menu, search: Search, *, accessible: bool) -> KeyBindings:
    """The keys that do something of our own; all others do what emacs or vi does."""
    keys = KeyBindings()

    @keys.add("enter", filter=~completion_is_selected)
    def _send(event: KeyPressEvent) -> None:
        event.app.exit()

    @keys.add("enter", filter=completion_is_selected)
    def _take(event: KeyPressEvent) -> None:
        menu.take()

    @keys.add("c-j")
    @keys.add("escape", "enter", filter=emacs_mode, eager=True)
    def _new_line(event: KeyPressEvent) -> None:
        draft.newline(copy_margin=True)

    @keys.add("tab")
    def _complete(event: KeyPressEvent) -> None:
        if draft.unfold_before_cursor():
            return
        if not draft.document.current_line_before_cursor.strip():
            draft.insert_text(INDENT)
            return
        words = menu.tab()
        if accessible and len(words) > 1:
            draft.complete_state = None
            run_in_terminal(partial(_tell, event.app.output, one_line(", ".join(word.strip() for word in words))))

    @keys.add("escape", filter=has_completions, eager=True)
    def _close_menu(event: KeyPressEvent) -> None:
        draft.cancel_completion()

    @keys.add("escape", Keys.Any, filter=emacs_mode & _is_bare_escape, eager=True)
    def _let_escape_be(event: KeyPressEvent) -> None:
        event.key_processor.feed(event.key_sequence[1], first=True)

    @keys.add("c-c")
    @keys.add(Keys.SIGINT)
    def _clear(event: KeyPressEvent) -> None:
        draft.keep()
        given = draft.given
        draft.begin(hint="" if draft.text else "Ctrl-D leaves")
        if given:
            event.app.erase_when_done = True
            event.app.exit()

    @keys.add("c-d", filter=Condition(lambda: not draft.text))
    def _leave(event: KeyPressEvent) -> None:
        event.app.exit(exception=EOFError)

    @keys.add("c-r")
    def _search(event: KeyPressEvent) -> None:
        search.begin()

    @keys.add("c-x", "c-e")
    async def _edit(event: KeyPressEvent) -> None:
        from mistral_chat.prompt.editor import command, edit

        try:
            editor = command(os.environ)
        except ValueError as error:
            draft.hint = one_line(str(error))
            return
        if not editor:
            draft.hint = "no editor: set $VISUAL or $EDITOR"
            return
        await edit(draft, editor, event.app)

    @keys.add(Keys.BracketedPaste)
    def _paste(event: KeyPressEvent) -> None:
        draft.paste(event.data)

    return keys


@Condition
def _is_bare_escape() -> bool:
    """Whether what is pressed begins with the key Esc, which in emacs would be the Alt of the key after it."""
    pressed = get_app().key_processor.key_buffer
    return bool(pressed) and pressed[0].data == "\x1b"


def _tell(output: Output, line: str) -> None:
    output.write_raw(line + "\r\n")
    output.flush()
