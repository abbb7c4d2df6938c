"""The same on a terminal that is in use: xterm.js, which wraps rows anew when it is resized and measures its own way.

Where there is no node, or npm cannot fetch it, these tests are skipped, and say so.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.color import ColorSystem

from mistral_chat.markdown import MarkdownStream
from mistral_chat.paint import Painter
from tests.markdown.conftest import Fetch
from tests.markdown.corpus import SAMPLES, chunks, document
from tests.markdown.terminal import LOOK, printed_by_rich

pytestmark = pytest.mark.slow

BLANK_END = re.compile(r" +((?:\x1b\[[0-9;]*m)*\r\n)")
"""Blanks at the end of a row, which rich writes and we do not: where emoji are found wider, they take another row."""

Step = str | tuple[int, int]
Play = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def xterm(npm: Fetch) -> Play:
    module = npm("@xterm/headless", "6.0.0")
    node = shutil.which("node")
    if not node:
        pytest.skip("NOT TESTED WITH xterm.js: there is no node")

    def play(sessions: list[dict[str, Any]]) -> list[dict[str, Any]]:
        script = Path(__file__).with_name("xterm.js")
        done = subprocess.run(
            [node, str(script), str(module)], input=json.dumps(sessions), capture_output=True, text=True, check=True
        )
        shown: list[dict[str, Any]] = json.loads(done.stdout)
        return shown

    return play


def steps(parts: Sequence[str], sizes: Sequence[tuple[int, int] | None], size: tuple[int, int]) -> list[Step]:
    """What is written for the parts, the terminal being given a new size before those for which there is one."""
    stream, painter = MarkdownStream(LOOK, *size), Painter(ColorSystem.TRUECOLOR)
    found: list[Step] = [painter.start()]
    for part, new_size in zip(parts, sizes, strict=True):
        if new_size:
            size = new_size
            stream.resize(*size)
            found.append(size)
        stream.feed(part)
        found.append(painter.paint(stream.frame(), *size))
    found.append(painter.paint(stream.frame(final=True), *size) + painter.finish())
    return found


def lines(shown: dict[str, Any]) -> list[str]:
    """The rows, without blank ones at the end."""
    rows = [text.rstrip() for text, _ in shown["rows"]]
    return rows[: max((number for number, row in enumerate(rows, 1) if row), default=0)]


def test_in_the_end_xterm_shows_what_it_shows_of_the_whole_text(xterm: Play) -> None:
    sessions = []
    texts = [*SAMPLES.values(), *(document(random.Random(seed)) for seed in range(100))]
    for seed, text in enumerate(texts):
        rnd = random.Random(seed)
        size = rnd.choice((20, 40, 80)), rnd.choice((5, 12, 30))
        parts = chunks(rnd, text)
        sessions.append({"width": size[0], "height": size[1], "steps": steps(parts, [None] * len(parts), size)})
        once = BLANK_END.sub(r"\1", printed_by_rich(text, LOOK, size[0]))
        sessions.append({"width": size[0], "height": size[1], "steps": [once]})
    shown = xterm(sessions)
    different = [text for number, text in enumerate(texts) if lines(shown[2 * number]) != lines(shown[2 * number + 1])]
    assert not different


def test_each_frame_is_held_back_until_it_is_complete(xterm: Play) -> None:
    stream, painter = MarkdownStream(LOOK, 40, 12), Painter(ColorSystem.TRUECOLOR)
    stream.feed("- one\n- two")
    frame = painter.paint(stream.frame(), 40, 12)
    middle = len(frame) // 2
    shown = xterm([{"width": 40, "height": 12, "steps": [painter.start(), frame[:middle], frame[middle:]]}])
    assert shown[0]["synchronized"] == [False, True, False]


def resized(seed: int, *, same_width: bool) -> tuple[dict[str, Any], list[str]]:
    """A session in which the size changes up to four times, and the words of its text, all different."""
    rnd = random.Random(seed)
    number = 0
    blocks = []
    for _ in range(30):
        words = []
        for _ in range(rnd.randint(3, 40)):
            number += 1
            words.append(f"w{number}x")
        text = " ".join(words)
        code = text.replace(" ", "\n")  # a long line of code would be cut within a word
        blocks.append(rnd.choice((text, f"- {text}", f"> {text}", f"```py\n{code}\n```", f"## {text}", f"1. {text}")))
    parts = chunks(rnd, "\n\n".join(blocks))
    sizes: list[tuple[int, int] | None] = [None] * len(parts)
    for place in rnd.sample(range(len(parts)), min(4, len(parts))):
        sizes[place] = 80 if same_width else rnd.randint(25, 130), rnd.randint(6, 45)
    return {"width": 80, "height": 24, "steps": steps(parts, sizes, (80, 24))}, [f"w{n}x" for n in range(1, number + 1)]


def seen(shown: dict[str, Any]) -> list[str]:
    """The words that are shown, also those that are broken at the edge of the terminal or by us."""
    text = ""
    for row, goes_on in shown["rows"]:
        text += ("" if goes_on else "\n") + row
    return re.findall(r"w\d+x", re.sub(r"\n[ ▌]*", "\n", text))


def test_a_new_width_loses_no_word_and_repeats_few(xterm: Play) -> None:
    sessions = [resized(seed, same_width=False) for seed in range(30)]
    shown = xterm([session for session, _ in sessions])
    repeated = whole = 0
    for screen, (_, words) in zip(shown, sessions, strict=True):
        found = seen(screen)
        assert set(words) <= set(found)
        repeated += len(found) - len(words)
        whole += len(words)
    assert repeated <= whole * 0.02


def test_a_new_height_loses_and_repeats_no_word(xterm: Play) -> None:
    sessions = [resized(seed, same_width=True) for seed in range(30)]
    shown = xterm([session for session, _ in sessions])
    for screen, (_, words) in zip(shown, sessions, strict=True):
        assert seen(screen) == words
