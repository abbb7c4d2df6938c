"""The tables of a store, and the steps by which an older store becomes one of today.

A message's key is the number of its session times 2³² plus its id: the messages of a session lie next to one another in
the file, and one number names a message in the index of words as well. `stream` and `piece` hold answers that are
still arriving; they are empty when nothing is. What `words` holds is told in `search.py`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from mistral_chat.private import make_file
from mistral_chat.store.waiting import writing

APPLICATION_ID = 0x4D436861
"""`MCha`; `file` and SQLite's own tools show it."""

ID_BITS = 32
MAX_ID = (1 << ID_BITS) - 1

STEPS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE session (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            title TEXT NOT NULL,
            question TEXT NOT NULL DEFAULT '',
            model TEXT NOT NULL DEFAULT '',
            messages INTEGER NOT NULL DEFAULT 0,
            created REAL NOT NULL,
            updated REAL NOT NULL,
            head INTEGER,
            settings TEXT NOT NULL
        )""",
        "CREATE INDEX session_updated ON session (updated)",
        """CREATE TABLE node (
            key INTEGER PRIMARY KEY,
            parent INTEGER,
            role TEXT NOT NULL,
            at REAL NOT NULL,
            finish_reason TEXT,
            model TEXT NOT NULL,
            usage TEXT,
            first REAL,
            seconds REAL,
            settings TEXT,
            text TEXT NOT NULL,
            parts TEXT
        )""",
        """CREATE TABLE stream (
            key INTEGER PRIMARY KEY REFERENCES node ON DELETE CASCADE,
            writer TEXT NOT NULL
        )""",
        """CREATE TABLE piece (
            number INTEGER PRIMARY KEY,
            key INTEGER NOT NULL REFERENCES stream ON DELETE CASCADE,
            parts TEXT NOT NULL
        )""",
        "CREATE INDEX piece_key ON piece (key)",
        "CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2')",
    ),
)
"""Step n, counted from 1, makes version n out of version n - 1; version 0 is an empty file."""


def version_of(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def is_foreign(db: sqlite3.Connection) -> bool:
    """A database of another program: it has tables, and not our mark."""
    (mark,) = db.execute("PRAGMA application_id").fetchone()
    return mark != APPLICATION_ID and db.execute("SELECT 1 FROM sqlite_master").fetchone() is not None


def migrate(db: sqlite3.Connection, path: Path | None, steps: Sequence[Sequence[str]] = STEPS) -> None:
    """Brings the store to the version after the last step, in one transaction, so whole or not at all.

    A store that holds something is copied first, to `<name>.version-<n>`.
    """
    with writing(db):
        version = version_of(db)  # another process may have been quicker
        if version and version < len(steps) and path is not None:
            back_up(path, path.with_name(f"{path.name}.version-{version}"))
        for step in steps[version:]:
            for statement in step:
                db.execute(statement)
        if version < len(steps):
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {len(steps)}")


def back_up(path: Path, to: Path) -> None:
    """A copy of a store as it is committed; others may read and even prepare to write meanwhile."""
    to.unlink(missing_ok=True)
    make_file(to)
    # Its own connection: one that has begun to write cannot be copied from (https://sqlite.org/c3ref/backup_finish.html).
    with closing(sqlite3.connect(path)) as db, closing(sqlite3.connect(to)) as copy:
        db.backup(copy)
