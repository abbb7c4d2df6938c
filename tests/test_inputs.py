"""What is piped in or named: text is taken as it is, anything else is refused in a sentence."""

from __future__ import annotations

import errno
import gzip
import io
import os
import socket
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_chat import inputs
from mistral_chat.errors import Exit, UsageError
from mistral_chat.inputs import read_file, read_stdin
from mistral_chat.screen import Screen
from tests.chunking import cuts
from tests.streams import Stream

LIMIT = 1000
posix_only = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")


def screen_with_notes() -> tuple[Screen, Stream]:
    notes = Stream()
    return Screen(Stream(), notes, environment={}), notes


def piped(data: bytes) -> str:
    return read_stdin(io.BytesIO(data), LIMIT, screen_with_notes()[0])


def named(path: Path) -> str:
    return read_file(path, LIMIT, screen_with_notes()[0])


def refusal_of_file(path: Path) -> UsageError:
    with pytest.raises(UsageError) as refused:
        named(path)
    return refused.value


def refusal_of_pipe(data: bytes) -> UsageError:
    with pytest.raises(UsageError) as refused:
        piped(data)
    return refused.value


class Slow(io.RawIOBase):
    """Bytes that arrive in these pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = [piece for piece in pieces if piece]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece = self._pieces.pop(0) if self._pieces else b""
        buffer[: len(piece)] = piece
        return len(piece)


class Gone(io.RawIOBase):
    """A stream that fails."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))


class Silent(Slow):
    """Says nothing before something has happened."""

    def __init__(self, happened: threading.Event) -> None:
        super().__init__([b"at last"])
        self._happened = happened

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        assert self._happened.wait(60)
        return super().readinto(buffer)


class Watching(Slow):
    """Notes at each read whether a hint is still to come."""

    def __init__(self, pieces: list[bytes]) -> None:
        super().__init__(pieces)
        self.hints: list[bool] = []

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self.hints.append(a_hint_is_to_come())
        return super().readinto(buffer)


def a_hint_is_to_come() -> bool:
    timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    return any(not timer.finished.is_set() for timer in timers)


class Watched(Stream):
    """Tells when something has been written to it."""

    def __init__(self, written: threading.Event) -> None:
        super().__init__()
        self._written = written

    def flush(self) -> None:
        super().flush()
        if self.text:
            self._written.set()


# ---------------------------------------------------------------- standard input


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=200), st.data())
def test_what_is_piped_in_is_taken_to_its_end_however_it_comes(text: str, data: st.DataObject) -> None:
    pieces = data.draw(cuts(text.encode()))
    stream = io.BufferedReader(Slow(pieces))
    expected = text.removeprefix("\ufeff")
    assert read_stdin(stream, LIMIT, screen_with_notes()[0]) == expected


def test_control_characters_and_line_ends_are_kept() -> None:
    assert piped(b"a\r\nb\x1b[31m\x00\n") == "a\r\nb\x1b[31m\x00\n"


def test_as_many_bytes_as_the_limit_are_taken() -> None:
    assert piped(b"x" * LIMIT) == "x" * LIMIT


def test_one_byte_more_is_refused_with_the_limit() -> None:
    error = refusal_of_pipe(b"x" * (LIMIT + 1))
    assert error.what == "standard input is longer than 1,000 bytes"
    assert error.why == "that is max_input"
    assert error.exit_status is Exit.USAGE


def test_binary_data_is_refused_by_its_name() -> None:
    assert refusal_of_pipe(gzip.compress(b"text")).what == "standard input is not text but gzip archive"


def test_bytes_that_are_not_utf8_are_replaced_with_a_warning() -> None:
    screen, notes = screen_with_notes()
    assert read_stdin(io.BytesIO(b"caf\xe9, na\xefve"), LIMIT, screen) == "caf\ufffd, na\ufffdve"
    assert notes.lines == [
        "warning: standard input is not all UTF-8: 2 bytes replaced by U+FFFD, the first at 3",
    ]


def test_standard_input_that_fails_is_refused() -> None:
    with pytest.raises(UsageError, match="standard input cannot be read") as refused:
        read_stdin(io.BufferedReader(Gone()), LIMIT, screen_with_notes()[0])
    assert refused.value.why == os.strerror(errno.EIO)


def test_a_silent_input_gets_a_hint_and_is_still_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "PATIENCE", 0)
    hinted = threading.Event()
    screen = Screen(Stream(), Watched(hinted), environment={})
    assert read_stdin(io.BufferedReader(Silent(hinted)), LIMIT, screen) == "at last"
    assert isinstance(screen.notes, Watched)
    assert screen.notes.lines == ["reading standard input; end it with Ctrl-D, or start with --no-stdin"]


def test_an_input_that_comes_at_once_gets_no_hint() -> None:
    screen, notes = screen_with_notes()
    read_stdin(io.BytesIO(b"text"), LIMIT, screen)
    assert notes.text == ""
    assert not a_hint_is_to_come()


def test_an_input_that_has_begun_gets_no_hint_however_slow_it_goes_on() -> None:
    slow = Watching([b"one", b"two", b"three"])
    assert read_stdin(io.BufferedReader(slow), LIMIT, screen_with_notes()[0]) == "onetwothree"
    assert slow.hints == [True, False, False, False]


# ---------------------------------------------------------------- files


def test_a_named_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "system.txt").write_text("Be brief.\nÉté.\n", "utf-8")
    assert named(tmp_path / "system.txt") == "Be brief.\nÉté.\n"


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "system.txt").write_bytes(b"\xef\xbb\xbfBe brief.")
    assert named(tmp_path / "system.txt") == "Be brief."


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    error = refusal_of_file(tmp_path / "nothing.txt")
    assert error.what == f"{tmp_path / 'nothing.txt'} cannot be read"
    assert error.why == os.strerror(errno.ENOENT)


def test_no_name_is_not_taken_for_a_folder() -> None:
    with pytest.raises(UsageError, match=r"^no file is named$"):
        read_file("", LIMIT, screen_with_notes()[0])


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert refusal_of_file(tmp_path).what == f"{tmp_path} is not a file but a folder"


@posix_only
def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refusal_of_file(tmp_path / "pipe").what == f"{tmp_path / 'pipe'} is not a file but a pipe"


@posix_only
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/tty"])
def test_a_device_is_refused(device: str) -> None:
    assert refusal_of_file(Path(device)).what == f"{device} is not a file but a device"


@posix_only
def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket has to be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        assert refusal_of_file(Path("socket")).what == "socket is not a file but a socket"


def test_a_file_of_a_user_there_is_not_is_refused() -> None:
    assert refusal_of_file(Path("~no such user/file")).what == "~no such user/file cannot be read"


def test_a_name_that_no_file_can_have_is_refused() -> None:
    assert refusal_of_file(Path("a\0b")).why == "embedded null byte"


def test_a_file_over_the_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_bytes(b"x" * (LIMIT + 1))
    assert refusal_of_file(tmp_path / "long.txt").what == f"{tmp_path / 'long.txt'} is longer than 1,000 bytes"


def test_a_binary_file_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    assert refusal_of_file(tmp_path / "a.png").what == f"{tmp_path / 'a.png'} is not text but PNG image"
