"""Processes are killed and started all at once, and what was saved is there."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from mistral_chat.events import FinishReason
from mistral_chat.store import Store
from tests.store import killing
from tests.store.killing import Said, judge, kill_writers, start

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")


def test_two_writers_that_are_killed_again_and_again_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = Store(path)
    session = store.new_session({})
    store.close()
    said, chance = Said(), random.Random(1)
    for _ in range(8):
        kill_writers(path, session, said, chance)
        assert judge(path, session, said) == []
    assert said.answered
    assert said.arrived.keys() - said.answered


def test_the_judge_of_the_killing_finds_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = Store(path)
    session = store.new_session({})
    begun = store.begin(session, None, model="m", at=1.0, settings={})
    tree, _ = store.load(session)
    said = Said()
    said.hear(f"asked 7\narrived {begun} 300\nanswered 8\nanswered 9")
    assert list(said.lost(tree)) == ["question 7", "300 characters of answer 1, there are 0", "answer 8"]
    assert list(said.unsettled(tree)) == ["answer 1 still streams"]
    assert killing.left_over(path)


ANSWERING = """
import sys
from pathlib import Path
from mistral_chat.message import Text
from mistral_chat.store import Store
store = Store(Path(sys.argv[1]))
print(store.begin(sys.argv[2], None, model="m", at=1.0, settings={}, parts=[Text("Claude ")]), flush=True)
sys.stdin.read()
"""


def test_an_answer_of_a_living_process_is_not_ended_until_it_dies(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = Store(path)
    session = store.new_session({})
    command = [sys.executable, "-c", ANSWERING, str(path), session]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as answering:
        assert answering.stdout
        node = int(answering.stdout.readline())
        assert store.load(session)[0].nodes[node].finish_reason is None
        answering.kill()
    assert store.load(session)[0].nodes[node].finish_reason is FinishReason.INTERRUPTED
    assert store.load(session)[0].nodes[node].message.text == "Claude "
    store.close()
    assert killing.left_over(path) == []


def test_twenty_processes_at_once_in_a_fresh_home_save_twenty_turns(tmp_path: Path) -> None:
    path = tmp_path / "home" / "data" / "store.db"
    writers = [start(path, "", turns=1) for _ in range(20)]
    said = [writer.communicate()[0].split() for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 20
    store = Store(path)
    for words in said:
        assert words[0] == "session"
        assert store.load(words[1])[0].path()[-1].finish_reason is FinishReason.STOP
    assert len(store.sessions()) == 20
    store.close()
    assert killing.damage(path) == []
    assert killing.left_over(path) == []
