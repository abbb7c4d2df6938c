"""What is taken out and brought in: a conversation with the settings kept with it, and the id it has."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from mistral_chat.conversation import Conversation
from mistral_chat.message import Json

LATEST = 253_402_300_799
"""The last second of the year 9999; a later time is none."""

_LETTERS = "abcdefghjkmnpqrstvwxyz"
_SIGNS = "0123456789" + _LETTERS


@dataclass(frozen=True, slots=True)
class Session:
    """`unread` is the number of messages that make no sense where they stand, and are left out."""

    conversation: Conversation
    settings: Json = field(default_factory=dict)
    unread: int = 0


def derived_id(*words: str) -> str:
    """An id such as the store gives, but the same for the same words: by it one sees what came in before."""
    number = int.from_bytes(sha256("\0".join(words).encode()).digest())
    number, first = divmod(number, len(_LETTERS))
    rest = ""
    for _ in range(9):
        number, place = divmod(number, len(_SIGNS))
        rest += _SIGNS[place]
    return _LETTERS[first] + rest
