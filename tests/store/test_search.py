"""Words are found whatever their case and accents, by their beginning, as phrases, and in languages without blanks."""

import pytest

from mistral_chat.conversation import Node
from mistral_chat.events import FinishReason
from mistral_chat.message import Message, Role, Text, Thinking
from mistral_chat.store import Hit, Store
from tests.store.trees import question

SAID = [
    "Who is the best French painter?",
    "Le café près de la forêt est fermé.",
    "CAFE CREME",
    "The painting of a forest by Claude Monet",
    "東京の天気はどうですか",
    "我喜欢中国画",
    "ฉันรักประเทศไทย",
    "a_b and x = foo(bar)",
    "한국어를 배우고 있어요",
    "C++ or C# is what I compile",
    "Ο ΣΙΣΥΦΟΣ και η ΕΛΚΑ",
]


@pytest.fixture
def store() -> Store:
    store = Store(None)
    session = store.new_session({}, "Things")
    for at, text in enumerate(SAID):
        store.append(session, None, question(text), float(at))
    return store


def found(store: Store, words: str) -> set[str]:
    return {SAID[hit.node - 1] for hit in store.search(words)}


@pytest.mark.parametrize(
    ("words", "texts"),
    [
        ("painter", {SAID[0]}),
        ("PAINTER best", {SAID[0]}),
        ("paint", {SAID[0], SAID[3]}),
        ("painter forest", set()),
        ("cafe", {SAID[1], SAID[2]}),
        ("café", {SAID[1], SAID[2]}),
        ("cafe\u0301", {SAID[1], SAID[2]}),
        ("foret", {SAID[1]}),
        ('"forest by claude"', {SAID[3]}),
        ('"claude forest"', set()),
        ('"forest by', {SAID[3]}),
        ('painting "claude monet"', {SAID[3]}),
        ('"pain"', set()),
        ("a", {SAID[3], SAID[7]}),
        ("foo(bar)", {SAID[7]}),
        ("天気", {SAID[4]}),
        ("京の天", {SAID[4]}),
        ("気天", set()),
        ("画", {SAID[5]}),
        ("中国", {SAID[5]}),
        ("ประเทศ", {SAID[6]}),
        ("배우", {SAID[8]}),
        ("C++", {SAID[9]}),
        ("c#", {SAID[9]}),
        ("(c", {SAID[9]}),
        ("σισυφος", {SAID[10]}),
    ],
)
def test_words_are_found(store: Store, words: str, texts: set[str]) -> None:
    assert found(store, words) == texts


@pytest.mark.parametrize(
    "words", ["", " ", '"', '""', "*", "NEAR(", "AND", "text:x OR", "^", "-", "'; --", "\0", "\x1f", "\ud800", "😀"]
)
def test_no_words_are_an_error(store: Store, words: str) -> None:
    assert store.search(words) == [] or found(store, words) <= set(SAID)


def test_a_hit_tells_where_it_is_and_marks_the_words(store: Store) -> None:
    (hit,) = store.search("monet forest")
    assert hit == Hit(
        session=store.sessions()[0].id,
        title="Things",
        node=4,
        role=Role.USER,
        at=3.0,
        snippet="The painting of a forest by Claude Monet",
        marks=((18, 24), (35, 40)),
    )


def test_a_hit_in_a_language_without_blanks_is_marked_as_one(store: Store) -> None:
    (hit,) = store.search("東京の")
    assert [hit.snippet[start:end] for start, end in hit.marks] == ["東京の"]


def test_a_snippet_is_one_short_line_around_the_words() -> None:
    store = Store(None)
    session = store.new_session({})
    store.append(session, None, question("before\n\n" * 500 + "the\tneedle\x01\x02 here" + "\nafter" * 500), 1.0)
    (hit,) = store.search("needle")
    assert "the needle here" in hit.snippet
    assert hit.snippet.startswith("…")
    assert hit.snippet.endswith("…")
    assert len(hit.snippet) < 200
    assert [hit.snippet[start:end] for start, end in hit.marks] == ["needle"]


def test_a_session_without_a_title_is_shown_by_its_question() -> None:
    store = Store(None)
    session = store.new_session({})
    store.append(session, None, question("Who is the best?"), 1.0)
    assert [hit.title for hit in store.search("best")] == ["Who is the best?"]


def test_the_message_that_is_most_about_the_words_comes_first() -> None:
    store = Store(None)
    session = store.new_session({})
    store.append(session, None, question("Monet, Monet and Monet"), 1.0)
    for _ in range(30):
        store.append(session, None, question("something else"), 2.0)
    store.append(session, None, question("among so many words that say other things there is Monet, too"), 3.0)
    assert [hit.node for hit in store.search("monet")] == [1, 32]
    assert [hit.node for hit in store.search("monet", limit=1)] == [1]


def test_of_very_many_messages_with_a_word_the_newest_are_found() -> None:
    store = Store(None)
    session = store.new_session({})
    for _ in range(1000):
        store.append(session, None, question("Monet again"), 1.0)
    assert min(hit.node for hit in store.search("monet")) > 500


def test_an_answer_is_found_by_its_text_as_it_ended_and_not_by_its_thoughts() -> None:
    store = Store(None)
    session = store.new_session({})
    begun = store.begin(session, None, model="m", at=1.0, settings={}, parts=[Text("Renoir")])
    thought = Message(Role.ASSISTANT, (Thinking((Text("Or Degas?"),)), Text("Monet")))
    store.finish(session, Node(begun, None, thought, 1.0, FinishReason.STOP))
    store.finish(session, Node(begun, None, thought, 1.0, FinishReason.STOP))
    assert [hit.role for hit in store.search("monet")] == [Role.ASSISTANT]
    assert store.search("renoir") == []
    assert store.search("degas") == []
