"""Whether a request body is one the Mistral API takes, as two outside judges see it.

The judges are the request model of the official `mistralai` package and, when the file is there, the schemas of the
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


def judge_request(body: dict[str, Any]) -> list[str]:
    """What the judges say against this body of POST /v1/chat/completions; an empty list when they take it."""
    return [*_of_the_package(body), *(_of_the_schemas(body) if SCHEMAS.exists() else ())]


def present() -> str:
    """One line that says who judges."""
    schemas = "the API's JSON schemas" if SCHEMAS.exists() else f"no JSON schemas (not found: {SCHEMAS.name})"
    return f"request bodies are judged by: the mistralai package, {schemas}"


def _of_the_package(body: dict[str, Any]) -> list[str]:
    import pydantic
    from mistralai.client.models import ChatCompletionRequest, ChatCompletionStreamRequest

    model = ChatCompletionStreamRequest if body.get("stream") else ChatCompletionRequest
    try:
        model.model_validate(body)
    except pydantic.ValidationError as refused:
        return [
            f"mistralai: {'.'.join(map(str, wrong['loc']))}: {wrong['msg']}"
            for wrong in refused.errors(include_url=False)
        ]
    unknown = body.keys() - {field.alias or name for name, field in model.model_fields.items()}
    return [f"mistralai: {name}: unknown key" for name in sorted(unknown)]


def _of_the_schemas(body: dict[str, Any]) -> list[str]:
    return [f"schema: {wrong.json_path}: {wrong.message}" for wrong in _validator().iter_errors(body)]


@cache
def _validator() -> "jsonschema.Draft202012Validator":
    import jsonschema
    import referencing
    from referencing.jsonschema import DRAFT202012

    schemas = json.loads(SCHEMAS.read_text(encoding="utf-8"))
    document = {"components": {"schemas": schemas}, "$ref": "#/components/schemas/ChatCompletionRequest"}
    resource = DRAFT202012.create_resource(document)
    registry: referencing.Registry[Any] = referencing.Registry().with_resource("", resource)
    return jsonschema.Draft202012Validator(document, registry=registry)
