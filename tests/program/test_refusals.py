"""What goes wrong ends in the right status and at most three lines: what happened, why, and one thing to do."""

import pytest

from mistral_chat.errors import Exit
from tests.e2e.conftest import Home
from tests.e2e.replies import BROKEN, MID_STREAM_ERRORS, NOT_THE_API, REFUSALS, RESET, Answer, Http, Raw
from tests.e2e.server import KEY, Server
from tests.program.shell import Done, Shell

AT_ONCE = {"Retry-After-Ms": "1"}

STATUSES = {
    "401": Exit.AUTH,
    "402": Exit.LIMIT,
    "403 permission": Exit.AUTH,
    "403 guardrail": Exit.REJECTED,
    "404": Exit.REJECTED,
    "400": Exit.REJECTED,
    "422": Exit.REJECTED,
    "429": Exit.LIMIT,
    "5": Exit.NETWORK,
    "redirect": Exit.NETWORK,
}


def failed(done: Done) -> list[str]:
    """The lines of an error, without those that tell of tries before; nothing else may be there."""
    lines = done.err.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("mistral-chat: error: "))
    assert all("trying again" in line for line in lines[:first])
    assert len(lines[first:]) <= 3
    assert all(line.startswith("  ") for line in lines[first + 1 :])
    assert "Traceback" not in done.err
    assert "<html" not in done.err
    assert KEY not in done.err
    return lines[first:]


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_gives_its_class_s_status_and_three_lines(shell: Shell, server: Server, name: str) -> None:
    reply = REFUSALS[name]
    quick = Http(reply.status, reply.body, dict(reply.headers) | AT_ONCE, reply.content_type)
    server.reply(*[quick] * 4)
    done = shell("Hello")
    assert done.status == next(status for begin, status in STATUSES.items() if name.startswith(begin))
    assert done.out == ""
    failed(done)


@pytest.mark.parametrize("name", [name for name in REFUSALS if name[0] == "4" and not name.startswith("429")])
def test_what_another_try_would_not_mend_is_sent_once(shell: Shell, server: Server, name: str) -> None:
    server.reply(REFUSALS[name])
    shell("Hello")
    assert len(server.chats) == 1


@pytest.mark.parametrize("name", ["429", "429 capacity", "500 JSON", "502 HTML", "503 HTML", "504 text", "529"])
def test_what_may_pass_is_sent_again_three_times(shell: Shell, server: Server, name: str) -> None:
    reply = REFUSALS[name]
    server.reply(*[Http(reply.status, reply.body, AT_ONCE, reply.content_type)] * 4)
    shell("Hello")
    assert len(server.chats) == 4


@pytest.mark.parametrize("name", ["422 detail", "422 message is an object", "422 message is a list"])
def test_a_list_of_fields_is_told_in_words(shell: Shell, server: Server, name: str) -> None:
    server.reply(REFUSALS[name])
    assert "temperature: must be ≤ 1.5 (you sent 2)" in failed(shell("Hello"))[0]


def test_a_wrong_key_is_told_with_its_origin_and_its_end(shell: Shell) -> None:
    shell.environment["MISTRAL_API_KEY"] = "wrongKey12345678"
    done = shell("Hello")
    assert done.status == 3
    assert failed(done) == [
        "mistral-chat: error: the API key is not accepted",
        "  it came from the variable MISTRAL_API_KEY and ends in 5678",
        "  hint: set MISTRAL_API_KEY, or run: mistral-chat --login",
    ]


def test_without_a_key_it_says_how_to_set_one_and_of_the_demonstration(shell: Shell) -> None:
    del shell.environment["MISTRAL_API_KEY"]
    done = shell.plain("Hello")
    assert done.status == 3
    error = failed(done)
    assert "no API key" in error[0]
    assert "export MISTRAL_API_KEY=" in error[-1]
    assert "mistral-chat --demo" in error[-1]


def test_a_key_from_a_pipe_is_kept_and_used(shell: Shell) -> None:
    del shell.environment["MISTRAL_API_KEY"]
    assert shell.plain("--login", stdin=f"{KEY}\n").status == 0
    assert shell("Hello").status == 0


def test_a_login_without_a_key_keeps_none(shell: Shell) -> None:
    done = shell.plain("--login", stdin="\n")
    assert done.status == 2
    assert "no key was given" in done.err


@pytest.mark.parametrize("key", ["two words", "tab\there", "Schlüssel", "a\x00b"])
def test_a_key_that_no_header_may_hold_is_refused_and_not_shown(shell: Shell, server: Server, key: str) -> None:
    shell.environment["MISTRAL_API_KEY"] = key
    done = shell("Hello")
    assert done.status == 3
    assert key not in done.err
    assert "invalid character" in done.err
    assert server.requests == []


def test_blanks_around_a_key_are_taken_off(shell: Shell) -> None:
    shell.environment["MISTRAL_API_KEY"] = f" {KEY}\n"
    assert shell("Hello").status == 0


def test_an_unknown_model_is_told_with_the_server_s_words_and_near_names(shell: Shell) -> None:
    done = shell("-m", "mistral-medum-latest", "Hello")
    assert done.status == 6
    error = failed(done)
    assert "Invalid model: mistral-medum-latest" in error[1]
    assert "mistral-medium-latest" in error[2]


@pytest.mark.slow
def test_a_server_that_is_not_there_is_named(shell: Shell) -> None:
    done = shell.plain("--base-url", "http://127.0.0.1:9", "Hello")
    assert done.status == 5
    assert "127.0.0.1:9 refuses the connection" in failed(done)[0]


@pytest.mark.parametrize("name", NOT_THE_API)
def test_what_is_no_answer_of_the_api_is_told_as_that(shell: Shell, server: Server, name: str) -> None:
    server.reply(*[NOT_THE_API[name]] * 4)
    done = shell("Hello")
    assert done.status == 5
    failed(done)


def test_a_captive_portal_is_told_by_its_type(shell: Shell, server: Server) -> None:
    server.reply(NOT_THE_API["captive portal"])
    assert "not an API answer (text/html)" in failed(shell("Hello"))[0]


@pytest.mark.parametrize("name", [name for name, reply in BROKEN.items() if isinstance(reply, Answer)])
def test_an_answer_that_ends_too_early_is_kept_and_incomplete(shell: Shell, server: Server, name: str) -> None:
    shell.environment["MISTRAL_CHAT_RESUME"] = "never"
    server.reply(BROKEN[name])
    done = shell("Hello")
    assert done.status == 7
    assert done.out == "Hello\n"
    assert shell("-c", "more").status == 0
    assert server.chats[-1].messages[1] == {"role": "assistant", "content": "Hello"}


@pytest.mark.parametrize("name", ["closed before headers", "not HTTP", "short body"])
def test_a_broken_connection_is_told(shell: Shell, server: Server, name: str) -> None:
    shell.environment["MISTRAL_CHAT_RESUME"] = "never"
    server.reply(BROKEN[name])
    done = shell("Hello")
    assert done.status in (0, 5, 7)
    assert done.status == 0 or failed(done)


@pytest.mark.slow
@pytest.mark.parametrize("reply", [Answer([RESET]), Answer([], finish_reason=None, usage=None)], ids=["reset", "ended"])
def test_where_nothing_came_there_is_nothing_to_go_on_with(shell: Shell, server: Server, reply: Answer) -> None:
    server.reply(*[reply] * 4)
    assert failed(shell("Hello"))[-1] == "  hint: try again"


def test_a_reset_before_the_headers_is_tried_again(shell: Shell, server: Server) -> None:
    server.reply(Raw([RESET]), "Hello")
    done = shell("Hi")
    assert (done.status, done.out) == (0, "Hello\n")


@pytest.mark.parametrize("words", MID_STREAM_ERRORS.values(), ids=MID_STREAM_ERRORS)
def test_an_error_in_mid_stream_keeps_the_text_and_tells_the_server_s_words(
    shell: Shell, server: Server, words: bytes
) -> None:
    server.reply(Answer(["Hello", words]))
    done = shell("Hi")
    assert (done.status, done.out) == (7, "Hello\n")
    assert "Internal server error" in failed(done)[0]


def test_a_broken_answer_is_gone_on_with_by_itself(shell: Shell, server: Server) -> None:
    server.reply(Answer(["The answer that breaks ", RESET]), "The answer that breaks goes on.")
    done = shell("Hi")
    assert (done.status, done.out) == (0, "The answer that breaks goes on.\n")
    assert server.chats[1].messages[-1] == {"role": "assistant", "content": "The answer that breaks ", "prefix": True}


def test_an_answer_that_breaks_twice_is_left_as_it_is(shell: Shell, server: Server) -> None:
    server.reply(Answer(["The answer that breaks ", RESET]), Answer(["The answer that breaks again ", RESET]))
    done = shell("Hi")
    assert done.status == 7
    assert done.out == "The answer that breaks again \n"
    assert len(server.chats) == 2


def test_an_error_is_free_of_control_characters(shell: Shell, server: Server) -> None:
    server.reply(Http(400, {"message": "bad\x1b[2J\nrequest\u202e", "type": "invalid_request_error"}))
    done = shell("Hi")
    assert done.status == 6
    assert "\x1b" not in done.err
    assert "\u202e" not in done.err
    failed(done)


def test_a_home_that_cannot_be_written_is_an_unsaved_session(shell: Shell, home: Home) -> None:
    home.data.parent.rmdir()
    home.data.parent.write_text("a file where the folder should be")
    done = shell("Hello")
    assert (done.status, done.out) == (0, "You said: Hello\n")
    assert done.err.startswith("warning: ")
    assert len(done.err.splitlines()) == 1
