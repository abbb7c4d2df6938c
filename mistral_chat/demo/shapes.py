"""What a request body may look like, and the items of a 422 for one that does not: the API's closed objects and ranges.

The items are those of pydantic, which the API shows as they are; fields and ranges are those of the chat completion
endpoint (https://docs.mistral.ai/api/#tag/chat).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mistral_chat.message import Json

Place = tuple[str | int, ...]
Shape = Callable[[Place, Any], Iterator[Json]]
"""Gives an item for each fault of a value at a place."""


def faults(body: object) -> list[Json]:
    """Everything a 422 says about a request body; an empty list when its shape is right."""
    return list(_REQUEST(("body",), body))


def fault(kind: str, place: Place, message: str, value: object, **context: object) -> Json:
    item: Json = {"type": kind, "loc": list(place), "msg": message, "input": value}
    return item | {"ctx": context} if context else item


def _typed(kind: str, name: str, *types: type) -> Shape:
    def check(place: Place, value: Any) -> Iterator[Json]:
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            yield fault(f"{kind}_type", place, f"Input should be a valid {name}", value)

    return check


_string = _typed("string", "string", str)
_boolean = _typed("bool", "boolean", bool)
_list = _typed("list", "list", list)
_anything = _typed("dict", "dictionary", dict)


def _number(low: float, high: float | None = None, *, above: bool = False, whole: bool = False) -> Shape:
    """A number from `low` to `high`, or above `low`."""
    typed = _typed("int", "integer", int) if whole else _typed("float", "number", int, float)

    def check(place: Place, value: Any) -> Iterator[Json]:
        if wrong := list(typed(place, value)):
            yield from wrong
        elif above and not value > low:
            yield fault("greater_than", place, f"Input should be greater than {low}", value, gt=low)
        elif not value >= low:
            yield fault("greater_than_equal", place, f"Input should be greater than or equal to {low}", value, ge=low)
        elif high is not None and not value <= high:
            yield fault("less_than_equal", place, f"Input should be less than or equal to {high}", value, le=high)

    return check


def _one_of(*words: str) -> Shape:
    quoted = [f"'{word}'" for word in words]
    expected = " or ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))

    def check(place: Place, value: Any) -> Iterator[Json]:
        if value not in words:
            yield fault("enum", place, f"Input should be {expected}", value, expected=expected)

    return check


def _optional(shape: Shape) -> Shape:
    def check(place: Place, value: Any) -> Iterator[Json]:
        if value is not None:
            yield from shape(place, value)

    return check


def _items(shape: Shape, *, least: int = 0, most: int | None = None) -> Shape:
    """A list of `least` to `most` items of one shape."""

    def check(place: Place, value: Any) -> Iterator[Json]:
        if wrong := list(_list(place, value)):
            yield from wrong
            return
        if len(value) < least:
            message = f"List should have at least {least} item after validation, not {len(value)}"
            yield fault("too_short", place, message, value, field_type="List", min_length=least)
        if most is not None and len(value) > most:
            message = f"List should have at most {most} items after validation, not {len(value)}"
            yield fault("too_long", place, message, value, field_type="List", max_length=most)
        for number, item in enumerate(value):
            yield from shape((*place, number), item)

    return check


def _text_or(other: Shape) -> Shape:
    def check(place: Place, value: Any) -> Iterator[Json]:
        if not isinstance(value, str):
            yield from other(place, value)

    return check


def _object(required: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    """A closed object: a key that is missing or one that is not known is a fault."""
    known = {**required, **(optional or {})}

    def check(place: Place, value: Any) -> Iterator[Json]:
        if wrong := list(_anything(place, value)):
            yield from wrong
            return
        for key in required:
            if key not in value:
                yield fault("missing", (*place, key), "Field required", value)
        for key, inner in value.items():
            if key in known:
                yield from known[key]((*place, key), inner)
            else:
                yield fault("extra_forbidden", (*place, key), "Extra inputs are not permitted", inner)

    return check


def _tagged(key: str, shapes: Mapping[str, Shape]) -> Shape:
    """An object whose value under `key` says which of the shapes it has."""
    tags = ", ".join(f"'{tag}'" for tag in shapes)

    def check(place: Place, value: Any) -> Iterator[Json]:
        tag = value.get(key) if isinstance(value, dict) else None
        if tag is None:
            yield fault("union_tag_not_found", place, f"Unable to extract tag using discriminator '{key}'", value)
        elif not isinstance(tag, str) or tag not in shapes:
            message = f"Input tag '{tag}' found using '{key}' does not match any of the expected tags: {tags}"
            yield fault("union_tag_invalid", place, message, value)
        else:
            yield from shapes[tag]((*place, tag), value)

    return check


def _chunk(kind: str, required: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    return _object({"type": _one_of(kind), **required}, optional)


_TEXT = _chunk("text", {"text": _string})
_REFERENCE = _chunk("reference", {"reference_ids": _list})
_TOOL_REFERENCE = _chunk(
    "tool_reference",
    {"tool": _string, "title": _string},
    {key: _optional(_string) for key in ("url", "favicon", "description")},
)
_THOUGHT = _tagged("type", {"text": _TEXT, "reference": _REFERENCE, "tool_reference": _TOOL_REFERENCE})
_THINKING = _chunk("thinking", {"thinking": _items(_THOUGHT)}, {"closed": _boolean})
_IMAGE = _object({"url": _string}, {"detail": _optional(_one_of("low", "auto", "high"))})
_CHUNKS = _items(
    _tagged(
        "type",
        {
            "text": _TEXT,
            "image_url": _chunk("image_url", {"image_url": _text_or(_IMAGE)}),
            "document_url": _chunk("document_url", {"document_url": _string}, {"document_name": _optional(_string)}),
            "file": _chunk("file", {"file_id": _string}),
            "reference": _REFERENCE,
            "thinking": _THINKING,
            "input_audio": _chunk("input_audio", {"input_audio": _string}),
        },
    )
)
_CONTENT = _optional(_text_or(_CHUNKS))
_SYSTEM_CONTENT = _text_or(_items(_tagged("type", {"text": _TEXT, "thinking": _THINKING})))
_FUNCTION = _one_of("function")
_CALL = _object(
    {"function": _object({"name": _string, "arguments": _text_or(_anything)})},
    {"id": _string, "type": _FUNCTION, "index": _number(0, whole=True)},
)
_MESSAGE = _tagged(
    "role",
    {
        "system": _object({"role": _string, "content": _SYSTEM_CONTENT}),
        "user": _object({"role": _string, "content": _CONTENT}),
        "assistant": _object(
            {"role": _string}, {"content": _CONTENT, "tool_calls": _optional(_items(_CALL)), "prefix": _boolean}
        ),
        "tool": _object(
            {"role": _string, "content": _CONTENT}, {"tool_call_id": _optional(_string), "name": _optional(_string)}
        ),
    },
)
_TOOL = _object(
    {"function": _object({"name": _string, "parameters": _anything}, {"description": _string, "strict": _boolean})},
    {"type": _FUNCTION},
)
_TOOL_CHOICE = _object({"function": _object({"name": _string})}, {"type": _FUNCTION})
_SCHEMA = _object({"name": _string, "schema": _anything}, {"description": _optional(_string), "strict": _boolean})

_REQUEST = _object(
    {"model": _string, "messages": _items(_MESSAGE, least=1)},
    {
        "temperature": _optional(_number(0, 1.5)),
        "top_p": _number(0, 1, above=True),
        "max_tokens": _optional(_number(0, whole=True)),
        "stream": _boolean,
        "stop": _text_or(_items(_string, least=1, most=4)),
        "random_seed": _optional(_number(0, whole=True)),
        "metadata": _optional(_anything),
        "response_format": _object(
            {}, {"type": _one_of("text", "json_object", "json_schema"), "json_schema": _optional(_SCHEMA)}
        ),
        "tools": _optional(_items(_TOOL, most=128)),
        "tool_choice": lambda place, value: (
            _one_of("auto", "none", "any", "required") if isinstance(value, str) else _TOOL_CHOICE
        )(place, value),
        "presence_penalty": _number(-2, 2),
        "frequency_penalty": _number(-2, 2),
        "n": _optional(_number(1, whole=True)),
        "prediction": _object({}, {"type": _one_of("content"), "content": _string}),
        "parallel_tool_calls": _boolean,
        "prompt_mode": _optional(_one_of("reasoning")),
        "reasoning_effort": _one_of("high", "none"),
        "guardrails": _optional(_items(_anything)),
        "prompt_cache_key": _optional(_string),
        "safe_prompt": _boolean,
    },
)
