"""What the demonstration answers to what it is asked: an echo, a tour of Markdown, JSON, or the request explained."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from mistral_chat.caption import caption, fenced, without_data
from mistral_chat.demo.cards import card_of
from mistral_chat.demo.fitting import fitting
from mistral_chat.demo.samples import LONG, SAMPLES
from mistral_chat.demo.tokens import SAFE_PROMPT, text_of
from mistral_chat.message import Attachment, Json, known_parts

_HELP = {
    "what did you receive?": "the request, in words and as JSON",
    "tour": "all the Markdown there is",
    "`, `".join(SAMPLES): "one thing of it",
    "long": "an answer longer than the screen",
    "think": "thoughts before the answer",
    "slow": "an answer that takes its time",
    "error": "a server that fails in the middle",
    "cut": "a connection that breaks in the middle",
    "limit": "a rate limit",
}
_PLAINLY = "This is an **offline demonstration**: no model is asked, and nothing leaves this computer."
_OPENINGS = ("# Bonjour!", "# Hello!", "# Salut!", "# Good to see you!")
_ASKING = re.compile(r"(?:please )?(?:show|give|tell)?(?: ?me)?(?: ?(?:an?|some|the))? ?")
_RECEIVED = re.compile(r"what (?:did|have) you (?:receive|get|got)")
_LONGEST_ECHO = 280
_THOUGHT = (
    "The user asks something, and I am only a demonstration. I cannot know the answer, but I can show how thoughts "
    "arrive before it. They are folded away when the answer begins; /thinking opens them."
)
_MEANINGS = {
    "temperature": "how freely words are chosen",
    "top_p": "only the likeliest words that make up this share",
    "max_tokens": "the answer ends after so many tokens",
    "stop": "an answer ends where such a text comes up, only this one does not",
    "random_seed": "the same number, the same answer",
    "presence_penalty": "words that were used come less often",
    "frequency_penalty": "the more often used, the less",
    "reasoning_effort": "how much the model thinks first",
    "response_format": "the form of the answer",
    "n": "so many answers at once",
    "tools": "functions the model may call",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """`trouble` is "error", "cut", "limit" or none; `pace` is a share of the usual speed.

    `stops` is False for an answer that must name the stop texts.
    """

    text: str
    thought: str = ""
    calls: tuple[Json, ...] = ()
    trouble: str = ""
    pace: float = 1.0
    stops: bool = True


def answer(body: Json, index: int = 0) -> Answer:
    """The answer to an acceptable request; `index` counts the answers to one request."""
    messages = [message for message in body["messages"] if not message.get("prefix")]
    asked: Json = next((message for message in reversed(messages) if message["role"] == "user"), {})
    question = text_of(asked)
    wish = _ASKING.sub("", question.strip(" \n.!?").lower(), count=1)
    dice = _dice(body, index)
    if calls := _calls(body, messages, question, dice):
        return Answer("", calls=calls)
    if (form := body.get("response_format") or {}).get("type", "text") != "text":
        return Answer(json.dumps(_in_json(form, question), ensure_ascii=False, indent=2))
    said = _said(wish, _quoted(question) + _attached(asked), question, body, messages, dice)
    if wish == "think" or body.get("reasoning_effort") == "high":
        return replace(said, thought=_THOUGHT)
    return said


def prefix_of(body: Json) -> str:
    last = body["messages"][-1]
    return text_of(last) if last.get("prefix") else ""


def _last_role(messages: list[Json]) -> str | None:
    return messages[-1]["role"] if messages else None


def _dice(body: Json, index: int) -> Random:
    """Chance, which a seed or a temperature of 0 takes away."""
    seed = 0 if body.get("temperature") == 0 else body.get("random_seed")
    return Random() if seed is None else Random(f"{seed} {index}")


def _said(wish: str, quoted: str, question: str, body: Json, messages: list[Json], dice: Random) -> Answer:
    turn = sum(message["role"] == "user" for message in messages)
    if _last_role(messages) == "tool":
        return Answer(f"The tool gave this back:\n\n{_quoted(text_of(messages[-1]))}\n\n{_PLAINLY}")
    if _RECEIVED.search(question.lower()):
        return Answer(_explained(body), stops=False)
    match wish:
        case "help":
            return Answer(f"{_PLAINLY}\n\n{_help()}")
        case "tour":
            return Answer("\n".join(f"## {name}\n\n{sample}" for name, sample in SAMPLES.items()))
        case "long":
            return Answer(LONG)
        case "think":
            return Answer(f"So much for thinking. {_PLAINLY}")
        case "slow":
            return Answer(f"{_PLAINLY}\n\nThis answer takes its time; Ctrl-C stops it.", pace=0.1)
        case "error" | "cut" | "limit":
            text = f"{_PLAINLY}\n\nThe words `{wish}` asked for trouble in the middle of this answer. It is over now."
            return Answer(text, trouble="" if prefix_of(body) else wish)
        case _ if sample := SAMPLES.get(wish) or SAMPLES.get(wish.removesuffix("s")):
            return Answer(sample)
    if turn <= 1:
        return Answer(_first(quoted, _opening(body, quoted, dice)))
    name, sample = list(SAMPLES.items())[turn % len(SAMPLES)]
    return Answer(
        f"## You asked\n\n{quoted}\n\nAmong the things an answer may hold: {name}.\n\n{sample}\n"
        "*Offline demonstration, no model is asked. `help` tells what else there is to see.*"
    )


def _opening(body: Json, quoted: str, dice: Random) -> str:
    """One of the openings by chance; when an answer goes on after a prefix, the one it began with."""
    shuffled = dice.sample(_OPENINGS, len(_OPENINGS))
    prefix = prefix_of(body)
    return next((opening for opening in shuffled if _first(quoted, opening).startswith(prefix)), shuffled[0])


def _first(quoted: str, opening: str) -> str:
    return f"""\
{opening}

{_PLAINLY} You asked:

{quoted}

Answers may hold **bold** and *slanted* words, `code`, [links](https://docs.mistral.ai), and

- lists,
- tables such as the one below,
- and blocks of code:

```python
print("Hello, world!")
```

{_help()}"""


def _help() -> str:
    rows = "\n".join(f"| `{words}` | {shown} |" for words, shown in _HELP.items())
    return f"| say | and see |\n|---|---|\n{rows}\n"


def _quoted(text: str) -> str:
    short = text.strip()
    if len(short) > _LONGEST_ECHO:
        short = short[:_LONGEST_ECHO].rstrip() + " …"
    return "\n".join(f"> {line}".rstrip() for line in short.splitlines() or [""])


def _attached(message: Json) -> str:
    """What came with a question, which a model would look at or listen to; "" when that was nothing."""
    content = message.get("content")
    parts = known_parts(content) if isinstance(content, list) else ()
    came = "".join(f"- {caption(part)}\n" for part in parts if isinstance(part, Attachment))
    return f"\n\nWith it came, for a model to look at:\n\n{came}" if came else ""


def _in_json(form: Json, question: str) -> Any:
    schema = form.get("json_schema")
    if form["type"] == "json_schema" and schema:
        return fitting(schema["schema"])
    return {
        "question": question,
        "answer": "This is an offline demonstration: no model is asked.",
        "demonstration": True,
    }


def _calls(body: Json, messages: list[Json], question: str, dice: Random) -> tuple[Json, ...]:
    """The call of a tool that must be called, or whose name is in the question."""
    choice = body.get("tool_choice", "auto")
    if not body.get("tools") or choice == "none" or _last_role(messages) != "user":
        return ()
    functions = {tool["function"]["name"]: tool["function"] for tool in body["tools"]}
    wanted = [name for name in functions if name.lower() in question.lower()]
    if isinstance(choice, dict):
        wanted = [choice["function"]["name"]]
    elif choice in ("any", "required"):
        wanted = wanted or list(functions)[:1]
    arguments = (fitting(functions[name]["parameters"]) for name in wanted if name in functions)
    return tuple(
        {
            "id": "".join(dice.choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=9)),
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(values, ensure_ascii=False)},
            "index": place,
        }
        for place, (name, values) in enumerate(zip(wanted, arguments, strict=False))
    )


def _explained(body: Json) -> str:
    """The request in words, then the JSON itself in a fence that nothing in it can close."""
    written = json.dumps(without_data(body), ensure_ascii=False, indent=2)
    points = "\n".join(f"- {point}" for point in _points(body))
    return f"## What I received\n\n{points}\n\n{fenced(written, 'json')}\n\n{_PLAINLY}\n"


def _points(body: Json) -> Iterator[str]:
    card = card_of(body["model"])
    meant = f", which is now {card.id}" if card and card.id != body["model"] else ""
    yield f"the model **{body['model']}**{meant}"
    roles = [message["role"] for message in body["messages"]]
    yield f"{len(roles)} message{'s' * (len(roles) > 1)}: {', '.join(roles)}"
    if roles[0] == "system":
        yield f"instructions: {_in_one_line(text_of(body['messages'][0]))}"
    if prefix := prefix_of(body):
        yield f"a `prefix`, the beginning of this answer: {_in_one_line(prefix)}"
    if body.get("safe_prompt"):
        yield f"`safe_prompt`: before all else stands {_in_one_line(SAFE_PROMPT)}"
    for name, meaning in _MEANINGS.items():
        if body.get(name) is not None:
            value = len(body[name]) if name == "tools" else json.dumps(body[name], ensure_ascii=False)
            yield f"`{name}` {value}: {meaning}"
    yield "a stream is wanted" if body.get("stream") else "no stream is wanted, but the whole answer at once"


def _in_one_line(text: str) -> str:
    line = " ".join(text.split())
    return f"“{line[:_LONGEST_ECHO]}…”" if len(line) > _LONGEST_ECHO else f"“{line}”"
