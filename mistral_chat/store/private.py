"""Files and folders that only their owner can read, whatever the umask."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def make_file(path: Path) -> None:
    """Makes an empty file (0600) and the folders to it (0700) where they are missing; what is there stays as it is.

    An existing file is not even opened: closing it would drop the locks that SQLite holds on it in this process
    (https://sqlite.org/howtocorrupt.html, section 2.2). Raises OSError.
    """
    if path.exists():
        return
    with _private():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o600)


@contextmanager
def _private() -> Iterator[None]:
    """A umask that takes all from others and nothing from the owner: no moment with other permissions."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
