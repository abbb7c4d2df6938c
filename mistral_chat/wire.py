"""A request as the JSON of the API, and the bytes of an answer, streamed or whole, as events; no I/O.

What the API takes and gives is told at https://docs.mistral.ai/api/#tag/chat. An object there is closed: a key it does
not know is refused, so nothing is sent that was not asked for. An answer is read leniently: what is unknown is skipped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from mistral_chat.caption import in_words
from mistral_chat.errors import ConnectionLost, ProtocolError
from mistral_chat.events import (
    Event,
    Finished,
    FinishReason,
    ReferenceDelta,
    Started,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    Usage,
)
from mistral_chat.message import (
    Audio,
    Image,
    Json,
    Message,
    Part,
    Reference,
    Role,
    Text,
    TextFile,
    Thinking,
    ToolCall,
    ToolReference,
    ToolResult,
    part_from_json,
    part_to_json,
    text_at,
)
from mistral_chat.prefix import Echo
from mistral_chat.refusals import is_error, refusal_in_answer
from mistral_chat.sse import MAX_STREAM, EventStream, too_large
from mistral_chat.text import repair

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Request:
    """One request for a chat completion.

    `messages` are in an order the API accepts. `fields` are the other fields of the API under their own names, such as
    temperature, top_p, max_tokens, stop, random_seed, safe_prompt; a field that is not set is not in it. `prefix` is
    how the answer is to begin.
    """

    model: str
    messages: tuple[Message, ...]
    fields: Mapping[str, Any] = field(default_factory=dict)
    prefix: str = ""
    stream: bool = True


def encode(request: Request) -> Json:
    """The body of the request, as an object."""
    messages = [item for message in request.messages for item in _messages(message)]
    if request.prefix:
        messages.append({"role": str(Role.ASSISTANT), "content": request.prefix, "prefix": True})
    body = {"model": request.model, "messages": messages, **request.fields}
    return body | {"stream": True} if request.stream else body


def encode_bytes(request: Request) -> bytes:
    """The body of the request as it is sent; a lone surrogate becomes U+FFFD."""
    return repair(json.dumps(encode(request), ensure_ascii=False, separators=(",", ":"))).encode()


class Decoder:
    """Feed it the bytes of an answer as they come, then close it; run out each iterator before the next call.

    The texts that come out, joined, begin with the prefix of the request, once. A body that is one JSON object and no
    event stream is read as a whole answer.
    """

    def __init__(self, request: Request) -> None:
        self._stream = EventStream()
        self._echo = Echo(request.prefix)
        self._whole: bytearray | None = None
        self._undecided = True
        self._started: Started | None = None
        self._start_told = False
        self._thinking = False
        self._call_ids: dict[int, str] = {}
        self._usage: Usage | None = None
        self._reason: FinishReason | None = None
        self.heard = 0
        """How many events with data have come; comments and blank data are none."""
        self.done = False
        """Whether the server has said that nothing follows."""

    @property
    def finished(self) -> bool:
        """Whether the answer is at its end; only usage may follow."""
        return self.done or self._reason is not None

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """What the bytes bring; no `Finished` yet.

        Raises ApiError for an error in the place of a piece, and ProtocolError for what is not JSON or is too large.
        """
        if self._undecided and (start := chunk.lstrip(b"\xef\xbb\xbf \t\r\n")):
            self._undecided = False
            self._whole = bytearray() if start[:1] in b"{[<" else None
        if self._whole is not None:
            self._whole += chunk
            if len(self._whole) > MAX_STREAM:
                raise too_large("answer", MAX_STREAM)
            return
        for name, data in self._stream.feed(chunk):
            if self.done:
                return
            yield from self._event(name, data)

    def close(self) -> Iterator[Event]:
        """What was left, and the verdict: `Finished`, or it raises.

        Raises ConnectionLost when the end came without a finish_reason, ProtocolError when there was no answer at all,
        and what `feed` raises.
        """
        if self._whole is not None:
            yield from self._event("", _text_of_whole(self._whole))
        elif not self.done:
            for name, data in self._stream.close():
                with suppress(ProtocolError):  # half an event
                    yield from self._event(name, data)
        yield from self._verdict()

    def _verdict(self) -> Iterator[Event]:
        if self._started is None:
            raise ProtocolError("the server sent no answer", "the stream ended before it began", "try again")
        if self._reason is None:
            raise ConnectionLost("the answer was cut off", "it ended without a finish_reason", "try again")
        yield from self._beginning()
        if rest := self._echo.finish(self._reason.complete):
            yield TextDelta(rest)
        if self._usage is not None:
            yield self._usage
        yield Finished(self._reason)

    def _event(self, name: str, data: str) -> Iterable[Event]:
        self.heard += 1
        if data.strip() == "[DONE]":
            self.done = True
            return ()
        try:
            return self._data(name, data)
        except RecursionError:
            raise ProtocolError("the server sent JSON nested too deep", f"near {data[:60]!r}", "try again") from None

    def _data(self, name: str, data: str) -> list[Event]:
        try:
            chunk = _object(data)
        except ValueError:
            if name == "error":
                raise refusal_in_answer(data) from None
            raise ProtocolError("the server sent broken JSON", f"near {data[:60]!r}", "try again") from None
        if name == "error" or (isinstance(chunk, dict) and is_error(chunk)):
            raise refusal_in_answer(chunk)
        if not isinstance(chunk, dict):
            raise ProtocolError("the server sent JSON that is no answer", f"near {data[:60]!r}", "check base_url")
        return self._chunk(chunk)

    def _chunk(self, chunk: Json) -> list[Event]:
        """The events of one piece of a stream, or of a whole answer, which has the same shape."""
        choices = chunk.get("choices")
        if not isinstance(choices, list):
            choices = []
        elif self._started is None:
            self._started = Started(text_at(chunk, "id") or "", text_at(chunk, "model") or "")
        events: list[Event] = []
        for choice in choices:
            if isinstance(choice, dict) and not choice.get("index"):
                delta = choice.get("delta") or choice.get("message")
                if isinstance(delta, dict):
                    events += self._delta(delta)
                if reason := text_at(choice, "finish_reason"):
                    self._reason = FinishReason(reason) if reason in _REASONS else FinishReason.ERROR
        if usage := chunk.get("usage"):
            self._usage = Usage.from_json(usage) or self._usage
        return [*self._beginning(), *events] if events and not self._start_told else events

    def _delta(self, delta: Json) -> list[Event]:
        events: list[Event] = []
        thought = delta.get("reasoning_content") or delta.get("reasoning")
        if thought and isinstance(thought, str):
            self._thinking = True
            events.append(ThinkingDelta(Thinking((Text(thought),), closed=False)))
        content = delta.get("content")
        if content and self._thinking:
            self._thinking = False
            events.append(ThinkingDelta(Thinking(())))
        if isinstance(content, str):
            if text := self._echo.feed(content):
                events.append(TextDelta(text))
        elif isinstance(content, list):
            events += filter(None, map(self._part, content))
        if calls := delta.get("tool_calls"):
            events += self._calls(calls)
        return events

    def _calls(self, calls: object) -> Iterator[Event]:
        for place, call in enumerate(calls if isinstance(calls, list) else ()):
            if isinstance(call, dict) and isinstance(function := call.get("function"), dict):
                yield self._call(place, call, function)

    def _part(self, item: object) -> Event | None:
        match part_from_json(item):
            case Text(text) if shown := self._echo.feed(text):
                return TextDelta(shown)
            case Thinking() as thought:
                return ThinkingDelta(thought)
            case Reference() as reference:
                return ReferenceDelta(reference)
        return None

    def _call(self, place: int, call: Json, function: Json) -> ToolCallDelta:
        number, call_id, arguments = call.get("index"), text_at(call, "id") or "", function.get("arguments")
        index = number if isinstance(number, int) else place
        call_id = "" if call_id == "null" else call_id
        if call_id and self._call_ids.setdefault(index, call_id) != call_id:
            # A server that numbers all its calls 0: the id tells them apart.
            index = next((i for i, known in self._call_ids.items() if known == call_id), max(self._call_ids) + 1)
            self._call_ids[index] = call_id
        if not isinstance(arguments, str):
            arguments = "" if arguments is None else json.dumps(arguments, ensure_ascii=False)
        return ToolCallDelta(index, call_id, text_at(function, "name") or "", arguments)

    def _beginning(self) -> list[Event]:
        """`Started`, once; it waits for the first content, before which a request may still be sent again."""
        if self._start_told or self._started is None:
            return []
        self._start_told = True
        return [self._started]


_REASONS = frozenset(["stop", "length", "model_length", "tool_calls", "error"])
"""The finish_reasons of the API; another one is taken for an error, as nothing says that the answer is complete."""


def _messages(message: Message) -> Iterator[Json]:
    """The message as the API takes it; a tool message once for each of its results."""
    results = [part for part in message.parts if isinstance(part, ToolResult)]
    for result in results:
        yield {"role": "tool", "content": result.text, "tool_call_id": result.call_id, "name": result.name}
    if results:
        return
    item: Json = {"role": str(message.role), "content": _content(message.parts)}
    if calls := [_tool_call(call) for call in message.tool_calls]:
        item["tool_calls"] = calls
    yield item


def _content(parts: tuple[Part, ...]) -> str | list[Json]:
    """A text when there is nothing but text, otherwise a list of chunks."""
    parts = tuple(known for part in _in_words(parts) if (known := _accepted(part)) is not None)
    if all(isinstance(part, Text) for part in parts):
        return "".join(part.text for part in parts if isinstance(part, Text))
    return [part_to_json(part) for part in parts]


def _in_words(parts: tuple[Part, ...]) -> Iterator[Part]:
    """The parts with each file of text as text, which begins a paragraph of its own and ends one."""
    for place, part in enumerate(parts):
        if not isinstance(part, TextFile):
            yield part
            continue
        before = "\n\n" if place else ""
        after = "\n\n" if isinstance(next(iter(parts[place + 1 :]), None), Text) else ""
        yield Text(before + in_words(part) + after)


def _accepted(part: Part) -> Part | None:
    """The part as a chunk of content that the API's schema allows; None when there is none."""
    match part:
        case ToolCall() | ToolResult() | ToolReference():
            return None
        case Image() | Audio():
            return replace(part, name=None)
        case Reference(ids):
            numbers = tuple(number for number in ids if isinstance(number, int))
            return Reference(numbers) if numbers else None
        case Thinking(inner, closed):
            kept = (p if isinstance(p, ToolReference) else _accepted(p) for p in inner)
            return Thinking(tuple(p for p in kept if isinstance(p, Text | Reference | ToolReference)), closed)
    return part


def _tool_call(call: ToolCall) -> Json:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _text_of_whole(body: bytearray) -> str:
    text = body.decode(errors="replace").removeprefix("\ufeff").strip()
    if text.startswith("<"):
        raise ProtocolError(
            "not an API answer (text/html)", "a proxy or a login page may stand in between", "check base_url"
        )
    return text


def _object(data: str) -> object:
    """The JSON of a piece, without lone surrogates. Raises ValueError; RecursionError when it is nested too deep."""
    value: object = json.loads(data)
    if "\\u" in data and _SURROGATE.search(data):
        value = json.loads(repair(json.dumps(value, ensure_ascii=False)))
    return value
