"""Thoughts of earlier answers: which models get them back from a chat, and which do not."""

from collections.abc import Sequence

import pytest

from mistral_chat.chat import Chat
from mistral_chat.client import Client
from mistral_chat.conversation import Conversation, Node
from mistral_chat.message import Message, Role, Text, Thinking
from mistral_chat.models import Model
from mistral_chat.settings import DEFAULTS, Layer, Settings
from mistral_chat.store import Store

REASONS = Model("thinker", ("thinker-latest",), capabilities=frozenset({"completion_chat", "reasoning"}))
DOES_NOT = Model("talker", capabilities=frozenset({"completion_chat"}))


def unconnected() -> Client:
    raise AssertionError("nothing is sent here")


def sends_thoughts(asked: str, models: Sequence[Model], base_url: str = "https://api.mistral.ai") -> bool:
    """Whether a request to a model has the thoughts of the answer before, which another model, `first`, had."""
    settings = Settings({Layer.DEFAULT: DEFAULTS})
    chat = Chat(
        settings.put(Layer.FLAG, "model", asked).put(Layer.FLAG, "base_url", base_url), unconnected, Store(None)
    )
    chat.models = models
    thought = Message(Role.ASSISTANT, (Thinking((Text("Hm."),)), Text("Blue.")))
    nodes = [
        Node(1, None, Message.of(Role.USER, "What is the sea?")),
        Node(2, 1, thought, settings={"model": "first"}),
        Node(3, 2, Message.of(Role.USER, "And the sky?")),
    ]
    chat.conversation = Conversation("", "", {node.id: node for node in nodes}, 3)
    return any(message.thinking for message in chat.request().messages)


@pytest.mark.parametrize(
    ("asked", "models", "sent"),
    [
        pytest.param("first", [], True, id="to the model that had them"),
        pytest.param("thinker", [], False, id="not to another, when nothing is known of it"),
        pytest.param("thinker-latest", [DOES_NOT, REASONS], True, id="to another that reasons, as its card says"),
        pytest.param("talker", [REASONS, DOES_NOT], False, id="not to one that does not, as its card says"),
        pytest.param("first", [Model("first"), REASONS], False, id="what the card says counts more"),
    ],
)
def test_thoughts_go_back(asked: str, models: Sequence[Model], sent: bool) -> None:
    assert sends_thoughts(asked, models) is sent


@pytest.mark.parametrize(
    ("base_url", "sent"),
    [
        ("https://api.mistral.ai", True),
        ("https://eu.mistral.ai/v1", True),
        ("https://mistral.ai:443", True),
        ("https://notmistral.ai", False),
        ("https://mistral.ai.example", False),
        ("http://localhost:8080", False),
    ],
)
def test_only_mistral_s_own_servers_get_thoughts_back(base_url: str, sent: bool) -> None:
    assert sends_thoughts("first", [], base_url) is sent
