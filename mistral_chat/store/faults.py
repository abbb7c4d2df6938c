"""What SQLite raises, as the sentences a person can do something with."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from mistral_chat.errors import StoreError, StoreReadOnly

_GOES_ON = "the conversation goes on, but is not saved"


class Damaged(Exception):
    """What the file holds makes no sense."""


class Gone(StoreError):
    """A session or a message that was there is not there any more."""


def is_damage(error: Exception) -> bool:
    """The file itself is at fault: no database, a smashed page, bytes that are no text, or not the store any more."""
    if isinstance(error, sqlite3.OperationalError) and "decode to UTF-8" in str(error):
        return True
    if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_READONLY_DBMOVED:
        return True
    return isinstance(error, Damaged) or _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def fault(error: Exception, path: Path | None) -> StoreError:
    """The error to show for one of SQLite's or the system's."""
    where = str(path) if path else "in memory"
    if is_damage(error):
        return StoreError("the saved sessions are damaged", f"{where}: {error}", _GOES_ON)
    match _code(error):
        case sqlite3.SQLITE_FULL:
            return StoreError("this cannot be saved: the disk is full", where, f"free some space; {_GOES_ON}")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreError("the sessions are locked by another program", where, "close it, or try again in a moment")
        case sqlite3.SQLITE_READONLY:
            return StoreReadOnly("the sessions can be read but not changed", where, _GOES_ON)
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return StoreError("the sessions cannot be opened", f"{where}: {error}", "check who may use file and folder")
    return StoreError("the sessions cannot be read or written", f"{where}: {error}", _GOES_ON)


def _code(error: Exception) -> int:
    """SQLite's primary result code (https://sqlite.org/rescode.html), of the system's errors the nearest; else 0."""
    if isinstance(error, OSError):
        return sqlite3.SQLITE_FULL if error.errno == errno.ENOSPC else sqlite3.SQLITE_CANTOPEN
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF
