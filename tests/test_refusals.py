"""Refusals: every form of body becomes the right error, with a sentence, a cause and a hint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_chat.errors import (
    ApiError,
    AuthError,
    ChatError,
    ProtocolError,
    RateLimited,
    Rejected,
    ServerError,
)
from mistral_chat.refusals import (
    CONTEXT_TOO_LONG,
    UNKNOWN_MODEL,
    is_error,
    refusal,
    refusal_in_answer,
    retry_after,
)
from mistral_chat.secret import Secret

KEY = Secret("0123456789abcdefWXYZ", "MISTRAL_API_KEY")
NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC).timestamp()
HTML = "<!DOCTYPE html><html><title>502 Bad Gateway</title></html>"


def refused(status: int, body: object = b"", headers: Mapping[str, str] | None = None) -> ApiError | ProtocolError:
    data = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return refusal(status, headers or {}, data, key=KEY, now=NOW)


def wrong(field: str, message: str, sent: object = None, kind: str = "value_error") -> dict[str, object]:
    return {"type": kind, "loc": ["body", *field.split(".")], "msg": message, "input": sent}


MODEL = {"object": "error", "message": "Invalid model: x", "type": "invalid_model", "param": None, "code": "1500"}
ORDER = {"object": "error", "message": "Unexpected role", "type": "invalid_request_message_order", "code": "3230"}
CAPACITY = {"object": "error", "message": "Service tier capacity exceeded for this model.", "code": "3505"}

CASES: dict[str, tuple[int, object, type[ChatError], str]] = {
    "detail": (401, {"detail": "Unauthorized"}, AuthError, "the API key is not accepted"),
    "message": (401, {"message": "Unauthorized", "request_id": "1"}, AuthError, "the API key is not accepted"),
    "no body": (401, b"", AuthError, "the API key is not accepted"),
    "no credit": (402, {"message": "Pay"}, RateLimited, "the account has no payment method or no credit"),
    "no permission": (403, {"message": "Not in your plan"}, AuthError, "the key may not do this"),
    "guardrail": (403, {"message": "Blocked by guardrail"}, Rejected, "a guardrail has blocked the request"),
    "guardrail key": (403, {"guardrails": [], "message": "No"}, Rejected, "a guardrail has blocked the request"),
    "unknown model": (400, MODEL, Rejected, "the model is not known"),
    "retired model": (404, MODEL, Rejected, "the model is not known"),
    "unknown model, ollama": (404, {"error": 'model "x" not found'}, Rejected, "the model is not known"),
    "unknown model, vLLM": (
        404,
        {"error": {"message": "The model `x` does not exist.", "code": 404}},
        Rejected,
        "the model is not known",
    ),
    "wrong address": (404, {"message": "no Route matched"}, Rejected, "there is no such address"),
    "wrong address, HTML": (404, HTML, Rejected, "there is no such address"),
    "order": (400, ORDER, Rejected, "the order of the messages is not accepted"),
    "any 400": (400, {"message": "Bad things"}, Rejected, "the request is not accepted: Bad things"),
    "OpenAI's form": (400, {"error": {"message": "Bad things"}}, Rejected, "the request is not accepted: Bad things"),
    "a text": (400, "Bad things", Rejected, "the request is not accepted: Bad things"),
    "a list": (400, [{"error": {"message": "Bad"}}, "things"], Rejected, "the request is not accepted: Bad; things"),
    "HTML": (400, HTML, Rejected, "the request is not accepted"),
    "no words": (400, {"x": [1]}, Rejected, "the request is not accepted"),
    "too large": (413, "", Rejected, "the request is too large"),
    "rate": (429, {"message": "Requests rate limit exceeded"}, RateLimited, "a rate limit is reached"),
    "capacity": (429, CAPACITY, RateLimited, "the model has no capacity free just now"),
    "capacity as 503": (503, CAPACITY, RateLimited, "the model has no capacity free just now"),
    "capacity without code": (503, {"message": "No capacity"}, RateLimited, "the model has no capacity free just now"),
    "time-out": (408, "", ServerError, "the server failed"),
    "conflict": (409, "", ServerError, "the server failed"),
    "too early": (425, "", ServerError, "the server failed"),
    "failure": (500, {"message": "Oops"}, ServerError, "the server failed: Oops"),
    "failure, HTML": (502, HTML, ServerError, "the server failed"),
    "overloaded": (529, b"", ServerError, "the server failed"),
}


@pytest.mark.parametrize("case", CASES)
def test_each_refusal_is_told_in_one_sentence(case: str) -> None:
    status, body, kind, sentence = CASES[case]
    error = refused(status, body)
    assert (type(error), error.what) == (kind, sentence)
    assert isinstance(error, ApiError)
    assert error.status == status
    assert error.hint


@pytest.mark.parametrize(
    "text",
    [
        "context too long",
        "This model's maximum context length is 8",
        "Input too large",
        "Prompt is too long",
        "Prompt contains 9 tokens, too large for model with 8 maximum context length",
    ],
)
@pytest.mark.parametrize("status", [400, 422])
def test_a_conversation_that_is_too_long_is_recognised(text: str, status: int) -> None:
    error = refused(status, {"message": text, "code": "3051"})
    assert isinstance(error, Rejected)
    assert (error.code, error.why) == (CONTEXT_TOO_LONG, text)


def test_a_max_tokens_that_does_not_fit_is_not_blamed_on_the_conversation() -> None:
    text = "Prompt contains 9 tokens and max_tokens is 90, too large for model with 8 maximum context length"
    error = refused(400, {"message": text, "code": "3051"})
    assert error.what == "the conversation and max_tokens together are too long for the model"
    assert error.hint == "lower max_tokens, or choose a model with a longer context"


@pytest.mark.parametrize("code", ["model_context_exceeded", "prompt_too_long", "context_length_exceeded"])
def test_a_conversation_that_is_too_long_is_recognised_by_its_code(code: str) -> None:
    assert refused(400, {"error": {"code": code}}).what == "the conversation is too long for the model"


def test_an_unknown_model_always_has_the_same_code() -> None:
    for name in ("unknown model", "retired model", "unknown model, ollama", "unknown model, vLLM"):
        status, body, *_ = CASES[name]
        error = refused(status, body)
        assert isinstance(error, ApiError)
        assert error.code == UNKNOWN_MODEL


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        (
            wrong("temperature", "Input should be less than or equal to 1.5", 2.0),
            "temperature: must be ≤ 1.5 (you sent 2)",
        ),
        (wrong("top_p", "Input should be greater than 0", 0), "top_p: must be > 0 (you sent 0)"),
        (
            wrong("max_tokens", "Input should be greater than or equal to 0", -1),
            "max_tokens: must be ≥ 0 (you sent -1)",
        ),
        (wrong("stop", "Input should be less than 5", "x"), 'stop: must be < 5 (you sent "x")'),
        (
            wrong("seed", "Extra inputs are not permitted", 7, "extra_forbidden"),
            "seed: is not known to this server (you sent 7)",
        ),
        (wrong("model", "Field required", {}, "missing"), "model: is missing"),
        (wrong("model", "Field required", "x", "missing"), "model: is missing"),
        (
            wrong("messages.0.content", "Input should be a valid string", [1]),
            "messages.0.content: must be a valid string",
        ),
        ({"loc": [], "msg": "JSON decode error"}, "JSON decode error"),
    ],
)
def test_a_wrong_field_is_named_with_its_bound_and_what_was_sent(item: object, sentence: str) -> None:
    for body in ({"detail": [item]}, {"object": "error", "message": {"detail": [item]}}, {"message": [item]}):
        assert refused(422, body).what == f"the request is not accepted: {sentence}"


def test_several_wrong_fields_are_all_named() -> None:
    items = [wrong("a", "Field required", kind="missing"), wrong("b", "Field required", kind="missing")]
    assert refused(422, {"detail": items}).what == "the request is not accepted: a: is missing; b: is missing"


def test_a_long_value_is_not_repeated_whole() -> None:
    assert len(refused(422, {"detail": [wrong("stop", "no", "x" * 5000)]}).what) < 150


def test_a_wrong_key_is_told_by_its_origin_and_its_last_four_characters() -> None:
    assert refused(401).why == "it came from MISTRAL_API_KEY and ends in WXYZ"


def test_a_server_that_wants_a_key_is_told_when_none_was_sent() -> None:
    assert refusal(401, {}, b"").what == "the server wants an API key"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 500])
def test_a_key_that_the_server_repeats_is_not_shown(status: int) -> None:
    error = refused(status, {"message": f"Bad key {KEY.reveal()}", "code": "1"})
    assert KEY.reveal() not in f"{error.what} {error.why} {error.hint}"


def test_an_html_page_is_named_but_not_shown() -> None:
    error = refused(502, HTML)
    assert error.why == "HTTP status 502, an HTML page, perhaps of a proxy"
    assert "Gateway" not in error.what


def test_the_number_of_the_request_is_told_when_the_server_failed() -> None:
    assert refused(500, headers={"Mistral-Correlation-Id": "abc"}).why == "HTTP status 500, request abc"


def test_an_error_that_came_as_an_answer_is_told_with_the_status_it_came_with() -> None:
    assert refusal_in_answer({"error": {"message": "Oops"}}).why == "HTTP status 200"


def test_a_redirect_is_told_and_not_an_answer() -> None:
    error = refused(307, headers={"Location": "https://elsewhere/"})
    assert isinstance(error, ProtocolError)
    assert error.what == "the server redirects to https://elsewhere/"


def test_text_of_several_lines_is_told_in_one() -> None:
    assert refused(400, "Bad\r\n\tthings\n").what == "the request is not accepted: Bad things"


def test_a_long_text_is_cut() -> None:
    assert len(refused(400, "x" * 100_000).what) < 500


LIMITS = {
    "x-ratelimit-limit-req-minute": "60",
    "x-ratelimit-remaining-req-minute": "10",
    "x-ratelimit-limit-tokens-minute": "500000",
    "x-ratelimit-remaining-tokens-minute": "900",
    "x-ratelimit-tokens-query-cost": "1000",
}


@pytest.mark.parametrize(
    ("headers", "why", "hint"),
    [
        (LIMITS, "the limit of 500,000 tokens a minute is used up", "try again in a minute"),
        (
            LIMITS | {"X-RateLimit-Remaining-Req-Minute": "0", "Retry-After": "17"},
            "the limit of 60 requests a minute is used up",
            "try again in 17 s",
        ),
        (
            {"x-ratelimit-remaining-tokens-month": "0", "x-ratelimit-reset": "86400"},
            "the limit of tokens a month is used up",
            "try again in 24 hours",
        ),
        ({"retry-after": "300"}, "Slow down", "try again in 5 minutes"),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, "Slow down", "try again"),
        (
            {"x-ratelimit-remaining-req-minute": "some"},
            "Slow down",
            "wait a while, or see your limits at https://admin.mistral.ai",
        ),
    ],
)
def test_a_rate_limit_says_which_one_and_until_when(headers: dict[str, str], why: str, hint: str) -> None:
    lower = {name.lower(): value for name, value in headers.items()}
    error = refused(429, {"message": "Slow down"}, lower)
    assert (error.why, error.hint) == (why, hint)


def test_an_error_remembers_when_to_come_back() -> None:
    for status in (429, 503):
        error = refused(status, headers={"Retry-After": "7"})
        assert isinstance(error, RateLimited | ServerError)
        assert error.retry_after == 7


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "2"}, 2),
        ({"retry-after": " 2.5 "}, 2.5),
        ({"retry-after": "0"}, 0),
        ({"Retry-After-Ms": "1500", "Retry-After": "9"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9),
        ({"retry-after": "Sat, 21 Nov 2026 12:00:30 GMT"}, 30),
        ({"retry-after": "Sat, 21 Nov 2026 12:00:30 -0000"}, 30),
        ({"retry-after": "Sat, 21 Nov 2026 11:00:00 GMT"}, 0),
        *(({"retry-after": text}, None) for text in ("", "soon", "-1", "1e9", "nan", "inf", "٣", "1" * 400, "Sat, 99")),
    ],
)
def test_retry_after_is_read_in_every_form_and_garbage_is_ignored(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(headers, NOW) == seconds


@given(st.text(max_size=40))
def test_no_retry_after_raises(text: str) -> None:
    seconds = retry_after({"retry-after": text}, NOW)
    assert seconds is None or seconds >= 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["message", "error", "detail", "type", "code", "loc", "msg", "input", "status"]),
            inner,
            max_size=4,
        )
    ),
)


@given(st.sampled_from([400, 401, 402, 403, 404, 408, 418, 422, 429, 500, 599]), JSON)
def test_any_json_is_told_in_one_line(status: int, body: object) -> None:
    for error in (refused(status, body), refusal_in_answer(body)):
        assert error.what
        assert len(error.what) < 600
        assert "\n" not in error.what + error.why + error.hint


@given(st.binary(max_size=100))
def test_any_bytes_are_told_in_one_line(body: bytes) -> None:
    assert "\n" not in refused(400, body).what


def test_json_nested_very_deep_is_no_trouble() -> None:
    assert refused(400, b'{"message":' * 900 + b"1" + b"}" * 900).what == "the request is not accepted"
    deep: object = "x"
    for _ in range(5000):
        deep = {"message": deep}
    assert refusal_in_answer(deep).what == "the server failed"


@pytest.mark.parametrize(
    "data",
    [
        {"object": "error"},
        {"error": {"message": "x"}},
        {"error": "x", "choices": []},
        {"detail": "x"},
        {"message": "x"},
    ],
)
def test_errors_in_place_of_an_answer_are_recognised(data: dict[str, object]) -> None:
    assert is_error(data)


@pytest.mark.parametrize(
    "data", [{}, {"choices": [], "error": None}, {"object": "ping"}, {"choices": [], "detail": "x"}]
)
def test_pieces_of_an_answer_are_no_errors(data: dict[str, object]) -> None:
    assert not is_error(data)


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        ({"message": "x", "raw_status_code": 503}, ServerError, 503),
        ({"error": {"message": "x", "code": 429}}, RateLimited, 429),
        ({"message": "x", "code": "1300"}, RateLimited, 429),
        ({"message": "x", "code": "3505"}, RateLimited, 429),
        ({"message": "x", "type": "invalid_request_error"}, Rejected, 400),
        ({"message": "x", "type": "invalid_model"}, Rejected, 400),
        ({"message": "x"}, ServerError, 0),
        ("x", ServerError, 0),
    ],
)
def test_an_error_in_an_answer_has_the_class_and_status_it_would_have_had(
    data: object, kind: type[ApiError], status: int
) -> None:
    error = refusal_in_answer(data)
    assert (type(error), error.status) == (kind, status)
