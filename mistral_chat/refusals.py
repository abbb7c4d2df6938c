"""A refusal of the server (status, headers, body in any of its forms) told as an error with sentence, cause and hint.

The forms are those of https://docs.mistral.ai/resources/error-glossary and those that gateways and local servers use:
`{"message": ...}`, `{"detail": ...}`, `{"error": ...}`, each with a text, an object or a list in it, or no JSON at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from mistral_chat.errors import ApiError, AuthError, ProtocolError, RateLimited, Rejected, ServerError
from mistral_chat.secret import Secret

UNKNOWN_MODEL = "1500"
"""`ApiError.code` whenever the model is not known; the API's own code for it."""
CONTEXT_TOO_LONG = "context_too_long"
"""`ApiError.code` whenever the conversation is longer than the model can read."""
MAX_BODY = 64 * 1024
"""How many bytes of an error body are worth reading."""

_ORDER = "3230"
_RATE = "1300"
_CAPACITY = "3505"
_LONGEST_SENTENCE = 400
_LONGEST_WORD = 100
_DEEPEST = 8
_LOGIN = "set MISTRAL_API_KEY, or run: mistral-chat --login"
_STATUS_PAGE = "try again later; https://status.mistral.ai tells of outages"

_TOO_LONG = re.compile(
    "context too long|maximum context length|input too large|prompt is too long|model_context_exceeded"
    "|prompt_too_long|context_length_exceeded|too large for model with .* maximum context",
    re.IGNORECASE,
)
_GUARDRAIL = re.compile("guardrail|moderation", re.IGNORECASE)
_NO_MODEL = re.compile(r"invalid.model|model\b.*\b(not found|does not exist|not exist)|unknown model", re.IGNORECASE)
_LIMIT = re.compile(r"x-ratelimit-remaining-(req|tokens)-(second|minute|hour|day|month)$")
_BOUNDS = (
    ("Input should be less than or equal to ", "must be ≤ "),
    ("Input should be greater than or equal to ", "must be ≥ "),
    ("Input should be less than ", "must be < "),
    ("Input should be greater than ", "must be > "),
    ("Input should be ", "must be "),
    ("Extra inputs are not permitted", "is not known to this server"),
    ("Field required", "is missing"),
)


@dataclass(frozen=True, slots=True)
class _Complaint:
    """What an error body says, whatever its form."""

    text: str
    type: str
    code: str
    guardrail: bool = False
    page: bool = False

    def told(self, before: str) -> str:
        return f"{before}: {self.text}" if self.text else before


def refusal(
    status: int, headers: Mapping[str, str], body: bytes, *, key: Secret | None = None, now: float = 0.0
) -> ApiError | ProtocolError:
    """The error that an HTTP answer other than 200 stands for; `now` is in seconds since 1970."""
    headers = {name.lower(): value for name, value in headers.items()}
    if key is not None:
        body = body.replace(key.reveal().encode(), b"***")
    if 300 <= status < 400:
        target = _sentence(headers.get("location", ""))
        what = f"the server redirects to {target}" if target else "the server redirects"
        return ProtocolError(
            what, "redirects are not followed, so that the key stays here", "set base_url to the place"
        )
    return _error(status, _of_body(body), headers, key, now)


def is_error(data: Mapping[str, object]) -> bool:
    """Whether an object that came in place of an answer, or of a piece of one, is one of the forms of an error."""
    if data.get("error") or data.get("object") == "error":
        return True
    return "choices" not in data and bool(data.get("detail") or data.get("message"))


def refusal_in_answer(data: object) -> ApiError:
    """The error that stands in the place of an answer, or in the middle of one, although the status was 200."""
    complaint = _complaint(data)
    return _error(_status_of(data, complaint), complaint, {}, None, 0.0)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds from now (seconds since 1970) until the server wants to be asked again; None when it does not say.

    Read are `retry-after-ms`, and `Retry-After` as seconds or as a date (RFC 9110, section 10.2.3). A date that has
    passed gives 0; what is neither is ignored.
    """
    headers = {name.lower(): value for name, value in headers.items()}
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after", "")
    seconds = _number(text)
    if seconds is not None:
        return seconds
    from datetime import UTC
    from email.utils import parsedate_to_datetime

    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now)


def _error(status: int, complaint: _Complaint, headers: Mapping[str, str], key: Secret | None, now: float) -> ApiError:
    text, code = complaint.text, complaint.code
    trace = _trace(status, headers, complaint)
    match status:
        case _ if _TOO_LONG.search(f"{text} {complaint.type} {code}"):
            what = "the conversation is too long for the model"
            hint = "begin a new conversation, or choose a model with a longer context"
            if "max_tokens" in text:
                what = "the conversation and max_tokens together are too long for the model"
                hint = "lower max_tokens, or choose a model with a longer context"
            return Rejected(what, text, hint, status=status, code=CONTEXT_TOO_LONG)
        case _ if code == _CAPACITY or (status in (429, 503) and "capacity" in text.lower()):
            what, hint = "the model has no capacity free just now", "try again later, or choose another model"
            return _limited(what, text, hint, status, code, retry_after(headers, now))
        case 401:
            return _not_accepted(complaint, key)
        case 402:
            what, hint = "the account has no payment method or no credit", "see https://admin.mistral.ai, Billing"
            return _limited(what, text, hint, status, code, None)
        case 403 if complaint.guardrail:
            hint = "say it in other words, or change the guardrails of the workspace"
            return Rejected("a guardrail has blocked the request", text, hint, status=status, code=code)
        case 403:
            hint = "choose another model, or see your plan at https://admin.mistral.ai"
            return AuthError("the key may not do this", text or trace, hint, status=status, code=code)
        case 429:
            wait = retry_after(headers, now)
            limit, period = _used_up(headers)
            why = limit or text or "too many requests"
            return _limited("a rate limit is reached", why, _until(headers, wait, period), status, code, wait)
        case 404 | 400 | 422 if code == UNKNOWN_MODEL or _NO_MODEL.search(f"{text} {complaint.type}"):
            hint = "see the models with /models or --models"
            return Rejected("the model is not known", text, hint, status=status, code=UNKNOWN_MODEL)
        case 404:
            return Rejected("there is no such address", text or trace, "check base_url", status=404, code=code)
        case 413:
            return Rejected("the request is too large", text, "attach or send less", status=status, code=code)
        case _ if status in (0, 408, 409, 425) or status >= 500:
            failed = ServerError(complaint.told("the server failed"), trace, _STATUS_PAGE, status=status, code=code)
            failed.retry_after = retry_after(headers, now)
            return failed
        case _ if code == _ORDER or complaint.type == "invalid_request_message_order":
            what, hint = "the order of the messages is not accepted", "look at them with /request or --dry-run"
            return Rejected(what, text, hint, status=status, code=code)
    hint = "change the setting it names, or look at /request or --dry-run"
    return Rejected(complaint.told("the request is not accepted"), trace, hint, status=status, code=code)


def _not_accepted(complaint: _Complaint, key: Secret | None) -> AuthError:
    if key is None:
        return AuthError("the server wants an API key", complaint.text, _LOGIN, status=401, code=complaint.code)
    origin = f"it came from {key.origin}" if key.origin else "the server does not know it"
    why = f"{origin} and ends in {key.last4}"
    return AuthError("the API key is not accepted", why, _LOGIN, status=401, code=complaint.code)


def _limited(what: str, why: str, hint: str, status: int, code: str, wait: float | None) -> RateLimited:
    error = RateLimited(what, why, hint, status=status, code=code)
    error.retry_after = wait
    return error


def _used_up(headers: Mapping[str, str]) -> tuple[str, str]:
    """Which limit is used up by the x-ratelimit headers, and its period; two times "" when they do not say."""
    for name, value in headers.items():
        if not (match := _LIMIT.match(name)) or (remaining := _number(value)) is None:
            continue
        kind, period = match.groups()
        needed = (_number(headers.get("x-ratelimit-tokens-query-cost")) or 1) if kind == "tokens" else 1
        if remaining >= needed:
            continue
        unit = "requests" if kind == "req" else "tokens"
        limit = _number(headers.get(f"x-ratelimit-limit-{kind}-{period}"))
        told = f"the limit of {limit:,.0f} {unit}" if limit is not None else f"the limit of {unit}"
        return f"{told} a {period} is used up", period
    return "", ""


def _until(headers: Mapping[str, str], wait: float | None, period: str) -> str:
    resets = (_number(value) for name, value in headers.items() if re.match("(x-)?ratelimit.*-reset", name))
    seconds = wait if wait is not None else next((reset for reset in resets if reset is not None), None)
    if seconds is not None:
        return f"try again in {_duration(seconds)}" if seconds else "try again"
    return f"try again in a {period}" if period else "wait a while, or see your limits at https://admin.mistral.ai"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{ceil(seconds)} s"
    return f"{ceil(seconds / 60)} minutes" if seconds < 7200 else f"{ceil(seconds / 3600)} hours"


def _trace(status: int, headers: Mapping[str, str], complaint: _Complaint) -> str:
    """What is known beside the message: status, and the id by which the server's people find the request."""
    names = ("mistral-correlation-id", "x-kong-request-id", "x-request-id")
    number = next((headers[name] for name in names if headers.get(name)), "")
    told = (
        f"HTTP status {status or 200}",  # an error in the place of an answer, or in one, may name none itself
        "an HTML page, perhaps of a proxy" if complaint.page else "",
        f"request {number}" if number else "",
    )
    return ", ".join(filter(None, told))


def _status_of(data: object, complaint: _Complaint) -> int:
    """The HTTP status that an error in an answer names, or would have had; 0 when it cannot be told."""
    told = (str(value) for key in ("raw_status_code", "status", "status_code", "code") for value in _values(data, key))
    number = next((int(text) for text in told if re.fullmatch("[45][0-9][0-9]", text)), 0)
    if number:
        return number
    if complaint.code in (_RATE, _CAPACITY) or "rate_limit" in complaint.type:
        return 429
    return 400 if complaint.type.startswith("invalid_") else 0


def _of_body(body: bytes) -> _Complaint:
    """What the body says as JSON or as text; of an HTML page only that it is one."""
    text = body[:MAX_BODY].decode(errors="replace").strip()
    if text.startswith("<"):
        return _Complaint("", "", "", page=True)
    try:
        return _complaint(json.loads(text))
    except (ValueError, RecursionError):
        return _complaint(text)


def _complaint(data: object) -> _Complaint:
    text, kind, code = _sentence(data), _first(data, "type"), _first(data, "code")
    keys = " ".join(data) if isinstance(data, dict) else ""
    return _Complaint(text, kind, code, bool(_GUARDRAIL.search(f"{text} {kind} {keys}")))


def _first(data: object, key: str) -> str:
    """The first word or number there is under the key."""
    values = (str(value) for value in _values(data, key) if isinstance(value, str | int))
    return next(values, "")[:_LONGEST_WORD]


def _values(data: object, key: str) -> Iterator[object]:
    """The values of the key, from the outermost object inwards."""
    while isinstance(data, dict):
        if data.get(key) is not None:
            yield data[key]
        data = data.get("error") or data.get("message") or data.get("detail")


def _sentence(data: Any, depth: int = 0) -> str:
    """The text in an error body: one line, cut when it is very long."""
    match data:
        case str():
            line = " ".join(data.split())
            return line if len(line) <= _LONGEST_SENTENCE else line[:_LONGEST_SENTENCE] + "…"
        case {"loc": list(place), "msg": str(message)}:
            sent = None if data.get("type") == "missing" else data.get("input")
            return _field_sentence(place, message, sent)
        case list() if depth < _DEEPEST:
            return _sentence("; ".join(filter(None, (_sentence(item, depth + 1) for item in data[:5]))))
        case dict() if depth < _DEEPEST:
            parts = (_sentence(data.get(key), depth + 1) for key in ("message", "error", "detail", "msg"))
            return next(filter(None, parts), "")
    return ""


def _field_sentence(place: list[Any], message: str, sent: object) -> str:
    """`temperature: must be ≤ 1.5 (you sent 2)`, from an item of pydantic's list."""
    name = ".".join(str(step) for step in place if step != "body")
    for theirs, ours in _BOUNDS:
        message = message.replace(theirs, ours)
    if isinstance(sent, str | int | float):
        written = f"{sent:g}" if isinstance(sent, float) else json.dumps(sent, ensure_ascii=False)
        message += f" (you sent {written if len(written) <= 60 else written[:60] + '…'})"
    return _sentence(f"{name}: {message}" if name else message)


def _number(text: str | None) -> float | None:
    """A number ≥ 0 in digits; None for anything else, also for nan and infinity."""
    return float(text) if text and re.fullmatch(r"\s*[0-9]{1,12}(\.[0-9]+)?\s*", text, re.ASCII) else None
