"""An answer on a terminal while it arrives: Markdown that grows, with a spinner or a thought as long as none comes.

The stream splits, the painter paints, the pacer says when; here they are joined to the clock and the screen. Frames are
drawn by a task of its own, so that receiving never waits for drawing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace

from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from rich.syntax import ANSISyntaxTheme

from mistral_chat.answers import Still, beside, waiting
from mistral_chat.conversation import Node
from mistral_chat.errors import ChatError
from mistral_chat.events import Event, ReferenceDelta, Retrying, TextDelta, ThinkingDelta, ToolCallDelta
from mistral_chat.markdown import Frame, Look, MarkdownStream, Row, render
from mistral_chat.message import Reference
from mistral_chat.pace import Pacer
from mistral_chat.paint import Painter
from mistral_chat.screen import Screen
from mistral_chat.text import Neutraliser, one_line

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
TICK = 0.1
"""Seconds between two looks at the spinner and at the size of the terminal."""

SILENCE = 3.0
"""Seconds without anything new in mid-answer, after which the spinner says that more is waited for."""


def look(screen: Screen, code: Mapping[tuple[str, ...], str]) -> Look:
    """How Markdown looks on a screen; `code` are the styles of the tokens of code."""
    colours = ANSISyntaxTheme({kind: Style.parse(style) for kind, style in code.items()})
    return Look(screen.styles, colours, hyperlinks=screen.hyperlinks, boxes=screen.unicode)


class LiveAnswer:
    """Shows one answer. `prefix` is dimmed at its beginning; `before` is what the screen shows of it already.

    `hint` is what to do to see a thought that is folded.
    """

    def __init__(self, screen: Screen, look: Look, prefix: str = "", before: str = "", hint: str = "") -> None:
        self._screen = screen
        self._look = look
        self._size = screen.size
        self._stream = MarkdownStream(look, *self._size)
        self._neutraliser = Neutraliser()
        self._painter = Painter(ColorSystem(screen.depth) if screen.depth else None)
        self._pacer = Pacer()
        self._prefix = Dimmed(render(prefix, look, self._size[0]) if prefix else (), self._style("answer.prefix"))
        self._thought = Thought()
        self._hint = hint
        self._said: list[str] = []
        self._waits: Waits | None = None
        self._gone_on = ""
        self._has_text = bool(before)
        self._began = self._heard = time.monotonic()
        self._news = asyncio.Event()
        self._drawing: asyncio.Task[None] | None = None
        if before:
            self._stream.feed(self._neutraliser.feed(before))
            self._stream.frame()

    def start(self) -> None:
        self._screen.write(self._painter.start())
        self._drawing = asyncio.create_task(self._draw())

    def feed(self, event: Event) -> None:
        if self._drawing is not None and self._drawing.done():
            self._drawing.result()  # what went wrong in drawing, such as a terminal that is gone
        self._heard = time.monotonic()
        match event:
            case TextDelta(text):
                self._text(text)
            case ThinkingDelta(thought):
                self._thought.feed(thought.text)
            case ReferenceDelta(reference):
                self._text(cited(reference))
            case ToolCallDelta() if line := beside(event):
                self._said.append(line)
            case Retrying():
                self._waits = Waits(event)
                if self._has_text and not event.seconds:
                    self._gone_on = event.why
        self._news.set()

    def end(self, answer: Node | None, error: ChatError | None, session: str) -> None:
        """Draws what is left and puts the cursor on a line of its own; tells below where the answer has a seam."""
        if self._drawing is not None:
            self._drawing.cancel()
        self._waits = None
        with suppress(OSError):
            self._stream.feed(self._neutraliser.close())
            self._frame(final=True)
            self._screen.write(self._painter.finish())
            if self._gone_on:
                self._screen.note(f"in mid-answer: {self._gone_on}")

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What is drawn stays as it stands, and whatever is written meanwhile comes below; then it is drawn again.

        It is made whole before: where the kernel echoes the keys, `^Z` stands in it.
        """
        self._screen.write(self._painter.forget())
        self._frame()
        self._screen.write(self._painter.finish())
        yield
        self._screen.write(self._painter.start())
        self._frame()

    def _text(self, text: str) -> None:
        if text:
            self._has_text = True
            self._waits = None
            self._stream.feed(self._neutraliser.feed(text))

    async def _draw(self) -> None:
        """Draws when something is new: text, the next step of the spinner, the size of the terminal."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK):  # wait_for may lose a cancellation (cpython issue 86296)
                    await self._news.wait()
            await asyncio.sleep(self._pacer.wait(time.monotonic()))
            if self._news.is_set() or self._spins() or self._size != self._screen.size:
                self._news.clear()
                self._frame()

    def _spins(self) -> bool:
        """Whether nothing has come of the text, or nothing more for long."""
        return not self._has_text or time.monotonic() - self._heard > SILENCE

    def _frame(self, *, final: bool = False) -> None:
        began = time.monotonic()
        if self._size != self._screen.size:
            self._size = self._screen.size
            self._stream.resize(*self._size)
        frame = self._stream.frame(final=final)
        commit = [*self._heads(final=final), *self._prefix.commit(frame.commit)]
        live = [*self._prefix.live(frame.live), *(() if final else self._state())]
        self._screen.write(self._painter.paint(Frame(tuple(commit), tuple(live)), *self._size))
        self._pacer.drew(began, time.monotonic())

    def _heads(self, *, final: bool) -> Iterable[Row]:
        """The lines that stand for good above the text that follows: the folded thought, the tools asked for."""
        if (self._has_text or final) and (folded := self._thought.fold()):
            yield self._row("thinking.label", f"{folded} — {self._hint}" if self._hint else folded)
            yield from [Row(())] * self._has_text
        for line in self._said:
            yield self._row("tool", line)
        self._said.clear()

    def _state(self) -> Iterable[Row]:
        """What is going on, under the text or instead of it."""
        now = time.monotonic()
        if self._waits:
            yield self._row("spinner.text", self._waits.told())
        if not self._spins():
            return
        turn = SPINNER[int(now / TICK) % len(SPINNER)] if self._look.boxes else "*"
        if self._has_text or self._thought.since is None:
            since = self._heard if self._has_text else self._began
            yield self._row("spinner", f"{turn} {now - since:.0f} s")
            return
        yield self._row("thinking.label", f"{turn} thinking {now - self._thought.since:.0f} s")
        if last := self._thought.last_line(max(1, self._size[0] - 2)):
            yield self._row("thinking", f"  {last}")

    def _row(self, style: str, text: str) -> Row:
        return Row((Segment(one_line(text, self._size[0]), self._style(style)),))

    def _style(self, name: str) -> Style:
        return Style.parse(self._screen.styles.get(name, ""))


class PrintedAnswer(Still):
    """Markdown where nothing can be drawn again, as in a pipe: each row is written once, when it is final."""

    def __init__(self, screen: Screen, look: Look, prefix: str = "") -> None:
        self._screen = screen
        self._stream = MarkdownStream(look, *screen.size)
        self._neutraliser = Neutraliser()
        self._painter = Painter(ColorSystem(screen.depth) if screen.depth else None)
        style = Style.parse(screen.styles.get("answer.prefix", ""))
        self._prefix = Dimmed(render(prefix, look, screen.width) if prefix else (), style)

    def feed(self, event: Event) -> None:
        match event:
            case TextDelta(text):
                self._stream.feed(self._neutraliser.feed(text))
                if "\n" in text:
                    self._write(self._stream.frame())
            case ReferenceDelta(reference):
                self._stream.feed(self._neutraliser.feed(cited(reference)))
            case Retrying() | ToolCallDelta() if line := beside(event):
                self._screen.note(line)

    def end(self, answer: Node | None, error: ChatError | None, session: str) -> None:
        self._stream.feed(self._neutraliser.close())
        self._write(self._stream.frame(final=True))

    def _write(self, frame: Frame) -> None:
        rows = self._prefix.commit(frame.commit)
        self._screen.write("".join(self._painter.printed(row) + "\n" for row in rows))


def cited(reference: Reference) -> str:
    """A reference as it stands in the text."""
    return f"[{', '.join(map(str, reference.ids))}]"


class Waits:
    """Why nothing comes yet, and for how long: a request that will be sent again."""

    def __init__(self, event: Retrying) -> None:
        self._event = event
        self._until = time.monotonic() + event.seconds

    def told(self) -> str:
        """The reason, with the seconds that are left."""
        return waiting(self._event, max(0.0, self._until - time.monotonic()))


class Thought:
    """What a model thinks before it answers: how long, and the end of it."""

    def __init__(self) -> None:
        self.since: float | None = None
        self._end = ""
        self._folded = False

    def feed(self, text: str) -> None:
        if self.since is None:
            self.since = time.monotonic()
        self._end = (self._end + text)[-2000:]

    def last_line(self, width: int) -> str:
        """The line that is being thought, its end if it is long."""
        lines = self._end.split("\n")
        last = next((line for line in reversed(lines) if line.strip()), "")
        return one_line(last[-width:].lstrip(), width)

    def fold(self) -> str:
        """The line that stands for the whole thought, given once; "" without a thought."""
        if self.since is None or self._folded:
            return ""
        self._folded = True
        seconds = time.monotonic() - self.since
        return f"thought for {seconds:.0f} s" if seconds >= 0.5 else "thought for a moment"


class Dimmed:
    """Dims as many characters at the beginning of an answer as its prefix has on the screen, blanks not counted."""

    def __init__(self, prefix: Iterable[Row], style: Style) -> None:
        self._left = sum(_ink(row.text) for row in prefix)
        self._style = style

    def commit(self, rows: Iterable[Row]) -> list[Row]:
        """The rows that are written for good, with what is of the prefix dimmed."""
        rows, self._left = self._dim(rows, self._left)
        return rows

    def live(self, rows: Iterable[Row]) -> list[Row]:
        return self._dim(rows, self._left)[0]

    def _dim(self, rows: Iterable[Row], left: int) -> tuple[list[Row], int]:
        dimmed: list[Row] = []
        for row in rows:
            segments: list[Segment] = []
            for text, style, *_ in row.segments:
                cut = _reach(text, left)
                left -= _ink(text[:cut])
                segments += [Segment(text[:cut], (style or Style()) + self._style)] if cut else []
                segments += [Segment(text[cut:], style)] if cut < len(text) else []
            dimmed.append(replace(row, segments=tuple(segments)))
        return dimmed, left


def _ink(text: str) -> int:
    return len("".join(text.split()))


def _reach(text: str, ink: int) -> int:
    """How far into a text so many characters that are no blanks reach."""
    for place, char in enumerate(text):
        if ink == 0:
            return place
        ink -= not char.isspace()
    return len(text)
