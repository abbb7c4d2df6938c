"""What history makes of any conversation goes through the wire, and the demonstration and both judges take it."""

import json

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mistral_chat.conversation import Conversation
from mistral_chat.demo.rules import refusal
from mistral_chat.history import acceptable
from mistral_chat.wire import Request, encode_bytes
from tests.judges import judge_request
from tests.test_history import conversations


@settings(max_examples=200, deadline=None)
@given(
    talk=conversations(),
    told=st.sampled_from(["", "be brief"]),
    prefix=st.sampled_from(["", "Dear"]),
    model=st.sampled_from(["mistral-small-latest", "ministral-8b-latest"]),
    alternate=st.booleans(),
)
def test_the_api_takes_every_conversation(
    talk: Conversation, told: str, prefix: str, model: str, alternate: bool
) -> None:
    path = [node.message for node in talk.path()]
    thinking = model == "mistral-small-latest"
    messages = acceptable(path, system=told, prefix=bool(prefix), thinking=thinking, alternate=alternate)
    assume(messages or prefix)

    body = json.loads(encode_bytes(Request(model, messages, prefix=prefix)))

    assert refusal(body) is None
    assert judge_request(body) == []
