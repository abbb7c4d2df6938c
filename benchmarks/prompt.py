"""The prompt: how soon it is there, what a key costs, how long a paste takes.

    python benchmarks/prompt.py

Start-up is measured on a pty, against a bare `PromptSession().prompt()`, in turns; CPU times in this process, with a
history of 20,000 lines and 500 models.
"""

import asyncio
import os
import pty
import select
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import Input, create_input, create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from mistral_chat.arguments import Offer
from mistral_chat.commands import all_commands
from mistral_chat.prompt import Prompt

BARE = """
from prompt_toolkit import PromptSession
PromptSession("› ").prompt()
"""
OURS = """
import asyncio, sys
from mistral_chat.command import Commands
from mistral_chat.prompt import Prompt
class World:
    def offers(self, source): return []
    def status(self): return [[("status.model", " mistral-medium-latest")]], []
with Prompt(commands=Commands(), world=World(), history=None, styles={}) as prompt:
    asyncio.run(prompt.read())
"""
MARK = "›".encode()


class World:
    def offers(self, source: str) -> Sequence[Offer]:
        return [Offer(f"mistral-model-{number}-latest", "131k · vision · tools") for number in range(500)]

    def see_background(self, told: str) -> None:
        pass

    def status(self) -> tuple[list[list[tuple[str, str]]], list[tuple[str, str]]]:
        left = [("status.model", " mistral-medium-latest"), ("status", " · 25 tokens")]
        return [left], [("status.title", "untitled")]


class Nowhere:
    encoding = "utf-8"

    def write(self, text: str) -> None:
        pass

    def flush(self) -> None:
        pass

    def fileno(self) -> int:
        return -1


def until_prompt(*argv: str) -> float:
    """Seconds from the start of a command on a pty until its prompt is shown."""
    start = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(argv[0], argv)
    seen = b""
    while MARK not in seen:
        if not select.select([terminal], [], [], 20)[0]:
            raise SystemExit(f"no prompt:\n{seen.decode(errors='replace')}")
        seen += os.read(terminal, 4096)
    seconds = time.perf_counter() - start
    os.write(terminal, b"\x04")
    os.close(terminal)
    os.waitpid(pid, 0)
    return seconds


def in_turns(times: int, *measures: Callable[[], float]) -> list[float]:
    """The medians of some measures that are taken in turns."""
    rounds = [[measure() for measure in measures] for _ in range(times)]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


class Typing:
    """Types at a prompt, and waits until what was typed is drawn."""

    def __init__(self, prompt: Prompt) -> None:
        self._drawn = asyncio.Event()
        prompt.app.after_render += lambda app: self._drawn.set()

    async def cpu(self, type_text: Callable[[str], None], keys: Sequence[str]) -> float:
        """Seconds of CPU from a key until it is drawn, at the median."""
        spent = [0.0]
        for key in keys:
            before = time.process_time()
            self._drawn.clear()
            type_text(key)
            await self._drawn.wait()
            spent.append(time.process_time() - before)
        return statistics.median(spent[1:] or spent)

    async def until(self, condition: Callable[[], object]) -> None:
        """Waits for something to be drawn."""
        while not condition():
            self._drawn.clear()
            await self._drawn.wait()


def output() -> Vt100_Output:
    """A screen that nobody sees."""
    nowhere: Any = Nowhere()
    return Vt100_Output(nowhere, lambda: Size(40, 120), term="xterm-256color", enable_cpr=False)


async def keys(history: Path) -> list[float]:
    """Seconds of CPU for a letter of a message, of a command, of a model, of a search."""
    with create_pipe_input() as pipe:
        prompt = Prompt(commands=all_commands(), world=World(), history=history, styles={}, input=pipe, output=output())
        typing = Typing(prompt)
        reading = asyncio.ensure_future(prompt.read())
        await typing.until(lambda: prompt.app.render_counter)
        figures = []
        for before, text, after in (
            ("", "tell me something ", "\x03"),
            ("/", "temperature", "\x03"),
            ("/model ", "mistral", "\x03"),
            ("\x12", "entry 77", "\x03\x03"),
        ):
            await typing.cpu(pipe.send_text, before)
            figures.append(await typing.cpu(pipe.send_text, text))
            await typing.cpu(pipe.send_text, after)
        reading.cancel()
    return figures


async def paste(size: int, master: int, terminal: Input) -> float:
    """Seconds from the first byte of a paste on a pty until it is shown."""
    text = b"\x1b[200~" + b"0123456789abcde\r" * (size // 16) + b"\x1b[201~"
    loop = asyncio.get_running_loop()
    with Prompt(
        commands=all_commands(), world=World(), history=None, styles={}, input=terminal, output=output()
    ) as prompt:
        typing = Typing(prompt)
        reading = asyncio.ensure_future(prompt.read())
        await typing.until(lambda: prompt.app.render_counter)
        written = 0

        def write() -> None:
            nonlocal written
            written += os.write(master, text[written : written + 65536])
            if written == len(text):
                loop.remove_writer(master)

        start = time.perf_counter()
        loop.add_writer(master, write)
        await typing.until(lambda: prompt.draft.text)
        seconds = time.perf_counter() - start
        assert len(prompt.draft.whole) == size
        reading.cancel()
    return seconds


def pasted(size: int) -> float:
    master, slave = pty.openpty()
    os.set_blocking(master, False)
    try:
        with open(slave) as terminal:
            return asyncio.run(paste(size, master, create_input(terminal)))
    finally:
        os.close(master)


def show(what: str, value: str, limit: str) -> None:
    print(f"{what:<58}{value:>12}   {limit}")


def main() -> None:
    times = 15
    with tempfile.TemporaryDirectory() as home:
        for folder in (
            "XDG_DATA_HOME",
            "XDG_CONFIG_HOME",
            "XDG_CACHE_HOME",
            "XDG_STATE_HOME",
            "XDG_RUNTIME_DIR",
            "HOME",
        ):
            os.environ[folder] = home
        os.environ["TERM"] = "xterm-256color"
        bare, ours, program = in_turns(
            times,
            lambda: until_prompt(sys.executable, "-c", BARE),
            lambda: until_prompt(sys.executable, "-c", OURS),
            lambda: until_prompt(sys.executable, "-m", "mistral_chat", "--demo"),
        )
    show("a bare PromptSession().prompt()", f"{bare * 1000:.0f} ms", "")
    show("the same, this prompt", f"{ours / bare:.2f} ×", "")
    show("the same, the whole program", f"{program / bare:.2f} ×", "≤ 1.5 ×")
    with tempfile.TemporaryDirectory() as folder:
        history = Path(folder) / "history"
        history.write_text("".join(f"tell me about entry {number} of the long history\n" for number in range(20_000)))
        letter, command, model, search = asyncio.run(keys(history))
    show("CPU for a key, history of 20,000", f"{letter * 1000:.1f} ms", "≤ 5 ms")
    show("CPU for a key in the menu of commands", f"{command * 1000:.1f} ms", "≤ 10 ms")
    show("CPU for a key in the menu of 500 models", f"{model * 1000:.1f} ms", "≤ 10 ms")
    show("CPU for a key in the search of the history", f"{search * 1000:.1f} ms", "≤ 5 ms")
    show("a paste of 1 MB", f"{pasted(1 << 20):.2f} s", "≤ 2 s")
    show("a paste of 10 MB", f"{pasted(10 << 20):.2f} s", "≤ 3 s")


if __name__ == "__main__":
    main()
