"""What tokens cost, as Mistral publishes it (https://docs.mistral.ai/models, read in August 2026)."""

from __future__ import annotations

from mistral_chat.events import Usage

CACHED = 0.1
"""The share of the price that tokens read from the prompt cache cost."""

DOLLARS_PER_MILLION = {
    "mistral-medium-3-5": (1.5, 7.5),
    "mistral-medium-3": (1.5, 7.5),
    "mistral-medium-latest": (1.5, 7.5),
    "mistral-small-2603": (0.15, 0.6),
    "mistral-small-latest": (0.15, 0.6),
    "mistral-large-2512": (0.5, 1.5),
    "mistral-large-latest": (0.5, 1.5),
    "ministral-14b-2512": (0.2, 0.2),
    "ministral-14b-latest": (0.2, 0.2),
    "ministral-8b-2512": (0.15, 0.15),
    "ministral-8b-latest": (0.15, 0.15),
    "ministral-3b-2512": (0.1, 0.1),
    "ministral-3b-latest": (0.1, 0.1),
    "codestral-2508": (0.3, 0.9),
    "codestral-latest": (0.3, 0.9),
}
"""Of prompt and of completion."""


def cost(model: str, usage: Usage) -> float | None:
    """Dollars, cached tokens at their lower price; None for a model without a known price."""
    prices = DOLLARS_PER_MILLION.get(model)
    if prices is None:
        return None
    prompt, completion = prices
    paid = usage.prompt - usage.cached + usage.cached * CACHED
    return (paid * prompt + usage.completion * completion) / 1_000_000
