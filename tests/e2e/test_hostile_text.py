"""Text from outside on a real terminal, by every road that it can take: nothing of it is obeyed, and it is all shown.

The attacks stand between marks, `⟦17:...⟧`. What a program wrote is judged by its bytes: its own sequences are taken
out, which no attack may resemble, and what is left must be characters that one can see.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from mistral_chat.conversation import Conversation, Node
from mistral_chat.events import FinishReason
from mistral_chat.message import Message, Role, Text, Thinking
from mistral_chat.store import Store
from tests.e2e.conftest import Home
from tests.e2e.pipes import installed_command
from tests.e2e.prompt import EMPTY
from tests.e2e.replies import Answer, Http, event
from tests.e2e.server import Server
from tests.e2e.terminal import Terminal
from tests.test_text import ATTACKS, tags

HIDDEN = ["\u202egnp.exe", "\u2066a\u2069", "a\u200bb", "\ufeff", "a\xadb", tags("hidden"), "\u2028x"]
FEW = [
    *("\x1b[31m", "\x1b[2J", "\x1b[1A", "\x1b]0;owned\x07", "\x1b]52;c;eA==\x07", "\x1b]8;;http://evil.example\x1b\\x"),
    *("\x9b2J", "\x9d0;owned\x9c", "\x1bPq#0~\x1b\\", "\x1bc", "\rover", "\b\b", "\x7f", "\x0e", *HIDDEN[:4]),
]
"""One of each kind, without NUL: they fit into a command line and into a line of an error."""


def marked(attacks: Iterable[str]) -> list[str]:
    return [f"⟦{number}:{attack}⟧" for number, attack in enumerate(attacks)]


EVERY = marked([*ATTACKS, *HIDDEN])
SOME = marked(FEW)
SOME_IN_LINE = " ".join(SOME)

OWN_STYLE = (
    r"\x1b\[(?!31m|8m|38;2;1;2;3m)[0-9;]*m|\x1b\]8;id=[0-9a-f]+;(?:https?://|mailto:)[!-~]+\x1b\\|\x1b\]8;;\x1b\\"
)
OWN = (
    OWN_STYLE + r"|\x1b\[[0-9]*[ABCD]|\x1b\[2?K|\x1b\[J|\x1b\[\?(?:1|7|12|25|2004|2026)[hl]"
    r"|\x1b\[2[23];0t|\x1b\]0;mistral-chat\x07|\x1b\]52;c;[A-Za-z0-9+/=]{9,}\x07|\x1b\]11;\?\x1b\\|\x08"
)
"""The sequences that the program may write. Between the marks, where attacks stand, only styles."""


LAST_COLUMN = r"\r\x1b\[199C"
"""So prompt_toolkit goes to the last column of such a terminal."""

INSIDE = re.compile(r"⟦[0-9]+:(?:(?!\x1b\[K[^⟧]|\r*\n)[^⟧…])*")
"""An attack with its mark, as far as it stands in one row."""


def obeyed(raw: bytes) -> list[str]:
    """What of the bytes a terminal would do something about, other than show it; each with what is around it."""
    text = raw.decode("utf-8", "surrogateescape")
    left = re.sub(OWN, "", text)
    inside = [re.sub(OWN_STYLE, "", words) for words in INSIDE.findall(re.sub(LAST_COLUMN, "", text))]
    return [
        ascii(text[max(0, at - 30) : at + 10])
        for text in (left, *inside)
        for at, char in enumerate(text)
        if not (char.isprintable() or char in ("\r\n\t" if text is left else "\t"))
    ]


def shown(raw: bytes) -> set[int]:
    """The numbers of the attacks that came so far as to be shown."""
    text = re.sub(OWN, "", raw.decode("utf-8", "surrogateescape"))
    return {int(number) for number in re.findall(r"(?:⟦|\\u27e6)([0-9]+):", text)}


def test_the_judge_finds_what_is_obeyed() -> None:
    for attack in marked([*ATTACKS, *HIDDEN]):
        if not attack.isprintable():
            assert obeyed(f"before {attack} after\r\n".encode("utf-8", "surrogatepass")), ascii(attack)
    assert not obeyed("\x1b[1m⟦1:\x1b[32mwords\x1b[0m⟧\x1b[K\r\n".encode())


@dataclass(frozen=True, slots=True)
class Talk:
    """A session of one question and its answer."""

    title: str = ""
    question: str = "Who?"
    answer: str = "I."
    model: str = "m"
    thought: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """Starts the program on wide terminals, and keeps what they were sent."""

    home: Home
    server: Server
    left: ExitStack
    terminals: list[Terminal]

    def __call__(self, *words: str, **env: str) -> Terminal:
        argv = [installed_command(), "--base-url", self.server.url, *words]
        terminal = Terminal(argv, self.home.env | env, 50, 200, cwd=self.home.path)
        self.terminals.append(self.left.enter_context(terminal))
        return terminal

    def to_its_end(self, *words: str, **env: str) -> None:
        self(*words, **env).wait_exit()

    def conversation(self, *steps: str, words: Sequence[str] = (), **env: str) -> None:
        """Types every other step, and waits for the one after it on the screen; then leaves."""
        terminal = self(*words, **env)
        terminal.wait_for("You:" if env.get("TERM") == "dumb" else "›")
        for typed, told in zip(steps[::2], steps[1::2], strict=True):
            terminal.type(typed)
            terminal.press("enter")
            terminal.wait_for(told)
        terminal.press("ctrl-c", "ctrl-d")
        terminal.wait_exit()

    def keep(self, *talks: Talk) -> None:
        """Puts sessions into the store."""
        store = Store(self.home.data / "sessions.db")
        for talk in talks:
            asked = Node(1, None, Message.of(Role.USER, talk.question), 1.0)
            answer = Message(Role.ASSISTANT, (*thought(talk.thought), Text(talk.answer)))
            said = Node(2, 1, answer, 2.0, FinishReason.STOP, talk.model)
            store.save(Conversation("", talk.title, {1: asked, 2: said}, 2), {})
        store.close()

    def config(self, text: str, name: str = "config.toml") -> None:
        path = self.home.config / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def thought(text: str) -> tuple[Thinking, ...]:
    return (Thinking((Text(text),)),) if text else ()


def toml(text: str) -> str:
    """A TOML string that stands for this text."""
    return json.dumps(text.encode("utf-8", "replace").decode()).replace("\x7f", "\\u007f")


def in_all_places(attack: str) -> str:
    """Markdown with the attack in everything that rich draws in a way of its own, and as the names of characters."""
    named = "".join(f"&#x{ord(char):x};" if not char.isalnum() else char for char in attack[1:-1])
    return (
        f"{attack}\n\n# {attack}\n\n- {attack}\n  1. `{attack}`\n\n> **{attack}**\n\n[{attack}](http://a.test/{attack})"
        f' <http://a.test/{attack}> ![{attack}](http://a.test/ "{attack}")\n\n⟦{named}⟧ <!-- {attack} -->\n\n'
        f"| {attack} | b |\n| --- | --- |\n| a | {attack} |\n\n```{attack}\n{attack}\n```\n\n    {attack}\n\n"
        f"<p title='{attack}'>\n\n"
    )


# ---------------------------------------------------------------- the roads


def answer_live(stage: Stage) -> None:
    stage.server.reply(Answer([attack + "\n\n" for attack in EVERY]), Answer([*map(in_all_places, SOME)]))
    stage.to_its_end("--no-stdin", "Hello")
    stage.to_its_end("--no-stdin", "Hello")


def answer_letter_by_letter(stage: Stage) -> None:
    stage.server.reply(Answer([*"\n\n".join(EVERY)]))
    stage.to_its_end("--no-stdin", "Hello")


def answer_as_text(stage: Stage) -> None:
    stage.server.reply(*[Answer([attack + "\n" for attack in EVERY])] * 3)
    stage.to_its_end("--no-stdin", "-o", "text", "Hello")
    stage.to_its_end("--no-stdin", "--accessible", "--prefix", "P", "Hello")
    stage.to_its_end("--no-stdin", "Hello", TERM="dumb")


def answer_as_json(stage: Stage) -> None:
    stage.server.reply(*[Answer([attack + "\n" for attack in EVERY])] * 2)
    stage.to_its_end("--no-stdin", "-o", "json", "Hello")
    stage.to_its_end("--no-stdin", "-o", "jsonl", "Hello")


def thinking(stage: Stage) -> None:
    gate = stage.server.gate()
    parts = [{"type": "text", "text": attack} for attack in EVERY]
    stage.server.reply(Answer([[{"type": "thinking", "thinking": parts, "closed": True}], gate, "Blue."]))
    terminal = stage()
    terminal.wait_for("›")
    terminal.type("Hello\r")
    terminal.wait_for("thinking")
    gate.open()
    terminal.wait_for("tokens")
    terminal.type("/thinking\r")
    terminal.wait_for(f"{len(EVERY) - 1}:")
    terminal.press("ctrl-d")
    terminal.wait_exit()


def tools(stage: Stage) -> None:
    calls = [{"id": attack, "function": {"name": attack, "arguments": attack}, "index": 0} for attack in EVERY]
    answers = [Answer(["Hm.\n\n"], tool_calls=[call], finish_reason="tool_calls") for call in calls]
    for form, some in (("markdown", [answers[0], answers[40]]), ("jsonl", answers[:1])):
        stage.server.reply(*some)
        for _ in some:
            stage.to_its_end("--no-stdin", "-o", form, "Hello")


def references(stage: Stage) -> None:
    reference = [{"type": "reference", "reference_ids": EVERY}]
    for form in ("markdown", "text", "json"):
        stage.server.reply(Answer(["See ", reference, "."]))
        stage.to_its_end("--no-stdin", "-o", form, "Hello")


def errors_of_the_server(stage: Stage) -> None:
    words = {"message": SOME_IN_LINE, "type": SOME_IN_LINE, "code": SOME_IN_LINE, "param": SOME_IN_LINE}
    detail = [{"type": "x", "loc": ["body", SOME_IN_LINE], "msg": SOME_IN_LINE, "input": SOME_IN_LINE}]
    for reply in (
        Http(400, {"object": "error", **words}),
        Http(422, {"detail": detail}),
        Http(403, f"<html><head><title>{SOME_IN_LINE}</title></head><body>{SOME_IN_LINE}</body></html>"),
        Http(307, b"", {"Location": "http://a.test/" + "".join(FEW[6:8])}),
        Http(200, f"<title>{SOME_IN_LINE}</title>", content_type="text/\x9b2J"),
        Answer(["Some text", event({"object": "error", **words})]),
    ):
        stage.server.reply(reply)
        stage.to_its_end("--no-stdin", "Hello")


def errors_in_a_conversation(stage: Stage) -> None:
    stage.server.reply(Http(400, {"message": SOME_IN_LINE}), Http(503, {"message": SOME_IN_LINE}, {"Retry-After": "1"}))
    stage.conversation("Hello", "hint:", "\x01\x0bHello", "You said: Hello")


def models_of_the_server(stage: Stage) -> None:
    card = stage.server.models[0]
    stage.server.models = [
        {**card, "id": attack, "name": attack, "aliases": [attack + "!"], "description": attack, "deprecation": attack}
        for attack in EVERY
    ]
    stage.to_its_end("--models")
    stage.to_its_end("--models", "-o", "json")
    terminal = stage()
    terminal.wait_for("›")
    terminal.type("/models\r")
    terminal.wait_for(f"{len(EVERY) - 1}:")
    terminal.type("/model \t")
    terminal.wait_for("⟦0:")
    for _ in range(30):
        terminal.press("down")
    terminal.press("enter", "enter")
    terminal.wait_for("session")
    terminal.press("ctrl-c", "ctrl-d")
    terminal.wait_exit()


def model_in_the_answer(stage: Stage) -> None:
    stage.server.reply(Answer(["Hello"], model=SOME_IN_LINE))
    stage.conversation("Hello", "tokens", "/branches", "●")
    stage.to_its_end("--sessions")
    stage.to_its_end("-c", "--export", "-")


def titles_and_questions(stage: Stage) -> None:
    stage.keep(*(Talk(title=attack, question=attack + " sea", answer=attack, model=attack) for attack in EVERY))
    stage.to_its_end("--sessions")
    stage.to_its_end("--sessions", "-o", "json")
    stage.to_its_end("--search", "sea")
    stage.to_its_end("--search", "sea", "-o", "json")
    stage.to_its_end("-r", "⟦")


def sessions_to_choose_from(stage: Stage) -> None:
    stage.keep(*(Talk(attack, attack + " sea", attack, attack) for attack in SOME))
    terminal = stage()
    terminal.wait_for("›")
    terminal.type("/search sea\r")
    terminal.wait_for("goes on at hit")
    terminal.type("/resume 3\r")
    terminal.wait_for("2 messages")
    terminal.type("/history\r/branches\r/title\r/edit\r")
    terminal.wait_for("editing an earlier")
    terminal.press("ctrl-c")
    terminal.type("/sessions\r")
    terminal.wait_for("Go on with which")
    for _ in SOME:
        terminal.press("down")
    terminal.type("⟦1")
    terminal.wait_for("9 of 18")
    terminal.press("escape")
    terminal.wait_until_gone("Go on with which")
    terminal.type("/resume \t")
    terminal.wait_for("⟦17:‹U+FEFF›⟧ · 57 y")
    terminal.press("ctrl-c", "ctrl-d")
    terminal.wait_exit()


def one_session(stage: Stage) -> None:
    stage.keep(Talk(SOME_IN_LINE, "\n".join(EVERY), "\n\n".join(EVERY), SOME_IN_LINE, "\n".join(EVERY)))
    terminal = stage("-c")
    terminal.wait_for("›")
    terminal.type("/history\r/branches\r/title\r/thinking\r/request x\r/delete\r")
    terminal.wait_for("[y/N]")
    terminal.press("n")
    terminal.wait_for("not deleted")
    terminal.type("/edit\r")
    terminal.wait_for("editing an earlier message")
    terminal.press("ctrl-c", "ctrl-d")
    terminal.wait_exit()
    stage.to_its_end("-c", "--dry-run", "More?")
    stage.to_its_end("--export", SOME[0][:4])
    stage.conversation("/history\r/title", "title ⟦0:", words=["-c", "--accessible"])


def a_dumb_terminal(stage: Stage) -> None:
    stage.keep(Talk(SOME_IN_LINE, SOME_IN_LINE, SOME_IN_LINE, SOME_IN_LINE))
    stage.conversation("/edit", "an empty line sends this", words=["-c"], TERM="dumb")
    stage.conversation("/sessions", "Number:", "1", "· 2 messages", TERM="dumb")
    stage.conversation("/delete", "[y/N]", "n", "not deleted", words=["-c"], TERM="dumb")


def names_of_files(stage: Stage) -> None:
    name = "".join(FEW[:6]).replace("/", "")
    stage.keep(Talk())
    (stage.home.path / f"{name}.md").write_text("")
    (stage.home.path / f"{name}.json").write_text("no")
    for words in (
        ["--export", "Who?", f"{name}.md"],
        ["--export", "Who?", f"{name}/x.md"],
        ["--import", f"{name}.json"],
        ["--system", f"@{name}.none", "Hello"],
        ["--system", f"@{stage.home.path}/{name}\udcff", "Hello"],
    ):
        stage.to_its_end(*words)


def words_of_the_command_line(stage: Stage) -> None:
    for words in (
        [f"--{SOME_IN_LINE}"],
        ["--temperature", SOME_IN_LINE, "Hello"],
        ["--theme", SOME_IN_LINE, "Hello"],
        ["--base-url", f"http://{SOME_IN_LINE}.test", "Hello"],
        ["-r", SOME_IN_LINE, "Hello"],
        ["--no-stdin", "-m", SOME_IN_LINE, "Hello"],
        ["--no-stdin", "--title", SOME_IN_LINE, SOME_IN_LINE],
        ["--dry-run", "--system", SOME_IN_LINE, SOME_IN_LINE],
    ):
        stage.to_its_end(*words)


def words_at_the_prompt(stage: Stage) -> None:
    terminal = stage("-m", SOME_IN_LINE, "--title", SOME_IN_LINE, "--stop", SOME_IN_LINE)
    terminal.wait_for("›")
    words = SOME_IN_LINE.replace("\r", "").replace("\n", "")
    terminal.paste(f"/{words}")
    terminal.press("enter")
    terminal.wait_for("is written //\n› /")
    terminal.press("ctrl-c")
    for command in ("temperature {}", "theme {}", "resume {}", "help {}", "once {} 1", "retry {}", "save {}"):
        terminal.paste(f"/{command.format(words)}")
        terminal.press("enter", "ctrl-c")
    terminal.type("/settings\r/help quit\r")
    terminal.wait_for("/quit")
    terminal.press("ctrl-d")
    terminal.wait_exit()


def variables_and_config(stage: Stage) -> None:
    stage.to_its_end("Hello", MISTRAL_CHAT_TEMPERATURE=SOME_IN_LINE)
    stage.to_its_end("Hello", MISTRAL_API_KEY=SOME_IN_LINE)
    text = toml(SOME_IN_LINE)
    for config in (f"{text} = 1", f"temperature = {text}", f"theme = {text}", f"model = {SOME_IN_LINE}"):
        stage.config(config)
        stage.to_its_end("--no-stdin", "Hello")


def themes(stage: Stage) -> None:
    text = toml(SOME_IN_LINE)
    name = "".join(FEW[:4])
    stage.config(f"name = {text}\ndescription = {text}\ndark = true\n", "themes/a.toml")
    stage.config(f"name = {text}\ndescription = {text}\ndark = true\n", f"themes/{name}.toml")
    stage.config(f"[styles]\n{text} = {text}\n", "themes/b.toml")
    stage.to_its_end("--themes")
    terminal = stage("--theme", "a")
    terminal.wait_for("›")
    terminal.type("/theme\r")
    terminal.wait_for("Which theme?")
    terminal.press("escape")
    terminal.wait_for(EMPTY)
    terminal.type("/theme a\r/theme b\r")
    terminal.wait_for("unknown style")
    terminal.type("/theme \t")
    terminal.wait_for("GitHub's light colours")
    terminal.press("ctrl-c", "ctrl-d")
    terminal.wait_exit()


def what_a_command_prints(stage: Stage) -> None:
    stage.server.reply("```\n" + "\n".join(EVERY) + "\n```\n")
    stage.conversation("Hello", "tokens", "/pipe 1 cat; exit 3", "exit status 3")


def clipboard(stage: Stage) -> None:
    stage.server.reply("\n\n".join(EVERY))
    stage.conversation("Hello", "tokens", "/copy", "control characters", PATH=str(stage.home.path))


ROADS: dict[Callable[[Stage], None], Iterable[int]] = {
    answer_live: range(len(EVERY)),
    answer_letter_by_letter: range(len(EVERY)),
    answer_as_text: range(len(EVERY)),
    answer_as_json: range(len(EVERY)),
    thinking: range(len(EVERY)),
    tools: [0, 40],
    references: range(len(EVERY)),
    errors_of_the_server: range(len(SOME)),
    errors_in_a_conversation: range(len(SOME)),
    models_of_the_server: range(len(EVERY)),
    model_in_the_answer: range(len(SOME)),
    titles_and_questions: range(len(EVERY)),
    sessions_to_choose_from: range(len(SOME)),
    one_session: range(len(EVERY)),
    a_dumb_terminal: range(len(SOME)),
    names_of_files: [],
    words_of_the_command_line: range(len(SOME)),
    words_at_the_prompt: range(5),
    variables_and_config: range(len(SOME)),
    themes: range(len(SOME)),
    what_a_command_prints: range(len(EVERY)),
    clipboard: range(len(EVERY)),
}
"""The roads, and which of the attacks must be seen at their end."""


@pytest.fixture
def stage(home: Home, server: Server) -> Iterator[Stage]:
    with ExitStack() as left:
        yield Stage(home, server, left, [])


@pytest.mark.slow
@pytest.mark.parametrize("road", ROADS, ids=lambda road: road.__name__)
def test_nothing_that_comes_from_outside_is_obeyed(road: Callable[[Stage], None], stage: Stage) -> None:
    road(stage)
    for terminal in stage.terminals:
        assert obeyed(terminal.raw) == []
        assert "Traceback" not in terminal.text()
    seen = set().union(*(shown(terminal.raw) for terminal in stage.terminals))
    assert set(ROADS[road]) - seen == set()
