"""Trouble of every kind as a person at the terminal meets it: told in words, the conversation goes on."""

import re

import pytest

from tests.e2e.conftest import Chat, Home
from tests.e2e.pipes import installed_command
from tests.e2e.prompt import line, opened, words
from tests.e2e.replies import BROKEN, MID_STREAM_ERRORS, NOT_THE_API, REFUSALS, Answer, Http, retry_after
from tests.e2e.server import Server
from tests.e2e.terminal import Terminal

REFUSED = {
    "401 detail": "the API key is not accepted",
    "402": "no payment method",
    "403 guardrail": "a guardrail has blocked the request",
    "404 model": "the model is not known",
    "400 context": "the conversation is too long for the model",
    "422 detail": "temperature: must be ≤ 1.5 (you sent 2)",
    "redirect": "the server redirects",
}


def goes_on(terminal: Terminal, server: Server) -> None:
    """Sends what is in the prompt again, which is answered."""
    terminal.press("enter")
    terminal.wait_for("You said: hello")


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_is_told_and_the_message_can_be_sent_again(chat: Chat, server: Server, name: str) -> None:
    server.reply(REFUSALS[name])
    terminal = opened(chat())
    line(terminal, "hello")
    terminal.wait_for(re.compile(r"hint:.*\n(.*\n)*› hello"))
    assert REFUSED[name] in words(terminal)
    goes_on(terminal, server)


@pytest.mark.parametrize("name", ["captive portal", "JSON error with 200"])
def test_what_is_no_answer_is_told(chat: Chat, server: Server, name: str) -> None:
    server.reply(*[NOT_THE_API[name]] * 4)
    terminal = opened(chat())
    line(terminal, "hello")
    terminal.wait_for(re.compile(r"not an API answer \(text/html\)|Internal server error"))
    terminal.wait_for("› hello")


@pytest.mark.parametrize("words", MID_STREAM_ERRORS.values(), ids=MID_STREAM_ERRORS)
def test_an_error_in_mid_answer_keeps_the_text_and_is_told(chat: Chat, server: Server, words: bytes) -> None:
    server.reply(Answer(["The sea is", words]), "The sea is blue.")
    terminal = opened(chat())
    line(terminal, "What is the sea?")
    terminal.wait_for("Internal server error")
    line(terminal, "/continue")
    terminal.wait_for("The sea is blue.")
    assert server.chats[1].messages[-1] == {"role": "assistant", "content": "The sea is", "prefix": True}


@pytest.mark.parametrize("name", ["closed in mid-answer", "no finish_reason", "finish_reason error"])
def test_an_answer_that_ends_early_offers_to_go_on(chat: Chat, server: Server, name: str) -> None:
    server.reply(BROKEN[name], "Hello there.")
    terminal = opened(chat())
    line(terminal, "hello")
    terminal.wait_for("/continue")
    line(terminal, "/continue")
    terminal.wait_for("Hello there.")


def test_a_rate_limit_names_the_limit_and_when_to_come_back(chat: Chat, server: Server) -> None:
    server.reply(retry_after("3600"))
    terminal = opened(chat())
    line(terminal, "hello")
    terminal.wait_for("the limit of 60 requests a minute is used up")
    terminal.wait_for("try again in 60 minutes")


def test_a_server_that_fails_for_a_moment_is_asked_again_unseen(chat: Chat, server: Server) -> None:
    server.reply(Http(500, {"message": "Oops"}, {"Retry-After-Ms": "1"}))
    terminal = opened(chat())
    line(terminal, "hello")
    terminal.wait_for("You said: hello")
    terminal.wait_for("tokens")
    assert "Oops" not in terminal.text()
    assert len(server.chats) == 2


@pytest.mark.slow
def test_a_server_that_is_gone_is_named_and_the_message_is_back(home: Home) -> None:
    with Server() as server:
        url = server.url
    with Terminal([installed_command(), "--base-url", url], home.env) as terminal:
        opened(terminal)
        line(terminal, "hello")
        terminal.wait_for(re.compile("trying again.*: 127.0.0.1:[0-9]+ refuses the connection"))
        terminal.wait_for("hint: check the network and base_url")
        terminal.wait_for("› hello")


def test_an_unknown_model_is_told_with_near_names(chat: Chat) -> None:
    terminal = opened(chat("-m", "mistral-medum-latest"))
    line(terminal, "hello")
    terminal.wait_for("did you mean mistral-medium-latest")
    terminal.wait_for(re.compile(r"hint:[^›]*\n› hello"))
    terminal.press("ctrl-c")
    line(terminal, "/model mistral-medium-latest")
    line(terminal, "hello")
    terminal.wait_for("You said: hello")


def test_a_prefix_that_is_refused_is_left_out_and_the_answer_asked_for_anew(chat: Chat, server: Server) -> None:
    refused = Http(400, {"message": "prefix is not supported", "type": "invalid_request_error"})
    server.reply(Answer(["The sea is"], finish_reason="length"), refused, "It is blue.")
    terminal = opened(chat())
    line(terminal, "What is the sea?")
    terminal.wait_for("/continue")
    line(terminal, "/continue")
    terminal.wait_for("It is blue.")
    terminal.wait_for("tokens")
    line(terminal, "/branches")
    terminal.wait_for("○ The sea is")
    terminal.wait_for("● It is blue.")


def test_a_session_that_is_not_saved_leaves_nothing_on_disk(chat: Chat, home: Home) -> None:
    terminal = opened(chat("--no-save"))
    line(terminal, "hello")
    terminal.wait_for("You said: hello")
    line(terminal, "/models")
    terminal.wait_for("ministral-8b-latest")
    line(terminal, "/quit")
    assert terminal.wait_exit() == 0
    assert [path for path in home.path.rglob("*") if path.is_file()] == []


def test_without_a_terminal_to_write_to_no_conversation_is_begun(home: Home, server: Server) -> None:
    command = f"{installed_command()} --base-url {server.url} > out; echo status $?"
    with Terminal(["sh", "-c", command], home.env, cwd=home.path) as terminal:
        terminal.wait_for("no question, and no terminal to ask for one")
        terminal.wait_for("status 2")
