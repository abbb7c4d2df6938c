"""The messages of a session in the tables: they come in, grow while they stream, and get their end.

Every function works inside the transaction of its caller.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace

from mistral_chat.conversation import Conversation, Node
from mistral_chat.errors import UsageError
from mistral_chat.events import FinishReason
from mistral_chat.message import Message, Part, Role, known_parts, merged
from mistral_chat.store.faults import Gone
from mistral_chat.store.listing import question_of
from mistral_chat.store.rows import COLUMNS, dump_parts, key_of, keys_of, node_of, row_of
from mistral_chat.store.schema import ID_BITS, MAX_ID
from mistral_chat.store.search import indexed
from mistral_chat.text import repair


def number_of(db: sqlite3.Connection, session: str) -> int:
    """Raises Gone when there is no such session."""
    number = find(db, session)
    if number is None:
        why = "it was deleted, perhaps in another window"
        raise Gone(f"the session {session} is gone", why, "see mistral-chat --sessions")
    return number


def find(db: sqlite3.Connection, session: str) -> int | None:
    found = db.execute("SELECT number FROM session WHERE id = ?", (session,)).fetchone()
    return int(found[0]) if found else None


def expect(db: sqlite3.Connection, number: int, node: int | None) -> None:
    """Raises Gone when the message is not in the session; None, before all messages, always is."""
    if node is None:
        return
    if not db.execute("SELECT 1 FROM node WHERE key = ?", (key_of(number, node),)).fetchone():
        raise Gone(f"there is no message {node} in the session", hint="read the session again: /resume")


def add(db: sqlite3.Connection, number: int, node: Node) -> int:
    """Saves a message under the next free id, which it gives; the line of the session in lists follows."""
    expect(db, number, node.parent)
    (last,) = db.execute("SELECT max(key) FROM node WHERE key BETWEEN ? AND ?", keys_of(number)).fetchone()
    node = replace(node, id=1 if last is None else (last & MAX_ID) + 1)
    insert(db, number, node)
    question, keys = question_of(node), keys_of(number)
    answers = "SELECT 1 FROM node WHERE key BETWEEN ? AND ? AND role = ? LIMIT 1"
    answered = bool(question) and db.execute(answers, (*keys, str(Role.ASSISTANT))).fetchone() is not None
    db.execute(
        """UPDATE session SET messages = messages + 1, updated = max(updated, :at),
                question = CASE WHEN :question = '' OR (question != '' AND :answered) THEN question ELSE :question END,
                model = CASE WHEN :model = '' THEN model ELSE :model END
            WHERE number = :number""",
        {
            "number": number,
            "at": node.at,
            "question": question,
            "answered": answered,
            "model": repair(node.model),
        },
    )
    return node.id


def add_all(db: sqlite3.Connection, number: int, nodes: Sequence[Node]) -> None:
    """Saves all messages of a session that has none yet, under their own ids.

    One that a wrong clock has put into the future does not keep its session at the top of lists until then.
    """
    for node in nodes:
        insert(db, number, node)
    opening = Conversation(nodes={node.id: node for node in nodes}).opening
    db.execute(
        "UPDATE session SET messages = ?, updated = max(updated, ?), question = ?, model = ? WHERE number = ?",
        (
            len(nodes),
            min(max((node.at for node in nodes), default=0.0), time.time()),
            question_of(opening) if opening else "",
            repair(next((node.model for node in reversed(nodes) if node.model), "")),
            number,
        ),
    )


def covers(db: sqlite3.Connection, number: int, nodes: Mapping[int, Node]) -> bool:
    """Whether these messages are all that a session has, each at least as far as it is there."""
    for row in db.execute(f"SELECT {COLUMNS} FROM node WHERE key BETWEEN ? AND ?", keys_of(number)):
        node, kept = nodes.get(row[0] & MAX_ID), node_of(row)
        if node is None:
            return False
        grew = kept.unfinished and (node.role, node.parent, node.at) == (kept.role, kept.parent, kept.at)
        if tuple(row) != row_of(number, node) and not (grew and node.message.text.startswith(kept.message.text)):
            return False
    return True


def clear(db: sqlite3.Connection, number: int) -> None:
    """Takes all messages out of a session."""
    db.execute("DELETE FROM words WHERE rowid BETWEEN ? AND ?", keys_of(number))
    db.execute("DELETE FROM node WHERE key BETWEEN ? AND ?", keys_of(number))


def insert(db: sqlite3.Connection, number: int, node: Node) -> None:
    row = row_of(number, node)
    db.execute(f"INSERT INTO node ({COLUMNS}) VALUES ({', '.join('?' * len(row))})", row)
    if text := node.message.text:
        db.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (row[0], indexed(repair(text))))


def grow(db: sqlite3.Connection, key: int, writer: str, parts: Sequence[Part]) -> None:
    """Notes that an answer streams from this writer, and what more has arrived of it."""
    db.execute("INSERT OR IGNORE INTO stream VALUES (?, ?)", (key, writer))
    if parts:
        db.execute("INSERT INTO piece (key, parts) VALUES (?, ?)", (key, dump_parts(parts)))


def end(db: sqlite3.Connection, number: int, node: Node) -> None:
    """Puts an answer in the place of what was saved while it streamed."""
    key = key_of(number, node.id)
    for table, column in (("stream", "key"), ("words", "rowid"), ("node", "key")):
        db.execute(f"DELETE FROM {table} WHERE {column} = ?", (key,))
    insert(db, number, node)


def streaming(db: sqlite3.Connection, key: int) -> Node:
    """An answer as far as it has arrived."""
    row = db.execute(f"SELECT {COLUMNS} FROM node WHERE key = ?", (key,)).fetchone()
    pieces = db.execute("SELECT parts FROM piece WHERE key = ? ORDER BY number", (key,))
    arrived = (part for (text,) in pieces for part in known_parts(json.loads(text)))
    node = node_of(row)
    return replace(node, message=Message(node.role, merged((*node.message.parts, *arrived))))


def interrupt(db: sqlite3.Connection, writers: Container[str]) -> None:
    """Ends the answers that stream from these writers."""
    for key, writer in db.execute("SELECT key, writer FROM stream").fetchall():
        if writer in writers:
            end(db, key >> ID_BITS, replace(streaming(db, key), finish_reason=FinishReason.INTERRUPTED))


def load(db: sqlite3.Connection, number: int, dead: Container[str]) -> dict[int, Node]:
    """All messages by id; an answer that streams from a dead writer is an interrupted one."""
    keys = keys_of(number)
    found = db.execute(f"SELECT {COLUMNS} FROM node WHERE key BETWEEN ? AND ? ORDER BY key", keys)
    nodes = {node.id: node for node in map(node_of, found)}
    for key, writer in db.execute("SELECT key, writer FROM stream WHERE key BETWEEN ? AND ?", keys).fetchall():
        reason = FinishReason.INTERRUPTED if writer in dead else None
        nodes[key & MAX_ID] = replace(streaming(db, key), finish_reason=reason)
    return nodes


def check(nodes: Iterable[Node], head: int | None) -> None:
    """Raises UsageError when the ids do not ascend, a parent does not stand before its child, or the head is none."""
    seen: set[int | None] = {None}
    last = 0
    for node in nodes:
        if not last < node.id <= MAX_ID or node.parent not in seen:
            why = f"it stands after {last} and follows {node.parent}"
            raise UsageError(f"message {node.id} is out of order", why, "export the session again")
        last = node.id
        seen.add(last)
    if head not in seen:
        why = "the conversation should go on after it"
        raise UsageError(f"there is no message {head}", why, "export the session again")
