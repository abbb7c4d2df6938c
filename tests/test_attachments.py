"""What is sent along: files by what is in them, addresses by their name, and a sentence for all that cannot be sent."""

from __future__ import annotations

import os
import threading
from base64 import b64decode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_chat import attachments
from mistral_chat.attachments import check_model, check_number, is_animated, named, take
from mistral_chat.errors import Exit, UsageError
from mistral_chat.message import Attachment, Audio, Document, Image, Message, Role, Text, TextFile
from mistral_chat.models import Model
from mistral_chat.wire import Request, encode
from tests.files import FLAC, JPEG, MP3, OGG, PDF, PNG, WAV, WEBP, ZIP, gif
from tests.judges import judge_request

LIMIT = 1000
posix_only = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user is."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def file(folder: Path, name: str, data: bytes) -> str:
    (folder / name).write_bytes(data)
    return str(folder / name)


def taken(folder: Path, name: str, data: bytes) -> Attachment:
    return take(file(folder, name, data), LIMIT).part


def refusal(word: str) -> UsageError:
    with pytest.raises(UsageError) as refused:
        take(word, LIMIT)
    assert refused.value.exit_status is Exit.USAGE
    assert refused.value.hint
    return refused.value


# ---------------------------------------------------------------- files


@pytest.mark.parametrize(
    ("data", "kind"),
    [(PNG, "png"), (JPEG, "jpeg"), (WEBP, "webp"), (gif(1), "gif")],
    ids=["PNG", "JPEG", "WEBP", "GIF"],
)
def test_an_image_is_a_data_url_of_its_kind_whatever_it_is_called(folder: Path, data: bytes, kind: str) -> None:
    image = taken(folder, "photo.txt", data)
    assert isinstance(image, Image)
    before, _, encoded = image.url.partition(",")
    assert (before, image.name) == (f"data:image/{kind};base64", "photo.txt")
    assert b64decode(encoded) == data


def test_a_pdf_is_a_document_with_its_name(folder: Path) -> None:
    document = taken(folder, "a report.pdf", PDF)
    assert isinstance(document, Document)
    assert document.url.startswith("data:application/pdf;base64,")
    assert document.name == "a report.pdf"


@pytest.mark.parametrize("data", [WAV, MP3, OGG, FLAC], ids=["WAV", "MP3", "Ogg", "FLAC"])
def test_audio_is_bare_base64(folder: Path, data: bytes) -> None:
    audio = taken(folder, "speech", data)
    assert isinstance(audio, Audio)
    assert b64decode(audio.data) == data


def test_a_text_file_is_its_name_and_its_text(folder: Path) -> None:
    assert taken(folder, "notes.png", "Bonjour, été".encode()) == TextFile("notes.png", "Bonjour, été")


def test_a_text_that_is_not_all_utf8_is_taken_with_a_warning(folder: Path) -> None:
    found = take(file(folder, "a.txt", b"caf\xe9"), LIMIT)
    assert found.part == TextFile("a.txt", "caf\ufffd")
    assert "a.txt is not all UTF-8: 1 bytes replaced by U+FFFD, the first at 3" in found.warning


def test_a_home_folder_is_understood(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    file(folder, "a.txt", b"hi")
    assert take("~/a.txt", LIMIT).part == TextFile("a.txt", "hi")


def test_what_is_attached_stays_when_the_file_changes(folder: Path) -> None:
    path = file(folder, "a.txt", b"before")
    part = take(path, LIMIT).part
    Path(path).write_bytes(b"after")
    assert part == TextFile("a.txt", "before")


@posix_only
@pytest.mark.parametrize("name", ["a\nb.txt", "\x1b[2J.txt", "a\u202eb.txt", "```.txt", "--help", "@a", " "])
def test_a_hostile_name_is_one_line_that_hides_nothing(folder: Path, name: str) -> None:
    part = taken(folder, name, b"hi")
    assert isinstance(part, TextFile)
    assert part.name.isprintable()
    assert "\n" not in part.name


# ---------------------------------------------------------------- what cannot be sent


def test_what_is_not_there_is_refused(folder: Path) -> None:
    assert refusal("missing.png").why == "No such file or directory"


def test_a_folder_is_refused(folder: Path) -> None:
    assert "is not a file but a folder" in refusal(".").what


@posix_only
def test_a_pipe_is_refused_and_not_even_opened(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    opened = threading.Event()

    def write() -> None:
        with (folder / "pipe").open("wb"):  # waits until somebody reads
            opened.set()

    threading.Thread(target=write, daemon=True).start()
    assert "is not a file but a pipe" in refusal("pipe").what
    assert not opened.is_set()
    os.close(os.open(folder / "pipe", os.O_RDONLY | os.O_NONBLOCK))  # lets the thread go


@posix_only
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/tty"])
def test_a_device_is_refused(device: str) -> None:
    if os.path.exists(device):
        assert "is not a file but a device" in refusal(device).what


def test_an_empty_file_is_refused(folder: Path) -> None:
    assert refusal(file(folder, "a.png", b"")).what.endswith("a.png is empty")


@pytest.mark.parametrize(("data", "kind"), [(ZIP, "ZIP archive"), (b"\x00" * 99, "binary data")])
def test_other_kinds_are_refused_by_name(folder: Path, data: bytes, kind: str) -> None:
    error = refusal(file(folder, "a.png", data))
    assert kind in error.why
    assert "PNG, JPEG, WEBP, GIF" in error.hint


def test_a_text_over_the_limit_is_refused(folder: Path) -> None:
    assert taken(folder, "a.txt", b"x" * LIMIT)
    error = refusal(file(folder, "a.txt", b"x" * (LIMIT + 1)))
    assert "is too large" in error.what
    assert error.why == "max_input is 1.0 kB"


@pytest.mark.parametrize(
    ("head", "most", "why"),
    [
        (PNG, attachments.MOST_IMAGE_BYTES, "the API takes images of up to 10 MB"),
        (PDF, attachments.MOST_DOCUMENT_BYTES, "the API takes documents of up to 50 MB"),
        (WAV, attachments.MOST_DOCUMENT_BYTES, "up to 50 MB of audio can be attached"),
    ],
    ids=["image", "PDF", "audio"],
)
def test_what_is_too_large_for_the_api_is_refused(folder: Path, head: bytes, most: int, why: str) -> None:
    path = file(folder, "large", head)
    os.truncate(path, most)
    assert take(path, LIMIT)
    os.truncate(path, most + 1)
    assert refusal(path).why == why


def test_a_file_that_grows_while_it_is_read_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = file(folder, "a.log", b"x" * (LIMIT + 1))
    length = os.stat_result((0o100644, 0, 0, 0, 0, 0, LIMIT, 0, 0, 0))
    monkeypatch.setattr(os, "fstat", lambda number: length)
    assert "is too large" in refusal(path).what


# ---------------------------------------------------------------- moving pictures


@pytest.mark.parametrize("colours", [True, False])
def test_a_gif_with_two_pictures_is_animated(colours: bool) -> None:
    assert is_animated(gif(2, colours))
    assert not is_animated(gif(1, colours))


def test_an_animated_gif_is_refused(folder: Path) -> None:
    assert "is an animated GIF" in refusal(file(folder, "a.gif", gif(3))).what


@given(st.binary(max_size=60), st.integers(0, 40))
def test_a_broken_gif_is_judged_without_an_error(data: bytes, cut: int) -> None:
    is_animated(gif(2)[:cut] + data)


# ---------------------------------------------------------------- the web


@pytest.mark.parametrize(
    ("address", "part"),
    [
        ("https://a.org/b.png", Image("https://a.org/b.png", name="b.png")),
        ("https://a.org/b.JPEG?w=2", Image("https://a.org/b.JPEG?w=2", name="b.JPEG")),
        ("https://a.org/get?format=webp", Image("https://a.org/get?format=webp", name="get")),
        ("https://a.org/b%20c.pdf", Document("https://a.org/b%20c.pdf", "b c.pdf")),
        ("https://arxiv.org/pdf/2410.07073", Document("https://arxiv.org/pdf/2410.07073", "2410.07073")),
        ("https://a.org/b.mp3", Audio("https://a.org/b.mp3", "b.mp3")),
        ("https://a.org/report", Document("https://a.org/report", "report")),
        ("HTTPS://a.org/", Document("HTTPS://a.org/")),
        ("https://a.org/b%0Ac%1b.png", Image("https://a.org/b%0Ac%1b.png", name="b c␛.png")),
    ],
)
def test_what_an_address_is_is_told_by_its_name(address: str, part: Attachment) -> None:
    assert take(address, LIMIT).part == part


@pytest.mark.parametrize(
    "address",
    [
        "http://a.org/b.png",
        "ftp://a.org/b.png",
        "file:///etc/passwd",
        "https://",
        "https://[b.png",
        "https://a.org/a b.png",
        "https://a.org/é.png",
        "https://a.org/\x1b[2J.png",
        "https://a.org/index.html",
        "https://a.org/b.zip",
    ],
)
def test_other_addresses_are_refused(address: str) -> None:
    assert "\x1b" not in refusal(address).what


# ---------------------------------------------------------------- the API takes them


def test_each_kind_is_what_the_api_takes(folder: Path) -> None:
    data = {"a.png": PNG, "b.pdf": PDF, "c.wav": WAV, "d.txt": b"```\nhi"}
    parts = [taken(folder, name, content) for name, content in data.items()]
    parts += [take(f"https://a.org/{name}", LIMIT).part for name in data]
    message = Message(Role.USER, (Text("What is it?"), *parts))
    assert judge_request(encode(Request("mistral-small-latest", (message,)))) == []


# ---------------------------------------------------------------- before it is sent


def test_eight_images_are_taken_and_nine_are_not() -> None:
    images = [Image(f"https://a.org/{number}.png") for number in range(9)]
    check_number([*images[:8], TextFile("a", "b")])
    with pytest.raises(UsageError, match="that would be 9 images"):
        check_number(images)


CHATS = {"completion_chat", "function_calling"}
SEES = Model("seer-2512", ("seer-latest",), capabilities=frozenset({*CHATS, "vision"}))
GONE = Model("gone", capabilities=frozenset({*CHATS, "vision"}), deprecation="2026-01-01")
BLIND = Model("coder", capabilities=frozenset(CHATS))
UNTOLD = Model("llama", capabilities=frozenset({"completion_chat"}))
PICTURE = Image("data:image/png;base64,aGk=", name="a.png")


def test_a_model_that_does_not_see_is_told_with_one_that_does() -> None:
    with pytest.raises(UsageError) as refused:
        check_model([TextFile("a", "b"), PICTURE], "coder", [BLIND, GONE, SEES])
    assert refused.value.what == "coder cannot see images"
    assert refused.value.why.startswith("a.png · ")
    assert "seer-latest" in refused.value.hint


def test_a_model_that_does_not_hear_is_told_where_none_does() -> None:
    with pytest.raises(UsageError) as refused:
        check_model([Audio("aGk=")], "seer-latest", [BLIND, SEES])
    assert refused.value.what == "seer-latest cannot hear audio"
    assert refused.value.hint == "choose another model: /models"


@pytest.mark.parametrize("name", ["seer-latest", "llama", "unknown"])
def test_a_model_that_sees_or_may_see_is_asked(name: str) -> None:
    check_model([PICTURE], name, [SEES, UNTOLD])


def test_texts_and_documents_are_for_every_model() -> None:
    check_model([TextFile("a", "b"), Document("https://a.org/b.pdf")], "coder", [BLIND])


# ---------------------------------------------------------------- files that a message names


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("look at @a.png", ["a.png"]),
        ("@a.png", ["a.png"]),
        ("(see @a.png)", ["a.png"]),
        ("Is it @a.png? Or @b.txt.", ["a.png", "b.txt"]),
        ("@a.png, @a.png", ["a.png"]),
        ("first\n@a.png\nlast", ["a.png"]),
        ('what is @"my photo.png"?', ["my photo.png"]),
        ("@./a.png", ["./a.png"]),
        ("me@a.png", []),
        ("(@a.png)", []),
        ("@ a.png", []),
        ("@missing.png", []),
        ("@folder", []),
        ("@/dev/zero", []),
        ("@pipe", []),
        ("@" + "x" * 5000, []),
        ("@\0", []),
        ("@~\0", []),
        ("@~nobody-of-this-name/a", []),
        ('@"', []),
        ("@dataclass\nclass A: ...", []),
    ],
)
@posix_only
def test_only_a_word_that_names_a_file_is_one(folder: Path, text: str, found: list[str]) -> None:
    for name in ("a.png", "b.txt", "my photo.png"):
        file(folder, name, b"x")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    assert named(text) == found


@given(st.text(alphabet='@ "\n.a/~\0'))
def test_any_text_can_be_looked_through(text: str) -> None:
    named(text)
