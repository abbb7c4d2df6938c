"""Sessions to and from files, and away, on the command line."""

import json
from pathlib import Path

import pytest

from mistral_chat.commands.exchange import bring_in, delete, export_session, question_before_delete
from mistral_chat.conversation import Conversation
from mistral_chat.exchange.session import Session
from mistral_chat.message import Role
from mistral_chat.screen import Screen
from mistral_chat.store import Store
from mistral_chat.theme import Theme, bundled_folder, load
from tests.e2e.conftest import Home
from tests.exchange.talk import answered, branched, said
from tests.exchange.test_chatgpt import conversation, node
from tests.program.shell import Shell
from tests.streams import Stream


def session(shell: Shell, question: str = "Who?") -> str:
    found: str = shell("-o", "json", question).json["session"]
    return found


# ---- export


def test_a_session_goes_to_standard_output_as_markdown(shell: Shell) -> None:
    found = session(shell)
    for words in ([found], [found, "-"]):
        done = shell("--export", *words)
        assert done.status == 0
        assert "You said: Who?" in done.out


@pytest.mark.parametrize(
    ("name", "begins"),
    [("a.md", "---\n"), ("a.json", "{\n"), ("a.JSON", "{\n"), ("a.html", "<!DOCTYPE html>"), ("a", "---\n")],
)
def test_the_ending_of_the_file_chooses_the_form(shell: Shell, tmp_path: Path, name: str, begins: str) -> None:
    assert shell("--export", session(shell), str(tmp_path / name)).status == 0
    assert (tmp_path / name).read_text().startswith(begins)
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_an_ending_that_is_not_known_is_refused(shell: Shell, tmp_path: Path) -> None:
    done = shell("--export", session(shell), str(tmp_path / "a.docx"))
    assert done.status == 2
    assert "nothing is exported as .docx" in done.err
    assert not (tmp_path / "a.docx").exists()


def test_a_page_is_in_the_colours_of_the_theme(shell: Shell, tmp_path: Path) -> None:
    shell("--theme", "mistral-light", "--export", session(shell), str(tmp_path / "a.html"))
    assert "color-scheme: light" in (tmp_path / "a.html").read_text()


def test_a_file_that_is_there_is_not_written_over(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("mine")
    done = shell("--export", session(shell), str(path))
    assert done.status == 2
    assert "is there already" in done.err
    assert path.read_text() == "mine"


def test_a_folder_is_not_exported_to(shell: Shell, tmp_path: Path) -> None:
    done = shell("--export", session(shell), f"{tmp_path}/new/")
    assert done.status == 2
    assert not list(tmp_path.glob("new*"))


def test_a_session_that_is_not_there_is_told(shell: Shell) -> None:
    assert shell("--export", "zzz").status == 2


@pytest.mark.parametrize("terminal", [True, False])
def test_control_characters_reach_a_pipe_and_no_terminal(terminal: bool) -> None:
    store = Store(None)
    store.save(answered("\x1b[2J").conversation, {})
    out = Stream(terminal=terminal)
    export_session(Screen(out, out, environment={}), store, "k3f9", None, _theme)
    assert ("\x1b" in out.text) is not terminal


def _theme() -> Theme:
    return load("mistral-dark", [bundled_folder()])


# ---- import


def saved(store: Store) -> list[str]:
    return sorted(summary.id for summary in store.sessions())


def test_what_was_exported_and_deleted_comes_back_as_it_was(shell: Shell, tmp_path: Path) -> None:
    found = session(shell)
    shell("--export", found, str(tmp_path / "a.json"))
    before = (tmp_path / "a.json").read_bytes()
    _empty(shell)
    done = shell("--import", str(tmp_path / "a.json"))
    assert (done.status, done.err) == (0, "1 session came in\n")
    shell("--export", found, str(tmp_path / "b.json"))
    assert (tmp_path / "b.json").read_bytes() == before


def _empty(shell: Shell) -> None:
    for path in Path(shell.environment["XDG_DATA_HOME"]).rglob("sessions.db*"):
        path.unlink()


def test_a_session_that_is_here_already_is_not_doubled() -> None:
    store = Store(None)
    assert list(bring_in(store, [branched(), branched()])) == ["came in", "here already"]
    assert list(bring_in(store, [branched()])) == ["here already"]
    assert saved(store) == ["k3f9ab2c1d"]


def test_a_session_that_went_on_here_is_here_already() -> None:
    store = Store(None)
    list(bring_in(store, [branched()]))
    store.append("k3f9ab2c1d", 6, said(1, None, Role.USER, "More?").message, 9.0)
    assert list(bring_in(store, [branched()])) == ["here already"]


def test_a_session_that_went_on_elsewhere_comes_in_beside_and_only_once() -> None:
    store = Store(None)
    list(bring_in(store, [answered("Monet.")]))
    other = [answered("Morisot.")]
    assert [*bring_in(store, other), *bring_in(store, other)] == [
        "came in beside one that went on otherwise",
        "here already",
    ]
    assert len(saved(store)) == 2


def test_a_session_without_messages_is_left_out() -> None:
    store = Store(None)
    assert list(bring_in(store, [Session(Conversation("k3f9ab2c1d"))])) == ["without messages, left out"]
    assert saved(store) == []


def test_conversations_of_chatgpt_come_in_once(shell: Shell, tmp_path: Path) -> None:
    data = [conversation(node("q", None, "user", f"Question {n}"), conversation_id=str(n)) for n in range(600)]
    (tmp_path / "conversations.json").write_text(json.dumps(data))
    done = shell("--import", str(tmp_path / "conversations.json"))
    assert done.err.splitlines() == ["250 of 600", "500 of 600", "600 sessions came in"]
    assert "600 sessions here already" in shell("--import", str(tmp_path / "conversations.json")).err
    assert len(shell("--sessions", "-o", "json").json) == 600


def test_a_file_that_cannot_be_read_leaves_the_store_as_it_was(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"format": "mistral-chat", "version": 1, "messages": [{"id": 1}]}')
    done = shell("--import", str(tmp_path / "bad.json"))
    assert done.status == 2
    assert len(done.err.splitlines()) == 3
    assert shell("--sessions", "-o", "json").json == []


# ---- delete


@pytest.fixture
def screen() -> Screen:
    out = Stream()
    return Screen(out, out, environment={})


@pytest.mark.parametrize("sure", [True, False])
def test_a_session_is_deleted_only_when_that_is_sure(screen: Screen, sure: bool) -> None:
    store = Store(None)
    store.save(branched().conversation, {})
    delete(screen, store, "k3f9ab2c1d", sure)
    assert saved(store) == ([] if sure else ["k3f9ab2c1d"])


def test_the_question_names_what_would_be_lost() -> None:
    store = Store(None)
    store.save(branched().conversation, {})
    question = question_before_delete(store, "k3f9ab2c1d")
    assert "k3f9ab2c1d" in question
    assert "Painters (6 messages)" in question


def test_the_history_that_may_hold_it_still_is_named(shell: Shell, home: Home) -> None:
    shell("One")
    (home.data / "history").write_text("One\n")
    done = shell("--delete", "One", stdin="y\n")
    assert f"still in its history: {home.data / 'history'}" in done.err


def test_copies_that_may_hold_it_still_are_named(home: Home, tmp_path: Path) -> None:
    out = Stream()
    store = Store(tmp_path / "sessions.db")
    store.save(branched().conversation, {})
    (tmp_path / "sessions.db.version-1").touch()
    delete(Screen(out, out, environment={}), store, "k3f9ab2c1d", True)
    assert "sessions.db.version-1" in out.text
