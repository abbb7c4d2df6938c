"""Commands for sessions: begin, list, go on with, name."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from mistral_chat.arguments import Kind
from mistral_chat.command import Commands
from mistral_chat.commands.listing import age
from mistral_chat.desk import Desk
from mistral_chat.errors import UsageError
from mistral_chat.message import Json
from mistral_chat.screen import Screen
from mistral_chat.store import Summary
from mistral_chat.text import one_line

ABOUT = "sessions"
NAME_CELLS = 50

commands = Commands()


@commands.command(ABOUT)
def new(desk: Desk) -> None:
    """Begin a new session with the same settings."""
    desk.chat.new()
    desk.screen.note("new session")


@commands.command(ABOUT, "sessions")
def list_sessions(desk: Desk) -> None:
    """List the sessions, the most recent first."""
    show_sessions(desk.screen, desk.chat.store.sessions())


@commands.command(ABOUT)
def resume(desk: Desk, session: Annotated[str, Kind("sessions", "SESSION")] = "") -> None:
    """Go on with another session: id, the beginning of one, or title; by default the one before this."""
    store = desk.chat.store
    others = (summary.id for summary in store.sessions(limit=2) if summary.id != desk.chat.conversation.id)
    found = store.find(session) if session else next(others, None)
    if found is None:
        raise UsageError("no session to resume", hint="this is the first one")
    desk.chat.resume(found)
    show_resumed(desk)


@commands.command(ABOUT)
def title(desk: Desk, text: Annotated[str, Kind()] = "") -> None:
    """Show or set the title of this session."""
    if text:
        desk.chat.set_title(text)
    desk.screen.line(("table.name", "title"), " ", ("table.value", desk.chat.title or "—"))


def show_sessions(screen: Screen, summaries: list[Summary]) -> None:
    """The listing of sessions, for /sessions and --sessions."""
    if not summaries:
        screen.note("no sessions yet")
        return
    rows = [
        (summary.id, age(summary.updated), str(summary.messages), summary.model, summary.name) for summary in summaries
    ]
    styles = ("table.number", "table.origin", "table.origin", "table.origin", "table.name")
    screen.table(rows, styles, ("session", "last used", "messages", "model", "title or first question"))


def session_json(summary: Summary) -> Json:
    """A session as `--sessions -o json` gives it; times are Unix time in seconds."""
    return asdict(summary)


def show_resumed(desk: Desk) -> None:
    """The head of a resumed session and its last exchange."""
    conversation = desk.chat.conversation
    count = len(conversation.path())
    name = one_line(desk.chat.title, NAME_CELLS)
    desk.screen.note(f"session {conversation.id} · {name} · {count} messages")
    desk.screen.line()
    desk.show_last_exchange()
