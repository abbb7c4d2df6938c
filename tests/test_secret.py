"""A key is never shown, whatever is done to it, and one that could not be sent is refused without being told."""

from __future__ import annotations

import copy
import pickle
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_chat.errors import AuthError
from mistral_chat.secret import Secret

KEY = "sk-0123456789abcdefghijklmnop"


@pytest.mark.parametrize("shown", [str(Secret(KEY)), repr(Secret(KEY)), f"{Secret(KEY)}", repr([Secret(KEY)])])
def test_a_secret_shows_stars(shown: str) -> None:
    assert shown.strip("[]") == "***"


def test_a_secret_gives_its_key_when_it_is_asked_for() -> None:
    assert Secret(KEY).reveal() == KEY


def test_blanks_and_line_ends_around_a_key_are_taken_off() -> None:
    assert Secret(f" \t{KEY}\r\n").reveal() == KEY


@pytest.mark.parametrize(
    ("key", "place"),
    [("abc def", 4), ("abc\ndef", 4), ("é", 1), ("  abc\x00", 4), ("abc\x7f", 4), ("ab\u200bc", 3), ("“abc”", 1)],
)
def test_a_character_that_cannot_be_sent_is_named_by_its_place(key: str, place: int) -> None:
    with pytest.raises(AuthError) as refused:
        Secret(key)
    assert refused.value.what == f"the API key has an invalid character at {place}"


@pytest.mark.parametrize("key", ["", "  ", "\n"])
def test_an_empty_key_is_refused_with_the_place_it_came_from(key: str) -> None:
    with pytest.raises(AuthError, match="is empty") as refused:
        Secret(key, "the variable MISTRAL_API_KEY")
    assert refused.value.why == "the variable MISTRAL_API_KEY"


@given(st.text(min_size=1))
def test_a_key_that_is_taken_can_stand_in_a_header(key: str) -> None:
    try:
        secret = Secret(key)
    except AuthError:
        return
    assert all("!" <= char <= "~" for char in secret.reveal())


def test_a_refused_key_is_not_in_the_error() -> None:
    with pytest.raises(AuthError) as refused:
        Secret(f"{KEY} {KEY}", "somewhere")
    error = refused.value
    assert KEY not in f"{error!r} {error.what} {error.why} {error.hint}"
    assert KEY not in "".join(traceback.format_exception(error))


def test_the_end_of_a_long_key_is_told() -> None:
    assert Secret(KEY).last4 == "mnop"


def test_the_end_of_a_short_key_is_not_told() -> None:
    assert Secret("short-key").last4 == "****"


def test_a_secret_is_not_pickled() -> None:
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Secret(KEY))


def test_a_secret_is_not_copied() -> None:
    with pytest.raises(TypeError, match="not pickled"):
        copy.deepcopy(Secret(KEY))


def test_a_secret_has_no_dictionary_to_look_into() -> None:
    assert not hasattr(Secret(KEY), "__dict__")
