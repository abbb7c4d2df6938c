"""A damaged store is set aside whole, and what can be read of it goes into a new one in its place.

The rows of a table lie on leaf pages; the pages above only lead to them. To read what is left whatever is damaged, each
leaf is put by itself where a table begins, in a copy of the file that has the first page of a new store, and SQLite
reads a table of one page (https://sqlite.org/fileformat2.html, section 1.6). What does not look like a message or a
session is none. Deleted rows do not come back: a store overwrites them with zeros.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO

from mistral_chat.conversation import Conversation, Node
from mistral_chat.events import FinishReason
from mistral_chat.message import Json, Message, Part, known_parts, merged
from mistral_chat.private import make_file
from mistral_chat.store import Store, rows
from mistral_chat.store.faults import Damaged, is_damage
from mistral_chat.store.file import Identity, connect, identity
from mistral_chat.store.schema import ID_BITS
from mistral_chat.store.waiting import LOCK_WAIT, patiently

_PAGE = 4096
_LEAF = 13
"""The first byte of a page with rows of a table."""


def rescue(path: Path, damaged: Identity) -> str:
    """Does it, and gives the sentence that tells of it; `damaged` is the identity of the file found to be so.

    When another process was quicker there is nothing to do and to tell. Raises OSError and sqlite3.Error.
    """
    # The file is closed last: closing it gives up the locks (https://sqlite.org/howtocorrupt.html, section 2.2).
    with _alone(path), path.open("rb") as file, closing(connect(path)) as db:
        if identity(path) != damaged:
            return ""
        ids = _lock(db)
        new = path.with_name(f"{path.name}.new")
        saved = 0
        _remove(new)
        with closing(Store(new)) as store:
            for conversation, settings in _salvage(path, file, ids, new):
                store.save(conversation, settings)
                saved += len(conversation.nodes)
        aside = _set_aside(path, file)
        if sys.platform == "win32":  # where no open file can be replaced
            db.close()
            file.close()
        os.replace(new, path)
        _remove(new)
    return f"the saved sessions were damaged: {saved} messages could be read, the damaged file is {aside}"


def _lock(db: sqlite3.Connection) -> dict[int, str]:
    """Keeps others from writing, if that is possible; gives the ids of the sessions, if the index of them is whole."""
    try:
        patiently(db, "BEGIN IMMEDIATE")  # this also takes back a transaction that broke off
        return dict(db.execute("SELECT number, id FROM session ORDER BY id"))
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
    return {}


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


def _set_aside(path: Path, file: BinaryIO) -> Path:
    """A second name for the damaged file."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    aside, count = path.with_name(f"{path.name}.corrupt-{stamp}"), 1
    while aside.exists():
        count += 1
        aside = path.with_name(f"{path.name}.corrupt-{stamp}-{count}")
    try:
        os.link(path, aside)
    except OSError:  # a file system without links
        make_file(aside)
        file.seek(0)
        with aside.open("wb") as copy:
            shutil.copyfileobj(file, copy)
    return aside


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_name(f"{path.name}-journal").unlink(missing_ok=True)


def _salvage(path: Path, file: BinaryIO, ids: dict[int, str], new: Path) -> Iterator[tuple[Conversation, Json]]:
    """The sessions, with the messages that can be read; `new` is an empty store of today."""
    found = _Found(ids)
    scratch = path.with_name(f"{path.name}.scratch")
    _remove(scratch)
    make_file(scratch)
    try:
        roots = _with_first_page_of(new, file, scratch)
        file.seek(0)
        for page in iter(lambda: file.read(_PAGE), b""):
            if page[0] == _LEAF:
                _put(page, scratch, roots)
                found.read(scratch)
    finally:
        _remove(scratch)
    yield from found.conversations()


def _with_first_page_of(new: Path, damaged: BinaryIO, scratch: Path) -> list[int]:
    """Makes the copy; gives the numbers of the pages on which its tables begin."""
    with scratch.open("wb") as copy:
        shutil.copyfileobj(damaged, copy)
    page = bytearray(new.read_bytes()[:_PAGE])
    page[28:32] = (scratch.stat().st_size // _PAGE).to_bytes(4, "big")  # the pages of the file
    with scratch.open("r+b") as copy:
        copy.write(page)
    with closing(connect(new)) as db:
        tables = db.execute("SELECT rootpage FROM sqlite_master WHERE name IN ('session', 'node', 'piece')")
        return [root for (root,) in tables]


def _put(page: bytes, scratch: Path, numbers: Iterable[int]) -> None:
    with scratch.open("r+b") as file:
        for number in numbers:
            file.seek((number - 1) * _PAGE)
            file.write(page)


class _Found:
    """What was found so far, by key or number."""

    def __init__(self, ids: dict[int, str]) -> None:
        self.ids = ids
        self.sessions: dict[int, tuple[str, str, int | None, Json]] = {}
        self.nodes: dict[int, Node] = {}
        self.pieces: dict[int, tuple[int, list[Part]]] = {}

    def read(self, scratch: Path) -> None:
        """Takes what is on the leaf that is in place in the copy."""
        uri = f"{scratch.absolute().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as db:
            db.text_factory = lambda text: text.decode("utf-8", "replace")
            for row in _rows(db, "node", rows.COLUMNS):
                self._take_node(row)
            for row in _rows(db, "session", "number, id, title, head, settings"):
                self._take_session(*row)
            for row in _rows(db, "piece", "number, key, parts"):
                self._take_piece(*row)

    def _take_node(self, row: rows.Row) -> None:
        key, parent, role, at, *_, text, _ = row
        if not (isinstance(parent, int | None) and isinstance(at, float) and isinstance(text, str)):
            return
        for attempt in (row, (key, parent, role, at, None, "", None, None, None, None, text, None)):
            with suppress(Damaged):
                self.nodes[key] = rows.node_of(attempt)
                return

    def _take_session(self, number: int, session: Any, title: Any, head: Any, settings: Any) -> None:
        if isinstance(session, str) and isinstance(title, str) and isinstance(settings, str):
            with suppress(ValueError):
                self.sessions[number] = (session, title, head, json.loads(settings))

    def _take_piece(self, number: int, key: Any, parts: Any) -> None:
        if isinstance(key, int) and isinstance(parts, str):
            with suppress(ValueError):
                self.pieces[number] = (key, list(known_parts(json.loads(parts))))

    def conversations(self) -> Iterator[tuple[Conversation, Json]]:
        """The sessions of the messages; one whose parent is lost follows the message that stood before it."""
        for _, (key, parts) in sorted(self.pieces.items()):
            if node := self.nodes.get(key):
                said = Message(node.role, merged((*node.message.parts, *parts)))
                self.nodes[key] = replace(node, message=said, finish_reason=FinishReason.INTERRUPTED)
        for number, keys in groupby(sorted(self.nodes), key=lambda key: key >> ID_BITS):
            there: dict[int, Node] = {}
            last = None
            for node in (self.nodes[key] for key in keys):
                found = node.parent is None or node.parent in there
                there[node.id] = node if found else replace(node, parent=last)
                last = node.id
            session, title, head, settings = self.sessions.get(number, (self.ids.get(number, ""), "", None, {}))
            yield Conversation(session, title, there, head if head in there else last), settings


def _rows(db: sqlite3.Connection, table: str, columns: str) -> Iterator[rows.Row]:
    """The rows of a table of one page, without those of which a part on another page cannot be read."""
    try:
        keys = [key for (key,) in db.execute(f"SELECT rowid FROM {table}")]
    except sqlite3.DatabaseError:
        return
    for key in keys:
        with suppress(sqlite3.DatabaseError):
            yield from db.execute(f"SELECT {columns} FROM {table} WHERE rowid = ?", (key,)).fetchall()
