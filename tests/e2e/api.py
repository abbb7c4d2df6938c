"""What the Mistral API makes of a chat request: a refusal in its own words, or an answer that does what was asked.

Rules and messages are those of the public API description, of mistral-common's `MistralRequestValidator`, and of bodies
quoted in public issues. It knows nothing of sockets, and shares no code with the program under test.
"""

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from tests.e2e.replies import Answer, AutoUsage, Delta, Gate, Http, Json, Pause, Step, Trouble, error, event, head

MODELS: Final[Sequence[dict[str, Json]]] = tuple(
    {
        "id": name,
        "object": "model",
        "created": 1_767_225_600,
        "owned_by": "mistralai",
        "capabilities": {
            "completion_chat": chat,
            "function_calling": chat,
            "reasoning": reasoning,
            "completion_fim": False,
            "fine_tuning": False,
            "vision": reasoning,
            "ocr": False,
            "classification": False,
            "moderation": not chat,
            "audio": False,
            "audio_transcription": False,
        },
        "name": name.replace("-latest", "-2512"),
        "description": f"The {name} model",
        "max_context_length": 262_144,
        "aliases": [name.replace("-latest", "-2512")],
        "deprecation": None,
        "deprecation_replacement_model": None,
        "default_model_temperature": 0.7,
        "type": "base",
    }
    for name, chat, reasoning in (
        ("mistral-medium-latest", True, True),
        ("mistral-small-latest", True, True),
        ("mistral-large-latest", True, False),
        ("ministral-8b-latest", True, False),
        ("mistral-moderation-latest", False, False),
    )
)

# --- refusals -------------------------------------------------------------------------------------------------------


def refusal(body: bytes, models: Sequence[Mapping[str, Json]] = MODELS) -> Http | None:
    """What the API says against this body, or None when it takes it."""
    try:
        request = json.loads(body)
    except ValueError as wrong:
        detail = {"type": "json_invalid", "loc": ["body", 0], "msg": "JSON decode error", "input": {}}
        return Http(422, {"detail": [detail | {"ctx": {"error": str(wrong)}}]})
    if not isinstance(request, dict):
        return Http(422, {"detail": [_wrong("model_attributes_type", [], "Input should be an object", request)]})
    if details := [*_wrong_fields(request), *_wrong_messages(request)]:
        return Http(422, {"detail": details})
    known = {name for card in models for name in (card["id"], *card.get("aliases", ()))}
    if request["model"] not in known:
        return Http(400, error(f"Invalid model: {request['model']}", "invalid_model", "1500"))
    return _wrong_order(request["messages"])


def _wrong(kind: str, loc: Sequence[Json], message: str, value: Json) -> dict[str, Json]:
    return {"type": kind, "loc": ["body", *loc], "msg": message, "input": value}


_NUMBERS: Final = {
    "temperature": (float, 0, 1.5),
    "top_p": (float, 0, 1),
    "presence_penalty": (float, -2, 2),
    "frequency_penalty": (float, -2, 2),
    "max_tokens": (int, 0, None),
    "random_seed": (int, 0, None),
    "n": (int, 1, None),
}
_FLAGS: Final = {"stream", "safe_prompt", "parallel_tool_calls"}
_OTHERS: Final = {
    "model", "messages", "stop", "metadata", "response_format", "tools", "tool_choice", "prediction", "prompt_mode",
    "reasoning_effort", "guardrails", "prompt_cache_key", "service_tier",
}  # fmt: skip


def _wrong_fields(request: Mapping[str, Json]) -> Iterator[dict[str, Json]]:
    for name in ("model", "messages"):
        if name not in request:
            yield _wrong("missing", [name], "Field required", request)
    if not isinstance(request.get("model", ""), str):
        yield _wrong("string_type", ["model"], "Input should be a valid string", request["model"])
    for name, value in request.items():
        if name in _NUMBERS:
            yield from _wrong_number(name, value)
        elif name in _FLAGS:
            if not isinstance(value, bool):
                yield _wrong("bool_type", [name], "Input should be a valid boolean", value)
        elif name == "stop":
            yield from _wrong_stop(value)
        elif name == "response_format":
            if not isinstance(value, dict) or value.get("type") not in ("text", "json_object", "json_schema"):
                words = "Input should be 'text', 'json_object' or 'json_schema'"
                yield _wrong("enum", [name, "type"], words, value)
        elif name not in _OTHERS:
            yield _wrong("extra_forbidden", [name], "Extra inputs are not permitted", value)


def _wrong_number(name: str, value: Json) -> Iterator[dict[str, Json]]:
    kind, least, most = _NUMBERS[name]
    if isinstance(value, bool) or not isinstance(value, (int, float) if kind is float else int):
        if value is not None:
            yield _wrong(f"{kind.__name__}_type", [name], "Input should be a valid number", value)
    elif value < least:
        message = f"Input should be greater than or equal to {least}"
        yield _wrong("greater_than_equal", [name], message, value) | {"ctx": {"ge": least}}
    elif most is not None and value > most:
        message = f"Input should be less than or equal to {most}"
        yield _wrong("less_than_equal", [name], message, value) | {"ctx": {"le": most}}
    elif name == "top_p" and value == 0:
        yield _wrong("greater_than", [name], "Input should be greater than 0", value) | {"ctx": {"gt": 0}}


def _wrong_stop(value: Json) -> Iterator[dict[str, Json]]:
    if isinstance(value, str):
        return
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        yield _wrong("string_type", ["stop", "str"], "Input should be a valid string", value)
    elif not value:
        message = "List should have at least 1 item after validation, not 0"
        yield _wrong("too_short", ["stop", "list[str]"], message, value)
    elif len(value) > 4:
        message = f"List should have at most 4 items after validation, not {len(value)}"
        yield _wrong("too_long", ["stop", "list[str]"], message, value)


_MESSAGE_KEYS: Final = {
    "system": {"role", "content"},
    "user": {"role", "content"},
    "assistant": {"role", "content", "tool_calls", "prefix"},
    "tool": {"role", "content", "tool_call_id", "name"},
}


def _wrong_messages(request: Mapping[str, Json]) -> Iterator[dict[str, Json]]:
    messages = request.get("messages", [])
    if not isinstance(messages, list):
        yield _wrong("list_type", ["messages"], "Input should be a valid list", messages)
        return
    for at, message in enumerate(messages):
        role = message.get("role") if isinstance(message, dict) else None
        if role not in _MESSAGE_KEYS:
            tags = ", ".join(map(repr, _MESSAGE_KEYS))
            words = f"Input tag {role!r} found using 'role' does not match any of the expected tags: {tags}"
            yield _wrong("union_tag_invalid", ["messages", at], words, message)
            continue
        for name, kinds in (("content", str | list | None), ("tool_calls", list | None)):
            if not isinstance(message.get(name), kinds):
                loc = ["messages", at, role, name]
                yield _wrong("string_type", loc, "Input should be a valid string", message[name])
        for name in message.keys() - _MESSAGE_KEYS[role]:
            loc = ["messages", at, role, name]
            yield _wrong("extra_forbidden", loc, "Extra inputs are not permitted", message[name])


_MAY_FOLLOW: Final = {
    "system": {"system", "user", "assistant"},
    "user": {"user", "assistant", "system"},
    "assistant": {"user", "assistant", "tool"},
    "tool": {"assistant", "tool"},
}


def _wrong_order(messages: Sequence[Mapping[str, Json]]) -> Http | None:
    if not messages:
        return _order("Conversation must have at least one message")
    for before, after in pairwise(messages):
        if after["role"] not in _MAY_FOLLOW[before["role"]]:
            return _order(f"Unexpected role '{after['role']}' after role '{before['role']}'")
        if before.get("prefix"):
            return _order("Assistant message with prefix True must be the last message")
    last = messages[-1]
    if last["role"] not in ("user", "tool") and not last.get("prefix"):
        expected = "User or Tool (or Assistant with prefix True)"
        return _order(f"Expected last role {expected} for serving but got {last['role']}")
    for message in messages:
        if message["role"] == "assistant" and not message.get("content") and not message.get("tool_calls"):
            words = "Assistant message must have either content or tool_calls, but not none."
            return Http(400, error(words, "invalid_request_assistant_message", "3240"))
    return _wrong_tools(messages)


def _wrong_tools(messages: Sequence[Mapping[str, Json]]) -> Http | None:
    called: list[str] = []
    for message in messages:
        if message["role"] == "tool":
            answered = message.get("tool_call_id")
            if answered not in called:
                return _order("Not the same number of function calls and responses")
            called.remove(answered)
            continue
        if called:
            return _order("Not the same number of function calls and responses")
        called = [call.get("id", "null") for call in message.get("tool_calls") or ()]
        for name in called:
            if not re.fullmatch(r"[a-zA-Z0-9]{9}", name):
                words = f"Tool call id was {name} but must be a-z, A-Z, 0-9, with a length of 9."
                return Http(400, error(words, "invalid_function_call", "3280"))
    return _order("Not the same number of function calls and responses") if called else None


def _order(message: str) -> Http:
    return Http(400, error(message, "invalid_request_message_order", "3230"))


# --- answers --------------------------------------------------------------------------------------------------------


def echo(request: Mapping[str, Json]) -> Answer:
    """`You said: ` and the user's last words, under prefix, stop, max_tokens and response_format; a word is a token."""
    messages = request["messages"]
    prefix = _text(messages[-1]["content"]) if messages[-1].get("prefix") else ""
    heard = next((_text(message["content"]) for message in reversed(messages) if message["role"] == "user"), "")
    if request.get("response_format", {}).get("type", "text") == "text":
        said = f"{prefix}You said: {heard}"
    else:
        said = prefix + json.dumps({"you_said": heard}, ensure_ascii=False)
    stops = request.get("stop") or []
    for stop in [stops] if isinstance(stops, str) else stops:
        before, _, _ = said[len(prefix) :].partition(stop)
        said = prefix + before
    tokens = re.findall(r"\s*\S+|\s+$", said)
    limit = request.get("max_tokens")
    if limit is not None and len(tokens) > limit:
        return Answer(tokens[:limit], finish_reason="length")
    return Answer(tokens)


def _text(content: Json) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content or ())


def steps(answer: Answer, request: Mapping[str, Json]) -> Iterator[Step]:
    """The bytes that carry the answer, head and all, whole or as an event stream, and the waits between them."""
    model = answer.model or request["model"]
    usage = answer.usage
    if usage is AutoUsage.AUTO:
        usage = _count(answer, request)
    answer = replace(answer, model=model, usage=usage)
    copies = int(request.get("n") or 1)
    return _stream(answer, copies) if request.get("stream") else _whole(answer, copies)


def _count(answer: Answer, request: Mapping[str, Json]) -> dict[str, Json]:
    asked = len(json.dumps(request["messages"])) // 4
    said = sum(len(delta) for delta in answer.deltas if isinstance(delta, str)) // 4 + 1
    return {
        "prompt_tokens": asked,
        "completion_tokens": said,
        "total_tokens": asked + said,
        "num_cached_tokens": 0,
        "prompt_tokens_details": {"cached_tokens": 0},
    }


def _whole(answer: Answer, copies: int) -> Iterator[Step]:
    text, parts = "", list[Json]()
    for delta in answer.deltas:
        if isinstance(delta, str):
            text += delta
        elif isinstance(delta, list):
            parts += [{"type": "text", "text": text}] if text else []
            parts += delta
            text = ""
        elif isinstance(delta, dict):
            text += delta.get("content") or ""
        elif isinstance(delta, Gate | Pause | Trouble):
            yield delta
    content = parts + ([{"type": "text", "text": text}] if text else []) if parts else text
    message = {"role": "assistant", "content": content, "tool_calls": list(answer.tool_calls) or None, "prefix": False}
    choices = [{"index": at, "message": message, "finish_reason": answer.finish_reason} for at in range(copies)]
    body = _envelope(answer, "chat.completion") | {"choices": choices}
    yield from Http(200, body if answer.usage is None else body | {"usage": answer.usage}, _HEADERS).steps()


def _stream(answer: Answer, copies: int) -> Iterator[Step]:
    headers = {"Transfer-Encoding": "chunked", "Cache-Control": "no-cache"} | _HEADERS
    if answer.content_type:
        headers["Content-Type"] = answer.content_type
    yield head(200, headers)
    held = bytearray()
    for step in _events(answer, copies):
        if not isinstance(step, bytes):
            yield from _chunks(held, 0)
            yield step
        elif answer.chunk_size is None:
            yield from _chunks(bytearray(step), 0)
        else:
            held += step
            yield from _chunks(held, answer.chunk_size)
    yield from _chunks(held, 0)
    yield b"0\r\n\r\n"


def _chunks(held: bytearray, size: int) -> Iterator[bytes]:
    """HTTP chunks of `size` bytes, taken from the front of `held`; size 0 takes all that is there as one."""
    size = size or len(held) or 1
    while len(held) >= size:
        yield b"%x\r\n%b\r\n" % (size, bytes(held[:size]))
        del held[:size]


def _events(answer: Answer, copies: int) -> Iterator[Step]:
    """The events of the stream, each as bytes."""
    if answer.head:
        yield answer.head

    def chunk(delta: Json, **more: Json) -> Iterator[bytes]:
        for at in range(copies):
            choice = {"index": at, "delta": delta, "finish_reason": more.get("finish_reason")}
            data = _envelope(answer, "chat.completion.chunk") | {"choices": [choice]}
            if more.get("usage") is not None:
                data["usage"] = more["usage"]
            yield event(data, line_end=answer.line_end)

    yield from chunk({"role": "assistant", "content": ""})
    for delta in answer.deltas:
        if isinstance(delta, str | list) or delta is None:
            yield from chunk({"content": delta})
        elif isinstance(delta, dict):
            yield from chunk(delta)
        else:
            yield delta
    last: Delta = {"content": ""}
    if answer.tool_calls:
        last = {"content": "", "tool_calls": [dict(call) | {"index": at} for at, call in enumerate(answer.tool_calls)]}
    if answer.finish_reason or answer.usage or answer.tool_calls:
        yield from chunk(last, finish_reason=answer.finish_reason, usage=answer.usage)
    if answer.done:
        yield event("[DONE]", line_end=answer.line_end)


_HEADERS: Final = {
    "mistral-correlation-id": "019aa0c6-0000-7000-8000-000000000000",
    "x-kong-request-id": "0123456789abcdef0123456789abcdef",
    "x-ratelimit-limit-req-minute": "60",
    "x-ratelimit-remaining-req-minute": "59",
}


def _envelope(answer: Answer, kind: str) -> dict[str, Json]:
    name = "cmpl-e5cc70bb28c444948073e77776eb30ef"
    return {"id": name, "object": kind, "created": int(time.time()), "model": answer.model}
