"""A session as JSON with all there is to it, and back: what is read is what was written.

    {"format": "mistral-chat", "version": 1, "id": ..., "title": ..., "head": 4, "settings": {...}, "messages": [
        {"id": 4, "parent": 3, "role": "assistant", "parts": [...], "at": 1790000000.0, "finish_reason": "stop",
         "model": ..., "usage": {...}, "first": 0.31, "seconds": 2.4, "settings": {...}}]}

Parts are told in `message`. Times are Unix time and seconds; what a message does not have is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mistral_chat.conversation import Conversation, Node
from mistral_chat.errors import UsageError
from mistral_chat.events import FinishReason, Usage
from mistral_chat.exchange.session import LATEST, Session
from mistral_chat.message import Json, from_json, to_json

FORMAT = "mistral-chat"
VERSION = 1
_CHANGED = "it is not as it was exported"
_AGAIN = "export the session again"


def write(session: Session) -> str:
    """The text of the file."""
    conversation = session.conversation
    whole = {
        "format": FORMAT,
        "version": VERSION,
        "id": conversation.id,
        "title": conversation.title,
        "head": conversation.head,
        "settings": session.settings,
        "messages": [_node_to_json(node) for node in conversation.nodes.values()],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def read(data: Mapping[str, Any]) -> Session:
    """The session of a file, parsed. Raises UsageError that names what is wrong."""
    version = data.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise UsageError(
            f"version {version} of the format is not known", f"this program knows {VERSION}", "update mistral-chat"
        )
    messages, settings, head = data.get("messages"), data.get("settings", {}), data.get("head")
    if not isinstance(messages, list) or not isinstance(settings, dict):
        raise UsageError("it has no messages, or no settings", _CHANGED, _AGAIN)
    nodes: dict[int, Node] = {}
    for number, message in enumerate(messages, 1):
        try:
            node = _node_from_json(message)
            if node.id in nodes or not (node.parent is None or node.parent in nodes):
                raise ValueError(f"it has the id {node.id} and follows {node.parent}")
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            why = f"{type(error).__name__}: {error}"
            raise UsageError(f"message {number} makes no sense", why, _AGAIN) from None
        nodes[node.id] = node
    if not (head is None or (isinstance(head, int) and head in nodes)):
        raise UsageError(f"there is no message {head} to go on from", _CHANGED, 'give "head" the id of a message')
    return Session(Conversation(_text(data, "id"), _text(data, "title"), nodes, head), settings)


def _node_to_json(node: Node) -> Json:
    optional = {
        "finish_reason": node.finish_reason and str(node.finish_reason),
        "model": node.model or None,
        "usage": node.usage and node.usage.to_json(),
        "first": node.first,
        "seconds": node.seconds,
        "settings": node.settings or None,
    }
    there = {key: value for key, value in optional.items() if value is not None}
    return {"id": node.id, "parent": node.parent, **to_json(node.message), "at": node.at, **there}


def _node_from_json(data: Json) -> Node:
    """Raises KeyError, TypeError, ValueError or AttributeError for what is no message."""
    number, parent, at = data["id"], data.get("parent"), float(data["at"])
    reason, settings = data.get("finish_reason"), data.get("settings", {})
    if type(number) is not int or (parent is not None and type(parent) is not int) or not isinstance(settings, dict):
        raise TypeError("its id or parent is no whole number, or its settings are none")
    if not 0 <= at <= LATEST:
        raise ValueError(f"{at} is no time")
    return Node(
        number,
        parent,
        from_json(data),
        at,
        FinishReason(reason) if reason else None,
        _text(data, "model"),
        Usage.from_json(data.get("usage")),
        _seconds(data.get("first")),
        _seconds(data.get("seconds")),
        settings,
    )


def _seconds(value: Any) -> float | None:
    return None if value is None else float(value)


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key, "")
    if not isinstance(value, str):
        raise UsageError(f"{key} is no text", _CHANGED, _AGAIN)
    return value
