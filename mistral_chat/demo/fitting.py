"""A JSON value that fits a JSON schema, for answers in JSON and for the arguments of tool calls.

Read are the keywords that the API's structured output allows; what a pattern or a format wants is not invented.
"""

from __future__ import annotations

from typing import Any

_DEEPEST = 20


def fitting(schema: Any, *, said: str = "offline demonstration", _root: Any = None, _depth: int = 0) -> Any:
    """The smallest value with all properties that fits; its texts are `said`, as far as their length allows."""
    root = schema if _root is None else _root

    def inside(inner: Any) -> Any:
        return fitting(inner, said=said, _root=root, _depth=_depth + 1)

    match schema:
        case {"const": value} | {"enum": [value, *_]}:
            return value
        case {"$ref": str(pointer)} if _depth < _DEEPEST:
            return inside(_at(root, pointer))
        case {"anyOf": [_, *_] as choices} | {"oneOf": [_, *_] as choices}:
            return inside(choices[0] if _depth < _DEEPEST // 2 else choices[-1])
        case {"allOf": [_, *_] as parts}:
            return inside(_joined(parts, root))
        case {"type": [kind, *_]}:
            return inside({**schema, "type": kind})
        case {"type": "object"} | {"properties": _}:
            return _object(schema, inside, _depth)
        case {"type": "array"}:
            least = max(schema.get("minItems", 1 if _depth < _DEEPEST // 2 else 0), 0)
            return [inside(schema.get("items", {})) for _ in range(min(least, schema.get("maxItems", least)))]
        case {"type": "string"}:
            text = said.ljust(schema.get("minLength", 0), ".")
            return text[: schema.get("maxLength", len(text))]
        case {"type": "integer" | "number" as kind}:
            return _number(schema, whole=kind == "integer")
        case {"type": "boolean"}:
            return True
        case {"type": "null"}:
            return None
    return said


def _object(schema: Any, inside: Any, depth: int) -> dict[str, Any]:
    required = schema.get("required", [])
    properties = schema.get("properties", {})
    wanted = [name for name in properties if depth < _DEEPEST // 2 or name in required]
    return {name: inside(properties.get(name, {})) for name in dict.fromkeys([*wanted, *required])}


def _number(schema: Any, *, whole: bool) -> float:
    step = schema.get("multipleOf", 1)
    low, high = schema.get("minimum"), schema.get("maximum")
    if (above := schema.get("exclusiveMinimum")) is not None:
        low = above + (step if whole else 1e-3)
    if (below := schema.get("exclusiveMaximum")) is not None:
        high = below - (step if whole else 1e-3)
    value: float = next((limit for limit in (low, high) if limit is not None), step)
    if not (whole or "multipleOf" in schema):
        return value
    stepped = (value // step if low is None else -(-value // step)) * step
    return int(stepped) if whole else stepped


def _joined(parts: list[Any], root: Any) -> dict[str, Any]:
    """One object schema out of several."""
    whole: dict[str, Any] = {}
    for part in parts:
        part = _at(root, part["$ref"]) if "$ref" in part else part
        properties = {**whole.get("properties", {}), **part.get("properties", {})}
        required = [*whole.get("required", []), *part.get("required", [])]
        whole = {**whole, **part, "properties": properties, "required": required}
    return whole


def _at(root: Any, pointer: str) -> Any:
    """The part of a schema that a JSON pointer names; anything goes where there is none."""
    place = root
    for step in pointer.removeprefix("#").split("/")[1:]:
        place = place.get(step.replace("~1", "/").replace("~0", "~"), {}) if isinstance(place, dict) else {}
    return place
