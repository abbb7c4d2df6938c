"""A message of a conversation: a role and its parts.

A part is what the API calls a content chunk, a tool call or a tool result. `to_json` and `from_json` are the one form
in which messages are kept and exported; content chunks have in it the very shape the API gives them
(https://docs.mistral.ai/api/#tag/chat), and beside it the `name` of a file that was sent along, for its reader alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


class Role(StrEnum):
    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class Text:
    """Plain words, as far as the API is concerned; a model writes Markdown."""

    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """Numbers of the sources the text beside it rests on."""

    ids: tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class ToolReference:
    """A source that a built-in tool found."""

    tool: str
    title: str
    url: str | None = None
    favicon: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Thinking:
    """What a reasoning model thought; `closed` is False while the thought goes on."""

    parts: tuple[Text | Reference | ToolReference, ...]
    closed: bool = True

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Text))


@dataclass(frozen=True, slots=True)
class Image:
    """`url` is https or a `data:image/...;base64,` URL; `detail` is low, auto or high."""

    url: str
    detail: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """`url` is https or a `data:application/pdf;base64,` URL."""

    url: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A file that was uploaded before."""

    file_id: str


@dataclass(frozen=True, slots=True)
class Audio:
    """Base64 data or a URL."""

    data: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file of text that was sent along; the API, which has no chunk for it, gets it as text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model asks for a function; `arguments` is JSON text exactly as it came."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What the function called by `call_id` gave."""

    call_id: str
    name: str
    text: str


Attachment = Image | Document | File | Audio | TextFile
Content = Text | Thinking | Attachment | Reference
Part = Content | ToolReference | ToolCall | ToolResult


@dataclass(frozen=True, slots=True)
class Message:
    """What one side said at one time."""

    role: Role
    parts: tuple[Part, ...] = ()

    @classmethod
    def of(cls, role: Role, text: str, attached: Iterable[Attachment] = ()) -> Message:
        """A message of plain text and what is attached to it; an empty text gives no part at all."""
        return cls(role, (*((Text(text),) if text else ()), *attached))

    @property
    def text(self) -> str:
        """The text without thoughts, calls and attachments; of a tool message the result."""
        return "".join(part.text for part in self.parts if isinstance(part, Text | ToolResult))

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        return tuple(part for part in self.parts if isinstance(part, Attachment))

    @property
    def thinking(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Thinking))

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        return tuple(part for part in self.parts if isinstance(part, ToolCall))

    @property
    def references(self) -> tuple[int | str, ...]:
        return tuple(number for part in self.parts if isinstance(part, Reference) for number in part.ids)


def part_to_json(part: Part) -> Json:
    """The part as a JSON object; for content chunks the shape of the API."""
    match part:
        case Text(text):
            return {"type": "text", "text": text}
        case Reference(ids):
            return {"type": "reference", "reference_ids": list(ids)}
        case ToolReference(tool, title):
            optional = {"url": part.url, "favicon": part.favicon, "description": part.description}
            return {"type": "tool_reference", "tool": tool, "title": title, **_given(optional)}
        case Thinking(parts, closed):
            return {"type": "thinking", "thinking": [part_to_json(p) for p in parts], "closed": closed}
        case Image(url, detail, name):
            return {
                "type": "image_url",
                "image_url": {"url": url, **_given({"detail": detail})},
                **_given({"name": name}),
            }
        case Document(url, name):
            return {"type": "document_url", "document_url": url, **_given({"document_name": name})}
        case File(file_id):
            return {"type": "file", "file_id": file_id}
        case Audio(data, name):
            return {"type": "input_audio", "input_audio": data, **_given({"name": name})}
        case TextFile(name, text):
            return {"type": "text_file", "name": name, "text": text}
        case ToolCall(call_id, name, arguments):
            return {"type": "tool_call", "id": call_id, "name": name, "arguments": arguments}
        case ToolResult(call_id, name, text):
            return {"type": "tool_result", "tool_call_id": call_id, "name": name, "text": text}


def part_from_json(data: object) -> Part | None:
    """The part a JSON object stands for, read leniently; None for a type that is not known.

    Raises nothing: a known type with a field missing or of a wrong type is None as well.
    """
    if not isinstance(data, dict):
        return None
    match data:
        case {"type": "text", "text": str(text)}:
            return Text(text)
        case {"type": "reference", "reference_ids": list(ids)}:
            return Reference(tuple(i for i in ids if isinstance(i, int | str)))
        case {"type": "tool_reference", "tool": str(tool), "title": str(title)}:
            url, favicon, description = (text_at(data, key) for key in ("url", "favicon", "description"))
            return ToolReference(tool, title, url, favicon, description)
        case {"type": "thinking", "thinking": list(inner)}:
            parts = (part_from_json(item) for item in inner)
            thought = tuple(p for p in parts if isinstance(p, Text | Reference | ToolReference))
            return Thinking(thought, closed=data.get("closed") is not False)
        case {"type": "thinking", "thinking": str(text)}:
            return Thinking((Text(text),), closed=data.get("closed") is not False)
        case {"type": "image_url", "image_url": {"url": str(url)} as image}:
            return Image(url, text_at(image, "detail"), text_at(data, "name"))
        case {"type": "image_url", "image_url": str(url)}:
            return Image(url, name=text_at(data, "name"))
        case {"type": "document_url", "document_url": str(url)}:
            return Document(url, text_at(data, "document_name"))
        case {"type": "file", "file_id": str(file_id)}:
            return File(file_id)
        case {"type": "input_audio", "input_audio": str(audio)}:
            return Audio(audio, text_at(data, "name"))
        case {"type": "text_file", "name": str(name), "text": str(text)}:
            return TextFile(name, text)
        case {"type": "tool_call", "id": str(call_id), "name": str(name), "arguments": str(arguments)}:
            return ToolCall(call_id, name, arguments)
        case {"type": "tool_result", "tool_call_id": str(call_id), "name": str(name), "text": str(text)}:
            return ToolResult(call_id, name, text)
    return None


def to_json(message: Message) -> Json:
    """The message as it is kept and exported: `{"role": ..., "parts": [...]}`."""
    return {"role": str(message.role), "parts": [part_to_json(part) for part in message.parts]}


def from_json(data: Mapping[str, Any]) -> Message:
    """The inverse of `to_json`; parts of unknown types are left out.

    Raises ValueError when there is no role of the four, or no list of parts.
    """
    role, parts = data.get("role"), data.get("parts")
    if not isinstance(role, str) or not isinstance(parts, list):
        raise ValueError("a message has a role and a list of parts")
    return Message(Role(role), known_parts(parts))


def known_parts(data: Iterable[object]) -> tuple[Part, ...]:
    """The parts among JSON objects that are of a known type."""
    return tuple(part for item in data if (part := part_from_json(item)) is not None)


def merged(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The parts with neighbouring texts joined, and neighbouring thoughts; an open thought goes on in the next."""
    joined: list[Part] = []
    texts: list[str] = []
    for part in parts:
        if isinstance(part, Text):
            if part.text:
                texts.append(part.text)
            continue
        if texts:
            joined.append(Text("".join(texts)))
            texts = []
        if isinstance(part, Thinking) and joined and isinstance(last := joined[-1], Thinking):
            joined[-1] = Thinking(last.parts + part.parts, part.closed)
        else:
            joined.append(part)
    if texts:
        joined.append(Text("".join(texts)))
    return tuple(_with_thought_merged(part) for part in joined)


def _with_thought_merged(part: Part) -> Part:
    if not isinstance(part, Thinking):
        return part
    inner = (p for p in merged(part.parts) if isinstance(p, Text | Reference | ToolReference))
    return Thinking(tuple(inner), part.closed)


def _given(fields: Mapping[str, str | None]) -> Json:
    return {key: value for key, value in fields.items() if value is not None}


def text_at(data: Mapping[Any, Any], key: str) -> str | None:
    """The value of a key of a JSON object when it is text."""
    value = data.get(key)
    return value if isinstance(value, str) else None
