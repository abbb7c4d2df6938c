"""What the prompt looks like: the draft with its marks, the menu, and a line under it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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
    Window,
)
from prompt_toolkit.layout.processors import AppendAutoSuggestion, Processor, Transformation, TransformationInput
from prompt_toolkit.output import Output

from mistral_chat.command import Commands
from mistral_chat.prompt.completion import usage
from mistral_chat.prompt.draft import Draft
from mistral_chat.prompt.world import Piece, World
from mistral_chat.text import cells, one_line, truncate

MENU_ROWS = 8
STATUS_FROM = 40
"""A terminal of fewer columns has no line under the prompt."""


def layout(draft: Draft, commands: Commands, world: World, output: Output, *, accessible: bool) -> Layout:
    """The windows around a draft."""
    mark = "You: " if accessible else "› " if can_show("›", output) else "> "
    further = " " * len(mark)

    def line_prefix(line: int, wrapped: int) -> StyleAndTextTuples:
        if line == 0 and wrapped == 0:
            return [("class:prompt.mark", mark)]
        return [("class:prompt.continuation", further)] if output.get_size().columns > 3 * len(mark) else []

    def menu_place() -> int | None:
        state = draft.complete_state
        if state is None:
            return None
        start = min((completion.start_position for completion in state.completions), default=0)
        return state.original_document.cursor_position + start

    text = Window(
        BufferControl(
            draft,
            input_processors=[Labels(draft), *([] if accessible else [AppendAutoSuggestion()])],
            menu_position=menu_place,
        ),
        get_line_prefix=line_prefix,
        wrap_lines=True,
        dont_extend_height=True,
        height=Dimension(min=1),
        style="class:prompt.text",
    )
    if accessible:
        return Layout(text)

    def wide() -> bool:
        return output.get_size().columns >= STATUS_FROM

    def status_line() -> StyleAndTextTuples:
        width = output.get_size().columns
        if draft.hint:
            return list(fitted([("note", " " + draft.hint)], (), width))
        if used := usage(draft.document.text_before_cursor, commands):
            return list(fitted([("status.active", " " + used[0]), ("status", "  " + used[1])], (), width))
        return list(fitted(*world.status(), width))

    def menu_rows() -> Dimension:
        state = draft.complete_state
        return Dimension.exact(min(MENU_ROWS, len(state.completions) if state else 0))

    under = HSplit(
        [
            ConditionalContainer(
                Window(FormattedTextControl(status_line), height=1, style="class:status"), Condition(wide)
            ),
            ConditionalContainer(Window(height=menu_rows), has_completions),
        ]
    )
    menu = Float(CompletionsMenu(max_height=MENU_ROWS, scroll_offset=1), xcursor=True, ycursor=True)
    rows = HSplit([text, ConditionalContainer(under, ~is_done)])
    return Layout(FloatContainer(rows, [menu]), focused_element=text)


class Labels(Processor):
    """Shows a folded paste as its label, and a slash command in its style."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        line = transformation_input.document.lines[transformation_input.lineno]
        pieces = self._draft.pastes.split(line)
        if len(pieces) == 1 and not (transformation_input.lineno == 0 and line.startswith("/")):
            return Transformation(transformation_input.fragments)
        fragments: StyleAndTextTuples = []
        places: list[int] = []
        shown = 0
        for number, piece in enumerate(pieces):
            label = self._draft.pastes.label(piece) if number % 2 else None
            if label is not None:
                fragments.append(("class:prompt.pasted", label))
                places.append(shown)
                shown += len(label)
                continue
            if number == 0 and transformation_input.lineno == 0 and piece.startswith("/") and piece[1:2] != "/":
                name, blank, rest = piece.partition(" ")
                fragments += [("class:prompt.command", name), ("", blank + rest)]
            else:
                fragments.append(("", piece))
            places += range(shown, shown + len(piece))
            shown += len(piece)
        places.append(shown)

        def to_display(place: int) -> int:
            return places[place] if place < len(places) else shown + place - len(places) + 1

        def to_source(place: int) -> int:
            return next((at for at, start in enumerate(places) if start >= place), len(places) - 1)

        return Transformation(fragments, to_display, to_source)


def fitted(left: Sequence[Piece], right: Sequence[Piece], width: int) -> Iterable[tuple[str, str]]:
    """The pieces at the ends of a line; when there is no room for both, the left ones are cut first to fit alone."""
    taken = 0
    for style, text in left:
        text = truncate(one_line(text), width - taken)
        taken += cells(text)
        yield f"class:{style}", text
    needed = sum(cells(one_line(text)) for _, text in right)
    if right and taken + needed + 2 <= width:
        yield "class:status", " " * (width - taken - needed)
        for style, text in right:
            yield f"class:{style}", one_line(text)


def can_show(text: str, output: Output) -> bool:
    """Whether the terminal's encoding has these characters."""
    try:
        text.encode(output.encoding())
    except (LookupError, UnicodeEncodeError):
        return False
    return True
