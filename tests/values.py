"""Random messages, parts and events, for properties."""

from __future__ import annotations

from hypothesis import strategies as st

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
    TextFile,
    Thinking,
    ToolCall,
    ToolReference,
    ToolResult,
)

WORDS = st.text(max_size=8)
MAYBE = st.none() | WORDS
TEXTS = st.builds(Text, WORDS)
REFERENCES = st.builds(Reference, st.lists(st.integers() | WORDS, max_size=3).map(tuple))
TOOL_REFERENCES = st.builds(ToolReference, WORDS, WORDS, MAYBE, MAYBE, MAYBE)
THOUGHTS = st.builds(
    Thinking, st.lists(TEXTS | REFERENCES | TOOL_REFERENCES, max_size=4).map(tuple), closed=st.booleans()
)
CALLS = st.builds(ToolCall, WORDS, WORDS, WORDS)
OTHERS = st.one_of(
    REFERENCES,
    TOOL_REFERENCES,
    CALLS,
    st.builds(Image, WORDS, MAYBE, MAYBE),
    st.builds(Document, WORDS, MAYBE),
    st.builds(File, WORDS),
    st.builds(Audio, WORDS, MAYBE),
    st.builds(TextFile, WORDS, WORDS),
    st.builds(ToolResult, WORDS, WORDS, WORDS),
)


def parts() -> st.SearchStrategy[tuple[Part, ...]]:
    """Parts of every kind, texts and thoughts the most."""
    return st.lists(st.one_of(TEXTS, THOUGHTS, TEXTS, THOUGHTS, OTHERS), max_size=8).map(tuple)


def messages() -> st.SearchStrategy[Message]:
    return st.builds(Message, st.sampled_from(Role), parts())


def cut(draw: st.DrawFn, text: str) -> list[str]:
    """A text cut at random places; pieces may be empty."""
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=4)))
    return [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]
