"""Kills writers at random instants and holds the store against what they had said was saved."""

import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from mistral_chat.conversation import Conversation
from mistral_chat.events import FinishReason
from mistral_chat.store import Store
from tests.store.writer import answer_of

LONGEST = 0.1
"""Seconds after its first word in which a writer is killed: some turns."""


@dataclass
class Said:
    """What writers said of messages by id, and what was found missing or wrong."""

    asked: set[int] = field(default_factory=set)
    arrived: dict[int, int] = field(default_factory=dict)
    answered: set[int] = field(default_factory=set)

    def hear(self, lines: str) -> None:
        """Takes all whole lines; the last one may have been cut by the kill."""
        for line in lines.split("\n")[:-1]:
            match line.split():
                case ["asked", node]:
                    self.asked.add(int(node))
                case ["arrived", node, length]:
                    self.arrived[int(node)] = int(length)
                case ["answered", node]:
                    self.answered.add(int(node))

    def lost(self, tree: Conversation) -> Iterator[str]:
        """What is not in the tree although it was said to be saved, in words."""
        for node in self.asked - tree.nodes.keys():
            yield f"question {node}"
        for node, length in self.arrived.items():
            text = tree.nodes[node].message.text if node in tree.nodes else ""
            if len(text) < length or not answer_of(node).startswith(text):
                yield f"{length} characters of answer {node}, there are {len(text)}"
        for node in self.answered:
            found = tree.nodes.get(node)
            if found is None or found.finish_reason is not FinishReason.STOP or found.message.text != answer_of(node):
                yield f"answer {node}"

    def unsettled(self, tree: Conversation) -> Iterator[str]:
        """Answers of the dead that are taken to be still arriving."""
        for node in self.arrived:
            if node in tree.nodes and tree.nodes[node].finish_reason is None:
                yield f"answer {node} still streams"


def start(path: Path, session: str, turns: int = 1_000_000) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.store.writer", str(path), session, str(turns)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])


def kill_writers(path: Path, session: str, said: Said, chance: random.Random, writers: int = 2) -> None:
    """Starts writers on one session and kills each at a random instant after its first word."""
    running = [start(path, session) for _ in range(writers)]
    firsts = [process.stdout.readline() for process in running if process.stdout]
    ends = sorted((time.monotonic() + chance.uniform(0, LONGEST), process.pid) for process in running)
    by_pid = {process.pid: process for process in running}
    for end, pid in ends:
        time.sleep(max(0.0, end - time.monotonic()))
        by_pid[pid].send_signal(signal.SIGKILL)
    for first, process in zip(firsts, running, strict=True):
        said.hear(first + process.communicate()[0])
        if process.returncode != -signal.SIGKILL:
            raise AssertionError(f"a writer ended by itself with {process.returncode}")


def damage(path: Path) -> list[str]:
    """What SQLite finds wrong with the file."""
    with closing(sqlite3.connect(path)) as db:
        found = [str(row[0]) for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
        db.execute("INSERT INTO words (words, rank) VALUES ('integrity-check', 0)")
        return found + [str(row) for row in db.execute("PRAGMA foreign_key_check")]


def left_over(path: Path) -> list[str]:
    """Files beside the store when nobody has it open and all that died are settled."""
    return [file.name for file in path.parent.iterdir() if file.name not in (path.name, f"{path.name}-journal")]


def judge(path: Path, session: str, said: Said) -> list[str]:
    """All that is wrong after the killing."""
    store = Store(path)
    tree, _ = store.load(session)
    store.close()
    tree.path()
    return [*said.lost(tree), *said.unsettled(tree), *damage(path), *left_over(path)]
