"""A theme file as it is written: its tables and keys, known and of the right kind, and the line of each."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from mistral_chat.arguments import did_you_mean
from mistral_chat.errors import ConfigError
from mistral_chat.style import STYLES, TOKENS

_KNOWN: Mapping[str, Collection[str]] = {
    "": ("name", "description", "dark", "inherits", "background"),
    "palette": (),
    "styles": STYLES,
    "code": (*TOKENS, "style", "background"),
}
"""The tables of a theme file, "" for what stands above the first, and the keys of each; a palette has any."""

_KIND = {"": "key", "styles": "style", "code": "token"}


class ThemeFile(NamedTuple):
    """A theme file as written: for each of its tables the keys, dotted, with their values."""

    path: Path
    text: str
    tables: Mapping[str, Mapping[str, str | bool]]

    def wrong(self, table: str, key: str, what: str, hint: str) -> ConfigError:
        """The error to raise for one key."""
        return ConfigError(f"{self.path.name}:{_line(self.text, table, key)}: {what}", str(self.path), hint)


def read(path: Path) -> ThemeFile:
    """The file with its tables. Raises ConfigError if it cannot be read or says what no theme can."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path.name}: cannot be read", f"{path}: {error.strerror}", f"look at {path}") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path.name}:{line}: is not UTF-8", str(path), "save it as UTF-8") from error
    tables = plain(text) or _toml(path, text)
    file = ThemeFile(path, text, tables)
    for table, entries in tables.items():
        if table not in _KNOWN:
            hint = did_you_mean(table, _KNOWN, "its tables are [palette], [styles] and [code]")
            raise file.wrong(table, "", f"unknown table [{table}]", hint)
        for key, value in entries.items():
            _check(file, table, key, value)
    return file


def _check(file: ThemeFile, table: str, key: str, value: str | bool) -> None:
    """Raise if there is no such key, or its value is not of the right kind."""
    known = _KNOWN[table] or (key,)
    if key not in known:
        hint = did_you_mean(key, known, "docs/themes.md lists them")
        raise file.wrong(table, key, f"unknown {_KIND[table]} {key!r}", hint)
    wanted = bool if key == "dark" and not table else str
    if not isinstance(value, wanted):
        must, example = ("true or false", "true") if wanted is bool else ("a text in quotes", '"..."')
        raise file.wrong(table, key, f"{key}: must be {must}", f'write "{key}" = {example}')
    if key == "name" and not table and value != file.path.stem:
        what = f"name: must be that of the file, {file.path.stem!r} (is {value!r})"
        raise file.wrong(table, key, what, "leave it out, or rename the file")


def plain(text: str) -> dict[str, dict[str, str | bool]] | None:
    """The tables of a file that is written as plainly as a theme usually is; None for any other.

    For what it accepts it agrees with tomllib, which takes longer to import than a theme to load, at the one
    moment when the user waits for the prompt.
    """
    line_of = re.compile(
        r"""[ \t]*(?:
            \[(?P<table>[a-z]+)\]
            | (?:"(?P<quoted>[\w.-]+)"|(?P<bare>[A-Za-z0-9_-]+))
              [ \t]*=[ \t]* (?:"(?P<text>[^"\\\x00-\x1f\x7f]*)"|(?P<flag>true|false))
        )?[ \t]*(?:\#[^\x00-\x08\x0a-\x1f\x7f]*)?""",
        re.VERBOSE,
    )
    table = ""
    tables: dict[str, dict[str, str | bool]] = {"": {}}
    for line in text.split("\n"):
        match = line_of.fullmatch(line)
        if match is None:
            return None
        header, quoted, bare, value, flag = match.groups()
        if header:
            table = header
            if table in tables or table in tables[""]:
                return None
            tables[table] = {}
        elif key := quoted or bare:
            if key in tables[table]:
                return None
            tables[table][key] = flag == "true" if value is None else value
    return tables


def _toml(path: Path, text: str) -> dict[str, dict[str, str | bool]]:
    """The tables of any file of TOML."""
    import tomllib

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, _, place = str(error).partition(" (at ")
        line = re.search(r"line (\d+)", place)
        number = int(line[1]) if line else text.count("\n") + 1
        hint = "names with a dot are written in quotes"
        raise ConfigError(f"{path.name}:{number}: {what}", str(path), hint) from error
    tables: dict[str, dict[str, str | bool]] = {"": {}}
    for key, value in document.items():
        if isinstance(value, dict):
            tables[key] = dict(_flat(value))
        else:
            tables[""][key] = value
    return tables


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _line(text: str, table: str, key: str) -> int:
    """The number of the line that gives a key, or begins a table; 1 when it is written in some unusual way."""
    wanted = f"{table}.{key}".strip(".")
    header = ""
    for number, line in enumerate(text.split("\n"), start=1):
        name = re.sub(r"""["'\s]""", "", line.partition("=")[0])
        if name.startswith("["):
            name = header = name.partition("]")[0].strip("[")
        elif "=" in line:
            name = f"{header}.{name}".strip(".")
        if name == wanted:
            return number
    return 1
