"""The file of a store: private, of a known version, and honest about what cannot be done with it."""

import os
import shutil
import sqlite3
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mistral_chat.errors import StoreError, StoreReadOnly
from mistral_chat.store import Store, waiting
from mistral_chat.store.schema import STEPS, migrate, version_of
from tests.store.trees import exchange, question


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def session(path: Path) -> str:
    """A session with a question and its answer, in a store that is closed."""
    store = Store(path)
    session = store.new_session({}, "Painters")
    exchange(store, session, "Who?", "Claude Monet.")
    store.close()
    return session


@pytest.fixture(params=[0o000, 0o022, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    """What stands in a folder, with the permissions."""
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
@pytest.mark.usefixtures("umask")
def test_only_the_owner_can_read_what_is_made(tmp_path: Path) -> None:
    path = tmp_path / "data" / "mistral-chat" / "store.db"
    store = Store(path)
    session = store.new_session({})
    store.begin(session, None, model="m", at=1.0, settings={})
    with closing(sqlite3.connect(path)) as db:
        migrate(db, path, (*STEPS, ["CREATE TABLE more (x)"]))
    path.write_bytes(bytes(4096))
    Store(path)

    assert modes(tmp_path) == {"data": 0o700}
    assert modes(tmp_path / "data") == {"mistral-chat": 0o700}
    found = modes(path.parent)
    assert set(found.values()) == {0o600}
    kinds = {name.removeprefix("store.db").split("-")[0] for name in found}
    assert kinds == {"", ".live", ".version", ".corrupt"}


def test_the_journal_is_private_too(path: Path, session: str) -> None:
    before = os.umask(0)
    try:
        store = Store(path)
        store.append(session, None, question("Who?"), 1.0)
    finally:
        os.umask(before)
    assert modes(path.parent)["store.db-journal"] == 0o600


def test_a_store_whose_process_closed_leaves_one_file(path: Path, session: str) -> None:
    assert {name for name in modes(path.parent) if not name.endswith("-journal")} == {"store.db"}


def test_a_file_of_no_bytes_is_a_new_store(path: Path) -> None:
    path.touch()
    store = Store(path)
    exchange(store, store.new_session({}), "Who?", "Claude Monet.")
    assert store.notice == ""
    assert len(Store(path).sessions()) == 1


def test_a_database_of_another_program_is_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE theirs (x)")
    before = path.read_bytes()
    with pytest.raises(StoreError) as error:
        Store(path)
    assert str(path) in error.value.why
    assert path.read_bytes() == before


def test_a_folder_in_the_place_of_the_file_is_told(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StoreError) as error:
        Store(path)
    assert str(path) in error.value.why


def test_a_file_in_the_place_of_the_folder_gives_a_store_in_memory(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    store = Store(tmp_path / "data" / "store.db")
    assert store.path is None
    assert store.notice.startswith("sessions are not saved: ")
    exchange(store, store.new_session({}), "Who?", "Claude Monet.")


def test_a_path_with_letters_that_mean_something_in_an_address(tmp_path: Path) -> None:
    folder = tmp_path / "a?b#c%20 [d]*"
    store = Store(folder / "store.db")
    begun = store.begin(store.new_session({}), None, model="m", at=1.0, settings={})
    store.close()
    assert (folder / "store.db").exists()
    later = Store(folder / "store.db")
    assert later.load(later.sessions()[0].id)[0].nodes[begun].finish_reason == "interrupted"


# -- versions


def test_a_newer_store_can_be_read_but_not_changed(path: Path, session: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    before = path.read_bytes()
    store = Store(path)
    assert store.read_only
    assert "newer version" in store.notice
    assert store.load(session)[0].title == "Painters"
    assert store.find("paint") == session
    assert len(store.search("monet")) == 1
    with pytest.raises(StoreReadOnly):
        store.append(session, None, question("Who?"), 1.0)
    with pytest.raises(StoreReadOnly):
        store.delete(session)
    assert path.read_bytes() == before


LATER = (*STEPS, ["ALTER TABLE session ADD COLUMN colour TEXT", "UPDATE session SET colour = 'blue'"])


def test_an_older_store_becomes_one_of_today_and_a_copy_of_it_stays(path: Path, session: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        migrate(db, path, LATER)
        assert version_of(db) == len(LATER)
        assert db.execute("SELECT title, colour FROM session").fetchall() == [("Painters", "blue")]
        assert db.execute("SELECT count(*) FROM node").fetchone() == (2,)
    with closing(sqlite3.connect(f"{path}.version-{len(STEPS)}")) as copy:
        assert version_of(copy) == len(STEPS)
    copied = Store(path.with_name(f"store.db.version-{len(STEPS)}"))
    assert copied.load(session)[0].title == "Painters"


def test_a_migration_that_fails_changes_nothing(path: Path, session: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        with pytest.raises(sqlite3.OperationalError):
            migrate(db, path, (*LATER, ["CREATE TABLE more (x)", "this is no statement"]))
        assert version_of(db) == len(STEPS)
        assert not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'more' OR sql LIKE '%colour%'").fetchall()
    assert Store(path).load(session)[0].title == "Painters"


def test_a_migration_is_done_once_when_two_processes_begin_it(path: Path, session: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        migrate(db, path, LATER)
        migrate(db, path, LATER)
        assert db.execute("SELECT colour FROM session").fetchall() == [("blue",)]


def test_a_new_store_and_one_of_today_are_not_copied(path: Path, session: str) -> None:
    Store(path).close()
    assert not [name for name in modes(path.parent) if "version" in name]


# -- what the system does not allow


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [str(mount), "-t", "tmpfs", "-o", "size=1m", "none", str(folder)]
    if not mount or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("may not mount a file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(store: Store, session: str) -> StoreError:
    """Appends until that is refused."""
    for number in range(10_000):
        try:
            store.append(session, None, question(f"{number} " + "x" * 10_000), 1.0)
        except StoreError as error:
            return error
    raise AssertionError("there is no end to this disk")


def check_a_full_disk(store: Store, session: str, path: Path) -> None:
    error = fill(store, session)
    assert "full" in error.what
    assert error.hint
    before = store.load(session)[0]
    with pytest.raises(StoreError, match="full"):
        store.append(session, None, question("x" * 100_000), 1.0)
    assert store.load(session)[0] == before
    assert [node.message.text.split()[0] for node in before.nodes.values()] == list(map(str, range(len(before.nodes))))
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_full_disk_is_told_and_harms_nothing(disk: Path) -> None:
    store = Store(disk / "store.db")
    session = store.new_session({})
    check_a_full_disk(store, session, disk / "store.db")
    store.close()


def test_a_store_at_the_limit_of_its_size_is_told_and_harms_nothing(path: Path) -> None:
    store = Store(path)
    session = store.new_session({})
    store._db.execute("PRAGMA max_page_count = 100")
    check_a_full_disk(store, session, path)


def test_after_a_full_disk_saving_goes_on_when_there_is_room(disk: Path) -> None:
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(500_000))
    store = Store(disk / "store.db")
    session = store.new_session({})
    fill(store, session)
    ballast.unlink()
    added = store.append(session, None, question("And now?"), 1.0)
    assert not added.diverged
    assert store.load(session)[0].nodes[added.id].message.text == "And now?"
    store.close()


def test_a_read_only_disk_can_be_read(disk: Path) -> None:
    path = disk / "store.db"
    store = Store(path)
    session = store.new_session({}, "Painters")
    exchange(store, session, "Who?", "Claude Monet.")
    asked = store.append(session, 2, question("And now?"), 3.0).id
    begun = store.begin(session, asked, model="m", at=4.0, settings={}, parts=[*question("Well").parts])
    store.close()
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    store = Store(path)
    assert store.read_only
    assert "read-only" in store.notice
    assert store.find("painters") == session
    assert len(store.search("monet")) == 1
    assert store.load(session)[0].nodes[begun].message.text == "Well"
    assert store.load(session)[0].nodes[begun].finish_reason == "interrupted"
    with pytest.raises(StoreReadOnly) as error:
        store.append(session, None, question("Who?"), 1.0)
    assert error.value.why
    store.close()


def test_a_new_store_on_a_read_only_disk_is_in_memory(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    store = Store(disk / "data" / "store.db")
    assert store.path is None
    assert store.notice.startswith("sessions are not saved: ")
    exchange(store, store.new_session({}), "Who?", "Claude Monet.")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is forbidden to this user")
def test_a_read_only_folder_can_be_read(path: Path, session: str) -> None:
    path.parent.chmod(0o500)
    try:
        store = Store(path)
        assert store.read_only
        assert store.load(session)[0].title == "Painters"
    finally:
        path.parent.chmod(0o700)


def test_a_lock_that_is_never_given_up_is_told(path: Path, session: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LOCK_WAIT", 0.01)
    store = Store(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for act in (lambda: store.append(session, None, question("Who?"), 1.0), lambda: store.load(session)):
            with pytest.raises(StoreError) as error:
                act()
            assert "locked" in error.value.what
            assert error.value.hint
        with pytest.raises(StoreError, match="locked"):
            Store(path)
    assert len(store.load(session)[0].nodes) == 2


class Clock:
    """A clock that goes on when somebody sleeps: a second each time, in which something happens."""

    def __init__(self, happens: Callable[[], object]) -> None:
        self._happens = happens
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += 1
        self._happens()


def test_others_may_take_as_long_as_they_save_something(
    path: Path, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:

        def save() -> None:
            other.execute("UPDATE session SET updated = updated + 1")
            other.execute("COMMIT")
            if clock.seconds < 10 * waiting.LOCK_WAIT:
                other.execute("BEGIN IMMEDIATE")

        clock = Clock(save)
        monkeypatch.setattr(waiting, "time", clock)
        other.execute("BEGIN IMMEDIATE")
        store.append(session, None, question("Who?"), 1.0)
    assert clock.seconds == 10 * waiting.LOCK_WAIT
    assert len(store.load(session)[0].nodes) == 3


def test_a_store_that_is_taken_away_is_made_anew(path: Path, session: str) -> None:
    store = Store(path)
    path.unlink()
    with pytest.raises(StoreError, match="gone"):
        store.append(session, None, question("Who?"), 1.0)
    other = store.new_session({})
    store.append(other, None, question("Who?"), 1.0)
    assert [summary.id for summary in Store(path).sessions()] == [other]


# -- what is deleted


def test_of_a_deleted_session_no_byte_is_left(path: Path) -> None:
    store = Store(path)
    keep, drop = store.new_session({}), store.new_session({"system": "xylophone"}, "zeppelin")
    last = None
    for number in range(12):
        last = exchange(store, keep, f"question {number}", "Claude Monet.", last)
    last = None
    for number in range(12):
        last = exchange(store, drop, f"quixotic {number}", "quagmire " * 300, last)
    begun = store.begin(drop, last, model="yttrium", at=1.0, settings={}, parts=[*question("kumquat").parts])
    store.checkpoint(drop, begun, question("zugzwang").parts)
    words = [b"xylophone", b"zeppelin", b"quixotic", b"quagmire", b"yttrium", b"kumquat", b"zugzwang"]
    assert all(word in path.read_bytes() for word in words)

    assert store.delete(drop) == []
    left = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert [word for word in words if word in left] == []
    assert len(store.load(keep)[0].nodes) == 24
    assert len(store.search("monet", limit=100)) == 12


def test_to_delete_names_the_copies_that_may_hold_it_still(path: Path, session: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        migrate(db, path, (*STEPS, ["CREATE TABLE more (x)"]))
        db.execute(f"PRAGMA user_version = {len(STEPS)}")
    assert Store(path).delete(session) == [path.with_name(f"store.db.version-{len(STEPS)}")]
