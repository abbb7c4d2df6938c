"""Code is coloured the same however it comes, at a cost that does not grow, and never loses a character."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pygments import lex
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, String, Token

from mistral_chat.markdown.highlight import MARGIN, STEP, Highlighter, Tokens, highlight, lexer_for
from tests.markdown.corpus import CODE, JAVASCRIPT, PYTHON, SHELL

LONG = {
    "python": PYTHON * 12,
    "js": JAVASCRIPT * 12,
    "bash": SHELL * 12,
    "json": '{"a": [1, null],\n "b": "text"}\n' * 20,
    "yaml": "key: value\nlist:\n  - one\n  - {a: 1}\n" * 20,
    "html": "<p class='x'>text</p>\n<script>\nlet x = 1;\n</script>\n<!-- a\nb -->\n" * 12,
    "c": '#include <stdio.h>\nint main(void) {\n  /* a\n     b */\n  return printf("%d", 1);\n}\n' * 12,
    "php": "<?php\necho $x; // y\n?>\n<b>html</b>\n" * 20,
    "diff": "--- a\n+++ b\n-old\n+new\n same\n" * 20,
    "nosuch": "words\n\n" * 20,
}


def text_of(lines: list[Tokens]) -> list[str]:
    return ["".join(text for _, text in line) for line in lines]


def kinds(lines: list[Tokens]) -> list[list[tuple[object, str]]]:
    """The tokens, neighbours of one kind joined, without blanks."""
    found = []
    for line in lines:
        joined: list[tuple[object, str]] = []
        for kind, text in line:
            if not text.strip():
                continue
            if joined and joined[-1][0] is kind:
                joined[-1] = kind, joined[-1][1] + text.strip()
            else:
                joined.append((kind, text.strip()))
        found.append(joined)
    return found


@pytest.mark.parametrize("language", LONG)
def test_every_line_is_there_as_it_was(language: str) -> None:
    lines = LONG[language].split("\n")
    assert text_of(highlight(lines, language)) == lines


@pytest.mark.parametrize("language", ["python", "js", "bash", "c", "diff", "html"])
def test_short_constructs_get_the_tokens_that_pygments_gives_to_the_whole(language: str) -> None:
    whole: list[Tokens] = [[]]
    for kind, text in lex(LONG[language], get_lexer_by_name(language, stripnl=False)):
        first, *others = text.split("\n")
        whole[-1].append((kind, first))
        whole += ([(kind, part)] for part in others)
    mine = kinds(highlight(LONG[language].split("\n"), language))
    different = sum(one != other for one, other in zip(mine, kinds(whole), strict=False))
    assert different <= len(mine) // 20


@pytest.mark.parametrize("language", LONG)
def test_settled_lines_are_those_of_the_finished_block(language: str) -> None:
    lines = LONG[language].split("\n")
    finished = highlight(lines, language)
    highlighter = Highlighter(language)
    for number, line in enumerate(lines):
        highlighter.add(line)
        assert highlighter.settled == finished[: len(highlighter.settled)]
        assert number + 1 - len(highlighter.settled) < STEP + MARGIN
    assert highlighter.settled + highlighter.rest() == finished


def test_looking_ahead_changes_nothing() -> None:
    highlighter = Highlighter("python")
    for number, line in enumerate(LONG["python"].split("\n")):
        if number % 3 == 0:
            highlighter.preview(['x = "'])
        highlighter.add(line)
    assert highlighter.settled + highlighter.rest() == highlight(LONG["python"].split("\n"), "python")


def test_a_comment_is_one_before_its_end_has_come() -> None:
    highlighter = Highlighter("js")
    highlighter.add("/* a long")
    assert [kind for kind, text in highlighter.preview(["word"])[1] if text] == [Comment.Multiline]


def test_a_heredoc_is_one_before_its_end_has_come() -> None:
    highlighter = Highlighter("bash")
    highlighter.add("cat <<EOF")
    assert highlighter.preview(["if then fi"])[1] == [(String, "if then fi")]


def test_a_string_over_hundreds_of_lines_stays_one() -> None:
    lines = ['x = """', *["words"] * 300, '"""', "y = 1"]
    found = highlight(lines, "python")
    assert all(str(kind).startswith(str(String)) for line in found[1:301] for kind, _ in line)
    assert found[-1][0] == (Token.Name, "y")


@pytest.mark.parametrize("name", ["py", "python3", "C++", "{.haskell}", "javascript", "JSON", "sh"])
def test_languages_are_known_by_the_names_that_fences_use(name: str) -> None:
    assert lexer_for(name) is not None


@pytest.mark.parametrize("name", ["", "text", "nosuch", "💥", "../x"])
def test_an_unknown_language_is_plain_text(name: str) -> None:
    assert lexer_for(name) is None


@given(st.lists(st.text(alphabet="abc \"'/*#<>-\\{}()=:\t0é", max_size=20), max_size=40), st.sampled_from(list(CODE)))
@settings(max_examples=60, deadline=None)
def test_no_character_is_lost_whatever_the_code(lines: list[str], language: str) -> None:
    assert text_of(highlight(lines, language)) == lines


def test_a_lexer_that_fails_leaves_the_code_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    lexer = lexer_for("json")
    assert lexer is not None

    def fail(text: str) -> None:
        raise IndexError(text)

    monkeypatch.setattr(lexer, "get_tokens_unprocessed", fail)
    assert highlight(["{", "}"], "json") == [[(Token.Text, "{")], [(Token.Text, "}")]]


def test_the_lines_that_are_kept_for_the_lexer_are_few() -> None:
    rnd = random.Random(1)
    highlighter = Highlighter("python")
    most = 0
    for line in (PYTHON * 100).split("\n"):
        highlighter.add(line if rnd.random() < 0.9 else '"""')
        most = max(most, len(highlighter._lines))
    assert most < 5 * (STEP + MARGIN)


@pytest.mark.parametrize("language", ["python", "js", "c", "html", "json", "yaml", "diff"])
def test_a_growing_line_looks_as_it_will_when_it_is_complete(language: str) -> None:
    lines = LONG[language].split("\n")[:60]
    growing, grown = Highlighter(language), Highlighter(language)
    for line in lines:
        before = growing.preview([line])
        grown.add(line)
        assert growing.settled + before == grown.settled + grown.preview([])
        growing.add(line)
