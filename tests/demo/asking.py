"""Asking the demonstration over raw HTTP: bodies in, bodies and chunks out, each shown to the judges."""

import asyncio
import json
from typing import Any

import httpx

from mistral_chat.demo import KEY, Demo
from tests.judges import judge_chunk, judge_response

Json = dict[str, Any]

MODEL = "mistral-small-latest"
AUTHORIZATION = {"Authorization": f"Bearer {KEY}"}
WEATHER: Json = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"town": {"type": "string"}}, "required": ["town"]},
    },
}


def sent(method: str, path: str, *, headers: dict[str, str] = AUTHORIZATION, **what: Any) -> httpx.Response:
    """One request to a demonstration that loses no time."""

    async def one() -> httpx.Response:
        async with httpx.AsyncClient(transport=Demo(rate=0), base_url="https://api.mistral.ai") as client:
            return await client.request(method, path, headers=headers, **what)

    return asyncio.run(one())


def asked(question: str | list[Json] = "Who are you?", **fields: Any) -> httpx.Response:
    messages = [{"role": "user", "content": question}] if isinstance(question, str) else question
    return sent("POST", "/v1/chat/completions", json={"model": MODEL, "messages": messages} | fields)


def answer(question: str | list[Json] = "Who are you?", **fields: Any) -> Json:
    body: Json = asked(question, **fields).json()
    assert judge_response(body) == []
    return body


def text(question: str | list[Json] = "Who are you?", **fields: Any) -> str:
    content = answer(question, **fields)["choices"][0]["message"]["content"]
    assert isinstance(content, str)
    return content


def chunks(question: str | list[Json] = "Who are you?", **fields: Any) -> list[Json]:
    """The chunks of a stream, which has to end with [DONE]."""
    response = asked(question, stream=True, **fields)
    assert response.headers["Content-Type"].startswith("text/event-stream")
    *events, done, rest = response.text.split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    found = [json.loads(event.removeprefix("data: ")) for event in events]
    assert [fault for chunk in found for fault in judge_chunk(chunk)] == []
    return found


def joined(found: list[Json], index: int = 0) -> str:
    """The text of one choice of a stream."""
    contents = [
        choice["delta"]["content"] for chunk in found for choice in chunk["choices"] if choice["index"] == index
    ]
    parts = [part for content in contents for part in (content if isinstance(content, list) else [{"text": content}])]
    return "".join(part.get("text", "") for part in parts)


def say(*texts: str) -> list[Json]:
    """A talk of user and assistant in turn."""
    return [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(texts)]
