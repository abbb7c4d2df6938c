"""Sessions over several runs: going on with the latest or a named one, titles, listings, and leaving no trace."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.conftest import Home
from tests.e2e.replies import Answer, Http
from tests.e2e.server import Server
from tests.program.shell import Shell
from tests.program.talk import CLEAR, Talk


def session(shell: Shell, *words: str) -> str:
    """The id of the session in which these words are asked."""
    found: str = shell("-o", "json", *words).json["session"]
    return found


def contents(server: Server) -> list[str]:
    """What was said, by the latest request."""
    return [message["content"] for message in server.chats[-1].messages]


def test_continue_goes_on_with_the_latest_session(shell: Shell, server: Server) -> None:
    shell("One")
    shell("-c", "Two")
    assert contents(server) == ["One", "You said: One", "Two"]


def test_without_continue_every_run_is_a_new_session(shell: Shell, server: Server) -> None:
    shell("One")
    shell("Two")
    assert contents(server) == ["Two"]


def test_the_latest_session_is_the_one_last_used(shell: Shell, server: Server) -> None:
    first = session(shell, "One")
    session(shell, "Two")
    shell("-r", first, "Three")
    shell("-c", "Four")
    assert contents(server)[0] == "One"


def test_continue_without_a_session_is_refused(shell: Shell, server: Server) -> None:
    done = shell("-c", "Hello")
    assert done.status == 2
    assert "no session to go on with" in done.err
    assert server.requests == []


def test_resume_takes_the_beginning_of_an_id(shell: Shell, server: Server) -> None:
    first = session(shell, "One")
    session(shell, "Two")
    assert shell("-r", first[:7], "Three").status == 0
    assert contents(server)[0] == "One"


def test_resume_takes_a_title(shell: Shell, server: Server) -> None:
    shell("--title", "On painting", "One")
    shell("--title", "On music", "Two")
    assert shell("-r", "on painting", "Three").status == 0
    assert contents(server)[0] == "One"


def test_resume_takes_the_first_question_as_title(shell: Shell, server: Server) -> None:
    shell("Who painted this?")
    shell("Something else")
    assert shell("-r", "who painted", "Three").status == 0
    assert contents(server)[0] == "Who painted this?"


def test_an_ambiguous_session_is_refused_with_the_candidates(shell: Shell, server: Server) -> None:
    first = session(shell, "--title", "On painting", "One")
    second = session(shell, "--title", "On painters", "Two")
    done = shell("-r", "paint", "Three")
    assert done.status == 2
    assert first in done.err
    assert second in done.err
    assert len(server.chats) == 2


def test_an_unknown_session_is_refused_with_the_latest_ones(shell: Shell) -> None:
    known = session(shell, "One")
    done = shell("-r", "nothing like it", "Two")
    assert done.status == 2
    assert "there is no session nothing like it" in done.err
    assert known in done.err


def test_resume_without_a_name_needs_a_terminal(shell: Shell) -> None:
    shell("One")
    done = shell("Two", "--resume")
    assert done.status == 2
    assert "which session?" in done.err


def test_a_session_keeps_its_settings(shell: Shell, server: Server) -> None:
    shell("-s", "Be brief", "--temperature", "0.5", "--stop", "X", "--safe-prompt", "-m", "mistral-small-latest", "One")
    shell("-c", "Two")
    body = server.chats[-1].json
    assert body["messages"][0] == {"role": "system", "content": "Be brief"}
    assert (body["temperature"], body["stop"], body["safe_prompt"]) == (0.5, "X", True)
    assert body["model"] == "mistral-small-latest"


def test_a_session_keeps_its_prefix(shell: Shell, server: Server) -> None:
    shell("--prefix", "Well, ", "One")
    assert shell("-c", "Two").out == "Well, You said: Two\n"
    assert server.chats[-1].messages[1] == {"role": "assistant", "content": "Well, You said: One"}


def test_a_flag_covers_a_kept_setting(shell: Shell, server: Server) -> None:
    shell("--temperature", "0.5", "One")
    shell("-c", "--temperature", "1", "Two")
    assert server.chats[-1].json["temperature"] == 1


def test_a_kept_setting_covers_the_environment(shell: Shell, server: Server) -> None:
    shell("--temperature", "0.5", "One")
    shell.environment["MISTRAL_CHAT_TEMPERATURE"] = "1"
    shell("-c", "Two")
    assert server.chats[-1].json["temperature"] == 0.5


def test_no_save_leaves_nothing_on_disk(shell: Shell, home: Home) -> None:
    assert shell("--no-save", "Hello").status == 0
    assert [path for path in home.path.rglob("*") if path.is_file()] == []


def test_no_save_goes_on_with_a_session_and_leaves_it_alone(shell: Shell, server: Server) -> None:
    shell("One")
    shell("-c", "--no-save", "Two")
    assert contents(server) == ["One", "You said: One", "Two"]
    shell("-c", "Three")
    assert contents(server) == ["One", "You said: One", "Three"]


def test_a_failed_question_is_kept_but_not_sent_again(shell: Shell, server: Server) -> None:
    shell("-m", "no-such-model", "One")
    assert shell("-c", "-m", "mistral-medium-latest", "Two").status == 0
    assert contents(server) == ["Two"]


def test_a_failed_question_does_not_take_the_place_of_the_latest_talk(shell: Shell, server: Server) -> None:
    shell("One")
    shell("-m", "no-such-model", "Two")
    shell("-c", "Three")
    assert contents(server) == ["One", "You said: One", "Three"]


def test_a_failed_question_is_in_the_list_and_can_be_asked_again(shell: Shell, server: Server) -> None:
    server.reply(Http(401, {"detail": "Unauthorized"}))
    shell("One")
    (listed,) = shell("--sessions", "-o", "json").json
    assert (listed["question"], listed["messages"]) == ("One", 1)
    shown = Talk(shell, "-c")("/continue", "/retry")
    assert "· One · 1 message\n" in shown
    assert "› One" in shown
    assert "not answered yet — /retry" in shown
    assert "nothing was answered yet\n  hint: /retry asks again" in shown
    assert "You said: One" in shown
    assert contents(server) == ["One"]


def test_a_question_that_failed_after_others_is_shown_and_asked_again(shell: Shell, server: Server) -> None:
    shell("One")
    shell("-c", "-m", "no-such-model", "Two")
    shown = Talk(shell, "-c", "-m", "mistral-small-latest")("/retry")
    assert "· 3 messages, 2 on this branch\n" in shown
    assert shown.index("You said: One") < shown.index("› Two") < shown.index("not answered yet")
    assert contents(server) == ["One", "You said: One", "Two"]


def test_a_first_question_that_failed_leaves_the_title_to_the_next(shell: Shell, server: Server) -> None:
    server.reply(Http(401, {"detail": "Unauthorized"}))
    shown = Talk(shell)("One", CLEAR + "Two", "Three", "/title")
    assert "title Two" in shown
    (listed,) = shell("--sessions", "-o", "json").json
    assert listed["question"] == "Two"


def test_a_blank_title_is_none(shell: Shell) -> None:
    shell("--title", "  ", "One")
    assert shell("--sessions", "-o", "json").json[0]["title"] == ""
    shown = Talk(shell, "-c")("/title On painting", '/title "  "')
    assert "title One" in shown
    assert shell("--sessions", "-o", "json").json[0]["title"] == ""


def test_a_title_that_looks_like_a_message_is_a_title(shell: Shell, server: Server) -> None:
    shell("--title", "mail", "One")
    shell("--title", "mail@2", "Two")
    shell("Three")
    shell("-r", "mail@2", "More")
    assert contents(server)[0] == "Two"
    assert "· mail@2 ·" in Talk(shell)("/resume Mail@2")


def test_a_resume_that_fails_leaves_the_session_that_was(shell: Shell, talk: Talk, server: Server) -> None:
    shell("--title", "mail", "-s", "Be brief", "One")
    shown = talk("Two", "/resume mail@9", "Three")
    assert "there is no message 9" in shown
    assert contents(server) == ["Two", "You said: Two", "Three"]


def test_a_kept_setting_that_is_not_valid_any_more_is_told(shell: Shell, home: Home, server: Server) -> None:
    shell("--temperature", "0.5", "One")
    with closing(sqlite3.connect(home.data / "sessions.db")) as db, db:
        db.execute("""UPDATE session SET settings = '{"model": "mistral-small-latest", "temperature": 9, "mood": 1}'""")
    told = shell("-c", "Two").err
    assert "not as the session had it: temperature: must be between 0 and 1.5 (is 9)" in told
    assert "mood: there is no such setting any more" in told
    assert (server.chats[-1].json["model"], server.chats[-1].json.get("temperature")) == ("mistral-small-latest", None)
    assert Talk(shell, "-c")().count("temperature: must be") == 1


def test_an_empty_answer_is_complete_and_not_sent_back(shell: Shell, server: Server) -> None:
    server.reply(Answer([]))
    done = shell("One")
    assert (done.status, done.out, done.err) == (0, "", "the answer is empty\n")
    assert shell("-c", "Two").status == 0
    assert contents(server) == ["One\n\nTwo"]


def test_sessions_lists_the_latest_first(shell: Shell) -> None:
    shell("First question")
    shell("--title", "A title", "Second question")
    lines = shell("--sessions").out.splitlines()
    assert lines[0].split() == ["session", "last", "used", "messages", "model", "title", "or", "first", "question"]
    assert lines[1].endswith("A title")
    assert lines[2].endswith("First question")


def test_sessions_as_json_have_the_same(shell: Shell) -> None:
    first, second = session(shell, "One"), session(shell, "--title", "Two", "Zwei")
    listed = shell("--sessions", "-o", "json").json
    assert [entry["id"] for entry in listed] == [second, first]
    assert (listed[0]["title"], listed[1]["question"], listed[0]["messages"]) == ("Two", "One", 2)


def test_words_that_a_list_has_no_use_for_are_refused(shell: Shell) -> None:
    done = shell("--sessions", "about", "painters")
    assert (done.status, done.out) == (2, "")
    assert "not understood: about painters" in done.err


def test_sessions_of_an_empty_home_are_none(shell: Shell) -> None:
    done = shell("--sessions")
    assert (done.status, done.out, done.err) == (0, "", "no sessions yet\n")
    assert json.loads(shell("--sessions", "-o", "json").out) == []


@pytest.mark.parametrize("quiet", [[], ["-q"]])
def test_a_session_is_deleted_when_that_is_agreed_to(shell: Shell, quiet: list[str]) -> None:
    shell("One")
    done = shell(*quiet, "--delete", "One", stdin="y\n")
    assert done.status == 0
    assert "It cannot be brought back. [y/N]\n" in done.err
    assert shell("--sessions", "-o", "json").json == []


def test_a_session_stays_when_that_is_answered(shell: Shell) -> None:
    shell("One")
    done = shell("--delete", "One", stdin="n\n")
    assert (done.status, done.err.splitlines()[-1]) == (0, "not deleted")
    assert len(shell("--sessions", "-o", "json").json) == 1


@pytest.mark.parametrize("stdin", [None, b""])
def test_a_session_stays_and_that_is_an_error_when_nobody_answers(shell: Shell, stdin: bytes | None) -> None:
    shell("One")
    done = shell.plain("--delete", "One", stdin=stdin)
    assert done.status == 2
    assert "error: nothing was done, as nobody has answered\n" in done.err
    assert len(shell("--sessions", "-o", "json").json) == 1


@pytest.mark.parametrize("words", [["--sessions"], ["--search", "One"], ["--export", "One"], ["-c", "Two"]], ids=str)
def test_sessions_that_cannot_be_opened_are_not_taken_for_none(shell: Shell, home: Home, words: list[str]) -> None:
    home.data.write_text("a file where the folder should be")
    done = shell(*words)
    assert (done.status, done.out) == (8, "")
    assert done.err.splitlines()[0] == "mistral-chat: error: the saved sessions cannot be opened"
    assert done.err.splitlines()[2] == f"  hint: look at {home.data} and who may use it"


def test_a_list_says_what_there_is_to_say_of_the_file(shell: Shell, home: Home) -> None:
    home.data.mkdir(parents=True)
    (home.data / "sessions.db").write_text("this is no database, but somebody's letter\n" * 100)
    done = shell("--sessions")
    assert done.status == 0
    assert "were damaged" in done.err


def test_a_list_shows_what_is_saved_also_in_a_run_that_saves_nothing(shell: Shell) -> None:
    shell("One")
    assert len(shell("--no-save", "--sessions", "-o", "json").json) == 1


def test_the_listing_shows_titles_without_control_characters(shell: Shell) -> None:
    shell("--title", "a\x1b[31m\nb\u202e", "One")
    listed = shell("--sessions").out
    assert len(listed.splitlines()) == 2
    assert "\x1b" not in listed
    assert "\u202e" not in listed


def test_the_store_is_private(shell: Shell, home: Home) -> None:
    shell("Hello")
    assert home.data.stat().st_mode & 0o777 == 0o700
    files = [path for path in home.data.rglob("*") if path.is_file()]
    assert files
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in files)


def test_a_store_that_is_no_database_is_set_aside_whole(shell: Shell, home: Home) -> None:
    home.data.mkdir(parents=True)
    (home.data / "sessions.db").write_text("this is no database, but somebody's letter\n" * 100)
    done = shell("Hello")
    assert (done.status, done.out) == (0, "You said: Hello\n")
    aside: list[Path] = list(home.data.glob("*.corrupt-*"))
    assert len(aside) == 1
    assert "somebody's letter" in aside[0].read_text()
    assert len(done.err.splitlines()) == 1
