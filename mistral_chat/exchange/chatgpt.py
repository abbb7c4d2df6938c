"""A conversation as ChatGPT exports it, made into ours, with its branches.

Each conversation has a `mapping` of ids to nodes, each with `parent`, `children` and a `message` that may be null; and
`current_node`, the end of the branch last looked at. OpenAI does not document this; what is read here is what exports
hold. Left out is what ChatGPT does not show either: system messages, hidden ones, empty ones. What they hung between is
joined. Thoughts, which are messages of their own there, go into the answer after them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from heapq import heappop, heappush
from typing import Any

from mistral_chat.conversation import Conversation, Node
from mistral_chat.events import FinishReason
from mistral_chat.exchange.session import LATEST, Session, derived_id
from mistral_chat.message import Message, Part, Role, Text, Thinking, ToolCall, ToolResult, text_at

_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT, "tool": Role.TOOL}
_HIDDEN = ("user_editable_context", "model_editable_context", "reasoning_recap")
_ENDS = {"stop": FinishReason.STOP, "max_tokens": FinishReason.LENGTH, "interrupted": FinishReason.INTERRUPTED}

_Json = Mapping[str, Any]


def is_conversation(data: object) -> bool:
    return isinstance(data, dict) and isinstance(data.get("mapping"), dict)


def read(data: _Json) -> Session:
    """The session for what `is_conversation` has agreed to; without messages when nothing in it can be read."""
    began = _time(data.get("create_time"))
    identity = data.get("conversation_id") or data.get("id") or json.dumps(data["mapping"], sort_keys=True)
    tree = _Tree(data["mapping"], began)
    nodes = {node.id: node for node in tree.nodes()}
    head = tree.place(data.get("current_node")) or max(nodes, default=None)
    conversation = Conversation(derived_id("chatgpt", str(identity)), text_at(data, "title") or "", nodes, head)
    return Session(conversation, unread=tree.unreached())


@dataclass(frozen=True, slots=True)
class _Under:
    """What a message comes under: the message before it that is shown, when that was said, and thoughts on the way."""

    parent: int | None
    at: float
    thoughts: tuple[Part, ...] = ()


class _Tree:
    """Numbers the messages that are shown in the order in which they were said, each after the one it follows."""

    def __init__(self, mapping: _Json, began: float) -> None:
        self._mapping = {key: value for key, value in mapping.items() if isinstance(value, dict)}
        self._began = began
        self._children: dict[str | None, list[str]] = {}
        for key, value in self._mapping.items():
            parent = str(value.get("parent"))
            self._children.setdefault(parent if parent in self._mapping else None, []).append(key)
        self._numbers: dict[str, int | None] = {}
        self._calls: dict[int, ToolCall] = {}

    def nodes(self) -> Iterator[Node]:
        waiting: list[tuple[float, int, str, _Under]] = []
        order = 0
        following = [(key, _Under(None, self._began)) for key in self._children.get(None, ())]
        last = 0
        while following or waiting:
            for key, under in following:
                order += 1
                heappush(waiting, (max(under.at, self._at(key)), order, key, under))
            at, _, key, under = heappop(waiting)
            node, below = self._read(key, under, at, last + 1)
            if node is not None:
                last = node.id
                yield node
            self._numbers[key] = below.parent
            following = [(child, below) for child in self._children.get(key, ())]

    def place(self, key: object) -> int | None:
        """The number of the message that a key means, or of the last shown before it."""
        return self._numbers.get(key) if isinstance(key, str) else None

    def unreached(self) -> int:
        """After `nodes`: how many messages were not among them, since they follow one another in a ring."""
        left = (self._mapping[key].get("message") for key in self._mapping.keys() - self._numbers.keys())
        shown = (message for message in left if isinstance(message, dict) and not _is_hidden(message))
        return sum(bool(_text(message).strip()) for message in shown)

    def _at(self, key: str) -> float:
        message = self._mapping[key].get("message")
        return _time(message.get("create_time")) if isinstance(message, dict) else 0.0

    def _read(self, key: str, under: _Under, at: float, number: int) -> tuple[Node | None, _Under]:
        """The message if it is shown, and what follows it comes under."""
        message = self._mapping[key].get("message")
        if not isinstance(message, dict) or _is_hidden(message):
            return None, _Under(under.parent, at, under.thoughts)
        role = _ROLES[message["author"]["role"]]
        thoughts = under.thoughts + _thoughts(message)
        text = _text(message)
        if not text.strip() and not (thoughts and not self._is_answered(key)):
            return None, _Under(under.parent, at, thoughts)
        said = self._said(role, message, text, under.parent)
        if isinstance(said, ToolCall):
            self._calls[number] = said
        parts = (*(thoughts if role is Role.ASSISTANT else ()), *((said,) if text.strip() else ()))
        metadata = _object(message, "metadata")
        node = Node(
            number,
            under.parent,
            Message(role, parts),
            at,
            _finish_reason(message) if role is Role.ASSISTANT else None,
            str(metadata.get("model_slug") or "") if role is Role.ASSISTANT else "",
        )
        return node, _Under(number, at, () if role is Role.ASSISTANT else thoughts)

    def _is_answered(self, key: str) -> bool:
        """Whether the model went on after this message of its own."""
        following = (self._mapping[child].get("message") for child in self._children.get(key, ()))
        authors = (_object(message, "author") for message in following if isinstance(message, dict))
        return any(author.get("role") in ("assistant", "tool") for author in authors)

    def _said(self, role: Role, message: _Json, text: str, parent: int | None) -> Part:
        """Plain text, or what is said to a tool and by it."""
        if role is Role.TOOL:
            call = self._calls.get(parent or 0)
            name = str(message["author"].get("name") or "tool")
            return ToolResult(call.id if call else _call_id(message), name, text)
        if role is Role.ASSISTANT and _is_call(message):
            return ToolCall(_call_id(message), str(message["recipient"]), _arguments(text))
        return Text(text)


def _is_hidden(message: _Json) -> bool:
    author, content = _object(message, "author"), _object(message, "content")
    hidden = _object(message, "metadata").get("is_visually_hidden_from_conversation")
    return str(author.get("role")) not in _ROLES or hidden is True or content.get("content_type") in _HIDDEN


def _is_call(message: _Json) -> bool:
    return message.get("recipient") not in (None, "", "all")


def _text(message: _Json) -> str:
    """What a message says; of what is no text, only what it is."""
    content = _object(message, "content")
    kind = content.get("content_type")
    if kind == "code" and not _is_call(message):
        language = content.get("language")
        language = "" if language in (None, "unknown") else str(language)
        return f"```{language}\n{content.get('text') or ''}\n```"
    if kind == "tether_quote":
        said = [content.get("title"), content.get("url"), content.get("text")]
    elif isinstance(content.get("parts"), list):
        said = [_part(part) for part in content["parts"]]
    else:
        said = [content.get("text") or content.get("result")]
    text = "\n\n".join(part for part in said if isinstance(part, str) and part)
    attached = _object(message, "metadata").get("attachments")
    names = [file["name"] for file in attached if _names(file)] if isinstance(attached, list) else []
    return "\n\n".join([text, *(f"[file: {name}]" for name in names)]).strip("\n") if names else _cited(message, text)


def _part(part: object) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        return ""
    if isinstance(part.get("text"), str):
        return str(part["text"])
    kind = str(part.get("content_type") or "part").removesuffix("_asset_pointer").replace("_", " ")
    return f"[{kind}]"


def _cited(message: _Json, text: str) -> str:
    """The text with its marks of sources, which are made of private characters, as links."""
    references = _object(message, "metadata").get("content_references")
    for reference in references if isinstance(references, list) else ():
        mark = reference.get("matched_text") if isinstance(reference, dict) else None
        if isinstance(mark, str) and mark.startswith("\ue200"):
            text = text.replace(mark, str(reference.get("alt") or ""))
    return text


def _thoughts(message: _Json) -> tuple[Part, ...]:
    thoughts = _object(message, "content").get("thoughts")
    said = [thought for thought in thoughts if isinstance(thought, dict)] if isinstance(thoughts, list) else []
    text = "\n\n".join(str(thought.get("content") or thought.get("summary") or "") for thought in said).strip()
    return (Thinking((Text(text),)),) if text else ()


def _finish_reason(message: _Json) -> FinishReason:
    if _is_call(message):
        return FinishReason.TOOL_CALLS
    if message.get("status") == "in_progress":
        return FinishReason.INTERRUPTED
    kind = _object(_object(message, "metadata"), "finish_details").get("type")
    return _ENDS.get(str(kind), FinishReason.STOP)


def _arguments(text: str) -> str:
    """What a tool is told, as JSON."""
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    return text if isinstance(told, dict) else json.dumps({"input": text}, ensure_ascii=False)


def _call_id(message: _Json) -> str:
    return sha256(str(message.get("id")).encode()).hexdigest()[:9]


def _names(file: object) -> bool:
    return isinstance(file, dict) and isinstance(file.get("name"), str)


def _object(data: _Json, key: str) -> _Json:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _time(value: object) -> float:
    return float(value) if isinstance(value, int | float) and 0 <= value <= LATEST else 0.0
