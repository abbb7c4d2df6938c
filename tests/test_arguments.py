"""How words become values: what is taken, what is refused in which words, and showing as the inverse of reading."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_chat.arguments import (
    SHOWN,
    Choice,
    Kind,
    Number,
    Offer,
    Switch,
    Texts,
    Whole,
    nearest,
    quote,
    unquote,
)

TEMPERATURE = Number(low=0, high=1.5)
TOP_P = Number(low=0, high=1, above=True)
TOKENS = Whole(low=0)
OUTPUT = Choice(words=("auto", "markdown", "text"))


def refusal(kind: Kind, word: str) -> str:
    with pytest.raises(ValueError, match="must") as refused:
        kind.parse(word)
    return str(refused.value)


def refusal_of_value(kind: Kind, value: object) -> str:
    with pytest.raises(ValueError, match="must") as refused:
        kind.check(value)
    return str(refused.value)


@pytest.mark.parametrize(("word", "value"), [("0", 0), ("1.5", 1.5), (".3", 0.3), ("1e-1", 0.1), (" 1 ", 1)])
def test_a_number_is_read(word: str, value: float) -> None:
    assert TEMPERATURE.parse(word) == value


@pytest.mark.parametrize(
    ("kind", "word", "message"),
    [
        (TEMPERATURE, "9", "must be between 0 and 1.5 (is 9)"),
        (TEMPERATURE, "-0.1", "must be between 0 and 1.5 (is -0.1)"),
        (TEMPERATURE, "1.5000001", "must be between 0 and 1.5 (is 1.5000001)"),
        (TEMPERATURE, "warm", 'must be between 0 and 1.5 (is "warm")'),
        (TEMPERATURE, "nan", "must be between 0 and 1.5 (is nan)"),
        (TEMPERATURE, "inf", "must be between 0 and 1.5 (is inf)"),
        (TOP_P, "0", "must be above 0 and at most 1 (is 0)"),
        (TOP_P, "2", "must be above 0 and at most 1 (is 2)"),
        (TOKENS, "-1", "must be a whole number, 0 or more (is -1)"),
        (TOKENS, "1.5", 'must be a whole number, 0 or more (is "1.5")'),
        (TOKENS, "many", 'must be a whole number, 0 or more (is "many")'),
        (Switch(), "maybe", 'must be on or off (is "maybe")'),
        (OUTPUT, "pdf", 'must be auto, markdown or text (is "pdf")'),
        (OUTPUT, "Markdwon", 'must be auto, markdown or text (is "Markdwon", did you mean markdown?)'),
        (Texts(), "", "must not be an empty text"),
    ],
)
def test_a_refusal_tells_the_range_and_the_word(kind: Kind, word: str, message: str) -> None:
    assert refusal(kind, word) == message


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (Kind(), 5, "must be text (is 5)"),
        (TEMPERATURE, "0.3", 'must be between 0 and 1.5 (is "0.3")'),
        (TEMPERATURE, True, "must be between 0 and 1.5 (is True)"),
        (TOKENS, True, "must be a whole number, 0 or more (is True)"),
        (TOKENS, 5.0, "must be a whole number, 0 or more (is 5.0)"),
        (Switch(), "on", 'must be true or false (is "on")'),
        (Switch(), 1, "must be true or false (is 1)"),
        (OUTPUT, 1, "must be text (is 1)"),
        (Texts(), 1, "must be text or a list of texts (is 1)"),
        (Texts(), ["a", 1], "must be text or a list of texts (is ['a', 1])"),
        (Texts(), ["a", ""], "must not be an empty text"),
        (Texts(), list("abcde"), "must be at most 4 texts (is 5)"),
    ],
)
def test_a_value_of_a_wrong_type_is_refused(kind: Kind, value: object, message: str) -> None:
    assert refusal_of_value(kind, value) == message


def test_a_long_word_is_cut_in_a_refusal() -> None:
    assert len(refusal(TEMPERATURE, "x" * 1000)) < SHOWN + 40


def test_a_number_with_too_many_digits_is_refused_as_any_other() -> None:
    assert refusal(TOKENS, "9" * 5000).startswith("must be a whole number")


@given(st.floats(0, 1.5))
def test_a_number_shown_is_read_again_as_the_same(value: float) -> None:
    assert TEMPERATURE.parse(TEMPERATURE.show(value)) == value


@given(st.integers(0, 10**30))
def test_a_whole_number_shown_is_read_again_as_the_same(value: int) -> None:
    assert TOKENS.parse(TOKENS.show(value)) == value


@pytest.mark.parametrize("value", [True, False])
def test_a_switch_shown_is_read_again_as_the_same(value: bool) -> None:
    assert Switch().parse(Switch().show(value)) is value


@pytest.mark.parametrize(
    ("word", "value"), [("on", True), ("YES", True), ("1", True), ("off", False), ("False", False)]
)
def test_a_switch_understands_the_usual_words(word: str, value: bool) -> None:
    assert Switch().parse(word) is value


def test_a_typed_text_is_one_of_a_list() -> None:
    assert Texts().parse("a b") == ("a b",)


def test_a_single_text_in_a_file_is_a_list_of_one() -> None:
    assert Texts().check("END") == ("END",)


@given(st.text())
def test_a_text_shown_is_typed_again_as_the_same(text: str) -> None:
    assert unquote(Kind().show(text)) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Sure: ", '"Sure: "'),
        ("\nSure", r'"\nSure"'),
        ("a\tb", r'"a\tb"'),
        ('"so"', r'"\"so\""'),
        ("plain words", "plain words"),
        ("two\nlines", "two\nlines"),
    ],
)
def test_a_text_is_shown_in_quotes_where_its_blanks_could_not_be_seen(text: str, shown: str) -> None:
    assert Kind().show(text) == shown


def test_a_list_of_texts_is_shown_quoted() -> None:
    assert Texts().show(("\n\n", "a b")) == r'"\n\n" "a b"'


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Kind(), "text"),
        (TEMPERATURE, "between 0 and 1.5"),
        (TOP_P, "above 0 to 1"),
        (TOKENS, "0 or more"),
        (Switch(), "on or off"),
        (OUTPUT, "auto, markdown or text"),
        (Choice(words=("high", "none")), "high or none"),
        (Choice(words=("one",)), "one"),
        (Texts(), "up to 4 texts"),
    ],
)
def test_a_range_is_told_in_words(kind: Kind, words: str) -> None:
    assert kind.range == words


def test_words_known_beforehand_are_offered() -> None:
    assert OUTPUT.offers() == (Offer("auto"), Offer("markdown"), Offer("text"))
    assert [offer.word for offer in Switch().offers()] == ["on", "off"]
    assert TEMPERATURE.offers() == ()


@given(st.text())
def test_unquote_is_the_inverse_of_quote(text: str) -> None:
    assert unquote(quote(text)) == text


@given(st.text())
def test_a_quoted_text_has_no_line_end(text: str) -> None:
    assert not {"\n", "\r"} & set(quote(text))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (r'"\n\n"', "\n\n"),
        (r'"a\tb"', "a\tb"),
        ('"  kept  "', "  kept  "),
        ('""', ""),
        (r'"say \"hi\""', 'say "hi"'),
        (r'"C:\dir"', r"C:\dir"),
        (r'"\\n"', r"\n"),
    ],
)
def test_inside_quotes_escapes_are_understood(typed: str, meant: str) -> None:
    assert unquote(typed) == meant


@pytest.mark.parametrize("typed", ["plain", r"a\nb", '"', '"open', 'open"', '"yes" or "no"', r'"open\"', ""])
def test_a_text_that_is_not_one_quotation_stays_as_it_is(typed: str) -> None:
    assert unquote(typed) == typed


def test_the_nearest_word_is_found_in_any_case() -> None:
    assert nearest("Tempratur", ["top_p", "temperature"]) == "temperature"


def test_the_beginning_of_a_word_is_nearest_to_that_word() -> None:
    assert nearest("temp", ["theme", "temperature"]) == "temperature"


def test_one_or_two_letters_are_no_beginning() -> None:
    assert nearest("te", ["temperature"]) is None


def test_a_word_that_is_near_to_none_has_no_nearest() -> None:
    assert nearest("xyz", ["top_p", "temperature"]) is None
