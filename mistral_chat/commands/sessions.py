"""Commands for sessions: begin, list, go on with, name."""

from __future__ import annotations

from typing import Annotated

from mistral_chat.arguments import Kind, Row
from mistral_chat.command import Commands
from mistral_chat.commands.exchange import place, resume_at, tell_session
from mistral_chat.commands.listing import age, counted
from mistral_chat.desk import Desk
from mistral_chat.errors import UsageError
from mistral_chat.message import Json, Role
from mistral_chat.screen import Screen
from mistral_chat.store import Summary

ABOUT = "sessions"
PREVIEWED = 2
"""Messages that are shown of a session before it is chosen."""

commands = Commands()


@commands.command(ABOUT)
def new(desk: Desk) -> None:
    """Begin a new session with the same settings."""
    desk.chat.new()
    desk.screen.note("new session")


@commands.command(ABOUT, "sessions")
async def list_sessions(desk: Desk) -> None:
    """Choose a session from the list of all and go on with it."""
    await choose(desk)


@commands.command(ABOUT)
async def resume(desk: Desk, session: Annotated[str, Kind("sessions", "SESSION")] = "") -> None:
    """Go on with another session: id, title, or the number of a hit of /search; without, choose one."""
    if not session:
        await choose(desk)
        return
    found, node = place(desk.chat.store, session, desk.hits)
    if node is not None:
        resume_at(desk, found, node)
        return
    desk.chat.resume(found)
    show_resumed(desk)


async def choose(desk: Desk) -> None:
    """Lets the user choose a session, and resumes it."""
    summaries = desk.chat.store.sessions()
    if not summaries:
        raise UsageError("no sessions yet", hint="this is the first one")
    rows = [Row(one.id, (one.name, age(one.updated), counted(one.messages, "message"), one.model)) for one in summaries]
    chosen = await desk.asking.pick("Go on with which session?", rows, lambda row: _end(desk, row.value))
    if chosen is not None:
        desk.chat.resume(chosen.value)
        show_resumed(desk)


def _end(desk: Desk, session: str) -> str:
    """The end of a session, to be looked at before choosing it."""
    conversation, _ = desk.chat.store.load(session)
    last = (conversation.path() or tuple(conversation.nodes.values()))[-PREVIEWED:]
    return "\n\n".join(("› " if node.role is Role.USER else "") + node.message.text for node in last)


@commands.command(ABOUT)
def title(desk: Desk, text: Annotated[str | None, Kind()] = None) -> None:
    """Show or set the title of this session; "" takes it away."""
    if text is not None:
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
    return summary._asdict()


def show_resumed(desk: Desk) -> None:
    """The head of a resumed session and its last exchange."""
    tell_session(desk)
    desk.screen.line()
    desk.show_last_exchange()
