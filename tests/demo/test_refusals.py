"""The demonstration refuses what the API refuses, in the words of the API."""

import pytest

from mistral_chat.demo import KEY
from tests.demo.asking import MODEL, WEATHER, Json, asked, say, sent, text
from tests.judges import judge_request, judge_response


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
        ([CALLING, RESULT], "3230", "Unexpected tool call id D681PevKs"),
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


def test_more_tokens_than_the_context_has_room_for_are_refused_with_their_number() -> None:
    refused = asked("Hello", max_tokens=300_000)
    assert refused.status_code == 400
    assert "tokens and max_tokens is 300000, too large for model with 262144" in refused.json()["message"]


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
