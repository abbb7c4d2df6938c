"""The program as in a shell, but in this process: words and standard input go in, a status and two texts come out.

done = shell("-o", "json", "Hello")
assert done.status == 0
assert json.loads(done.out)["content"] == "You said: Hello"
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mistral_chat.cli import run
from mistral_chat.setup import World
from tests.e2e.server import Server


@dataclass(frozen=True, slots=True)
class Done:
    """What a run of the program leaves: its exit status, its standard output and its standard error."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as one JSON value."""
        return json.loads(self.out)

    @property
    def json_lines(self) -> list[Any]:
        """Standard output as a JSON value a line."""
        return [json.loads(line) for line in self.out.splitlines()]


class Shell:
    """Runs the program with an environment, against a server. `stdin` is empty, as </dev/null has it, unless given."""

    def __init__(self, server: Server, environment: Mapping[str, str]) -> None:
        self.server = server
        self.environment = dict(environment)

    def __call__(self, *words: str, stdin: str | bytes = b"", encoding: str = "utf-8") -> Done:
        """The run of `mistral-chat --base-url SERVER WORDS`."""
        return self.plain("--base-url", self.server.url, *words, stdin=stdin, encoding=encoding)

    def plain(self, *words: str, stdin: str | bytes | None = b"", encoding: str = "utf-8") -> Done:
        """The run of `mistral-chat WORDS`; `stdin` None is a process that has none."""
        data = stdin.encode() if isinstance(stdin, str) else stdin
        standard_input = None if data is None else io.TextIOWrapper(io.BytesIO(data), encoding)
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding, "replace", newline="") for _ in range(2))
        status = run(World(words, self.environment, standard_input, out, err))
        return Done(int(status), _written(out), _written(err))


def _written(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()
