"""Commands that find what was said, take sessions out, bring them in and delete them; also for the command line."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

from mistral_chat.arguments import Kind
from mistral_chat.command import Commands
from mistral_chat.commands.listing import age, counted
from mistral_chat.conversation import Conversation
from mistral_chat.desk import Desk
from mistral_chat.errors import UsageError
from mistral_chat.exchange import files
from mistral_chat.exchange.session import Session, derived_id
from mistral_chat.message import Role
from mistral_chat.named_file import expanded, to_write
from mistral_chat.screen import Piece, Screen
from mistral_chat.store import Hit, Store
from mistral_chat.text import neutralise, one_line, repair

if TYPE_CHECKING:
    from mistral_chat.theme import Theme

ABOUT = "sessions"
NAME_CELLS = 60
HISTORY = "history"
"""The file beside the store in which the prompt keeps what was typed."""

PROGRESS = 250
"""After so many sessions that were brought in, it is said how far it is."""
_PLACE = re.compile(r"([a-z][0-9a-z]*)@([0-9]+)")

commands = Commands()


# ---- finding


@commands.command(ABOUT, "search")
def search_here(desk: Desk, words: Annotated[str, Kind(form="WORDS", exact=True)]) -> None:
    """Find words in all sessions; "..." is a phrase; /resume N goes on at hit N."""
    desk.hits = _found(desk.screen, desk.chat.store, words)
    if desk.hits:
        show_hits(desk.screen, desk.hits)
        desk.screen.note("/resume N goes on at hit N")


def search(screen: Screen, store: Store, words: str, *, as_json: bool) -> None:
    """What `--search` does. Raises UsageError when there is nothing to look for."""
    hits = _found(screen, store, words)
    if as_json:
        screen.json([hit._asdict() for hit in hits])
    elif hits:
        show_hits(screen, hits)
        screen.note(f"go on there with: mistral-chat -r {hits[0].session}@{hits[0].node}")


def _found(screen: Screen, store: Store, words: str) -> Sequence[Hit]:
    if not any(map(str.isalnum, words)):
        raise UsageError("there is nothing to look for", "it has no letter and no digit", "/search WORDS")
    hits = store.search(words)
    if not hits:
        screen.note(f"nothing found for {one_line(words, NAME_CELLS)}")
    return hits


def show_hits(screen: Screen, hits: Sequence[Hit]) -> None:
    """Each hit with its number, its session and message, and the words around it."""
    for number, hit in enumerate(hits, 1):
        place, when = f"{hit.session}@{hit.node}", age(hit.at)
        room = max(10, screen.width - len(place) - len(when) - 8)
        screen.line(
            ("table.number", f"{number:>2} "),
            ("table.name", one_line(hit.title, room)),
            ("table.origin", f"  {when}  "),
            ("table.value", place),
        )
        screen.line("   ", ("user.label", "› " if hit.role is Role.USER else ""), *_snippet(hit), hang=3)


def _snippet(hit: Hit) -> Iterator[Piece]:
    done = 0
    for start, end in hit.marks:
        yield "", hit.snippet[done:start]
        yield "search.hit", hit.snippet[start:end]
        done = end
    yield "", hit.snippet[done:]


def place(store: Store, words: str, hits: Sequence[Hit] = ()) -> tuple[str, int | None]:
    """The session, and the message in it, that are meant by the number of a hit, by SESSION@MESSAGE, or otherwise.

    A session of which this is the whole title is meant before a message of another. The message is None when only a
    session is meant. Raises UsageError.
    """
    if hits and words.isdecimal():
        if not 1 <= int(words) <= len(hits):
            raise UsageError(f"there is no hit {words}", f"/search found {len(hits)}", "search once more")
        hit = hits[int(words) - 1]
        return hit.session, hit.node
    wanted = words.strip().casefold()
    named = _PLACE.fullmatch(words.strip())
    if named and not any(session.name.casefold() == wanted for session in store.sessions()):
        return store.find(named[1]), int(named[2])
    return store.find(words), None


def head_through(conversation: Conversation, node: int) -> int:
    """The end of the branch that goes through a message: of the branch in use, else of the one that grew last.

    Raises UsageError when there is no such message.
    """
    if node not in conversation.nodes:
        raise UsageError(f"there is no message {node} in the session", hint="look it up with /search")
    if conversation.head is not None and any(said.id == node for said in conversation.path()):
        return conversation.head
    through = {node}
    for following in conversation.nodes.values():
        if following.parent in through:
            through.add(following.id)
    return max(through)


def tell_session(desk: Desk) -> None:
    """A line for the session at hand: its id, its title, and how many messages it has."""
    chat = desk.chat
    said, here = len(chat.conversation.nodes), len(chat.conversation.path())
    name = one_line(chat.title, NAME_CELLS)
    branch = f", {here:,} on this branch" if 0 < here < said else ""
    desk.screen.note(f"session {chat.conversation.id} · {name} · {counted(said, 'message')}{branch}")


def resume_at(desk: Desk, session: str, node: int) -> None:
    """Goes on with a session, on a branch through a message, and shows the exchange which that is part of.

    Raises UsageError, with nothing done, when there is no such message.
    """
    chat = desk.chat
    head = head_through(chat.store.load(session)[0], node)
    chat.resume(session)
    if head != chat.conversation.head:
        chat.switch(head)
    path = chat.conversation.path()
    here = next(number for number, said in enumerate(path) if said.id == node)
    asked = [number for number, said in enumerate(path) if said.role is Role.USER]
    first = max((number for number in asked if number <= here), default=0)
    end = min((number for number in asked if number > here), default=len(path))
    tell_session(desk)
    desk.screen.line()
    desk.show_exchange(path[first:end])
    if after := len(path) - end:
        desk.screen.note(f"{counted(after, 'message')} after that; what you say follows them; /history shows all")
        desk.screen.line()


# ---- taking out


@commands.command(ABOUT)
async def export(desk: Desk, file: Annotated[str, Kind("files", "FILE")] = "") -> None:
    """Write this session to a file: .md, .json (all there is) or .html."""
    conversation = desk.chat.conversation
    if not conversation.nodes:
        raise UsageError("there is nothing to export", "nothing was said yet", "say something first")
    path = to_write(file or _file_name(conversation))
    there = path.exists()
    if there and not await desk.asking.confirm(f"{path} is there already. Write over it?"):
        desk.screen.note("not exported")
        return
    session = Session(conversation, desk.chat.settings.kept())
    files.write(path, _written(session, path.suffix, desk.themes.chosen), replace=there)
    desk.screen.note(("success", f"exported to {path}"))


def export_session(screen: Screen, store: Store, session: str, file: str | None, theme: Callable[[], Theme]) -> None:
    """What `--export` does: to standard output, as Markdown, without a file or with `-`.

    Raises UsageError when the session is not there, or the file is there already.
    """
    found = Session(*store.load(store.find(session)))
    if file in (None, "-"):
        text = repair(_written(found, ".md", theme))
        screen.write(neutralise(text) if screen.is_terminal else text)
        return
    path = to_write(str(file))
    files.write(path, _written(found, path.suffix, theme))
    screen.note(("success", f"exported to {path}"))


def _written(session: Session, suffix: str, theme: Callable[[], Theme]) -> str:
    """The text of a file with this ending, of one without an ending as Markdown. Raises UsageError for any other."""
    if suffix.lower() == ".json":
        from mistral_chat.exchange import whole

        return whole.write(session)
    if suffix.lower() in (".html", ".htm"):
        from mistral_chat.exchange import page

        return page.write(session, theme())
    if suffix.lower() not in ("", ".md", ".markdown", ".txt"):
        raise UsageError(f"nothing is exported as {suffix}", hint="name a file that ends in .md, .json or .html")
    from mistral_chat.exchange import markdown

    return markdown.write(session)


def _file_name(conversation: Conversation) -> str:
    from mistral_chat.exchange import words

    name = re.sub(r"\W+", "-", words.title(conversation).lower())[:NAME_CELLS].strip("-_")
    return f"{name or conversation.id}.md"


# ---- bringing in


@commands.command(ABOUT, "import")
async def bring_in_here(desk: Desk, file: Annotated[str, Kind("files", "FILE")]) -> None:
    """Bring in sessions: our .json, ChatGPT's conversations.json or zip, logs.db of llm."""
    sessions = _read(file)
    outcomes: Counter[str] = Counter()
    try:
        for outcome in bring_in(desk.chat.store, sessions):
            outcomes[outcome] += 1
            _tell_progress(desk.screen, outcomes.total(), len(sessions))
            await asyncio.sleep(0)  # so that Ctrl-C can end it
    finally:
        _tell(desk.screen, outcomes, sessions)


def import_file(screen: Screen, store: Store, file: str) -> None:
    """What `--import` does. Raises UsageError when the file cannot be read; then nothing came in."""
    sessions = _read(file)
    outcomes: Counter[str] = Counter()
    for outcome in bring_in(store, sessions):
        outcomes[outcome] += 1
        _tell_progress(screen, outcomes.total(), len(sessions))
    _tell(screen, outcomes, sessions)


def bring_in(store: Store, sessions: Sequence[Session]) -> Iterator[str]:
    """Saves sessions, each in one transaction, and says of each what became of it.

    One that is here already, with all its messages, is not saved again. One that has other messages than the session
    of the same id comes in beside it, under an id that its content gives, so that this too happens but once.
    """
    from mistral_chat.exchange import whole

    known = {summary.id for summary in store.sessions()}
    for session in sessions:
        conversation = session.conversation
        outcome = "came in"
        if not conversation.nodes:
            yield "without messages, left out" if not session.unread else "made no sense, left out"
            continue
        if conversation.id in known:
            here, _ = store.load(conversation.id)
            outcome = "came in beside one that went on otherwise"
            other = derived_id(conversation.id, whole.write(session))
            if other in known or conversation.nodes.items() <= here.nodes.items():
                yield "here already"
                continue
            conversation = Conversation(other, conversation.title, conversation.nodes, conversation.head)
        known.add(store.save(conversation, session.settings))
        yield outcome


def _read(file: str) -> Sequence[Session]:
    from mistral_chat.exchange import reading

    return reading.read(expanded(file, "name an exported file"))


def _tell_progress(screen: Screen, done: int, of: int) -> None:
    if done % PROGRESS == 0 and done < of:
        screen.note(f"{done:,} of {of:,}")


def _tell(screen: Screen, outcomes: Counter[str], sessions: Sequence[Session]) -> None:
    if not outcomes:
        screen.note("no session in it")
    for outcome, count in outcomes.items():
        screen.note(("success" if outcome == "came in" else "note", f"{counted(count, 'session')} {outcome}"))
    if unread := sum(session.unread for session in sessions if session.conversation.nodes):
        screen.warn(f"{counted(unread, 'message')} in them made no sense, left out")


# ---- deleting


@commands.command(ABOUT, "delete")
async def delete_here(desk: Desk, session: Annotated[str, Kind("sessions", "SESSION")] = "") -> None:
    """Delete a session for good, by default this one; asks first."""
    store = desk.chat.store
    found = store.find(session) if session else desk.chat.conversation.id
    if not found:
        raise UsageError("there is nothing to delete", "nothing was said yet", "name a session")
    sure = await desk.asking.confirm(question_before_delete(store, found))
    if sure and found == desk.chat.conversation.id:
        desk.chat.new()
    if sure:
        desk.hits = [hit for hit in desk.hits if hit.session != found]
    delete(desk.screen, store, found, sure)


def question_before_delete(store: Store, session: str) -> str:
    """What to ask before `delete`."""
    summary = next((one for one in store.sessions() if one.id == session), None)
    about = f" {one_line(summary.name, NAME_CELLS)} ({counted(summary.messages, 'message')})" if summary else ""
    return f"Delete session {session}{about}? It cannot be brought back."


def delete(screen: Screen, store: Store, session: str, sure: bool) -> None:
    """Deletes a session when that was agreed to, and tells where copies, or what was typed, may hold it still."""
    if not sure:
        screen.note("not deleted")
        return
    copies = store.delete(session)
    screen.note(("success", f"session {session} is deleted"))
    if copies:
        screen.warn(f"copies of the store that were made before may hold it still: {', '.join(map(str, copies))}")
    if store.path and (typed := store.path.with_name(HISTORY)).exists():
        screen.note(f"what was typed at the prompt is still in its history: {typed}")
