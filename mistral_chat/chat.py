"""The chat is the one thing that changes, and `say` is one turn: a question is kept, sent and answered.

START READING HERE. The edges, client and store, are handed in; what happens in a turn is told to a view by feeding it
the events.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from mistral_chat.arriving import CHECKPOINT_SECONDS, Arriving
from mistral_chat.conversation import Conversation, Node
from mistral_chat.errors import ChatError, ConnectionLost, Exit, Rejected, StoreError, UsageError
from mistral_chat.events import Event, FinishReason, Retrying, TextDelta
from mistral_chat.message import Message, Role
from mistral_chat.models import Model, find
from mistral_chat.settings import Layer, Settings, outdated
from mistral_chat.store import Gone, Store

if TYPE_CHECKING:
    from mistral_chat.client import Client
    from mistral_chat.wire import Request

WORTH_RESUMING = 16
"""Characters that must have come for a broken answer to be gone on with unasked."""

T = TypeVar("T")


class View(Protocol):
    """Whatever shows an answer while it arrives."""

    def feed(self, event: Event) -> None: ...


class Turn(NamedTuple):
    """How an answer ended: the answer as it is kept, None when nothing of it arrived, and what went wrong.

    `model` is the one that was asked.
    """

    answer: Node | None
    error: ChatError | None = None
    model: str = ""

    @property
    def broke(self) -> bool:
        """Whether the connection ended in the middle of the answer."""
        return isinstance(self.error, ConnectionLost) and self.answer is not None

    @property
    def interrupted(self) -> bool:
        """Whether the user stopped the answer, or the request before anything came."""
        return self.error is None and (self.answer is None or self.answer.finish_reason is FinishReason.INTERRUPTED)

    @property
    def refused_prefix(self) -> bool:
        """Whether the server would not go on with what there was of an answer."""
        return isinstance(self.error, Rejected) and self.answer is not None

    def exit_status(self, *, strict: bool = False) -> Exit:
        """The status of a one-shot run. `strict` makes an answer cut at its length incomplete."""
        reason = self.answer.finish_reason if self.answer else None
        if reason is FinishReason.INTERRUPTED:
            return Exit.INTERRUPTED
        if self.error is not None:
            return self.error.exit_status if self.answer is None else Exit.INCOMPLETE
        if reason is None:
            return Exit.INTERRUPTED
        too_long = reason in (FinishReason.LENGTH, FinishReason.MODEL_LENGTH)
        return Exit.INCOMPLETE if reason is FinishReason.ERROR or (strict and too_long) else Exit.COMPLETE


class Chat:
    """A conversation that goes on.

    `notices` collects what the user should be told once; `take_notices` empties it. `models` is what is known of the
    server's models, empty when nothing is. `store_error` is why the conversation is not on disk, None when it is.
    """

    def __init__(self, settings: Settings, connect: Callable[[], Client], store: Store) -> None:
        """`connect` makes the client when it is first needed, since that takes a while."""
        self.settings = settings
        self.store = store
        self.conversation = Conversation()
        self.models: Sequence[Model] = ()
        self.notices: list[str] = []
        self.store_error: StoreError | None = None
        self._memory: Store | None = None  # in the place of the store while that cannot be written
        self._connect = connect
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        if self._client is None:
            self._client = self._connect()
        return self._client

    async def close(self) -> None:
        """Lets go of the connections and of the store; what is not saved yet is tried once more."""
        if self._client is not None:
            await self._client.aclose()
        self._save_again()
        self.store.close()

    def take_notices(self) -> Sequence[str]:
        """What the user should be told, and from then on knows."""
        notices, self.notices = [self.store.take_notice(), *self.notices], []
        return [notice for notice in notices if notice]

    # ---- sessions

    @property
    def title(self) -> str:
        """The title of the session; by itself the first question, "" before there is one."""
        asked = self.conversation.opening
        return self.conversation.title or (asked.message.text if asked else "")

    @property
    def unanswered(self) -> Node | None:
        """What was said last, when it is a question that got no answer: at the head, or taken back from there."""
        nodes, head = self.conversation.nodes, self.conversation.head
        last = nodes[max(nodes)] if nodes else None
        return last if last is not None and last.role is Role.USER and head in (last.id, last.parent) else None

    @property
    def question(self) -> Node:
        """The question to answer again. Raises UsageError when nothing was asked."""
        asked = self.unanswered or self.conversation.last(Role.USER)
        if asked is None:
            raise UsageError("there is no question to ask again", hint="ask something first")
        return asked

    def new(self) -> None:
        """Begins another conversation with the same settings; the old one stays where it is kept."""
        self._save_again()
        self._leave_for(Conversation())

    def resume(self, session: str) -> None:
        """Goes on with a kept session, under its own settings; what the command line said stays on top.

        Settings that are not valid any more are told.
        """
        self._save_again()
        conversation, kept = self.store.load(session)
        self._leave_for(conversation)
        self.settings = self.settings.restore(kept)
        self.notices += [f"not as the session had it: {name}: {why}" for name, why in outdated(kept).items()]

    def set_title(self, title: str) -> None:
        """Names the session; a blank title is none."""
        title = title.strip()
        self.conversation = replace(self.conversation, title=title)
        if self.conversation.id:
            self.keep(lambda store, session: store.set_title(session, title))

    def change_settings(self, settings: Settings) -> None:
        """Takes new settings and keeps them with the session."""
        self.settings = settings
        if self.conversation.id:
            self.keep(lambda store, session: store.save_settings(session, settings.kept()))

    def undo(self) -> None:
        """Goes back to where the talk was before the last question, retry or switch; nothing is deleted."""
        self._go_to(self.conversation.undo())

    def switch(self, head: int | None) -> None:
        """Goes on from another message; the branch that is left stays."""
        self._save_again()
        self._go_to(self.conversation.mark().switch(head))

    def _go_to(self, conversation: Conversation) -> None:
        self.conversation = conversation
        if conversation.id:
            self.keep(lambda store, session: store.move_head(session, conversation.head))

    # ---- a turn

    async def say(self, message: Message, view: View) -> Turn:
        """One turn: the question is on disk before it is sent, the answer while it arrives."""
        self.ask(message)
        return await self.answer(view)

    def ask(self, message: Message) -> Node:
        """Keeps a message of the user's and makes it the head."""
        self._save_again()
        parent, at = self.conversation.head, time.time()
        if not self.conversation.id:
            return self._begin_session(message, at)
        appended = self.keep(lambda store, session: store.append(session, parent, message, at))
        if appended.diverged:
            self.notices.append("this session went on in another window: what you say here is a branch of its own")
        return self._add(Node(appended.id, parent, message, at))

    def take_back(self) -> Message | None:
        """After a question that got no answer: steps back before it and gives it back; it stays as a branch."""
        asked = self.conversation.last(Role.USER)
        if asked is None or asked.id != self.conversation.head:
            return None
        self._go_to(self.conversation.undo())
        return asked.message

    async def answer(self, view: View, settings: Settings | None = None, *, resumes: bool = True) -> Turn:
        """Asks for an answer to the head and keeps it; goes on once by itself when the connection breaks.

        All of it is asked with one set of `settings`, by default those in force. What was set for one request alone
        is used up when something arrives. Cancelling ends the answer: what came is kept.
        """
        settings = settings or self.settings
        request = self._request(settings, self.conversation.path(), settings["prefix"] or "")
        arriving = Arriving(request, self.conversation.head)
        turn = await self._receive(self.client.stream(request), arriving, view)
        resumes = resumes and settings["resume"] == "auto"
        if resumes and turn.broke and len(arriving.reply.message.text) >= WORTH_RESUMING:
            view.feed(Retrying(1, 0, "connection lost; going on where it stopped"))
            return await self.go_on(view, settings)
        return turn

    async def go_on(self, view: View, settings: Settings | None = None) -> Turn:
        """Goes on with the answer at the head where it stopped, by sending what there is of it as prefix.

        It is asked for as what there is was, unless with other `settings`. Only what follows is fed to the view. Raises
        UsageError when the head is no unfinished answer.
        """
        head = self.conversation.head
        if head is None or not (stopped := self.conversation.nodes[head]).unfinished:
            what = "there is nothing to go on with"
            if self.conversation.last(Role.ASSISTANT) is None:
                way_on = "/retry asks again" if self.unanswered else "ask something first"
                raise UsageError(what, "nothing was answered yet", way_on)
            raise UsageError(what, "the last answer is complete", "/retry asks for another")
        before = self.conversation.path(stopped.parent) if stopped.parent is not None else ()
        request = self._request(settings or self.settings.as_asked(stopped.settings), before, stopped.message.text)
        rest = _after(self.client.stream(request), len(request.prefix))
        return await self._receive(rest, Arriving(request, stopped.parent, stopped), view)

    async def compare(self, models: Sequence[str]) -> AsyncIterator[Turn]:
        """The last question, asked of several models at once; yields each answer as it ends, a branch each.

        Cancelling ends them: what came is kept and yielded as well. The head is then the last answer that was not
        interrupted; it stays where it was when there is none. Raises UsageError when nothing was asked.
        """
        asked = self.question
        self.switch(asked.id)
        requests = [replace(self.request(), model=model) for model in models]
        tasks = [
            asyncio.create_task(self._receive(self.client.stream(request), Arriving(request, asked.id), Unseen()))
            for request in requests
        ]
        running, last = set(tasks), None
        try:
            while running:
                try:
                    ended, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                except asyncio.CancelledError:
                    for task in running:
                        task.cancel()
                    continue
                for task in sorted(ended, key=tasks.index):
                    turn = task.result()
                    last = last if turn.interrupted else turn.answer or last
                    yield turn
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            if last is None:
                self.undo()
            else:
                self._go_to(self.conversation.switch(last.id))

    async def _receive(self, stream: AsyncGenerator[Event, None], arriving: Arriving, view: View) -> Turn:
        """One answer from its first event to its place in the tree."""
        error: ChatError | None = None
        reason: FinishReason | None = None
        ticking = asyncio.create_task(self._checkpoint(arriving))
        try:
            async with aclosing(stream) as events:
                async for event in events:
                    arriving.feed(event)
                    if arriving.due:
                        self._write(arriving)
                    view.feed(event)
            reason = arriving.reply.finish_reason
        except asyncio.CancelledError:
            reason = FinishReason.INTERRUPTED
        except ChatError as caught:
            error = caught
            reason = FinishReason.CUT if isinstance(caught, ConnectionLost) else FinishReason.ERROR
        finally:
            ticking.cancel()
            answer = self._end(arriving, reason or FinishReason.INTERRUPTED)
        return Turn(answer, error, arriving.request.model)

    async def _checkpoint(self, arriving: Arriving) -> None:
        """Writes what has arrived also while nothing more does."""
        while True:
            await asyncio.sleep(CHECKPOINT_SECONDS)
            if arriving.begun:
                self._write(arriving)

    def _write(self, arriving: Arriving) -> None:
        """Puts on the disk what has arrived; the first time, the answer gets its place in the tree."""
        node, parts = arriving.node, arriving.take()
        if node.id:
            if parts:
                self.keep(lambda store, session: store.checkpoint(session, node.id, parts))
            return
        parent, at, model, settings = node.parent, time.time(), arriving.reply.model, node.settings
        number = self.keep(
            lambda store, session: store.begin(session, parent, model=model, at=at, settings=settings, parts=parts)
        )
        arriving.node = replace(node, id=number, at=at, model=model)
        self.conversation = self.conversation.add(arriving.node)

    def _end(self, arriving: Arriving, reason: FinishReason) -> Node | None:
        """Keeps the answer for good, and what was set for it alone is used up; where none came, all is as before."""
        if not arriving.answered:
            return arriving.stopped
        self.settings = self.settings.without(Layer.ONCE)
        if not arriving.node.id:
            self._write(arriving)
        answer = arriving.ended(reason)
        self.keep(lambda store, session: store.finish(session, answer))
        self.conversation = self.conversation.change(answer)
        return answer

    def request(self, question: Message | None = None) -> Request:
        """What would be sent now, with one more question if given."""
        return self._request(self.settings, self.conversation.path(), self.settings["prefix"] or "", question)

    def _request(
        self, settings: Settings, path: Sequence[Node], prefix: str, question: Message | None = None
    ) -> Request:
        from mistral_chat.history import acceptable
        from mistral_chat.wire import Request

        model = find(settings["model"], self.models)
        said = [node.message for node in path]
        messages = acceptable(
            [*said, question] if question else said,
            system=settings["system"] or "",
            prefix=bool(prefix),
            thinking=self._reasons(settings["model"], path),
            alternate=not is_mistral(settings["base_url"]),
            images=self._images_taken(settings["model"]),
            audio=model is None or not model.lacks("audio"),
        )
        return Request(settings["model"], messages, settings.request_fields(), prefix, settings["stream"])

    def images_left_out(self) -> tuple[int, int]:
        """How many images of the conversation the next request goes without, and how many it may hold."""
        from mistral_chat.history import count_images

        taken = self._images_taken(self.settings["model"])
        return max(0, count_images(node.message for node in self.conversation.path()) - taken), taken

    def _images_taken(self, name: str) -> int:
        """How many images a request may hold: none when the model is known not to see."""
        from mistral_chat.history import MOST_IMAGES

        model = find(name, self.models)
        return 0 if model is not None and model.lacks("vision") else MOST_IMAGES

    def _reasons(self, model: str, path: Sequence[Node]) -> bool:
        """Whether a model takes thoughts back: as its card says, else whether it is the one that had them."""
        if (card := find(model, self.models)) is not None:
            return card.reasoning
        return all(node.settings.get("model") == model for node in path if node.message.thinking)

    # ---- keeping

    @property
    def saved(self) -> bool:
        """Whether what is said here is on disk, as far as it is known."""
        return self.store.path is not None and not self.store.read_only and self.store_error is None

    def keep_in_memory(self) -> None:
        """From here on nothing is written to disk."""
        self.notices.append(self.store.take_notice())
        self.store.close()
        self.store = Store(None)
        if self.conversation.id:
            self.store.save(self.conversation, self.settings.kept())

    def _begin_session(self, first: Message, at: float) -> Node:
        """Session and message are saved together, so that the disk is waited for once before the request leaves."""
        title, kept = self.conversation.title, self.settings.kept()
        session = self.keep(lambda store, _: store.new_session(kept, title, at, first))
        self.conversation = replace(self.conversation, id=session)
        return self._add(Node(1, None, first, at))

    def _add(self, node: Node) -> Node:
        self.conversation = self.conversation.mark().add(node)
        return node

    def keep(self, write: Callable[[Store, str], T]) -> T:
        """Writes to the store, or to memory as long as that fails; `write` is given which, and the session in it."""
        try:
            return write(self._memory or self.store, self.conversation.id)
        except Gone as error:
            self._save_anew(error)
        except StoreError as error:
            self._turn_to_memory(error)
        return write(self._memory or self.store, self.conversation.id)

    def _turn_to_memory(self, error: StoreError) -> None:
        if not self.store.read_only:  # of which the store has told itself
            self.notices.append(f"{error.what}: this session is no longer saved; the next question tries it again")
        self.store_error = error
        self._memory = Store(None)
        if self.conversation.id:
            self._memory.save(self.conversation, self.settings.kept())

    def _save_anew(self, error: Gone) -> None:
        """What was deleted elsewhere, or lost, and yet goes on here is saved once more."""
        try:
            self._make_good()
        except StoreError as failed:
            self._turn_to_memory(failed)
        else:
            why = f": {error.why}" if error.why else ""
            self.notices.append(f"{error.what}{why}; since you go on with it here, all of it is saved again")

    def _save_again(self) -> None:
        """Tries to save what could not be saved before."""
        if self._memory is None:
            return
        try:
            self._make_good()
        except StoreError as error:
            self.store_error = error
        else:
            self._memory = self.store_error = None
            self.notices.append("all of this session is saved now")

    def _make_good(self) -> None:
        session = self.store.make_good(self.conversation, self.settings.kept())
        self.conversation = replace(self.conversation, id=session)

    def _leave_for(self, conversation: Conversation) -> None:
        if self._memory is not None:
            if self.store_error is not None and not self.store.read_only:
                self.notices.append(f"{self.store_error.what}: what was said could not be saved")
            self._memory = self.store_error = None
        self.conversation = conversation


def is_mistral(base_url: str) -> bool:
    """Whether a server is Mistral's own; others want user and assistant in turn."""
    host = base_url.partition("://")[2].split("/")[0].split(":")[0]
    return host == "mistral.ai" or host.endswith(".mistral.ai")


class Unseen:
    """A view of an answer that nobody looks at while it arrives."""

    def feed(self, event: Event) -> None: ...


async def _after(events: AsyncGenerator[Event, None], skip: int) -> AsyncGenerator[Event, None]:
    """The events without the first characters of the text."""
    async with aclosing(events):
        async for event in events:
            if skip and isinstance(event, TextDelta):
                skipped, skip = skip, max(0, skip - len(event.text))
                event = TextDelta(event.text[skipped:])
                if not event.text:
                    continue
            yield event
