"""The tree of messages of one conversation and the place in it where the talk goes on; every change is a new value.

Nothing is ever taken out: another answer, another wording or a step back moves the head, and the branch that is left
stays in the tree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from mistral_chat.events import FinishReason, Usage
from mistral_chat.message import Json, Message, Role


@dataclass(frozen=True, slots=True)
class Node:
    """A message in its place. `at` is Unix time in seconds, `first` and `seconds` how long an answer took.

    `finish_reason` is that of an answer; None while it streams and for messages that are no answers. `settings` are the
    request fields an answer was asked with.
    """

    id: int
    parent: int | None
    message: Message
    at: float = 0.0
    finish_reason: FinishReason | None = None
    model: str = ""
    usage: Usage | None = None
    first: float | None = None
    seconds: float | None = None
    settings: Json = field(default_factory=dict)

    @property
    def role(self) -> Role:
        return self.message.role

    @property
    def unfinished(self) -> bool:
        """An answer that could go on: cut, stopped, too long or still without an end."""
        done = self.finish_reason is not None and self.finish_reason.complete
        return self.role is Role.ASSISTANT and not done


@dataclass(frozen=True, slots=True)
class Conversation:
    """`nodes` by id in the order they were said; `head` is the last message of the branch in use, None before any.

    `past` are the heads that `undo` goes back to, the latest last; it is not kept with the session.
    """

    id: str = ""
    title: str = ""
    nodes: Mapping[int, Node] = field(default_factory=dict)
    head: int | None = None
    past: tuple[int | None, ...] = ()

    def add(self, node: Node) -> Conversation:
        """With one node more, which becomes the head. Raises ValueError for a used id or an unknown parent."""
        if node.id in self.nodes:
            raise ValueError(f"there is a message {node.id} already")
        if node.parent is not None and node.parent not in self.nodes:
            raise ValueError(f"there is no message {node.parent} to answer")
        return replace(self, nodes={**self.nodes, node.id: node}, head=node.id)

    def change(self, node: Node) -> Conversation:
        """With the node of this id in a new state: an answer that grew or ended. Raises ValueError if it moved."""
        if self.nodes[node.id].parent != node.parent:
            raise ValueError("a message stays where it is")
        return replace(self, nodes={**self.nodes, node.id: node})

    def switch(self, head: int | None) -> Conversation:
        """With another head. Raises ValueError when there is no such message."""
        if head is not None and head not in self.nodes:
            raise ValueError(f"there is no message {head}")
        return replace(self, head=head)

    def mark(self) -> Conversation:
        """With the present head as the one to undo to."""
        return replace(self, past=(*self.past, self.head))

    def undo(self) -> Conversation:
        """With the head that was last marked; where none is, one exchange back."""
        if not self.past:
            return self.step_back()
        return replace(self, head=self.past[-1], past=self.past[:-1])

    def path(self, to: int | None = None) -> tuple[Node, ...]:
        """What was said from the beginning to a node, by default to the head."""
        return tuple(self._back(self.head if to is None else to))[::-1]

    def children(self) -> dict[int | None, list[Node]]:
        """The messages that follow each one, oldest first; under None those that begin the conversation."""
        children: dict[int | None, list[Node]] = {place: [] for place in (None, *self.nodes)}
        for node in self.nodes.values():
            children[node.parent].append(node)
        return children

    def leaves(self) -> tuple[Node, ...]:
        """The last message of each branch, oldest first, which gives the branches their numbers."""
        parents = {node.parent for node in self.nodes.values()}
        return tuple(node for node in self.nodes.values() if node.id not in parents)

    def last(self, role: Role) -> Node | None:
        """The latest message of a role on the way to the head."""
        return next((node for node in self._back(self.head) if node.role is role), None)

    @property
    def opening(self) -> Node | None:
        """The question the talk began with; one that nobody answered gives way to the next."""
        question = None
        for node in self.nodes.values():
            if node.role is Role.ASSISTANT and question is not None:
                break
            if node.role is Role.USER and node.message.text:
                question = node
        return question

    def step_back(self) -> Conversation:
        """Before the last question and all that followed it; the same when nothing was asked."""
        asked = self.last(Role.USER)
        return self if asked is None else self.switch(asked.parent)

    def _back(self, place: int | None) -> Iterator[Node]:
        while place is not None:
            yield (node := self.nodes[place])
            place = node.parent
