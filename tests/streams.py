"""Streams in memory that stand where stdout and stderr do: a pipe or a terminal, in an encoding."""

from __future__ import annotations

import io


class Stream(io.TextIOWrapper):
    """Keeps what is written to it; `terminal` is what it says of itself."""

    def __init__(self, *, terminal: bool = False, encoding: str = "utf-8") -> None:
        self._bytes = io.BytesIO()
        super().__init__(self._bytes, encoding=encoding, newline="\n")
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    @property
    def text(self) -> str:
        return self._bytes.getvalue().decode(self.encoding)

    @property
    def lines(self) -> list[str]:
        return self.text.split("\n")[:-1]
