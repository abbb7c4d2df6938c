"""The examples of the CommonMark specification, which its authors publish as the npm package commonmark-spec."""

from __future__ import annotations

import re

import pytest

from mistral_chat.markdown import render
from tests.markdown.conftest import Fetch
from tests.markdown.terminal import LOOK
from tests.markdown.test_blocks import markdown_it, ours
from tests.markdown.test_stream import committed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def examples(npm: Fetch) -> list[str]:
    text = (npm("commonmark-spec", "0.31.2") / "spec.txt").read_text(encoding="utf-8").replace("→", "\t")
    found = re.findall(r"^`{32} example\n(.*?)^\.\n.*?^`{32}$", text, re.MULTILINE | re.DOTALL)
    assert len(found) > 600
    return found


def test_each_example_is_made_of_the_blocks_that_markdown_it_finds(examples: list[str]) -> None:
    assert [example for example in examples if ours(example) != markdown_it(example)] == []


@pytest.mark.parametrize("width", [20, 60])
def test_each_example_character_by_character_commits_the_rows_of_its_one_shot_render(
    examples: list[str], width: int
) -> None:
    for example in examples:
        assert committed(example, width) == render(example, LOOK, width)
