"""The words of all messages, and where words are found.

The index splits text at blanks, folds case, and takes the accents from Latin letters. Scripts that are written without
blanks get a separator around each character, so that any run of characters is found as a phrase, from a single one on;
the separator is taken out again from what is shown. SQLite's trigram tokenizer would find nothing shorter than three
characters, and most words of Chinese have two.
"""

from __future__ import annotations

import re
import sqlite3
from typing import NamedTuple

from mistral_chat.message import Role
from mistral_chat.store.schema import ID_BITS, MAX_ID

_OPEN, _CLOSE, _SEPARATOR = "\x01", "\x02", "\x1f"
_SPECIAL = str.maketrans(dict.fromkeys(f"\0{_OPEN}{_CLOSE}{_SEPARATOR}", " "))
_WITHOUT_BLANKS = (
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"  # radicals, kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff])"  # Chinese characters
)
_TERM = re.compile(r'"([^"]*)"?|([^\s"]+)')
_SNIPPET_WORDS = 24
_RANKED = 500
"""So many hits, the newest, are put in order; to score every message with a common word would take too long."""


class Hit(NamedTuple):
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
    return text if text.isascii() else re.sub(_WITHOUT_BLANKS, rf"{_SEPARATOR}\1{_SEPARATOR}", text)


def query(words: str) -> str:
    """What a person typed in the language of FTS5: each word by its beginning, `"words in quotes"` as a phrase.

    A single letter stands for itself: so many words begin with it that to find them says nothing.
    """
    terms = []
    for phrase, word in _TERM.findall(words):
        if letters := sum(map(str.isalnum, phrase or word)):
            terms.append(f'"{indexed(phrase or word)}"' + ("*" if word and letters > 1 else ""))
    return " ".join(terms)


def search(db: sqlite3.Connection, words: str, limit: int) -> list[Hit]:
    """The best hits first; none when there is no letter and no digit in the words."""
    wanted = query(words)
    if not wanted:
        return []
    scored = db.execute(
        "SELECT bm25(words), -rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT ?", (wanted, _RANKED)
    )
    best = [-key for _, key in sorted(scored)[:limit]]
    found = db.execute(
        f"""SELECT node.key, session.id, coalesce(nullif(session.title, ''), session.question), node.role, node.at,
                snippet(words, 0, ?, ?, '…', {_SNIPPET_WORDS})
            FROM words
            JOIN node ON node.key = words.rowid
            JOIN session ON session.number = node.key >> {ID_BITS}
            WHERE words MATCH ? AND words.rowid >= ? AND +words.rowid IN ({", ".join("?" * len(best))})""",
        (_OPEN, _CLOSE, wanted, min(best, default=0), *best),
    )
    hits = {row[0]: _hit(*row) for row in found}
    return [hits[key] for key in best]


def _hit(key: int, session: str, title: str, role: str, at: float, marked: str) -> Hit:
    pieces = re.split(f"[{_OPEN}{_CLOSE}]", " ".join(marked.replace(_SEPARATOR, "").split()))
    marks, snippet = [], ""
    for place, piece in enumerate(pieces):
        if place % 2:
            marks.append((len(snippet), len(snippet) + len(piece)))
        snippet += piece
    return Hit(session, title, key & MAX_ID, Role(role), at, snippet, tuple(marks))
