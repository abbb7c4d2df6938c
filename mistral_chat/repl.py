"""The loop of the conversation: read a line, run it or say it, show what went wrong, again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from mistral_chat import __version__
from mistral_chat.command import as_line, said, split
from mistral_chat.desk import Desk
from mistral_chat.errors import ChatError, UsageError, bug
from mistral_chat.prompt import Prompt
from mistral_chat.text import cells, one_line

TITLE = "mistral-chat"
WORTH_A_BELL = 10.0
"""Seconds that an answer takes for `notify` to ring the bell."""


async def run(desk: Desk, prompt: Prompt, question: str | None = None, *, choosing: bool = False) -> None:
    """Lets the user choose a session first if so wanted, and answers a first question if there is one.

    Then reads and answers until the user leaves. What goes wrong is shown, and the loop goes on.
    """
    greet(desk, choosing=choosing)
    desk.tell_notices()
    desk.tell_waiting()
    desk.screen.set_title(TITLE)
    try:
        await _converse(desk, prompt, question, choosing=choosing)
    finally:
        desk.screen.restore_title()


async def _converse(desk: Desk, prompt: Prompt, question: str | None, *, choosing: bool) -> None:
    if choosing:
        from mistral_chat.commands.sessions import choose

        await choose(desk)
        if not desk.chat.conversation.id:
            return
    if question is not None:
        try:
            await _stoppable(_say(desk, question), desk, prompt)
        except ChatError as error:
            desk.screen.error(error)
            desk.draft = as_line(question)
    while not desk.leaving:
        try:
            line = await prompt.read(desk.draft)
        except EOFError:
            return
        desk.draft = ""
        if line.strip():
            await _take(desk, prompt, line)
        else:
            desk.stop_editing()
            if desk.waiting:
                desk.screen.note("ask something about what is attached; /detach takes it away")


async def _take(desk: Desk, prompt: Prompt, line: str) -> None:
    """Obeys a line, or shows why it could not be done; what is no command is then put back into the prompt."""
    try:
        await _obey(desk, prompt, line)
    except BrokenPipeError:
        raise
    except Exception as error:
        desk.screen.error(error if isinstance(error, ChatError) else bug(error))
        if split(line) is None:
            desk.draft = desk.draft or line
    desk.tell_notices()


def greet(desk: Desk, *, choosing: bool = False) -> None:
    """The first line, and the last exchange of a session that is resumed."""
    resumed = bool(desk.chat.conversation.nodes)
    session = "resumed" if resumed else "resuming" if choosing else "new session"
    name, model, help = f"mistral-chat {__version__}", one_line(desk.chat.settings["model"]), "/help for commands"
    fuller = ((name, model, session, help), (name, model, help))
    shown = next((words for words in fuller if cells(" · ".join(words)) <= desk.screen.width), (TITLE, model, help))
    desk.screen.line(("banner.name", shown[0]), ("banner", "".join(f" · {word}" for word in shown[1:])), hang=2)
    if resumed:
        from mistral_chat.commands.sessions import show_resumed

        show_resumed(desk)
    else:
        desk.screen.line()


async def _obey(desk: Desk, prompt: Prompt, line: str) -> None:
    """A command is run, anything else is said."""
    named = split(line)
    if named is None:
        text = said(line)
        desk.attach_named(text, typed=prompt.typed)
        await _stoppable(_say(desk, text), desk, prompt)
        return
    name, rest = named
    try:
        command = desk.commands.find(name)
    except UsageError:
        desk.draft = line
        raise
    desk.stop_editing()
    result = command.run(desk, *command.read(rest))
    if result is not None:
        await _stoppable(result, desk, prompt)


async def _say(desk: Desk, text: str) -> None:
    limit, size = desk.chat.settings["max_input"], len(text.encode(errors="replace"))
    if size > limit:
        why, hint = f"max_input is {limit:,}", "send a part of it, or set max_input in config.toml"
        raise UsageError(f"the message is {size:,} bytes long", why, hint)
    desk.screen.line()
    turn = await desk.say(text)
    if turn.answer is None:
        desk.draft = as_line(text)
        if turn.error is None:
            desk.screen.note("stopped; your message is back in the prompt")
    elif desk.chat.settings["notify"] and (turn.answer.seconds or 0) > WORTH_A_BELL:
        desk.screen.ring()
    desk.tell(turn)


async def _stoppable(work: Awaitable[None], desk: Desk, prompt: Prompt) -> None:
    """Does some work that Ctrl-C or Esc ends; what is typed meanwhile waits in the next prompt."""
    task = asyncio.ensure_future(work)

    def stop() -> None:
        task.cancel()

    async with prompt.listening(stop, desk.aside):
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.done():  # it is the program that is being ended, not only this work
                task.cancel()
                await asyncio.wait([task])
                raise
