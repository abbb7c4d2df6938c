"""What a long answer costs: 25,000 deltas, 100 KB, into a pipe.

    python -m benchmarks.stream [--rounds N]

CPU time and peak memory of the whole program, medians in turns, against `bare.py`. The server is another process.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable

from benchmarks.measuring import HERE, KEY, Serving, Spent, Table, command, folder, home, run

DELTAS = 25_000


def measure(table: Table, times: int) -> None:
    with folder() as place, Serving(DELTAS) as serving:
        env = home(place)
        bare, ours = _in_turns(
            times,
            lambda: run([sys.executable, str(HERE / "bare.py"), serving.url, KEY], env, b"hello"),
            lambda: run(command("--base-url", serving.url), env, b"hello"),
        )
    one, other = (statistics.median(spent.cpu for spent in column) for column in (ours, bare))
    table.at_most("25,000 deltas, CPU, against httpx", one / other, 1.3, detail=f"{one:.2f} / {other:.2f} s")
    one, other = (statistics.median(spent.memory for spent in column) for column in (ours, bare))
    table.at_most("25,000 deltas, peak memory, against httpx", one / other, 1.5, detail=f"{one:.0f} / {other:.0f} MB")
    one, other = (statistics.median(spent.wall for spent in column) for column in (ours, bare))
    table.shown("25,000 deltas, from start to end", f"{one:.2f} / {other:.2f} s")


def _in_turns(times: int, *programs: Callable[[], Spent]) -> list[tuple[Spent, ...]]:
    rounds = [[program() for program in programs] for _ in range(times)]
    return list(zip(*rounds, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    table = Table()
    measure(table, parser.parse_args().rounds)
    raise SystemExit(table.failed > 0)


if __name__ == "__main__":
    main()
