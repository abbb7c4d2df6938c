"""What is its owner's alone, under any umask, and is written whole or not at all."""

from __future__ import annotations

import os
import resource
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mistral_chat import private

Write = Callable[[Path, bytes], None]
either_way = pytest.mark.parametrize("write", [private.write_new, private.replace])


@pytest.fixture(params=[0o000, 0o022, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@contextmanager
def full_disk() -> Iterator[None]:
    """No file can grow beyond a thousand bytes."""
    limits, told = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, told)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("umask")
@either_way
def test_a_file_can_be_read_by_its_owner_alone(tmp_path: Path, write: Write) -> None:
    write(tmp_path / "a", b"secret")
    assert mode(tmp_path / "a") == 0o600


@pytest.mark.usefixtures("umask")
def test_a_folder_and_those_to_it_can_be_entered_by_their_owner_alone(tmp_path: Path) -> None:
    private.make_folder(tmp_path / "a" / "b")
    assert (mode(tmp_path / "a"), mode(tmp_path / "a" / "b")) == (0o700, 0o700)


@either_way
def test_the_umask_is_afterwards_as_it_was(tmp_path: Path, umask: int, write: Write) -> None:
    write(tmp_path / "a", b"")
    after = os.umask(0)
    os.umask(after)
    assert after == umask


def test_what_is_replaced_is_no_longer_read_by_others(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.touch(0o666)
    private.replace(path, b"secret")
    assert (path.read_bytes(), mode(path)) == (b"secret", 0o600)


def test_a_link_gives_way_and_what_it_leads_to_does_not(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("mine")
    link.symlink_to(target)
    private.replace(link, b"new")
    assert (target.read_text(), link.read_text(), link.is_symlink()) == ("mine", "new", False)


def test_a_new_file_is_not_written_through_a_link_to_nowhere(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        private.write_new(link, b"text")
    assert not (tmp_path / "elsewhere").exists()


def test_a_new_file_leaves_alone_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        private.write_new(path, b"yours")
    assert path.read_text() == "mine"


def test_replacing_leaves_nothing_beside_the_file(tmp_path: Path) -> None:
    private.replace(tmp_path / "a", b"one")
    private.replace(tmp_path / "a", b"two")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a", "two")]


def test_a_folder_is_not_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(OSError, match="directory"):
        private.replace(tmp_path / "a", b"text")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_on_a_full_disk_no_half_of_a_new_file_is_left(tmp_path: Path) -> None:
    with full_disk(), pytest.raises(OSError, match="File too large"):
        private.write_new(tmp_path / "a", bytes(2000))
    assert list(tmp_path.iterdir()) == []


def test_on_a_full_disk_the_old_file_stays_whole(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    with full_disk(), pytest.raises(OSError, match="File too large"):
        private.replace(tmp_path / "a", bytes(2000))
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a", "old")]
