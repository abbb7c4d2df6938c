"""Files of sessions: private when they are written, and refused with a reason when they cannot be read."""

import os
from pathlib import Path

import pytest

from mistral_chat.errors import UsageError
from mistral_chat.exchange import files


@pytest.mark.parametrize("replace", [False, True])
def test_a_file_is_its_owner_s_alone(tmp_path: Path, replace: bool) -> None:
    path = tmp_path / "a.md"
    if replace:
        path.touch(0o666)
    files.write(path, "secret", replace=replace)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("mine")
    with pytest.raises(UsageError, match="there already"):
        files.write(path, "yours")
    assert path.read_text() == "mine"


@pytest.mark.parametrize("replace", [False, True])
def test_a_folder_that_is_missing_is_named(tmp_path: Path, replace: bool) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        files.write(tmp_path / "none" / "a.md", "text", replace=replace)


def test_half_a_surrogate_pair_can_be_written(tmp_path: Path) -> None:
    files.write(tmp_path / "a.md", "a\ud83d")
    assert (tmp_path / "a.md").read_text() == "a\ufffd"


def test_a_folder_and_a_pipe_are_no_files_to_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(UsageError, match="is not a file"):
            files.read(path)


def test_what_is_too_long_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "long").open("wb") as file:
        file.truncate(files.LIMIT + 1)  # without its bytes: it has holes only
    with pytest.raises(UsageError, match="too long"):
        files.read(tmp_path / "long")


@pytest.mark.parametrize("replace", [False, True])
def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path, replace: bool) -> None:
    name = tmp_path / "a\0b"
    with pytest.raises(UsageError, match="cannot be written"):
        files.write(name, "text", replace=replace)
    with pytest.raises(UsageError, match="cannot be read"):
        files.read(name)
