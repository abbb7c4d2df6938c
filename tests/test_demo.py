"""The demonstration keeps to the API's protocol, as raw HTTP shows it; what it says is what it was asked for."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import jsonschema
import pytest

from mistral_chat.demo import KEY, Demo
from mistral_chat.demo.fitting import fitting
from tests.judges import judge_chunk, judge_models, judge_request, judge_response

Json = dict[str, Any]

MODEL = "mistral-small-latest"
AUTHORIZATION = {"Authorization": f"Bearer {KEY}"}


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


# ---------------------------------------------------------------- answers and streams


def test_an_answer_says_plainly_that_it_is_a_demonstration_and_echoes_the_question() -> None:
    said = text("Who is the best French painter?")
    assert "offline demonstration" in said
    assert "> Who is the best French painter?" in said


def test_the_first_answer_is_a_short_tour_of_markdown() -> None:
    said = text()
    for construct in ("# ", "\n- ", "\n|---|", "\n```python\n", "\n> ", "](https://"):
        assert construct in said
    assert len(said.splitlines()) < 40


def test_a_later_answer_echoes_its_own_question() -> None:
    assert "> And you?" in text(say("Hello", "Hi", "And you?"))


def test_a_stream_is_the_whole_answer_in_pieces() -> None:
    found = chunks(random_seed=7)
    assert joined(found) == text(random_seed=7)
    assert len(found) > 20


def test_a_stream_begins_with_the_role_and_ends_with_reason_and_usage() -> None:
    found = chunks()
    assert found[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert [chunk["choices"][0]["finish_reason"] for chunk in found] == [None] * (len(found) - 1) + ["stop"]
    assert ["usage" in chunk for chunk in found] == [False] * (len(found) - 1) + [True]


def test_the_answer_names_the_model_behind_an_alias() -> None:
    assert answer(model="mistral-medium-latest")["model"] == "mistral-medium-3-5"


def test_earlier_turns_and_the_safety_instructions_count_in_the_usage() -> None:
    once = answer("Hello")["usage"]["prompt_tokens"]
    later = answer(say("Hello", "Hi", "Hello"))["usage"]["prompt_tokens"]
    safe = answer("Hello", safe_prompt=True)["usage"]["prompt_tokens"]
    assert once < later < safe


def test_usage_adds_up() -> None:
    usage = answer()["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


def test_a_seed_gives_the_same_answer_again() -> None:
    assert len({text(random_seed=42) for _ in range(8)}) == 1


def test_temperature_zero_gives_the_same_answer_again() -> None:
    assert len({text(temperature=0) for _ in range(8)}) == 1


def test_without_a_seed_answers_differ() -> None:
    assert len({text() for _ in range(40)}) > 1


# ---------------------------------------------------------------- what is asked with the question


@pytest.mark.parametrize("stop", ["Answers", ["never", "Answers", "bold"]])
def test_an_answer_ends_before_the_first_stop_text(stop: str | list[str]) -> None:
    whole, cut = text(random_seed=1), answer(random_seed=1, stop=stop)
    assert cut["choices"][0]["message"]["content"] == whole.split("Answers")[0]
    assert cut["choices"][0]["finish_reason"] == "stop"


def test_max_tokens_cut_the_answer() -> None:
    cut = answer(max_tokens=5, random_seed=1)
    assert cut["usage"]["completion_tokens"] == 5
    assert cut["choices"][0]["finish_reason"] == "length"
    assert text(random_seed=1).startswith(cut["choices"][0]["message"]["content"])


def test_no_tokens_at_all_are_an_empty_answer() -> None:
    cut = answer(max_tokens=0)["choices"][0]
    assert (cut["message"]["content"], cut["finish_reason"]) == ("", "length")


def test_a_prefix_is_echoed_at_the_beginning() -> None:
    talk = [*say("Hello"), {"role": "assistant", "content": "Dear friend,", "prefix": True}]
    assert text(talk).startswith("Dear friend,")
    assert joined(chunks(talk)).startswith("Dear friend,")


def test_an_answer_that_was_cut_goes_on_where_it_ended() -> None:
    whole = text(random_seed=3)
    for length in (5, 30, len(whole) // 2, len(whole)):
        talk = [*say("Who are you?"), {"role": "assistant", "content": whole[:length], "prefix": True}]
        assert text(talk) == whole


def test_several_answers_are_counted_and_take_turns_in_a_stream() -> None:
    found = chunks(n=3, random_seed=5)
    assert {choice["index"] for chunk in found[:3] for choice in chunk["choices"]} == {0, 1, 2}
    answers = [choice["message"]["content"] for choice in answer(n=3, random_seed=5)["choices"]]
    assert [joined(found, index) for index in range(3)] == answers


def test_a_json_answer_is_json() -> None:
    data = json.loads(text("Name a painter, as JSON", response_format={"type": "json_object"}))
    assert data["question"] == "Name a painter, as JSON"


@pytest.mark.parametrize(
    "schema",
    [
        {
            "type": "object",
            "properties": {"name": {"type": "string"}},
            "required": ["name"],
            "additionalProperties": False,
        },
        {"type": "array", "items": {"type": "integer", "minimum": 3}, "minItems": 2},
        {"type": "object", "properties": {"size": {"enum": ["s", "m"]}, "kind": {"const": 4}}, "required": ["other"]},
        {"anyOf": [{"type": "null"}, {"type": "string"}]},
        {"type": ["number", "null"], "exclusiveMinimum": 1.5, "maximum": 2},
        {"type": "string", "minLength": 40, "maxLength": 45},
        {"type": "string", "maxLength": 3},
        {"type": "integer", "multipleOf": 7, "minimum": 10},
        {"type": "integer", "maximum": -1},
        {"type": "array", "items": {"type": "boolean"}, "maxItems": 0},
        {
            "allOf": [{"$ref": "#/$defs/a"}, {"type": "object", "required": ["b"]}],
            "$defs": {"a": {"properties": {"a": {}}}},
        },
        {
            "$ref": "#/$defs/node",
            "$defs": {
                "node": {
                    "type": "object",
                    "properties": {
                        "value": {"type": "integer"},
                        "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
                    },
                    "required": ["value", "next"],
                    "additionalProperties": False,
                }
            },
        },
        {},
    ],
)
def test_an_answer_fits_its_schema(schema: Json) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
    jsonschema.validate(json.loads(text(response_format=form)), schema)


def test_a_schema_without_end_is_not_followed_for_ever() -> None:
    assert fitting({"$ref": "#"}) is not None


def test_thoughts_come_first_and_the_answer_follows_in_one_transition() -> None:
    found = [chunk["choices"][0]["delta"]["content"] for chunk in chunks(reasoning_effort="high", random_seed=2)]
    lists = [content for content in found if isinstance(content, list)]
    assert [part["type"] for content in lists for part in content] == ["thinking"] * len(lists) + ["text"]
    assert found.index(lists[-1]) == len(lists)
    (thinking, said) = answer(reasoning_effort="high", random_seed=2)["choices"][0]["message"]["content"]
    assert (
        "".join(part["text"] for content in lists[:-1] for part in content[0]["thinking"])
        == thinking["thinking"][0]["text"]
    )
    assert joined(chunks(reasoning_effort="high", random_seed=2)) == said["text"]


WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"town": {"type": "string"}}, "required": ["town"]},
    },
}


@pytest.mark.parametrize(("question", "choice"), [("How is the weather?", "auto"), ("Hello", "any")])
def test_a_tool_is_called_when_it_is_named_or_must_be(question: str, choice: str) -> None:
    (chosen,) = answer(question, tools=[WEATHER], tool_choice=choice)["choices"]
    (call,) = chosen["message"]["tool_calls"]
    assert chosen["finish_reason"] == "tool_calls"
    assert re.fullmatch("[a-zA-Z0-9]{9}", call["id"])
    assert json.loads(call["function"]["arguments"]).keys() == {"town"}
    assert any(
        chunk["choices"][0]["delta"].get("tool_calls")
        for chunk in chunks(question, tools=[WEATHER], tool_choice=choice)
    )


def test_the_result_of_a_tool_is_told() -> None:
    calls = answer("weather?", tools=[WEATHER])["choices"][0]["message"]["tool_calls"]
    talk = [
        *say("weather?"),
        {"role": "assistant", "content": "", "tool_calls": calls},
        {"role": "tool", "content": "rain", "tool_call_id": calls[0]["id"], "name": "weather"},
    ]
    assert "> rain" in text(talk, tools=[WEATHER])


# ---------------------------------------------------------------- what it can show


def test_what_was_received_is_told_in_words_and_as_json() -> None:
    fields = {"temperature": 0.3, "safe_prompt": True, "stop": ["```", "END"]}
    question = "What did you receive?"
    said = text([{"role": "system", "content": "be brief"}, *say(question)], **fields)
    assert "be brief" in said
    assert "Always assist with care" in said
    (written,) = re.findall("(?s)````json\n(.*?)\n````", said)
    received = json.loads(written)
    assert received["messages"][-1] == {"role": "user", "content": question}
    assert {name: received[name] for name in fields} == fields


@pytest.mark.parametrize("word", ["table", "code", "list", "quote", "link", "unicode", "math", "long", "tour", "think"])
def test_help_tells_of_each_word_that_shows_something(word: str) -> None:
    assert re.search(rf"`[^`]*\b{word}\b[^`]*`", text("help"))
    assert "You asked" not in str(answer(word))


@pytest.mark.parametrize("wish", ["table", "Table!", "show me a table", "Please give me some tables."])
def test_a_wish_may_be_a_sentence(wish: str) -> None:
    assert text(wish).startswith("| painter")


def test_a_question_about_errors_is_no_wish_for_one() -> None:
    assert asked("What is the error in my code?").status_code == 200


@pytest.mark.parametrize("word", ["error", "cut"])
def test_trouble_in_the_middle_leaves_half_an_answer(word: str) -> None:
    received: list[bytes] = []

    async def ask() -> None:
        body = {"model": MODEL, "messages": say(word), "stream": True}
        async with (
            httpx.AsyncClient(transport=Demo(rate=0), headers=AUTHORIZATION) as client,
            client.stream("POST", "https://api.mistral.ai/v1/chat/completions", json=body) as response,
        ):
            async for part in response.aiter_raw():
                received.append(part)

    if word == "cut":
        with pytest.raises(httpx.RemoteProtocolError):
            asyncio.run(ask())
    else:
        asyncio.run(ask())
        assert json.loads(received.pop().removeprefix(b"data: "))["object"] == "error"
    assert len(received) > 10
    assert b"[DONE]" not in b"".join(received)


def test_after_trouble_the_answer_can_go_on() -> None:
    talk = [*say("cut"), {"role": "assistant", "content": "This is an **offline", "prefix": True}]
    assert text(talk).endswith("It is over now.")


def test_a_server_that_fails_answers_500() -> None:
    assert asked("error").status_code == 500


def test_a_rate_limit_says_how_long_to_wait() -> None:
    limited = asked("limit")
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "2")
    assert limited.json()["code"] == "1300"


# ---------------------------------------------------------------- pace


def waits(rate: float, **fields: Any) -> tuple[list[float], int]:
    """How long the demonstration wanted to sleep, in seconds each, and how many parts it sent."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def ask() -> int:
        body = {"model": MODEL, "messages": say("Hello"), "stream": True} | fields
        async with (
            httpx.AsyncClient(transport=Demo(rate, sleep=sleep), headers=AUTHORIZATION) as client,
            client.stream("POST", "https://api.mistral.ai/v1/chat/completions", json=body) as response,
        ):
            return len([part async for part in response.aiter_raw()])

    return slept, asyncio.run(ask())


def test_a_stream_takes_a_moment_and_then_one_token_after_the_other() -> None:
    (first, *others), parts = waits(50)
    assert first > 0.1
    assert others == [1 / 50] * (parts - 1)


def test_a_whole_answer_takes_as_long_as_its_tokens() -> None:
    ((slept,), _) = waits(100, stream=False, max_tokens=50)
    assert 0.5 <= slept < 1


def test_rate_0_loses_no_time() -> None:
    assert waits(0)[0] == []


def test_tokens_arrive_one_by_one() -> None:
    """The first part can be read while the later ones are still to come."""

    async def first() -> bytes:
        naps = iter(range(2))

        async def sleep(_: float) -> None:
            if next(naps, None) is None:
                await asyncio.Event().wait()

        body = {"model": MODEL, "messages": say("Hello"), "stream": True}
        async with (
            httpx.AsyncClient(transport=Demo(60, sleep=sleep), headers=AUTHORIZATION) as client,
            client.stream("POST", "https://api.mistral.ai/v1/chat/completions", json=body) as response,
        ):
            parts: AsyncIterator[bytes] = response.aiter_raw()
            return await anext(parts)

    assert b'"role":"assistant"' in asyncio.run(first())


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("key", [None, "", "Bearer ", "Bearer short", "Basic " + KEY, f"Bearer {KEY} {KEY}"])
@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/models"), ("POST", "/v1/chat/completions")])
def test_without_a_key_of_the_right_shape_nothing_is_answered(method: str, path: str, key: str | None) -> None:
    refused = sent(method, path, headers={} if key is None else {"Authorization": key})
    assert (refused.status_code, refused.json()) == (401, {"detail": "Unauthorized"})


def test_other_paths_are_not_found() -> None:
    assert sent("GET", "/v1/agents").status_code == 404


def test_other_methods_are_not_allowed() -> None:
    assert sent("GET", "/v1/chat/completions").status_code == 405


def test_an_unknown_model_is_refused_by_its_name() -> None:
    refused = asked(model="mistral-medium-latests")
    assert refused.status_code == 400
    assert refused.json() == {
        "object": "error",
        "message": "Invalid model: mistral-medium-latests",
        "type": "invalid_model",
        "param": None,
        "code": "1500",
    }


def test_a_model_that_does_not_chat_is_refused() -> None:
    assert asked(model="mistral-embed").json()["code"] == "1500"


USER: Json = {"role": "user", "content": "Hello"}
CALLING: Json = {
    "role": "assistant",
    "tool_calls": [{"id": "D681PevKs", "function": {"name": "weather", "arguments": "{}"}}],
}
RESULT: Json = {"role": "tool", "content": "rain", "tool_call_id": "D681PevKs"}


@pytest.mark.parametrize(
    ("messages", "code", "told"),
    [
        (say("Hello", "Hi"), "3230", "Expected last role User or Tool"),
        ([{"role": "system", "content": "be brief"}], "3230", "got system"),
        (
            [*say("Hello", "Hi"), {"role": "system", "content": "be brief"}, USER],
            "3230",
            "'system' after role 'assistant'",
        ),
        ([USER, CALLING, RESULT, USER], "3230", "'user' after role 'tool'"),
        ([USER, RESULT], "3230", "'tool' after role 'user'"),
        ([USER, CALLING, USER], "3230", "Not the same number of function calls and responses"),
        ([USER, CALLING, RESULT, RESULT], "3230", "Unexpected tool call id D681PevKs"),
        (
            [USER, CALLING | {"tool_calls": [CALLING["tool_calls"][0] | {"id": "call_1"}]}, RESULT],
            "3280",
            "length of 9",
        ),
        ([USER, {"role": "assistant", "content": ""}, USER], None, "must have either content or tool_calls"),
        ([USER, {"role": "assistant", "content": "", "prefix": True}], None, "must have either content or tool_calls"),
        ([USER, {"role": "assistant", "content": "Hi", "prefix": True}, USER], None, "must be last message"),
    ],
)
def test_messages_out_of_order_are_refused(messages: list[Json], code: str | None, told: str) -> None:
    refused = asked(messages)
    assert refused.status_code == 400
    assert refused.json()["code"] == code
    assert told in refused.json()["message"]


@pytest.mark.parametrize(
    ("fields", "place", "kind"),
    [
        ({"max_completion_tokens": 5}, ["body", "max_completion_tokens"], "extra_forbidden"),
        ({"stream_options": {}}, ["body", "stream_options"], "extra_forbidden"),
        ({"messages": [USER | {"id": 1}]}, ["body", "messages", 0, "user", "id"], "extra_forbidden"),
        (
            {"messages": [USER, {"role": "assistant", "content": "a", "reasoning": "b"}, USER]},
            ["body", "messages", 1, "assistant", "reasoning"],
            "extra_forbidden",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "a", "b": 1}]}]},
            ["body", "messages", 0, "user", "content", 0, "text", "b"],
            "extra_forbidden",
        ),
        ({"messages": [{"role": "human", "content": "a"}]}, ["body", "messages", 0], "union_tag_invalid"),
        ({"messages": [{"content": "a"}]}, ["body", "messages", 0], "union_tag_not_found"),
        ({"messages": [{"role": "user"}]}, ["body", "messages", 0, "user", "content"], "missing"),
        ({"messages": []}, ["body", "messages"], "too_short"),
        ({"messages": "Hello"}, ["body", "messages"], "list_type"),
        ({"model": None}, ["body", "model"], "string_type"),
        ({"temperature": 1.6}, ["body", "temperature"], "less_than_equal"),
        ({"temperature": -0.1}, ["body", "temperature"], "greater_than_equal"),
        ({"temperature": "warm"}, ["body", "temperature"], "float_type"),
        ({"top_p": 0}, ["body", "top_p"], "greater_than"),
        ({"max_tokens": -1}, ["body", "max_tokens"], "greater_than_equal"),
        ({"max_tokens": 1.5}, ["body", "max_tokens"], "int_type"),
        ({"random_seed": True}, ["body", "random_seed"], "int_type"),
        ({"presence_penalty": 2.1}, ["body", "presence_penalty"], "less_than_equal"),
        ({"frequency_penalty": -2.1}, ["body", "frequency_penalty"], "greater_than_equal"),
        ({"n": 0}, ["body", "n"], "greater_than_equal"),
        ({"stop": []}, ["body", "stop"], "too_short"),
        ({"stop": ["a", "b", "c", "d", "e"]}, ["body", "stop"], "too_long"),
        ({"stop": [1]}, ["body", "stop", 0], "string_type"),
        ({"safe_prompt": "yes"}, ["body", "safe_prompt"], "bool_type"),
        ({"reasoning_effort": "low"}, ["body", "reasoning_effort"], "enum"),
        ({"response_format": {"type": "xml"}}, ["body", "response_format", "type"], "enum"),
        ({"tool_choice": "some"}, ["body", "tool_choice"], "enum"),
    ],
)
def test_a_body_of_the_wrong_shape_is_refused_with_the_place(fields: Json, place: list[str | int], kind: str) -> None:
    body = {"model": MODEL, "messages": [USER]} | fields
    refused = sent("POST", "/v1/chat/completions", json=body)
    assert refused.status_code == 422
    (item,) = refused.json()["detail"]
    assert (item["loc"], item["type"]) == (place, kind)


def test_all_that_is_wrong_is_told_at_once() -> None:
    refused = sent("POST", "/v1/chat/completions", json={"temperature": 2, "seed": 1})
    assert [item["loc"][-1] for item in refused.json()["detail"]] == ["model", "messages", "temperature", "seed"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_is_refused(content: bytes) -> None:
    refused = sent("POST", "/v1/chat/completions", content=content)
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["type"] == "json_invalid"


def test_a_model_without_reasoning_refuses_effort_and_thoughts() -> None:
    model = "ministral-8b-latest"
    assert "not supported" in asked(model=model, reasoning_effort="none").json()["message"]
    thinking = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "Hi"}]
    talk = [USER, {"role": "assistant", "content": thinking}, USER]
    assert "Reasoning input" in asked(talk, model=model).json()["message"]
    assert asked(talk).status_code == 200


def test_a_conversation_longer_than_the_context_is_refused() -> None:
    refused = asked("word " * 300_000)
    assert refused.status_code == 400
    assert "too large for model with 262144 maximum context length" in refused.json()["message"]


def everything() -> Json:
    """A request that uses every field."""
    parts = [
        {"type": "text", "text": "Look"},
        {"type": "image_url", "image_url": {"url": "https://a/b.png", "detail": "low"}},
        {"type": "image_url", "image_url": "data:image/png;base64," + "A" * 500},
        {"type": "document_url", "document_url": "https://a/b.pdf", "document_name": "b"},
        {"type": "input_audio", "input_audio": "aGk="},
    ]
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "closed": True}
    return {
        "model": MODEL,
        "messages": [
            {"role": "system", "content": [{"type": "text", "text": "be brief"}]},
            {"role": "user", "content": parts},
            {
                "role": "assistant",
                "content": [thinking, {"type": "reference", "reference_ids": [1]}],
                "tool_calls": None,
            },
            {"role": "user", "content": None},
            CALLING,
            RESULT | {"name": "weather"},
            {"role": "assistant", "content": "It", "prefix": True},
        ],
        "temperature": 0.0,
        "top_p": 1,
        "max_tokens": 100,
        "stream": False,
        "stop": "END",
        "random_seed": 0,
        "metadata": {"a": 1},
        "response_format": {"type": "text"},
        "tools": [WEATHER],
        "tool_choice": {"type": "function", "function": {"name": "weather"}},
        "presence_penalty": -2,
        "frequency_penalty": 2.0,
        "n": 1,
        "prediction": {"type": "content", "content": "It rains"},
        "parallel_tool_calls": False,
        "prompt_mode": None,
        "reasoning_effort": "none",
        "guardrails": [],
        "prompt_cache_key": "k",
        "safe_prompt": True,
    }


def test_a_request_with_every_field_is_accepted() -> None:
    assert judge_request(everything()) == []
    accepted = sent("POST", "/v1/chat/completions", json=everything())
    assert accepted.status_code == 200
    assert judge_response(accepted.json()) == []


def test_pictures_are_not_repeated_in_what_was_received() -> None:
    talk = [everything()["messages"][1], *say("What did you receive?")]
    said = text(talk)
    assert "data:image/png;base64,AAAA" in said
    assert "A" * 100 not in said


# ---------------------------------------------------------------- models


def test_each_alias_is_a_model_of_its_own() -> None:
    listed = sent("GET", "/v1/models").json()
    assert judge_models(listed) == []
    ids = [row["id"] for row in listed["data"]]
    assert len(ids) == len(set(ids))
    assert all(alias in ids for row in listed["data"] for alias in row["aliases"])


def test_every_model_that_chats_answers() -> None:
    rows = sent("GET", "/v1/models").json()["data"]
    chatting = [row["id"] for row in rows if row["capabilities"]["completion_chat"]]
    assert len(chatting) > 5
    assert {asked(model=name).status_code for name in chatting} == {200}
