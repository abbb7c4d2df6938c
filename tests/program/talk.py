"""A conversation as one has it at the prompt, but in this process: typed lines go in, what the screen shows comes out.

    shown = talk("/system Be brief", "Hello")
    assert "You said: Hello" in shown

The lines are typed one after the other without waiting, as fast fingers do; the last one typed is /quit. The prompt
itself is not drawn, and the answers are plain text.
"""

import asyncio
import io

from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from mistral_chat import options, repl
from mistral_chat.commands import all_commands
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


async def _converse(setup: Setup, lines: tuple[str, ...]) -> None:
    desk = setup.desk(all_commands())
    try:
        with (
            create_pipe_input() as keys,
            Prompt(
                commands=desk.commands,
                world=Surroundings(desk),
                history=None,
                styles={},
                input=keys,
                output=DummyOutput(),
            ) as prompt,
        ):
            desk.asking = prompt
            keys.send_text("".join(line + "\r" for line in (*lines, CLEAR + "/quit")))
            await repl.run(desk, prompt)
    finally:
        await desk.chat.close()
