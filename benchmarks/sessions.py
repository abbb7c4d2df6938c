"""The program with many sessions, with a long one, and started twenty times at once.

    python -m benchmarks.sessions [--rounds N]

What the store alone costs, and what a kill takes from it, is measured by `benchmarks.store`.
"""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

from benchmarks.measuring import Serving, Table, command, folder, home, in_turns, run, store_in, until_prompt
from benchmarks.store import LONG, MESSAGES, SESSIONS, SETTINGS, Language, conversation
from mistral_chat.store import Store

AT_ONCE = 20
NOWHERE = "http://127.0.0.1:9"


def many(table: Table, place: Path, times: int) -> None:
    """100,000 messages in 2,000 sessions, and one of 20,000, against a store with one small session."""
    language = Language()
    full, empty = Store(store_in(place / "full")), Store(store_in(place / "empty"))
    for number in range(SESSIONS):
        full.save(conversation(language, MESSAGES, 1e9 + 1000 * number), SETTINGS)
    one = full.sessions(1)[0].id
    small = empty.save(conversation(language, 2, 1e9), SETTINGS)
    long = empty.save(conversation(language, LONG, 1e9), SETTINGS)
    full.close()
    empty.close()
    in_full, in_empty = home(place / "full"), home(place / "empty")

    much, little = in_turns(
        times,
        lambda: run(command("--sessions"), in_full).wall,
        lambda: run(command("--sessions"), in_empty).wall,
    )
    detail = f"{much * 1000:.0f} / {little * 1000:.0f} ms"
    table.at_most("--sessions of 2,000 with 100,000 messages, against 2", much / little, 1.5, detail=detail)

    resuming = [
        lambda: until_prompt(command("--base-url", NOWHERE, "-r", one), in_full),
        lambda: until_prompt(command("--base-url", NOWHERE, "-r", small), in_empty),
        lambda: until_prompt(command("--base-url", NOWHERE, "-r", long), in_empty),
    ]
    much, little, deep = in_turns(times, *resuming)
    detail = f"{much * 1000:.0f} / {little * 1000:.0f} ms"
    table.at_most("-r ID among them until the prompt is there, against 2", much / little, 1.5, detail=detail)
    detail = f"{deep * 1000:.0f} - {little * 1000:.0f} ms"
    table.at_most(f"-r ID of a session of {LONG:,} messages: longer by", deep - little, 0.5, "s", detail)


def crowd(table: Table, place: Path) -> None:
    """Many one-shots at once where nobody has been before: each turn is stored."""
    env = home(place)
    with Serving(3) as serving:
        argv = command("--base-url", serving.url, "hello")
        running = [
            subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) for _ in range(AT_ONCE)
        ]
        failed = sum(process.wait() != 0 for process in running)
    store = Store(store_in(place))
    stored = sum(summary.messages == 2 for summary in store.sessions())
    store.close()
    what = f"{AT_ONCE} questions at once on a fresh home: turns stored"
    table.at_least(what, stored, AT_ONCE, "", f"{failed} failed")


def measure(table: Table, times: int) -> None:
    with folder() as place:
        crowd(table, place / "crowd")
        many(table, place, times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=11)
    table = Table()
    measure(table, parser.parse_args().rounds)
    raise SystemExit(table.failed > 0)


if __name__ == "__main__":
    main()
