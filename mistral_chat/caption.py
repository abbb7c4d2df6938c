"""What is attached to a message, in words: for its reader a name, a kind and a size, for a model a file's text."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error
from typing import Any

from mistral_chat.encoding import looks_binary
from mistral_chat.message import Attachment, Audio, Document, File, Image, TextFile
from mistral_chat.text import one_line

_HEAD = 400
"""Characters of Base64 from which a format is known."""
_LONGEST_DATA = 80
_SHOWN_DATA = 60


def caption(part: Attachment) -> str:
    """One line without anything hidden: `photo.png · PNG image · 34.2 kB`, `b.pdf · document from a.org`."""
    match part:
        case TextFile(name, text):
            words: list[str | None] = [name, "text", size(len(text.encode("utf-8", "replace")))]
        case File(file_id):
            words = [file_id, "uploaded file"]
        case Image(url, _, name):
            words = _of_data(name, "image", url)
        case Document(url, name):
            words = _of_data(name, "document", url)
        case Audio(data, name):
            words = _of_data(name, "audio", data)
    return one_line(" · ".join(filter(None, words)))


def _of_data(name: str | None, kind: str, url: str) -> list[str | None]:
    """The words for a web address, a `data:` URL or bare Base64."""
    if url[:8].lower() == "https://":
        return [name, f"{kind} from {url[8:].partition('/')[0]}"]
    data = url.partition(",")[2] if url.startswith("data:") else url
    try:
        known = looks_binary(b64decode(data[:_HEAD]))
    except (Error, ValueError):
        known = None
    return [name, known if known and known != "binary data" else kind, size(bytes_in(data))]


def bytes_in(data: str) -> int:
    """How many bytes a text in Base64 stands for."""
    return len(data) * 3 // 4 - data[-2:].count("=")


def size(number: float) -> str:
    """A number of bytes, as people write it."""
    for unit in ("bytes", "kB", "MB"):
        if number < 1000:
            return f"{number:.1f} {unit}" if unit != "bytes" else f"{number:.0f} byte{'s' * (number != 1)}"
        number /= 1000
    return f"{number:.1f} GB"


def in_words(file: TextFile) -> str:
    """A file of text as a model reads it: its name, and its text in a fence that nothing in it can close."""
    return f"File {one_line(file.name)}:\n\n{fenced(file.text)}"


def fenced(text: str, language: str = "") -> str:
    """A block of code in Markdown (CommonMark 4.5) that ends where the text does, whatever stands in it."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}{'' if text.endswith(chr(10)) else chr(10)}{fence}"


def without_data(value: Any) -> Any:
    """The JSON of a request with the data of pictures, documents and sound cut short, for people to read."""
    match value:
        case {"type": "input_audio", "input_audio": str(data)}:
            return {**value, "input_audio": _cut(data)}
        case dict():
            return {key: without_data(inner) for key, inner in value.items()}
        case list():
            return [without_data(inner) for inner in value]
        case str() if value.startswith("data:"):
            return _cut(value)
    return value


def _cut(data: str) -> str:
    return f"{data[:_SHOWN_DATA]}… ({len(data):,} characters)" if len(data) > _LONGEST_DATA else data
