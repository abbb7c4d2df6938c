"""The chat: the one thing that changes. `say` is one turn: a question is kept, sent, answered, and the answer kept.

The edges (client and store) are handed in; what happens in a turn is told to a view by feeding it the events.
START READING HERE.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, TypeVar

from mistral_chat.conversation import Conversation, Node
from mistral_chat.errors import ChatError, ConnectionLost, Exit, StoreError, StoreReadOnly
from mistral_chat.events import Event, FinishReason, Reply, Started, TextDelta
from mistral_chat.history import acceptable
from mistral_chat.message import Message, Role
from mistral_chat.models import Model
from mistral_chat.settings import Layer, Settings
from mistral_chat.store import Store
from mistral_chat.wire import Request

if TYPE_CHECKING:
    from mistral_chat.client import Client

CHECKPOINT_SECONDS = 0.25
CHECKPOINT_CHARS = 2048
"""What has arrived of an answer is on disk after so long or so much, whichever comes first."""

T = TypeVar("T")


class View(Protocol):
    """Whatever shows an answer while it arrives."""

    def feed(self, event: Event) -> None: ...


@dataclass(frozen=True, slots=True)
class Turn:
    """How an answer ended: the answer as it is kept, None when nothing of it arrived, and what went wrong."""

    answer: Node | None
    error: ChatError | None = None

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

    `notices` collects what the user should be told once; whoever shows them empties it. `models` is what is known of
    the server's models, empty when nothing is.
    """

    def __init__(self, settings: Settings, client: Client, store: Store, *, title: str = "") -> None:
        self.settings = settings
        self.client = client
        self.store = store
        self.conversation = Conversation(title=title)
        self.models: Sequence[Model] = ()
        self.notices: list[str] = []
        self.store_error: StoreError | None = None

    # ---- sessions

    def new(self) -> None:
        """Begins another conversation with the same settings; the old one stays where it is kept."""
        self.conversation = Conversation()

    def resume(self, session: str) -> None:
        """Goes on with a kept session, under its own settings; what the command line said stays on top."""
        self.conversation, kept = self.store.load(session)
        self.settings = self.settings.restore(kept)

    def set_title(self, title: str) -> None:
        self.conversation = replace(self.conversation, title=title)
        if session := self.conversation.id:
            self.keep(lambda store: store.set_title(session, title))

    def change_settings(self, settings: Settings) -> None:
        """Takes new settings and keeps them with the session."""
        self.settings = settings
        if session := self.conversation.id:
            kept = settings.without(Layer.ONCE).kept()
            self.keep(lambda store: store.save_settings(session, kept))

    def move(self, head: int | None) -> None:
        """Goes on from another message; nothing is lost, the branch that is left stays."""
        self.conversation = self.conversation.switch(head)
        if session := self.conversation.id:
            self.keep(lambda store: store.move_head(session, head))

    # ---- a turn

    async def say(self, message: Message, view: View) -> Turn:
        """One turn: the question is on disk before it is sent, the answer while it arrives."""
        self.ask(message)
        return await self.answer(view)

    def ask(self, message: Message) -> Node:
        """Keeps a message of the user's and makes it the head."""
        self._begin_session()
        session, parent, at = self.conversation.id, self.conversation.head, time.time()
        appended = self.keep(lambda store: store.append(session, parent, message, at))
        if appended.diverged:
            self.notices.append("this session went on in another window: what you say here is a branch of its own")
        node = Node(appended.id, parent, message, at)
        self.conversation = self.conversation.add(node)
        return node

    def take_back(self) -> Message | None:
        """After a question that got no answer: steps back before it and gives it back; it stays as a branch."""
        head = self.conversation.head
        if head is None or (node := self.conversation.nodes[head]).role is not Role.USER:
            return None
        self.move(node.parent)
        return node.message

    async def answer(self, view: View) -> Turn:
        """Asks for an answer to the head and keeps it. Cancelling ends the answer: what came is kept."""
        request = self.request()
        self.settings = self.settings.without(Layer.ONCE)
        arriving = Arriving(self, request)
        error: ChatError | None = None
        reason: FinishReason | None = None
        ticking = asyncio.create_task(arriving.tick())
        try:
            async for event in self._events(request):
                arriving.feed(event)
                view.feed(event)
                arriving.keep()
            reason = arriving.reply.finish_reason
        except asyncio.CancelledError:
            reason = FinishReason.INTERRUPTED
        except ChatError as caught:
            error = caught
            reason = FinishReason.CUT if isinstance(caught, ConnectionLost) else FinishReason.ERROR
        finally:
            ticking.cancel()
            answer = arriving.end(reason or FinishReason.INTERRUPTED)
        return Turn(answer, error)

    def request(self, question: Message | None = None) -> Request:
        """What would be sent now, with one more question if given."""
        settings = self.settings
        prefix = settings["prefix"] or ""
        said = [node.message for node in self.conversation.path()]
        messages = acceptable(
            [*said, question] if question else said,
            system=settings["system"] or "",
            prefix=bool(prefix),
            thinking=self._reasons(settings["model"]),
            alternate=not is_mistral(settings["base_url"]),
        )
        return Request(settings["model"], messages, settings.request_fields(), prefix, settings["stream"])

    async def _events(self, request: Request) -> AsyncIterator[Event]:
        async for event in self.client.stream(request):
            yield event

    def _reasons(self, model: str) -> bool:
        """Whether a model takes thoughts back: as its card says, else whether it is the one that had them."""
        for card in self.models:
            if card.is_called(model):
                return card.reasoning
        return all(node.settings.get("model") == model for node in self.conversation.path() if node.message.thinking)

    # ---- keeping

    def keep_in_memory(self) -> None:
        """From here on nothing is written to disk."""
        self.store = Store(None)
        if self.conversation.id:
            self.store.save(self.conversation, self.settings.kept())

    def _begin_session(self) -> None:
        if not self.conversation.id:
            title, kept = self.conversation.title, self.settings.without(Layer.ONCE).kept()
            session = self.keep(lambda store: store.new_session(kept, title))
            self.conversation = replace(self.conversation, id=session)

    def keep(self, write: Callable[[Store], T]) -> T:
        """Writes to the store; one that fails is replaced by memory, once and not silently."""
        try:
            return write(self.store)
        except StoreError as error:
            self.store_error = error
            read_only = isinstance(error, StoreReadOnly)
            self.notices.append(f"{error.what}: this session is {'not saved' if read_only else 'no longer saved'}")
            self.keep_in_memory()
            return write(self.store)


def is_mistral(base_url: str) -> bool:
    """Whether a server is Mistral's own; others want user and assistant in turn."""
    host = base_url.partition("://")[2].split("/")[0].split(":")[0]
    return host == "mistral.ai" or host.endswith(".mistral.ai")


class Arriving:
    """An answer on its way to the disk: begun with its first content, checkpointed, and ended once."""

    def __init__(self, chat: Chat, request: Request) -> None:
        self.reply = Reply()
        self._chat = chat
        self._request = request
        self._began = time.monotonic()
        self._first: float | None = None
        self._node: Node | None = None
        self._mark = 0
        self._pending = 0
        self._written = self._began

    def feed(self, event: Event) -> None:
        self.reply.feed(event)
        self._pending += len(event.text) if type(event) is TextDelta else not isinstance(event, Started)

    def keep(self) -> None:
        """Begins the answer on disk with the first content, then writes what is due."""
        if self._node is None:
            if not self.reply.empty:
                self._begin()
        elif self._pending >= CHECKPOINT_CHARS or time.monotonic() - self._written >= CHECKPOINT_SECONDS:
            self._checkpoint()

    async def tick(self) -> None:
        """Writes what is due also while nothing arrives."""
        while True:
            await asyncio.sleep(CHECKPOINT_SECONDS)
            if self._node is not None:
                self._checkpoint()

    def end(self, reason: FinishReason) -> Node | None:
        """The answer as it is kept for good; None, and nothing kept, when nothing arrived."""
        if self._node is None:
            if self.reply.empty:
                return None
            self._begin()
        assert self._node is not None
        node = replace(
            self._node,
            message=self.reply.message,
            finish_reason=reason,
            model=self.reply.model or self._request.model,
            usage=self.reply.usage,
            first=self._first,
            seconds=time.monotonic() - self._began,
        )
        session = self._chat.conversation.id
        self._chat.keep(lambda store: store.finish(session, node))
        self._chat.conversation = self._chat.conversation.change(node)
        return node

    def _begin(self) -> None:
        self._first = time.monotonic() - self._began
        conversation = self._chat.conversation
        settings = {"model": self._request.model, **self._request.fields}
        node = Node(
            0, conversation.head, Message(Role.ASSISTANT), time.time(), model=self.reply.model, settings=settings
        )
        number = self._chat.keep(
            lambda store: store.begin(conversation.id, node.parent, model=node.model, at=node.at, settings=settings)
        )
        self._node = replace(node, id=number)
        self._chat.conversation = conversation.add(self._node)
        self._checkpoint()

    def _checkpoint(self) -> None:
        assert self._node is not None
        session, number = self._chat.conversation.id, self._node.id
        parts = self.reply.since(self._mark)
        self._mark, self._pending, self._written = self.reply.arrived, 0, time.monotonic()
        if parts:
            self._chat.keep(lambda store: store.checkpoint(session, number, parts))
