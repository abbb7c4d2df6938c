"""Conversations to keep: small ones by hand, and any one at all for properties."""

from hypothesis import strategies as st

from mistral_chat.conversation import Conversation, Node
from mistral_chat.events import FinishReason, Usage
from mistral_chat.message import Message, Role, Text
from mistral_chat.store import Store
from tests.values import WORDS, messages

seconds = st.floats(0, 4e9)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(WORDS, inside, max_size=3),
    max_leaves=5,
)
settings = st.dictionaries(WORDS, json_values, max_size=3)


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    """A tree with any branches, gaps between the ids, and the head anywhere."""
    tree = Conversation(title=draw(WORDS))
    for place in sorted(draw(st.sets(st.integers(1, 1000), max_size=8))):
        tree = tree.add(
            Node(
                place,
                draw(st.sampled_from([None, *tree.nodes])),
                draw(messages()),
                draw(seconds),
                draw(st.none() | st.sampled_from(FinishReason)),
                draw(WORDS),
                draw(st.none() | st.builds(Usage, *[st.integers(0)] * 3)),
                draw(st.none() | seconds),
                draw(st.none() | seconds),
                draw(settings),
            )
        )
    return tree.switch(draw(st.sampled_from([None, *tree.nodes])))


def question(text: str) -> Message:
    return Message.of(Role.USER, text)


def answer(node: int, parent: int, text: str, reason: FinishReason = FinishReason.STOP) -> Node:
    return Node(node, parent, Message.of(Role.ASSISTANT, text), 2.0, reason, "mistral-small-latest")


def exchange(store: Store, session: str, asked: str, answered: str, parent: int | None = None) -> int:
    """Saves a question and its answer as a turn does; gives the id of the answer."""
    first = store.append(session, parent, question(asked), 1.0).id
    second = store.begin(session, first, model="mistral-small-latest", at=2.0, settings={}, parts=[Text(answered[:3])])
    store.finish(session, answer(second, first, answered))
    return second
