"""What one run of the program works with: the settings from all their layers, and the edges built from them.

Heavy modules are imported where they are first needed, so that each mode starts as quickly as it can.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO

from mistral_chat import config, options
from mistral_chat.errors import ChatError, NoKey, StoreError, UsageError
from mistral_chat.screen import Depth, Screen
from mistral_chat.settings import DEFAULTS, Layer, Settings, from_environment

if TYPE_CHECKING:
    from argparse import Namespace

    from mistral_chat.answers import Answer
    from mistral_chat.arguments import Offer
    from mistral_chat.chat import Chat
    from mistral_chat.client import Client
    from mistral_chat.command import Commands
    from mistral_chat.desk import Desk
    from mistral_chat.markdown import Look
    from mistral_chat.prompt import Prompt
    from mistral_chat.secret import Secret
    from mistral_chat.store import Store
    from mistral_chat.theme import Theme

PROGRAM = "mistral-chat"
LARGE = 1_000_000
"""Characters of a file with instructions over which it is asked whether it is meant."""


class World(NamedTuple):
    """The outside of the program: arguments, variables and streams. `stdin` is None when there is none."""

    argv: Sequence[str]
    environment: Mapping[str, str]
    stdin: TextIO | None
    stdout: TextIO
    stderr: TextIO


class Setup:
    """Built from the world and the options `given`. Raises ConfigError and UsageError."""

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
        self.theme = self.any_theme() if self.screen.coloured else None
        if self.theme is not None:
            from mistral_chat.theme import rich_styles

            self.screen.styles = rich_styles(self.theme)
        self._prompt: Prompt | None = None
        for warning in found.warnings:
            self.screen.warn(warning)

    def desk(self, commands: Commands) -> Desk:
        """The chat and the screen together. Raises AuthError when there is no key, before a question is taken."""
        from mistral_chat.desk import Desk, Themes

        _ = self.key
        return Desk(
            self.chat(),
            self.screen,
            commands,
            self._new_answer,
            self.world.environment,
            Themes(self.themes, self.wear, self.prompt_styles, self.any_theme),
        )

    def chat(self) -> Chat:
        """The chat, with the session that was asked for."""
        self._read_system_file()
        chat = self._begun()
        if self.given.latest or self.given.session:
            try:
                self._resume(chat)
            except ChatError:
                for notice in chat.take_notices():
                    self.screen.warn(notice)
                raise
        if not self._keeps and chat.conversation.id:
            chat.keep_in_memory()
        if self.given.title:
            chat.set_title(self.given.title)
        return chat

    def _begun(self) -> Chat:
        """A chat in which nothing was said; when the file of the sessions cannot be used, one that is not saved."""
        from mistral_chat.chat import Chat
        from mistral_chat.store import Store

        try:
            return Chat(self.settings, self.connect, self.store())
        except StoreError as error:
            if self.given.latest or self.given.session is not None:
                raise
            chat = Chat(self.settings, self.connect, Store(None))
            chat.store_error = error
            chat.notices.append(f"sessions are not saved: {error.what}: {error.why}")
            return chat

    def _resume(self, chat: Chat) -> None:
        """Goes on with the session that is meant, at the message that is meant. Raises UsageError."""
        from mistral_chat.commands.exchange import head_through, place

        if not self.given.session:
            latest = chat.store.latest()
            if latest is None:
                raise UsageError("no session to go on with", "nothing is saved yet", "start one without -c")
            chat.resume(latest)
            return
        session, node = place(chat.store, self.given.session)
        chat.resume(session)
        if node is not None:
            chat.switch(head_through(chat.conversation, node))

    def store(self) -> Store:
        """Where the session is kept; in memory when it is not to be saved or there is no place for it."""
        from mistral_chat.store import Store

        if self.given.latest or self.given.session is not None:
            return self.saved_sessions()
        return Store(self.data_folder / "sessions.db" if self._keeps else None)

    def saved_sessions(self) -> Store:
        """The sessions on disk, to be listed or gone on with. Raises StoreError when there is no place for them."""
        from mistral_chat.store import Store

        store = Store(self.data_folder / "sessions.db")
        if store.path is None:
            hint = f"look at {self.data_folder} and who may use it"
            raise StoreError("the saved sessions cannot be opened", store.notice, hint)
        return store

    def connect(self) -> Client:
        """The client of the server, or of the demonstration. Raises AuthError, ConfigError."""
        from mistral_chat.client import Client

        if self.given.demo is not None:
            from mistral_chat.demo import KEY, Demo
            from mistral_chat.secret import Secret

            return Client(Secret(KEY, "the demonstration"), transport=Demo(rate=self.given.demo))
        return Client(self.key, base_url=self.settings["base_url"])

    @cached_property
    def key(self) -> Secret | None:
        """The API key; the demonstration and a server on this machine need none. Raises AuthError."""
        from mistral_chat import keys

        if self.given.demo is not None:
            return None
        try:
            return keys.find(self.world.environment, self.settings["api_key_cmd"], self.credentials)
        except NoKey:
            if self.settings["base_url"].startswith("http://"):
                return None
            raise

    @property
    def credentials(self) -> Path:
        """The file in which `--login` keeps the key."""
        return self.data_folder / "credentials"

    @property
    def wants_json(self) -> bool:
        """Whether a listing is to be JSON."""
        return self.settings["output"] in ("json", "jsonl")

    def ask(self, question: str) -> bool:
        """Asks on stderr and reads the answer from standard input; no by default. Raises UsageError at its end."""
        self.screen.question(f"{question} [y/N]")
        answer = self.world.stdin.readline() if self.world.stdin else ""
        if not answer:
            hint = "answer y or n on a terminal, or pipe it in: echo y | mistral-chat ..."
            raise UsageError("nothing was done, as nobody has answered", "standard input is at its end", hint)
        return answer.strip().lower() in ("y", "yes")

    def _read_system_file(self) -> None:
        """`--system @FILE` stands for the text of the file; only the command line may name one."""
        given = self.settings.layers[Layer.FLAG].get("system")
        if given is not None and given.value.startswith("@"):
            from mistral_chat.inputs import read_file

            text = read_file(given.value[1:], self.settings["max_input"], self.screen)
            if len(text) > LARGE:
                self._agree_to_large(given.value[1:], len(text))
            self.settings = self.settings.put(Layer.FLAG, "system", text, given.origin)

    def _agree_to_large(self, file: str, size: int) -> None:
        """Asks whether so much is meant. Raises UsageError when it is not, and where there is nobody to ask."""
        told = f"{file} has {size:,} characters, which every request would carry"
        if self.world.stdin is None or not self.world.stdin.isatty():
            raise UsageError(told, "that is asked about, but not without a terminal", "name a shorter file")
        if not self.ask(f"{told}. Send it?"):
            raise UsageError("nothing was sent", told, "name a shorter file")

    def any_theme(self) -> Theme:
        """The theme of the settings; one that is not there is a warning and the default one."""
        from mistral_chat import theme

        dark = theme.is_dark(self.world.environment.get("COLORFGBG"), None)
        default = theme.default_theme(dark, few_colours=self.screen.depth is Depth.STANDARD)
        name = self.settings["theme"]
        try:
            return theme.load(default if name == "auto" else name, self._theme_folders)
        except UsageError as error:
            self.screen.warn(f"{error.what} ({self.settings.given('theme').origin}); {default} is used; {error.hint}")
            return theme.load(default, self._theme_folders)

    @property
    def asks_background(self) -> bool:
        """Whether the terminal is to be asked if it is dark or light."""
        known = self.settings["theme"] != "auto" or bool(self.world.environment.get("COLORFGBG"))
        return self.screen.coloured and not self.screen.plain and not known

    def wear(self, name: str) -> Theme:
        """Changes the colours of everything from here on. Raises UsageError when there is no such theme."""
        from mistral_chat.theme import load, prompt_styles, rich_styles

        self.theme = load(name, self._theme_folders, "/theme shows them")
        self.screen.styles = rich_styles(self.theme) if self.screen.coloured else {}
        self.__dict__.pop("_look", None)
        if self._prompt is not None:
            self._prompt.wear(prompt_styles(self.theme))
        return self.theme

    def prompt_styles(self, name: str) -> Mapping[str, str]:
        """What a theme draws the prompt in; nothing when it cannot be read, or without colours."""
        from mistral_chat.theme import load, prompt_styles

        with suppress(ChatError):
            return prompt_styles(load(name, self._theme_folders)) if self.screen.coloured else {}
        return {}

    @property
    def _theme_folders(self) -> tuple[Path, Path]:
        """The user's own themes, then those that come with the program."""
        from mistral_chat.theme import bundled_folder

        return self.config_folder / "themes", bundled_folder()

    def _new_answer(self, prefix: str, before: str) -> Answer:
        """The form of an answer, as the output setting and the terminal ask for it."""
        if self.screen.redraws and not self.screen.plain and self.settings["output"] in ("auto", "markdown"):
            from mistral_chat.live import LiveAnswer

            hint = "/thinking shows it" if self._prompt else ""
            return LiveAnswer(self.screen, self._look, prefix, before, hint)
        from mistral_chat.silence import Watched

        return Watched(self._still_answer(prefix, before), self.screen)

    def _still_answer(self, prefix: str, before: str) -> Answer:
        """The form of an answer that is only ever appended to."""
        from mistral_chat import answers

        form = self.settings["output"]
        if form == "json":
            return answers.JsonAnswer(self.screen)
        if form == "jsonl":
            return answers.JsonLinesAnswer(self.screen)
        if not self.screen.is_terminal and form != "markdown":
            return answers.ExactAnswer(self.screen)
        if self.screen.plain or form == "text":
            return answers.LinearAnswer(self.screen, prefix, before)
        from mistral_chat.live import PrintedAnswer

        return PrintedAnswer(self.screen, self._look, prefix)

    @cached_property
    def _look(self) -> Look:
        from mistral_chat.live import look
        from mistral_chat.theme import code_styles

        return look(self.screen, code_styles(self.theme) if self.theme else {})

    def prompt(self, desk: Desk) -> Prompt:
        from mistral_chat.prompt import Prompt
        from mistral_chat.surroundings import Surroundings
        from mistral_chat.theme import prompt_styles

        prompt = Prompt(
            commands=desk.commands,
            world=Surroundings(desk),
            history=self.data_file("history"),
            styles=prompt_styles(self.theme) if self.theme else {},
            depth=self.screen.depth,
            edit_mode=self.settings["edit_mode"],
            accessible=self.screen.plain,
        )
        desk.asking = self._prompt = prompt
        return prompt

    def themes(self) -> list[Offer]:
        from mistral_chat.arguments import Offer
        from mistral_chat.theme import Theme, available

        found = available(self._theme_folders).items()
        return [Offer(name, theme.description if isinstance(theme, Theme) else theme.what) for name, theme in found]

    def data_file(self, name: str) -> Path | None:
        """A file in the data folder; None when this run is to leave no trace."""
        return self.data_folder / name if self._keeps else None

    @property
    def _keeps(self) -> bool:
        """Whether this run may leave anything on disk."""
        return not (self.given.no_save or self.given.dry_run)
