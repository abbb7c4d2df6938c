"""The official client talks to the demonstration, and finds in it the API it knows."""

import asyncio
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest
from mistralai.client import Mistral
from mistralai.client.errors import HTTPValidationError, SDKError
from mistralai.client.models import BaseModelCard

from mistral_chat.demo import KEY, Demo

MODEL = "mistral-small-latest"
HELLO: list[Any] = [{"role": "user", "content": "Hello there"}]
WEATHER: Any = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"town": {"type": "string"}}}},
}


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the demonstration, and its answer back part by part."""

    def handle_any(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asyncio.run(
            self.forward(
                httpx.Request(self.command, f"http://demo{self.path}", headers=dict(self.headers), content=content)
            )
        )

    do_GET = do_POST = handle_any

    async def forward(self, request: httpx.Request) -> None:
        response = await Demo(rate=0).handle_async_request(request)
        self.send_response(response.status_code)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        async for part in response.aiter_raw():
            self.wfile.write(part)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on stderr."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def official(url: str) -> Iterator[Mistral]:
    with Mistral(api_key=KEY, server_url=url) as client:
        yield client


def text(chunks: list[Any]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


def test_a_whole_answer(official: Mistral) -> None:
    answer: Any = official.chat.complete(model=MODEL, messages=HELLO)
    assert "> Hello there" in str(answer.choices[0].message.content)
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens


def test_a_streamed_answer(official: Mistral) -> None:
    with official.chat.stream(model=MODEL, messages=HELLO) as events:
        chunks = [event.data for event in events]
    assert "> Hello there" in text(chunks)
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert chunks[-1].usage is not None


def test_answers_to_an_asynchronous_client(url: str) -> None:
    async def ask() -> tuple[str, str]:
        async with Mistral(api_key=KEY, server_url=url) as client:
            whole: Any = await client.chat.complete_async(model=MODEL, messages=HELLO, random_seed=1)
            async with await client.chat.stream_async(model=MODEL, messages=HELLO, random_seed=1) as events:
                return str(whole.choices[0].message.content), text([event.data async for event in events])

    whole, streamed = asyncio.run(ask())
    assert whole == streamed


def test_thoughts(official: Mistral) -> None:
    answer: Any = official.chat.complete(model=MODEL, messages=HELLO, reasoning_effort="high")
    parts = answer.choices[0].message.content
    assert isinstance(parts, list)
    assert [part.type for part in parts] == ["thinking", "text"]


def test_a_tool_call(official: Mistral) -> None:
    answer: Any = official.chat.complete(model=MODEL, messages=HELLO, tools=[WEATHER], tool_choice="any")
    (call,) = answer.choices[0].message.tool_calls
    assert call.function.name == "weather"


def test_the_list_of_models(official: Mistral) -> None:
    cards = [card for card in official.models.list().data or () if isinstance(card, BaseModelCard)]
    assert {"mistral-medium-latest", "mistral-medium-3-5"} <= {card.id for card in cards}
    assert {card.max_context_length for card in cards} > {262_144}


def test_a_field_out_of_range(official: Mistral) -> None:
    with pytest.raises(HTTPValidationError) as refused:
        official.chat.complete(model=MODEL, messages=HELLO, temperature=2)
    assert [item.loc for item in refused.value.data.detail or ()] == [["body", "temperature"]]


def test_an_unknown_model(official: Mistral) -> None:
    with pytest.raises(SDKError, match="Invalid model: ada"):
        official.chat.complete(model="ada", messages=HELLO)


def test_a_wrong_key(url: str) -> None:
    with Mistral(api_key="wrong", server_url=url) as client, pytest.raises(SDKError, match="Unauthorized"):
        client.models.list()
