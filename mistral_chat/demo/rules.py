"""What the API refuses although its shape is right: unknown models, roles out of order, calls without results.

The rules are those of https://github.com/mistralai/mistral-common, protocol/instruct/validator.py; types and codes of
the errors are those the API gives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from mistral_chat.demo.cards import Card, card_of
from mistral_chat.demo.shapes import faults
from mistral_chat.demo.tokens import prompt_tokens
from mistral_chat.message import Json

_MAY_FOLLOW = {
    "system": ("system", "user", "assistant"),
    "user": ("system", "user", "assistant"),
    "assistant": ("user", "assistant", "tool"),
    "tool": ("assistant", "tool"),
}
_ID = re.compile(r"[a-zA-Z0-9]{9}")


def refusal(body: Any) -> tuple[int, Json] | None:
    """HTTP status and body of the refusal of a request; None when it is accepted."""
    if wrong := faults(body):
        return 422, {"detail": wrong}
    error = next(_errors(body), None)
    return (400, error) if error else None


def error(message: str, kind: str = "invalid_request_error", code: str | None = None) -> Json:
    return {"object": "error", "message": message, "type": kind, "param": None, "code": code}


def _errors(body: Json) -> Iterator[Json]:
    card = card_of(body["model"])
    if card is None:
        yield error(f"Invalid model: {body['model']}", "invalid_model", "1500")
        return
    messages: list[Json] = body["messages"]
    yield from _order(messages)
    yield from _answers(messages)
    yield from _calls(messages)
    yield from _reasoning(body, card)
    length, answer = prompt_tokens(body), body.get("max_tokens") or 0
    if length + answer > card.context:
        asked = f" and max_tokens is {answer}" if answer else ""
        told = f"Prompt contains {length} tokens{asked}, too large for model with {card.context} maximum context length"
        yield error(told, "invalid_request_prompt", "3051")


def _order(messages: list[Json]) -> Iterator[Json]:
    for before, after in pairwise(message["role"] for message in messages):
        if after not in _MAY_FOLLOW[before]:
            yield _out_of_order(f"Unexpected role '{after}' after role '{before}'")
    last = messages[-1]
    if last["role"] not in ("user", "tool") and not last.get("prefix"):
        expected = "Expected last role User or Tool (or Assistant with prefix True) for serving but got "
        yield _out_of_order(expected + last["role"])


def _answers(messages: list[Json]) -> Iterator[Json]:
    for place, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        if not message.get("content") and not message.get("tool_calls"):
            yield error("Assistant message must have either content or tool_calls, but not none.")
        if message.get("prefix") and place < len(messages) - 1:
            yield error("Assistant message with prefix True must be last message")


def _calls(messages: list[Json]) -> Iterator[Json]:
    """Ids of the API's form, and as many results right after an answer as it has calls, each of another one.

    The API begins to look at the second message: calls in the first one are unknown to it.
    """
    open_ids: list[str] = []
    for message in messages[1:]:
        if message["role"] == "tool":
            number = message.get("tool_call_id")
            if number not in open_ids:
                yield _out_of_order(f"Unexpected tool call id {number} in tool results")
                return
            open_ids.remove(number)
            continue
        if open_ids:
            break
        open_ids = [call.get("id", "null") for call in message.get("tool_calls") or ()]
        for number in open_ids:
            if not _ID.fullmatch(number):
                told = f"Tool call id was {number} but must be a-z, A-Z, 0-9, with a length of 9."
                yield error(told, "invalid_function_call", "3280")
    if open_ids:
        yield _out_of_order("Not the same number of function calls and responses")


def _reasoning(body: Json, card: Card) -> Iterator[Json]:
    if "reasoning" in card.can:
        return
    effort = body.get("reasoning_effort")
    if effort is not None:
        yield error(f"reasoning_effort {effort} is not supported for this model")
    contents = (message.get("content") for message in body["messages"])
    if any(chunk["type"] == "thinking" for content in contents if isinstance(content, list) for chunk in content):
        yield error("Reasoning input is not enabled for this model")


def _out_of_order(message: str) -> Json:
    return error(message, "invalid_request_message_order", "3230")
