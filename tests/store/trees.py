"""Conversations to keep: small ones by hand, and any one at all for properties."""

from hypothesis import strategies as st

from mistral_chat.conversation import Conversation, Node
from mistral_chat.events import FinishReason, Usage
from mistral_chat.message import (
    Audio,
    Document,
    File,
    Image,
    Message,
    Part,
    Reference,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolReference,
    ToolResult,
)
from mistral_chat.store import Store

# Text that UTF-8 can hold; what becomes of the rest has a test of its own.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
maybe_texts = st.none() | texts
seconds = st.floats(0, 4e9)

inner = st.one_of(
    st.builds(Text, texts),
    st.builds(Reference, st.lists(st.integers(0, 99) | texts, max_size=3).map(tuple)),
    st.builds(ToolReference, texts, texts, maybe_texts, maybe_texts, maybe_texts),
)
parts: st.SearchStrategy[Part] = st.one_of(
    inner,
    st.builds(Thinking, st.lists(inner, max_size=3).map(tuple), st.booleans()),
    st.builds(Image, texts, maybe_texts),
    st.builds(Document, texts, maybe_texts),
    st.builds(File, texts),
    st.builds(Audio, texts),
    st.builds(ToolCall, texts, texts, texts),
    st.builds(ToolResult, texts, texts, texts),
)
messages = st.builds(Message, st.sampled_from(Role), st.lists(parts, max_size=4).map(tuple))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(texts, inside, max_size=3),
    max_leaves=5,
)
settings = st.dictionaries(texts, json_values, max_size=3)


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    """A tree with any branches, gaps between the ids, and the head anywhere."""
    tree = Conversation(title=draw(texts))
    for place in sorted(draw(st.sets(st.integers(1, 1000), max_size=8))):
        tree = tree.add(
            Node(
                place,
                draw(st.sampled_from([None, *tree.nodes])),
                draw(messages),
                draw(seconds),
                draw(st.none() | st.sampled_from(FinishReason)),
                draw(texts),
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
