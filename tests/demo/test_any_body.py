"""Whatever is sent to the demonstration, it answers or refuses, and what it accepts the judges take too."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mistral_chat.demo.replies import Completion, replies
from mistral_chat.demo.rules import refusal
from tests.demo.asking import MODEL, WEATHER
from tests.judges import judge_chunk, judge_request, judge_response

words = st.sampled_from(
    [
        "type",
        "text",
        "properties",
        "items",
        "required",
        "enum",
        "anyOf",
        "allOf",
        "$ref",
        "minimum",
        "minLength",
        "role",
    ]
) | st.text(max_size=3)
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 300) | st.floats(-3, 3) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
kinds = st.sampled_from(["object", "array", "string", "number", "integer", "boolean", "null", "other"])
schemas = st.recursive(
    st.fixed_dictionaries(
        {}, optional={"type": kinds, "minimum": anything, "minLength": anything, "enum": anything, "$ref": anything}
    ),
    lambda inner: st.fixed_dictionaries(
        {"type": kinds},
        optional={
            "properties": st.dictionaries(words, inner, max_size=2) | anything,
            "required": anything,
            "items": inner | anything,
            "anyOf": st.lists(inner) | anything,
            "allOf": st.lists(inner) | anything,
            "multipleOf": anything,
            "exclusiveMinimum": anything,
        },
    ),
    max_leaves=4,
)
texts = st.sampled_from(["Hello", "help", "tour", "what did you receive?", "weather", "", "`" * 5]) | st.text(
    max_size=9
)
chunks = st.sampled_from(
    [
        {"type": "text", "text": "Hello"},
        {"type": "image_url", "image_url": "https://a/b.png"},
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "reference", "reference_ids": [1]},
    ]
)
contents = texts | st.lists(chunks, max_size=2) | st.none()
calls = st.sampled_from(["D681PevKs", "aB3dE5gH7", "call_1"]).map(
    lambda number: {"id": number, "function": {"name": "weather", "arguments": "{}"}}
)
questions = st.fixed_dictionaries({"role": st.just("user"), "content": contents})
messages = (
    questions
    | st.fixed_dictionaries({"role": st.just("system"), "content": texts})
    | st.fixed_dictionaries(
        {"role": st.just("assistant"), "content": contents},
        optional={"prefix": st.booleans(), "tool_calls": st.lists(calls, max_size=2)},
    )
    | st.fixed_dictionaries(
        {"role": st.just("tool"), "content": contents, "tool_call_id": st.sampled_from(["D681PevKs", "aB3dE5gH7"])}
    )
)
talks = st.builds(lambda talk, last: [*talk, last], st.lists(messages, max_size=3), questions | messages)
bodies = st.fixed_dictionaries(
    {"model": st.just(MODEL), "messages": talks, "max_tokens": st.integers(0, 20)},
    optional={
        "temperature": st.floats(0, 1.5),
        "stop": texts | st.lists(texts, min_size=1, max_size=4),
        "n": st.integers(1, 3),
        "safe_prompt": st.booleans(),
        "random_seed": st.integers(0),
        "reasoning_effort": st.sampled_from(["high", "none"]),
        "tools": st.just([WEATHER]),
        "tool_choice": st.sampled_from(
            [
                "any",
                "none",
                "auto",
                {"type": "function", "function": {"name": "weather"}},
                {"function": {"name": "other"}},
            ]
        ),
        "response_format": st.sampled_from([{"type": "json_object"}, {"type": "json_schema"}, {}])
        | schemas.map(lambda schema: {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}),
    },
)


@settings(max_examples=200, deadline=None)
@given(body=bodies)
def test_a_body_of_the_right_shape_is_answered_or_refused_for_its_order(body: Any) -> None:
    if refused := refusal(body):
        assert refused[0] == 400
        return
    assert judge_request(body) == []
    completion = Completion(body, replies(body)[1], "an-id", 1)
    assert judge_response(completion.whole()) == []
    assert [fault for chunk in completion.chunks() for fault in judge_chunk(chunk)] == []


@settings(max_examples=300, deadline=None)
@given(
    body=anything,
    broken=st.dictionaries(st.sampled_from(["messages", "stop", "tools", "response_format", "n"]), anything),
)
def test_a_body_of_any_shape_is_refused_or_taken_by_the_judges(body: Any, broken: Any) -> None:
    assert refusal(body)
    half_right = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}]} | broken
    assert refusal(half_right) or judge_request(half_right) == []
