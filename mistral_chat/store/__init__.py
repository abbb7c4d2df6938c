"""Sessions on disk: a message is safe when the call that saves it returns, and only `delete` takes one away."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from sqlite3 import Error as SqliteError
from typing import Concatenate, NamedTuple, ParamSpec, TypeVar

from mistral_chat.conversation import Conversation, Node
from mistral_chat.errors import StoreReadOnly
from mistral_chat.message import Json, Message, Part, Role
from mistral_chat.store import rows, tree
from mistral_chat.store.alive import Alive, bury, is_alive, writers
from mistral_chat.store.faults import Damaged, Gone, fault, is_damage
from mistral_chat.store.file import Identity, copies, identity, open_file
from mistral_chat.store.listing import Summary, is_id, meant, new_id
from mistral_chat.store.search import Hit, search
from mistral_chat.store.waiting import reading, writing
from mistral_chat.text import repair

__all__ = ["Appended", "Gone", "Hit", "Store", "Summary"]


class Appended(NamedTuple):
    """`diverged`: another process had gone on in this session meanwhile, and the message began a branch."""

    id: int
    diverged: bool


_P = ParamSpec("_P")
_T = TypeVar("_T")


def _guarded(method: Callable[Concatenate[Store, _P], _T]) -> Callable[Concatenate[Store, _P], _T]:
    """What SQLite raises leaves the store as a StoreError; a damaged file is rescued first, and the call made again."""

    @wraps(method)
    def call(store: Store, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            store._follow()
            return method(store, *args, **kwargs)
        except (SqliteError, Damaged, OSError) as error:
            if not is_damage(error) or store.path is None or store.read_only:
                raise fault(error, store.path) from error
        try:
            store._db.close()
            damaged, store._identity = store._identity, None  # what is in its place is opened, now or later
            store._rescue(store.path, damaged)
            store._open(store.path)
            return method(store, *args, **kwargs)
        except Gone as error:
            raise Gone(error.what, "it could not be read from the damaged file", error.hint) from error
        except (SqliteError, Damaged, OSError) as error:
            raise fault(error, store.path) from error

    return call


class Store:
    """The sessions in one file, or in memory. Every method raises StoreError when the file does not let it.

    `path` is None when nothing is kept on disk. `notice` is a sentence for the user, empty when all is well: that
    sessions cannot be saved or changed and why, or that a damaged file was set aside. `take_notice` empties it.
    """

    def __init__(self, path: Path | None) -> None:
        """Opens the file, which is made with its folders when it is missing; None keeps everything in memory."""
        self._alive: Alive | None = None
        self._heads: dict[str, int | None] = {}
        self._why_read_only = ""
        self.notice = ""
        try:
            self._open(path)
        except (SqliteError, OSError) as error:
            raise fault(error, path) from error

    def close(self) -> None:
        """Lets go of the file; answers that still stream count as interrupted from now on."""
        if self._alive:
            self._alive.close()
        self._db.close()

    def take_notice(self) -> str:
        """What the user should be told, and from then on knows."""
        notice, self.notice = self.notice, ""
        return notice

    # ---- sessions

    @_guarded
    def new_session(
        self, settings: Json, title: str = "", at: float | None = None, first: Message | None = None
    ) -> str:
        """The id of a new session, with `first` as its message 1; lists leave a session out that has no message yet."""
        at = time.time() if at is None else at
        with self._writing():
            session = self._create("", title, settings, at)
            self._heads[session] = None
            if first is not None:
                number = tree.number_of(self._db, session)
                self._move(session, number, tree.add(self._db, number, Node(0, None, first, at)))
        return session

    @_guarded
    def load(self, session: str) -> tuple[Conversation, Json]:
        """The conversation and the settings kept with it.

        What a process that died had received of an answer is there, with the reason INTERRUPTED; an answer that another
        process still receives has no reason yet.
        """
        dead = self._settle()
        with self._reading():
            number = tree.number_of(self._db, session)
            title, head, settings = self._db.execute(
                "SELECT title, head, settings FROM session WHERE number = ?", (number,)
            ).fetchone()
            nodes = tree.load(self._db, number, dead)
        self._heads[session] = head
        return Conversation(session, title, nodes, head), json.loads(settings)

    @_guarded
    def save(self, conversation: Conversation, settings: Json) -> str:
        """A whole conversation as a new session: its tree as it is, under its own id when that is free.

        Raises UsageError when the ids do not ascend, or a parent or the head is missing.
        """
        tree.check(conversation.nodes.values(), conversation.head)
        with self._writing():
            return self._save(conversation, settings)

    @_guarded
    def make_good(self, conversation: Conversation, settings: Json) -> str:
        """Saves what could not be saved before of a conversation that has gone on meanwhile; gives its session.

        It is a new one when the old one is not there, or holds something that the conversation does not.
        """
        with self._writing():
            number = tree.find(self._db, conversation.id)
            if number is None or not tree.covers(self._db, number, conversation.nodes):
                return self._save(conversation, settings)
            tree.clear(self._db, number)
            tree.add_all(self._db, number, list(conversation.nodes.values()))
            self._db.execute(
                "UPDATE session SET title = ?, settings = ?, head = ? WHERE number = ?",
                (repair(conversation.title), rows.dump(settings), conversation.head, number),
            )
            self._heads[conversation.id] = conversation.head
        return conversation.id

    @_guarded
    def find(self, words: str) -> str:
        """The session that is meant by an id, the beginning of one, a title, or a part of one.

        Raises UsageError with the candidates when there is none, or more than one.
        """
        with self._reading():
            exact = self._db.execute("SELECT id FROM session WHERE id = ?", (repair(words),)).fetchone()
        return str(exact[0]) if exact else meant(words, self.sessions())

    @_guarded
    def latest(self) -> str | None:
        """The session in which something was said last; one in which all was taken back unanswered only if need be."""
        with self._reading():
            found = self._db.execute(
                """SELECT id FROM session WHERE messages > 0
                    ORDER BY head IS NULL AND model = '', updated DESC, number DESC LIMIT 1"""
            ).fetchone()
        return str(found[0]) if found else None

    @_guarded
    def sessions(self, limit: int | None = None) -> list[Summary]:
        """The sessions that have messages, the most recent first."""
        with self._reading():
            found = self._db.execute(
                """SELECT id, title, question, messages, model, created, updated FROM session
                    WHERE messages > 0 ORDER BY updated DESC, number DESC LIMIT ?""",
                (-1 if limit is None else limit,),
            )
            return [Summary(*row) for row in found]

    @_guarded
    def search(self, words: str, limit: int = 20) -> list[Hit]:
        """The messages with all the words, the best first.

        A word is found by its beginning, "words in quotes" as a phrase; case does not matter, nor do the accents of
        Latin letters.
        """
        with self._reading():
            return search(self._db, repair(words), limit)

    @_guarded
    def set_title(self, session: str, title: str) -> None:
        with self._writing():
            self._db.execute(
                "UPDATE session SET title = ? WHERE number = ?", (repair(title), tree.number_of(self._db, session))
            )

    @_guarded
    def save_settings(self, session: str, settings: Json) -> None:
        with self._writing():
            self._db.execute(
                "UPDATE session SET settings = ? WHERE number = ?",
                (rows.dump(settings), tree.number_of(self._db, session)),
            )

    # ---- messages

    @_guarded
    def append(self, session: str, parent: int | None, message: Message, at: float) -> Appended:
        """Saves a message that is complete and moves the head to it; `parent` is what it follows."""
        with self._writing():
            number = tree.number_of(self._db, session)
            added = tree.add(self._db, number, Node(0, parent, message, at))
            return Appended(added, self._move(session, number, added))

    @_guarded
    def begin(
        self, session: str, parent: int | None, *, model: str, at: float, settings: Json, parts: Sequence[Part] = ()
    ) -> int:
        """Saves that an answer arrives, with what has arrived already, and moves the head to it.

        The id it gives is for `checkpoint` and `finish`. Until then the answer counts as alive with this process.
        """
        with self._writing():
            number = tree.number_of(self._db, session)
            node = Node(0, parent, Message(Role.ASSISTANT), at, model=model, settings=settings)
            added = tree.add(self._db, number, node)
            self._move(session, number, added)
            tree.grow(self._db, rows.key_of(number, added), self._writer(), parts)
        return added

    @_guarded
    def checkpoint(self, session: str, node: int, parts: Sequence[Part]) -> None:
        """Saves what has arrived of an answer since the last checkpoint; the cost does not depend on what was there."""
        with self._writing():
            number = tree.number_of(self._db, session)
            tree.expect(self._db, number, node)
            tree.grow(self._db, rows.key_of(number, node), self._writer(), parts)

    @_guarded
    def finish(self, session: str, node: Node) -> None:
        """Puts the answer as it is now in the place of its pieces; `node.finish_reason` says how it ended."""
        with self._writing():
            number = tree.number_of(self._db, session)
            tree.expect(self._db, number, node.id)
            tree.end(self._db, number, node)
            self._db.execute(
                "UPDATE session SET model = coalesce(nullif(?, ''), model), updated = max(updated, ?) WHERE number = ?",
                (repair(node.model), node.at + (node.seconds or 0), number),
            )

    @_guarded
    def move_head(self, session: str, head: int | None) -> None:
        """The conversation goes on after this message, or from its beginning."""
        with self._writing():
            number = tree.number_of(self._db, session)
            tree.expect(self._db, number, head)
            self._move(session, number, head)

    @_guarded
    def delete(self, session: str) -> list[Path]:
        """Takes the session away, and all its bytes out of the file.

        Gives the copies that were made before, by a migration or a rescue, and may hold it still.
        """
        with self._writing():
            number = tree.number_of(self._db, session)
            tree.clear(self._db, number)
            self._db.execute("DELETE FROM session WHERE number = ?", (number,))
            # Deleted words stay in the index until its segments are merged, which this does for all at once.
            self._db.execute("INSERT INTO words (words) VALUES ('optimize')")
        return sorted(copies(self.path)) if self.path else []

    # ---- the file

    def _open(self, path: Path | None) -> None:
        before = identity(path)
        try:
            opened = open_file(path)
        except SqliteError as error:
            if path is None or not is_damage(error) or not os.access(path.parent, os.W_OK):
                raise
            self._rescue(path, before)
            opened = open_file(path)
        self._db, self.path, self.read_only = opened.db, opened.path, opened.read_only
        self._identity = opened.identity
        self._why_read_only = opened.notice
        self.notice = opened.notice or self.notice

    def _follow(self) -> None:
        """Opens the file anew when there is another one in its place: it was rescued, restored or deleted."""
        if self.path and identity(self.path) != self._identity:
            before = self._db
            self._open(self.path)
            before.close()

    def _rescue(self, path: Path, damaged: Identity) -> None:
        from mistral_chat.store.rescue import rescue

        self.notice = rescue(path, damaged) or self.notice

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """A transaction that reads; a part of the one around it when there is one."""
        if self._db.in_transaction:
            yield
        else:
            with reading(self._db):
                yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A transaction, which is on disk when the block ends; a part of the one around it when there is one."""
        if self._db.in_transaction:
            yield
            return
        if self.read_only:
            hint = "let their folder be written, or update mistral-chat"
            raise StoreReadOnly("the sessions can be read but not changed", self._why_read_only, hint)
        try:
            with writing(self._db):
                yield
        except BaseException:
            self._heads.clear()
            raise

    def _create(self, session: str, title: str, settings: Json, at: float) -> str:
        """A session with this id, or with a new one when it is taken or is none of ours."""
        while not is_id(session) or self._db.execute("SELECT 1 FROM session WHERE id = ?", (session,)).fetchone():
            session = new_id()
        self._db.execute(
            "INSERT INTO session (id, title, created, updated, settings) VALUES (?, ?, ?, ?, ?)",
            (session, repair(title), at, at, rows.dump(settings)),
        )
        return session

    def _save(self, conversation: Conversation, settings: Json) -> str:
        nodes = list(conversation.nodes.values())
        now = time.time()
        began = min(nodes[0].at, now) if nodes else now
        session = self._create(conversation.id, conversation.title, settings, began)
        number = tree.number_of(self._db, session)
        tree.add_all(self._db, number, nodes)
        self._db.execute("UPDATE session SET head = ? WHERE number = ?", (conversation.head, number))
        self._heads[session] = conversation.head
        return session

    def _move(self, session: str, number: int, head: int | None) -> bool:
        """Moves the head; whether another process had moved it since this one last saw it."""
        (found,) = self._db.execute("SELECT head FROM session WHERE number = ?", (number,)).fetchone()
        diverged = session in self._heads and self._heads[session] != found
        self._db.execute("UPDATE session SET head = ? WHERE number = ?", (head, number))
        self._heads[session] = head
        return diverged

    def _writer(self) -> str:
        """The name under which this process streams."""
        if self._alive is None:
            self._alive = Alive(self.path)
        return self._alive.writer

    # ---- what a process that died has left

    def _settle(self) -> set[str]:
        """Ends the answers of processes that do not live any more; gives the names those wrote under."""
        dead = self._dead()
        if dead and not self.read_only:
            try:
                self._interrupt_the_dead()
            except SqliteError as error:  # a full disk is told when there is something new to save
                if is_damage(error):
                    raise
        return dead

    def _interrupt_the_dead(self) -> None:
        with self._writing():
            dead = self._dead()  # for certain: while this one writes, no other process begins to show that it lives
            tree.interrupt(self._db, dead)
        if self.path:
            for writer in dead:
                bury(self.path, writer)

    def _dead(self) -> set[str]:
        if self.path is None:
            return set()
        with self._reading():
            known = {writer for (writer,) in self._db.execute("SELECT DISTINCT writer FROM stream")}
        ours = {self._alive.writer} if self._alive else set()
        return {writer for writer in known.union(writers(self.path)) - ours if not is_alive(self.path, writer)}
