"""Files that the user names: what can be written to, and what no file can be called."""

import os
from pathlib import Path

import pytest

from mistral_chat.errors import UsageError
from mistral_chat.named_file import expanded, to_write


def test_a_file_to_write_may_be_there_or_not(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("x")
    assert to_write(f"{tmp_path}/old") == tmp_path / "old"
    assert to_write(f"{tmp_path}/no/such/new") == tmp_path / "no" / "such" / "new"


def test_a_file_to_write_may_be_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert to_write("~/new") == tmp_path / "new"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("pipe", "not a file but a pipe"),
        ("link", "not a file but a pipe"),
        ("folder", "not a file but a folder"),
        ("folder/", "the name of a folder"),
        ("new/", "the name of a folder"),
        ("/dev/null", "not a file but a device"),
    ],
)
def test_what_is_no_regular_file_is_not_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    os.mkfifo("pipe")
    Path("link").symlink_to("pipe")
    with pytest.raises(UsageError, match=why):
        to_write(name)


@pytest.mark.parametrize("name", ["a\0b", "~\0", "\ud800"])
def test_what_no_file_can_be_called_is_told_as_such(name: str) -> None:
    with pytest.raises(UsageError, match="is no name of a file"):
        expanded(name, "another")
