"""Commands for what one does with an answer: copy, save, pipe, read its thoughts, read it all again."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Annotated

from mistral_chat import clipboard
from mistral_chat.arguments import Kind, Whole
from mistral_chat.command import Commands
from mistral_chat.commands.listing import counted
from mistral_chat.conversation import Node
from mistral_chat.desk import Desk
from mistral_chat.errors import UsageError
from mistral_chat.keys import VARIABLE
from mistral_chat.message import Role
from mistral_chat.named_file import to_write
from mistral_chat.text import clean_copy

ABOUT = "things"

commands = Commands()


@commands.command(ABOUT)
def copy(desk: Desk, number: Annotated[int | None, Whole("blocks", low=1, form="N")] = None) -> None:
    """Copy the last answer, or its code block N, to the clipboard."""
    text, dropped = clean_copy(_answer(desk).message.text if number is None else _block(desk, number))
    by = clipboard.copy(text, desk.environment) or ("the terminal (OSC 52)" if desk.screen.clip(text) else None)
    if by is None:
        raise UsageError("the clipboard cannot be reached", hint="save it to a file: /save N FILE")
    what = "the answer" if number is None else f"code block {number}"
    left_out = f", without {dropped} control characters" if dropped else ""
    desk.screen.note(("success", f"copied {what}: {len(text):,} characters{left_out}, by {by}"))


@commands.command(ABOUT)
async def save(
    desk: Desk,
    number: Annotated[int, Whole("blocks", low=1, form="N")],
    file: Annotated[str, Kind("files", "FILE")],
) -> None:
    """Save code block N of the last answer to a file."""
    text = _block(desk, number)
    path = to_write(file)
    if path.exists() and not await desk.asking.confirm(f"{path} is there already. Write over it?"):
        desk.screen.note("not saved")
        return
    _write(path, text)
    desk.screen.note(("success", f"saved {path}: {counted(len(text.splitlines()), 'line')}"))


@commands.command(ABOUT)
async def pipe(
    desk: Desk,
    number: Annotated[int, Whole("blocks", low=1, form="N")],
    command: Annotated[str, Kind(form="COMMAND")],
) -> None:
    """Give code block N of the last answer to a command of yours, which has no terminal, and show what it prints."""
    text = _block(desk, number)
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    process = await asyncio.create_subprocess_shell(
        command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment,
        start_new_session=True,  # without our terminal, whose keys are ours
    )
    try:
        output, _ = await process.communicate(text.encode())
    except asyncio.CancelledError:
        _kill(process)
        desk.screen.note("stopped")
        raise
    for line in output.decode(errors="replace").splitlines():
        desk.screen.line(line)
    status = process.returncode or 0
    if status:
        desk.screen.note(("warning", f"ended by signal {-status}" if status < 0 else f"exit status {status}"))


@commands.command(ABOUT)
def thinking(desk: Desk) -> None:
    """Show what the model thought before its last answer."""
    thought = _answer(desk).message.thinking
    if not thought:
        raise UsageError(
            "the last answer came without thoughts", hint="/reasoning_effort high, with a model that reasons"
        )
    for line in thought.splitlines():
        desk.screen.line(("thinking", line), hang=0)


@commands.command(ABOUT)
def history(desk: Desk, number: Annotated[int | None, Whole(low=1, form="N")] = None) -> None:
    """Show the conversation again, or its last N messages of yours with their answers; the numbers are for /edit."""
    path = desk.chat.conversation.path()
    if not path:
        raise UsageError("nothing was said yet", hint="say something first")
    asked = [place for place, node in enumerate(path) if node.role is Role.USER]
    shown = len(asked) if number is None else min(number, len(asked))
    first = asked[-shown] if shown < len(asked) else 0
    desk.screen.line()
    desk.show_exchange(path[first:], count(len(asked) - shown + 1))


def _kill(process: asyncio.subprocess.Process) -> None:
    """Ends a shell and all that it has started."""
    with suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _answer(desk: Desk) -> Node:
    answer = desk.chat.conversation.last(Role.ASSISTANT)
    if answer is None:
        raise UsageError("there is no answer yet", hint="ask something first")
    return answer


def _block(desk: Desk, number: int) -> str:
    """The raw text of a code block of the last answer. Raises UsageError."""
    blocks = desk.code_blocks()
    if number > len(blocks):
        known = f"there are {len(blocks)}" if blocks else "the last answer has no code"
        raise UsageError(f"there is no code block {number}", known, "/history 1 shows that answer again")
    return blocks[number - 1].text


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"{path} cannot be written", error.strerror or str(error), "give another name") from None
