"""Commands for what goes with the next message: images, documents, audio and files of text."""

from __future__ import annotations

from typing import Annotated

from mistral_chat.arguments import Kind, Whole
from mistral_chat.caption import caption
from mistral_chat.command import Commands
from mistral_chat.commands.listing import counted
from mistral_chat.desk import Desk
from mistral_chat.errors import UsageError

ABOUT = "things"

commands = Commands()


@commands.command(ABOUT)
def attach(desk: Desk, file: Annotated[str, Kind("files", "FILE|URL")] = "") -> None:
    """Send an image, a PDF, audio or a text file along with your next message; bare, show what will be sent."""
    if file:
        desk.attach([file])
        return
    if not desk.waiting:
        desk.screen.note("nothing is attached; /attach FILE or /attach URL does it")
    for number, part in enumerate(desk.waiting, 1):
        desk.screen.line(("table.number", f"{number:>2} "), ("attachment", caption(part)), hang=3)


@commands.command(ABOUT)
def detach(desk: Desk, number: Annotated[int | None, Whole("attached", low=1, form="N")] = None) -> None:
    """Take away number N of what is attached, or all of it."""
    if not desk.waiting:
        raise UsageError("nothing is attached", hint="/attach FILE or /attach URL does it")
    if number is None:
        desk.screen.note(f"detached {counted(len(desk.waiting), 'attachment')}")
        desk.waiting = ()
        return
    if number > len(desk.waiting):
        raise UsageError(f"there is no attachment {number}", f"there are {len(desk.waiting)}", "see /attach")
    desk.screen.note(f"detached: {caption(desk.waiting[number - 1])}")
    desk.waiting = desk.waiting[: number - 1] + desk.waiting[number:]
