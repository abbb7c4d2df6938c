"""The forms in which an answer is written while it arrives, all but the live one: exact, linear, JSON, JSON lines."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

from mistral_chat.conversation import Node
from mistral_chat.errors import ChatError
from mistral_chat.events import (
    Event,
    Finished,
    FinishReason,
    ReferenceDelta,
    Retrying,
    Started,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    Usage,
)
from mistral_chat.message import part_to_json
from mistral_chat.screen import Depth, Screen
from mistral_chat.text import Neutraliser, neutralise, one_line

if TYPE_CHECKING:
    from mistral_chat.markdown import Labels

ENDED_EARLY = {
    FinishReason.LENGTH: "cut at max_tokens",
    FinishReason.MODEL_LENGTH: "cut where the model's context is full",
    FinishReason.INTERRUPTED: "interrupted",
    FinishReason.CUT: "connection lost",
    FinishReason.ERROR: "stopped by the server",
}
"""What is said in one line after an answer that is not complete."""


class Answer(Protocol):
    """An answer being shown. `end` is called once, also when nothing arrived; `session` may be ""."""

    def start(self) -> None: ...

    def feed(self, event: Event) -> None: ...

    def end(self, answer: Node | None, error: ChatError | None, session: str) -> None: ...

    def aside(self) -> AbstractContextManager[None]:
        """For as long as others have the terminal, such as the shell while the program is stopped."""


class Still:
    """An answer that shows nothing before something has arrived, and nothing again."""

    def start(self) -> None: ...

    def aside(self) -> AbstractContextManager[None]:
        return nullcontext()


class ExactAnswer(Still):
    """The model's text and nothing else, delta by delta, with one newline at the end: what a pipe wants."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._last = "\n"

    def feed(self, event: Event) -> None:
        if isinstance(event, TextDelta):
            if event.text:
                self._last = event.text[-1]
                self._screen.write(event.text)
        elif line := beside(event):
            self._screen.note(line)

    def end(self, answer: Node | None, error: ChatError | None, session: str) -> None:
        if self._last != "\n":
            self._screen.write("\n")


class LinearAnswer(Still):
    """Text that is only ever appended, with what a terminal would obey made visible: screen readers, dumb terminals.

    The first characters, as many as the prefix has, are dimmed where there are colours. Where nothing else tells the
    blocks of code apart, a line above each says its number; `before` is what is shown of the answer already.
    """

    def __init__(self, screen: Screen, prefix: str = "", before: str = "") -> None:
        self._screen = screen
        self._labels: Labels | None = None
        if screen.plain:
            from mistral_chat.markdown import Labels

            self._labels = Labels(neutralise(before))
        self._dimmed = len(prefix) if screen.depth is not Depth.NONE else 0
        self._text = Neutraliser()
        self._last = ""
        self._begun = False
        self._thinking = False

    def feed(self, event: Event) -> None:
        match event:
            case TextDelta(text) if text:
                if not self._begun and self._screen.accessible:
                    self._screen.write("Mistral: ")
                self._begun = True
                self._append(text)
            case ThinkingDelta() if not self._thinking:
                self._thinking = True
                self._note("thinking")
            case Retrying() | ToolCallDelta() if line := beside(event):
                self._note(line)

    def end(self, answer: Node | None, error: ChatError | None, session: str) -> None:
        self._write(self._labelled(self._text.close()))
        if self._labels is not None:
            self._write(self._labels.close())
        self._end_line()

    def _note(self, text: str) -> None:
        """A line between two pieces of the text; a screen reader is told again whose text it is that goes on."""
        if not self._screen.quiet:
            self._end_line()
            self._begun = False
        self._screen.note(text)

    def _end_line(self) -> None:
        if self._last not in ("", "\n"):
            self._write("\n")

    def _append(self, text: str) -> None:
        if self._dimmed:
            prefix, text = text[: self._dimmed], text[self._dimmed :]
            self._dimmed -= len(prefix)
            shown = self._labelled(neutralise(prefix))
            self._last = shown[-1:] or self._last
            self._screen.write(self._screen.styled([("answer.prefix", shown)], self._screen.depth))
        self._write(self._labelled(self._text.feed(text)))

    def _labelled(self, text: str) -> str:
        return text if self._labels is None else self._labels.feed(text)

    def _write(self, text: str) -> None:
        if text:
            self._last = text[-1]
            self._screen.write(text)


class JsonAnswer(Still):
    """One JSON object when the answer is there; nothing when none came."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def feed(self, event: Event) -> None:
        if isinstance(event, Retrying):
            self._screen.note(waiting(event))

    def end(self, answer: Node | None, error: ChatError | None, session: str) -> None:
        if answer is not None:
            self._screen.json(answer_json(answer, session), indent=None)


class JsonLinesAnswer(Still):
    """One JSON object a line for each event as it arrives."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def feed(self, event: Event) -> None:
        if isinstance(event, Retrying):
            self._screen.note(waiting(event))
        elif (line := event_json(event)) is not None:
            self._screen.json(line, indent=None)

    def end(self, answer: Node | None, error: ChatError | None, session: str) -> None:
        if error is not None:
            self._screen.json(
                {"type": "error", "message": error.what, "why": error.why, "hint": error.hint}, indent=None
            )
            self._finish(answer)
        elif answer is not None and answer.finish_reason is FinishReason.INTERRUPTED:
            self._finish(answer)

    def _finish(self, answer: Node | None) -> None:
        if answer is not None and answer.finish_reason is not None:
            self._screen.json({"type": "finished", "finish_reason": str(answer.finish_reason)}, indent=None)


def beside(event: Event) -> str:
    """What is said of an event beside the text of the answer; mostly ""."""
    match event:
        case Retrying():
            return waiting(event)
        case ToolCallDelta(name=name) if name:
            return f"asks for {one_line(name)}"
    return ""


def waiting(event: Retrying, left: float | None = None) -> str:
    """What is said while a request waits to be sent again, all its seconds or those that are `left`."""
    if not event.seconds:
        return event.why
    seconds = event.seconds if left is None else left
    return "trying again" + (f" in {seconds:.0f} s" if seconds >= 0.5 else "") + f": {event.why}"


def answer_json(answer: Node, session: str) -> dict[str, Any]:
    """An answer as `-o json` writes it; thinking, tool_calls and references only where there are any."""
    message = answer.message
    optional = {
        "thinking": message.thinking,
        "tool_calls": [part_to_json(call) for call in message.tool_calls],
        "references": list(message.references),
    }
    return {
        "content": message.text,
        "model": answer.model,
        "finish_reason": str(answer.finish_reason) if answer.finish_reason else None,
        "usage": answer.usage.to_json() if answer.usage else None,
        "session": session,
        "message": answer.id,
        **{key: value for key, value in optional.items() if value},
    }


def event_json(event: Event) -> dict[str, Any] | None:
    """An event as `-o jsonl` writes it; None for one that says nothing of the answer."""
    match event:
        case TextDelta(text):
            return {"type": "text", "text": text}
        case ThinkingDelta(thought):
            return {"type": "thinking", "text": thought.text}
        case ReferenceDelta(reference):
            return {"type": "reference", "reference_ids": list(reference.ids)}
        case ToolCallDelta(index, call_id, name, arguments):
            return {"type": "tool_call", "index": index, "id": call_id, "name": name, "arguments": arguments}
        case Usage():
            return {"type": "usage", **event.to_json()}
        case Finished(reason):
            return {"type": "finished", "finish_reason": str(reason)}
        case Started() | Retrying():
            return None
