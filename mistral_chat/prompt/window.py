"""What the prompt looks like: the draft with its marks, the menu, and a line under it."""

from __future__ import annotations

from prompt_toolkit.filters import Condition, has_completions, is_done
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout import (
    BufferControl,
    CompletionsMenu,
    ConditionalContainer,
    Dimension,
    Float,
    FloatContainer,
    FormattedTextControl,
    HSplit,
    Layout,
    VSplit,
    Window,
)
from prompt_toolkit.layout.processors import AppendAutoSuggestion, ConditionalProcessor, TabsProcessor
from prompt_toolkit.output import Output

from mistral_chat.prompt.draft import Draft
from mistral_chat.prompt.labels import Labels
from mistral_chat.prompt.search import Search
from mistral_chat.prompt.status import FROM_COLUMNS, Status
from mistral_chat.prompt.terminal import can_show

MENU_ROWS = 8


def layout(draft: Draft, search: Search, status: Status, output: Output, *, accessible: bool) -> Layout:
    """The windows around a draft."""
    text = _draft(draft, search, output, accessible=accessible)
    looking = ConditionalContainer(_search(search, output), search.is_on)
    if accessible:
        return Layout(HSplit([text, looking]), focused_element=text)
    line = ConditionalContainer(
        Window(FormattedTextControl(status.line), height=Dimension(min=0, max=1, preferred=1), style="class:status"),
        Condition(status.has_room) & ~is_done & ~search.is_on & ~has_completions,
    )
    room = ConditionalContainer(Window(height=lambda: _menu_rows(draft)), has_completions & ~is_done)
    menu = Float(CompletionsMenu(max_height=MENU_ROWS, scroll_offset=1), xcursor=True, ycursor=True)
    return Layout(FloatContainer(HSplit([text, looking, line, room]), [menu]), focused_element=text)


def _draft(draft: Draft, search: Search, output: Output, *, accessible: bool) -> Window:
    mark = "You: " if accessible else "› " if can_show("›", output) else "> "

    def line_prefix(line: int, wrapped: int) -> StyleAndTextTuples:
        if line == 0 and wrapped == 0:
            return [("class:prompt.mark", mark)]
        has_room = output.get_size().columns > 4 * len(mark)
        return [("class:prompt.continuation", " " * len(mark))] if has_room else []

    return Window(
        BufferControl(
            draft,
            input_processors=[
                Labels(draft, search),
                TabsProcessor(char1=" ", char2=" "),
                ConditionalProcessor(AppendAutoSuggestion(), ~is_done),
            ],
            menu_position=lambda: _menu_place(draft),
        ),
        get_line_prefix=line_prefix,
        wrap_lines=True,
        dont_extend_height=True,
        height=Dimension(min=1),
        style="class:prompt.text",
    )


def _search(search: Search, output: Output) -> VSplit:
    def label() -> StyleAndTextTuples:
        where = " the history" if output.get_size().columns >= FROM_COLUMNS else ""
        return [("class:note", f"not in{where}: " if search.failed else f"search{where}: ")]

    return VSplit(
        [
            Window(FormattedTextControl(label), height=1, dont_extend_width=True),
            Window(BufferControl(search), height=1),
        ]
    )


def _menu_place(draft: Draft) -> int | None:
    """Where the word begins that the menu is for; the menu stays there while one walks through it."""
    state = draft.complete_state
    if state is None:
        return None
    start = min((completion.start_position for completion in state.completions), default=0)
    return state.original_document.cursor_position + start


def _menu_rows(draft: Draft) -> Dimension:
    state = draft.complete_state
    rows = min(MENU_ROWS, len(state.completions) if state else 0)
    return Dimension(min=0, max=rows, preferred=rows)
