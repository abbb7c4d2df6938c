"""A conversation to write out: two questions, two answers to the first, the older of them left."""

from typing import Any

from mistral_chat.conversation import Conversation, Node
from mistral_chat.events import FinishReason, Usage
from mistral_chat.exchange.session import Session
from mistral_chat.message import Message, Part, Role, Text

BEGAN = 1_790_000_000.0


def said(number: int, parent: int | None, role: Role, *parts: Part | str, **more: Any) -> Node:
    """A message a minute after the one before it; of an answer, a complete one."""
    if role is Role.ASSISTANT:
        more = {"finish_reason": FinishReason.STOP, "model": "mistral-medium-latest", **more}
    content = tuple(Text(part) if isinstance(part, str) else part for part in parts)
    return Node(number, parent, Message(role, content), BEGAN + 60 * number, **more)


def talk(*nodes: Node, head: int | None = None, title: str = "Painters") -> Session:
    tree = {node.id: node for node in nodes}
    return Session(Conversation("k3f9ab2c1d", title, tree, head or max(tree)), {"system": "Be brief."})


def answered(*parts: Part | str, **more: Any) -> Session:
    """One question and one answer."""
    return talk(said(1, None, Role.USER, "Who?"), said(2, 1, Role.ASSISTANT, *parts, **more))


def branched() -> Session:
    return talk(
        said(1, None, Role.USER, "Who is the best painter?"),
        said(2, 1, Role.ASSISTANT, "Claude Monet.", usage=Usage(14, 5), seconds=1.5),
        said(3, 1, Role.ASSISTANT, "Berthe Morisot."),
        said(4, 3, Role.USER, "And the second best?"),
        said(5, 4, Role.ASSISTANT, "Mary Cassatt."),
        said(6, 2, Role.USER, "Why he?"),
    )
