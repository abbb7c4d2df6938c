"""A person at a terminal: start a command on a real pty, type, and look at the screen.

    with Terminal(["mistral-chat"], env) as terminal:
        terminal.wait_for("›")
        terminal.type("hello")
        terminal.press("enter")
        terminal.wait_for("You said: hello")
        terminal.press("ctrl-d")
        assert terminal.wait_exit() == 0

Nothing here sleeps: every wait is woken by output or by the program's end, and fails with the screen in its message.
What `wait_exit` gives is what a shell calls `$?`: the exit status, or 128 + n when signal n ended the program.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from tests.e2e import PATIENCE
from tests.e2e.display import Cell, Display

_LEADER: Final = Path(__file__).with_name("leader.py")
_ALL_SENT: Final = b"\x1b]7777;all sent\x07"
"""Written to the tty behind the program's last output, to know when that output has been read."""

_KEYS: Final[Mapping[str, bytes]] = {
    "enter": b"\r",
    "tab": b"\t",
    "shift-tab": b"\x1b[Z",
    "escape": b"\x1b",
    "backspace": b"\x7f",
    "delete": b"\x1b[3~",
    "insert": b"\x1b[2~",
    "page-up": b"\x1b[5~",
    "page-down": b"\x1b[6~",
    "space": b" ",
    "f1": b"\x1bOP",
    "f2": b"\x1bOQ",
}
_ARROWS: Final = {"up": b"A", "down": b"B", "right": b"C", "left": b"D", "home": b"H", "end": b"F"}


class Position(NamedTuple):
    """Of the cursor, both counted from 0."""

    row: int
    column: int


class Terminal:
    """A terminal window with a command running in it. Left, it kills what still runs.

    `background` is the colour told to whoever asks (OSC 11), as in "rgb:ffff/ffff/ffff"; None: no answer, as most do.
    """

    def __init__(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        rows: int = 24,
        columns: int = 80,
        cwd: Path | None = None,
        background: str | None = None,
    ) -> None:
        self._changed = threading.Condition()
        self._display = Display(columns, rows, background)
        self._raw = bytearray()
        self._typed = bytearray()
        self._pid: int | None = None
        self._status: int | None = None
        self._stopped = 0
        self._before: list[str] | None = None
        self._closed = self._all_sent = False
        self._master, self._slave = pty.openpty()
        os.set_blocking(self._master, False)
        self._set_size(rows, columns)
        self._awake, self._wake = os.pipe()
        reports, reports_end = os.pipe()
        commands_end, self._commands = os.pipe()
        self._leader = subprocess.Popen(
            [sys.executable, "-IS", str(_LEADER), str(reports_end), str(commands_end), *argv],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
            pass_fds=(reports_end, commands_end),
        )
        os.close(reports_end)
        os.close(commands_end)
        self._line = threading.Thread(target=self._carry, name="terminal", daemon=True)
        self._watcher = threading.Thread(target=self._watch, args=(reports,), name="terminal watches", daemon=True)
        self._line.start()
        self._watcher.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Kill the program if it still runs, and give everything back. Doing it twice does no harm."""
        if self._commands < 0:
            return
        os.close(self._commands)
        self._commands = -1
        self._leader.wait()
        self._watcher.join()
        self.hang_up()
        for descriptor in (self._slave, self._awake, self._wake):
            os.close(descriptor)

    # --- at the keyboard --------------------------------------------------------------------------------------------

    def type(self, text: str) -> None:
        """Type this, character by character as it stands; a newline is Ctrl-J, not Enter."""
        self._send(text.encode())

    def press(self, *keys: str) -> None:
        """Press these keys, one after the other: "enter", "ctrl-c", "alt-enter", "up", "x" ..."""
        for key in keys:
            self._send(self._key(key))

    def paste(self, text: str) -> None:
        """Paste, in brackets when the program asked for that (CSI ? 2004 h); line ends become CR, as in xterm."""
        data = text.replace("\r\n", "\r").replace("\n", "\r").encode()
        with self._changed:
            bracketed = self._display.screen.has_mode(2004)
        self._send(b"\x1b[200~" + data + b"\x1b[201~" if bracketed else data)

    def _key(self, key: str) -> bytes:
        modifier, _, rest = key.partition("-")
        if modifier == "alt" and rest:
            return b"\x1b" + self._key(rest)
        if modifier == "ctrl" and rest in _ARROWS:
            return b"\x1b[1;5" + _ARROWS[rest]
        if modifier == "ctrl" and len(rest) == 1:
            return bytes([ord(rest.upper()) & 0x1F])
        if key in _ARROWS:
            with self._changed:
                return (b"\x1bO" if self._display.screen.has_mode(1) else b"\x1b[") + _ARROWS[key]
        if len(key) == 1:
            return key.encode()
        return _KEYS[key]

    # --- before the screen ------------------------------------------------------------------------------------------

    def wait_for(self, what: str | re.Pattern[str], timeout: float = PATIENCE) -> None:
        """Wait until the screen (rows joined by newlines, blanks at their ends cut) holds this text or pattern.

        Blanks at the ends of the lines of a text are cut as well, so one may write "> ". What was there already before
        keys were pressed is no sign of what they did: that fails.
        """
        lines = what.split("\n") if isinstance(what, str) else []
        text = "\n".join(line.rstrip(" ") for line in lines)

        def stands_in(rows: list[str]) -> bool:
            shown = "\n".join(rows)
            return text in shown if isinstance(what, str) else what.search(shown) is not None

        with self._changed:
            if self._before is not None and stands_in(self._before):
                raise AssertionError(f"{what!r} was there before the keys were pressed\n{self._picture()}")
        self.wait_until(lambda: stands_in(self._display.rows()), f"{what!r} on the screen", timeout)

    def wait_until_gone(self, text: str, timeout: float = PATIENCE) -> None:
        """Wait until this text is nowhere on the screen."""
        self.wait_until(lambda: not any(text in row for row in self._display.rows()), f"{text!r} gone", timeout)

    def wait_for_raw(self, what: bytes, start: int = 0, timeout: float = PATIENCE) -> None:
        """Wait until the program has written these bytes, at or behind byte `start` of its output."""
        self.wait_until(lambda: self._raw.find(what, start) >= 0, f"the bytes {what!r}", timeout)

    def wait_until(self, condition: Callable[[], bool], name: str = "it", timeout: float = PATIENCE) -> None:
        """Wait until the condition holds; it is tried after every piece of output. Raises AssertionError."""
        with self._changed:
            ended = self._changed.wait_for(lambda: condition() or self._is_over(), timeout)
            self._before = None
            if not condition():
                why = "the program ended" if ended else f"waited {timeout} s"
                raise AssertionError(f"{why}, but there was not {name}\n{self._picture()}")

    def screen(self) -> list[str]:
        """The text of each row, without the blanks at its end."""
        with self._changed:
            return self._display.rows()

    def scrollback(self) -> list[str]:
        """The text of each line that has scrolled off the top."""
        with self._changed:
            return self._display.scrollback()

    def text(self) -> str:
        """Everything one can read by scrolling back: scrollback and screen, without the blank rows at the end."""
        with self._changed:
            return "\n".join([*self._display.scrollback(), *self._display.rows()]).rstrip("\n")

    def cell(self, row: int, column: int) -> Cell:
        """The character there (`data`) and its styles: fg, bg, bold, faint, italics, underscore, reverse, link ..."""
        with self._changed:
            return self._display.cell(row, column)

    def find(self, text: str) -> Position:
        """Where this text first stands on the screen."""
        for row, shown in enumerate(self.screen()):
            if text in shown:
                before, column = shown.index(text), 0
                while before > 0 or self.cell(row, column).data == "":
                    before -= len(self.cell(row, column).data)
                    column += 1
                return Position(row, column)
        raise AssertionError(f"{text!r} is not on the screen\n{self._picture()}")

    @property
    def cursor(self) -> Position:
        with self._changed:
            screen = self._display.screen
            return Position(screen.cursor.y, min(screen.cursor.x, screen.columns - 1))

    @property
    def cursor_is_hidden(self) -> bool:
        with self._changed:
            return self._display.screen.cursor.hidden

    @property
    def title(self) -> str:
        with self._changed:
            return self._display.screen.title

    @property
    def raw(self) -> bytes:
        """Every byte the program has written so far."""
        with self._changed:
            return bytes(self._raw)

    @property
    def unknown(self) -> list[str]:
        """The sequences the terminal did not know, and did not show."""
        with self._changed:
            return [sequence for sequence in self._display.unknown if sequence.encode() not in _ALL_SENT]

    def has_mode(self, private: int) -> bool:
        """Whether the mode set by `CSI ? private h` is in force: 2004 bracketed paste, 25 cursor, 1049 other screen."""
        with self._changed:
            return self._display.screen.has_mode(private)

    def _picture(self) -> str:
        edge = "-" * self._display.screen.columns
        above = self._display.scrollback()[-40:]
        ended = "" if self._status is None else f"\nexit status {self._status}"
        return "\n".join([*above, edge, *self._display.rows(), edge]) + ended

    # --- around it --------------------------------------------------------------------------------------------------

    @property
    def pid(self) -> int:
        """Of the program; it is also the number of its process group."""
        with self._changed:
            self._changed.wait_for(lambda: self._pid is not None, PATIENCE)
            assert self._pid is not None
            return self._pid

    def resize(self, rows: int, columns: int) -> None:
        """Give the window another size; the kernel sends SIGWINCH."""
        with self._changed:
            self._display.screen.resize(rows, columns)
        self._set_size(rows, columns)

    def kill(self, number: int = signal.SIGTERM) -> None:
        """Send the program's process group a signal."""
        os.killpg(self.pid, number)

    def hang_up(self) -> None:
        """Close the window: the kernel sends SIGHUP, and the tty is gone."""
        with self._changed:
            self._closed = True
        os.write(self._wake, b"c")
        self._line.join()

    def wait_stopped(self, times: int = 1, timeout: float = PATIENCE) -> None:
        """Wait until the program has been stopped (Ctrl-Z) for the `times`-th time."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._stopped >= times, timeout):
                raise AssertionError(f"waited {timeout} s, but the program did not stop\n{self._picture()}")

    def write(self, text: str) -> None:
        """What another program writes to this terminal, such as the shell while the program is stopped."""
        os.write(self._slave, text.encode())
        self.wait_for_raw(text.replace("\n", "\r\n").encode())

    def foreground(self) -> None:
        """What `fg` does in a shell."""
        os.write(self._commands, b"f")

    def wait_exit(self, timeout: float = PATIENCE) -> int:
        """Wait until the program has ended and all its output is on the screen; its exit status, as in `$?`."""
        with self._changed:
            if not self._changed.wait_for(self._is_over, timeout):
                raise AssertionError(f"waited {timeout} s, but the program did not end\n{self._picture()}")
            assert self._status is not None
            return self._status

    def _is_over(self) -> bool:
        return self._status is not None and (self._all_sent or self._closed)

    def termios(self) -> list[Any]:
        """The tty's modes, as `termios.tcgetattr` tells them, to be compared: before, during, after."""
        return termios.tcgetattr(self._slave)

    def _set_size(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _send(self, data: bytes) -> None:
        with self._changed:
            if self._before is None:
                self._before = self._display.rows()
            self._typed += data
        os.write(self._wake, b"t")

    def _carry(self) -> None:
        """Carry bytes between the master side of the pty and this object, until it is closed."""
        while not self._closed:
            writing = [self._master] if self._typed else []
            readable, writable, _ = select.select([self._master, self._awake], writing, [])
            if self._awake in readable:
                os.read(self._awake, 4096)
            with self._changed:
                if self._master in readable:
                    self._take(os.read(self._master, 65536))
                elif writable:
                    del self._typed[: os.write(self._master, self._typed[:4096])]
        os.close(self._master)

    def _take(self, data: bytes) -> None:
        before = max(0, len(self._raw) - len(_ALL_SENT))
        self._raw += data
        self._display.feed(data)
        self._typed += "".join(self._display.answers).encode()
        self._display.answers.clear()
        if (at := self._raw.find(_ALL_SENT, before)) >= 0:
            del self._raw[at : at + len(_ALL_SENT)]
            self._all_sent = True
        self._changed.notify_all()

    def _watch(self, reports: int) -> None:
        with open(reports, encoding="ascii") as lines:
            for line in lines:
                what, number = line.split()
                if what == "exited" and not self._closed:
                    os.write(self._slave, _ALL_SENT)
                with self._changed:
                    if what == "started":
                        self._pid = int(number)
                    elif what == "stopped":
                        self._stopped += 1
                    else:
                        self._status = int(number)
                    self._changed.notify_all()
