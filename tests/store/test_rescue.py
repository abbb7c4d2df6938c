"""Of a damaged store everything that can be read is there again, and the damaged file is kept."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mistral_chat.conversation import Conversation, Node
from mistral_chat.errors import StoreError
from mistral_chat.message import Message, Role, Text
from mistral_chat.store import Store
from tests.store.trees import exchange, question

PAGE = 4096
PAGES = 30
SESSIONS, MESSAGES = 3, 35


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, dict[str, Conversation]]:
    """A store as bytes, and what is in it."""
    path = tmp_path_factory.mktemp("whole") / "store.db"
    store = Store(path)
    chance = random.Random(1)
    for number in range(SESSIONS):
        nodes = {}
        for place in range(1, MESSAGES + 1):
            text = " ".join(chance.choices(["Monet", "Renoir", "Degas", "Manet"], k=60)) + f" {number}-{place}"
            role = Role.USER if place % 2 else Role.ASSISTANT
            nodes[place] = Node(place, place - 1 or None, Message.of(role, text), float(place))
        store.save(Conversation("", f"session {number}", nodes, MESSAGES), {"number": number})
    sessions = {summary.id: store.load(summary.id)[0] for summary in store.sessions()}
    store.close()
    return path.read_bytes(), sessions


def changed(folder: Path, column: str) -> tuple[Path, str]:
    """A store with a session that asks "Who?", which has something else in a column of its row; and the session."""
    path = folder / "store.db"
    store = Store(path)
    session = store.new_session({})
    store.append(session, None, question("Who?"), 1.0)
    store.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(f"UPDATE node SET {column}")
    return path, session


def set_aside(path: Path) -> list[Path]:
    return list(path.parent.glob("store.db.corrupt-*"))


def read_all(store: Store) -> Iterator[Conversation]:
    for summary in store.sessions():
        yield store.load(summary.id)[0]


@pytest.mark.parametrize("page", range(PAGES))
def test_a_smashed_page_costs_no_more_than_what_is_on_it(
    tmp_path: Path, whole: tuple[bytes, dict[str, Conversation]], page: int
) -> None:
    good, sessions = whole
    assert len(good) >= PAGES * PAGE
    damaged = bytearray(good)
    damaged[page * PAGE : (page + 1) * PAGE] = random.Random(page).randbytes(PAGE)
    path = tmp_path / "store.db"
    path.write_bytes(damaged)

    store = Store(path)
    found = [node for conversation in read_all(store) for node in conversation.path()]
    everything = {node.message for conversation in sessions.values() for node in conversation.nodes.values()}
    assert len(found) == len({node.message for node in found})
    assert {node.message for node in found} <= everything
    assert len(found) >= len(everything) - PAGE // 300
    assert len(store.search("Monet", limit=1000)) >= len(found) - 1

    begun = exchange(store, store.new_session({}), "Who is new?", "Seurat.")
    assert [hit.node for hit in store.search("seurat")] == [begun]
    store.close()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert all(str(copy) in store.notice for copy in set_aside(path))


def test_titles_settings_and_ids_survive_where_they_are_not_hit(
    tmp_path: Path, whole: tuple[bytes, dict[str, Conversation]]
) -> None:
    good, sessions = whole
    path = tmp_path / "store.db"
    path.write_bytes(random.Random(0).randbytes(PAGE) + good[PAGE:])
    store = Store(path)
    assert {conversation.id: conversation for conversation in read_all(store)} == sessions
    assert sorted(store.load(session)[1]["number"] for session in sessions) == list(range(SESSIONS))
    (copy,) = set_aside(path)
    assert copy.stat().st_size == len(good)
    assert f"{SESSIONS * MESSAGES} messages" in store.notice


def test_ids_survive_when_the_rows_of_the_sessions_are_lost(
    tmp_path: Path, whole: tuple[bytes, dict[str, Conversation]]
) -> None:
    good, sessions = whole
    path = tmp_path / "store.db"
    path.write_bytes(good[:PAGE] + bytes(PAGE) + good[2 * PAGE :])
    store = Store(path)
    assert {conversation.id for conversation in read_all(store)} == sessions.keys()
    assert {summary.title for summary in store.sessions()} == {""}


def test_a_file_that_was_cut_short_gives_what_stands_before_the_cut(
    tmp_path: Path, whole: tuple[bytes, dict[str, Conversation]]
) -> None:
    good, _ = whole
    path = tmp_path / "store.db"
    path.write_bytes(good[: len(good) // 2 + 100])
    store = Store(path)
    found = sum(len(conversation.path()) for conversation in read_all(store))
    assert found >= MESSAGES // 2


@pytest.mark.parametrize("content", [b"this is no database\n", b"\0" * 10_000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_set_aside_whole(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(content)
    store = Store(path)
    (copy,) = set_aside(path)
    assert copy.read_bytes() == content
    assert str(copy) in store.notice
    exchange(store, store.new_session({}), "Who?", "Claude Monet.")
    assert len(Store(path).sessions()) == 1


def test_an_answer_that_was_arriving_is_rescued_and_can_still_be_finished(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = Store(path)
    session = store.new_session({})
    begun = store.begin(session, None, model="m", at=1.0, settings={}, parts=[Text("Claude ")])
    store.checkpoint(session, begun, [Text("Mon")])
    with path.open("r+b") as file:
        file.write(b"\0" * 100)

    other = Store(path)
    assert other.load(session)[0].nodes[begun].message.text == "Claude Mon"
    done = Node(begun, None, Message.of(Role.ASSISTANT, "Claude Monet."), 1.0)
    store.finish(session, done)
    assert other.load(session)[0].nodes[begun] == done


def test_a_process_that_was_running_writes_on_in_the_new_file(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    running = Store(path)
    session = running.new_session({})
    running.append(session, None, question("one"), 1.0)
    damaged = bytearray(path.read_bytes())
    damaged[:100] = bytes(100)
    path.write_bytes(damaged)

    Store(path)
    running.append(session, 1, question("two"), 2.0)
    assert [node.message.text for node in Store(path).load(session)[0].path()] == ["one", "two"]
    assert len(set_aside(path)) == 1


def test_a_message_whose_parent_is_lost_follows_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = Store(path)
    session = store.new_session({})
    last = None
    for text in ("one", "two", "three"):
        last = store.append(session, last, question(text), 1.0).id
    store.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("DELETE FROM node WHERE text = 'two'")
    path.write_bytes(bytes(100) + path.read_bytes()[100:])
    assert [node.message.text for node in Store(path).load(session)[0].path()] == ["one", "three"]


@pytest.mark.parametrize(
    ("column", "value"),
    [("parts", "{["), ("usage", "[1"), ("usage", "{}"), ("settings", "x"), ("finish_reason", "no reason")],
)
def test_a_row_that_makes_no_sense_keeps_at_least_its_text(tmp_path: Path, column: str, value: str) -> None:
    path, session = changed(tmp_path, f"{column} = '{value}'")
    store = Store(path)
    assert [node.message for node in store.load(session)[0].path()] == [question("Who?")]
    assert "damaged" in store.notice


def test_bytes_that_are_no_text_are_replaced(tmp_path: Path) -> None:
    path, session = changed(tmp_path, "text = CAST(x'57FF6F' AS TEXT)")
    assert [node.message.text for node in Store(path).load(session)[0].path()] == ["W\ufffdo"]


def test_a_rescue_for_which_there_is_no_room_is_told_and_made_up_for_later(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = Store(path)
    session = store.new_session({})
    store.append(session, None, question("one"), 1.0)
    whole = path.read_bytes()
    (tmp_path / "store.db.new").mkdir()
    with path.open("r+b") as file:
        file.write(b"\0" * 100)
    for _ in range(2):
        with pytest.raises(StoreError, match="cannot be opened"):
            store.load(session)
    assert path.read_bytes()[100:] == whole[100:]
    (tmp_path / "store.db.new").rmdir()
    assert [node.message.text for node in store.load(session)[0].path()] == ["one"]
