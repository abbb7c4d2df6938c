"""The tree of a conversation as /branches draws it, however deep and wide it is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mistral_chat.conversation import Node
from mistral_chat.exchange import whole
from mistral_chat.message import Role
from tests.exchange.talk import said, talk
from tests.program.shell import Shell
from tests.program.talk import Talk


def tree(shell: Shell, path: Path, *nodes: Node) -> list[str]:
    """The lines that /branches draws of these messages."""
    path.write_text(json.dumps(json.loads(whole.write(talk(*nodes))) | {"settings": {}}))
    shell("--import", str(path))
    shown = Talk(shell, "-c")("/branches").splitlines()
    return [line for line in shown if "word" in line and ("●" in line or "○" in line)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "session.json"


def test_a_deep_tree_keeps_room_for_the_words(shell: Shell, path: Path) -> None:
    nodes = [said(1, None, Role.USER, "word")]
    for number in range(2, 122, 2):  # an answer, and another that is answered
        nodes += [said(number, number - 1, Role.ASSISTANT, f"word {number}")]
        nodes += [said(number + 1, number - 1, Role.ASSISTANT, f"word {number + 1}")]
    lines = tree(shell, path, *nodes)
    assert len(lines) >= len(nodes)
    assert "│ ⋮ ● word 121" in lines[-1]
    assert max(line.count("│") for line in lines) == 20


def test_of_an_answer_of_no_one_and_no_time_the_words_alone_are_shown(shell: Shell, path: Path) -> None:
    answer = replace(said(2, 1, Role.ASSISTANT, "word", model=""), at=0.0)
    lines = tree(shell, path, said(1, None, Role.USER, "Say it"), answer)
    assert lines[-1].endswith("● word")


def test_the_words_of_a_hundred_branches_stand_in_one_column(shell: Shell, path: Path) -> None:
    answers = [said(number, 1, Role.ASSISTANT, "word") for number in range(2, 122)]
    lines = tree(shell, path, said(1, None, Role.USER, "word"), *answers)
    assert {line.index("word") for line in lines[1:]} == {8}
