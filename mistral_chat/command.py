"""A slash command, declared by decorating a function: read, explained and completed from its signature.

The first line of the docstring is the help; each parameter after the desk is an argument whose annotation,
`Annotated[str, Kind(...)]`, says how it is read and completed. Positional words only, and the last parameter takes the
rest of the line.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple, get_type_hints

from mistral_chat.arguments import Kind, nearest, shortened, unquote
from mistral_chat.errors import UsageError
from mistral_chat.settings import SETTINGS

Run = Callable[..., Awaitable[None] | None]


class Parameter(NamedTuple):
    """An argument of a command."""

    name: str
    kind: Kind
    needed: bool

    @property
    def form(self) -> str:
        """How it stands in a usage line: NAME or [NAME]."""
        return self.kind.form if self.needed else f"[{self.kind.form}]"


class Command(NamedTuple):
    """`about` groups commands in the help; `run` takes the desk and the arguments and may be a coroutine."""

    name: str
    about: str
    help: str
    parameters: tuple[Parameter, ...]
    run: Run

    @property
    def usage(self) -> str:
        return " ".join(["/" + self.name, *(parameter.form for parameter in self.parameters)])

    def read(self, line: str) -> list[Any]:
        """The arguments in the text after the name. Raises UsageError with the usage."""
        arguments: list[Any] = []
        rest = line.strip()
        for place, parameter in enumerate(self.parameters, 1):
            if not rest:
                if parameter.needed:
                    raise UsageError(f"/{self.name} needs {parameter.form}", hint=f"usage: {self.usage}")
                break
            word, rest = (rest, "") if place == len(self.parameters) else _first_word(rest)
            try:
                arguments.append(parameter.kind.parse(word if parameter.kind.exact else unquote(word)))
            except ValueError as error:
                raise UsageError(f"/{self.name}: {error}", hint=f"usage: {self.usage}") from None
        if rest:
            why = f"not understood: {shortened(rest)}"
            raise UsageError(f"/{self.name} takes nothing more", why, f"usage: {self.usage}")
        return arguments


class Commands:
    """The commands there are, in the order in which they were declared; `load` gives them when first asked for one."""

    def __init__(self, load: Callable[[], dict[str, Command]] = dict) -> None:
        self._load = load

    @cached_property
    def by_name(self) -> dict[str, Command]:
        return self._load()

    def command(self, about: str, name: str = "") -> Callable[[Run], Run]:
        """Declares the decorated function as a command; its own name counts unless another is given."""

        def declare(run: Run) -> Run:
            self.add(Command(name or run.__name__, about, _first_line(run), tuple(_parameters(run)), run))
            return run

        return declare

    def add(self, command: Command) -> None:
        self.by_name[command.name] = command

    def find(self, name: str) -> Command:
        """The command of that name. Raises UsageError with the nearest name."""
        command = self.by_name.get(name) or self.by_name.get(name.replace("-", "_"))
        if command is None:
            if (setting := SETTINGS.get(name.replace("-", "_"))) is not None:
                raise UsageError(f"no command /{name}", "that is not set in a conversation", setting.place)
            near = nearest(name, self.by_name)
            meant = f" — did you mean /{near}?" if near else ""
            what = f"no command /{shortened(name)}{meant}"
            raise UsageError(what, hint="see /help; a message that begins with / is written //")
        return command

    def by_group(self) -> Mapping[str, list[Command]]:
        groups: dict[str, list[Command]] = {}
        for command in self.by_name.values():
            groups.setdefault(command.about, []).append(command)
        return groups


def split(line: str) -> tuple[str, str] | None:
    """A line that begins with a slash, as name and the text after it; None for a message (also one that begins //)."""
    if not line.startswith("/") or line.startswith("//"):
        return None
    return _first_word(line[1:])


def said(line: str) -> str:
    """The message that a line is which `split` takes for one."""
    return line[1:] if line.startswith("//") else line


def as_line(message: str) -> str:
    """The line that says a message: the inverse of `said`."""
    return f"/{message}" if message.startswith("/") else message


def _first_word(text: str) -> tuple[str, str]:
    """The first word, which may be quoted, and what follows it."""
    end = 0
    inside = False
    while end < len(text) and (inside or not text[end].isspace()):
        if text[end] == '"' and (end == 0 or inside):
            inside = not inside
        elif text[end] == "\\" and inside:
            end += 1
        end += 1
    return text[:end], text[end:].lstrip(" \t") if text[end : end + 1] != "\n" else text[end + 1 :]


def _first_line(run: Run) -> str:
    return inspect.getdoc(run).splitlines()[0] if run.__doc__ else ""  # type: ignore[union-attr]


def _parameters(run: Run) -> Iterable[Parameter]:
    hints = get_type_hints(run, include_extras=True)
    for parameter in list(inspect.signature(run).parameters.values())[1:]:
        kind = next(kind for kind in hints[parameter.name].__metadata__ if isinstance(kind, Kind))
        yield Parameter(parameter.name, kind, parameter.default is inspect.Parameter.empty)
