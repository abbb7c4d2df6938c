"""The conversations in `logs.db` of llm (https://llm.datasette.io), which has kept them in two ways.

In the older, a row of `responses` is a question with its answer, and `conversations` joins them. In the newer, a row of
`messages` is a message, under a hash that covers the one before it; `threads` point at the last of each conversation,
and `turns` tell which model answered. Both are read, since old rows stay where they are; a conversation that went on in
the newer way stands there whole, under the same id. One with a row that makes no sense is left out. The file is opened
read-only.
"""

from __future__ import annotations

import json
import sqlite3
from base64 import b64encode
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from mistral_chat.conversation import Conversation, Node
from mistral_chat.errors import UsageError
from mistral_chat.events import FinishReason, Usage
from mistral_chat.exchange.session import Session, derived_id
from mistral_chat.message import Document, Image, Message, Part, Role, Text, Thinking, ToolCall, ToolResult

_Row = Mapping[str, Any]
_Said = tuple[Sequence[Node], str, int | None]
"""The messages of a conversation, its system prompt, and the message it goes on after."""

_NO_SENSE = (ValueError, LookupError, TypeError, AttributeError, OverflowError)
_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT, "tool": Role.TOOL}


def read(path: Path) -> list[Session]:
    """The sessions of a log, without messages those that make no sense.

    Raises UsageError when none makes sense, or the file is damaged or of another program.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.text_factory = lambda text: text.decode("utf-8", "replace")
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA trusted_schema = OFF")
            log = _Log(connection)
            if not log.tables & {"responses", "turns"}:
                why = f"its tables: {', '.join(sorted(log.tables))}"
                raise UsageError("this database is not a log of llm", why, "name the file that `llm logs path` tells")
            sessions = {session.conversation.id: session for session in log.conversations()}
            for session in log.threads():
                before = sessions.get(session.conversation.id)
                if before is None or len(before.conversation.nodes) <= len(session.conversation.nodes):
                    sessions[session.conversation.id] = session
    except (sqlite3.Error, *_NO_SENSE) as error:
        why = f"{type(error).__name__}: {error}"
        raise UsageError("this log of llm cannot be read", why, "see whether llm can: llm logs") from None
    if sessions and all(session.unread for session in sessions.values()):
        why = "none of its conversations makes sense"
        raise UsageError("this log of llm cannot be read", why, "see whether llm can: llm logs")
    return list(sessions.values())


class _Log:
    """A log, open."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.tables = {row["name"] for row in self._rows("SELECT name FROM sqlite_master WHERE type = 'table'")}

    def conversations(self) -> Iterator[Session]:
        """What is kept in the older way."""
        if "responses" not in self.tables:
            return
        names = {row["id"]: row["name"] for row in self._all("conversations")}
        talks: dict[str, list[_Row]] = {}
        for row in self._rows("SELECT * FROM responses ORDER BY datetime_utc, id"):
            talks.setdefault(row["conversation_id"] or row["id"], []).append(row)
        calls, results = self._by("tool_calls", "response_id"), self._by("tool_results", "response_id")
        attached = self._attached()
        fragments = self._fragments("prompt_fragments")
        orders = self._fragments("system_fragments")

        def said(rows: Sequence[_Row]) -> _Said:
            nodes: list[Node] = []
            system = ""
            for row in rows:
                key = row["id"]
                system = _joined([*orders.get(key, ()), row["system"]]) or system
                prompt = _said(_joined([*fragments.get(key, ()), row["prompt"]]))
                asked = (*prompt, *map(_attachment, attached.get(key, ())))
                answer = (*_thought(row.get("reasoning")), *_said(row["response"]), *map(_call, calls.get(key, ())))
                messages = [Message(Role.TOOL, (_result(result),)) for result in results.get(key, ())]
                messages += [Message(Role.USER, asked)] if asked else []
                for message in (*messages, Message(Role.ASSISTANT, answer)):
                    nodes.append(_node(len(nodes) + 1, len(nodes) or None, message, row))
            return nodes, system, len(nodes) or None

        for talk, rows in talks.items():
            yield _session(talk, names.get(talk), partial(said, rows), len(rows))

    def threads(self) -> Iterator[Session]:
        """What is kept in the newer way."""
        if "turns" not in self.tables:
            return
        messages = {row["hash"]: row for row in self._all("messages")}
        attachments = {row["id"]: row for row in self._all("attachments")}
        fragments = {row["id"]: row["content"] for row in self._all("fragments")}
        parts = self._by("parts", "message_hash", "position")
        turns = self._by("turns", "thread_id", "datetime_utc, id")

        def said(thread: _Row) -> _Said:
            nodes: list[Node] = []
            system = ""
            numbers: dict[str | None, int | None] = {}  # of a message, or of the one before it that is in the tree
            for turn in turns.get(thread["id"], ()):
                for key in _chain(messages, turn["tip_message_hash"], numbers):
                    parent, role = numbers.get(messages[key]["parent_hash"]), messages[key]["role"]
                    content = (part for row in parts.get(key, ()) for part in _part(row, fragments, attachments))
                    message = Message(_ROLES.get(role, Role.SYSTEM), tuple(content))
                    numbers[key] = parent
                    if message.role is Role.SYSTEM:
                        system = message.text or system
                    else:
                        nodes.append(_node(len(nodes) + 1, parent, message, turn))
                        numbers[key] = nodes[-1].id
            return nodes, system, numbers.get(thread["tip_message_hash"]) or len(nodes) or None

        for thread in self._rows("SELECT * FROM threads ORDER BY datetime_utc, id"):
            yield _session(thread["id"], thread["name"], partial(said, thread), len(turns.get(thread["id"], ())))

    # ---- tables

    def _rows(self, query: str) -> Iterator[_Row]:
        return (dict(row) for row in self._connection.execute(query))

    def _all(self, table: str) -> Iterator[_Row]:
        return self._rows(f"SELECT * FROM {table}") if table in self.tables else iter(())

    def _by(self, table: str, column: str, order: str = "id") -> dict[str, list[_Row]]:
        """The rows of a table, by the value of a column; none where the table is not there."""
        found: dict[str, list[_Row]] = {}
        if table in self.tables:
            for row in self._rows(f"SELECT * FROM {table} ORDER BY {order}"):
                found.setdefault(row[column], []).append(row)
        return found

    def _attached(self) -> dict[str, list[_Row]]:
        attachments = {row["id"]: row for row in self._all("attachments")}
        return {
            key: [attachments[row["attachment_id"]] for row in rows if row["attachment_id"] in attachments]
            for key, rows in self._by("prompt_attachments", "response_id", '"order"').items()
        }

    def _fragments(self, table: str) -> dict[str, list[str]]:
        fragments = {row["id"]: row["content"] for row in self._all("fragments")}
        return {
            key: [fragments.get(row["fragment_id"]) or "" for row in rows]
            for key, rows in self._by(table, "response_id", '"order"').items()
        }


def _session(key: object, name: object, read: Callable[[], _Said], rows: int) -> Session:
    """A conversation that is kept in so many rows; without messages when one of them makes no sense."""
    identity = derived_id("llm", str(key))
    try:
        nodes, system, head = read()
        conversation = Conversation(identity, _text(name), {node.id: node for node in nodes}, head)
    except _NO_SENSE:
        return Session(Conversation(identity), unread=max(1, rows))
    return Session(conversation, {"system": system} if system else {})


def _node(number: int, parent: int | None, message: Message, row: _Row) -> Node:
    """A message in its place; `row` is the response or the turn that it belongs to."""
    node = Node(number, parent, message, _time(row["datetime_utc"]))
    if message.role is not Role.ASSISTANT:
        return node
    # The first versions had no columns for tokens.
    prompt, completion = row.get("input_tokens"), row.get("output_tokens")
    model = _text(row.get("resolved_model") or row["model"])
    options = json.loads(row["options_json"] or "{}")
    return replace(
        node,
        finish_reason=FinishReason.TOOL_CALLS if message.tool_calls else FinishReason.STOP,
        model=model,
        usage=Usage(prompt, completion) if isinstance(prompt, int) and isinstance(completion, int) else None,
        seconds=row["duration_ms"] / 1000 if row["duration_ms"] is not None else None,
        settings={"model": model, **(options if isinstance(options, dict) else {})},
    )


def _chain(messages: Mapping[str, _Row], tip: str | None, known: Container[str | None]) -> list[str]:
    """The messages that lead to this one, the first first, without those that are known and all before them."""
    chain: dict[str, None] = {}
    while tip is not None and tip in messages and tip not in known and tip not in chain:
        chain[tip] = None
        tip = messages[tip]["parent_hash"]
    return list(reversed(chain))


def _part(row: _Row, fragments: Mapping[int, str], attachments: Mapping[str, _Row]) -> Iterator[Part]:
    """What a row of `parts` stands for, its references to fragments and attachments followed."""
    more = json.loads(row["payload"] or "{}")
    pieces = more.get("text_ref") or ()
    text = row["text"] or "".join(piece.get("literal") or fragments.get(piece.get("fragment"), "") for piece in pieces)
    match row["type"]:
        case "text":
            yield from _said(text)
        case "reasoning":
            yield from _thought(text)
        case "tool_call":
            yield _call(more)
        case "tool_result":
            yield _result(more)
        case "attachment":
            found = attachments.get(str((more.get("attachment") or {}).get("id")))
            yield _attachment(found) if found else Text("[attachment]")


def _joined(texts: Iterable[str | None]) -> str:
    return "\n".join(filter(None, texts))


def _text(value: object) -> str:
    """Raises TypeError for what is neither a text nor nothing."""
    if not isinstance(value, str | None):
        raise TypeError(f"{type(value).__name__} in the place of a text")
    return value or ""


def _said(text: object) -> tuple[Part, ...]:
    return (Text(_text(text)),) if text else ()


def _thought(text: object) -> tuple[Part, ...]:
    return (Thinking((Text(_text(text)),)),) if text else ()


def _call(row: _Row) -> ToolCall:
    return ToolCall(str(row.get("tool_call_id") or ""), _text(row["name"]), _told(row["arguments"]))


def _result(row: _Row) -> ToolResult:
    return ToolResult(str(row.get("tool_call_id") or ""), _text(row["name"]), _told(row["output"]))


def _told(value: object) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _attachment(row: _Row) -> Part:
    """An image or document as a URL, when it is in the log or on the web; of a file only its name."""
    kind, url, content = row["type"] or "", row["url"], row["content"]
    if content:
        url = f"data:{kind};base64,{b64encode(content).decode()}"
    if url and kind.startswith("image/"):
        return Image(url)
    if url and kind == "application/pdf":
        return Document(url)
    return Text(f"[attachment: {row['path'] or url or kind}]")


def _time(text: str | None) -> float:
    """Unix time of an ISO time, which is UTC where it does not say."""
    time = datetime.fromisoformat(text) if text else datetime.fromtimestamp(0, UTC)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
