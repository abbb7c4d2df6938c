"""A conversation as one has it at the prompt, but in this process: typed lines go in, what the screen shows comes out.

    shown = talk("/system Be brief", "Hello")
    assert "You said: Hello" in shown

Each line is typed when the prompt is there, behind what stands in it; the last one typed is /quit. The prompt itself is
not drawn, and the answers are plain text.
"""

import asyncio
import io
from collections.abc import Iterator

from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from mistral_chat import options, repl
from mistral_chat.commands import all_commands
from mistral_chat.desk import Desk
from mistral_chat.prompt import Prompt
from mistral_chat.setup import Setup, World
from mistral_chat.surroundings import Surroundings
from tests.e2e import PATIENCE
from tests.program.shell import Shell

CLEAR = "\x01\x0b"
"""Ctrl-A Ctrl-K: away with the line that is in the prompt, such as one that failed."""


class Talk:
    """Converses in the home and with the server of a shell. `words` are those of the command line."""

    def __init__(self, shell: Shell, *words: str) -> None:
        self.shell = shell
        self.words = words

    def __call__(self, *lines: str) -> str:
        """What is shown from the start of the program to its end when these lines are typed."""
        screen = io.TextIOWrapper(io.BytesIO(), "utf-8", newline="")
        words = ["--base-url", self.shell.server.url, *self.words]
        setup = Setup(World(words, self.shell.environment, None, screen, screen), options.read(words))
        asyncio.run(asyncio.wait_for(_converse(setup, lines), PATIENCE))
        screen.seek(0)
        return screen.read()


class Typist(Prompt):
    """A prompt at which somebody types a line each time it is read."""

    def __init__(self, keys: PipeInput, lines: Iterator[str], desk: Desk) -> None:
        super().__init__(
            commands=desk.commands,
            world=Surroundings(desk),
            history=None,
            styles={},
            input=keys,
            output=DummyOutput(),
        )
        self._keys = keys
        self._lines = lines

    async def read(self, draft: str = "") -> str:
        self._keys.send_text(next(self._lines) + "\r")
        return await super().read(draft)


async def _converse(setup: Setup, lines: tuple[str, ...]) -> None:
    desk = setup.desk(all_commands())
    try:
        with create_pipe_input() as keys, Typist(keys, iter([*lines, CLEAR + "/quit"]), desk) as prompt:
            desk.asking = prompt
            await repl.run(desk, prompt)
    finally:
        await desk.chat.close()
