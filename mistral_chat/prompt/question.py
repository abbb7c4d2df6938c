"""Questions beside the conversation, asked on the prompt's terminal and in its styles."""

from __future__ import annotations

from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.input.typeahead import get_typeahead, store_typeahead
from prompt_toolkit.key_binding import KeyBindings, KeyBindingsBase, merge_key_bindings
from prompt_toolkit.key_binding.key_processor import KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import BufferControl, FormattedTextControl, Layout, VSplit, Window
from prompt_toolkit.layout.processors import PasswordProcessor
from prompt_toolkit.styles import BaseStyle

from mistral_chat.prompt.suspending import suspending
from mistral_chat.text import lines, neutralise

CHOICE = "[y/N]"


async def asked(
    like: Application[Any],
    layout: Layout,
    keys: KeyBindingsBase,
    *,
    style: BaseStyle | None = None,
    erase_when_done: bool = False,
) -> Any:
    """What the user's keys make of a layout, in a style of its own or that of another application.

    What was typed before it was shown waits for the next prompt.
    """
    waiting = get_typeahead(like.input)
    app: Application[Any] = Application(
        layout=layout,
        key_bindings=merge_key_bindings([suspending(), keys]),
        style=style or like.style,
        include_default_pygments_style=False,
        color_depth=like.color_depth,
        input=like.input,
        output=like.output,
        erase_when_done=erase_when_done,
    )
    app.ttimeoutlen = like.ttimeoutlen
    try:
        return await app.run_async()
    finally:
        store_typeahead(like.input, [*waiting, *get_typeahead(like.input)])


async def confirm(like: Application[Any], question: str) -> bool:
    """Whether the answer is y. Any other key is no."""
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
        text = f"{neutralise(question)} {CHOICE}"
        room = like.output.get_size().columns - len(" yes")
        broken = "\n".join(text[start:end] for start, end in lines(text, room))
        asks = broken.removesuffix(CHOICE)
        return [("class:warning", asks), ("", f"{CHOICE} {answer}"), ("[SetCursorPosition]", "")]

    window = Window(FormattedTextControl(shown, show_cursor=True), wrap_lines=True, dont_extend_height=True)
    return bool(await asked(like, Layout(window), keys))


async def ask(like: Application[Any], question: str, *, hidden: bool = False) -> str:
    """A line of text; empty when the user leaves the question. What is typed to a `hidden` one is shown as stars."""
    typed = Buffer(multiline=False)
    keys = KeyBindings()

    @keys.add("enter")
    def _take(event: KeyPressEvent) -> None:
        event.app.exit(result=typed.text)

    @keys.add("escape", eager=True)
    @keys.add("c-c")
    @keys.add("c-d")
    def _leave(event: KeyPressEvent) -> None:
        event.app.exit(result="")

    label = Window(
        FormattedTextControl([("class:prompt.mark", neutralise(question) + " ")]), height=1, dont_extend_width=True
    )
    line = Window(BufferControl(typed, input_processors=[PasswordProcessor()] if hidden else []), height=1)
    return str(await asked(like, Layout(VSplit([label, line]), focused_element=line), keys))
