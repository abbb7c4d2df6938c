"""Transactions, and how processes wait for one another to get theirs.

SQLite's own waiting (`busy_timeout`) tries again later and later, up to each 0.1 s; a process that writes all the time,
and so leaves the file for moments only, would hardly ever let another in. Here it is tried each millisecond.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

LOCK_WAIT = 5.0
"""Seconds to wait for other processes in which none of them saves anything; then SQLite's error is raised."""

_PAUSE = 0.001


@contextmanager
def reading(db: sqlite3.Connection) -> Iterator[None]:
    """A transaction in which all that is read is of one moment."""
    db.execute("BEGIN")
    with _ending(db):
        patiently(db, "SELECT 1 FROM sqlite_master")  # takes the lock, which `BEGIN` alone does not
        yield


@contextmanager
def writing(db: sqlite3.Connection) -> Iterator[None]:
    """A transaction that is on disk when the block ends, or undone when the block raises."""
    patiently(db, "BEGIN IMMEDIATE")
    with _ending(db):
        yield


@contextmanager
def _ending(db: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
        patiently(db, "COMMIT")
    except BaseException:
        if db.in_transaction:  # SQLite itself rolls back on a full disk
            db.execute("ROLLBACK")
        raise


def patiently(db: sqlite3.Connection, statement: str) -> None:
    """Runs a statement of which the result does not matter, as soon as other processes let it.

    Many of them at once on a slow disk may take long, all together; who holds the file and does nothing is given up.
    """
    deadline = time.monotonic() + LOCK_WAIT
    seen = 0
    while True:
        try:
            db.execute(statement).fetchall()
            return
        except sqlite3.OperationalError as error:
            if not _is_busy(error):
                raise
            if (saved := _others_saved(db)) not in (0, seen):
                seen, deadline = saved, time.monotonic() + LOCK_WAIT
            elif time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE)


def _others_saved(db: sqlite3.Connection) -> int:
    """A number that changes when another process has saved something; 0 while one is just saving."""
    try:
        return int(db.execute("PRAGMA data_version").fetchone()[0])
    except sqlite3.OperationalError as error:
        if not _is_busy(error):
            raise
        return 0


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
