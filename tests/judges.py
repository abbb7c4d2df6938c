"""Whether a body is one that the Mistral API takes or gives, as two outside judges see it.

The judges are the models of the official `mistralai` package and, when the file is there, the schemas of the
public API description (JSON Schema 2020-12). Every body that reaches the test server is shown to both. They are heavy,
so they are called only when there is something to judge.
"""

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jsonschema

SCHEMAS = Path(__file__).resolve().parents[2] / "shared" / "mistral-chat.schemas.json"

violations: list[str] = []
"""What the judges said against bodies sent since the last test ended."""


def judge_body(body: bytes) -> list[str]:
    """What the judges say against these bytes."""
    try:
        request = json.loads(body)
    except ValueError as wrong:
        return [f"the body is no JSON: {wrong}"]
    return judge_request(request) if isinstance(request, dict) else [f"the body is no JSON object: {request!r}"]


def judge_request(body: dict[str, Any]) -> list[str]:
    """What the judges say against this body of POST /v1/chat/completions; an empty list when they take it."""
    return [*_of_the_package(body), *_of_the_schemas(body, "ChatCompletionRequest")]


def judge_response(body: dict[str, Any]) -> list[str]:
    """What they say against a whole answer. The API's description wants a key `data` in it that it never describes."""
    found = [*_parsed("ChatCompletionResponse", body), *_of_the_schemas(body, "ChatCompletionResponse")]
    return [fault for fault in found if not fault.endswith("'data' is a required property")]


def judge_chunk(body: dict[str, Any]) -> list[str]:
    """What they say against one chunk of a stream."""
    return [*_parsed("CompletionChunk", body), *_of_the_schemas(body, "CompletionChunk")]


def judge_models(body: dict[str, Any]) -> list[str]:
    """What they say against the list of models."""
    return [*_parsed("ModelList", body), *_of_the_schemas(body, "ModelList")]


def present() -> str:
    """One line that says who judges."""
    schemas = "the API's JSON schemas" if SCHEMAS.exists() else f"no JSON schemas (not found: {SCHEMAS.name})"
    return f"request bodies are judged by: the mistralai package, {schemas}"


def _of_the_package(body: dict[str, Any]) -> list[str]:
    from mistralai.client.models import ChatCompletionRequest, ChatCompletionStreamRequest

    model = ChatCompletionStreamRequest if body.get("stream") else ChatCompletionRequest
    if wrong := _parsed(model.__name__, body):
        return wrong
    unknown = body.keys() - {field.alias or name for name, field in model.model_fields.items()}
    return [f"mistralai: {name}: unknown key" for name in sorted(unknown)]


def _parsed(name: str, body: dict[str, Any]) -> list[str]:
    import pydantic
    from mistralai.client import models

    try:
        getattr(models, name).model_validate(body)
    except pydantic.ValidationError as refused:
        return [
            f"mistralai: {'.'.join(map(str, wrong['loc']))}: {wrong['msg']}"
            for wrong in refused.errors(include_url=False)
        ]
    return []


def _of_the_schemas(body: dict[str, Any], name: str) -> list[str]:
    if not SCHEMAS.exists():
        return []
    return [f"schema: {wrong.json_path}: {wrong.message}" for wrong in _validator(name).iter_errors(body)]


@cache
def _validator(name: str) -> "jsonschema.Draft202012Validator":
    import jsonschema
    import referencing
    from referencing.jsonschema import DRAFT202012

    schemas = json.loads(SCHEMAS.read_text(encoding="utf-8"))
    document = {"components": {"schemas": schemas}, "$ref": f"#/components/schemas/{name}"}
    resource = DRAFT202012.create_resource(document)
    registry: referencing.Registry[Any] = referencing.Registry().with_resource("", resource)
    return jsonschema.Draft202012Validator(document, registry=registry)
