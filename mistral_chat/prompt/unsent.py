"""The draft that is being typed, on disk until it is sent, so that the next start can offer what a kill has left."""

from __future__ import annotations

import contextlib
import os
import time
from itertools import count
from pathlib import Path

from mistral_chat.prompt.own_file import lock, opened, write_all

_NEW_SECONDS = 60
"""An empty file that is older has been left by a program that is gone."""


class Unsent:
    """One file for each running program, beside `beside`, locked as long as it runs. None: nothing is kept."""

    def __init__(self, beside: Path | None) -> None:
        self._beside = beside
        self._file: int | None = None
        self._path = Path()
        self._line = ""

    def keep(self, line: str) -> None:
        """Puts a line in place of the last one. A disk that cannot be written is no reason to stop typing."""
        if line == self._line or self._beside is None:
            return
        self._line = line
        with contextlib.suppress(OSError):
            if self._file is None:
                self._path, self._file = _new(self._beside)
            data = line.encode("utf-8", "replace")
            os.lseek(self._file, 0, os.SEEK_SET)
            write_all(self._file, data)
            os.ftruncate(self._file, len(data))

    def close(self) -> None:
        """Lets go of the file, and takes it away when nothing is in it."""
        if self._file is None:
            return
        os.close(self._file)
        self._file = None
        if not self._line:
            self._path.unlink(missing_ok=True)

    def left_behind(self) -> str:
        """The newest line of a program that is gone, taken so that it is offered once; empty if there is none."""
        if self._beside is None:
            return ""
        files = self._beside.parent.glob(f"{self._beside.name}.draft.*")
        return next(filter(None, map(_take, sorted(files, key=_modified, reverse=True))), "")


def _new(beside: Path) -> tuple[Path, int]:
    """An empty file of this program's own, and its descriptor. Raises OSError."""
    for number in count():
        path = beside.with_name(f"{beside.name}.draft.{os.getpid()}.{number}")
        file = opened(path)
        if lock(file, wait=False) and os.fstat(file).st_size == 0:
            return path, file
        os.close(file)
    raise AssertionError


def _take(path: Path) -> str:
    try:
        file = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        try:
            if not lock(file, wait=False):
                return ""
            line = path.read_bytes().decode("utf-8", "replace")
            if not line and time.time() - _modified(path) < _NEW_SECONDS:
                return ""
            os.ftruncate(file, 0)
        finally:
            os.close(file)
        path.unlink()
    except OSError:
        return ""
    return line


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
