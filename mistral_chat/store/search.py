"""The words of all messages, and where words are found.

The index splits text at blanks and folds case and accents. Scripts that are written without blanks get a separator
around each character, so that any run of characters is found as a phrase, from a single one on; the separator is
taken out again from what is shown. SQLite's trigram tokenizer would find nothing shorter than three characters, and
most words of Chinese have two.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass

from mistral_chat.message import Role
from mistral_chat.store.schema import ID_BITS, MAX_ID

_OPEN, _CLOSE, _SEPARATOR = "\x01", "\x02", "\x1f"
_SPECIAL = str.maketrans(dict.fromkeys(f"\0{_OPEN}{_CLOSE}{_SEPARATOR}", " "))
_WITHOUT_BLANKS = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"  # radicals, kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff])"  # Chinese characters
)
_TERM = re.compile(r'"([^"]*)"?|([^\s"]+)')
_SNIPPET_WORDS = 24
_RANKED = 1000
"""So many of the newest hits are put in order; to score every message with a common word would take too long."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A message in which all words were found; `marks` are the places of the words in `snippet`, as start and end."""

    session: str
    title: str
    node: int
    role: Role
    at: float
    snippet: str
    marks: tuple[tuple[int, int], ...]


def indexed(text: str) -> str:
    """The text as the index holds it."""
    text = text.translate(_SPECIAL)
    return text if text.isascii() else _WITHOUT_BLANKS.sub(rf"{_SEPARATOR}\1{_SEPARATOR}", text)


def query(words: str) -> str:
    """What a person typed in the language of FTS5: each word by its beginning, `"words in quotes"` as a phrase."""
    terms = ((indexed(phrase or word), "" if phrase else "*") for phrase, word in _TERM.findall(words))
    return " ".join(f'"{term}"{mark}' for term, mark in terms if any(map(str.isalnum, term)))


def search(db: sqlite3.Connection, words: str, limit: int) -> list[Hit]:
    """The best hits first; none when there is no letter and no digit in the words."""
    wanted = query(words)
    if not wanted:
        return []
    rows = db.execute(
        f"""SELECT session.id, coalesce(nullif(session.title, ''), session.question), node.key, node.role, node.at,
                snippet(words, 0, ?, ?, '…', {_SNIPPET_WORDS})
            FROM words
            JOIN node ON node.key = words.rowid
            JOIN session ON session.number = node.key >> {ID_BITS}
            WHERE words MATCH ? ORDER BY words.rank LIMIT ?""",
        (_OPEN, _CLOSE, wanted, limit),
    )
    return [_hit(*row) for row in rows]


def _hit(session: str, title: str, key: int, role: str, at: float, marked: str) -> Hit:
    pieces = re.split(f"[{_OPEN}{_CLOSE}]", " ".join(marked.replace(_SEPARATOR, "").split()))
    marks, snippet = [], ""
    for place, piece in enumerate(pieces):
        if place % 2:
            marks.append((len(snippet), len(snippet) + len(piece)))
        snippet += piece
    return Hit(session, title, key & MAX_ID, Role(role), at, snippet, tuple(marks))
