"""What a server says of its models, read leniently; one value for each model, whatever number of names it has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mistral_chat.message import text_at

_NEAR = 5


@dataclass(frozen=True, slots=True)
class Model:
    """A model for chat. `aliases` are its other names; `deprecation` is a date in ISO 8601, "" when there is none.

    `context` is how many tokens prompt and answer may have together; None, as for the temperature, when not told.
    """

    id: str
    aliases: tuple[str, ...] = ()
    name: str = ""
    description: str = ""
    context: int | None = None
    capabilities: frozenset[str] = frozenset()
    deprecation: str = ""
    replacement: str = ""
    default_temperature: float | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.id, *self.aliases)

    @property
    def window(self) -> str:
        """The context in thousands of tokens, as it is shown; "" when it is not told."""
        return f"{self.context // 1000}k" if self.context else ""

    @property
    def talents(self) -> tuple[str, ...]:
        """What it can do beside chatting that one would choose it for."""
        return tuple(name for name in ("reasoning", "vision", "audio") if name in self.capabilities)

    @property
    def reasoning(self) -> bool:
        return "reasoning" in self.capabilities

    def lacks(self, capability: str) -> bool:
        """Whether it is known not to have a capability; a card that does not tell what the model can do lacks none."""
        return len(self.capabilities) > 1 and capability not in self.capabilities

    def to_json(self) -> dict[str, Any]:
        """The card as the API writes it; `read` takes it back."""
        return {
            "id": self.id,
            "aliases": list(self.aliases),
            "name": self.name,
            "description": self.description,
            "max_context_length": self.context,
            "capabilities": dict.fromkeys(sorted(self.capabilities), True),
            "deprecation": self.deprecation or None,
            "deprecation_replacement_model": self.replacement or None,
            "default_model_temperature": self.default_temperature,
        }


def read(listing: object) -> list[Model]:
    """The chat models in an answer to GET /v1/models, in its order.

    The API gives each alias and each dated name a row of its own; rows that name each other are one model, and its id
    is that of the row whose `name` is its id, otherwise that of the first row. A card that does not tell what it can
    do, as on local servers, is taken for a chat model; what is no card is left out.
    """
    rows = listing.get("data") if isinstance(listing, dict) else listing
    cards = [card for row in (rows if isinstance(rows, list) else ()) if (card := _card(row)) is not None]
    return [_joined(group) for group in _groups(cards)]


def find(name: str, models: Iterable[Model]) -> Model | None:
    """The model of that id or alias."""
    return next((model for model in models if name in model.names), None)


def near(name: str, models: Iterable[Model]) -> list[str]:
    """Up to five names that look like this one, the nearest first."""
    from difflib import get_close_matches  # here, since it is only needed after a slip

    names = {known.lower(): known for model in models for known in model.names}
    wanted = name.lower()
    alike = get_close_matches(wanted, names, n=_NEAR, cutoff=0.6)
    holding = sorted(known for known in names if wanted and (wanted in known or known in wanted))
    return [names[known] for known in dict.fromkeys([*alike, *holding])][:_NEAR]


def _card(row: object) -> Model | None:
    if not isinstance(row, dict) or not (model_id := text_at(row, "id")):
        return None
    capabilities = row.get("capabilities")
    abilities = {"completion_chat"}
    if isinstance(capabilities, dict) and "completion_chat" in capabilities:
        abilities = {str(name) for name, can in capabilities.items() if can is True}
    if "completion_chat" not in abilities:
        return None
    aliases, context, temperature = (
        row.get(key) for key in ("aliases", "max_context_length", "default_model_temperature")
    )
    return Model(
        model_id,
        tuple(alias for alias in aliases if isinstance(alias, str)) if isinstance(aliases, list) else (),
        text_at(row, "name") or "",
        text_at(row, "description") or "",
        context if isinstance(context, int) else None,
        frozenset(abilities),
        text_at(row, "deprecation") or "",
        text_at(row, "deprecation_replacement_model") or "",
        float(temperature) if isinstance(temperature, int | float) else None,
    )


def _groups(cards: Iterable[Model]) -> list[list[Model]]:
    """The cards, those that share a name together."""
    groups: list[list[Model]] = []
    for card in cards:
        names = set(card.names)
        same = [group for group in groups if any(names & set(other.names) for other in group)]
        if not same:
            groups.append([card])
            continue
        first, *others = same
        for other in others:
            first += other
            groups.remove(other)
        first.append(card)
    return groups


def _joined(group: Sequence[Model]) -> Model:
    main = next((card for card in group if card.id == card.name), group[0])
    names = dict.fromkeys(name for card in group for name in card.names)
    return replace(main, aliases=tuple(name for name in names if name != main.id))
