"""A damaged store is set aside whole, and what can be read of it goes into a new one in its place.

Pages that SQLite cannot read are passed over. When it is the first page, which tells where all else lies, the first
page of a new store does as well: the same steps made the same tables in the same places.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from mistral_chat.conversation import Conversation, Node
from mistral_chat.events import FinishReason
from mistral_chat.message import Json, known_parts, merged
from mistral_chat.store import Store, rows
from mistral_chat.store.faults import Damaged
from mistral_chat.store.file import LOCK_WAIT, Identity, connect, identity
from mistral_chat.store.private import make_file
from mistral_chat.store.schema import ID_BITS

_LAST_KEY = (1 << 63) - 1
_PAGE = 4096


def rescue(path: Path, damaged: Identity) -> str:
    """Does it, and gives the sentence that tells of it; `damaged` is the identity of the file found to be so.

    When another process was quicker there is nothing to do and to tell. Raises OSError and sqlite3.Error.
    """
    with _alone(path):
        if identity(path) != damaged:
            return ""
        new = path.with_name(f"{path.name}.new")
        saved = 0
        _remove(new)
        with closing(Store(new)) as store:
            for conversation, settings in _salvage(path, new):
                store.save(conversation, settings)
                saved += len(conversation.nodes)
        aside = _set_aside(path)
        os.replace(new, path)
        _remove(new)
    return f"the saved sessions were damaged: {saved} messages could be read, the damaged file is {aside}"


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time; the lock is the system's and ends with the process."""
    lock = path.with_name(f"{path.name}.rescue")
    make_file(lock)
    with closing(sqlite3.connect(lock, timeout=LOCK_WAIT, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = MEMORY")
        db.execute("BEGIN EXCLUSIVE")
        yield
    lock.unlink(missing_ok=True)


def _set_aside(path: Path) -> Path:
    """A second name for the damaged file; its journal must not be found beside the new one, so it moves along."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    aside, count = path.with_name(f"{path.name}.corrupt-{stamp}"), 1
    while aside.exists():
        count += 1
        aside = path.with_name(f"{path.name}.corrupt-{stamp}-{count}")
    try:
        os.link(path, aside)
    except OSError:  # a file system without links
        make_file(aside)
        shutil.copyfile(path, aside)
    with suppress(FileNotFoundError):
        os.replace(_journal(path), _journal(aside))
    return aside


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    _journal(path).unlink(missing_ok=True)


def _journal(path: Path) -> Path:
    return path.with_name(f"{path.name}-journal")


def _salvage(path: Path, new: Path) -> Iterator[tuple[Conversation, Json]]:
    with closing(connect(path)) as db:
        try:
            db.execute("SELECT key FROM node LIMIT 0")
        except sqlite3.DatabaseError:
            pass
        else:
            yield from _conversations(db)
            return
    patched = path.with_name(f"{path.name}.patched")
    _remove(patched)
    make_file(patched)
    try:
        _copy_with_first_page(path, new, patched)
        with closing(connect(patched)) as db, suppress(sqlite3.DatabaseError):
            yield from _conversations(db)
    finally:
        _remove(patched)


def _copy_with_first_page(path: Path, new: Path, patched: Path) -> None:
    """The damaged file with the first page of a new store (https://sqlite.org/fileformat2.html, section 1.3)."""
    shutil.copyfile(path, patched)
    with new.open("rb") as file:
        page = bytearray(file.read(_PAGE))
    page[28:32] = (path.stat().st_size // _PAGE).to_bytes(4, "big")  # pages in the file
    page[32:40] = bytes(8)  # no free pages
    with patched.open("r+b") as file:
        file.write(page)


def _conversations(db: sqlite3.Connection) -> Iterator[tuple[Conversation, Json]]:
    db.text_factory = lambda text: text.decode("utf-8", "replace")
    sessions = _sessions(db)
    number = 0
    nodes: list[Node] = []
    for row in _read(db, f"SELECT {rows.COLUMNS} FROM node"):
        if row[0] >> ID_BITS != number:
            if nodes:
                yield _conversation(sessions.get(number), nodes)
            number, nodes = row[0] >> ID_BITS, []
        if node := _node(db, row):
            nodes.append(node)
    if nodes:
        yield _conversation(sessions.get(number), nodes)


def _sessions(db: sqlite3.Connection) -> dict[int, rows.Row]:
    """Id, title, head and settings of the sessions; where only the index can be read, the id alone."""
    found: dict[int, rows.Row] = {}
    with suppress(sqlite3.DatabaseError):
        for number, session in db.execute("SELECT number, id FROM session ORDER BY id"):
            found[number] = (session, "", None, "{}")
    for number, *session in _read(db, "SELECT number, id, title, head, settings FROM session", "number"):
        found[number] = session
    return found


def _read(db: sqlite3.Connection, select: str, key: str = "key") -> Iterator[rows.Row]:
    """The rows by their key, which stands first, without those that cannot be read."""
    sql = f"{select} WHERE {key} >= ? ORDER BY {key}"
    low = 0
    while low <= _LAST_KEY:
        try:
            for row in db.execute(sql, (low,)):
                yield row
                low = row[0] + 1
            return
        except sqlite3.DatabaseError:
            low = _next_readable(db, f"{sql} LIMIT 1", low)


def _next_readable(db: sqlite3.Connection, sql: str, broken: int) -> int:
    """The least key from which on a row can be read, when it cannot be read from `broken` on."""

    def reads(low: int) -> bool:
        try:
            db.execute(sql, (low,)).fetchall()
        except sqlite3.DatabaseError:
            return False
        return True

    step = 1
    while broken + step <= _LAST_KEY and not reads(broken + step):
        step *= 2
    low, high = broken + step // 2, min(broken + step, _LAST_KEY + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reads(middle) else (middle, high)
    return high


def _node(db: sqlite3.Connection, row: rows.Row) -> Node | None:
    """The message of a row, at least its text, with what had arrived of it when it was streaming."""
    key, parent, role, at, *_, text, _ = row
    try:
        node = rows.node_of(row)
    except Damaged:
        try:
            node = rows.node_of((key, parent, role, at, None, "", None, None, None, None, text, None))
        except Damaged:
            return None
    if not (isinstance(text, str) and isinstance(at, float) and isinstance(parent, int | None)):
        return None
    with suppress(sqlite3.DatabaseError, ValueError):
        pieces = db.execute("SELECT parts FROM piece WHERE key = ? ORDER BY number", (key,)).fetchall()
        arrived = [part for (parts,) in pieces for part in known_parts(json.loads(parts))]
        if arrived:
            said = replace(node.message, parts=merged((*node.message.parts, *arrived)))
            node = replace(node, message=said, finish_reason=FinishReason.INTERRUPTED)
    return node


def _conversation(session: rows.Row | None, nodes: list[Node]) -> tuple[Conversation, Json]:
    """The session of these messages; one whose parent is lost follows the message that stood before it."""
    there: dict[int, Node] = {}
    last = None
    for node in nodes:
        there[node.id] = node if node.parent is None or node.parent in there else replace(node, parent=last)
        last = node.id
    name, title, head, settings = session or ("", "", None, "{}")
    try:
        kept = json.loads(settings)
    except (TypeError, ValueError):
        kept = {}
    return Conversation(str(name), str(title), there, head if head in there else last), kept
