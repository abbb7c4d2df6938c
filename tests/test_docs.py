"""The documents say what the program does: their tables are those of the declarations, their examples work."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from mistral_chat import config
from mistral_chat.arguments import Kind, Switch
from mistral_chat.attachments import MOST_DOCUMENT_BYTES, MOST_IMAGE_BYTES
from mistral_chat.commands import all_commands
from mistral_chat.history import MOST_IMAGES
from mistral_chat.settings import SETTINGS, Layer, Setting

DOCS = Path(__file__).parents[1] / "docs"


def document(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table; a bar within a cell is escaped."""
    cells = [[cell.replace("|", "\\|") for cell in row] for row in (header, *rows)]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    return [lines[0], "|" + "---|" * len(header), *lines[1:]]


def section(text: str, heading: str) -> str:
    """What stands under a heading of the second level; nothing where there is no such heading."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    return found[1] if found else ""


def must_have(name: str, heading: str, right: list[str]) -> None:
    """Fail, showing the right table, unless it is the one that stands under the heading."""
    written = [line for line in section(document(name), heading).splitlines() if line.startswith("|")]
    if written != right:
        pytest.fail(f"the table in docs/{name} under “{heading}” has to be:\n\n" + "\n".join(right), pytrace=False)


# ---------------------------------------------------------------- settings


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def row(setting: Setting) -> list[str]:
    """A setting as the document tells it."""
    name = setting.flag if not isinstance(setting.kind, Switch) else f"--[no-]{setting.flag[2:]}"
    flags = ", ".join(code(flag) for flag in (setting.short, name) if flag) if setting.flagged else ""
    default = "" if setting.default in (None, ()) else code(setting.kind.show(setting.default))
    command = code(f"/{setting.name}") if setting.commanded else ""
    values = code(setting.kind.form) if type(setting.kind) is Kind else setting.kind.range
    return [code(setting.name), flags, command, code(setting.variable), values, default, setting.help]


def test_the_table_of_settings_is_that_of_their_declarations() -> None:
    header = ["key", "flag", "command", "variable", "values", "default", "meaning"]
    must_have("settings.md", "All settings", table(header, [row(setting) for setting in SETTINGS.values()]))


def test_the_order_of_precedence_is_that_of_the_layers() -> None:
    told = re.findall(r"^\d\. \*\*(.+?)\*\*", section(document("settings.md"), "Which value counts"), re.MULTILINE)
    assert told == [layer.name.lower() for layer in reversed(Layer)]


@pytest.mark.parametrize("profile", [None, "precise", "french"])
def test_the_example_of_a_configuration_is_a_good_one(profile: str | None, tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", document("settings.md"), re.DOTALL)
    (tmp_path / "config.toml").write_text(example, "utf-8")
    read = config.read(tmp_path / "config.toml", profile)
    assert read.values
    assert read.warnings == ()
    assert bool(read.profile) == (profile is not None)


# ---------------------------------------------------------------- commands

GROUPS = all_commands().by_group()


@pytest.mark.parametrize("about", GROUPS)
def test_the_table_of_commands_is_that_of_the_registry(about: str) -> None:
    rows = [[code(command.usage), command.help] for command in GROUPS[about]]
    must_have("commands.md", about.capitalize(), table(["command", "what it does"], rows))


def test_no_table_of_commands_is_left_of_a_group_that_is_gone() -> None:
    text = document("commands.md")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    with_tables = [heading for heading in headings if "\n|" in section(text, heading)]
    assert with_tables == [about.capitalize() for about in GROUPS]


# ---------------------------------------------------------------- attachments


def test_the_limits_of_attachments_are_those_that_are_checked() -> None:
    told = section(document("attachments.md"), "What can be attached")
    images, documents = (f"{size // 1_000_000} MB" for size in (MOST_IMAGE_BYTES, MOST_DOCUMENT_BYTES))
    assert f"as data | {images}; {MOST_IMAGES} in a request |" in told
    assert told.count(f"as data | {documents} |") == 2
