"""An answer in the forms of the API: one whole body, or the chunks of a stream, cut by `stop` and `max_tokens`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from mistral_chat.demo.cards import card_of
from mistral_chat.demo.says import Answer, answer, prefix_of
from mistral_chat.demo.tokens import pieces, prompt_tokens
from mistral_chat.message import Json

_GLUE = " … so begins this answer, as your `prefix` wished.\n\n"


@dataclass(frozen=True, slots=True)
class Reply:
    """One choice: `prefix` is what the answer had to begin with, `thought` and `said` are tokens."""

    index: int
    prefix: str
    thought: tuple[str, ...]
    said: tuple[str, ...]
    calls: tuple[Json, ...]
    finish_reason: str

    @property
    def tokens(self) -> int:
        calls = (call["function"]["name"] + call["function"]["arguments"] for call in self.calls)
        return len(self.thought) + len(self.said) + sum(len(pieces(call)) for call in calls)

    def choice(self) -> Json:
        text = self.prefix + "".join(self.said)
        message: Json = {"role": "assistant", "content": text, "tool_calls": list(self.calls) or None}
        if self.thought:
            message["content"] = [_thinking("".join(self.thought), closed=True), {"type": "text", "text": text}]
        return {"index": self.index, "message": message, "finish_reason": self.finish_reason}

    def deltas(self) -> Iterator[Json]:
        """The deltas of a stream but for the last, which tells the finish reason."""
        yield {"role": "assistant", "content": ""}
        for token in self.thought:
            yield {"content": [_thinking(token, closed=False)]}
        texts = [*filter(None, [self.prefix]), *self.said]
        if self.thought and texts:
            yield {"content": [_thinking("", closed=True), {"type": "text", "text": texts.pop(0)}]}
        for text in texts:
            yield {"content": text}
        if self.calls:
            yield {"content": "", "tool_calls": list(self.calls)}


@dataclass(frozen=True, slots=True)
class Completion:
    """All choices of one request; `id` and `created` (Unix time in seconds) are those of the response."""

    body: Json
    replies: tuple[Reply, ...]
    id: str
    created: int

    @property
    def tokens(self) -> int:
        return sum(reply.tokens for reply in self.replies)

    def usage(self) -> Json:
        prompt = prompt_tokens(self.body)
        return {
            "prompt_tokens": prompt,
            "completion_tokens": self.tokens,
            "total_tokens": prompt + self.tokens,
            "prompt_tokens_details": {"cached_tokens": 0},
        }

    def whole(self) -> Json:
        return self._head("chat.completion") | {
            "usage": self.usage(),
            "choices": [reply.choice() for reply in self.replies],
        }

    def chunks(self) -> Iterator[Json]:
        """The chunks of a stream; the choices take turns, and the usage is in the last chunk."""
        head = self._head("chat.completion.chunk")
        for deltas in zip_longest(*(reply.deltas() for reply in self.replies)):
            for reply, delta in zip(self.replies, deltas, strict=True):
                if delta is not None:
                    yield head | {"choices": [{"index": reply.index, "delta": delta, "finish_reason": None}]}
        for reply in self.replies:
            end = {"index": reply.index, "delta": {"content": ""}, "finish_reason": reply.finish_reason}
            yield head | {"choices": [end]} | ({"usage": self.usage()} if reply is self.replies[-1] else {})

    def _head(self, kind: str) -> Json:
        """The model is told by its own name, not by the alias it was asked by."""
        card = card_of(self.body["model"])
        return {"id": self.id, "object": kind, "created": self.created, "model": card.id if card else ""}


def replies(body: Json) -> tuple[tuple[Answer, ...], tuple[Reply, ...]]:
    """What is answered to an acceptable request, before and after prefix, stop and max_tokens have had their say."""
    answers = tuple(answer(body, index) for index in range(body.get("n") or 1))
    return answers, tuple(_reply(body, index, said) for index, said in enumerate(answers))


def _reply(body: Json, index: int, said: Answer) -> Reply:
    prefix = prefix_of(body)
    text = said.text.removeprefix(prefix)
    if prefix and text == said.text and not body.get("response_format"):
        text = _GLUE + text
    if said.stops:
        text = text[: _stop(body, text)]
    tokens, thought = pieces(text), pieces(said.thought)
    reason = "tool_calls" if said.calls else "stop"
    room = body.get("max_tokens")
    if room is not None and room < len(thought) + len(tokens):
        reason = "length"
        tokens, thought = tokens[: max(0, room - len(thought))], thought[:room]
    return Reply(index, prefix, tuple(thought), tuple(tokens), said.calls, reason)


def _stop(body: Json, text: str) -> int:
    """Where the first of the stop texts begins, or the end of the text."""
    stop = body.get("stop") or []
    places = [text.find(word) for word in ([stop] if isinstance(stop, str) else stop) if word]
    return min((place for place in places if place >= 0), default=len(text))


def _thinking(text: str, *, closed: bool) -> Json:
    return {"type": "thinking", "thinking": [{"type": "text", "text": text}] if text else [], "closed": closed}
