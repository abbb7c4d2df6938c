"""The user's config.toml, read into the file and profile layers of the settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mistral_chat.arguments import nearest
from mistral_chat.errors import ConfigError
from mistral_chat.settings import SETTINGS, Given

PROFILE_KEYS = ("profile", "profiles")
MEND = "mend that line; nothing was changed"
ENDS = ('"""', "'''", "]", "}")
"""One of these is in the last line of a TOML statement of several lines."""


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
        text = path.read_text("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        text = ""
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be read", error.strerror or str(error), f"look at {path}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path.name}:{line}: is not UTF-8", str(path), "save it as UTF-8") from None
    table = _parse(path, text) if text.strip() else {}
    where = {key: f"{path.name}:{line}" for key, line in _lines(text).items()} if table else {}
    chosen = profile or table.get("profile")
    profiles = table.get("profiles", {})
    if not isinstance(chosen, str | None):
        raise ConfigError(f"{where['profile',]}: profile: must be text", str(path), "give the name of a profile")
    if not isinstance(profiles, dict):
        raise ConfigError(f"{where['profiles',]}: profiles: must be tables", str(path), "write [profiles.NAME]")
    if chosen is not None and not isinstance(profiles.get(chosen), dict):
        known = ", ".join(profiles) or "none"
        raise ConfigError(f"no profile {chosen}", f"{path} has: {known}", f"write [profiles.{chosen}] into it")
    top = {key: value for key, value in table.items() if key not in PROFILE_KEYS}
    values, warnings = _values(path, top, where, ())
    in_profile: dict[str, Given] = {}
    if chosen is not None:
        in_profile, more = _values(path, profiles[chosen], where, ("profiles", chosen))
        warnings += more
    return Config(values, in_profile, warnings)


def _parse(path: Path, text: str) -> dict[str, Any]:
    import tomllib  # here, since many people have no file

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also for thousands of digits, or of brackets
        place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        where = f"{place[1]}:{place[2]}" if place else str(text.count("\n") + 1)
        reason = str(error).split(" (at ")[0]
        raise ConfigError(f"{path.name}:{where}: {reason}", str(path), MEND) from None


Key = tuple[str, ...]
"""A key, after the names of the tables it is in."""


def _values(
    path: Path, table: Mapping[str, Any], where: Mapping[Key, str], section: Key
) -> tuple[dict[str, Given], tuple[str, ...]]:
    """The settings in a table, and the warnings; `where` gives file and line of every key."""
    given: dict[str, Given] = {}
    warnings: list[str] = []
    for key, value in table.items():
        place = where[*section, key]
        setting = SETTINGS.get(key)
        if setting is None:
            near = nearest(key, (*SETTINGS, *PROFILE_KEYS))
            warnings.append(f"{place}: no setting {key}" + (f", did you mean {near}?" if near else ""))
            continue
        try:
            given[key] = Given(setting.kind.check(value), place)
        except ValueError as error:
            raise ConfigError(f"{place}: {key}: {error}", str(path), MEND) from None
    return given, tuple(warnings)


def _lines(text: str) -> dict[Key, int]:
    """The line, from 1, on which each key is given.

    tomllib does not tell it, so the statements are read once more, each alone.
    """
    import tomllib

    lines: dict[Key, int] = {}
    section: Key = ()
    statement, begin = "", 1
    for number, line in enumerate(text.split("\n"), 1):
        statement += line + "\n"
        if begin < number and not any(end in line for end in ENDS):
            continue
        try:
            keys = list(_keys(tomllib.loads(statement)))
        except ValueError:
            continue  # it goes on in the next line
        if statement.lstrip().startswith("["):
            section = ()
        for key in keys:
            lines.setdefault((*section, *key), begin)
        if statement.lstrip().startswith("["):
            section = keys[-1]
        statement, begin = "", number + 1
    return lines


def _keys(table: Mapping[str, Any]) -> Iterator[Key]:
    """The keys of a table and of those in it."""
    for key, value in table.items():
        yield (key,)
        if isinstance(value, dict):
            yield from ((key, *inner) for inner in _keys(value))
