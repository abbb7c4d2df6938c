"""What the demonstration answers is what it was asked for, whole and in a stream."""

import asyncio
import json
import re
from base64 import b64encode

import httpx
import jsonschema
import pytest

from mistral_chat.demo import Demo
from mistral_chat.demo.fitting import fitting
from tests.demo.asking import AUTHORIZATION, MODEL, WEATHER, Json, answer, asked, chunks, joined, say, text
from tests.files import PNG


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


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": "https://a/b.png"},
        {"type": "document_url", "document_url": "https://a/b.pdf"},
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
    ],
)
def test_every_part_of_a_message_counts_in_the_usage(part: Json) -> None:
    words = {"type": "text", "text": "Hello"}
    without, counted = ([{"role": "user", "content": content}] for content in ([words], [words, part]))
    assert answer(without)["usage"]["prompt_tokens"] < answer(counted)["usage"]["prompt_tokens"]


def test_usage_adds_up() -> None:
    usage = answer()["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


def test_a_seed_gives_the_same_answer_again() -> None:
    assert len({text(random_seed=42) for _ in range(8)}) == 1


def test_temperature_zero_gives_the_same_answer_again() -> None:
    assert len({text(temperature=0) for _ in range(8)}) == 1


def test_without_a_seed_answers_differ() -> None:
    assert len({text() for _ in range(40)}) > 1


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


def test_thoughts_count_among_the_tokens() -> None:
    whole = answer(reasoning_effort="high", random_seed=1)["usage"]["completion_tokens"]
    for most in (3, whole - 3):
        cut = answer(reasoning_effort="high", random_seed=1, max_tokens=most)
        assert cut["usage"]["completion_tokens"] == most


def test_a_prefix_is_echoed_at_the_beginning() -> None:
    talk = [*say("Hello"), {"role": "assistant", "content": "Dear friend,", "prefix": True}]
    assert text(talk).startswith("Dear friend, … so begins this answer")
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
    assert ["usage" in chunk for chunk in found] == [False] * (len(found) - 1) + [True]


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
    assert fitting({"$ref": "#"}) is None


def test_a_list_of_a_billion_is_not_written() -> None:
    assert len(fitting({"type": "array", "items": {"type": "null"}, "minItems": 10**9})) < 1000


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


def test_what_was_received_is_told_in_words_and_as_json() -> None:
    fields = {"temperature": 0.3, "safe_prompt": True, "stop": ["```", "END"]}
    question = "What did you receive?"
    said = text([{"role": "system", "content": "be\nbrief"}, *say(question)], **fields)
    assert "“be brief”" in said
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


def test_what_came_with_a_question_is_told() -> None:
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{b64encode(PNG).decode()}"}}
    document = {"type": "document_url", "document_url": "https://a.org/b.pdf", "document_name": "b.pdf"}
    content = [{"type": "text", "text": "What is it?"}, image, document]
    said = text([{"role": "user", "content": content}])
    assert "> What is it?\n\nWith it came, for a model to look at:\n\n" in said
    assert "- PNG image · 69 bytes\n- b.pdf · document from a.org\n" in said
