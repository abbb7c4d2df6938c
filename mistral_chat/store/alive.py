"""How a process shows that it lives: a file beside the store that it keeps locked.

The system lets go of the lock when the process ends, however it ends; process numbers, which come back and mean
something else in each container, are not needed. The lock is SQLite's own, so it works wherever the store does.
"""

from __future__ import annotations

import glob
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from mistral_chat.private import make_file
from mistral_chat.store.waiting import LOCK_WAIT


class Alive:
    """The lock of this process, held from the making of the value until `close`."""

    def __init__(self, store: Path | None) -> None:
        """Raises OSError or sqlite3.Error; in memory (`store` is None) there is nobody to show it to."""
        self.writer = os.urandom(6).hex()
        self._path = _file(store, self.writer) if store else None
        self._lock: sqlite3.Connection | None = None
        if self._path:
            make_file(self._path)
            self._lock = sqlite3.connect(self._path, timeout=LOCK_WAIT, isolation_level=None)
            self._lock.execute("PRAGMA journal_mode = MEMORY")  # no second file
            self._lock.execute("BEGIN EXCLUSIVE")

    def close(self) -> None:
        if self._lock and self._path:
            self._lock.close()
            self._path.unlink(missing_ok=True)


def is_alive(store: Path, writer: str) -> bool:
    """Whether the process that wrote as `writer` still runs; also true when that cannot be told."""
    path = _file(store, writer)
    if not path.exists():
        return False
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=0)) as db:
            db.execute("SELECT 1 FROM sqlite_master")
    except sqlite3.Error:
        return True
    return False


def writers(store: Path) -> Iterator[str]:
    """Those that have a file, alive or not."""
    for path in store.parent.glob(f"{glob.escape(store.name)}.live-*"):
        yield path.suffix.removeprefix(".live-")


def bury(store: Path, writer: str) -> None:
    """Takes away the file of a process that does not live."""
    _file(store, writer).unlink(missing_ok=True)


def _file(store: Path, writer: str) -> Path:
    return store.with_name(f"{store.name}.live-{writer}")
