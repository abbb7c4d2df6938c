"""Text cut into pieces of the size of tokens, so that the demonstration streams and counts like a model."""

from __future__ import annotations

import json
import re

from mistral_chat.message import Json

SAFE_PROMPT = (
    "Always assist with care, respect, and truth. Respond with utmost utility yet securely. Avoid harmful, unethical, "
    "prejudiced, or negative content. Ensure replies promote fairness and positivity."
)
"""What `safe_prompt` puts in front (https://docs.mistral.ai/capabilities/guardrailing)."""

_PIECE = re.compile(r"\s*\S{1,6}|\s+")
_AROUND_A_MESSAGE = 4
_OF_AN_ATTACHMENT = 1000


def pieces(text: str) -> list[str]:
    """The text in order, a few letters at a time; joined they are the text."""
    return _PIECE.findall(text)


def text_of(message: Json) -> str:
    """The text of a message of a request, whatever form its content has."""
    content = message.get("content")
    if isinstance(content, list):
        return "".join(chunk["text"] for chunk in content if chunk["type"] == "text")
    return content or ""


def prompt_tokens(body: Json) -> int:
    """How many tokens the API would about count for a request, all turns and tools included."""
    count = len(pieces(SAFE_PROMPT)) if body.get("safe_prompt") else 0
    for message in body["messages"]:
        count += _AROUND_A_MESSAGE + len(pieces(text_of(message)))
        count += sum(len(pieces(json.dumps(call["function"]))) for call in message.get("tool_calls") or ())
        content = message.get("content")
        if isinstance(content, list):
            count += sum(_of_chunk(chunk) for chunk in content)
    return count + sum(len(pieces(json.dumps(tool))) for tool in body.get("tools") or ())


def _of_chunk(chunk: Json) -> int:
    if chunk["type"] == "thinking":
        return sum(len(pieces(part.get("text", ""))) for part in chunk["thinking"])
    return 0 if chunk["type"] in ("text", "reference") else _OF_AN_ATTACHMENT
