"""The rules of the house: what may stand where, and what may import what.

`ROOMS` is both the reading order and the import order: a module imports only what stands above it. A package (`store`,
`markdown` ...) is one name here, and its own files may import one another.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from mistral_chat import errors
from mistral_chat.errors import ChatError

PACKAGE = Path(__file__).parents[1] / "mistral_chat"

ROOMS = {
    "values: what is talked about; no I/O": """
        errors message events conversation outline arguments address secret settings characters text links encoding
        caption style sgr models prices
    """,
    "protocol: bytes and JSON; no I/O": """
        sse prefix history refusals wire
    """,
    "ground: what several edges stand on": """
        private
    """,
    "edges: one outside thing each": """
        client demo store keys config cache clipboard named_file attachments theme exchange markdown
        paint pace screen answers silence live
    """,
    "program": """
        inputs arriving chat command desk commands options running prompt surroundings repl setup errands cli __main__
    """,
}
VALUES, PROTOCOL, GROUND, EDGES, PROGRAM = (names.split() for names in ROOMS.values())
READING_ORDER = [*VALUES, *PROTOCOL, *GROUND, *EDGES, *PROGRAM]

DOORS = {
    "httpx": {"client", "demo"},
    "rich": {"markdown", "paint", "live"},
    "prompt_toolkit": {"prompt"},
    "sqlite3": {"store", "exchange"},  # the log of llm is a database too
    "platformdirs": {"setup"},
    "pygments": {"markdown", "theme", "exchange"},
    "markdown_it": {"markdown", "exchange"},
    "keyring": {"keys"},
}
"""Where each outside library, and sqlite3, comes in."""

EDGES_KNOW = {
    "paint": {"markdown"},
    "answers": {"markdown", "screen"},
    "silence": {"answers", "screen"},
    "live": {"markdown", "paint", "pace", "screen", "answers"},
    "exchange": {"theme"},
    "attachments": {"named_file"},
}
"""The edges that may import other edges, and which."""

THE_WORLD = {
    "asyncio", "io", "logging", "os", "pathlib", "random", "select", "shutil", "signal", "socket", "subprocess", "sys",
    "tempfile", "threading", "time",
}  # fmt: skip
"""What values and protocol do without; their tests then need no stand-ins."""

POSIX_ONLY = {"fcntl", "grp", "pty", "pwd", "resource", "termios", "tty"}

MAY_WRITE_ESCAPES = {"screen", "live", "paint", "prompt"}

ERRORS = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, ChatError)}

TOO_HEAVY_FOR_VERSION = {"argparse", "asyncio", "httpx", "prompt_toolkit", "rich", "sqlite3"}


@dataclass(frozen=True, slots=True)
class Module:
    """A file of the package: where it is, the room it belongs to (`markdown` for markdown/table.py), and its code."""

    file: str
    room: str
    code: ast.Module

    def imports(self, nodes: Iterator[ast.AST] | None = None) -> set[str]:
        """The dotted names it imports, inside functions too; those of the package begin with `mistral_chat.`."""
        found = set()
        for node in nodes or ast.walk(self.code):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.module, f"{self.file}:{node.lineno}: a relative import"
                if node.module == "mistral_chat":
                    found |= {f"mistral_chat.{alias.name}" for alias in node.names if alias.name != "__version__"}
                else:
                    found.add(node.module)
        return found

    def rooms_imported(self) -> set[str]:
        names = {name.split(".")[1] for name in self.imports() if name.startswith("mistral_chat.")}
        return names - {self.room}

    def libraries_imported(self) -> set[str]:
        return {name.partition(".")[0] for name in self.imports()} - {"mistral_chat"}


@cache
def modules() -> tuple[Module, ...]:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        inside = path.relative_to(PACKAGE)
        code = ast.parse(path.read_text(encoding="utf-8"), str(inside))
        found.append(Module(str(inside), inside.parts[0].removesuffix(".py"), code))
    return tuple(found)


each_module = pytest.mark.parametrize("module", modules(), ids=lambda module: module.file)


def test_every_module_has_its_place_in_the_reading_order() -> None:
    assert {module.room for module in modules()} - {"__init__"} - set(READING_ORDER) == set()


def test_the_reading_order_names_only_what_there_is() -> None:
    assert set(READING_ORDER) - {module.room for module in modules()} == set()


@each_module
def test_a_module_imports_only_what_stands_above_it(module: Module) -> None:
    above = READING_ORDER[: READING_ORDER.index(module.room)] if module.room != "__init__" else []
    assert module.rooms_imported() - set(above) == set()


@each_module
def test_an_outside_library_comes_in_by_its_door(module: Module) -> None:
    for library in module.libraries_imported() - (sys.stdlib_module_names - DOORS.keys()):
        assert module.room in DOORS.get(library, ()), f"{module.file} imports {library}"


@each_module
def test_edges_do_not_know_one_another(module: Module) -> None:
    if module.room in EDGES:
        assert module.rooms_imported() & set(EDGES) - EDGES_KNOW.get(module.room, set()) == set()


@each_module
def test_values_and_protocol_do_not_touch_the_world(module: Module) -> None:
    if module.room in VALUES + PROTOCOL:
        assert module.libraries_imported() & THE_WORLD == set()


@each_module
def test_what_only_posix_has_is_imported_where_it_is_used(module: Module) -> None:
    assert {name for name in module.imports(iter(module.code.body)) if name in POSIX_ONLY} == set()


@each_module
def test_an_error_says_what_to_do(module: Module) -> None:
    calls = [node for node in ast.walk(module.code) if isinstance(node, ast.Call)]
    made = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in ERRORS]
    assert [f"{module.file}:{call.lineno}" for call in made if not _hint(call)] == []


def _hint(error: ast.Call) -> str:
    """The hint of an error, its third argument, as it is written in the code; empty where there is none."""
    named = [keyword.value for keyword in error.keywords if keyword.arg == "hint"]
    return "".join(map(ast.unparse, [*error.args[2:3], *named])).strip("'")


@each_module
def test_nothing_prints_or_asks(module: Module) -> None:
    calls = [node.func for node in ast.walk(module.code) if isinstance(node, ast.Call)]
    assert {call.id for call in calls if isinstance(call, ast.Name)} & {"print", "input"} == set()


@each_module
def test_escape_sequences_are_written_in_few_places(module: Module) -> None:
    constants = [node.value for node in ast.walk(module.code) if isinstance(node, ast.Constant)]
    raw = [value for value in constants if isinstance(value, str | bytes) and "\x1b" in _as_text(value)]
    assert module.room in MAY_WRITE_ESCAPES or raw == []


def _as_text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


@each_module
def test_a_module_is_told_in_one_sentence(module: Module) -> None:
    """The first paragraph of its docstring; more may follow."""
    first, *_ = (ast.get_docstring(module.code) or "").split("\n\n")
    assert re.search(r"[.!?]$", first), f"{module.file}: {first!r} is no sentence"
    assert re.search(r"[.!?]\s", first) is None, f"{module.file}: {first!r} is more than one"


def test_asking_for_the_version_loads_nothing_heavy() -> None:
    asked = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "mistral_chat", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in asked.stderr.splitlines()}
    assert asked.stdout.startswith("mistral-chat ")
    assert "mistral_chat" in loaded
    assert loaded & TOO_HEAVY_FOR_VERSION == set()
