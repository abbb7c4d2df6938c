"""What drawing Markdown while it grows costs, beside a single render of it and beside rich's `Live(Markdown)`.

    python -m benchmarks.markdown [--quick]

All of it is CPU time of this process, in one run, so that the ratios hold on any machine. `--quick` leaves out the
part in real time, which takes 17 seconds. What the whole program costs is measured by `markdown_program.py`.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from statistics import mean, median, quantiles

from rich.color import ColorSystem
from rich.console import Console
from rich.live import Live
from rich.markdown import Markdown

from benchmarks.markdown_texts import long_blocks, mixed
from benchmarks.measuring import Table
from mistral_chat.markdown import Look, MarkdownStream, render
from mistral_chat.markdown.inline import parse_inline
from mistral_chat.pace import Pacer
from mistral_chat.paint import Painter

WIDTH, HEIGHT = 100, 40
SIZE = 100_000
DELTA = 4
PER_FRAME = 50  # at 1,500 deltas and 30 frames a second
RATE = 1500
LOOK = Look()

clock = time.process_time


class Drawing:
    """A stream and its painter, writing to nowhere."""

    def __init__(self) -> None:
        self.stream = MarkdownStream(LOOK, WIDTH, HEIGHT)
        self.painter = Painter(ColorSystem.TRUECOLOR)
        self.written = len(self.painter.start())

    def draw(self, *, final: bool = False) -> None:
        self.written += len(self.painter.paint(self.stream.frame(final=final), WIDTH, HEIGHT).encode())


def deltas(text: str) -> Iterator[str]:
    return (text[start : start + DELTA] for start in range(0, len(text), DELTA))


def cost(work: Callable[[], object]) -> float:
    began = clock()
    work()
    return clock() - began


def one_render(text: str) -> float:
    """The cost of a render of the whole, of which nothing is remembered from before."""
    parse_inline.cache_clear()
    return cost(partial(render, text, LOOK, WIDTH))


def streamed(text: str, per_frame: int) -> tuple[list[float], int]:
    """The cost of each frame, the last one apart from the others, and the bytes written."""
    drawing = Drawing()
    frames = []
    for number, delta in enumerate(deltas(text), 1):
        drawing.stream.feed(delta)
        if number % per_frame == 0:
            frames.append(cost(drawing.draw))
    frames.append(cost(partial(drawing.draw, final=True)))
    return frames, drawing.written


def every_delta(text: str, windows: int = 10, each: int = 150) -> float:
    """The mean cost of a frame when each delta is drawn, measured in windows spread over the text."""
    drawing = Drawing()
    pieces = list(deltas(text))
    starts = {number * len(pieces) // windows for number in range(windows)}
    frames = []
    left = 0
    for number, delta in enumerate(pieces):
        drawing.stream.feed(delta)
        if number in starts:
            drawing.draw()
            left = each
        elif left:
            left -= 1
            frames.append(cost(drawing.draw))
    return mean(frames)


def naive(text: str, sizes: int = 8) -> float:
    """The mean cost of a frame of `Live(Markdown)` over the growth of the text, by as many measured sizes."""
    costs = []
    for number in range(sizes):
        part = text[: len(text) * (2 * number + 1) // (2 * sizes)]
        console = Console(file=io.StringIO(), force_terminal=True, width=WIDTH, height=HEIGHT)
        with Live(console=console, auto_refresh=False, vertical_overflow="visible") as live:
            costs.append(min(cost(partial(_update, live, part)) for _ in range(2)))
    return mean(costs)


def _update(live: Live, text: str) -> None:
    live.update(Markdown(text), refresh=True)


def in_real_time(text: str) -> tuple[float, float, float]:
    """At 1,500 deltas a second: seconds after the last delta, lag of 95 in 100 deltas in ms, share of a core."""
    drawing, pacer = Drawing(), Pacer()
    pieces = list(deltas(text))
    began, cpu = time.perf_counter(), clock()
    lags: list[float] = []
    fed = drawn = 0
    while drawn < len(pieces):
        now = time.perf_counter()
        arrived = min(int((now - began) * RATE), len(pieces))
        for delta in pieces[fed:arrived]:
            drawing.stream.feed(delta)
        fed = arrived
        if fed > drawn and not pacer.wait(now):
            drawing.draw(final=fed == len(pieces))
            done = time.perf_counter()
            pacer.drew(now, done)
            lags += (done - began - number / RATE for number in range(drawn, fed))
            drawn = fed
        else:
            time.sleep(max(pacer.wait(now), 1 / RATE))
    late = time.perf_counter() - began - len(pieces) / RATE
    return late, quantiles(lags, n=20)[-1] * 1000, (clock() - cpu) / (time.perf_counter() - began)


def measure(table: Table, *, real_time: bool = True) -> None:
    text = mixed(SIZE)
    render(text, LOOK, WIDTH)  # imports the lexers
    once = min(one_render(text) for _ in range(3))
    frames, written = streamed(text, PER_FRAME)
    per_delta = every_delta(text)
    per_naive = naive(text)
    ours = sum(frames)
    table.at_most("100 KB drawn at 30 frames a second, against one render", ours / once, 4, detail=seconds(ours, once))
    table.shown("  a frame: median, longest", f"{median(frames) * 1e3:.1f}, {max(frames) * 1e3:.0f} ms")
    table.at_most("  bytes written for each character", written / len(text), 6, "B")
    times = per_naive * len(frames) / ours
    table.at_least(
        "Live(Markdown), as many frames, against ours", times, 50, detail=seconds(per_naive * len(frames), ours)
    )
    detail = f"{per_naive * 1e3:.0f} / {per_delta * 1e3:.2f} ms"
    table.at_least("Live(Markdown), each delta drawn, against ours", per_naive / per_delta, 150, detail=detail)
    for name, block in long_blocks().items():
        frames, _ = streamed(block, PER_FRAME)
        warm = frames[len(frames) // 20 + 2 : -1]
        tenth = max(len(warm) // 10, 5)
        first, last = median(warm[:tenth]), median(warm[-tenth:])
        detail = f"{last * 1e3:.1f} / {first * 1e3:.1f} ms"
        table.at_most(f"{name}: last frames, against the first", last / first, 1.5, detail=detail)
        whole = one_render(block)
        table.shown("  all frames, against one render", f"{sum(frames) / whole:.1f} ×")
    if real_time:
        late, lag, share = in_real_time(text)
        table.at_most("1,500 deltas a second: done after the last of them", late, 0.2, "s")
        table.at_most("  lag of 95 in 100", lag, 35, "ms")
        table.at_most("  share of a core", share * 100, 25, "%")


def seconds(one: float, other: float) -> str:
    return f"{one:.2f} / {other:.2f} s"


def main() -> None:
    table = Table()
    measure(table, real_time="--quick" not in sys.argv)
    raise SystemExit(table.failed > 0)


if __name__ == "__main__":
    main()
