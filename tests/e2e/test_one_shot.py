"""The installed command in pipes: where its input comes from, how slowly, and where its output goes."""

import json
import shlex
import subprocess
import sys

import pytest

from tests.e2e.conftest import Ask, Chat, Home, Pipe
from tests.e2e.pipes import installed_command, run
from tests.e2e.replies import Answer
from tests.e2e.server import Server
from tests.e2e.terminal import Terminal


def test_the_answer_is_on_stdout_and_nothing_else_anywhere(ask: Ask) -> None:
    done = ask("hello")
    assert (done.status, done.out, done.err) == (0, b"You said: hello\n", b"")


def test_dev_null_is_no_input(ask: Ask, server: Server) -> None:
    assert ask("hello", stdin=None).status == 0
    assert server.chats[0].messages[0]["content"] == "hello"


def test_a_slow_producer_is_read_to_its_end(pipe: Pipe, server: Server) -> None:
    running = pipe("Summarise")
    running.wait_for_err(b"reading standard input")
    running.write(b"one\n")
    running.write(b"two\n")
    running.end_input()
    assert running.wait_exit().status == 0
    assert server.chats[0].messages[0]["content"] == "Summarise\n\none\ntwo"


def test_silent_input_is_hinted_at_once(pipe: Pipe) -> None:
    running = pipe("Summarise")
    running.wait_for_err(b"reading standard input; end it with Ctrl-D, or start with --no-stdin\n")
    running.end_input()
    assert running.wait_exit().err.count(b"reading standard input") == 1


def test_quiet_gives_no_hint(pipe: Pipe, server: Server) -> None:
    running = pipe("-q", "--no-stdin", "hello")
    assert running.wait_exit().err == b""


def test_a_pipe_gets_each_delta_as_it_arrives(pipe: Pipe, server: Server) -> None:
    gate = server.gate()
    server.reply(Answer(["one", gate, " two"]))
    running = pipe("--no-stdin", "Count!")
    running.wait_for(b"one")
    gate.open()
    assert running.wait_exit().out == b"one two\n"


def test_json_lines_arrive_one_by_one(pipe: Pipe, server: Server) -> None:
    gate = server.gate()
    server.reply(Answer(["one", gate, " two"]))
    running = pipe("--no-stdin", "-o", "jsonl", "Count!")
    running.wait_for(b'{"type": "text", "text": "one"}\n')
    gate.open()
    assert json.loads(running.wait_exit().out.splitlines()[-1])["type"] == "finished"


def test_a_closed_standard_output_is_no_crash(home: Home, server: Server) -> None:
    command = shlex.join([installed_command(), "--base-url", server.url, "--no-stdin", "hello"])
    done = run(["sh", "-c", f"{command} >&-"], home.env)
    assert b"Traceback" not in done.err


def test_head_of_a_long_answer_leaves_nothing_on_stderr(home: Home, server: Server) -> None:
    server.reply(Answer([f"{number}\n" for number in range(20_000)]))
    command = shlex.join([installed_command(), "--base-url", server.url, "--no-stdin", "Count!"])
    done = run(["sh", "-c", f"{command} | head -n 1"], home.env)
    assert (done.out, done.err) == (b"0\n", b"")


@pytest.mark.parametrize(
    ("words", "what", "hint"),
    [
        (["hello"], b"the answer could not be written", b"what had come of it is kept: mistral-chat -c shows it"),
        (["--no-save", "hello"], b"standard output cannot be written", b"write to another place"),
        (["--themes"], b"standard output cannot be written", b"write to another place"),
    ],
    ids=str,
)
def test_a_full_device_is_told(home: Home, server: Server, words: list[str], what: bytes, hint: bytes) -> None:
    command = shlex.join([installed_command(), "--base-url", server.url, "--no-stdin", *words])
    done = run(["sh", "-c", f"{command} >/dev/full"], home.env)
    assert done.status == 1
    assert done.err.splitlines() == [
        b"mistral-chat: error: " + what,
        b"  No space left on device",
        b"  hint: " + hint,
    ]


def test_the_module_runs_like_the_command(home: Home, server: Server) -> None:
    done = run([sys.executable, "-m", "mistral_chat", "--base-url", server.url, "--no-stdin", "hello"], home.env)
    assert (done.status, done.out) == (0, b"You said: hello\n")


def test_an_ascii_locale_is_no_crash(ask: Ask, server: Server) -> None:
    server.reply("naïve 你好 ✓")
    done = ask("hello", LANG="C", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert done.status == 0
    assert done.out.isascii()
    assert b"?" in done.out


def test_no_home_is_no_crash(ask: Ask) -> None:
    done = ask("hello", HOME="/dev/null/nobody", XDG_CONFIG_HOME="", XDG_DATA_HOME="")
    assert (done.status, done.out) == (0, b"You said: hello\n")
    assert len(done.err.splitlines()) == 1
    assert done.err.startswith(b"warning: ")


def test_a_pipe_and_a_terminal_together_answer_first_and_converse_then(home: Home, server: Server) -> None:
    command = shlex.join([installed_command(), "--base-url", server.url, "-i", "Summarise"])
    with Terminal(["sh", "-c", f"printf 'one\\ntwo\\n' | {command}"], home.env) as terminal:
        terminal.wait_for("two")
        terminal.wait_for("tokens")
        assert server.chats[0].messages[0]["content"] == "Summarise\n\none\ntwo"
        terminal.type("more")
        terminal.press("enter")
        terminal.wait_for("You said: more")
        terminal.press("ctrl-d")
        assert terminal.wait_exit() == 0


def test_a_pipe_alone_is_a_one_shot_also_on_a_terminal(home: Home, server: Server) -> None:
    command = shlex.join([installed_command(), "--base-url", server.url])
    with Terminal(["sh", "-c", f"echo hello | {command}"], home.env) as terminal:
        assert terminal.wait_exit() == 0
        assert terminal.text() == "You said: hello"


def test_errors_of_a_one_shot_go_to_stderr_on_a_terminal_too(chat: Chat, server: Server) -> None:
    terminal = chat("-m", "no-such-model", "hello")
    assert terminal.wait_exit() == 6
    assert terminal.text().splitlines()[0] == "mistral-chat: error: the model is not known"


def test_many_one_shots_at_once_are_all_kept(home: Home, server: Server, ask: Ask) -> None:
    argv = [installed_command(), "--base-url", server.url, "--no-stdin"]
    running = [
        subprocess.Popen([*argv, f"question {number}"], env=home.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for number in range(8)
    ]
    assert [(process.communicate()[1], process.returncode) for process in running] == [(b"", 0)] * 8
    listed = json.loads(ask("--sessions", "-o", "json").out)
    assert {(entry["question"], entry["messages"]) for entry in listed} == {
        (f"question {number}", 2) for number in range(8)
    }


@pytest.mark.parametrize(("key", "status", "told"), [("y", 0, "You said: hello"), ("n", 2, "nothing was sent")])
def test_a_long_file_of_instructions_is_asked_about(
    chat: Chat, home: Home, server: Server, key: str, status: int, told: str
) -> None:
    (home.path / "long.txt").write_text("x" * 1_000_001)
    terminal = chat("-s", f"@{home.path / 'long.txt'}", "hello")
    terminal.wait_for("Send it?")
    terminal.type(f"{key}\r")
    terminal.wait_for(told)
    assert terminal.wait_exit() == status
    assert len(server.chats) == (key == "y")
