"""The tree of a conversation as lines: what was said, indented at each fork, the branch in use marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mistral_chat.conversation import Conversation, Node

SHOWN = 2
"""So many messages are shown at both ends of a stretch without forks; what is between them is counted."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the outline: how deep it stands, the message, or how many were left out.

    `number` is that of the branch that ends here, from 1; `current` that the way to the head goes through here.
    """

    depth: int
    node: Node | None
    left_out: int = 0
    number: int | None = None
    current: bool = False


def outline(conversation: Conversation) -> Iterator[Line]:
    """The lines of the tree, each branch under its fork, in the order in which they were begun."""
    children = conversation.children()
    numbers = {node.id: number for number, node in enumerate(conversation.leaves(), 1)}
    current = {node.id for node in conversation.path()}
    waiting = [(0, node) for node in reversed(children[None])]
    while waiting:
        depth, node = waiting.pop()
        stretch = [node]
        while len(following := children[stretch[-1].id]) == 1:
            stretch.append(following[0])
        yield from _stretch(stretch, depth, numbers, current)
        waiting += [(depth + 1, child) for child in reversed(following)]


def _stretch(nodes: list[Node], depth: int, numbers: Mapping[int, int], current: set[int]) -> Iterator[Line]:
    """The messages of a stretch without forks, those in the middle of a long one counted."""
    left_out = len(nodes) - 2 * SHOWN
    for place, node in enumerate(nodes):
        if left_out > 1 and place == SHOWN:
            yield Line(depth, None, left_out, current=node.id in current)
        if left_out <= 1 or not SHOWN <= place < len(nodes) - SHOWN:
            yield Line(depth, node, number=numbers.get(node.id), current=node.id in current)
