"""How a question reaches the model: as words, through a pipe, or both; and what it says when there is none."""

import pytest

from tests.e2e.server import Server
from tests.program.shell import Shell


def asked(server: Server) -> str:
    """What the user's last message was."""
    text: str = server.chats[-1].messages[-1]["content"]
    return text


def test_words_are_the_question_and_the_answer_is_on_stdout(shell: Shell) -> None:
    done = shell("Who", "are", "you?")
    assert (done.status, done.out, done.err) == (0, "You said: Who are you?\n", "")


def test_a_pipe_is_the_question(shell: Shell, server: Server) -> None:
    done = shell(stdin="What is this?\n")
    assert (done.status, done.out) == (0, "You said: What is this?\n")
    assert asked(server) == "What is this?"


def test_words_come_before_a_pipe_with_a_blank_line_between(shell: Shell, server: Server) -> None:
    assert shell("Summarise", stdin="one\ntwo\n").status == 0
    assert asked(server) == "Summarise\n\none\ntwo"


def test_a_dash_stands_where_the_pipe_goes(shell: Shell, server: Server) -> None:
    assert shell("Is", "-", "a colour?", stdin="red\n").status == 0
    assert asked(server) == "Is red a colour?"


def test_no_stdin_leaves_the_pipe_alone(shell: Shell, server: Server) -> None:
    assert shell("--no-stdin", "Hello", stdin="not this").status == 0
    assert asked(server) == "Hello"


def test_an_empty_pipe_adds_nothing(shell: Shell, server: Server) -> None:
    assert shell("Hello", stdin="").status == 0
    assert asked(server) == "Hello"


def test_a_process_without_standard_input_asks_its_words(shell: Shell, server: Server) -> None:
    assert shell.plain("--base-url", server.url, "Hello", stdin=None).status == 0
    assert asked(server) == "Hello"


def test_words_after_two_dashes_may_look_like_options(shell: Shell, server: Server) -> None:
    assert shell("--", "--what", "is this?").status == 0
    assert asked(server) == "--what is this?"


def test_options_may_follow_the_words(shell: Shell, server: Server) -> None:
    assert shell("Hello", "--temperature", "0", "there").status == 0
    assert asked(server) == "Hello there"
    assert server.chats[-1].json["temperature"] == 0


@pytest.mark.parametrize("stdin", ["", " \n\t\n"])
def test_nothing_is_sent_when_the_pipe_is_blank(shell: Shell, server: Server, stdin: str) -> None:
    done = shell(stdin=stdin)
    assert done.status == 2
    assert done.err.splitlines()[0] == "mistral-chat: error: nothing to send"
    assert server.requests == []


def test_nothing_is_sent_when_the_words_are_blank(shell: Shell, server: Server) -> None:
    assert shell("", " ").status == 2
    assert server.requests == []


def test_without_a_question_and_without_a_terminal_it_says_how_to_ask(shell: Shell) -> None:
    done = shell("--no-stdin")
    assert done.status == 2
    assert done.err.splitlines() == [
        "mistral-chat: error: no question, and no terminal to ask for one",
        "  standard output is not a terminal",
        '  hint: give the question: mistral-chat "your question"',
    ]


def test_interactive_without_a_terminal_asks_nothing(shell: Shell, server: Server) -> None:
    done = shell("-i", "Hello")
    assert (done.status, done.out) == (2, "")
    assert done.err.splitlines()[0] == "mistral-chat: error: no terminal to go on in"
    assert server.requests == []


def test_input_over_the_limit_is_refused_with_size_and_limit(shell: Shell, server: Server) -> None:
    done = shell(stdin=b"a" * 4_000_001)
    assert done.status == 2
    assert "4,000,000 bytes" in done.err
    assert "max_input" in done.err
    assert server.requests == []


def test_input_up_to_the_limit_is_sent_whole(shell: Shell, server: Server) -> None:
    shell.environment["MISTRAL_CHAT_MAX_INPUT"] = "20"
    assert shell(stdin="a" * 20).status == 0
    assert asked(server) == "a" * 20


def test_input_that_is_not_utf_8_is_sent_with_a_warning(shell: Shell, server: Server) -> None:
    done = shell(stdin=b"caf\xe9 au lait \xff")
    assert done.status == 0
    assert asked(server) == "caf\ufffd au lait \ufffd"
    assert done.err == ("warning: standard input is not all UTF-8: 2 bytes replaced by U+FFFD, the first at 3\n")


def test_control_characters_in_the_input_are_sent_as_they_are(shell: Shell, server: Server) -> None:
    done = shell(stdin=b"a\x00b\x1b[31mc")
    assert done.status == 0
    assert asked(server) == "a\x00b\x1b[31mc"


def test_a_binary_pipe_is_refused_by_its_kind(shell: Shell, server: Server) -> None:
    done = shell("What is this?", stdin=b"\x89PNG\r\n\x1a\n" + bytes(100))
    assert done.status == 2
    assert "PNG image" in done.err
    assert server.requests == []


def test_a_question_in_any_script_is_sent_as_it_is(shell: Shell, server: Server) -> None:
    text = "¿Qué? 你好 👩\u200d👩\u200d👧 नमस्ते \u202eabc"
    assert shell(stdin=text).out == f"You said: {text}\n"
    assert asked(server) == text
