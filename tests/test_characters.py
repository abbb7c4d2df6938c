"""What a single character is to a terminal."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from mistral_chat.characters import cells, clusters


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("", 0),
        ("plain", 5),
        ("été", 3),
        ("e\u0301te\u0301", 3),
        ("世界", 4),
        ("カタカナ", 8),
        ("ｶﾀｶﾅ", 4),
        ("한글", 4),
        ("\u1112\u1161\u11ab", 2),
        ("नमस्ते", 4),
        ("می\u200cخواهم", 7),
        ("ب\u061c", 1),
        ("\u0378", 1),
        ("😀", 2),
        ("❤", 1),
        ("❤\ufe0f", 2),
        ("1\ufe0f\u20e3", 2),
        ("👨‍👩‍👧‍👦", 2),
        ("👋🏽", 2),
        ("🏳\ufe0f‍🌈", 2),
        ("🇫🇷", 2),
        ("\U0001fae8", 2),
        ("\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", 2),
        ("…–“”•", 5),
        ("\x1b\n", 0),
    ],
)
def test_a_line_is_as_wide_as_a_terminal_draws_it(text: str, width: int) -> None:
    assert cells(text) == width
    assert cell_len(text) == width, "the layout counts in the same cells"


def test_a_joiner_inside_a_word_hides_no_letter() -> None:
    assert cells("क्\u200dष") == 2


def test_a_skin_tone_or_a_joiner_makes_an_emoji_only_of_an_emoji() -> None:
    assert cells("a🏽") == 3
    assert cells("م\u200d😀") == 3


def test_a_cluster_is_what_is_drawn_as_one() -> None:
    assert list(clusters("e\u0301👋🏽1\ufe0f\u20e3世")) == [
        ("e\u0301", 1),
        ("👋🏽", 2),
        ("1\ufe0f\u20e3", 2),
        ("世", 2),
    ]
