"""The reply to a prefix: whatever the server repeats of it, prefix and continuation come out once."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mistral_chat.prefix import Echo
from tests.chunking import every_split

TEXTS = st.text("ab \n", max_size=8)
PREFIXES = st.text("ab \n", min_size=1, max_size=6)


def told(prefix: str, pieces: list[str], complete: bool = True) -> str:
    echo = Echo(prefix)
    return "".join(map(echo.feed, pieces)) + echo.finish(complete)


@pytest.mark.parametrize(
    ("prefix", "reply", "text"),
    [
        ("Dear Ann, ", "Dear Ann, hello", "Dear Ann, hello"),
        ("Dear Ann, ", "Dear Ann,hello", "Dear Ann, hello"),
        ("Dear Ann, ", "hello", "Dear Ann, hello"),
        ("Dear Ann, ", "Dear Bob", "Dear Ann, Dear Bob"),
        ("Dear Ann, ", "Dear", "Dear Ann, Dear"),
        ("Dear Ann, ", "Dear Ann", "Dear Ann, Dear Ann"),
        ("Dear Ann, ", "Dear Ann,", "Dear Ann, "),
        ("Dear Ann, ", "Dear Ann, ", "Dear Ann, "),
        ("Dear Ann, ", "", "Dear Ann, "),
        ("a \n ", "a \nb", "a \n b"),
        ("a \n ", "a\n b", "a \n \n b"),
        ("  ", "x", "  x"),
        ("  ", " x", "  x"),
        ("ha", "haha", "haha"),
        ("", "x", "x"),
    ],
)
def test_the_prefix_is_told_once_wherever_the_reply_is_cut(prefix: str, reply: str, text: str) -> None:
    for pieces in every_split(reply.encode()):
        assert told(prefix, [piece.decode() for piece in pieces]) == text, pieces


@given(PREFIXES, TEXTS, st.data())
def test_exact_stripped_and_left_out_give_the_same(prefix: str, continuation: str, data: st.DataObject) -> None:
    solid, blanks = prefix.rstrip(), prefix[len(prefix.rstrip()) :]
    stripped = solid + continuation
    assume(not continuation.startswith(blanks[:1]) or not blanks)
    assume(not continuation.startswith(solid) or not solid)
    assume(not (prefix + continuation).isspace())
    reply = data.draw(st.sampled_from([prefix + continuation, stripped, continuation]))
    assert told(prefix, data.draw(pieces_of(reply))) == prefix + continuation


@given(PREFIXES, TEXTS, st.data())
def test_what_comes_out_begins_with_the_prefix_and_is_the_same_for_every_cut(
    prefix: str, reply: str, data: st.DataObject
) -> None:
    text = told(prefix, data.draw(pieces_of(reply)))
    assert text.startswith(prefix)
    assert text == told(prefix, [reply])


@given(PREFIXES, st.data())
def test_a_reply_cut_while_it_repeats_the_prefix_gives_the_prefix_alone(prefix: str, data: st.DataObject) -> None:
    begun = prefix[: data.draw(st.integers(0, len(prefix)))]
    assert told(prefix, data.draw(pieces_of(begun)), complete=False) == prefix


def test_the_prefix_is_shown_with_the_first_piece_and_later_pieces_are_not_held_back() -> None:
    echo = Echo("Dear Ann, ")
    assert echo.feed("Dea") == "Dear Ann, "
    assert echo.feed("r Ann") == ""
    assert echo.feed(", hel") == "hel"
    assert echo.feed("lo") == "lo"


def pieces_of(text: str) -> st.SearchStrategy[list[str]]:
    places = st.lists(st.integers(0, len(text)), max_size=8).map(sorted)
    return places.map(lambda at: [text[a:b] for a, b in zip([0, *at], [*at, len(text)], strict=True)])
