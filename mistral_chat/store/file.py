"""Opens the file of a store: private, durable, in today's version, or else only for reading."""

from __future__ import annotations

import glob
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mistral_chat.errors import StoreError
from mistral_chat.private import make_file
from mistral_chat.store import schema
from mistral_chat.store.waiting import patiently, reading

# No WAL: SQLite before 3.51.3 can corrupt such a file when two connections write and checkpoint at the same moment
# (https://sqlite.org/wal.html, "The WAL-reset bug"), and in a read-only folder it cannot even be read.
_PRAGMAS = (
    "PRAGMA journal_mode = TRUNCATE",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",
)


Identity = tuple[int, int] | None
"""Which file a path leads to, None when to none: SQLite's locks and journals belong to the file, not to its name."""


class Opened(NamedTuple):
    """`path` is None when nothing is kept on disk; `notice` is a sentence for the user, mostly empty."""

    db: sqlite3.Connection
    path: Path | None
    identity: Identity = None
    read_only: bool = False
    notice: str = ""


def open_file(path: Path | None) -> Opened:
    """The store in this file, which is made when it is missing; in memory when there is no path or no way to make it.

    Raises StoreError for a file of another program, sqlite3.Error and OSError.
    """
    if path is None:
        return _in_memory("")
    try:
        make_file(path)
    except OSError as error:
        return _in_memory(f"sessions are not saved: {path.parent}: {error.strerror}")
    found = identity(path)
    writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    if not writable and not path.stat().st_size:
        return _in_memory(f"sessions are not saved: {path.parent} is read-only")
    db = connect(path, read_only=not writable)
    try:
        return _checked(db, path, found, writable)
    except BaseException:
        db.close()
        raise


def identity(path: Path | None) -> Identity:
    try:
        status = os.stat(path) if path else None
    except OSError:
        status = None
    return status and (status.st_dev, status.st_ino)


def copies(path: Path) -> Iterator[Path]:
    """The copies of a store that migrations and rescues have left beside it."""
    for kind in ("version", "corrupt"):
        yield from path.parent.glob(f"{glob.escape(path.name)}.{kind}-*")


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    mode = "ro" if read_only else "rw"
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=0, isolation_level=None)


def _in_memory(notice: str) -> Opened:
    db = sqlite3.connect(":memory:", isolation_level=None)
    _prepare(db)
    schema.migrate(db, None)
    return Opened(db, None, notice=notice)


def _checked(db: sqlite3.Connection, path: Path, found: Identity, writable: bool) -> Opened:
    with reading(db):
        foreign, version = schema.is_foreign(db), schema.version_of(db)
    if foreign:
        raise StoreError("this file is not a store of sessions", str(path), "move it away, or set another data folder")
    today = len(schema.STEPS)
    if version > today:
        db.close()
        notice = "the saved sessions are of a newer version: they can be read but not changed"
        return Opened(connect(path, read_only=True), path, found, True, notice)
    if not writable:
        return Opened(db, path, found, True, f"sessions can be read but not saved: {path.parent} is read-only")
    _prepare(db)
    if version < today:
        schema.migrate(db, path)
    return Opened(db, path, found)


def _prepare(db: sqlite3.Connection) -> None:
    for pragma in _PRAGMAS:
        patiently(db, pragma)
