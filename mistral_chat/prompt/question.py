"""A question that a single key answers."""

from __future__ import annotations

from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.input.typeahead import get_typeahead, store_typeahead
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.key_processor import KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import FormattedTextControl, Layout, Window

from mistral_chat.text import neutralise


async def confirm(like: Application[Any], question: str) -> bool:
    """Whether the answer is y, on the terminal and in the styles of another application. Any other key is no."""
    waiting = get_typeahead(like.input)
    answer = ""
    keys = KeyBindings()

    @keys.add(Keys.Any)
    def _answer(event: KeyPressEvent) -> None:
        nonlocal answer
        answer = "yes" if event.data in ("y", "Y") else "no"
        event.app.exit(result=answer == "yes")

    @keys.add(Keys.BracketedPaste)
    def _ignore(event: KeyPressEvent) -> None:
        pass

    def shown() -> StyleAndTextTuples:
        return [("class:warning", neutralise(question)), ("", " [y/N] "), ("", answer)]

    window = Window(FormattedTextControl(shown, show_cursor=True), wrap_lines=True, dont_extend_height=True)
    app: Application[bool] = Application(
        layout=Layout(window),
        key_bindings=keys,
        style=like.style,
        include_default_pygments_style=False,
        color_depth=like.color_depth,
        input=like.input,
        output=like.output,
    )
    app.ttimeoutlen = like.ttimeoutlen
    agreed = await app.run_async()
    store_typeahead(like.input, waiting)
    return agreed
