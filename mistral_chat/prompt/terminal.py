"""The terminal from near by: its bytes become keys, quickly and wherever they are cut, and its modes are held.

prompt_toolkit's parser of input is replaced for three reasons: it takes a minute for a paste of 10 MB, it waits half a
second for what may follow Esc, and it types the letters of a sequence it does not know into the draft.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
from prompt_toolkit.input.vt100_parser import Vt100Parser
from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.keys import Keys

from mistral_chat.errors import UsageError
from mistral_chat.text import in_ascii

if TYPE_CHECKING:
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

ESCAPE_SECONDS = 0.05
"""So long after ESC without a further byte it was the key Esc, and no sequence or Alt."""

BACKGROUND_ASKED = "\x1b]11;?\x1b\\"
"""Asks the terminal for the colour of its background; most answer in a moment, some never."""
BACKGROUND_TOLD = "\x1b]11;"

_PASTE_BEGINS = "\x1b[200~"
_PASTE_ENDS = "\x1b[201~"
_READ_AT_ONCE = 1 << 20

_CSI = r"\x1b\[(?:\[[A-E]|[0-?]*[ -/]*[@-Z\\-~])"
_SS3 = r"\x1bO[ -~]"
_OSC = r"\x1b\][0-9][^\x07\x1b]*(?:\x07|\x1b\\)"
_SEQUENCE = re.compile(rf"(?P<alt>\x1b)?(?:{_CSI}|{_SS3})|{_OSC}|\x1b[^\x1b\[O]|[^\x1b]")
_UNFINISHED = re.compile(r"\x1b{1,2}(?:\[\[?[0-?]*[ -/]*|O)?|\x1b\](?:[0-9][^\x07\x1b]*\x1b?)?")
_TOLD = re.compile(
    r"""\x1b\[(?:
        (?P<code>\d+)(?::\d*)*(?:;(?P<mods>\d+)(?::\d+)?)?u   # https://www.leonerd.org.uk/hacks/fixterms/
        | 27;(?P<mods_2>\d+);(?P<code_2>\d+)~                 # xterm's modifyOtherKeys
    )""",
    re.VERBOSE,
)
"""A key that is told together with its modifiers."""

_KITTY_KEYS = range(0xE000, 0xF900)
"""Codes for keys without a letter (https://sw.kovidgoyal.net/kitty/keyboard-protocol/)."""

_SHIFT, _ALT, _CONTROL = 1, 2, 4


class Keyboard(Vt100Parser):
    """Text from the terminal -> KeyPress, handed to a callback; `flush` says that nothing more is on its way.

    Alt-Enter and Shift-Enter become Ctrl-J. The data of an Escape that is the Alt of the next key has that key in it;
    the data of the key Esc is ESC alone. What the terminal tells of its background is the data of the key Ignore.
    """

    def __init__(self, feed_key_callback: Callable[[KeyPress], None]) -> None:
        self.pasting = False
        super().__init__(feed_key_callback)

    def reset(self, request: bool = False) -> None:
        self.pasting = False
        self._paste: list[str] = []
        self._paste_tail = ""
        self.pending = ""

    def feed(self, data: str) -> None:
        while data:
            data = self._feed_paste(data) if self.pasting else self._feed_keys(data)

    @property
    def may_be_over(self) -> bool:
        """Whether what has come last was a key, unless more follows at once; a sequence's cut beginning is none."""
        return self.pending in ("\x1b", "\x1b\x1b") or self.pending.startswith("\x1b]")

    def flush(self) -> None:
        if not self.may_be_over:
            return
        pending, self.pending = self.pending, ""
        if pending == "\x1b]":
            self._tell_modified("]", _ALT, pending)
        elif "]" not in pending:
            for letter in pending:
                self._tell(letter)

    def _feed_paste(self, data: str) -> str:
        """Takes what belongs to the paste; what comes after it is given back."""
        self._paste.append(data)
        seen = self._paste_tail + data
        at = seen.find(_PASTE_ENDS)
        if at < 0:
            self._paste_tail = seen[1 - len(_PASTE_ENDS) :]
            return ""
        text = "".join(self._paste)
        self.reset()
        self.feed_key_callback(KeyPress(Keys.BracketedPaste, text[: len(text) - len(seen) + at]))
        return seen[at + len(_PASTE_ENDS) :]

    def _feed_keys(self, data: str) -> str:
        """Takes keys up to the beginning of a paste; what comes after that is given back."""
        data, self.pending = self.pending + data, ""
        at = 0
        while at < len(data):
            if data[at] == "\x1b" and (unfinished := _UNFINISHED.fullmatch(data, at)):
                self.pending = unfinished[0]
                return ""
            found = _SEQUENCE.match(data, at)
            if found is None:
                self._tell(data[at])
                at += 1
                continue
            at = found.end()
            if found[0] == _PASTE_BEGINS:
                self.pasting = True
                return data[at:]
            self._tell_sequence(found)
        return ""

    def _tell_sequence(self, found: re.Match[str]) -> None:
        sequence = found[0]
        if len(sequence) == 1 or (sequence in ANSI_SEQUENCES and not _TOLD.match(sequence)):
            self._tell(sequence)
        elif sequence.startswith(BACKGROUND_TOLD):
            self._tell_key(Keys.Ignore, sequence)
        elif len(sequence) == 2:
            self._tell_modified(sequence[1], _ALT, sequence)
        elif found["alt"]:
            self._tell_key(Keys.Escape, sequence)
            self._tell(sequence[1:])
        elif told := _TOLD.fullmatch(sequence):
            code = int(told["code"] or told["code_2"])
            modifiers = int(told["mods"] or told["mods_2"] or 1) - 1
            if code not in _KITTY_KEYS and code <= sys.maxunicode:
                self._tell_modified(chr(code), modifiers, sequence)

    def _tell_modified(self, letter: str, modifiers: int, sequence: str) -> None:
        if letter == "\r" and modifiers & (_SHIFT | _ALT | _CONTROL):
            self._tell("\n")
            return
        if letter == "\t" and modifiers & _SHIFT:
            self._tell_key(Keys.BackTab, sequence)
            return
        if modifiers & _ALT:
            self._tell_key(Keys.Escape, sequence)
        if modifiers & _CONTROL and "@" <= letter.upper() <= "_":
            letter = chr(ord(letter.upper()) & 0x1F)
        elif modifiers & _SHIFT:
            letter = letter.upper()
        self._tell(letter)

    def _tell(self, sequence: str) -> None:
        keys = ANSI_SEQUENCES.get(sequence, sequence)
        if isinstance(keys, tuple):
            for number, key in enumerate(keys):
                self._tell_key(key, "" if number else sequence)
        elif isinstance(keys, Keys):
            self._tell_key(keys, sequence)
        elif len(keys) == 1:
            letter = "\ufffd" if "\ud800" <= keys <= "\udfff" else keys
            self._tell_key(letter, letter)

    def _tell_key(self, key: Keys | str, data: str) -> None:
        self.feed_key_callback(KeyPress(key, data))


def read_quickly(input: Input) -> None:
    """Gives a terminal's input our keyboard, and lets it read as much at once as there is."""
    if sys.platform == "win32":
        return
    from prompt_toolkit.input.posix_utils import PosixStdinReader
    from prompt_toolkit.input.vt100 import Vt100Input

    class Reader(PosixStdinReader):
        def read(self, count: int = 4096) -> str:
            pieces = [super().read(count)]
            size = len(pieces[0])
            while pieces[-1] and size < _READ_AT_ONCE:
                pieces.append(super().read(count))
                size += len(pieces[-1])
            return "".join(pieces)

    if isinstance(input, Vt100Input):
        encoding = input.stdin.encoding or "utf-8"
        input.stdin_reader = Reader(input.fileno(), encoding="utf-8" if encoding.lower() == "ascii" else encoding)
        input.vt100_parser = Keyboard(input.vt100_parser.feed_key_callback)


def may_be_over(input: Input) -> bool:
    """Whether the last key is pressed, Esc say, unless more follows at once."""
    keyboard = getattr(input, "vt100_parser", None)
    return isinstance(keyboard, Keyboard) and keyboard.may_be_over


def is_dumb() -> bool:
    """Whether the terminal knows no escape sequences."""
    return sys.platform != "win32" and os.environ.get("TERM") == "dumb"


def tells_pastes() -> bool:
    """Whether a paste comes marked as one; the Linux console, GNU screen and Emacs hand it on as keys."""
    return not os.environ.get("TERM", "").startswith(("linux", "eterm")) and "STY" not in os.environ


def open_input() -> Input:
    """The keys of the terminal, also when stdin is a pipe. Raises UsageError when there is no terminal."""
    from prompt_toolkit.input import create_input

    if sys.platform == "win32" or (sys.stdin is not None and sys.stdin.isatty()):
        return create_input(sys.stdin)
    try:
        return create_input(open("/dev/tty", encoding="utf-8", errors="surrogateescape"))
    except OSError as error:
        why = f"/dev/tty: {error.strerror}"
        raise UsageError("there is no terminal to converse on", why, "leave out -i, and give the question") from None


def open_output() -> Output:
    """The terminal's screen.

    It is never asked where its cursor is: no key can then be mistaken for its answer, and none has to be waited for.
    Bracketed paste stays on between two prompts, lest a paste just then be taken for typing.
    """
    if is_dumb():
        from prompt_toolkit.output import DummyOutput

        class Lines(DummyOutput):
            def write_raw(self, data: str) -> None:
                sys.stdout.write(data.encode(sys.stdout.encoding, "replace").decode(sys.stdout.encoding))
                sys.stdout.flush()

        return Lines()
    if sys.platform == "win32":
        from prompt_toolkit.output import create_output

        return create_output(sys.stdout)
    from prompt_toolkit.output.vt100 import Vt100_Output

    class Terminal(Vt100_Output):
        def disable_bracketed_paste(self) -> None:
            pass

        def let_go(self) -> None:
            super().disable_bracketed_paste()

    terminal = Terminal.from_pty(sys.stdout)
    terminal.enable_cpr = False
    return terminal


def can_show(text: str, output: Output) -> bool:
    """Whether the terminal's encoding has these characters."""
    try:
        text.encode(output.encoding())
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def in_encoding(pieces: StyleAndTextTuples, output: Output) -> StyleAndTextTuples:
    """Pieces of text with what the terminal's encoding has in place of the program's own signs."""
    return pieces if can_show("·…", output) else [(piece[0], in_ascii(piece[1])) for piece in pieces]


@contextmanager
def held(input: Input, output: Output) -> Iterator[None]:
    """Keys come one by one and are not echoed, also between two prompts; in the end all modes are as before."""
    with input.raw_mode():
        output.enable_bracketed_paste()
        output.flush()
        try:
            yield
        finally:
            _let_go(output)


@contextmanager
def lent(input: Input, output: Output) -> Iterator[None]:
    """The terminal as another program expects it: an editor, the shell. Afterwards keys are no longer echoed.

    prompt_toolkit would still echo them for a moment (`run_in_terminal`), in the row in which it then draws.
    """
    try:
        with input.cooked_mode():
            _let_go(output)
            yield
    finally:
        input.raw_mode().__enter__()
        output.write_raw("\r")
        output.enable_bracketed_paste()
        output.flush()


def suspend(input: Input, output: Output) -> None:
    """What Ctrl-Z does in a shell; comes back when the program is continued. Nothing where there is no such thing."""
    if hasattr(signal, "SIGTSTP"):
        with lent(input, output):
            os.kill(0, signal.SIGTSTP)


def _let_go(output: Output) -> None:
    let_go: Callable[[], None] = getattr(output, "let_go", output.disable_bracketed_paste)
    let_go()
    output.flush()
