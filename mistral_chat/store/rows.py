"""A message of the tree as a row of the store, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from mistral_chat.conversation import Node
from mistral_chat.events import FinishReason, Usage
from mistral_chat.message import Json, Message, Part, Role, Text, known_parts, part_to_json
from mistral_chat.store.faults import Damaged
from mistral_chat.store.schema import ID_BITS, MAX_ID
from mistral_chat.text import repair

Row = Sequence[Any]

COLUMNS = "key, parent, role, at, finish_reason, model, usage, first, seconds, settings, text, parts"

_ROLES = {str(role): role for role in Role}
_REASONS = {str(reason): reason for reason in FinishReason}


def row_of(number: int, node: Node) -> Row:
    """The values of `COLUMNS` for a message of the session with this number."""
    return (
        key_of(number, node.id),
        node.parent,
        str(node.message.role),
        node.at,
        node.finish_reason and str(node.finish_reason),
        repair(node.model),
        node.usage and json.dumps((node.usage.prompt, node.usage.completion, node.usage.cached)),
        node.first,
        node.seconds,
        dump(node.settings) if node.settings else None,
        repair(node.message.text),
        _parts(node.message),
    )


def node_of(row: Row) -> Node:
    """The inverse of `row_of`. Raises Damaged when the row makes no sense."""
    key, parent, role, at, reason, model, usage, first, seconds, settings, text, parts = row
    try:
        said = known_parts(json.loads(parts)) if parts else (Text(text),) if text else ()
        return Node(
            key & MAX_ID,
            parent,
            Message(_ROLES[role], said),
            at,
            _REASONS[reason] if reason else None,
            model,
            Usage(*json.loads(usage)) if usage else None,
            first,
            seconds,
            _settings(settings) if settings else {},
        )
    except (LookupError, TypeError, ValueError) as error:
        raise Damaged(f"message {key}: {error}") from error


@lru_cache(maxsize=16)
def _settings(text: str) -> Json:
    """Most answers of a session were asked with the same settings; they share one value, which nobody changes."""
    return dict(json.loads(text))


def key_of(number: int, node: int) -> int:
    return number << ID_BITS | node


def keys_of(number: int) -> tuple[int, int]:
    """The first and the last key that a message of a session can have."""
    return key_of(number, 0), key_of(number, MAX_ID)


def dump(value: Json | list[Json]) -> str:
    return repair(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def dump_parts(parts: Iterable[Part]) -> str:
    return dump([part_to_json(part) for part in parts])


def _parts(message: Message) -> str | None:
    """All parts, where they are more than the plain text of most messages."""
    return None if message == Message.of(message.role, message.text) else dump_parts(message.parts)
