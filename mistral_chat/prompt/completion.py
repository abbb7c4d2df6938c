"""What could stand where the cursor is: commands, their arguments by kind, and files behind `@`; matched fuzzily."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mistral_chat.arguments import Kind, Offer, Texts, quote
from mistral_chat.caption import size
from mistral_chat.command import Command, Commands, Parameter
from mistral_chat.prompt.world import World
from mistral_chat.settings import SETTINGS, Setting

MOST = 100
"""Of more matches only the best are offered."""

_FILE_IN_MESSAGE = re.compile(r'(?:^|\s)@("[^"]*|[^\s"]*)$')


class Found(NamedTuple):
    """A word that takes the place of the last `replaced` characters before the cursor.

    `matched` are the places in `shown` of the letters that were typed; `final` is false where the word goes on.
    """

    word: str
    replaced: int
    shown: str
    help: str = ""
    matched: tuple[int, ...] = ()
    final: bool = True


def complete(before: str, commands: Commands, world: World) -> list[Found]:
    """The words for the text before the cursor, the best first."""
    if before.startswith("/") and not before.startswith("//"):
        name, blank, rest = before[1:].partition(" ")
        if not blank:
            return _commands(name, commands) if "\n" not in name else []
        command = commands.by_name.get(name)
        return _arguments(command, rest, commands, world) if command else []
    in_message = _FILE_IN_MESSAGE.search(before)
    return _files(in_message[1]) if in_message else []


def usage(before: str, commands: Commands) -> tuple[str, str] | None:
    """How the slash command at the beginning of a draft is used, and its help; None while there is none."""
    name, _, rest = before[1:].partition(" ")
    command = commands.by_name.get(name) if before.startswith("/") else None
    if command is None:
        return None
    setting = _meant(command, rest)
    return command.usage, _told(setting) if setting else command.help


def _commands(typed: str, commands: Commands) -> list[Found]:
    offers = [Offer(command.name, command.help) for command in commands.by_name.values()]
    return [
        Found(
            f"/{offer.word}" + " " * bool(commands.by_name[offer.word].parameters),
            len(typed) + 1,
            f"/{offer.word}",
            offer.help,
            tuple(place + 1 for place in places),
            final=False,
        )
        for offer, places in matches(typed, offers)
    ]


def _arguments(command: Command, typed: str, commands: Commands, world: World) -> list[Found]:
    """The words for the argument in which the typed text ends."""
    if not command.parameters:
        return []
    parameter, earlier, typed = _last_argument(command, typed)
    kind = parameter.kind
    if kind.source == "files" or (typed.startswith("@") and "@FILE" in kind.form):
        at = typed[: typed.startswith("@")]
        return _files(typed.removeprefix("@"), bare=parameter is command.parameters[-1] and not at)
    if kind.source == "assignments":
        return _assignments(typed, world)
    last = parameter is command.parameters[-1]
    offers = _offers(kind, earlier, commands, world)
    return [
        Found(
            (offer.word if last else _quoted(offer.word)) + " " * (not last),
            len(typed),
            offer.word,
            offer.help,
            places,
            final=last,
        )
        for offer, places in (
            _sessions(typed, offers)
            if kind.source == "sessions"
            else matches(typed, offers) or _explained_so(typed, offers)
        )
    ]


def _last_argument(command: Command, typed: str) -> tuple[Parameter, list[str], str]:
    """The parameter in whose argument the typed text ends, the arguments before that one, and what is typed of it."""
    *others, last = command.parameters
    earlier: list[str] = []
    typed = typed.lstrip(" ")
    for parameter in others:
        word, blank, rest = typed.partition(" ")
        if not blank:
            return parameter, earlier, typed
        earlier.append(word)
        typed = rest.lstrip(" ")
    return last, earlier, typed.rpartition(" ")[2] if last.kind.form.endswith("...") else typed


def _meant(command: Command, typed: str) -> Setting | None:
    """The setting whose value is being typed."""
    if not command.parameters:
        return None
    parameter, earlier, word = _last_argument(command, typed)
    match parameter.kind.source.split():
        case ["setting", name]:
            return SETTINGS[name]
        case ["values"] if earlier:
            return SETTINGS.get(earlier[-1])
        case ["assignments"] if "=" in word:
            return SETTINGS.get(word.partition("=")[0])
    return None


def _told(setting: Setting) -> str:
    """The range of a setting, which is to be seen in a narrow line too, and what it is."""
    return setting.help if type(setting.kind) is Kind else f"{setting.kind.range} · {setting.help}"


def _offers(kind: Kind, earlier: Sequence[str], commands: Commands, world: World) -> Sequence[Offer]:
    match kind.source.split():
        case ["commands"]:
            return [Offer(command.name, command.help) for command in commands.by_name.values()]
        case ["settings"]:
            return [_setting(setting) for setting in SETTINGS.values() if setting.kept]
        case ["setting", name]:
            return _values(SETTINGS[name], world)
        case ["values"] if earlier and earlier[-1] in SETTINGS:
            return _values(SETTINGS[earlier[-1]], world)
        case [source]:
            return [*world.offers(source), *kind.offers()]
    return kind.offers()


def _setting(setting: Setting) -> Offer:
    return Offer(setting.name, _told(setting))


def _values(setting: Setting, world: World) -> list[Offer]:
    known = [*setting.kind.offers(), *(world.offers(setting.kind.source) if setting.kind.source else ())]
    if setting.kept and known:
        back = "clear" if isinstance(setting.kind, Texts) else "default"
        known.append(Offer(back, "as if it had never been set"))
    return known


def _assignments(typed: str, world: World) -> list[Found]:
    name, equals, value = typed.partition("=")
    if not equals:
        offers = [_setting(setting) for setting in SETTINGS.values() if setting.kept]
        return [
            Found(f"{offer.word}=", len(typed), offer.word, offer.help, places, final=False)
            for offer, places in matches(typed, offers)
        ]
    if name not in SETTINGS:
        return []
    return [
        Found(offer.word, len(value), offer.word, offer.help, places)
        for offer, places in matches(value, _values(SETTINGS[name], world))
    ]


def _quoted(word: str) -> str:
    return quote(word) if re.search(r'[\s"]', word) else word


def _files(typed: str, *, bare: bool = False) -> list[Found]:
    """The files and folders whose path goes on from a typed one; one with blanks is quoted, unless it stands `bare`."""
    quoted = typed.startswith('"')
    path = typed.removeprefix('"')
    folder, name = os.path.split(path)
    try:
        with os.scandir(os.path.expanduser(folder) or ".") as entries:
            found = [
                Offer(entry.name + "/" * entry.is_dir(), "folder" if entry.is_dir() else _size(entry))
                for entry in entries
                if name.startswith(".") or not entry.name.startswith(".")
            ]
    except (OSError, ValueError):
        return []
    whole = []
    for offer, places in matches(name, sorted(found, key=lambda offer: offer.word)):
        goes_on = offer.word.endswith("/")
        word = os.path.join(folder, offer.word)
        if quoted or (not bare and re.search(r"\s", word)):
            word = f'"{word}' + '"' * (not goes_on)
        whole.append(Found(word, len(typed), offer.word, offer.help, places, final=not goes_on))
    return whole


def _size(entry: os.DirEntry[str]) -> str:
    try:
        return size(entry.stat().st_size)
    except OSError:
        return ""


def matches(typed: str, offers: Iterable[Offer]) -> list[tuple[Offer, tuple[int, ...]]]:
    """The offers that have the typed letters in this order, with their places; the best first.

    Better is one that begins with them, then one that has them together, then one that has them closer together;
    among equals the order stays.
    """
    letters = typed.lower()
    ranked = []
    for offer in offers:
        word = offer.word.lower()
        at = word.find(letters)
        if at >= 0:
            ranked.append(((at > 0, 0, at), offer, tuple(range(at, at + len(letters)))))
        elif places := _scattered(letters, word):
            ranked.append(((True, places[-1] - places[0], places[0]), offer, places))
    ranked.sort(key=lambda match: match[0])
    return [(offer, places) for _, offer, places in ranked[:MOST]]


def _sessions(typed: str, offers: Iterable[Offer]) -> list[tuple[Offer, tuple[int, ...]]]:
    """The sessions whose title has the typed letters, then those whose id, which is random, begins with them.

    The help of one is its title and, behind a dot, its age.
    """
    by_id = {offer.word: offer for offer in offers}
    titles = [Offer(offer.help.rpartition(" · ")[0], offer.word) for offer in by_id.values()]
    titled = [by_id[title.help] for title, _ in matches(typed, titles)]
    begun = [offer for offer in by_id.values() if offer.word.startswith(typed) and offer not in titled]
    return [(offer, tuple(range(len(typed) if offer.word.startswith(typed) else 0))) for offer in [*titled, *begun]]


def _explained_so(typed: str, offers: Iterable[Offer]) -> Iterable[tuple[Offer, tuple[int, ...]]]:
    """The offers whose explanation has the typed text in it: a session, say, by its title."""
    return [(offer, ()) for offer in offers if typed.lower() in offer.help.lower()][:MOST]


def _scattered(letters: str, word: str) -> tuple[int, ...]:
    """The places of the letters in a word, as close together as going back from the first way they fit gives."""
    at = -1
    for letter in letters:
        at = word.find(letter, at + 1)
        if at < 0:
            return ()
    places: list[int] = []
    at += 1
    for letter in reversed(letters):
        at = word.rfind(letter, 0, at)
        places.append(at)
    return tuple(reversed(places))


def common(found: Sequence[Found]) -> str:
    """What all the words begin with."""
    first, last = min(one.word for one in found), max(one.word for one in found)
    return next((first[:place] for place, letter in enumerate(first) if not last.startswith(letter, place)), first)
