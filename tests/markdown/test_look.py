"""How each construct looks, and that no word is lost on the way."""

from __future__ import annotations

import re

import pytest
from rich.style import Style

from mistral_chat.markdown import Look, Row, render
from tests.markdown.corpus import PYTHON, SAMPLES
from tests.markdown.terminal import GROUND, LOOK


def shown(text: str, width: int = 60, look: Look = LOOK) -> list[str]:
    return [row.text for row in render(text, look, width)]


def style_of(word: str, rows: list[Row]) -> Style:
    return next(segment.style or Style() for row in rows for segment in row.segments if word in segment.text)


def test_blocks_stand_apart_by_one_blank_row() -> None:
    assert shown("one\n\n- two\n\n# three\n---\n> four") == [
        *("one", "", " • two", "", "three".center(60).rstrip(), "", "─" * 60, "", "▌ four"),
    ]


@pytest.mark.parametrize("first", ["text", "- item", "> quote", "| a |\n|---|", "# head", "```\n```", "---", "<b>"])
def test_no_blank_row_comes_first(first: str) -> None:
    assert shown(first)[0].strip()


def test_numbers_are_flush_right_up_to_99() -> None:
    assert shown("9. a\n10. b\n") == ["  9 a", " 10 b"]
    assert shown("99. a\n100. b\n") == [" 99 a", "100 b"]


def test_nested_items_are_indented() -> None:
    assert shown("- a\n  - b\n    1. c\n\n       d\n") == [" • a", "    • b", "        1 c", "          d"]


def test_code_has_a_line_above_with_its_language_and_number() -> None:
    assert shown("```py\nx\n```\n\n    y\n") == [
        *("── py · 1 ──", "x", "────────────", "", "── text · 2 ──", "y", "──────────────"),
    ]


def test_code_is_highlighted() -> None:
    rows = render("```python\nimport os\n```", LOOK, 60)
    assert style_of("import", rows) != style_of("os", rows)


def test_code_on_a_ground_fills_its_rows_to_the_edge() -> None:
    row = render("```python\nimport os\n```", GROUND, 60)[1]
    assert row.text == "import os"
    assert row.fill == Style(bgcolor=Style.parse("on #272822").bgcolor)


def test_an_emoji_of_several_characters_fills_its_row_of_code_to_the_edge() -> None:
    row = render("```python\n❤️ x = 1\n```", GROUND, 20)[1]
    assert row.text == "❤️ x = 1"
    assert row.fill


def test_long_code_lines_are_folded_at_the_edge() -> None:
    assert shown("```\n" + "x" * 50 + "\n```", 20)[1:4] == ["x" * 20, "x" * 20, "x" * 10]


def test_no_emoji_is_cut_up_where_a_long_code_line_is_folded() -> None:
    _, *code, _ = SAMPLES["emoji in code"].rstrip().split("\n")
    rows = shown(SAMPLES["emoji in code"], 20)[1:-1]
    assert "".join("".join(rows).split()) == "".join("".join(code).split())
    assert not any(row.endswith("\u200d") for row in rows)


def test_no_word_of_a_fence_is_lost() -> None:
    assert shown('```py title="a b"  keep\n```')[0] == '── py title="a b" keep · 1 ──'
    assert shown('~~~ {"you": "lost?"}\n~~~')[0] == '── {"you": "lost?"} · 1 ──'


def test_a_long_fence_is_broken_between_words() -> None:
    assert shown("```py some more words\nx\n```", 20) == ["── py some more", "words · 1 ──", "x", "─" * 15]
    assert sum(row.count("x") for row in shown(f"```{'x' * 100}\n```", 20)) == 100


def test_only_the_first_word_of_a_fence_is_the_language() -> None:
    rows = render("```python import\nimport os\n```", LOOK, 60)
    assert style_of("import", rows[1:]) != style_of("os", rows)


def test_without_boxes_all_is_ascii() -> None:
    look = Look(boxes=False)
    text = "- a\n\n1. b\n\n> c\n\n---\n\n```py\nd\n```\n\n| e | f |\n|---|---|\n| g | h |\n"
    assert "\n".join(shown(text, look=look)).isascii()


def test_html_and_comments_are_shown_as_they_are_written() -> None:
    assert shown("<details>\n<summary>S</summary>\n\n<!-- note -->\n\nvector<int> a<br>b </kbd>") == [
        *("<details>", "<summary>S</summary>", "", "<!-- note -->", "", "vector<int> a<br>b </kbd>"),
    ]


def test_the_blank_line_in_a_comment_is_part_of_it() -> None:
    assert shown("<!-- a\n\nb -->\nc") == ["<!-- a", "", "b -->", "", "c"]


def test_math_and_notes_are_left_readable() -> None:
    assert shown("\\( a_1 * b_1 * c \\) $$x_1 \\\\ y_1$$\n\n[^1]: note") == [
        *("\\( a_1 * b_1 * c \\) $$x_1 \\\\ y_1$$", "", "[^1]: note"),
    ]


def test_a_formula_between_dollars_is_left_as_it_is() -> None:
    assert shown("so $a*b*c$ and $x_1$ but $5 *and* $6 *too*") == ["so $a*b*c$ and $x_1$ but $5 and $6 too"]


def test_a_link_shows_its_host_and_carries_its_address() -> None:
    rows = render("[words](https://example.com/page)", LOOK, 60)
    assert rows[0].text == "words (example.com)"
    assert style_of("words", rows).link == "https://example.com/page"


def test_a_link_whose_words_are_its_address_shows_it_once() -> None:
    assert shown("<https://example.com/page> [http://a.b](http://a.b)") == ["https://example.com/page http://a.b"]


def test_a_link_that_lies_shows_where_it_leads() -> None:
    assert shown("[https://bank.com](https://evil.com)") == ["https://bank.com (evil.com)"]


def test_the_title_of_a_link_is_shown_after_its_address() -> None:
    assert shown('[a](http://b.c/d "the\ntitle")') == ['a (b.c "the title")']
    assert shown("[http://b.c](http://b.c 'title')") == ['http://b.c ("title")']
    assert shown("![a](b.png (title))") == ['[image: a] (b.png "title")']


def test_an_international_host_is_shown_as_punycode() -> None:
    assert shown("[words](http://пример.рф/x)") == ["words (xn--e1afmkfd.xn--p1ai)"]


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "//x.y", "ssh://a"]
)
def test_other_addresses_are_text(address: str) -> None:
    rows = render(f"[words]({address})", LOOK, 60)
    assert address in rows[0].text or "[words]" in rows[0].text
    assert not any(segment.style and segment.style.link for row in rows for segment in row.segments)


def test_without_hyperlinks_the_address_is_text() -> None:
    rows = render("[words](https://example.com/page)", Look(hyperlinks=False), 60)
    assert rows[0].text == "words (https://example.com/page)"
    assert not any(segment.style and segment.style.link for segment in rows[0].segments)


def test_an_image_is_shown_where_it_stands() -> None:
    assert shown("- a ![a cat](https://x.y/cat.png) b") == [" • a [image: a cat] (x.y) b"]


def test_a_table_that_is_too_wide_folds_its_words() -> None:
    rows = shown("| a | b |\n|---|---|\n| " + "x" * 50 + " | y |\n", 30)
    assert sum(row.count("x") for row in rows) == 50


def test_what_a_row_has_more_cells_than_the_head_is_in_its_last_one() -> None:
    text = "| op | meaning |\n|---|---|\n| `a|b` | alternation |\n| c | d | | e\n"
    assert shown(text)[2:] == ["`a  b` | alternation", "c   d | e"]
    assert " ".join(shown(text, 11)) == "op: `a meaning: b` | alternation  op: c meaning: d | e"


def test_a_table_of_more_columns_than_fit_becomes_a_list() -> None:
    assert shown("| a | b | c | d |\n|---|---|---|---|\n| 1 | 2 | 3 | 4 |\n", 20)[-4:] == [
        "a: 1",
        "b: 2",
        "c: 3",
        "d: 4",
    ]


def test_tabs_become_blanks() -> None:
    assert "\t" not in "".join(shown(SAMPLES["tabs"] + "\n```\n\ta\tb\n```"))


def test_an_item_that_leaves_no_room_puts_its_mark_on_a_row_of_its_own() -> None:
    rows = shown("- " * 6 + "word", 20)
    assert rows[-1].strip() == "word"
    assert sum(row.count("•") for row in rows) == 6


@pytest.mark.parametrize("width", [20, 80])
@pytest.mark.parametrize("name", sorted(SAMPLES.keys() - {"entities", "a table that widens"}))
def test_every_word_of_each_construct_is_shown(name: str, width: int) -> None:
    text = re.sub(r"\(<?[^()\s]+>?\)|<http\S+>|<m@d.com>", " ", SAMPLES[name])
    seen = re.sub(r"\W", "", "".join(shown(SAMPLES[name], width, Look(hyperlinks=False))))
    for word in re.findall(r"\w+", re.sub(r"[_]", " ", text)):
        assert word in seen or re.fullmatch(r"\d+", word)


def test_styles_come_from_the_look() -> None:
    look = Look(styles={"markdown.strong": "red", "code.label": "green"})
    rows = render("**word**\n\n```\n```", look, 60)
    assert style_of("word", rows) == Style.parse("red")
    assert style_of("text", rows) == Style.parse("green")


def test_rows_have_no_blanks_at_their_ends() -> None:
    text = "# head\n\n- item\n\n> quote\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\n" + PYTHON + "```\n"
    for look in (LOOK, GROUND):
        assert not [row for row in render(text, look, 60) if row.text.endswith(" ")]
