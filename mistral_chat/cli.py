"""From the command line to an exit status, by one of the modes.

The modes: one shot (a question is answered on stdout), the REPL (a conversation), both (`-i`), a dry run, a listing.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import TYPE_CHECKING, TextIO

from mistral_chat import options
from mistral_chat.errors import ChatError, Exit, UsageError, bug
from mistral_chat.screen import Screen
from mistral_chat.setup import PROGRAM, Setup, World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mistral_chat.command import Commands
    from mistral_chat.desk import Desk
    from mistral_chat.message import Attachment

WARM_UP_AFTER = 0.2
"""Seconds after which the prompt is surely on the screen."""


def run_process() -> None:
    """Runs the program for this process and ends it without waiting for threads."""
    stdout, stderr = (_writable(stream) for stream in (sys.stdout, sys.stderr))
    os._exit(run(World(sys.argv[1:], os.environ, sys.stdin, stdout, stderr)))


def _writable(stream: TextIO | None) -> TextIO:
    """A standard stream that never fails over a character; one that was closed leads nowhere."""
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="replace")
    return stream


def run(world: World) -> int:
    """The front door: one run of the program, with its exit status. Raises nothing."""
    screen = Screen(world.stdout, world.stderr, environment=world.environment)
    try:
        given = options.read(world.argv)
        if given.help:
            screen.write(options.help_text())
            return Exit.COMPLETE
        if given.version:
            return _print_version(screen)
        setup = Setup(world, given)
        screen = setup.screen
        return Run(setup).status()
    except ChatError as error:
        screen.error(error, PROGRAM)
        return error.exit_status
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), world.stdout.fileno())
        return Exit.BROKEN_PIPE
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.EIO:  # the terminal is gone
            return Exit.HANGUP
        with suppress(OSError):
            screen.error(_unwritten(error) if isinstance(error, OSError) else bug(error), PROGRAM)
        return Exit.BUG


def _unwritten(error: OSError) -> ChatError:
    return ChatError("standard output cannot be written", error.strerror or str(error), "write to another place")


def _print_version(screen: Screen) -> int:
    from mistral_chat import __version__

    screen.line(f"{PROGRAM} {__version__}")
    return Exit.COMPLETE


class Run:
    """One run of the program, in the mode that the options ask for."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.given = setup.given
        self.settings = setup.settings
        self.screen = setup.screen

    def status(self) -> int:
        """Runs what was asked for. Raises ChatError."""
        from mistral_chat.running import run_until_done

        errand = options.errand(self.given)
        if errand == "models":
            return run_until_done(self._list_models())
        if errand is not None:
            from mistral_chat import errands

            errands.run(self.setup)
            return Exit.COMPLETE
        attached = self._attached()
        question = self._question()
        if question is None and not self.given.dry_run:
            return run_until_done(self._converse(None, attached), interruptible=False)
        if self.given.session == "" and not self.given.interactive:
            raise UsageError("which session?", "-r without a name is for the terminal", "see mistral-chat --sessions")
        if question is None or not question.strip():
            why = "there is no question" if question is None else "the question is empty"
            raise UsageError("nothing to send", why, f'ask something: {PROGRAM} "your question"')
        if self.given.dry_run:
            return self._dry_run(question, attached)
        if self.given.interactive:
            return run_until_done(self._converse(question, attached), interruptible=False)
        return run_until_done(self._answer(question, attached))

    async def _answer(self, question: str, attached: Sequence[Attachment]) -> int:
        """One shot: the answer on stdout, everything else on stderr."""
        from mistral_chat.command import Commands
        from mistral_chat.running import stop_within

        desk = self._desk(Commands(), attached)
        stop_within(desk.aside)
        try:
            turn = await desk.say(question)
        except OSError as error:
            if error.errno in (errno.EPIPE, errno.EIO) or not desk.chat.saved:
                raise
            hint = "what had come of it is kept: mistral-chat -c shows it"
            raise ChatError("the answer could not be written", error.strerror or str(error), hint) from None
        finally:
            await desk.chat.close()
            desk.tell_notices()
        if turn.error is not None:
            self.screen.error(turn.error, PROGRAM)
        status = turn.exit_status(strict=self.settings["strict"])
        unsaved = desk.chat.store_error is not None
        return Exit.STORE if unsaved and status is Exit.COMPLETE else status

    async def _converse(self, question: str | None, attached: Sequence[Attachment]) -> int:
        """The REPL, after the answer to a first question if there is one."""
        import asyncio

        from mistral_chat import repl
        from mistral_chat.commands import all_commands

        self._need_terminal(question)
        self.screen.notes = self.setup.world.stdout
        desk = self._desk(all_commands(), attached)
        warming = asyncio.create_task(self._warm_up(desk))
        try:
            with self.setup.prompt(desk) as prompt:
                if self.setup.asks_background:
                    prompt.ask_background()
                await repl.run(desk, prompt, question, choosing=self.given.session == "")
        finally:
            warming.cancel()
            await desk.chat.close()
            desk.tell_notices()
        return Exit.COMPLETE

    def _desk(self, commands: Commands, attached: Sequence[Attachment]) -> Desk:
        """The desk, with what is attached on the command line on it, and what is known of who could look at that."""
        desk = self.setup.desk(commands)
        desk.waiting = tuple(attached)
        if attached and self.given.demo is None:
            from mistral_chat import cache

            desk.chat.models, _ = cache.load(self.setup.data_folder / "models.json", self.settings["base_url"])
        return desk

    async def _warm_up(self, desk: Desk) -> None:
        """While the user types: loads the commands and what an answer needs, and learns which models there are."""
        import asyncio
        import importlib

        from mistral_chat import cache

        await asyncio.sleep(WARM_UP_AFTER)
        await asyncio.to_thread(lambda: desk.commands.by_name)
        await asyncio.to_thread(importlib.import_module, "mistral_chat.live")
        await asyncio.to_thread(importlib.import_module, "mistral_chat.client")
        base_url, path = self.settings["base_url"], self.setup.data_folder / "models.json"
        if self.given.demo is None:
            known, fresh = cache.load(path, base_url)
            desk.chat.models = desk.chat.models or known
            if fresh:
                return
        with suppress(ChatError):
            desk.chat.models = await desk.chat.client.models()
            if self.given.demo is None and self.setup.data_file(path.name):
                cache.save(path, base_url, desk.chat.models)

    async def _list_models(self) -> int:
        from mistral_chat.commands.program import show_models

        async with self.setup.connect() as client:
            models = await client.models()
        if self.setup.wants_json:
            self.screen.json([model.to_json() for model in models])
        else:
            show_models(self.screen, models, self.settings["model"])
        return Exit.COMPLETE

    def _dry_run(self, question: str, attached: Sequence[Attachment]) -> int:
        import json

        from mistral_chat.message import Message, Role
        from mistral_chat.wire import encode_bytes

        message = Message.of(Role.USER, question, attached)
        self.screen.json(json.loads(encode_bytes(self.setup.chat().request(message))))
        return Exit.COMPLETE

    def _question(self) -> str | None:
        """The message of a one-shot: the words, a blank line, standard input; `-` stands where stdin goes."""
        words, stdin = self.given.words, self.setup.world.stdin
        reads = stdin is not None and not self.given.no_stdin and (not stdin.isatty() or "-" in words)
        if not words and not reads:
            return None
        piped = self._stdin() if reads else ""
        if "-" in words:
            return " ".join(piped if word == "-" else word for word in words)
        return "\n\n".join(part for part in (" ".join(words), piped) if part)

    def _attached(self) -> Sequence[Attachment]:
        """What is attached on the command line, read before anything else is. Raises UsageError."""
        if not self.given.attach:
            return ()
        from mistral_chat.attachments import take_all

        taken, parts = take_all(self.given.attach, self.settings["max_input"])
        for one in taken:
            if one.warning:
                self.screen.warn(one.warning)
        return parts

    def _stdin(self) -> str:
        from mistral_chat.inputs import read_stdin

        assert self.setup.world.stdin is not None
        return read_stdin(self.setup.world.stdin.buffer, self.settings["max_input"], self.screen).rstrip("\n")

    def _need_terminal(self, question: str | None) -> None:
        if self.setup.world.stdout.isatty():
            return
        why = "standard output is not a terminal"
        if question is not None:
            raise UsageError("no terminal to go on in", why, "leave out -i")
        what, hint = "no question, and no terminal to ask for one", f'give the question: {PROGRAM} "your question"'
        raise UsageError(what, why, hint)
