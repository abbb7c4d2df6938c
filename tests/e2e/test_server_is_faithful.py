"""The official client talks to the test server, and finds in it the API it knows; its troubles are real ones."""

import asyncio
import gzip
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from mistralai.client import Mistral
from mistralai.client.errors import HTTPValidationError, SDKError
from mistralai.client.models import AssistantMessage, BaseModelCard

from tests import judges
from tests.e2e.replies import (
    BROKEN,
    HANG,
    MID_STREAM_ERRORS,
    NOT_THE_API,
    REFUSALS,
    Answer,
    Http,
    Json,
    Pause,
    bomb,
    event,
    retry_after,
)
from tests.e2e.server import KEY, Server, refusing_url

MODEL = "mistral-small-latest"
HELLO: list[Any] = [{"role": "user", "content": "hello there"}]
WEATHER_CALL = {"id": "D681PevKs", "type": "function", "function": {"name": "weather", "arguments": '{"town": "Lyon"}'}}


@pytest.fixture
def official(server: Server) -> Iterator[Mistral]:
    with Mistral(api_key=KEY, server_url=server.url) as client:
        yield client


@pytest.fixture
def plain(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {KEY}"}, timeout=20) as client:
        yield client


def streamed(official: Mistral, **settings: Any) -> list[Any]:
    with official.chat.stream(model=MODEL, messages=HELLO, **settings) as events:
        return [event.data for event in events]


def text(chunks: list[Any]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


def post(plain: httpx.Client, **fields: Json) -> httpx.Response:
    return plain.post("/v1/chat/completions", json={"model": MODEL, "messages": HELLO} | fields)


# --- the official client gets what it asked for ---------------------------------------------------------------------


def test_a_whole_answer_reaches_the_official_client(official: Mistral) -> None:
    answer = official.chat.complete(model=MODEL, messages=HELLO)
    choice = answer.choices[0]
    assert isinstance(choice.message, AssistantMessage)
    assert choice.message.content == "You said: hello there"
    assert choice.finish_reason == "stop"
    assert answer.model == MODEL
    assert answer.usage.prompt_tokens


def test_a_streamed_answer_reaches_the_official_client(official: Mistral) -> None:
    chunks = streamed(official)
    assert text(chunks) == "You said: hello there"
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks[-2:]] == [None, "stop"]
    assert [chunk.usage is None for chunk in chunks[-2:]] == [True, False]


def test_the_async_client_gets_both_at_once(server: Server) -> None:
    async def ask() -> tuple[Any, str]:
        async with Mistral(api_key=KEY, server_url=server.url) as client:

            async def stream() -> str:
                events = await client.chat.stream_async(model=MODEL, messages=HELLO)
                return text([event.data async for event in events])

            whole, streamed = await asyncio.gather(client.chat.complete_async(model=MODEL, messages=HELLO), stream())
            return whole.choices[0].message.content, streamed

    assert asyncio.run(ask()) == ("You said: hello there", "You said: hello there")


def test_the_models_are_listed(official: Mistral, server: Server) -> None:
    cards = official.models.list().data or []
    assert all(isinstance(card, BaseModelCard) for card in cards)
    assert [card.model_dump()["id"] for card in cards] == [card["id"] for card in server.models]


def test_thinking_and_references_arrive_as_parts(official: Mistral, server: Server) -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "closed": True}
    reference = {"type": "reference", "reference_ids": [1, 2]}
    server.reply(Answer([[thinking], [{"type": "text", "text": "So "}, reference], "it is"]))
    contents = [chunk.choices[0].delta.content for chunk in streamed(official)]
    assert contents[1][0].thinking[0].text == "hm"
    assert contents[2][1].reference_ids == [1, 2]
    assert contents[3] == "it is"


@pytest.mark.parametrize("stream", [True, False])
def test_tool_calls_arrive(official: Mistral, server: Server, stream: bool) -> None:
    server.reply(Answer(finish_reason="tool_calls", tool_calls=[WEATHER_CALL]))
    if stream:
        calls = streamed(official)[-1].choices[0].delta.tool_calls
    else:
        calls = official.chat.complete(model=MODEL, messages=HELLO).choices[0].message.tool_calls  # type: ignore[union-attr]
    assert [(call.id, call.function.name) for call in calls] == [("D681PevKs", "weather")]


# --- its errors are the official client's errors --------------------------------------------------------------------


def test_a_wrong_key_is_refused(server: Server) -> None:
    with Mistral(api_key="wrong", server_url=server.url) as client, pytest.raises(SDKError) as refused:
        client.chat.complete(model=MODEL, messages=HELLO)
    assert refused.value.status_code == 401


def test_no_key_is_refused(server: Server) -> None:
    assert httpx.get(f"{server.url}/v1/models").json() == {"detail": "Unauthorized"}


def test_a_server_without_a_key_takes_any_request() -> None:
    with Server(key=None) as server:
        assert httpx.get(f"{server.url}/v1/models").status_code == 200


@pytest.mark.sends_bad_bodies
def test_a_wrong_range_is_a_validation_error(official: Mistral) -> None:
    with pytest.raises(HTTPValidationError) as refused:
        official.chat.complete(model=MODEL, messages=HELLO, temperature=2)
    detail = refused.value.data.detail
    assert isinstance(detail, list)
    assert (detail[0].loc, detail[0].msg) == (["body", "temperature"], "Input should be less than or equal to 1.5")


def test_a_rate_limit_is_an_error_with_headers(official: Mistral, server: Server) -> None:
    server.reply(retry_after("7"))
    with pytest.raises(SDKError) as refused:
        official.chat.complete(model=MODEL, messages=HELLO)
    assert refused.value.status_code == 429
    assert refused.value.headers["retry-after"] == "7"


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_comes_as_it_was_written(plain: httpx.Client, server: Server, name: str) -> None:
    server.reply(REFUSALS[name])
    answer = post(plain)
    assert answer.status_code == REFUSALS[name].status
    assert answer.content == REFUSALS[name].steps()[1]


# --- what the API refuses -------------------------------------------------------------------------------------------


@pytest.mark.sends_bad_bodies
@pytest.mark.parametrize(
    ("fields", "kind", "loc"),
    [
        ({"seed": 1}, "extra_forbidden", ["seed"]),
        ({"stream_options": {}}, "extra_forbidden", ["stream_options"]),
        ({"temperature": -0.1}, "greater_than_equal", ["temperature"]),
        ({"temperature": "hot"}, "float_type", ["temperature"]),
        ({"top_p": 0}, "greater_than", ["top_p"]),
        ({"top_p": 1.1}, "less_than_equal", ["top_p"]),
        ({"max_tokens": -1}, "greater_than_equal", ["max_tokens"]),
        ({"max_tokens": 1.5}, "int_type", ["max_tokens"]),
        ({"presence_penalty": 3}, "less_than_equal", ["presence_penalty"]),
        ({"safe_prompt": "yes"}, "bool_type", ["safe_prompt"]),
        ({"stop": []}, "too_short", ["stop", "list[str]"]),
        ({"stop": list("abcde")}, "too_long", ["stop", "list[str]"]),
        ({"response_format": {"type": "xml"}}, "enum", ["response_format", "type"]),
        ({"messages": [{"role": "bot", "content": "x"}]}, "union_tag_invalid", ["messages", 0]),
        ({"messages": [{"role": "user", "content": 1}]}, "string_type", ["messages", 0, "user", "content"]),
        (
            {"messages": [{"role": "user", "content": "x", "at": 1}]},
            "extra_forbidden",
            ["messages", 0, "user", "at"],
        ),
    ],
)
def test_a_field_it_does_not_take_is_a_422(plain: httpx.Client, fields: Json, kind: str, loc: list[Json]) -> None:
    answer = post(plain, **fields)
    assert answer.status_code == 422
    assert [(wrong["type"], wrong["loc"]) for wrong in answer.json()["detail"]] == [(kind, ["body", *loc])]


USER, SYSTEM = {"role": "user", "content": "x"}, {"role": "system", "content": "x"}
ASSISTANT = {"role": "assistant", "content": "x"}
CALLS = {"role": "assistant", "content": "", "tool_calls": [WEATHER_CALL]}
RESULT = {"role": "tool", "content": "sun", "tool_call_id": "D681PevKs"}


@pytest.mark.sends_bad_bodies
@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([], "3230"),
        ([USER, ASSISTANT], "3230"),
        ([USER, ASSISTANT, SYSTEM, USER], "3230"),
        ([USER, ASSISTANT | {"prefix": True}, USER], "3230"),
        ([USER, ASSISTANT | {"content": ""}, USER], "3240"),
        ([USER, CALLS, USER], "3230"),
        ([USER, CALLS, RESULT, USER], "3230"),
        ([USER, CALLS, RESULT, RESULT], "3230"),
        ([USER, CALLS | {"tool_calls": [WEATHER_CALL | {"id": "call_1"}]}, RESULT], "3280"),
    ],
)
def test_messages_out_of_order_are_a_400(plain: httpx.Client, messages: list[Json], code: str) -> None:
    answer = post(plain, messages=messages)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize(
    "messages",
    [
        [SYSTEM, USER, ASSISTANT, USER],
        [USER, USER],
        [USER, ASSISTANT | {"prefix": True}],
        [USER, CALLS, RESULT],
        [USER, CALLS, RESULT, ASSISTANT, USER],
    ],
)
def test_messages_in_order_are_taken(plain: httpx.Client, messages: list[Json]) -> None:
    assert post(plain, messages=messages).status_code == 200


def test_an_unknown_model_is_a_400(plain: httpx.Client) -> None:
    answer = post(plain, model="mistral-tiny")
    assert (answer.status_code, answer.json()["code"]) == (400, "1500")


@pytest.mark.sends_bad_bodies
def test_what_is_not_json_is_a_422(plain: httpx.Client) -> None:
    assert plain.post("/v1/chat/completions", content=b"{").json()["detail"][0]["type"] == "json_invalid"


def test_a_refused_request_takes_no_reply(plain: httpx.Client, server: Server) -> None:
    server.reply("for a good one")
    assert post(plain, model="mistral-tiny").status_code == 400
    assert post(plain).json()["choices"][0]["message"]["content"] == "for a good one"


# --- the answer does what was asked ---------------------------------------------------------------------------------


def answered(plain: httpx.Client, **fields: Json) -> tuple[str, str]:
    choice = post(plain, **fields).json()["choices"][0]
    return choice["message"]["content"], choice["finish_reason"]


def test_the_prefix_comes_back_in_the_answer(plain: httpx.Client) -> None:
    messages = [USER, {"role": "assistant", "content": "Ahoy! ", "prefix": True}]
    assert answered(plain, messages=messages) == ("Ahoy! You said: x", "stop")


def test_a_stop_text_ends_the_answer_and_is_not_in_it(plain: httpx.Client) -> None:
    assert answered(plain, stop=["nowhere", " there"]) == ("You said: hello", "stop")


def test_max_tokens_cuts_the_answer(plain: httpx.Client) -> None:
    assert answered(plain, max_tokens=2) == ("You said:", "length")


def test_json_is_answered_when_json_is_asked_for(plain: httpx.Client) -> None:
    assert answered(plain, response_format={"type": "json_object"}) == ('{"you_said": "hello there"}', "stop")


def test_several_completions_have_their_own_index(plain: httpx.Client) -> None:
    assert [choice["index"] for choice in post(plain, n=2).json()["choices"]] == [0, 1]


# --- time is in the test's hands ------------------------------------------------------------------------------------


def test_a_gate_holds_the_next_delta_back(official: Mistral, server: Server) -> None:
    gate = server.gate()
    server.reply(Answer(["one ", gate, "two ", gate, "three"]))
    with official.chat.stream(model=MODEL, messages=HELLO) as events:
        deltas = (event.data.choices[0].delta.content for event in events)
        assert [next(deltas), next(deltas)] == ["", "one "]
        gate.wait_reached()
        assert gate.reached == 1
        gate.open()
        assert next(deltas) == "two "
        gate.wait_reached(2)
        gate.open()
        assert "".join(map(str, deltas)) == "three"


def test_a_request_can_be_awaited_and_looked_at(official: Mistral, server: Server) -> None:
    official.chat.complete(model=MODEL, messages=HELLO, safe_prompt=True)
    request = server.wait_for_chat()
    assert request.json["safe_prompt"] is True
    assert request.messages == HELLO
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert server.requests == server.chats == [request]


def test_a_request_that_does_not_come_fails_the_test(server: Server) -> None:
    with pytest.raises(AssertionError, match="chat request 1 did not come"):
        server.wait_for_chat(timeout=0.1)


def test_a_client_that_leaves_is_noticed_in_mid_answer(plain: httpx.Client, server: Server) -> None:
    server.reply(Answer(["one", HANG]))
    with plain.stream("POST", "/v1/chat/completions", json={"model": MODEL, "messages": HELLO, "stream": True}):
        request = server.wait_for_chat()
    request.wait_until_client_is_gone()


def test_a_server_that_is_left_ends_what_it_was_doing() -> None:
    with Server(key=None) as server, httpx.Client(base_url=server.url) as plain:
        server.reply(Answer(["one", Pause(600)]))
        request = plain.build_request(
            "POST", "/v1/chat/completions", json={"model": MODEL, "messages": HELLO, "stream": True}
        )
        answer = plain.send(request, stream=True)
        server.__exit__(None, None, None)
        with pytest.raises(httpx.RemoteProtocolError):
            answer.read()


# --- its troubles are real ------------------------------------------------------------------------------------------


def body(plain: httpx.Client) -> bytes:
    return post(plain, stream=True).content


def test_a_refused_connection_is_refused() -> None:
    with refusing_url() as url, pytest.raises(httpx.ConnectError):
        httpx.get(url)


@pytest.mark.parametrize(
    ("name", "raised"),
    [
        ("reset before headers", httpx.ReadError),
        ("closed before headers", httpx.RemoteProtocolError),
        ("not HTTP", httpx.RemoteProtocolError),
        ("reset in mid-answer", httpx.ReadError),
        ("closed in mid-answer", httpx.RemoteProtocolError),
        ("short body", httpx.RemoteProtocolError),
    ],
)
def test_a_broken_connection_is_broken(plain: httpx.Client, server: Server, name: str, raised: type[Exception]) -> None:
    server.reply(BROKEN[name])
    with pytest.raises(raised):
        body(plain)


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("no finish_reason", b'"finish_reason": null}]}\n\n'),
        ("no finish_reason but [DONE]", b'"finish_reason": null}]}\n\ndata: [DONE]\n\n'),
    ],
)
def test_a_stream_may_end_without_a_reason(plain: httpx.Client, server: Server, name: str, ending: bytes) -> None:
    server.reply(BROKEN[name])
    sent = body(plain)
    assert sent.endswith(ending)
    assert b'"usage"' not in sent
    assert b'"finish_reason": "' not in sent


@pytest.mark.parametrize("name", MID_STREAM_ERRORS)
def test_an_error_can_come_in_mid_stream(plain: httpx.Client, server: Server, name: str) -> None:
    server.reply(Answer(["Hel", MID_STREAM_ERRORS[name]], finish_reason=None, usage=None, done=False))
    assert body(plain).endswith(MID_STREAM_ERRORS[name])


@pytest.mark.parametrize("name", NOT_THE_API)
def test_a_status_of_200_may_mean_nothing(plain: httpx.Client, server: Server, name: str) -> None:
    server.reply(NOT_THE_API[name])
    answer = post(plain, stream=True)
    assert (answer.status_code, answer.content) == (200, NOT_THE_API[name].steps()[1])


@pytest.mark.parametrize("size", [1, 2, 7, 4096])
def test_any_chunking_carries_the_same_stream(plain: httpx.Client, server: Server, size: int) -> None:
    server.reply(Answer(["é", "漢字"], usage=None, chunk_size=size))
    with plain.stream("POST", "/v1/chat/completions", json={"model": MODEL, "messages": HELLO, "stream": True}) as sent:
        chunks = list(sent.iter_raw())
    assert {len(chunk) for chunk in chunks[:-1]} <= {size}
    assert [line for line in b"".join(chunks).split(b"\n\n") if "漢字".encode() in line]


@pytest.mark.parametrize("line_end", [b"\n", b"\r", b"\r\n"])
def test_the_line_ends_and_the_head_of_a_stream_can_be_chosen(
    plain: httpx.Client, server: Server, line_end: bytes
) -> None:
    server.reply(Answer(["x"], line_end=line_end, head=b"\xef\xbb\xbf: comment" + line_end))
    sent = body(plain)
    assert sent.startswith(b"\xef\xbb\xbf: comment" + line_end + b"data: {")
    assert sent.endswith(b"data: [DONE]" + line_end * 2)


def test_bytes_among_the_deltas_are_sent_as_they_are(plain: httpx.Client, server: Server) -> None:
    server.reply(Answer([b": keep-alive\n\n", event("{not json"), b"data: \xff\n\n", "x"]))
    assert b": keep-alive\n\ndata: {not json\n\ndata: \xff\n\n" in body(plain)


def test_null_content_and_unknown_parts_are_sent(plain: httpx.Client, server: Server) -> None:
    server.reply(Answer([None, [{"type": "hologram", "hologram": 1}], {"content": "x", "reasoning_content": "y"}]))
    sent = body(plain)
    for delta in (b'{"content": null}', b'"hologram"', b'"reasoning_content": "y"'):
        assert delta in sent


def test_a_lone_surrogate_is_sent_as_json_escapes_it(plain: httpx.Client, server: Server) -> None:
    server.reply("\ud800")
    assert rb"\ud800" in body(plain)


def test_an_event_of_20_megabytes_arrives(plain: httpx.Client, server: Server) -> None:
    server.reply("x" * 20_000_000)
    assert len(body(plain)) > 20_000_000


def test_a_bomb_is_small_and_large_when_inflated(plain: httpx.Client, server: Server) -> None:
    server.reply(bomb(megabytes=3))
    with plain.stream("POST", "/v1/chat/completions", json={"model": MODEL, "messages": HELLO}) as sent:
        packed = b"".join(sent.iter_raw())
    assert sent.headers["content-encoding"] == "gzip"
    assert len(packed) < 10_000
    assert len(gzip.decompress(packed)) > 3_000_000


def test_the_models_can_be_missing_too(plain: httpx.Client, server: Server) -> None:
    server.models_reply = Http(503, "down")
    assert plain.get("/v1/models").status_code == 503


# --- the judges -----------------------------------------------------------------------------------------------------


def test_the_judges_take_a_body_with_everything_in_it() -> None:
    everything = {
        "model": MODEL, "messages": [SYSTEM, USER, CALLS, RESULT, ASSISTANT, USER, ASSISTANT | {"prefix": True}],
        "temperature": 0, "top_p": 1, "max_tokens": 0, "stop": ["x"], "random_seed": 0, "safe_prompt": True,
        "response_format": {"type": "json_object"}, "presence_penalty": -2, "frequency_penalty": 2, "stream": True,
    }  # fmt: skip
    assert judges.judge_request(everything) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"seed": 1},
        {"messages": [{"role": "user"}, {"role": "user", "content": 1}]},
        {"model": 1},
        {"safe_prompt": "so"},
    ],
)
def test_the_judges_do_not_take_a_bad_body(wrong: Json) -> None:
    found = judges.judge_request({"model": MODEL, "messages": HELLO} | wrong)
    assert [line for line in found if line.startswith("mistralai: ")]


@pytest.mark.skipif(not judges.SCHEMAS.exists(), reason="the schemas of the API description are not here")
@pytest.mark.parametrize("wrong", [{"seed": 1}, {"temperature": 2}, {"messages": [USER | {"at": 1}]}])
def test_the_schemas_do_not_take_a_bad_body(wrong: Json) -> None:
    found = judges.judge_request({"model": MODEL, "messages": HELLO} | wrong)
    assert [line for line in found if line.startswith("schema: ")]


@pytest.mark.parametrize("wrong", [b"{", b"[]", b"\xff"])
def test_the_judges_do_not_take_what_is_no_object(wrong: bytes) -> None:
    assert len(judges.judge_body(wrong)) == 1


@pytest.mark.sends_bad_bodies
def test_every_body_that_comes_in_is_judged(plain: httpx.Client) -> None:
    post(plain, seed=1)
    assert "mistralai: seed: unknown key" in judges.violations
