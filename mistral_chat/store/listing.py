"""Sessions in a list: what is told of each, and which one is meant by what a person typed."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import NamedTuple

from mistral_chat.conversation import Node
from mistral_chat.errors import UsageError
from mistral_chat.message import Role
from mistral_chat.text import repair, truncate

_LETTERS = "abcdefghjkmnpqrstvwxyz"
_ID_LETTERS = [_LETTERS] + 9 * ["0123456789" + _LETTERS]
"""For each place of a session's id; it begins with a letter, so that it is never taken for a number in a list."""

_ID = "[a-z][0-9a-z]{9}"
_QUESTION_LENGTH = 200
_NAME_LENGTH = 40
_CANDIDATES = 5


class Summary(NamedTuple):
    """A session in a list; `question` is the beginning of what was asked first, times are Unix time in seconds."""

    id: str
    title: str
    question: str
    messages: int
    model: str
    created: float
    updated: float

    @property
    def name(self) -> str:
        """The title, or without one the question."""
        return self.title or self.question


def new_id() -> str:
    return "".join(letters[byte % len(letters)] for letters, byte in zip(_ID_LETTERS, os.urandom(10), strict=True))


def is_id(text: str) -> bool:
    return re.fullmatch(_ID, text) is not None


def question_of(node: Node) -> str:
    """The beginning of a question in one line, empty for other messages."""
    if node.role is not Role.USER:
        return ""
    return " ".join(repair(node.message.text[: 2 * _QUESTION_LENGTH]).split())[:_QUESTION_LENGTH]


def meant(words: str, sessions: Sequence[Summary]) -> str:
    """The id of the session that is meant by the beginning of an id, a title, or a part of one.

    Raises UsageError with the candidates when there is none, or more than one.
    """
    wanted = repair(words).strip().casefold()
    names = [(session, session.name.casefold()) for session in sessions]
    for candidates in (
        [session for session in sessions if session.id == wanted],
        [session for session, name in names if name == wanted],
        [session for session in sessions if wanted and session.id.startswith(wanted)],
        [session for session, name in names if wanted and name.startswith(wanted)],
        [session for session, name in names if wanted and wanted in name],
    ):
        if len(candidates) == 1:
            return candidates[0].id
        if candidates:
            raise UsageError(f"more than one session is meant by {words}", _listed(candidates), "give more of the id")
    why = f"the latest are {_listed(sessions)}" if sessions else "nothing is saved yet"
    raise UsageError(f"there is no session {words}", why, "see them all with /sessions or --sessions")


def _listed(sessions: Sequence[Summary]) -> str:
    names = [f"{session.id} {truncate(session.name, _NAME_LENGTH)}".strip() for session in sessions[:_CANDIDATES]]
    return ", ".join(names) + (", …" if len(sessions) > _CANDIDATES else "")
