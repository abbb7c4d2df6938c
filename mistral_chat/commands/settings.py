"""Commands for the request: every setting by its name, what is in force, and what would be sent."""

from __future__ import annotations

from typing import Annotated

from mistral_chat.arguments import Kind, Switch, Texts
from mistral_chat.command import Command, Commands, Parameter
from mistral_chat.desk import Desk
from mistral_chat.errors import UsageError
from mistral_chat.message import Message, Role, Text
from mistral_chat.screen import NARROWEST
from mistral_chat.settings import SETTINGS, Given, Layer, Setting, find, parse
from mistral_chat.text import cells, one_line

ABOUT = "the request"
CLEARING = ("off", "none", "default", "clear")
ADDING = '; adds one, clear takes all away, "\\n" in quotes is a line end'
WIDEST = 60
"""Cells of a value in /settings; a command alone, such as /system, shows all of it."""

commands = Commands()


def _setting_command(setting: Setting) -> Command:
    """The command that a setting's declaration gives."""
    form = f"{setting.kind.form}|clear" if isinstance(setting.kind, Texts) else setting.kind.form
    word = Kind(setting.kind.source or f"setting {setting.name}", form)

    def run(desk: Desk, text: str | None = None) -> None:
        if text is None and isinstance(setting.kind, Switch):
            _change(desk, setting, not desk.chat.settings[setting.name])
        elif text is not None:
            _change(desk, setting, _value(desk, setting, text))
        _tell(desk, setting)

    parameter = Parameter("text", word, needed=False)
    return Command(setting.name, ABOUT, _sentence(setting), (parameter,), run)


def _sentence(setting: Setting) -> str:
    """What a setting is, as the help of a command says it."""
    values = "" if type(setting.kind) is Kind else f" ({setting.kind.range})"
    many = ADDING if isinstance(setting.kind, Texts) else ""
    return f"{setting.help[0].upper()}{setting.help[1:]}{values}{many}."


def read_value(desk: Desk, setting: Setting, text: str, source: str) -> object:
    """The value that a typed text stands for; `source` is the place the text stands in. Raises UsageError.

    `off`, `none`, `default` and `clear` stand for the default, unless the setting knows such a word itself.
    """
    if text in CLEARING and text not in (offer.word for offer in setting.kind.offers()):
        return setting.default
    if setting.name == "system" and text.startswith("@"):
        from mistral_chat.inputs import read_file

        text = read_file(text[1:], desk.chat.settings["max_input"], desk.screen)
    return parse(setting, text, source)


def _value(desk: Desk, setting: Setting, text: str) -> object:
    """The value of a setting after its command with a text: one of several texts is added to those there are."""
    value = read_value(desk, setting, text, f"/{setting.name}")
    if not isinstance(setting.kind, Texts) or not isinstance(value, tuple) or not value:
        return value
    try:
        return setting.kind.check((*desk.chat.settings.without(Layer.ONCE)[setting.name], *value))
    except ValueError as error:
        raise UsageError(f"/{setting.name}: {error}", hint=f"/{setting.name} clear") from None


def _change(desk: Desk, setting: Setting, value: object) -> None:
    """What a session does not keep counts for this run of the program, as a flag does."""
    settings = desk.chat.settings
    if setting.kept:
        settings = settings.put(Layer.SESSION, setting.name, value)
    else:
        settings = settings.put(Layer.FLAG, setting.name, value, f"/{setting.name}")
    desk.chat.change_settings(settings)


def _tell(desk: Desk, setting: Setting) -> None:
    given = desk.chat.settings.given(setting.name)
    texts = given.value if isinstance(setting.kind, Texts) else ()
    if len(texts) > 1:
        desk.screen.line(("table.name", setting.name))
        for number, text in enumerate(texts, 1):
            desk.screen.line(("table.number", f"  {number} "), ("table.value", setting.kind.show((text,))))
        return
    origin = f"  {given.origin}" + ("" if type(setting.kind) is Kind else f" · {setting.kind.range}")
    value = ("table.value", shown(setting, given))
    desk.screen.line(("table.name", setting.name), " ", value, ("table.origin", origin), hang=2)


def shown(setting: Setting, given: Given) -> str:
    """A value as /settings shows it; one that is not set is a dash."""
    return "—" if given.value in (None, ()) else setting.kind.show(given.value)


for _setting in SETTINGS.values():
    if _setting.commanded:
        commands.add(_setting_command(_setting))


@commands.command(ABOUT)
def once(
    desk: Desk, setting: Annotated[str, Kind("settings", "SETTING")], value: Annotated[str, Kind("values", "VALUE")]
) -> None:
    """Set something for the next request alone."""
    found = find(setting)
    if not found.kept:
        raise UsageError(f"{found.name} is not part of a request", hint=found.place)
    once = read_value(desk, found, value, f"/once {found.name}")
    desk.chat.settings = desk.chat.settings.put(Layer.ONCE, found.name, once)
    _tell(desk, found)


@commands.command(ABOUT)
def reset(desk: Desk, setting: Annotated[str, Kind("settings", "SETTING")]) -> None:
    """Take a setting back to what the configuration says."""
    found = find(setting)
    if not found.commanded:
        raise UsageError(f"{found.name} is no setting of the conversation", hint=found.place)
    desk.chat.change_settings(desk.chat.settings.reset(found.name))
    _tell(desk, found)


@commands.command(ABOUT)
def settings(desk: Desk) -> None:
    """Show all values and where each came from."""
    given = {name: desk.chat.settings.given(name) for name in SETTINGS}
    names, origins = (max(map(cells, words)) for words in (given, (value.origin for value in given.values())))
    left = desk.screen.width - names - max(10, origins) - 4
    room = max(NARROWEST, min(left, WIDEST)) if desk.screen.is_terminal else None
    rows = [(name, one_line(shown(SETTINGS[name], value), room), value.origin) for name, value in given.items()]
    desk.screen.table(rows, ("table.name", "table.value", "table.origin"), ("setting", "value", "from"))


@commands.command(ABOUT)
def request(desk: Desk, text: Annotated[str, Kind()] = "(your next message)") -> None:
    """Show the exact JSON that would be sent; only the data of attachments is cut short."""
    from mistral_chat.caption import without_data
    from mistral_chat.wire import encode

    question = Message(Role.USER, (Text(text), *desk.waiting))
    desk.screen.json(without_data(encode(desk.chat.request(question))))
