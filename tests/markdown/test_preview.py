"""What is shown of a text that is not finished."""

import pytest

from mistral_chat.markdown.leaves import Code, Html, Item, List, Paragraph
from mistral_chat.markdown.preview import is_hidden, with_markers_closed


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("**bol", "**bol**"),
        ("**bold*", "**bold**"),
        ("**bold**", "**bold**"),
        ("a *b", "a *b*"),
        ("a *b **c", "a *b **c***"),
        ("a **b** *c", "a **b** *c*"),
        ("***both", "***both***"),
        ("~~gone", "~~gone~~"),
        ("_it", "_it_"),
        ("snake_case", "snake_case"),
        ("2 * 3", "2 * 3"),
        ("`cod", "`cod`"),
        ("``a ` b", "``a ` b``"),
        ("`*a` b", "`*a` b"),
        ("`a` **b", "`a` **b**"),
        ("text **", "text"),
        ("[words](http://x", "words"),
        ("[words](", "words"),
        ("[words](http://x)", "[words](http://x)"),
        ("![image](http://x", "image"),
        ("done!", "done!"),
        ("fini !", "fini !"),
        ("see ![", "see"),
        ("escaped \\*star", "escaped \\*star"),
    ],
)
def test_open_markers_are_closed(text: str, shown: str) -> None:
    assert with_markers_closed(text) == shown


@pytest.mark.parametrize(
    "line", ["", "-", "**", "> -", "#", "|---", "```", "```pyth", "~~~", "- ```py a", "> 1. ~~~ a ` b", "===", "  "]
)
def test_marks_alone_wait_for_what_follows(line: str) -> None:
    assert is_hidden(line, None)


@pytest.mark.parametrize("line", ["a", "- a", "# a", "| a", "**a", "`a`", "42"])
def test_words_do_not_wait(line: str) -> None:
    assert not is_hidden(line, None)


def test_a_number_in_a_paragraph_may_become_an_item() -> None:
    assert is_hidden("1.", Paragraph(()))
    assert not is_hidden("1.", None)
    assert not is_hidden("1", Paragraph(()))
    assert not is_hidden("42.", Paragraph(()))


def test_a_number_after_an_item_may_become_the_next_one() -> None:
    ninth = Paragraph((List("."), Item(9, 3)))
    assert all(is_hidden(line, ninth) for line in ("1", "10", "10.", " 10) "))
    assert not any(is_hidden(line, ninth) for line in ("9", "42", "42."))


def test_in_code_only_the_closing_fence_waits() -> None:
    assert is_hidden("``", Code(()))
    assert not is_hidden("- ", Code(()))
    assert not is_hidden("# ", Html(()))
