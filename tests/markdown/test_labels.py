"""The line above each block of code, where a text is only ever appended to."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_chat.markdown import Labels, code_blocks

LABEL = re.compile(r"^code block (\d+)(?:, (.*))?\n", re.MULTILINE)
PIECES = st.lists(st.text("ab`~ >-1.\n\t", max_size=6), max_size=12)


def labelled(*pieces: str, shown: str = "") -> str:
    labels = Labels(shown)
    return "".join([*map(labels.feed, pieces), labels.close()])


@given(PIECES)
def test_the_labels_are_those_of_the_blocks_and_all_else_is_as_it_was(pieces: list[str]) -> None:
    text = "".join(pieces)
    with_labels = labelled(*pieces)
    assert LABEL.findall(with_labels) == [(str(block.number), block.language) for block in code_blocks(text)]
    assert LABEL.sub("", with_labels) == text


@given(PIECES)
def test_it_does_not_matter_how_the_text_is_cut(pieces: list[str]) -> None:
    assert labelled(*pieces) == labelled("".join(pieces))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```py\nx\n```\n", "code block 1, py\n```py\nx\n```\n"),
        ("Here:\n~~~\nx", "Here:\ncode block 1\n~~~\nx"),
        ("1. One\n   ```\n   x\n", "1. One\ncode block 1\n   ```\n   x\n"),
        ("> ```\n> x\n```py\n", "code block 1\n> ```\n> x\ncode block 2, py\n```py\n"),
        ("One\n\n    x\n", "One\n\ncode block 1\n    x\n"),
    ],
)
def test_a_label_stands_above_the_block(text: str, expected: str) -> None:
    assert labelled(text) == expected


def test_what_is_shown_already_is_counted() -> None:
    assert labelled("```\ny\n", shown="```\nx\n```\n") == "code block 2\n```\ny\n"


def test_a_line_is_shown_as_soon_as_it_is_clear_what_it_is() -> None:
    labels = Labels()
    assert [labels.feed(piece) for piece in ("-", " a", " b", "\n", "``", "`p", "y\n", "x")] == [
        *["", "- a", " b", "\n"],
        *["", "", "code block 1, py\n```py\n", "x"],
    ]


def test_a_line_is_not_held_back_for_ever() -> None:
    assert Labels().feed("```" + "a" * 2000) != ""
