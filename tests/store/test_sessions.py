"""What is saved is there again: after another start, in other processes, on other branches."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from mistral_chat.conversation import Conversation, Node
from mistral_chat.errors import StoreError, UsageError
from mistral_chat.events import FinishReason, Usage
from mistral_chat.message import Image, Json, Message, Role, Text, Thinking
from mistral_chat.store import Store
from tests.store import trees
from tests.store.trees import answer, exchange, question

UNHURRIED = hypothesis_settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = Store(path)
    yield store
    store.close()


@given(conversation=trees.conversations(), kept=trees.settings)
@UNHURRIED
def test_any_tree_comes_back_as_it_was(conversation: Conversation, kept: Json) -> None:
    store = Store(None)
    session = store.save(conversation, kept)
    assert store.load(session) == (replace(conversation, id=session), kept)
    store.close()


@given(conversation=trees.conversations(), kept=trees.settings)
@hypothesis_settings(UNHURRIED, max_examples=20)
def test_a_tree_that_went_out_and_in_again_is_the_same(conversation: Conversation, kept: Json, tmp_path: Path) -> None:
    first, second = Store(tmp_path / "first.db"), Store(tmp_path / "second.db")
    session = first.save(conversation, kept)
    assert second.save(*first.load(session)) == session
    assert second.load(session) == first.load(session)
    first.delete(session)
    second.delete(session)
    first.close()
    second.close()


def test_a_session_can_begin_with_its_first_message(store: Store) -> None:
    session = store.new_session({"model": "m"}, "Painters", 7.0, question("Who?"))
    first = Node(1, None, question("Who?"), 7.0)
    assert store.load(session) == (Conversation(session, "Painters", {1: first}, 1), {"model": "m"})
    assert not store.append(session, 1, question("And then?"), 8.0).diverged


def test_a_session_that_is_saved_twice_gets_another_id(store: Store) -> None:
    first = store.save(Conversation(nodes={1: Node(1, None, question("Who?"))}, head=1), {})
    again, _ = store.load(first)
    second = store.save(again, {})
    assert second != first
    assert store.load(second)[0] == replace(again, id=second)


@pytest.mark.parametrize(
    "conversation",
    [
        Conversation(nodes={2: Node(2, 1, question("Who?"))}, head=2),
        Conversation(nodes={1: Node(1, None, question("Who?"))}, head=2),
        Conversation(nodes={2: Node(2, None, question("Who?")), 1: Node(1, None, question("Who?"))}, head=2),
        Conversation(nodes={0: Node(0, None, question("Who?"))}, head=0),
        Conversation(nodes={1 << 32: Node(1 << 32, None, question("Who?"))}),
    ],
    ids=["no parent", "no head", "not ascending", "zero", "too large"],
)
def test_a_tree_out_of_order_is_refused(store: Store, conversation: Conversation) -> None:
    with pytest.raises(UsageError):
        store.save(conversation, {})
    assert store.sessions() == []


def test_a_turn_is_there_after_another_start(store: Store, path: Path) -> None:
    session = store.new_session({"model": "mistral-small-latest"}, "Painters")
    asked = store.append(session, None, question("Who?"), 1.0)
    begun = store.begin(session, asked.id, model="mistral-small", at=2.0, settings={"temperature": 0})
    store.checkpoint(session, begun, [Text("Claude ")])
    store.checkpoint(session, begun, [Text("Mon")])
    done = Node(
        begun,
        asked.id,
        Message.of(Role.ASSISTANT, "Claude Monet."),
        2.0,
        FinishReason.STOP,
        "mistral-small-2506",
        Usage(5, 3, 1),
        0.25,
        1.5,
        {"temperature": 0},
    )
    store.finish(session, done)
    store.close()

    conversation, kept = Store(path).load(session)
    assert conversation.path() == (Node(asked.id, None, question("Who?"), 1.0), done)
    assert conversation.title == "Painters"
    assert kept == {"model": "mistral-small-latest"}


def test_an_answer_is_kept_with_all_its_parts(store: Store) -> None:
    session = store.new_session({})
    asked = store.append(session, None, Message(Role.USER, (Text("What?"), Image("data:image/png;base64,AA=="))), 1.0)
    begun = store.begin(session, asked.id, model="m", at=2.0, settings={})
    thought = Message(Role.ASSISTANT, (Thinking((Text("Hm."),)), Text("A cat.")))
    store.finish(session, Node(begun, asked.id, thought, 2.0, FinishReason.STOP, "m"))
    said = [node.message for node in store.load(session)[0].path()]
    assert said == [Message(Role.USER, (Text("What?"), Image("data:image/png;base64,AA=="))), thought]


def test_another_process_sees_an_answer_that_still_arrives(store: Store, path: Path) -> None:
    session = store.new_session({})
    asked = store.append(session, None, question("Who?"), 1.0)
    begun = store.begin(session, asked.id, model="m", at=2.0, settings={}, parts=[Thinking((Text("H"),), closed=False)])
    store.checkpoint(session, begun, [Thinking((Text("m."),)), Text("Claude ")])
    store.checkpoint(session, begun, [Text("Mon")])

    node = Store(path).load(session)[0].nodes[begun]
    assert node.message.parts == (Thinking((Text("Hm."),)), Text("Claude Mon"))
    assert node.finish_reason is None


def test_what_had_arrived_when_its_process_closed_is_an_interrupted_answer(store: Store, path: Path) -> None:
    session = store.new_session({})
    asked = store.append(session, None, question("Who?"), 1.0)
    begun = store.begin(session, asked.id, model="m", at=2.0, settings={}, parts=[Text("Claude Mon")])
    store.close()

    later = Store(path)
    for _ in range(2):
        node = later.load(session)[0].nodes[begun]
        assert node.message == Message.of(Role.ASSISTANT, "Claude Mon")
        assert node.finish_reason is FinishReason.INTERRUPTED
    assert [hit.node for hit in later.search("claude")] == [begun]


def test_a_checkpoint_after_the_whole_conversation_was_saved_anew_goes_on(store: Store) -> None:
    begun = Node(2, 1, Message.of(Role.ASSISTANT, "Claude "), 2.0)
    tree = Conversation("", "", {1: Node(1, None, question("Who?"), 1.0), 2: begun}, 2)
    session = store.save(tree, {})
    store.checkpoint(session, 2, [Text("Mon")])
    assert store.load(session)[0].nodes[2].message.text == "Claude Mon"
    store.finish(session, answer(2, 1, "Claude Monet."))
    assert store.load(session)[0].nodes[2] == answer(2, 1, "Claude Monet.")


def test_the_head_is_where_it_was_left(store: Store) -> None:
    session = store.new_session({})
    first = exchange(store, session, "one", "eins")
    second = exchange(store, session, "two", "zwei", first)
    assert store.load(session)[0].head == second
    store.move_head(session, first)
    assert store.load(session)[0].head == first
    store.move_head(session, None)
    assert store.load(session)[0].head is None
    assert len(store.load(session)[0].nodes) == 4


def test_a_head_that_is_no_message_is_refused(store: Store) -> None:
    session = store.new_session({})
    with pytest.raises(StoreError):
        store.move_head(session, 7)
    with pytest.raises(StoreError):
        store.append(session, 7, question("Who?"), 1.0)


def test_two_processes_on_one_session_keep_both_and_the_second_hears_of_it(store: Store, path: Path) -> None:
    session = store.new_session({})
    start = exchange(store, session, "one", "eins")
    other = Store(path)
    other.load(session)

    assert not store.append(session, start, question("two"), 3.0).diverged
    mine = other.append(session, start, question("deux"), 4.0)
    assert mine.diverged
    assert not other.append(session, mine.id, question("trois"), 5.0).diverged

    tree = store.load(session)[0]
    assert {node.message.text for node in tree.children()[start]} == {"two", "deux"}
    assert [node.message.text for node in tree.path()][-2:] == ["deux", "trois"]


def test_steps_back_of_its_own_are_no_divergence(store: Store) -> None:
    session = store.new_session({})
    first = exchange(store, session, "one", "eins")
    exchange(store, session, "two", "zwei", first)
    store.move_head(session, first)
    assert not store.append(session, first, question("three"), 3.0).diverged
    assert not store.append(session, None, question("four"), 4.0).diverged


def test_title_and_settings_are_kept(store: Store) -> None:
    session = store.new_session({"stop": ["\n"]})
    store.set_title(session, "Painters")
    store.save_settings(session, {"prefix": "Sure: ", "safe_prompt": False})
    conversation, kept = store.load(session)
    assert conversation.title == "Painters"
    assert kept == {"prefix": "Sure: ", "safe_prompt": False}


def test_a_list_tells_of_each_session_the_most_recent_first(store: Store) -> None:
    old = store.new_session({}, at=0.0)
    store.append(old, None, Message.of(Role.SYSTEM, "Be brief."), 10.0)
    exchange(store, old, "Who is\n  the best?", "Claude Monet.", 1)
    new = store.new_session({}, "Painters", at=5.0)
    store.append(new, None, question("Who?"), 20.0)
    store.new_session({}, "nothing said yet")

    first, second = store.sessions()
    assert (first.id, first.title, first.messages, first.created, first.updated) == (new, "Painters", 1, 5.0, 20.0)
    assert (second.id, second.question, second.messages) == (old, "Who is the best?", 3)
    assert (second.model, second.updated) == ("mistral-small-latest", 10.0)
    assert [first.name, second.name] == ["Painters", "Who is the best?"]
    assert store.sessions(limit=1) == [first]
    assert store.latest() == new


def test_the_latest_session_is_one_in_which_not_all_was_taken_back_unanswered() -> None:
    store = Store(None)
    failed = store.new_session({}, at=20.0, first=question("What?"))
    store.move_head(failed, None)
    assert store.latest() == failed
    asked = store.new_session({}, at=10.0, first=question("Who?"))
    assert store.latest() == asked
    assert [summary.id for summary in store.sessions()] == [failed, asked]


def test_a_list_names_a_session_by_the_first_question_that_was_answered() -> None:
    store = Store(None)
    session = store.new_session({}, first=question("Wo is it?"))
    store.move_head(session, None)
    exchange(store, session, "Who is it?", "Monet.")
    exchange(store, session, "Who else?", "Manet.", parent=3)
    conversation, _ = store.load(session)
    assert conversation.opening == conversation.nodes[2]
    assert [summary.question for summary in store.sessions()] == ["Who is it?"]
    store.save(conversation, {})
    assert [summary.question for summary in store.sessions()] == ["Who is it?"] * 2


def test_a_session_from_the_future_is_not_the_latest_for_good() -> None:
    store = Store(None)
    later = time.time() + 1e6
    store.save(Conversation("", "Tomorrow", {1: Node(1, None, question("When?"), later)}, 1), {})
    session = store.new_session({}, first=question("Now?"))
    assert store.latest() == session
    assert all(summary.created <= time.time() for summary in store.sessions())


def test_without_sessions_there_is_no_latest(store: Store) -> None:
    assert store.latest() is None
    assert store.sessions() == []


@pytest.fixture
def three(store: Store) -> dict[str, str]:
    """Title (or question) and id of three sessions."""
    ids = {}
    for title, asked in (("Painters", "Who?"), ("Painters of Spain", "Who?"), ("", "Why is the sky blue?")):
        session = store.new_session({}, title)
        store.append(session, None, question(asked), 1.0)
        ids[title or asked] = session
    return ids


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Painters", "Painters"),
        ("PAINTERS", "Painters"),
        (" painters of", "Painters of Spain"),
        ("spain", "Painters of Spain"),
        ("why is", "Why is the sky blue?"),
    ],
)
def test_a_session_is_found_by_its_title(store: Store, three: dict[str, str], words: str, name: str) -> None:
    assert store.find(words) == three[name]


def test_a_session_is_found_by_its_id_and_its_beginning(store: Store, three: dict[str, str]) -> None:
    for session in three.values():
        assert store.find(session) == session
        assert store.find(session[:6].upper()) == session


def test_an_ambiguous_title_lists_the_candidates(store: Store, three: dict[str, str]) -> None:
    with pytest.raises(UsageError) as error:
        store.find("paint")
    assert three["Painters"] in error.value.why
    assert three["Painters of Spain"] in error.value.why
    assert three["Why is the sky blue?"] not in error.value.why


@pytest.mark.parametrize("words", ["sculptors", "", "  ", '"', "%", "\ud800"])
def test_an_unknown_session_lists_the_latest(store: Store, three: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError) as error:
        store.find(words)
    assert all(session in error.value.why for session in three.values())


def test_ids_are_never_taken_for_numbers_in_a_list() -> None:
    store = Store(None)
    ids = {store.new_session({}) for _ in range(200)}
    assert len(ids) == 200
    assert all(session.isalnum() and session[0].isalpha() and len(session) == 10 for session in ids)


def test_lone_surrogates_are_replaced_and_pairs_joined(store: Store) -> None:
    session = store.new_session({"system": "\udcff"}, "\ud800")
    asked = store.append(session, None, question("a\ud800b \ud83d\ude00"), 1.0).id
    begun = store.begin(session, asked, model="\udc80", at=1.0, settings={"stop": ["\udc80"]}, parts=[Text("\udfff")])
    conversation, kept = store.load(session)
    assert conversation.nodes[asked].message.text == "a\ufffdb 😀"
    assert conversation.nodes[begun].message.text == "\ufffd"
    assert conversation.nodes[begun].model == "\ufffd"
    assert conversation.nodes[begun].settings == {"stop": ["\ufffd"]}
    assert (conversation.title, kept) == ("\ufffd", {"system": "\ufffd"})


def test_nul_and_other_control_characters_are_kept(store: Store) -> None:
    session = store.new_session({})
    text = "".join(map(chr, range(32))) + "\x7f\x85\u2028"
    store.append(session, None, question(text), 1.0)
    assert store.load(session)[0].nodes[1].message.text == text
    assert store.search("anything") == []


def test_a_deleted_session_is_gone_for_all_that_hold_it(store: Store, path: Path) -> None:
    session = store.new_session({})
    exchange(store, session, "Who?", "Claude Monet.")
    other = Store(path)
    other.load(session)
    store.delete(session)

    assert store.sessions() == []
    with pytest.raises(StoreError, match="gone"):
        other.append(session, 2, question("And then?"), 3.0)
    with pytest.raises(StoreError, match="gone"):
        other.load(session)


def test_other_sessions_stay_when_one_is_deleted(store: Store) -> None:
    sessions = [store.new_session({}) for _ in range(3)]
    for session in sessions:
        exchange(store, session, f"question of {session}", "Claude Monet.")
    store.delete(sessions[1])
    for session in (sessions[0], sessions[2]):
        assert len(store.load(session)[0].nodes) == 2
        assert [hit.session for hit in store.search(session)] == [session]
    assert store.search(sessions[1]) == []


def test_a_store_in_memory_does_the_same_and_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store(None)
    session = store.new_session({})
    exchange(store, session, "Who?", "Claude Monet.")
    assert [hit.node for hit in store.search("monet")] == [2]
    assert store.load(session)[0].head == 2
    assert store.path is None
    store.close()
    assert list(tmp_path.iterdir()) == []
