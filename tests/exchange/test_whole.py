"""A session as JSON: what is read is what was written, and what is wrong with it is named."""

import json

import pytest
from hypothesis import given

from mistral_chat.conversation import Conversation
from mistral_chat.errors import UsageError
from mistral_chat.exchange import whole
from mistral_chat.exchange.session import Session
from mistral_chat.message import Json
from tests.exchange.talk import branched
from tests.store.trees import conversations, settings


@given(conversations(), settings)
def test_what_is_read_is_what_was_written(conversation: Conversation, kept: Json) -> None:
    session = Session(conversation, kept)
    assert whole.read(json.loads(whole.write(session))) == session


def test_the_format_says_its_name_and_version() -> None:
    data = json.loads(whole.write(branched()))
    assert (data["format"], data["version"]) == ("mistral-chat", 1)


def test_a_message_has_only_what_it_has() -> None:
    data = json.loads(whole.write(branched()))
    assert data["messages"][0].keys() == {"id", "parent", "role", "parts", "at"}


def test_text_stays_readable() -> None:
    session = Session(Conversation(title="Où est le café ? 日本語"))
    assert "Où est le café ? 日本語" in whole.write(session)


def test_a_newer_version_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="version 2"):
        whole.read({"format": "mistral-chat", "version": 2, "messages": []})


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"messages": None}, "no messages"),
        ({"settings": []}, "no messages, or no settings"),
        ({"messages": ["hello"]}, "message 1"),
        ({"messages": [{"id": 1, "role": "user", "parts": []}]}, "message 1"),
        ({"messages": [{"id": 1, "parent": 9, "role": "user", "parts": [], "at": 0}]}, "message 1"),
        ({"messages": [{"id": 1, "role": "judge", "parts": [], "at": 0}]}, "message 1"),
        ({"messages": [{"id": 1, "role": "user", "parts": [], "at": "noon"}]}, "message 1"),
        ({"messages": [{"id": 1, "role": "user", "parts": [], "at": 1e300}]}, "message 1"),
        ({"messages": [{"id": 1, "role": "user", "parts": [], "at": float("nan")}]}, "message 1"),
        ({"messages": [{"id": "1", "role": "user", "parts": [], "at": 0}]}, "message 1"),
        ({"messages": [{"id": 1, "role": "user", "parts": [], "at": 0}] * 2}, "message 2"),
        ({"head": 99}, "no message 99"),
        ({"head": [1]}, "no message"),
        ({"title": 5}, "title"),
    ],
)
def test_what_is_wrong_is_named(change: Json, complaint: str) -> None:
    data = json.loads(whole.write(branched()))
    with pytest.raises(UsageError, match=complaint):
        whole.read({**data, **change})
