"""An answer while it arrives: what there is of it, when that is due on the disk, and the message it becomes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from mistral_chat.conversation import Node
from mistral_chat.events import Event, FinishReason, Reply, TextDelta
from mistral_chat.message import Message, Part, Role, merged

if TYPE_CHECKING:
    from mistral_chat.wire import Request

CHECKPOINT_SECONDS = 0.25
CHECKPOINT_CHARS = 2048
"""What has arrived of an answer is on disk after so long or so much, whichever comes first."""


class Arriving:
    """Feed it the events, and put what it gives to the disk; `node` is the place of the answer in the tree.

    With `stopped`, what arrives continues an answer that is in the tree already; otherwise the id of the node is 0
    until somebody has given it a place.
    """

    def __init__(self, request: Request, parent: int | None, stopped: Node | None = None) -> None:
        self.request = request
        self.reply = Reply()
        settings = {"model": request.model, **request.fields}
        self.stopped = stopped
        self.node = stopped or Node(0, parent, Message(Role.ASSISTANT), settings=settings)
        self._began = time.monotonic()
        self._first: float | None = None
        self._taken_at = -inf
        self._mark = 0
        self._pending = 0

    def feed(self, event: Event) -> None:
        self.reply.feed(event)
        self._pending += len(event.text) if type(event) is TextDelta else 1
        if self._first is None and self.begun:
            self._first = time.monotonic() - self._began

    @property
    def begun(self) -> bool:
        """Whether anything has come that can be kept."""
        return not self.reply.empty

    @property
    def answered(self) -> bool:
        """Whether there is an answer to keep, be it an empty one that the server has ended."""
        return self.begun or self.reply.finish_reason is not None

    @property
    def due(self) -> bool:
        """Whether it is time to write: the first content at once, then by amount and time."""
        waited = time.monotonic() - self._taken_at
        return self.begun and (self._pending >= CHECKPOINT_CHARS or waited >= CHECKPOINT_SECONDS)

    def take(self) -> Sequence[Part]:
        """What has come since it was last asked for."""
        parts = self.reply.since(self._mark)
        self._mark, self._pending, self._taken_at = self.reply.arrived, 0, time.monotonic()
        return parts

    def ended(self, reason: FinishReason) -> Node:
        """The answer as it is kept for good."""
        before = self.stopped or Node(0, None, Message(Role.ASSISTANT))
        usage = self.reply.usage
        return replace(
            self.node,
            message=Message(Role.ASSISTANT, merged(before.message.parts + self.reply.message.parts)),
            finish_reason=reason,
            model=self.reply.model or self.request.model,
            usage=usage + before.usage if usage and before.usage else usage or before.usage,
            first=self._first if before.first is None else before.first,
            seconds=time.monotonic() - self._began + (before.seconds or 0),
        )
