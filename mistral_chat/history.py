"""What was said, made acceptable to the API: whatever happened on the way, the next request is one it takes.

A conversation keeps what truly happened: answers that were cut, tools that never ran, ids of other servers. The API
refuses such a list with 400, and goes on refusing it at every later turn. The rules, from Mistral's own validator
(https://github.com/mistralai/mistral-common, protocol/instruct/validator.py, its strictest version):

    after system      system, user, assistant        an answer has content or calls
    after user        system, user, assistant        each call has one result right after it, each result one call
    after assistant   user, assistant, tool          the id of a call is nine letters and digits, and its own
    after tool        assistant, tool                the last is a question: user or tool, or a prefix
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import dropwhile, groupby

from mistral_chat.message import (
    Audio,
    Document,
    File,
    Image,
    Message,
    Part,
    Reference,
    Role,
    Text,
    TextFile,
    Thinking,
    ToolCall,
    ToolResult,
    merged,
)

BRIDGE = Message.of(Role.ASSISTANT, "Understood.")
"""Stands for the answer that never came between a tool's result and the user's next words, as in mistral-vibe."""

_ID = re.compile(r"[a-zA-Z0-9]{9}")
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_-]")
_NAME_LENGTH = 64
_USER_PARTS = (Text, Image, Document, File, Audio, TextFile)

MOST_IMAGES = 8
"""So many images the API takes in a request (https://docs.mistral.ai/capabilities/vision)."""


def acceptable(
    path: Iterable[Message],
    *,
    system: str = "",
    prefix: bool = False,
    thinking: bool = True,
    alternate: bool = False,
    images: int = MOST_IMAGES,
    audio: bool = True,
) -> tuple[Message, ...]:
    """The messages to send for a path of a conversation. Raises nothing; an acceptable list comes out as it went in.

    `system` and then the system messages of the path are one message at the beginning. The last message is a question:
    trailing answers are left out, with a `prefix` to follow as well, because the answer asked for takes their place.
    With no question there is nothing to send, unless a `prefix` will follow: it may stand alone or after the system
    message.

    Thoughts are replayed as they came when the model has `thinking`, else left out. `alternate` is for servers whose
    template wants user and assistant in turn: the user begins, neighbours of one role become one message, and there are
    no thoughts and no references.

    Of the user's images only the newest `images` are sent, and no `audio` to a model that cannot hear; where one was,
    that is said. Every word of the user is kept, in order. Left out are answers without text or calls, calls without a
    result and results without their call.
    """
    messages = _without_old(tuple(path), images, audio)
    talk = _matched(_said(messages, thinking=thinking and not alternate, references=not alternate))
    talk = dropwhile(lambda message: _cannot_begin(message, alternate), talk)
    talk = _bridged(talk)
    asked = list(_alternating(talk) if alternate else talk)
    while asked and asked[-1].role is Role.ASSISTANT:
        asked.pop()
    return (*_told(system, messages), *asked) if asked or prefix else ()


def count_images(messages: Iterable[Message]) -> int:
    """How many images of the user's are among the messages."""
    return sum(isinstance(part, Image) for message in messages for part in message.parts if message.role is Role.USER)


def _without_old(messages: tuple[Message, ...], images: int, audio: bool) -> tuple[Message, ...]:
    """The messages with the newest images, and audio if that can be heard; in place of the others stand words."""
    too_many = count_images(messages) - images
    if too_many <= 0 and audio:
        return messages
    kept = []
    for message in messages:
        parts = list(message.parts) if message.role is Role.USER else []
        for place, part in enumerate(parts):
            if isinstance(part, Image) and too_many > 0:
                parts[place] = _gone("image", part.name)
                too_many -= 1
            elif isinstance(part, Audio) and not audio:
                parts[place] = _gone("recording", part.name)
        kept.append(Message(message.role, tuple(parts) or message.parts))
    return tuple(kept)


def _gone(thing: str, name: str | None) -> Text:
    return Text(f"\n\n[Here was the {thing}{f' {name}' if name else ''}; it is not sent again.]\n\n")


def _told(system: str, messages: Iterable[Message]) -> tuple[Message, ...]:
    """The one system message, or none. The same instruction twice is given once."""
    texts = [system, *(message.text for message in messages if message.role is Role.SYSTEM)]
    told = "\n\n".join(dict.fromkeys(text for text in texts if text.strip()))
    return (Message.of(Role.SYSTEM, told),) if told else ()


def _said(messages: Iterable[Message], *, thinking: bool, references: bool) -> Iterator[Message]:
    """The messages of the talk, each with the parts that its role may send, without those that say nothing."""
    for message in messages:
        parts: tuple[Part, ...]
        match message.role:
            case Role.SYSTEM:
                continue
            case Role.USER:
                parts = tuple(part for part in message.parts if isinstance(part, _USER_PARTS) and part != Text(""))
            case Role.ASSISTANT:
                parts = _answer(message.parts, thinking=thinking, references=references)
            case Role.TOOL:
                parts = tuple(part for part in message.parts if isinstance(part, ToolResult))
        if parts:
            yield Message(message.role, parts)


def _answer(parts: Iterable[Part], *, thinking: bool, references: bool) -> tuple[Part, ...]:
    """An answer's parts, none when it is but blanks, references and thoughts: then it never truly began."""
    kept: list[Part] = []
    for part in parts:
        match part:
            case Thinking() if thinking and part.parts:
                kept.append(Thinking(part.parts, closed=True))  # an open one is for a prefix only
            case Reference() if references:
                kept.append(part)
            case Text() | ToolCall():
                kept.append(part)
    answered = any(isinstance(part, ToolCall) or (isinstance(part, Text) and part.text.strip()) for part in kept)
    return merged(kept) if answered else ()


def _matched(messages: Iterable[Message]) -> Iterator[Message]:
    """Calls and results in pairs, the results in the order of the calls, one message each."""
    used: set[str] = set()
    for message, results in _with_results(messages):
        if not message.tool_calls:
            yield message
            continue
        pairs = tuple(_pairs(message.tool_calls, results, used))
        said: tuple[Part, ...] = tuple(part for part in message.parts if not isinstance(part, ToolCall))
        if not pairs:
            said = _answer(said, thinking=True, references=True)
        if said or pairs:
            yield Message(message.role, said + tuple(call for call, _ in pairs))
        yield from (Message(Role.TOOL, (result,)) for _, result in pairs)


def _with_results(messages: Iterable[Message]) -> Iterator[tuple[Message, list[ToolResult]]]:
    """Each message that is no tool's, with the results that come right after it."""
    before: Message | None = None
    results: list[ToolResult] = []
    for message in messages:
        if message.role is Role.TOOL:
            results += (part for part in message.parts if isinstance(part, ToolResult))
            continue
        if before is not None:
            yield before, results
        before, results = message, []
    if before is not None:
        yield before, results


def _pairs(
    calls: Iterable[ToolCall], results: Iterable[ToolResult], used: set[str]
) -> Iterator[tuple[ToolCall, ToolResult]]:
    """The calls that were answered and can be sent again, under ids not `used` yet, which are added to it."""
    waiting = list(results)
    for call in calls:
        result = next((result for result in waiting if result.call_id == call.id), None)
        if result is None:
            continue
        waiting.remove(result)
        arguments = call.arguments.strip() or "{}"
        name = _NOT_IN_NAMES.sub("_", call.name)[:_NAME_LENGTH]
        if name and _is_object(arguments):
            own = _own_id(call.id, used)
            yield ToolCall(own, name, arguments), ToolResult(own, name, result.text)


def _is_object(arguments: str) -> bool:
    """Whether the arguments are whole; the API parses them, and half of them would fail every later request."""
    try:
        return isinstance(json.loads(arguments), dict)
    except (ValueError, RecursionError):
        return False


def _own_id(given: str, used: set[str]) -> str:
    """The id itself when it is of the API's form and new, else one made of it; the same in every request."""
    own, number = given, len(used)
    while not _ID.fullmatch(own) or own in used:
        own = sha256(f"{number} {given}".encode("utf-8", "surrogatepass")).hexdigest()[:9]
        number += 1
    used.add(own)
    return own


def _cannot_begin(message: Message, alternate: bool) -> bool:
    """The validator looks for calls from the second message on: a list cannot begin with one, nor with its result."""
    if alternate:
        return message.role is not Role.USER
    return message.role is Role.TOOL or bool(message.tool_calls)


def _bridged(messages: Iterable[Message]) -> Iterator[Message]:
    after_tool = False
    for message in messages:
        if after_tool and message.role is Role.USER:
            yield BRIDGE
        yield message
        after_tool = message.role is Role.TOOL


def _alternating(messages: Iterable[Message]) -> Iterator[Message]:
    """Neighbours of one role as one message, their texts as paragraphs of it; each tool result stays by itself."""
    for role, group in groupby(messages, lambda message: message.role):
        if role is Role.TOOL:
            yield from group
        else:
            yield Message(role, tuple(_paragraphs(part for message in group for part in message.parts)))


def _paragraphs(parts: Iterable[Part]) -> Iterator[Part]:
    texts: list[str] = []
    for part in parts:
        if isinstance(part, Text):
            texts.append(part.text)
            continue
        if texts:
            yield Text("\n\n".join(texts))
            texts = []
        yield part
    if texts:
        yield Text("\n\n".join(texts))
