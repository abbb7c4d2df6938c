"""Every setting, declared once: its range, default, help and API field; and the layers that give it a value.

A declaration gives the flag, the slash command, the key in config.toml, the `MISTRAL_CHAT_*` variable, the range check,
completion, help and the request field. Ranges are those of the chat completion endpoint
(https://docs.mistral.ai/api/#tag/chat).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any, NamedTuple

from mistral_chat.address import Address
from mistral_chat.arguments import Choice, Kind, Number, Switch, Texts, Whole, did_you_mean
from mistral_chat.errors import ConfigError, UsageError


class Setting(NamedTuple):
    """One declaration.

    `field` is the key of the request, with `sent` making the value the API wants; a setting that is `kept` belongs
    to the session, one that is `live` can be changed while the program runs, and both have a slash command; one without
    `flagged` is not on the command line.
    """

    name: str
    kind: Kind
    help: str
    default: Any = None
    field: str = ""
    sent: Callable[[Any], Any] = lambda value: value
    short: str = ""
    kept: bool = True
    live: bool = False
    flagged: bool = True

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        return "MISTRAL_CHAT_" + self.name.upper()

    @property
    def commanded(self) -> bool:
        """Whether a slash command changes it."""
        return self.kept or self.live

    @property
    def place(self) -> str:
        """Where it is given, as a hint says it."""
        if self.commanded:
            return f"/{self.name}"
        at_the_start = f"{self.flag} at the start, or " if self.flagged else ""
        return f"{at_the_start}{self.name} in config.toml"


def _stop(texts: tuple[str, ...]) -> str | list[str]:
    return texts[0] if len(texts) == 1 else list(texts)


SETTINGS: Mapping[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting(
            "model",
            Kind("models", "NAME", empty=False),
            "the model that answers",
            default="mistral-medium-latest",
            short="-m",
        ),
        Setting("system", Kind(form="TEXT|@FILE"), "instructions that come before the conversation", short="-s"),
        Setting("prefix", Kind(), "text that every answer begins with"),
        Setting("stop", Texts(), "texts that end the answer when they come up", default=(), field="stop", sent=_stop),
        Setting(
            "safe_prompt",
            Switch(),
            "let the server put its safety instructions in front",
            default=False,
            field="safe_prompt",
        ),
        Setting(
            "temperature",
            Number(low=0, high=1.5),
            "how freely words are chosen; low is focused",
            field="temperature",
            short="-t",
        ),
        Setting(
            "top_p",
            Number(low=0, high=1, above=True),
            "choose only among the likeliest words that make up this share",
            field="top_p",
        ),
        Setting("max_tokens", Whole(low=0), "the longest answer, in tokens", field="max_tokens"),
        Setting("random_seed", Whole(low=0), "the same number gives the same answer again", field="random_seed"),
        Setting(
            "presence_penalty",
            Number(low=-2, high=2),
            "above 0: words that were used already come less often",
            field="presence_penalty",
        ),
        Setting(
            "frequency_penalty",
            Number(low=-2, high=2),
            "above 0: the more often a word was used, the less it comes",
            field="frequency_penalty",
        ),
        Setting(
            "reasoning_effort",
            Choice(words=("high", "none")),
            "how much a reasoning model thinks before it answers",
            field="reasoning_effort",
        ),
        Setting(
            "json",
            Switch(),
            "the answer is JSON; the question should ask for it too",
            default=False,
            field="response_format",
            sent=lambda on: {"type": "json_object"},
        ),
        Setting("stream", Switch(), "show the answer while it arrives", default=True),
        Setting(
            "resume",
            Choice(words=("ask", "auto", "never")),
            "what to do when the connection breaks in the middle of an answer",
            default="auto",
            kept=False,
            flagged=False,
        ),
        Setting(
            "base_url",
            Address(),
            "the server that answers",
            default="https://api.mistral.ai",
            kept=False,
        ),
        Setting(
            "output",
            Choice(words=("auto", "markdown", "text", "json", "jsonl")),
            "the form of the answer; auto is Markdown on a terminal and the exact text elsewhere",
            default="auto",
            short="-o",
            kept=False,
        ),
        Setting(
            "theme",
            Kind("themes", "NAME", empty=False),
            "colours; auto takes light or dark",
            default="auto",
            kept=False,
        ),
        Setting(
            "color",
            Choice(words=("auto", "always", "never")),
            "colours and rendering; always counts stdout as a terminal",
            default="auto",
            kept=False,
        ),
        Setting(
            "accessible",
            Switch(),
            "plain lines with spoken labels, nothing redrawn, for screen readers",
            default=False,
            kept=False,
        ),
        Setting("quiet", Switch(), "no notes on stderr", default=False, short="-q", kept=False),
        Setting("strict", Switch(), "an answer cut at max_tokens is a failure (exit 7)", default=False, kept=False),
        Setting(
            "edit_mode",
            Choice(words=("emacs", "vi")),
            "the keys that edit the prompt",
            default="emacs",
            kept=False,
            flagged=False,
        ),
        Setting(
            "notify",
            Switch(),
            "ring the bell when an answer that took over 10 s is done",
            default=False,
            kept=False,
            live=True,
            flagged=False,
        ),
        Setting(
            "max_input",
            Whole(low=1),
            "the longest input in bytes",
            default=4_000_000,
            kept=False,
            live=True,
            flagged=False,
        ),
        Setting(
            "api_key_cmd",
            Kind(form="COMMAND"),
            "a command that prints the API key",
            kept=False,
            flagged=False,
        ),
    )
}


OF_AN_ANSWER = ["model", *(name for name, setting in SETTINGS.items() if setting.field and name != "max_tokens")]
"""What all parts of an answer are asked with; how long it may be is said to each request anew."""


class Layer(IntEnum):
    """Where a value can come from; a later one covers an earlier."""

    DEFAULT = 0
    FILE = 1
    PROFILE = 2
    ENVIRONMENT = 3
    SESSION = 4
    FLAG = 5
    ONCE = 6


class Given(NamedTuple):
    """A value and, in words, where it came from."""

    value: Any
    origin: str


DEFAULTS = {name: Given(setting.default, "default") for name, setting in SETTINGS.items()}


@dataclass(frozen=True, slots=True)
class Settings:
    """The values in force; every change is a new value."""

    layers: Mapping[Layer, Mapping[str, Given]] = field(default_factory=lambda: {Layer.DEFAULT: DEFAULTS})

    def __getitem__(self, name: str) -> Any:
        return self.given(name).value

    def given(self, name: str) -> Given:
        """The value in force with its origin. Raises KeyError for a name that is no setting."""
        for layer in reversed(Layer):
            if (given := self.layers.get(layer, {}).get(name)) is not None:
                return given
        raise KeyError(name)

    def put(self, layer: Layer, name: str, value: object, origin: str = "") -> Settings:
        """With a value in a layer; in the session it takes the place of all that covers it, since it was said later."""
        given = Given(value, origin or layer.name.lower())
        layers = {**self.layers, layer: {**self.layers.get(layer, {}), name: given}}
        changed = replace(self, layers=layers)
        return changed.drop(Layer.FLAG, name).drop(Layer.ONCE, name) if layer is Layer.SESSION else changed

    def drop(self, layer: Layer, name: str) -> Settings:
        """Without a value in a layer."""
        rest = {key: given for key, given in self.layers.get(layer, {}).items() if key != name}
        return replace(self, layers={**self.layers, layer: rest})

    def without(self, layer: Layer) -> Settings:
        """Without a whole layer."""
        return replace(self, layers={key: values for key, values in self.layers.items() if key is not layer})

    def reset(self, name: str) -> Settings:
        """As if neither the session nor the command line had said anything of a setting."""
        return self.drop(Layer.SESSION, name).drop(Layer.FLAG, name).drop(Layer.ONCE, name)

    def kept(self) -> dict[str, Any]:
        """What a session keeps, as JSON: its settings that are not at their default, and the model.

        What was said for one request alone is not among them.
        """
        lasting = self.without(Layer.ONCE)
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, setting in SETTINGS.items()
            if setting.kept and ((value := lasting[name]) != setting.default or name == "model")
        }

    def restore(self, kept: Mapping[str, Any]) -> Settings:
        """With the session layer made of what `kept` once gave; what is no longer valid is left out."""
        settings = self.without(Layer.SESSION)
        session: dict[str, Given] = {}
        invalid = outdated(kept)
        for name, setting in SETTINGS.items():
            if not setting.kept or name in invalid:
                continue
            value = setting.kind.check(kept[name]) if name in kept else setting.default
            if name in kept or settings._below_session(name) != setting.default:
                session[name] = Given(value, "session")
        return replace(settings, layers={**settings.layers, Layer.SESSION: session})

    def _below_session(self, name: str) -> object:
        return self.without(Layer.FLAG).without(Layer.ONCE)[name]

    def as_asked(self, asked: Mapping[str, Any]) -> Settings:
        """With the model and the request fields that an answer was asked with, under what is set once.

        What is not valid in them is left out, and everything where no model is known.
        """
        settings = self
        for name in OF_AN_ANSWER if asked.get("model") else ():
            setting = SETTINGS[name]
            sent = asked.get(setting.field or name)
            value = True if isinstance(setting.kind, Switch) else sent
            with suppress(ValueError):
                value = setting.default if sent is None else setting.kind.check(value)
                settings = settings.put(Layer.FLAG, name, value)
        return settings

    def request_fields(self) -> dict[str, Any]:
        """The request fields of the settings that are set; unset, off and empty ones are absent, 0 is 0."""
        return {
            setting.field: setting.sent(value)
            for name, setting in SETTINGS.items()
            if setting.field and not _absent(value := self[name])
        }


def find(name: str) -> Setting:
    """The setting of a name, with `-` for `_` allowed. Raises UsageError with the nearest name."""
    setting = SETTINGS.get(name.replace("-", "_"))
    if setting is None:
        raise UsageError(f"no setting {name}", hint=did_you_mean(name, SETTINGS, "see /settings"))
    return setting


def outdated(kept: Mapping[str, Any]) -> dict[str, str]:
    """Of what `Settings.kept` once gave, the names of the values that are not valid any more, with the reasons."""
    reasons = {}
    for name, value in kept.items():
        if name not in SETTINGS:
            reasons[name] = "there is no such setting any more"
            continue
        try:
            SETTINGS[name].kind.check(value)
        except ValueError as error:
            reasons[name] = str(error)
    return reasons


def parse(setting: Setting, word: str, source: str) -> Any:
    """The value of a typed word; `source` is the place the word stands in. Raises UsageError."""
    try:
        return setting.kind.parse(word)
    except ValueError as error:
        raise UsageError(f"{source}: {error}", hint="correct it, or leave it out") from None


def from_environment(environment: Mapping[str, str]) -> dict[str, Given]:
    """The environment layer. Raises ConfigError naming the variable."""
    given = {}
    for name, setting in SETTINGS.items():
        if word := environment.get(setting.variable):
            try:
                given[name] = Given(setting.kind.parse(word), setting.variable)
            except ValueError as error:
                raise ConfigError(f"{setting.variable}: {error}", hint=f"correct or unset {setting.variable}") from None
    return given


def _absent(value: object) -> bool:
    return value is None or value is False or value == ()
