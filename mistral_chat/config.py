"""The user's config.toml, read into the file and profile layers of the settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mistral_chat.arguments import nearest
from mistral_chat.errors import ConfigError
from mistral_chat.settings import SETTINGS, Given

PROFILE_KEYS = ("profile", "profiles")


@dataclass(frozen=True, slots=True)
class Config:
    """`values` are those of the file, `profile` those of the profile in use; `warnings` are told once."""

    values: Mapping[str, Given] = field(default_factory=dict)
    profile: Mapping[str, Given] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def read(path: Path, profile: str | None = None) -> Config:
    """The configuration in a file, with the profile of that name, else the one the file names.

    A file that is not there is an empty one. Raises ConfigError with line and column for TOML that cannot be read,
    with the line for a value that is out of range, and for a profile that is not there.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        text = ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name} cannot be read", str(error), f"look at {path}") from None
    table = _parse(path, text) if text.strip() else {}
    chosen = profile or table.get("profile")
    profiles = table.get("profiles", {})
    if not isinstance(profiles, dict):
        raise ConfigError(f"{path.name}: profiles must be tables", hint="write [profiles.NAME] above its settings")
    if chosen is not None and not isinstance(profiles.get(chosen), dict):
        known = ", ".join(profiles) or "none"
        raise ConfigError(f"no profile {chosen}", f"{path} has: {known}", f"write [profiles.{chosen}] into it")
    top = {key: value for key, value in table.items() if key not in PROFILE_KEYS}
    values, warnings = _values(path, text, top, "")
    in_profile: dict[str, Given] = {}
    if chosen is not None:
        in_profile, more = _values(path, text, profiles[chosen], f"profiles.{chosen}")
        warnings += more
    return Config(values, in_profile, warnings)


def _parse(path: Path, text: str) -> dict[str, Any]:
    import tomllib  # here, since many people have no file

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        where = f"{place[1]}:{place[2]}" if place else "end"
        reason = str(error).split(" (at ")[0]
        raise ConfigError(f"{path.name}:{where}: {reason}", str(path), "mend that line; nothing was changed") from None


def _values(path: Path, text: str, table: Mapping[str, Any], section: str) -> tuple[dict[str, Given], tuple[str, ...]]:
    given: dict[str, Given] = {}
    warnings: list[str] = []
    for key, value in table.items():
        where = f"{path.name}:{_line(text, section, key)}"
        setting = SETTINGS.get(key)
        if setting is None:
            near = nearest(key, SETTINGS)
            warnings.append(f"{where}: no setting {key}" + (f", did you mean {near}?" if near else ""))
            continue
        try:
            given[key] = Given(setting.kind.check(value), where)
        except ValueError as error:
            raise ConfigError(f"{where}: {key}: {error}", str(path), f"{key} is {setting.kind.range}") from None
    return given, tuple(warnings)


def _line(text: str, section: str, key: str) -> int:
    """The line, from 1, on which a key of a section stands; tomllib does not tell it."""
    inside = ""
    for number, line in enumerate(text.splitlines(), 1):
        if heading := re.match(r"\s*\[([^\[\]]+)\]", line):
            inside = heading[1].replace('"', "").replace(" ", "")
        elif inside == section and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return number
    return 1
