"""What was attached, told in a line; a file's text for a model; and a request without the data in it."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mistral_chat.caption import bytes_in, caption, fenced, in_words, size, without_data
from mistral_chat.message import Attachment, Audio, Document, File, Image, TextFile
from tests.files import PDF, PNG, WAV


def data_url(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{b64encode(data).decode()}"


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (Image(data_url("image/png", PNG), name="a.png"), "a.png · PNG image · 69 bytes"),
        (Image(data_url("image/png", PNG)), "PNG image · 69 bytes"),
        (Image("https://a.org/b.png", name="b.png"), "b.png · image from a.org"),
        (Image("HTTPS://a.org"), "image from a.org"),
        (Image("data:image/png;base64,???"), "image · 2 bytes"),
        (Image("data:"), "image · 0 bytes"),
        (Document(data_url("application/pdf", PDF), "b.pdf"), "b.pdf · PDF document · 15 bytes"),
        (Document("https://a.org/b.pdf", "b.pdf"), "b.pdf · document from a.org"),
        (Audio(b64encode(WAV).decode(), "c.wav"), "c.wav · WAV audio · 16 bytes"),
        (Audio("aGk="), "audio · 2 bytes"),
        (File("6b5d"), "6b5d · uploaded file"),
        (TextFile("d.md", "é" * 1000), "d.md · text · 2.0 kB"),
        (TextFile("\x1b[2J\nd", "x"), "␛[2J d · text · 1 byte"),
    ],
)
def test_an_attachment_is_told_in_a_line(part: Attachment, words: str) -> None:
    assert caption(part) == words


@given(st.binary())
def test_the_size_of_data_is_that_of_its_bytes(data: bytes) -> None:
    assert bytes_in(b64encode(data).decode()) == len(data)


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 bytes"), (999, "999 bytes"), (34_200, "34.2 kB"), (5e6, "5.0 MB"), (2e9, "2.0 GB")]
)
def test_a_size_is_told_as_people_do(number: float, words: str) -> None:
    assert size(number) == words


def test_a_file_of_text_is_named_before_its_text() -> None:
    assert in_words(TextFile("a.md", "hi\n")) == "File a.md:\n\n```\nhi\n```"


@given(st.text(alphabet="`~ \n>-ab#\t"))
def test_nothing_in_a_fence_closes_it(text: str) -> None:
    tokens = MarkdownIt().parse(fenced(text))
    assert [(token.type, token.content) for token in tokens] == [
        ("fence", text if text.endswith("\n") else text + "\n")
    ]


def test_the_data_in_a_request_is_cut_short_and_the_rest_is_kept() -> None:
    words, data = "data " * 50, "A" * 500
    cut = without_data(
        [
            {"type": "text", "text": words},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}},
            {"type": "document_url", "document_url": "https://a.org/b.pdf"},
            {"type": "input_audio", "input_audio": data},
        ]
    )
    text, image, document, audio = cut
    assert text["text"] == words
    assert image["image_url"]["url"].startswith("data:image/png;base64,AAA")
    assert image["image_url"]["url"].endswith("… (522 characters)")
    assert document["document_url"] == "https://a.org/b.pdf"
    assert audio == {"type": "input_audio", "input_audio": "A" * 60 + "… (500 characters)"}
