"""What keeping sessions costs, when there are many and when they are long, and what kill -9 takes: nothing.

    python -m benchmarks.store [--kills N]

Builds a store of 100,000 messages in 2,000 sessions beside an empty one, in a temporary folder on the disk that is
measured. Times are the medians of calls in one run. The killing, by default 1,000 times two writers on one session,
takes a quarter of an hour; `--kills 0` leaves it out.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path
from statistics import median

from mistral_chat.conversation import Conversation, Node
from mistral_chat.events import FinishReason, Usage
from mistral_chat.message import Message, Role, Text
from mistral_chat.store import Store
from tests.store.killing import Said, damage, judge, kill_writers, start

SESSIONS, MESSAGES = 2_000, 50
LONG = 20_000
TURNS = 200
ROUNDS = 20
PROCESSES = 20
JUDGED_EVERY = 50

SETTINGS = {"model": "mistral-small-latest", "temperature": 0.3}


class Language:
    """20,000 words of which few are common and many are rare, as in any language, and some Chinese."""

    def __init__(self) -> None:
        self.chance = random.Random(1)
        letters = "abcdefghijklmnopqrstuvwxyz"
        self.words = ["".join(self.chance.choices(letters, k=self.chance.randint(2, 10))) for _ in range(20_000)]
        self.weights = list(accumulate(1 / (rank + 1) for rank in range(len(self.words))))
        self.characters = "".join(map(chr, range(0x4E00, 0x4E00 + 3000)))

    def text(self, words: int) -> str:
        if self.chance.random() < 0.1:
            return "".join(self.chance.choices(self.characters, k=2 * words))
        return " ".join(self.chance.choices(self.words, cum_weights=self.weights, k=words))


def conversation(language: Language, length: int, at: float) -> Conversation:
    nodes = {}
    for place in range(1, length + 1):
        if place % 2:
            nodes[place] = Node(place, place - 1 or None, Message.of(Role.USER, language.text(20)), at + place)
        else:
            nodes[place] = _answer(place, place - 1, language.text(100), at + place)
    return Conversation("", language.text(3), nodes, length)


def _answer(node: int, parent: int, text: str, at: float) -> Node:
    message = Message.of(Role.ASSISTANT, text)
    return Node(node, parent, message, at, FinishReason.STOP, "m", Usage(20, 100), 0.3, 2.0, SETTINGS)


def took(act: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def turns(store: Store, session: str, head: int | None, language: Language) -> Iterator[float]:
    """The milliseconds of turns: a question, the beginning of an answer, one piece more, its end."""
    for _ in range(TURNS):
        question, answer = language.text(20), language.text(100)
        began = time.perf_counter()
        asked = store.append(session, head, Message.of(Role.USER, question), time.time()).id
        head = store.begin(session, asked, model="m", at=time.time(), settings=SETTINGS, parts=[Text(answer[:200])])
        store.checkpoint(session, head, [Text(answer[200:])])
        store.finish(session, _answer(head, asked, answer, time.time()))
        yield (time.perf_counter() - began) * 1000


def row(what: str, measured: str, wanted: str = "") -> None:
    print(f"| {what:<58} | {measured:>24} | {wanted:>10} |", flush=True)


def sizes(folder: Path) -> None:
    language = Language()
    full, empty = Store(folder / "full.db"), Store(folder / "empty.db")
    for number in range(SESSIONS):
        full.save(conversation(language, MESSAGES, 1e9 + 1000 * number), SETTINGS)
    size = (folder / "full.db").stat().st_size / 1e6
    row("the file of 100,000 messages in 2,000 sessions", f"{size:.0f} MB")

    small = empty.save(conversation(language, 2, 1e9), SETTINGS)
    one = full.sessions(1)[0].id
    for what, in_full, in_empty in (
        ("open", lambda: Store(folder / "full.db").close(), lambda: Store(folder / "empty.db").close()),
        ("list the latest 20 sessions", lambda: full.sessions(20), lambda: empty.sessions(20)),
        ("list all sessions", full.sessions, empty.sessions),
        ("find a session by its id and load it", _resume(full, one), _resume(empty, small)),
        ("find a session by a part of its id", _find(full, one[:8]), _find(empty, small[:8])),
    ):
        much, little = (median(took(act) for _ in range(ROUNDS)) for act in (in_full, in_empty))
        row(what, f"{much:.2f} ms, {little:.2f} empty")

    worst = 0.0
    for words in (
        *language.words[:20],
        *language.words[100:2000:100],
        language.characters[7:9],
        "a b",
        "no such words",
    ):
        worst = max(worst, min(took(lambda words=words: full.search(words)) for _ in range(3)))  # type: ignore[misc]
    row("search for common, rare and missing words, the slowest", f"{worst:.1f} ms", "50 ms")

    long = full.save(conversation(language, LONG, 1e9), SETTINGS)
    row(f"load a session of {LONG} messages", f"{median(took(_resume(full, long)) for _ in range(5)):.0f} ms", "300 ms")

    alternating = [
        turns(full, full.new_session(SETTINGS), None, language),
        turns(empty, empty.new_session(SETTINGS), None, language),
        turns(full, long, LONG, language),
    ]
    many, none, deep = (median(column) for column in zip(*zip(*alternating, strict=True), strict=True))
    row("a turn: four transactions", f"{none:.1f} ms")
    row("  in the store of 100,000 messages, against an empty one", f"{many / none:.2f} x", "1.5 x")
    row(f"  in the session of {LONG} messages, against a new one", f"{deep / many:.2f} x", "1.5 x")
    row("delete a session, all its bytes out of the file", f"{took(lambda: full.delete(one)):.0f} ms")
    full.close()
    empty.close()


def _resume(store: Store, session: str) -> Callable[[], object]:
    return lambda: store.load(store.find(session))


def _find(store: Store, words: str) -> Callable[[], object]:
    return lambda: store.find(words)


def crowd(path: Path) -> None:
    writers = [start(path, "", turns=1) for _ in range(PROCESSES)]
    failed = sum(bool(writer.communicate()[0] and writer.returncode) for writer in writers)
    store = Store(path)
    saved = sum(summary.messages == 2 for summary in store.sessions())
    store.close()
    row(f"{PROCESSES} processes at once on a fresh home: turns saved", f"{saved}, {failed} failed", str(PROCESSES))


def killing(path: Path, rounds: int) -> None:
    store = Store(path)
    session = store.new_session(SETTINGS)
    store.close()
    said, chance = Said(), random.Random(1)
    wrong: list[str] = []
    for number in range(1, rounds + 1):
        kill_writers(path, session, said, chance)
        if number % JUDGED_EVERY == 0 or number == rounds:
            wrong += judge(path, session, said)
    row(f"{rounds} times kill -9 of two writers: turns said to be saved", str(len(said.answered)))
    row("  answers they left in the middle", str(len(said.arrived.keys() - said.answered)))
    row("  lost, damaged or left over", str(len(wrong) + len(damage(path))), "0")
    for line in wrong[:20]:
        print(line)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=1000)
    rounds = parser.parse_args().kills
    row("", "measured", "at most")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sizes(folder)
        crowd(folder / "home" / "store.db")
        if rounds:
            (folder / "killed").mkdir()
            killing(folder / "killed" / "store.db", rounds)


if __name__ == "__main__":
    main()
