"""Finding what was said, and going on there."""

import json
from pathlib import Path

import pytest

from mistral_chat.commands.exchange import head_through, place, show_hits
from mistral_chat.conversation import Conversation
from mistral_chat.errors import UsageError
from mistral_chat.message import Role
from mistral_chat.screen import Screen
from mistral_chat.store import Hit, Store
from tests.e2e.server import Server
from tests.exchange.talk import branched, said, talk
from tests.program.shell import Shell
from tests.streams import Stream

HITS = [Hit("aaaaaaaaaa", "One", 1, Role.USER, 0.0, "one", ()), Hit("bbbbbbbbbb", "Two", 5, Role.USER, 0.0, "two", ())]


@pytest.fixture
def store() -> Store:
    store = Store(None)
    store.save(branched().conversation, {})
    return store


def test_the_number_of_a_hit_is_its_message(store: Store) -> None:
    assert place(store, "2", HITS) == ("bbbbbbbbbb", 5)


def test_a_number_beyond_the_hits_is_told(store: Store) -> None:
    with pytest.raises(UsageError, match="no hit 3"):
        place(store, "3", HITS)


def test_a_message_is_named_by_its_session_and_number(store: Store) -> None:
    assert place(store, "k3f9@5", HITS) == ("k3f9ab2c1d", 5)


def test_any_other_words_mean_a_session(store: Store) -> None:
    assert place(store, "Painters", HITS) == ("k3f9ab2c1d", None)


def test_a_message_of_the_branch_in_use_leaves_the_head_where_it_is() -> None:
    conversation = branched().conversation
    assert head_through(conversation, 2) == conversation.head == 6


def test_a_message_of_another_branch_moves_the_head_to_the_end_of_that() -> None:
    assert head_through(branched().conversation, 3) == 5


def test_of_two_branches_through_a_message_the_one_that_grew_last_is_taken() -> None:
    assert head_through(branched().conversation.switch(None), 1) == 6


def test_a_message_that_is_not_there_is_told() -> None:
    with pytest.raises(UsageError, match="no message 9"):
        head_through(Conversation(), 9)


def test_a_hit_is_shown_with_its_place_and_its_words_marked() -> None:
    out = Stream(terminal=True)
    screen = Screen(out, out, environment={"TERM": "xterm"})
    screen.styles = {"search.hit": "bold"}
    show_hits(screen, [Hit("k3f9ab2c1d", "Painters", 5, Role.ASSISTANT, 0.0, "… Mary Cassatt.", ((2, 6),))])
    assert "Painters" in out.text
    assert "k3f9ab2c1d@5" in out.text
    assert "… \x1b[1mMary\x1b[0m Cassatt." in out.text


def test_what_was_said_can_not_steer_the_terminal_when_it_is_found() -> None:
    out = Stream(terminal=True)
    screen = Screen(out, out, environment={"TERM": "xterm"})
    show_hits(screen, [Hit("k3f9ab2c1d", "\x1b[2J", 5, Role.USER, 0.0, "a\x1b]0;x\x07", ((0, 3),))])
    assert "\x1b" not in out.text


# ---- on the command line


def test_search_lists_the_hits(shell: Shell) -> None:
    shell("Who is the best French painter?")
    done = shell("--search", "french")
    assert done.status == 0
    assert len(done.out.splitlines()) == 4  # the question and the answer, two lines each
    assert "go on there with: mistral-chat -r " in done.err


def test_the_words_of_a_search_need_no_quotes(shell: Shell) -> None:
    shell("Who is the best French painter?")
    shell("What is French?")
    assert "painter" in shell("--search", "french", "painter").out
    assert shell("--search", "french", "xyzzy").out == ""


def test_search_as_json_has_all_of_a_hit(shell: Shell) -> None:
    shell("Who is the best French painter?")
    hit = shell("--search", "painter", "-o", "json").json[0]
    assert hit.keys() == {"session", "title", "node", "role", "at", "snippet", "marks"}
    start, end = hit["marks"][0]
    assert hit["snippet"][start:end] == "painter"


def test_nothing_found_is_said(shell: Shell) -> None:
    done = shell("--search", "nothing")
    assert (done.status, done.out) == (0, "")
    assert "nothing found for nothing" in done.err


def test_nothing_to_look_for_is_refused(shell: Shell) -> None:
    assert shell("--search", "?!").status == 2


def test_a_hit_can_be_resumed_from_the_command_line(shell: Shell, server: Server, tmp_path: Path) -> None:
    path = tmp_path / "painters.json"
    path.write_text(json.dumps({"format": "mistral-chat", "version": 1, **_branches()}))
    shell("--import", str(path))
    hit = shell("--search", "Morisot", "-o", "json").json[0]
    assert shell("-r", f"{hit['session']}@{hit['node']}", "Why she?").status == 0
    assert [message["content"] for message in server.chats[-1].messages] == ["Who?", "Morisot.", "Why she?"]


def _branches() -> dict[str, object]:
    session = talk(
        said(1, None, Role.USER, "Who?"), said(2, 1, Role.ASSISTANT, "Morisot."), said(3, 1, Role.ASSISTANT, "Monet.")
    )
    from mistral_chat.exchange import whole

    data: dict[str, object] = json.loads(whole.write(session))
    return data | {"settings": {}}
