"""Each known kind of file is told by its content, and any other is refused."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from mistral_chat.errors import UsageError
from mistral_chat.exchange import reading, whole
from tests.exchange.logs import OLDER, log, response
from tests.exchange.talk import branched
from tests.exchange.test_chatgpt import conversation, node

ASKED = conversation(node("q", None, "user", "Who?"))


def test_our_own_json_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "anything.txt"
    path.write_text(whole.write(branched()))
    assert reading.read(path) == [branched()]


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("\ufeff" + whole.write(branched()))
    assert reading.read(path) == [branched()]


@pytest.mark.parametrize("data", [[ASKED, ASKED], ASKED])
def test_conversations_of_chatgpt_are_known(tmp_path: Path, data: object) -> None:
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps(data))
    assert {session.conversation.title for session in reading.read(path)} == {"Painters"}


def test_the_archive_chatgpt_sends_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("user.json", "{}")
        archive.writestr("conversations-000.json", json.dumps([ASKED]))
        archive.writestr("conversations-001.json", json.dumps([ASKED]))
    assert len(reading.read(path)) == 2


def test_a_log_of_llm_is_known(tmp_path: Path) -> None:
    path = log(tmp_path / "logs.db", OLDER, {"responses": [response("1", "Who?", "Monet.")]})
    assert len(reading.read(path)) == 1


def test_half_a_surrogate_pair_becomes_a_replacement_character(tmp_path: Path) -> None:
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps([conversation(node("q", None, "user", "a\ud83d b\U0001f600 \ude00"))]))
    (session,) = reading.read(path)
    assert session.conversation.nodes[1].message.text == "a\ufffd b\U0001f600 \ufffd"


def archive(names: list[str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(name, "[]")
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "not JSON"),
        (b"# Notes", "not JSON"),
        (b"[" * 100_000, "this JSON cannot be read"),
        (b"[" + b"9" * 10_000 + b"]", "this JSON cannot be read"),
        (b"\x89PNG\r\n\x1a\n", "not JSON"),
        (b"[]", "holds no conversations"),
        (b"5", "holds no conversations"),
        (b'[{"name": "x"}]', "holds no conversations"),
        (b'{"format": "mistral-chat"}', "version None"),
        (b"SQLite format 3\0 but not really", "cannot be read"),
        (b"PK\3\4 but not really", "cannot be unpacked"),
        (archive(["birds.json"]), "no conversations.json"),
    ],
)
def test_what_cannot_be_read_is_told_with_the_name_of_the_file(tmp_path: Path, data: bytes, complaint: str) -> None:
    path = tmp_path / "given"
    path.write_bytes(data)
    with pytest.raises(UsageError, match=complaint) as refusal:
        reading.read(path)
    assert refusal.value.what.startswith(f"{path}: ")
    assert refusal.value.hint


@pytest.mark.parametrize(
    ("data", "why"),
    [(b" \n", "it is empty"), (b'[\n {"a" 5}]', "it cannot be understood from line 2, column 7 on")],
)
def test_where_a_file_stops_being_json_is_told(tmp_path: Path, data: bytes, why: str) -> None:
    (tmp_path / "given").write_bytes(data)
    with pytest.raises(UsageError, match="not JSON") as refusal:
        reading.read(tmp_path / "given")
    assert refusal.value.why == why


def test_an_archive_that_would_fill_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mistral_chat.exchange.files.LIMIT", 1000)
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("conversations.json", "[" + " " * 100_000 + "]")
    with pytest.raises(UsageError, match="too much"):
        reading.read(path)
