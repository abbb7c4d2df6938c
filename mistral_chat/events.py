"""What a reply is made of while it arrives, and the one value that folds it into a message.

Of every answer there comes `Started`, then deltas, then `Usage` when the server tells it, and last exactly one
`Finished`; where an answer ends otherwise, iterating raises a ChatError instead. `Retrying` may stand before `Started`.
What comes with every answer is a named tuple: it is declared and made much faster than a dataclass.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from mistral_chat.message import Message, Part, Reference, Role, Text, Thinking, ToolCall, merged


class FinishReason(StrEnum):
    """Why an answer ended: the API's five reasons, and two of ours."""

    STOP = "stop"
    LENGTH = "length"
    MODEL_LENGTH = "model_length"
    TOOL_CALLS = "tool_calls"
    ERROR = "error"
    INTERRUPTED = "interrupted"
    """The user stopped it, or the program ended in the middle of it."""
    CUT = "cut"
    """The connection ended before the answer did."""

    @property
    def complete(self) -> bool:
        return self in (FinishReason.STOP, FinishReason.TOOL_CALLS)


class Started(NamedTuple):
    """The server began to answer; `model` is the one that answers, an alias resolved."""

    id: str
    model: str


class TextDelta(NamedTuple):
    text: str


class ThinkingDelta(NamedTuple):
    thought: Thinking


class ReferenceDelta(NamedTuple):
    reference: Reference


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A piece of a tool call; pieces with the same `index` belong together."""

    index: int
    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the server counts them; `cached` are those of the prompt that were read from its cache."""

    prompt: int
    completion: int
    cached: int = 0

    @property
    def total(self) -> int:
        return self.prompt + self.completion

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.prompt + other.prompt, self.completion + other.completion, self.cached + other.cached)

    def to_json(self) -> dict[str, int]:
        """The names of the API."""
        return {
            "prompt_tokens": self.prompt,
            "completion_tokens": self.completion,
            "total_tokens": self.total,
            "cached_tokens": self.cached,
        }

    @classmethod
    def from_json(cls, data: object) -> Usage | None:
        """Usage as the API or `to_json` writes it; None when the two counts are not there."""
        if not isinstance(data, dict):
            return None
        prompt, completion = data.get("prompt_tokens"), data.get("completion_tokens")
        if not isinstance(prompt, int) or not isinstance(completion, int):
            return None
        return cls(prompt, completion, _cached(data))


@dataclass(frozen=True, slots=True)
class Retrying:
    """Nothing has arrived yet, and the request will be sent again in `seconds`; `attempt` counts from 1.

    A view is also fed one, with no `seconds`, when the rest of an answer that broke is asked for.
    """

    attempt: int
    seconds: float
    why: str


class Finished(NamedTuple):
    reason: FinishReason


Delta = TextDelta | ThinkingDelta | ReferenceDelta | ToolCallDelta
Event = Started | Delta | Usage | Retrying | Finished


class Reply:
    """The only accumulator: feed it events; what has arrived can be read at any moment."""

    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._calls: dict[int, ToolCall] = {}
        self.model = ""
        self.usage: Usage | None = None
        self.finish_reason: FinishReason | None = None

    def feed(self, event: Event) -> None:
        match event:
            case TextDelta(text):
                self._parts.append(Text(text))
            case ThinkingDelta(thought):
                self._parts.append(thought)
            case ReferenceDelta(reference):
                self._parts.append(reference)
            case ToolCallDelta():
                self._call(event)
            case Started(_, model):
                self.model = model
            case Usage():
                self.usage = event
            case Finished(reason):
                self.finish_reason = reason
            case Retrying():
                pass

    def _call(self, delta: ToolCallDelta) -> None:
        before = self._calls.get(delta.index, ToolCall("", "", ""))
        self._calls[delta.index] = ToolCall(
            before.id or delta.id, before.name or delta.name, before.arguments + delta.arguments
        )

    @property
    def arrived(self) -> int:
        """How many pieces of content have arrived; a mark for `since`."""
        return len(self._parts)

    def since(self, mark: int) -> tuple[Part, ...]:
        """The content that arrived after the mark, joined where it can be."""
        return merged(self._parts[mark:])

    @property
    def message(self) -> Message:
        """The answer as far as it has arrived."""
        calls = tuple(self._calls[index] for index in sorted(self._calls))
        return Message(Role.ASSISTANT, self.since(0) + calls)

    @property
    def empty(self) -> bool:
        return not self._parts and not self._calls


def replay(message: Message) -> Iterator[Event]:
    """The events that a whole message would have arrived as."""
    for number, part in enumerate(message.parts):
        match part:
            case Text(text):
                yield TextDelta(text)
            case Thinking():
                yield ThinkingDelta(part)
            case Reference():
                yield ReferenceDelta(part)
            case ToolCall(call_id, name, arguments):
                yield ToolCallDelta(number, call_id, name, arguments)


def _cached(usage: dict[Any, Any]) -> int:
    """Cached prompt tokens, which the API tells at the top or in the details of the prompt."""
    places = [usage.get("cached_tokens"), usage.get("num_cached_tokens")]
    for key in ("prompt_tokens_details", "prompt_token_details"):
        details = usage.get(key)
        if isinstance(details, dict):
            places.append(details.get("cached_tokens"))
    return next((count for count in places if isinstance(count, int)), 0)
