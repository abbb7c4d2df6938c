"""A session as one HTML page that needs nothing else, runs nothing and loads nothing.

The branch in use stands open; each other one is folded (`<details>`) behind the message it is another version of. The
page's own policy (https://www.w3.org/TR/CSP3/) allows the one style sheet in it, by its hash, and the images the user
attached, which are in the page as `data:` URLs; so even what had slipped through the escaping could do nothing.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING

from mistral_chat.conversation import Conversation, Node
from mistral_chat.exchange import words
from mistral_chat.exchange.prose import code, link, prose
from mistral_chat.exchange.session import Session
from mistral_chat.exchange.sheet import sheet
from mistral_chat.message import (
    Image,
    Part,
    Reference,
    Role,
    Text,
    TextFile,
    Thinking,
    ToolCall,
    ToolReference,
    ToolResult,
)

if TYPE_CHECKING:
    from mistral_chat.theme import Theme

_POLICY = "default-src 'none'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'"
_IMAGE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+=*")
_VERSIONS = {Role.USER: "another question", Role.ASSISTANT: "another answer"}
_BEGINNING = 60


def write(session: Session, theme: Theme) -> str:
    """The text of the file."""
    style = "\n" + sheet(theme)
    policy = _POLICY.format(b64encode(sha256(style.encode()).digest()).decode())
    title = escape(words.title(session.conversation))
    head = f"""<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="mistral-chat">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<header>
<h1 dir="auto">{title}</h1>
{_list(words.figures(session.conversation))}{_settings(session)}</header>
<main>
"""
    body = "".join(_tree(session.conversation))
    return (head + body + "</main>\n<footer>Exported by mistral-chat</footer>\n</body>\n</html>\n").replace(
        "\0", "\ufffd"
    )


def _settings(session: Session) -> str:
    if not session.settings:
        return ""
    told = _list(
        (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in session.settings.items()
    )
    return f'<details class="settings"><summary>Settings</summary>\n{told}</details>\n'


def _list(pairs: Iterator[tuple[str, str]]) -> str:
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>\n" for name, value in pairs)
    return f"<dl>\n{rows}</dl>\n"


def _tree(conversation: Conversation) -> Iterator[str]:
    """The messages, each with the folded other versions of it behind it; after the head, all that follows is folded."""
    children = conversation.children()
    sizes = dict.fromkeys(conversation.nodes, 1)
    for node in reversed(tuple(conversation.nodes.values())):
        if node.parent is not None:
            sizes[node.parent] += sizes[node.id]
    current = {node.id for node in conversation.path()}
    waiting: list[str | int | None] = [None]  # HTML to come, and messages of which those that follow come
    while waiting:
        place = waiting.pop()
        if isinstance(place, str):
            yield place
            continue
        folded = children[place]
        shown = None
        if folded and place != conversation.head:
            shown = next((node for node in folded if node.id in current), folded[-1])
            folded.remove(shown)
        following: list[str | int | None] = [_message(shown)] if shown else []
        for node in folded:
            following += [_fold(node, sizes[node.id]), _message(node), node.id, "</details>\n"]
        if shown:
            following.append(shown.id)
        waiting += reversed(following)


def _fold(node: Node, size: int) -> str:
    """The line by which a folded branch is opened."""
    beginning = " ".join(node.message.text[: 4 * _BEGINNING].split())[:_BEGINNING]
    told = filter(None, [beginning, node.model, f"{size} message{'s' if size > 1 else ''}"])
    version = _VERSIONS.get(node.role, "another branch")
    return f'<details class="branch"><summary><b>{version}</b> {escape(" · ".join(told))}</summary>\n'


def _message(node: Node) -> str:
    said = "".join(_said(node))
    return f"""<article class="{node.role}" id="m{node.id}">
<header><span class="name">{escape(words.speaker(node))}</span>{_place(node)}</header>
{said}{_figures(node)}</article>
"""


def _place(node: Node) -> str:
    return f'<a class="at" href="#m{node.id}">{escape(words.time(node.at) or f"message {node.id}")}</a>'


def _figures(node: Node) -> str:
    """The line after an answer."""
    figures = []
    if node.usage is not None:
        figures.append(f"{node.usage.prompt:,} + {node.usage.completion:,} tokens")
    if node.seconds:
        figures.append(f"{node.seconds:.1f} s")
    if ended := words.ended(node):
        figures.append(f'<span class="ended">{escape(ended)}</span>')
    return f"<footer>{' · '.join(figures)}</footer>\n" if figures else ""


def _said(node: Node) -> Iterator[str]:
    """The parts of a message as HTML; of an answer, text and references to sources are one text in Markdown."""
    text = ""
    for part in node.message.parts:
        if isinstance(part, Text | Reference | ToolReference):
            text += part.text if isinstance(part, Text) else _reference(part)
            continue
        yield _text(text, node.role)
        text = ""
        yield _part(part, node.role)
    yield _text(text, node.role)


def _text(text: str, role: Role) -> str:
    if not text.strip():
        return ""
    if role is Role.ASSISTANT:
        return f'<div class="said" dir="auto">\n{prose(text)}</div>\n'
    return f'<div class="said plain" dir="auto">{escape(text)}</div>\n'


def _reference(part: Reference | ToolReference) -> str:
    label, address = words.attached(part)
    return f"\\[{label}\\]" + (f" (<{address}>)" if address else "")


def _part(part: Part, role: Role) -> str:
    match part:
        case Thinking():
            return _folded("thinking", "Thoughts", f'<div class="said" dir="auto">\n{prose(part.text)}</div>')
        case ToolCall(_, name, arguments):
            return _folded("tool", f"Calls {name}", code(arguments, "json"))
        case ToolResult(_, name, text):
            return _folded("tool", f"Result of {name}", code(text, ""))
        case Image(url, _, name) if role is Role.USER and _IMAGE.fullmatch(url):
            return f'<img src="{url}" alt="{escape(name or "attached image")}">\n'
        case TextFile(name, text):
            return _folded("tool", f"File {name}", code(text, ""))
        case Text() | Reference() | ToolReference():
            return ""
    label, address = words.attached(part)
    told = link(address, escape(label)) if address else escape(label)
    return f'<p class="attached">[{told}]</p>\n'


def _folded(kind: str, summary: str, inside: str) -> str:
    return f'<details class="{kind}"><summary>{escape(summary)}</summary>\n{inside}</details>\n'
