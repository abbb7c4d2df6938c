"""From the command line to an exit status: the settings are gathered, the edges built, and one mode is run.

The modes: one shot (a question is answered on stdout), the REPL (a conversation), both (`-i`), a dry run, a listing.
Heavy modules are imported where they are first needed, so that each mode starts as quickly as it can.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mistral_chat import config, options
from mistral_chat.errors import ChatError, Exit, NoKey, StoreReadOnly, UsageError
from mistral_chat.screen import Screen
from mistral_chat.settings import DEFAULTS, Layer, Settings, from_environment

if TYPE_CHECKING:
    from argparse import Namespace

    from mistral_chat.answers import Answer
    from mistral_chat.arguments import Offer
    from mistral_chat.chat import Chat
    from mistral_chat.client import Client
    from mistral_chat.desk import Desk
    from mistral_chat.markdown import Look
    from mistral_chat.prompt import Prompt
    from mistral_chat.secret import Secret
    from mistral_chat.store import Store
    from mistral_chat.theme import Theme

PROGRAM = "mistral-chat"
DEMO_KEY = "offline-demonstration-no-key-needed"


@dataclass(frozen=True, slots=True)
class World:
    """The outside of the program: arguments, variables and streams. `stdin` is None when there is none."""

    argv: Sequence[str]
    environment: Mapping[str, str]
    stdin: TextIO | None
    stdout: TextIO
    stderr: TextIO


def run_process() -> None:
    """Runs the program for this process and ends it without waiting for threads."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    status = run(World(sys.argv[1:], os.environ, sys.stdin, sys.stdout, sys.stderr))
    os._exit(status)


def run(world: World) -> int:
    """The front door: one run of the program, with its exit status. Raises nothing."""
    screen = Screen(world.stdout, world.stderr, environment=world.environment)
    try:
        given = options.read(world.argv)
        if given.version:
            return _print_version(screen)
        this = Run(world, given)
        screen = this.screen
        return this.status()
    except SystemExit:  # after --help
        return Exit.COMPLETE
    except ChatError as error:
        screen.error(error, PROGRAM)
        return error.exit_status
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), world.stdout.fileno())
        return Exit.BROKEN_PIPE


def _print_version(screen: Screen) -> int:
    from mistral_chat import __version__

    screen.line(f"{PROGRAM} {__version__}")
    return Exit.COMPLETE


class Run:
    """One run of the program: what was asked for, the settings in force, and the edges built from them."""

    def __init__(self, world: World, given: Namespace) -> None:
        from platformdirs import user_config_path, user_data_path

        self.world = world
        self.given = given
        self.config_folder = user_config_path(PROGRAM)
        self.data_folder = user_data_path(PROGRAM)
        profile = given.profile or world.environment.get("MISTRAL_CHAT_PROFILE")
        found = config.read(self.config_folder / "config.toml", profile)
        self.settings = Settings(
            {
                Layer.DEFAULT: DEFAULTS,
                Layer.FILE: found.values,
                Layer.PROFILE: found.profile,
                Layer.ENVIRONMENT: from_environment(world.environment),
                Layer.FLAG: options.flags(given),
            }
        )
        self.screen = Screen(
            world.stdout,
            world.stderr,
            environment=world.environment,
            color=self.settings["color"],
            accessible=self.settings["accessible"] or bool(world.environment.get("ACCESSIBLE")),
            quiet=self.settings["quiet"],
        )
        self.theme: Theme | None = None
        if self.screen.coloured:
            from mistral_chat.theme import rich_styles

            self.theme = self._theme()
            self.screen.styles = rich_styles(self.theme)
        for warning in found.warnings:
            self.screen.warn(warning)

    # ---- modes

    def status(self) -> int:
        """Runs what was asked for. Raises ChatError."""
        from mistral_chat.running import run_until_done

        if self.given.sessions:
            return self._list_sessions()
        if self.given.models:
            return run_until_done(self._list_models())
        question = self._question()
        if self.given.dry_run:
            return self._dry_run(question or "")
        if question is None:
            return run_until_done(self._converse(None), interruptible=False)
        if not question.strip():
            raise UsageError("nothing to send", "the question is empty", f'ask something: {PROGRAM} "your question"')
        if self.given.interactive:
            return run_until_done(self._converse(question), interruptible=False)
        return run_until_done(self._answer(question))

    async def _answer(self, question: str) -> int:
        """One shot: the answer on stdout, everything else on stderr."""
        from mistral_chat.message import Message, Role

        desk = self._desk()
        try:
            turn = await desk.say(Message.of(Role.USER, question))
        finally:
            await desk.chat.close()
        if turn.error is not None:
            self.screen.error(turn.error, PROGRAM)
        status = turn.exit_status(strict=self.settings["strict"])
        unsaved = isinstance(desk.chat.store_error, StoreReadOnly)
        return Exit.STORE if unsaved and status is Exit.COMPLETE else status

    async def _converse(self, question: str | None) -> int:
        """The REPL, after the answer to a first question if there is one."""
        from mistral_chat import repl

        self._need_terminal()
        self.screen.notes = self.world.stdout
        desk = self._desk()
        try:
            with self._prompt(desk) as prompt:
                await repl.run(desk, prompt, question)
        finally:
            await desk.chat.close()
        return Exit.COMPLETE

    async def _list_models(self) -> int:
        from mistral_chat.commands.program import show_models

        async with self._connecting()() as client:
            show_models(self.screen, await client.models(), self.settings["model"])
        return Exit.COMPLETE

    def _list_sessions(self) -> int:
        from mistral_chat.commands.sessions import session_json, show_sessions

        summaries = self._store().sessions()
        if self.settings["output"] in ("json", "jsonl"):
            self.screen.json([session_json(summary) for summary in summaries])
        else:
            show_sessions(self.screen, summaries)
        return Exit.COMPLETE

    def _dry_run(self, question: str) -> int:
        from mistral_chat.message import Message, Role
        from mistral_chat.wire import encode

        chat = self._chat()
        asked = Message.of(Role.USER, question) if question.strip() else None
        self.screen.json(encode(chat.request(asked)))
        return Exit.COMPLETE

    # ---- what is asked

    def _question(self) -> str | None:
        """The message of a one-shot: the words, a blank line, standard input; `-` stands where stdin goes."""
        words, stdin = self.given.words, self.world.stdin
        reads = stdin is not None and not self.given.no_stdin and (not stdin.isatty() or "-" in words)
        if not words and not reads:
            return None
        piped = self._stdin() if reads else ""
        if "-" in words:
            return " ".join(piped if word == "-" else word for word in words)
        return "\n\n".join(part for part in (" ".join(words), piped) if part)

    def _stdin(self) -> str:
        from mistral_chat.inputs import read_stdin

        assert self.world.stdin is not None
        return read_stdin(self.world.stdin.buffer, self.settings["max_input"], self.screen).rstrip("\n")

    def _need_terminal(self) -> None:
        if not self.world.stdout.isatty():
            raise UsageError(
                "no question, and no terminal to ask for one",
                "standard output is not a terminal",
                f'give the question: {PROGRAM} "your question"',
            )

    # ---- what is built

    def _desk(self) -> Desk:
        from mistral_chat.commands import all_commands
        from mistral_chat.desk import Desk

        return Desk(self._chat(), self.screen, all_commands(), self._new_answer, self.world.environment)

    def _chat(self) -> Chat:
        """The chat, with the session that was asked for."""
        from mistral_chat.chat import Chat

        self._read_system_file()
        chat = Chat(self.settings, self._connecting(), self._store())
        if chat.store.notice:
            chat.notices.append(chat.store.notice)
        if self.given.latest or self.given.session is not None:
            chat.resume(self._session(chat.store))
        if self.given.no_save and chat.conversation.id:
            chat.keep_in_memory()
        if self.given.title:
            chat.set_title(self.given.title)
        return chat

    def _session(self, store: Store) -> str:
        if self.given.session:
            return store.find(self.given.session)
        latest = store.latest()
        if latest is None:
            raise UsageError("no session to go on with", "nothing is saved yet", "start one without -c")
        return latest

    def _store(self) -> Store:
        """The sessions; in memory when they are not to be saved or there is no place for them."""
        from mistral_chat.store import Store

        going_on = self.given.latest or self.given.session is not None
        if self.given.no_save and not going_on:
            return Store(None)
        return Store(self.data_folder / "sessions.db")

    def _connecting(self) -> Callable[[], Client]:
        """What makes the client when it is needed; a missing key is found out at once."""
        if (rate := self.given.demo) is not None:
            return lambda: _demo_client(rate)
        key, base_url = self._key(), self.settings["base_url"]

        def connect() -> Client:
            from mistral_chat.client import Client

            return Client(key, base_url=base_url)

        return connect

    def _key(self) -> Secret | None:
        """The API key; a server on this machine needs none."""
        from mistral_chat import keys

        try:
            return keys.find(self.world.environment, self.settings["api_key_cmd"], self.data_folder / "credentials")
        except NoKey:
            if self.settings["base_url"].startswith("http://"):
                return None
            raise

    def _read_system_file(self) -> None:
        """`--system @FILE` stands for the text of the file; only the command line may name one."""
        given = self.settings.layers[Layer.FLAG].get("system")
        if given is not None and given.value.startswith("@"):
            from mistral_chat.inputs import read_file

            path = Path(given.value[1:]).expanduser()
            text = read_file(path, self.settings["max_input"], self.screen)
            self.settings = self.settings.put(Layer.FLAG, "system", text, given.origin)

    def _theme(self) -> Theme:
        """The theme of the settings; one that is not there is a warning and the default one."""
        from mistral_chat import theme

        default = theme.default_theme(theme.is_dark(self.world.environment.get("COLORFGBG"), None))
        name = self.settings["theme"]
        try:
            return theme.load(default if name == "auto" else name, self._theme_folders)
        except UsageError as error:
            self.screen.warn(f"{error.what}; {default} is used")
            return theme.load(default, self._theme_folders)

    @property
    def _theme_folders(self) -> tuple[Path, Path]:
        """The user's own themes, then those that come with the program."""
        from mistral_chat.theme import bundled_folder

        return self.config_folder / "themes", bundled_folder()

    def _new_answer(self, prefix: str, before: str) -> Answer:
        """The form of an answer, as the output setting and the terminal ask for it."""
        from mistral_chat import answers

        form = self.settings["output"]
        if form == "json":
            return answers.JsonAnswer(self.screen)
        if form == "jsonl":
            return answers.JsonLinesAnswer(self.screen)
        if not self.screen.is_terminal and form != "markdown":
            return answers.ExactAnswer(self.screen)
        if self.screen.plain or form == "text":
            return answers.LinearAnswer(self.screen, prefix)
        from mistral_chat.live import LiveAnswer

        return LiveAnswer(self.screen, self._look, prefix, before)

    @cached_property
    def _look(self) -> Look:
        from mistral_chat.live import look
        from mistral_chat.theme import code_styles

        return look(self.screen, code_styles(self.theme) if self.theme else {})

    def _prompt(self, desk: Desk) -> Prompt:
        from mistral_chat.prompt import Prompt
        from mistral_chat.theme import prompt_styles
        from mistral_chat.world import World

        prompt = Prompt(
            commands=desk.commands,
            world=World(desk, self._themes),
            history=self._data_file("history"),
            styles=prompt_styles(self.theme) if self.theme else {},
            depth=self.screen.depth,
            edit_mode=self.settings["edit_mode"],
            accessible=self.screen.plain,
        )
        desk.asking = prompt
        return prompt

    def _themes(self) -> list[Offer]:
        from mistral_chat.arguments import Offer
        from mistral_chat.theme import Theme, available

        found = available(self._theme_folders).items()
        return [Offer(name, theme.description if isinstance(theme, Theme) else theme.what) for name, theme in found]

    def _data_file(self, name: str) -> Path | None:
        """A file in the data folder; None when this run is to leave no trace."""
        return None if self.given.no_save else self.data_folder / name


def _demo_client(rate: float) -> Client:
    from mistral_chat.client import Client
    from mistral_chat.demo import Demo
    from mistral_chat.secret import Secret

    return Client(Secret(DEMO_KEY, "the demonstration"), transport=Demo(rate=rate))
