"""The list of models: read leniently, one for each model, chat models only."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_chat.models import Model, find, near, read


def row(model_id: str, *aliases: str, chat: bool = True, **more: object) -> dict[str, Any]:
    return {"id": model_id, "aliases": list(aliases), "capabilities": {"completion_chat": chat}, **more}


def test_a_card_is_read() -> None:
    card = {
        "id": "mistral-medium-latest",
        "object": "model",
        "capabilities": {"completion_chat": True, "vision": True, "reasoning": True, "ocr": False},
        "name": "mistral-medium-2512",
        "description": "The middle one",
        "max_context_length": 262_144,
        "aliases": ["mistral-medium-2512"],
        "deprecation": "2027-01-01T00:00:00Z",
        "deprecation_replacement_model": "mistral-medium-3-5",
        "default_model_temperature": 0.7,
        "of_tomorrow": 1,
    }
    (model,) = read({"object": "list", "data": [card]})
    assert model == Model(
        "mistral-medium-latest",
        ("mistral-medium-2512",),
        "mistral-medium-2512",
        "The middle one",
        262_144,
        frozenset({"completion_chat", "vision", "reasoning"}),
        "2027-01-01T00:00:00Z",
        "mistral-medium-3-5",
        0.7,
    )
    assert model.talents == ("reasoning", "vision")
    assert model.reasoning


def test_a_card_of_a_local_server_that_tells_only_its_id_is_a_chat_model() -> None:
    assert read([{"id": "llama"}]) == [Model("llama", capabilities=frozenset({"completion_chat"}))]


def test_a_model_lacks_what_its_card_does_not_tell_of_if_it_tells_anything() -> None:
    sees = Model("a", capabilities=frozenset({"completion_chat", "vision"}))
    assert [sees.lacks(name) for name in ("vision", "audio")] == [False, True]
    assert not Model("llama", capabilities=frozenset({"completion_chat"})).lacks("vision")


def test_models_that_do_not_chat_are_left_out() -> None:
    assert [model.id for model in read({"data": [row("a"), row("b", chat=False)]})] == ["a"]


def test_rows_that_name_each_other_are_one_model() -> None:
    rows = [row("a-latest", "a-2512"), row("b"), row("a-2512", "a-latest"), row("a", "a-latest")]
    assert [model.names for model in read({"data": rows})] == [("a-latest", "a-2512", "a"), ("b",)]


def test_a_late_row_may_join_two_earlier_ones() -> None:
    assert [model.names for model in read([row("a"), row("x"), row("b"), row("c", "a", "b")])] == [
        ("a", "b", "c"),
        ("x",),
    ]


def test_the_row_whose_name_is_its_id_gives_the_id() -> None:
    rows = [row("a-latest", "a-2512", name="a-2512"), row("a-2512", "a-latest", name="a-2512")]
    assert [model.names for model in read(rows)] == [("a-2512", "a-latest")]


def test_a_name_that_is_listed_twice_is_one_model() -> None:
    assert len(read([row("a"), row("a")])) == 1


@pytest.mark.parametrize("listing", [None, [], {}, {"data": None}, {"data": [None, 1, {}, {"id": 1}, {"id": ""}]}])
def test_what_is_no_list_of_cards_gives_no_models(listing: object) -> None:
    assert read(listing) == []


VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=3)
    | st.lists(st.text(max_size=3) | st.none(), max_size=3)
)
CARDS = st.fixed_dictionaries(
    {"id": st.text("ab", min_size=1, max_size=2)},
    optional={
        "aliases": VALUES | st.lists(st.text("ab", min_size=1, max_size=2), max_size=3),
        "capabilities": VALUES | st.dictionaries(st.sampled_from(["completion_chat", "vision"]), VALUES),
        "name": VALUES,
        "max_context_length": VALUES,
        "default_model_temperature": VALUES,
        "deprecation": VALUES,
    },
)


@given(st.lists(CARDS, max_size=6))
def test_every_name_belongs_to_one_model(cards: list[dict[str, object]]) -> None:
    names = [name for model in read(cards) for name in model.names]
    assert len(names) == len(set(names))


@given(st.lists(CARDS, max_size=6))
def test_what_is_written_is_read_back(cards: list[dict[str, object]]) -> None:
    models = read(cards)
    assert read([model.to_json() for model in models]) == models


MODELS = [
    Model("mistral-medium-latest", ("mistral-medium-2512",)),
    Model("mistral-small-latest"),
    Model("codestral-latest"),
    Model("Ministral-8B"),
]


def test_a_model_is_found_by_each_of_its_names() -> None:
    assert find("mistral-medium-2512", MODELS) is MODELS[0]
    assert find("mistral-medium-latest", MODELS) is MODELS[0]
    assert find("mistral", MODELS) is None


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("mistral-medum-latest", "mistral-medium-latest"),
        ("MISTRAL-SMALL", "mistral-small-latest"),
        ("medium", "mistral-medium-2512"),
        ("ministral-8b", "Ministral-8B"),
        ("codestral-latest-x", "codestral-latest"),
    ],
)
def test_near_names_are_offered_the_nearest_first(name: str, nearest: str) -> None:
    assert near(name, MODELS)[0] == nearest


def test_at_most_five_near_names_are_offered_each_once() -> None:
    many = [Model(f"mistral-{number}") for number in range(20)]
    assert len(set(near("mistral-", many))) == len(near("mistral-", many)) == 5


@pytest.mark.parametrize("name", ["", "gpt-4", "zzz"])
def test_nothing_is_offered_for_a_name_that_is_like_none(name: str) -> None:
    assert near(name, MODELS) == []
