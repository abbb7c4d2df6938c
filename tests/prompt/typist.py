"""Someone who types at a prompt and looks at what it shows, without a terminal: keys come through a pipe.

    typist = Typist(tmp_path / "history")
    assert typist.read("hello", ENTER) == "hello"

Each piece is sent when the one before has been worked off and drawn. A function among the pieces is something to wait
for: it is called until it says True.
"""

import asyncio
import select
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.input.posix_pipe import PosixPipeInput
from prompt_toolkit.output.vt100 import Vt100_Output

from mistral_chat.arguments import Choice, Kind, Offer
from mistral_chat.command import Commands
from mistral_chat.prompt import Prompt
from mistral_chat.prompt.terminal import may_be_over
from tests.e2e.display import Display

ENTER, ALT_ENTER, SHIFT_ENTER, CTRL_J = "\r", "\x1b\r", "\x1b[13;2u", "\n"
TAB, ESCAPE, BACKSPACE = "\t", "\x1b", "\x7f"
UP, DOWN, RIGHT, LEFT, HOME, END = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F"
CTRL_A, CTRL_C, CTRL_D, CTRL_G, CTRL_R, CTRL_S = "\x01", "\x03", "\x04", "\x07", "\x12", "\x13"
CTRL_X_CTRL_E = "\x18\x05"

Piece = str | bytes | Callable[[], bool]
PATIENCE = 10.0
_PIPE_HOLDS = 60_000
T = TypeVar("T")

commands = Commands()


@commands.command("the request")
def model(desk: object, name: Annotated[str, Kind("models", "NAME")] = "") -> None:
    """The model that answers."""


@commands.command("the request")
def temperature(desk: object, value: Annotated[str, Kind("setting temperature", "NUMBER")] = "") -> None:
    """How freely words are chosen."""


@commands.command("the request")
def safe_prompt(desk: object, on: Annotated[str, Kind("setting safe_prompt", "on|off")] = "") -> None:
    """Put safety instructions in front."""


@commands.command("the request")
def once(
    desk: object, setting: Annotated[str, Kind("settings", "SETTING")], value: Annotated[str, Kind("values")]
) -> None:
    """Set something for the next request alone."""


@commands.command("the answer")
def retry(desk: object, settings: Annotated[str, Kind("assignments", "SETTING=VALUE ...")] = "") -> None:
    """Ask for another answer."""


@commands.command("the answer")
def compare(desk: object, models: Annotated[str, Kind("models", "MODEL ...")]) -> None:
    """Ask several models."""


@commands.command("things")
def attach(desk: object, file: Annotated[str, Kind("files", "FILE")]) -> None:
    """Send a file along."""


@commands.command("things")
def save(
    desk: object, number: Annotated[str, Kind("blocks", "N")], file: Annotated[str, Kind("files", "FILE")]
) -> None:
    """Save a block of code."""


@commands.command("sessions")
def resume(desk: object, session: Annotated[str, Kind("sessions", "SESSION")] = "") -> None:
    """Go on with a session."""


@commands.command("the rest")
def help(desk: object, command: Annotated[str, Kind("commands", "COMMAND")] = "") -> None:
    """Explain the commands."""


@commands.command("the rest")
def theme(desk: object, name: Annotated[str, Choice(source="themes", words=("auto",))] = "auto") -> None:
    """Change the colours."""


class SmallWorld:
    """A world with two models and a title."""

    known: ClassVar = {
        "models": [Offer("mistral-large-latest", "131k · vision"), Offer("codestral-latest", "262k · code")],
        "themes": [Offer("mistral-dark", "warm and dark"), Offer("mistral-light", "warm and light")],
        "blocks": [Offer("1", "python")],
        "sessions": [
            Offer("5t0w6", "painters · 1 min ago"),
            Offer("c9k2m", "xworld more · 2 min ago"),
            Offer("x4h7d", "tour · 3 h ago"),
        ],
    }

    def offers(self, source: str) -> Sequence[Offer]:
        return self.known.get(source, [])

    def see_background(self, told: str) -> None:
        """Nothing is changed."""

    def status(self) -> tuple[list[list[tuple[str, str]]], list[tuple[str, str]]]:
        left = [("status.model", " mistral-large-latest"), ("status", " · 25 tokens"), ("status.active", " · stop 1")]
        return [left], [("status.title", "Monet ")]


class Glass:
    """What a terminal's output is written to: an emulator."""

    def __init__(self, display: Display, encoding: str) -> None:
        self._display = display
        self.encoding = encoding

    def write(self, text: str) -> None:
        self._display.feed(text.encode())

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return -1


class Typist:
    """`edit_mode`, `accessible` and `styles` are the prompt's; each call of `read` is a prompt of the same program."""

    def __init__(
        self, history: Path | None = None, rows: int = 24, columns: int = 80, encoding: str = "utf-8", **options: Any
    ) -> None:
        self.display = Display(columns, rows)
        self._history = history
        self._options: dict[str, Any] = {"styles": {}, "commands": commands, "world": SmallWorld()} | options
        self._output = Vt100_Output(
            Glass(self.display, encoding),  # type: ignore[arg-type]
            lambda: Size(rows, columns),
            term="xterm-256color",
            enable_cpr=False,
        )

    def read(self, *pieces: Piece, draft: str = "") -> str:
        """What a prompt reads when these pieces are typed."""
        return self.reads(*pieces, draft=draft)[0]

    def reads(self, *pieces: Piece, times: int = 1, draft: str = "") -> list[str]:
        """What so many prompts read, one after the other, when these pieces are typed."""

        async def read(prompt: Prompt) -> list[str]:
            return [await prompt.read(draft if number == 0 else "") for number in range(times)]

        return self.does(read, *pieces)

    def does(self, work: Callable[[Prompt], Awaitable[T]], *pieces: Piece) -> T:
        """What comes of some work with a prompt while these pieces are typed."""

        async def run() -> T:
            with create_pipe_input() as pipe:
                assert isinstance(pipe, PosixPipeInput)
                with Prompt(input=pipe, output=self._output, history=self._history, **self._options) as prompt:
                    self.prompt = prompt
                    done = asyncio.ensure_future(_await(work(prompt)))
                    try:
                        await self._type(pipe, done, pieces)
                        return await asyncio.wait_for(done, PATIENCE)
                    finally:
                        done.cancel()
                        await asyncio.wait([done])

        return asyncio.run(run())

    async def _type(self, pipe: PosixPipeInput, done: "asyncio.Future[Any]", pieces: Iterable[Piece]) -> None:
        await self._settled(pipe, done)
        for piece in pieces:
            if not isinstance(piece, str | bytes):
                await self._until(piece)
                continue
            data = piece if isinstance(piece, bytes) else piece.encode()
            for start in range(0, len(data), _PIPE_HOLDS):
                pipe.send_bytes(data[start : start + _PIPE_HOLDS])
                await self._settled(pipe, done)

    async def _settled(self, pipe: PosixPipeInput, done: "asyncio.Future[Any]") -> None:
        """Until every key is read and its effect drawn."""

        def is_settled() -> bool:
            waiting = select.select([pipe.pipe.read_fd], [], [], 0)[0] or may_be_over(pipe)
            return done.done() or not (waiting or self.prompt.app.invalidated)

        await asyncio.sleep(0)
        await self._until(is_settled)

    async def _until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, "\n".join(self.rows())
            await asyncio.sleep(0.001)

    def rows(self) -> list[str]:
        """The rows of the screen, without the empty ones below."""
        return "\n".join(self.display.rows()).rstrip("\n").split("\n")

    def shows(self, text: str) -> bool:
        """Whether the screen has this in it."""
        return text in "\n".join(self.display.rows())


async def _await(work: Awaitable[T]) -> T:
    return await work


def paste(text: str) -> str:
    """As a terminal sends it."""
    return "\x1b[200~" + text.replace("\n", "\r") + "\x1b[201~"
