"""The models of the demonstration, as GET /v1/models lists them: each alias is a row of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mistral_chat.message import Json

_CREATED = 1_764_000_000
_K = 1024
_CAPABILITIES = (
    "completion_chat",
    "function_calling",
    "reasoning",
    "completion_fim",
    "fine_tuning",
    "vision",
    "ocr",
    "classification",
    "moderation",
    "audio",
    "audio_transcription",
)


@dataclass(frozen=True, slots=True)
class Card:
    """One model: `context` is in tokens, `can` names its capabilities."""

    id: str
    aliases: tuple[str, ...]
    description: str
    context: int
    can: frozenset[str]
    temperature: float | None = 0.3
    deprecation: str | None = None
    replacement: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.id, *self.aliases)

    def rows(self) -> Iterator[Json]:
        for name in self.names:
            yield {
                "id": name,
                "object": "model",
                "created": _CREATED,
                "owned_by": "mistralai",
                "capabilities": {capability: capability in self.can for capability in _CAPABILITIES},
                "name": self.id,
                "description": self.description,
                "max_context_length": self.context,
                "aliases": [other for other in self.names if other != name],
                "deprecation": self.deprecation,
                "deprecation_replacement_model": self.replacement,
                "default_model_temperature": self.temperature,
                "type": "base",
            }


_CHAT = frozenset({"completion_chat", "function_calling"})

_CARDS = (
    Card(
        "mistral-medium-3-5",
        ("mistral-medium-latest", "mistral-medium", "mistral-medium-3.5"),
        "Frontier-class multimodal model with adjustable reasoning (offline demonstration)",
        256 * _K,
        _CHAT | {"vision", "reasoning"},
    ),
    Card(
        "mistral-small-2603",
        ("mistral-small-latest",),
        "Small multimodal model with adjustable reasoning (offline demonstration)",
        256 * _K,
        _CHAT | {"vision", "reasoning"},
    ),
    Card(
        "mistral-large-2512",
        ("mistral-large-latest",),
        "Large multimodal model for general purposes (offline demonstration)",
        256 * _K,
        _CHAT | {"vision"},
    ),
    Card(
        "ministral-8b-2512",
        ("ministral-8b-latest",),
        "Model for the edge (offline demonstration)",
        256 * _K,
        _CHAT | {"vision"},
    ),
    Card(
        "codestral-2508",
        ("codestral-latest",),
        "Model for code (offline demonstration)",
        128 * _K,
        _CHAT | {"completion_fim"},
    ),
    Card(
        "magistral-medium-2509",
        ("magistral-medium-latest",),
        "Reasoning model, deprecated (offline demonstration)",
        128 * _K,
        _CHAT | {"vision", "reasoning"},
        temperature=0.7,
        deprecation="2026-12-31T12:00:00Z",
        replacement="mistral-medium-3-5",
    ),
    Card(
        "mistral-embed",
        ("mistral-embed-2312",),
        "Embeddings; does not chat (offline demonstration)",
        8 * _K,
        frozenset(),
        temperature=None,
    ),
)


def card_of(name: object) -> Card | None:
    """The chat model of this id or alias."""
    return next((card for card in _CARDS if name in card.names and "completion_chat" in card.can), None)


def model_list() -> Json:
    """The body of GET /v1/models."""
    return {"object": "list", "data": [row for card in _CARDS for row in card.rows()]}
