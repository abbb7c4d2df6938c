"""A JSON value that fits a JSON schema, for answers in JSON and for the arguments of tool calls.

Read are the keywords that structured output knows; what a pattern or a format wants is not invented, and what is no
schema at all is fitted by anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

_DEEP = 6
"""From here on a value is kept small: only what is required, the last of several choices, empty lists."""
_DEEPEST = 20
_LONGEST = 200


def fitting(schema: Any, said: str = "offline demonstration") -> Any:
    """A small value with all its properties; its texts are `said`, as far as their lengths allow."""
    return _Fitting(schema, said).value(schema, 0)


@dataclass(frozen=True, slots=True)
class _Fitting:
    root: Any
    said: str

    def value(self, schema: Any, depth: int) -> Any:
        if depth > _DEEPEST:
            return None
        match schema:
            case {"const": value} | {"enum": [value, *_]}:
                return value
            case {"$ref": str(pointer)}:
                return self.value(_at(self.root, pointer), depth + 1)
            case {"anyOf": [first, *others]} | {"oneOf": [first, *others]}:
                return self.value([first, *others][-1 if depth > _DEEP else 0], depth + 1)
            case {"allOf": [_, *_] as parts}:
                return self.value(self._joined(parts), depth + 1)
            case {"type": [kind, *_]}:
                return self.value({**schema, "type": kind}, depth + 1)
            case {"type": "object"} | {"properties": _}:
                return self._object(schema, depth)
            case {"type": "array"}:
                least = _size(schema, "minItems", 0 if depth > _DEEP else 1)
                count = min(least, _size(schema, "maxItems", least))
                return [self.value(schema.get("items"), depth + 1) for _ in range(count)]
            case {"type": "string"}:
                text = self.said.ljust(_size(schema, "minLength", 0), ".")
                return text[: _size(schema, "maxLength", len(text))]
            case {"type": "integer" | "number" as kind}:
                return _number(schema, whole=kind == "integer")
            case {"type": "boolean"}:
                return True
            case {"type": "null"}:
                return None
        return self.said

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties, required = _properties(schema), _required(schema)
        optional = [] if depth > _DEEP else list(properties)
        return {name: self.value(properties.get(name), depth + 1) for name in dict.fromkeys(optional + required)}

    def _joined(self, parts: list[Any]) -> dict[str, Any]:
        """One schema out of several that hold at once."""
        whole: dict[str, Any] = {}
        for part in parts:
            if isinstance(part, dict) and isinstance(pointer := part.get("$ref"), str):
                part = _at(self.root, pointer)
            if isinstance(part, dict):
                properties = _properties(whole) | _properties(part)
                whole |= part | {"properties": properties, "required": _required(whole) + _required(part)}
        return whole


def _properties(schema: Mapping[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties")
    return properties if isinstance(properties, dict) else {}


def _required(schema: Mapping[str, Any]) -> list[str]:
    required = schema.get("required")
    return [name for name in required if isinstance(name, str)] if isinstance(required, list) else []


def _size(schema: Mapping[str, Any], key: str, default: int) -> int:
    size = schema.get(key)
    return max(0, min(size, _LONGEST)) if isinstance(size, int) else default


def _number(schema: Mapping[str, Any], *, whole: bool) -> float:
    """The lowest number that is allowed, or else the highest, or else one step from 0."""
    step = abs(_limit(schema, "multipleOf") or (1 if whole else 0))
    low, high = _limit(schema, "minimum"), _limit(schema, "maximum")
    if (above := _limit(schema, "exclusiveMinimum")) is not None:
        low = above + (step or 0.001)
    if (below := _limit(schema, "exclusiveMaximum")) is not None:
        high = below - (step or 0.001)
    value = next((limit for limit in (low, high) if limit is not None), step or 1)
    if not step:
        return value
    steps = value // step if low is None else -(-value // step)
    return int(steps * step) if whole and isfinite(steps * step) else steps * step


def _limit(schema: Mapping[str, Any], key: str) -> float | None:
    limit = schema.get(key)
    return limit if isinstance(limit, int | float) and not isinstance(limit, bool) and isfinite(limit) else None


def _at(root: Any, pointer: str) -> Any:
    """The part of a schema that a JSON pointer names; anything fits where there is none."""
    place = root
    for step in pointer.removeprefix("#").split("/")[1:]:
        place = place.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(place, dict) else None
    return place
