"""Everything that can go wrong, as a drawn tree; each error has a sentence, a cause, a hint and an exit status.

ChatError ─────────────── exit status 1
├── UsageError ────────── 2   the command line, a slash command or an input file is wrong
│   └── ConfigError ───── 2   a configuration or theme file is wrong
├── StoreError ────────── 8   sessions cannot be read or written
│   └── StoreReadOnly ─── 8   they can be read but not written
├── ApiError              the server answered, and the answer is a refusal
│   ├── AuthError ─────── 3   no key, a wrong key, or a key that may not do this
│   │   └── NoKey ─────── 3   there is no key anywhere
│   ├── RateLimited ───── 4   too many requests, no quota, or no capacity for this model
│   ├── Rejected ──────── 6   the request itself is not accepted
│   └── ServerError ───── 5   the server failed
├── ConnectionLost ────── 5   no answer came through: network, name, TLS, time-out, cut
└── ProtocolError ─────── 5   what came is not an answer of the API

An error in the middle of an answer does not have a class of its own: the turn that it ends knows how much
text had arrived (`chat.Turn.exit_status` makes it 7).
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class Exit(IntEnum):
    """The exit statuses of the command, one meaning each."""

    COMPLETE = 0
    BUG = 1
    USAGE = 2
    AUTH = 3
    LIMIT = 4
    NETWORK = 5
    REJECTED = 6
    INCOMPLETE = 7
    STORE = 8
    HANGUP = 129
    INTERRUPTED = 130
    BROKEN_PIPE = 141
    TERMINATED = 143


class ChatError(Exception):
    """What happened, why, and one thing to do about it; each a single line, each may hold foreign text."""

    exit_status: ClassVar[Exit] = Exit.BUG

    def __init__(self, what: str, why: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint


class UsageError(ChatError):
    """The user asked for something that cannot be understood or done."""

    exit_status = Exit.USAGE


class ConfigError(UsageError):
    """A configuration or theme file is wrong; `what` begins with file and line."""


class StoreError(ChatError):
    """Sessions cannot be read or written; the conversation goes on in memory."""

    exit_status = Exit.STORE


class StoreReadOnly(StoreError):
    """Sessions can be read but not written."""


class ApiError(ChatError):
    """The server refused. `status` is the HTTP status, `code` the API's own code when it gave one."""

    def __init__(self, what: str, why: str = "", hint: str = "", *, status: int = 0, code: str = "") -> None:
        super().__init__(what, why, hint)
        self.status = status
        self.code = code


class AuthError(ApiError):
    """No key, a key that is not accepted, or one that may not do this."""

    exit_status = Exit.AUTH


class NoKey(AuthError):
    """No API key was found anywhere."""


class RateLimited(ApiError):
    """Too many requests, no quota or no capacity; `retry_after` is in seconds, None when not told."""

    exit_status = Exit.LIMIT
    retry_after: float | None = None


class Rejected(ApiError):
    """The request is not accepted as it is; sending it again changes nothing."""

    exit_status = Exit.REJECTED


class ServerError(ApiError):
    """The server failed; sending it again may help."""

    exit_status = Exit.NETWORK
    retry_after: float | None = None


class ConnectionLost(ChatError):
    """The connection could not be made, or ended before the answer did."""

    exit_status = Exit.NETWORK


class ProtocolError(ChatError):
    """What came is not an answer of the API: HTML, broken JSON, nothing at all, or far too much."""

    exit_status = Exit.NETWORK


def bug(error: Exception) -> ChatError:
    """An error of the program itself, told by its kind and place; its words may hold what was said, and stay out."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename.rpartition('mistral_chat/')[2]}:{trace.tb_lineno}" if trace else "?"
    hint = "please report it with these two lines"
    if isinstance(error, ImportError):  # modules are loaded when they are needed, perhaps hours after the start
        hint = "was it upgraded meanwhile? start it again, else report these two lines"
    return ChatError("this is a bug in mistral-chat", f"{type(error).__name__} in {place}", hint)
