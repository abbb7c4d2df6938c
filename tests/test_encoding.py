"""What bytes from outside are: text in UTF-8, more or less, or a binary format with a name."""

from __future__ import annotations

import gzip
import io
import random
import sqlite3
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_chat.encoding import Decoded, decode, looks_binary


def test_utf8_is_decoded_and_nothing_is_bad() -> None:
    assert decode("été 世界 \x00\r\n".encode()) == Decoded("été 世界 \x00\r\n")


def test_a_byte_order_mark_is_stripped_once() -> None:
    assert decode(b"\xef\xbb\xbf\xef\xbb\xbfa").text == "\ufeffa"


def test_bytes_that_are_not_utf8_are_replaced_counted_and_found() -> None:
    assert decode(b"caf\xe9, na\xefve") == Decoded("caf\ufffd, na\ufffdve", bad=2, first=3)


def test_the_offset_counts_the_byte_order_mark() -> None:
    assert decode(b"\xef\xbb\xbfab\xff").first == 5


def test_a_replacement_character_of_the_text_itself_is_not_bad() -> None:
    assert decode("\ufffd".encode()) == Decoded("\ufffd")
    assert decode("\ufffd".encode() + b"\xff") == Decoded("\ufffd\ufffd", bad=1, first=3)


@given(st.binary())
def test_any_bytes_become_text_that_can_be_encoded(data: bytes) -> None:
    decoded = decode(data)
    decoded.text.encode()
    assert (decoded.bad == 0) == (decoded.first is None)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "PNG image"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "JPEG image"),
        (b"GIF89a\x01\x00\x01\x00\x80", "GIF image"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "WEBP image"),
        (b"BM\x46\x00\x00\x00\x00\x00\x00\x00\x36", "BMP image"),
        (b"II*\x00\x08\x00", "TIFF image"),
        (b"\x00\x00\x00\x20ftypheic", "HEIF image"),
        (b"\x00\x00\x00\x20ftypisom", "MP4 video"),
        (b"\x00\x00\x00\x20ftypM4A ", "MP4 audio"),
        (b"\xff\xfb\x90\x64\x00", "MP3 audio"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "WAV audio"),
        (b"ID3\x04\x00\x00", "MP3 audio"),
        (b"OggS\x00\x02\x00", "Ogg audio"),
        (b"%PDF-1.7\n1 0 obj\n", "PDF document"),
        (gzip.compress(b"text", mtime=0), "gzip archive"),
        (b"BZh91AY&SY", "bzip2 archive"),
        (b"\xfd7zXZ\x00", "xz archive"),
        (b"7z\xbc\xaf\x27\x1c", "7z archive"),
        (b"name" + b"\x00" * 253 + b"ustar\x00", "tar archive"),
        (b"\x7fELF\x02\x01\x01", "ELF program"),
        (b"MZ\x90\x00\x03\x00\x00\x00", "Windows program"),
        (b"\x00asm\x01\x00\x00\x00", "WebAssembly module"),
        ("Grüße".encode("utf-16"), "UTF-16 text"),
        (b"\x00\x01\x02\x03" * 100, "binary data"),
        (random.Random(1).randbytes(4096), "binary data"),
        ("Привет, мир, как твои дела".encode("cp1251"), "binary data"),
    ],
)
def test_binary_content_is_named(data: bytes, name: str) -> None:
    assert looks_binary(data) == name


def test_a_zip_archive_is_named() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("a.txt", "text")
    assert looks_binary(archive.getvalue()) == "ZIP archive"


def test_a_database_is_named(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "x.db") as made:
        made.execute("create table t (a)")
    made.close()
    assert looks_binary((tmp_path / "x.db").read_bytes()) == "SQLite database"


def test_a_program_is_named() -> None:
    assert looks_binary(Path(sys.executable).read_bytes()[:4096]) is not None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"plain\n",
        "été 世界 😀".encode(),
        b"\xef\xbb\xbfwith a byte order mark",
        b"one \x00 in a text",
        b"a\x00b",
        b"\x1b[31mred\x1b[0m\x07",
        "Où est l’été ? À côté, à la fête.".encode("cp1252"),
        b"\xff",
        b"\xff\xfe is no text",
        b"BM is a label",
        b"MZ stands for Mark Zbikowski",
        b"ID3 tags, OggS pages, GIF89a",
        b"PAR1 and RIFF",
        b"%PDF- begins a PDF",
    ],
)
def test_text_is_text(data: bytes) -> None:
    assert looks_binary(data) is None
