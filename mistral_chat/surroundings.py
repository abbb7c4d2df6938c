"""What the prompt shows of the rest of the program: the words to complete with, and the line under it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mistral_chat.arguments import Offer
from mistral_chat.caption import caption
from mistral_chat.commands.listing import age
from mistral_chat.conversation import Node
from mistral_chat.desk import Desk
from mistral_chat.models import Model, find
from mistral_chat.screen import Piece
from mistral_chat.settings import SETTINGS
from mistral_chat.text import one_line
from mistral_chat.theme import is_dark

TITLE_CELLS = 40
SESSIONS = 200


class Surroundings:
    """A desk as the prompt sees it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def offers(self, source: str) -> Sequence[Offer]:
        """The words of a kind's `source`; none for one that is not known."""
        match source:
            case "models":
                return [Offer(name, _about(model)) for model, name in self._models()]
            case "sessions":
                known = self._desk.chat.store.sessions(SESSIONS)
                return [Offer(one.id, f"{one_line(one.name, TITLE_CELLS)} · {age(one.updated)}") for one in known]
            case "themes":
                return self._desk.themes.offers()
            case "settings" | "assignments":
                end = "=" if source == "assignments" else ""
                return [Offer(name + end, setting.help) for name, setting in SETTINGS.items() if setting.kept]
            case "commands":
                return [Offer(name, command.help) for name, command in self._desk.commands.by_name.items()]
            case "branches":
                ends = self._desk.chat.conversation.leaves()
                return [Offer(str(n), self._branch(end)) for n, end in enumerate(ends, 1)]
            case "attached":
                return [Offer(str(n), caption(part)) for n, part in enumerate(self._desk.waiting, 1)]
        return [*_values(source)]

    def see_background(self, told: str) -> None:
        """Changes to the light theme, or back, when the theme is to go by the terminal's background."""
        if is_dark(None, told) is not None:
            self._desk.background = told
            if self._desk.chat.settings["theme"] == "auto":
                self._desk.wear_default()

    def status(self) -> tuple[Sequence[Sequence[Piece]], Sequence[Piece]]:
        """What stands under the prompt: model, attachments, tokens and what is in force at the left, then the title.

        Where there is less room, the share of the context is left out, then the tokens, then the model.
        """
        chat = self._desk.chat
        left: list[tuple[int, Piece]] = [(1, ("status.model", one_line(chat.settings["model"])))]
        if self._desk.waiting:
            left.append((0, ("status.active", f"attached {len(self._desk.waiting)}")))
        left += [(number, ("status", figure)) for number, figure in enumerate(self._tokens(), 2)]
        left += [(0, ("status.active", active)) for active in self._in_force()]
        if self._desk.editing is not None:
            left.append((0, ("status.active", "editing an earlier message")))
        versions = [_spaced(piece for number, piece in left if number <= last) for last in (3, 2, 1, 0)]
        title = ("status.title", one_line(chat.title or "new session", TITLE_CELLS))
        return [version for version in versions if version], [title]

    def _models(self) -> Iterator[tuple[Model, str]]:
        for model in self._desk.chat.models:
            for name in model.names:
                yield model, name

    def _branch(self, end: Node) -> str:
        """What tells a branch from others, by the message it ends in."""
        here = "here" if end.id == self._desk.chat.conversation.head else ""
        return " · ".join(filter(None, (here, end.model, age(end.at), one_line(end.message.text, TITLE_CELLS))))

    def _tokens(self) -> Iterator[str]:
        """The tokens of the session, and the share of the context window that the last exchange took."""
        chat = self._desk.chat
        used = [node.usage for node in chat.conversation.path() if node.usage is not None]
        if used:
            yield f"{sum(usage.total for usage in used):,} tokens"
            model = find(chat.settings["model"], chat.models)
            if model and model.context:
                yield f"{used[-1].total * 100 // model.context} % of context"

    def _in_force(self) -> Iterator[str]:
        if not self._desk.chat.saved:
            yield "not saved"
        settings = self._desk.chat.settings
        for name in ("safe_prompt", "json"):
            if settings[name]:
                yield "JSON" if name == "json" else name
        if settings["stop"]:
            yield f"stop {len(settings['stop'])}"
        if settings["prefix"]:
            yield "prefix"
        if settings["system"]:
            yield "system"


def _spaced(pieces: Iterable[Piece]) -> Sequence[Piece]:
    """The pieces with a dot between any two."""
    return [part for piece in pieces for part in (("status", " · "), piece)][1:]


def _values(source: str) -> Iterator[Offer]:
    """The values of a setting, for the source `setting NAME`."""
    setting = SETTINGS.get(source.removeprefix("setting "))
    if setting is not None:
        yield from setting.kind.offers()
        if setting.default is None or setting.default == ():
            yield Offer("clear", "not set")


def _about(model: Model) -> str:
    size = [f"{model.window} context"] if model.window else []
    return " · ".join([*size, *model.talents])
