"""The wrong thing at the wrong moment: Ctrl-C whenever, sizes that change, a disk that is full, a stdin that is not."""

import json
import random
import re
import shlex
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.e2e.conftest import Ask, Chat, Home
from tests.e2e.pipes import installed_command
from tests.e2e.prompt import EMPTY, line
from tests.e2e.replies import HANG, Answer, Pause, Raw, Reply, event, head
from tests.e2e.server import Server
from tests.e2e.terminal import Terminal

READY = re.compile(r"^›[^\n]*\n+mistral-medium-latest[^\n]*  [^\n]*(session|[?])$", re.MULTILINE)
"""A prompt, empty or not, and the line under it."""
SPINNER = re.compile(r"^. \d+ s$", re.MULTILINE)


def is_given_back(terminal: Terminal) -> None:
    """Ctrl-C puts the question back in the prompt, and the program leaves when told to."""
    terminal.press("ctrl-c")
    terminal.wait_for("your message is back in the prompt")
    terminal.wait_for(READY)
    terminal.press("ctrl-c", "ctrl-d")
    assert terminal.wait_exit() == 0


def goes_on(terminal: Terminal) -> None:
    """The program takes another question, whatever stands in the prompt, and leaves when told to."""
    terminal.wait_for(READY)
    terminal.press("ctrl-c")
    line(terminal, "Are you there?")
    terminal.wait_for(re.compile(r"^You said:[^›]*Are you there[?]\n[^›]*tokens", re.MULTILINE))
    terminal.press("ctrl-d")
    assert terminal.wait_exit() == 0
    assert "Traceback" not in terminal.text()
    assert "bug" not in terminal.text()


# ---------------------------------------------------------------- Ctrl-C

FINISH = event({"model": "m", "choices": [{"index": 0, "delta": {"content": "The end."}, "finish_reason": "stop"}]})
STREAM = head(200, {"Content-Type": "text/event-stream", "Connection": "close"})
THOUGHT = [{"type": "thinking", "thinking": [{"type": "text", "text": "Let me see"}], "closed": False}]

MOMENTS: dict[str, tuple[Reply, str | re.Pattern[str]]] = {
    "waiting for headers": (Raw([HANG]), SPINNER),
    "half the headers": (Raw([b"HTTP/1.1 200 OK\r\nContent-Ty", HANG]), SPINNER),
    "waiting for the first token": (Answer([HANG]), SPINNER),
    "a refusal that never ends": (Raw([head(400, {"Content-Length": "100"}), HANG]), SPINNER),
    "in a thought": (Answer([THOUGHT, HANG]), "Let me see"),
    "in a paragraph": (Answer(["The sea is", HANG]), "The sea is"),
    "in a fence": (Answer(["```python\nx = 1\ny = ", HANG]), "y ="),
    "in a table": (Answer(["| a | b |\n| - | - |\n| one |", HANG]), "one"),
    "in an event": (Answer(["The sea is", b'data: {"choices": [{"in', HANG]), "The sea is"),
    "after the end": (Raw([STREAM, FINISH, HANG]), "The end."),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_gives_the_prompt_back_at_any_moment(chat: Chat, server: Server, moment: str) -> None:
    reply, shown = MOMENTS[moment]
    server.reply(reply)
    terminal = chat()
    terminal.wait_for(EMPTY)
    line(terminal, "What is the sea?")
    server.wait_for_chat()
    terminal.wait_for(shown)
    terminal.press("ctrl-c", "ctrl-c")
    server.wait_for_chat().wait_until_client_is_gone()
    goes_on(terminal)


HANGING_RESOLVER = """
import socket, threading
socket.getaddrinfo = lambda *place, **more: threading.Event().wait()
from mistral_chat.__main__ import main
main()
"""


def test_ctrl_c_does_not_wait_for_a_resolver_that_hangs(home: Home) -> None:
    argv = [sys.executable, "-c", HANGING_RESOLVER, "--base-url", "https://nowhere.test"]
    with Terminal(argv, home.env, cwd=home.path) as terminal:
        terminal.wait_for(EMPTY)
        line(terminal, "What is the sea?")
        terminal.wait_for(SPINNER)
        is_given_back(terminal)


@contextmanager
def unanswered_url() -> Iterator[str]:
    """The base URL of a port where connections are neither taken nor refused."""
    with ExitStack() as open_ones, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = open_ones.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_ctrl_c_ends_a_connection_that_is_not_taken(chat: Chat) -> None:
    with unanswered_url() as url:
        terminal = chat("--base-url", url)
        terminal.wait_for(EMPTY)
        line(terminal, "What is the sea?")
        terminal.wait_for(re.compile(r"^. 1 s$", re.MULTILINE))
        is_given_back(terminal)


def test_ctrl_c_again_and_again_loses_no_question(chat: Chat, ask: Ask, server: Server, home: Home) -> None:
    chance = random.Random(5)
    terminal = chat()
    terminal.wait_for(EMPTY)
    for number in range(12):
        server.reply(Answer([f"Answer {number} ", *["word "] * chance.randrange(40), Pause(chance.random() / 100)]))
        requests = len(server.chats)
        terminal.press("ctrl-c")
        line(terminal, f"Question {number}?")
        server.wait_for_chat(requests + 1)
        terminal.press(*["ctrl-c"] * chance.randint(1, 3))
        terminal.wait_until(lambda: READY.search("\n".join(terminal.screen())) is not None)
    goes_on(terminal)
    (session,) = json.loads(ask("--sessions", "-o", "json").out)
    exported = ask("--export", session["id"], "-o", "json", "a.json")
    assert exported.status == 0
    kept = json.loads((home.path / "a.json").read_text())["messages"]
    asked = ["".join(part["text"] for part in said["parts"]) for said in kept if said["role"] == "user"]
    assert asked == [*(f"Question {number}?" for number in range(12)), "Are you there?"]


# ---------------------------------------------------------------- the terminal


def test_sizes_that_change_while_an_answer_streams_lose_no_word(chat: Chat, server: Server) -> None:
    chance = random.Random(7)
    gates = [server.gate() for _ in range(25)]
    deltas: list[object] = []
    for number, gate in enumerate(gates):
        deltas += [f"w{number:03} and so on, " * 3 + ("\n\n" if number % 4 else f"\n```\nc{number:03}\n```\n"), gate]
    server.reply(Answer(deltas))  # type: ignore[arg-type]
    terminal = chat()
    terminal.wait_for(EMPTY)
    line(terminal, "Which words?")
    for gate in gates:
        gate.wait_reached()
        for _ in range(3):
            terminal.resize(chance.randint(2, 50), chance.randint(8, 150))
        gate.open()
    terminal.resize(24, 80)
    terminal.wait_for("tokens")
    shown = terminal.raw.decode()
    assert all(f"w{number:03}" in shown for number in range(25))
    goes_on(terminal)


def test_what_comes_after_a_change_of_width_is_broken_to_fit(chat: Chat, server: Server) -> None:
    gate = server.gate()
    words = [f"w{number:02}" for number in range(30)]
    server.reply(Answer(["First this.\n\n", gate, " ".join(words)]))
    terminal = chat()
    terminal.wait_for(EMPTY)
    line(terminal, "Which words?")
    terminal.wait_for("First this.")
    terminal.resize(24, 40)
    gate.open()
    terminal.wait_for("tok/s")
    rows = [row.split() for row in terminal.screen() if row.startswith("w")]
    assert [word for row in rows for word in row] == words


def test_without_standard_input_a_question_is_answered(home: Home, server: Server) -> None:
    line = f"exec {shlex.quote(installed_command())} --base-url {server.url} Hello <&-"
    with Terminal(["sh", "-c", line], home.env, cwd=home.path) as terminal:
        assert terminal.wait_exit() == 0
        assert "You said: Hello" in terminal.text()


def test_without_standard_input_it_converses_on_the_terminal_or_says_why_not(home: Home, server: Server) -> None:
    line = f"exec {shlex.quote(installed_command())} --base-url {server.url} <&-"
    with Terminal(["sh", "-c", line], home.env, cwd=home.path) as terminal:
        terminal.wait_for(EMPTY)
        goes_on(terminal)


def test_a_terminal_from_which_no_keys_can_come_is_told(home: Home) -> None:
    alone = "import os; os.setsid(); from mistral_chat.__main__ import main; main()"
    line = f"{shlex.join([sys.executable, '-c', alone, '--demo', '0'])} <&-; exit $?"
    with Terminal(["sh", "-c", line], home.env, cwd=home.path) as terminal:
        assert terminal.wait_exit() == 2
        assert "there is no terminal to converse on" in terminal.text()


def test_a_short_answer_rings_no_bell(chat: Chat) -> None:
    terminal = chat("-i", "Are you there?", MISTRAL_CHAT_NOTIFY="on")
    terminal.wait_for(READY)
    assert b"\a" not in terminal.raw.replace(b"\x1b]0;mistral-chat\a", b"")


def test_a_question_that_cannot_even_be_sent_is_back_in_the_prompt_and_not_in_the_talk(home: Home, ask: Ask) -> None:
    ask("Who are you?")
    argv = [installed_command(), "--base-url", "https://nowhere.test", "-c"]
    with Terminal(argv, home.env | {"SSL_CERT_FILE": "/nowhere"}, cwd=home.path) as terminal:
        terminal.wait_for(EMPTY)
        line(terminal, "What is the sea?")
        terminal.wait_for("SSL_CERT_FILE: cannot be used")
        terminal.wait_for(re.compile(r"\n› What is the sea[?]\n+mistral-medium-latest"))
        line(terminal, "")
        terminal.wait_until(lambda: terminal.text().count("SSL_CERT_FILE: cannot be used") == 2)
        terminal.wait_for(re.compile(r"\n› What is the sea[?]\n+mistral-medium-latest"))
        terminal.press("ctrl-c", "ctrl-d")
        assert terminal.wait_exit() == 0
    body = json.loads(ask("-c", "--dry-run", "More?").out)
    assert [said["content"] for said in body["messages"]] == ["Who are you?", "You said: Who are you?", "More?"]


# ---------------------------------------------------------------- the disk


def limited(server: Server, home: Home, *words: str) -> list[str]:
    """The program, which may let its files grow by 24 KiB more."""
    blocks = (home.data / "sessions.db").stat().st_size // 512 + 48
    argv = shlex.join([installed_command(), "--base-url", server.url, *words])
    return ["sh", "-c", f"ulimit -f {blocks}; exec {argv}"]


LONG = "".join(f"Line number {number:04}, and something more to fill it.\n\n" for number in range(1500))


def test_a_disk_that_fills_up_in_mid_answer_costs_one_warning(home: Home, ask: Ask, server: Server) -> None:
    ask("Hello")
    server.reply(Answer([LONG[start : start + 100] for start in range(0, len(LONG), 100)]))
    with Terminal(limited(server, home, "-c"), home.env, cwd=home.path) as terminal:
        terminal.wait_for(EMPTY)
        line(terminal, "Count!")
        terminal.wait_for("Line number 1499")
        terminal.wait_for("tok/s")
        shown = terminal.text()
        assert [int(number) for number in re.findall(r"Line number ([0-9]{4})", shown)] == list(range(1500))
        assert len(re.findall(r"no\s+longer\s+saved", shown)) == 1
        line(terminal, "Are you there?")
        terminal.wait_for("You said: Are you there?")
        assert server.wait_for_chat(3).messages[-2]["content"] == LONG
        terminal.press("ctrl-d")
        assert terminal.wait_exit() == 0
        assert len(re.findall(r"no\s+longer\s+saved", terminal.text())) == 1
    assert ask("-c", "--dry-run", "More?").status == 0
