r"""What was sent before, in a file that all running programs add to: one entry a line, the newest last.

In an entry `\n` is a line end, `\r` a CR, `\\` a backslash, and `\[` ... `\]` encloses a long paste. So the file can
be read by eye, entries are found by searching its text as it is, and a line that was cut off harms no other.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from mistral_chat import private
from mistral_chat.prompt.own_file import locked, write_all
from mistral_chat.prompt.paste import Pastes

MOST_BYTES = 16_000_000
"""A longer file is cut to its newest half."""

_ESCAPED = {"\\": r"\\", "\n": r"\n", "\r": r"\r"}
_TO_ESCAPE = re.compile(r"[\\\n\r]")
_TOKEN = re.compile(r"\\(.)", re.DOTALL)
_COMPARED = 200
"""So many bytes tell whether a file still begins as it did; the number of one that was deleted is given again."""

_SEARCHED = 2000
"""So much of an entry is searched."""


def written(draft: str, pastes: Pastes) -> str:
    """A draft as a line of the file."""
    return "".join(
        escaped(letters) if (paste := pastes.text(letters)) is None else rf"\[{escaped(paste)}\]"
        for letters in pastes.split(draft)
    )


def read(line: str, pastes: Pastes) -> str:
    """The draft that was written as this line."""
    draft: list[str] = []
    paste: list[str] | None = None
    at = 0
    for token in _TOKEN.finditer(line):
        into = draft if paste is None else paste
        into.append(line[at : token.start()])
        at = token.end()
        if token[1] == "[" and paste is None:
            paste = []
        elif token[1] == "]" and paste is not None:
            draft.append(pastes.hold("".join(paste)))
            paste = None
        else:
            into.append({"n": "\n", "r": "\r"}.get(token[1], token[1]))
    return "".join((*draft, *(paste or ()), line[at:]))


class History:
    """The entries, as lines of the file. Without a path, or when the file cannot be written, they last for this run."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.lines: list[str] = []
        self._text = ""  # every line behind a line end, cut to what is searched
        self._lower = ""
        self._seen = (0, 0)  # number (st_ino) and size of the file when it was read
        self._read = 0  # bytes of it that were whole lines
        self._end = b""  # the last of these bytes

    def add(self, line: str) -> None:
        """Keeps a line, unless it is the last one again."""
        self.refresh()
        if not line or self.lines[-1:] == [line]:
            return
        if self.path is None:
            self._take([line])
            return
        try:
            self._append(self.path, line)
            self.refresh()
        except OSError:
            self.path = None
            self._take([line])

    def refresh(self) -> None:
        """Reads what this and other programs have added to the file."""
        if self.path is None:
            return
        try:
            found = self.path.stat()
            if (found.st_ino, found.st_size) == self._seen:
                return
            with self.path.open("rb") as file:
                file.seek(self._read - len(self._end))
                data = file.read()
                if not data.startswith(self._end):  # it was cut to its newest half meanwhile
                    file.seek(0)
                    data = file.read()
                    self.lines, self._text, self._read, self._end = [], "", 0, b""
        except OSError:
            return
        whole = data[len(self._end) : data.rfind(b"\n") + 1]
        self._seen = found.st_ino, found.st_size
        self._read += len(whole)
        self._end = (self._end + whole)[-_COMPARED:]
        self._take([line for line in whole.decode("utf-8", "replace").split("\n") if line])

    def suggest(self, start: str) -> str:
        """How the newest line that begins so goes on; empty if there is none."""
        at = self._text.rfind("\n" + start)
        if at < 0:
            return ""
        end = self._text.find("\n", at + 1)
        return self._text[at + 1 + len(start) : end if end >= 0 else None]

    def search(self, words: str, before: int) -> int | None:
        """The newest line before this one that has the words in it, in whatever case."""
        if len(self._lower) != len(self._text):
            self._lower = _lower(self._text)
        end = self._place(before)
        at = self._lower.rfind(_lower(words), 0, end)
        return None if at < 0 else self._text.count("\n", 0, at) - 1

    def _place(self, number: int) -> int:
        if number >= len(self.lines):
            return len(self._text)
        return sum(min(len(line), _SEARCHED) + 1 for line in self.lines[:number])

    def _take(self, lines: list[str]) -> None:
        self.lines += lines
        self._text += "".join("\n" + line[:_SEARCHED] for line in lines)

    def _append(self, path: Path, line: str) -> None:
        with locked(path) as file:
            if os.fstat(file).st_size > MOST_BYTES:
                _halve(path)
        with locked(path) as file:
            size = os.fstat(file).st_size
            torn = size > 0 and _byte_at(file, size - 1) != b"\n"
            write_all(file, ("\n" * torn + line + "\n").encode("utf-8", "replace"))


def _halve(path: Path) -> None:
    """Puts a file with the newest half of the lines in place of the file, whose lock is held."""
    data = path.read_bytes()
    private.replace(path, data[data.find(b"\n", len(data) - MOST_BYTES // 2) + 1 :])


def _byte_at(file: int, place: int) -> bytes:
    os.lseek(file, place, os.SEEK_SET)
    return os.read(file, 1)


def escaped(text: str) -> str:
    """As it stands in the file."""
    return _TO_ESCAPE.sub(lambda letter: _ESCAPED[letter[0]], text)


def _lower(text: str) -> str:
    """In lower case, at the same length: what becomes longer stays as it is."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)
