"""What both forms for reading say beside the messages themselves: who, when, why an answer ended, what was attached."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from mistral_chat.conversation import Conversation, Node
from mistral_chat.events import FinishReason
from mistral_chat.exchange.session import LATEST
from mistral_chat.message import Attachment, Audio, Document, File, Image, Reference, Role, TextFile, ToolReference

_SPEAKERS = {Role.SYSTEM: "System", Role.USER: "You", Role.TOOL: "Tool"}
_ENDS = {
    None: "not complete",
    FinishReason.LENGTH: "cut at max_tokens",
    FinishReason.MODEL_LENGTH: "cut where the model's context is full",
    FinishReason.INTERRUPTED: "interrupted",
    FinishReason.CUT: "cut when the connection was lost",
    FinishReason.ERROR: "stopped by the server",
}
_TITLE_LENGTH = 80


def title(conversation: Conversation) -> str:
    """The title of a session, without one the beginning of its first question."""
    asked = conversation.opening
    words = " ".join((conversation.title or (asked.message.text if asked else "")).split())
    return (words if len(words) <= _TITLE_LENGTH else words[: _TITLE_LENGTH - 1] + "…") or "Untitled"


def speaker(node: Node) -> str:
    return _SPEAKERS.get(node.role) or node.model or "Answer"


def time(at: float) -> str:
    """A Unix time to the minute, in UTC; empty where none was noted."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC" if 0 < at <= LATEST else ""


def ended(node: Node) -> str:
    """Why an answer is not complete; empty when it is."""
    return _ENDS.get(node.finish_reason, "") if node.role is Role.ASSISTANT else ""


def figures(conversation: Conversation) -> Iterator[tuple[str, str]]:
    """What is told of a session at its head, each with a name; of tokens all that were used, in every branch."""
    nodes = conversation.nodes.values()
    if conversation.id:
        yield "session", conversation.id
    if models := dict.fromkeys(node.model for node in nodes if node.model):
        yield "model", ", ".join(models)
    if times := [node.at for node in nodes if node.at]:
        yield "begun", time(min(times))
        yield "last", time(max(times))
    yield "messages", str(len(nodes))
    if used := [node.usage for node in nodes if node.usage]:
        yield "tokens", f"{sum(usage.prompt for usage in used):,} + {sum(usage.completion for usage in used):,}"


def attached(part: Attachment | Reference | ToolReference) -> tuple[str, str]:
    """What a part that is no text is, in words, and its address on the web, empty when it has none."""
    match part:
        case Image(url, _, name):
            return f"image {name}" if name else "image", _web(url)
        case Document(url, name):
            return f"document {name}" if name else "document", _web(url)
        case File(file_id):
            return f"file {file_id}", ""
        case Audio(data, name):
            return f"audio {name}" if name else "audio", _web(data)
        case TextFile(name):
            return f"file {name}", ""
        case Reference(ids):
            return ", ".join(map(str, ids)), ""
        case ToolReference(_, name, url):
            return name, url or ""


def _web(url: str) -> str:
    return url if url.startswith("https://") else ""
