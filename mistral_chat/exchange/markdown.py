"""A session as Markdown: the branch in use first, then every other one from where it leaves what was written before.

What was said is not changed by a letter; only a fence that an answer left open is closed, so that the next message does
not become code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from mistral_chat.caption import fenced
from mistral_chat.conversation import Conversation, Node
from mistral_chat.exchange import words
from mistral_chat.exchange.session import Session
from mistral_chat.message import Part, Role, Text, TextFile, Thinking, ToolCall, ToolResult

_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})(.*)")


def write(session: Session) -> str:
    """The text of the file; it begins with what is known of the session, as YAML."""
    conversation = session.conversation
    paragraphs = [_head(session), f"# {_plain(words.title(conversation))}", *_branches(conversation)]
    return "\n\n".join(paragraphs) + "\n"


def _head(session: Session) -> str:
    lines = [f"title: {_quoted(words.title(session.conversation))}"]
    lines += [f"{name}: {_quoted(value)}" for name, value in words.figures(session.conversation)]
    if session.settings:
        lines.append(f"settings: {_quoted(session.settings)}")  # a JSON object is YAML too
    return "\n".join(["---", *lines, "---"])


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _plain(text: str) -> str:
    """Text that is no Markdown."""
    return re.sub(r"([\\`*_\[\]<>&])", r"\\\1", text)


def _branches(conversation: Conversation) -> Iterator[str]:
    ends = conversation.leaves()
    numbers = {end.id: number for number, end in enumerate(ends, 1)}
    path = conversation.path() or (conversation.path(ends[-1].id) if ends else ())
    if len(ends) > 1:
        number = numbers.get(path[-1].id)
        yield f"*Branch {number} of {len(ends)}.*" if number else f"*One of {len(ends)} branches.*"
    for node in path:
        yield from _message(node)
    written = {node.id for node in path}
    for end in ends:
        if end.id in written:
            continue
        path = conversation.path(end.id)
        rest = [node for node in path if node.id not in written]
        after = f"after message {rest[0].parent}" if rest[0].parent is not None else "from the beginning"
        yield f"# Branch {numbers[end.id]} of {len(ends)}, {after}"
        for node in rest:
            yield from _message(node)
        written.update(node.id for node in rest)


def _message(node: Node) -> Iterator[str]:
    about = [f"## {_plain(words.speaker(node))}", f"message {node.id}", words.time(node.at)]
    yield "---"  # for answers have headings of their own
    yield " · ".join(filter(None, about))
    texts = "".join(_part(part, node.role) for part in node.message.parts).strip("\n")
    if texts:
        yield texts + _closing(texts)
    if end := words.ended(node):
        yield f"*{end}*"


def _part(part: Part, role: Role) -> str:
    match part:
        case Text(text):
            return text
        case Thinking():
            return "".join(f"> {line}\n" for line in part.text.strip().splitlines()) + "\n"
        case ToolCall(_, name, arguments):
            return f"\n\nCalls `{name}`:\n\n{fenced(arguments.rstrip(), 'json')}\n"
        case ToolResult(_, name, text):
            return f"`{name}`:\n\n{fenced(text.rstrip())}\n"
        case TextFile(name, text):
            return f"\n\n[file {_plain(name)}]\n\n{fenced(text)}\n"
    label, address = words.attached(part)
    told = f"[{label}]({address})" if address else f"[{label}]"
    return f"\n\n{told}\n" if role is Role.USER else told


def _closing(text: str) -> str:
    """The line that closes a block of code which is open at the end (CommonMark 4.5); else nothing."""
    fence = ""
    for line in text.splitlines():
        found = _FENCE.match(line)
        if not fence and found:
            fence = found[1]
        elif found and found[1].startswith(fence) and not found[2].strip():
            fence = ""
    return f"\n{fence}" if fence else ""
