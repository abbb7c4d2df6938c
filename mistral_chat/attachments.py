"""Files and web addresses as parts of a message, each refused in a sentence where the API would refuse it.

What a file is, is seen from what is in it and never from its name; a web address is not fetched here but by the server,
so there the name has to tell. Limits are those of https://docs.mistral.ai/capabilities/vision and
https://docs.mistral.ai/capabilities/document_ai; a file is read once, when it is attached.
"""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import BinaryIO, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from mistral_chat.caption import caption, size
from mistral_chat.encoding import looks_binary
from mistral_chat.errors import UsageError
from mistral_chat.history import MOST_IMAGES
from mistral_chat.message import Attachment, Audio, Document, Image, TextFile
from mistral_chat.models import Model, find
from mistral_chat.named_file import as_text, opened
from mistral_chat.text import one_line

MOST_IMAGE_BYTES = 10_000_000
MOST_DOCUMENT_BYTES = 50_000_000
"""Of audio too, for which no limit is told."""

_HINT = "attach PNG, JPEG, WEBP, GIF, PDF, WAV, MP3, Ogg, FLAC, or a text file"
_IMAGES = {"PNG image": "png", "JPEG image": "jpeg", "WEBP image": "webp", "GIF image": "gif"}
_PDF = "PDF document"
_AUDIO = ("WAV audio", "MP3 audio", "Ogg audio", "FLAC audio")
_HEAD = 65_536

_ENDINGS = {
    **dict.fromkeys(("png", "jpg", "jpeg", "webp", "gif"), Image),
    **dict.fromkeys(("pdf", "docx", "pptx", "odt", "epub", "txt", "md", "csv"), Document),
    **dict.fromkeys(("wav", "mp3", "ogg", "flac"), Audio),
}
_NOT_FROM_THE_WEB = ("html", "htm", "zip", "mp4", "svg")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]+)://")
_NAMED = re.compile(r'(?<!\S)@(?:"([^"\n]+)"|(\S+))')
_AFTER_A_NAME = ".,;:!?)]}'\""


class _Limit(NamedTuple):
    bytes: int
    why: str
    hint: str


_IMAGE = _Limit(MOST_IMAGE_BYTES, "the API takes images of up to 10 MB", "make it smaller")
_DOCUMENT = _Limit(MOST_DOCUMENT_BYTES, "the API takes documents of up to 50 MB", "attach a part of it")
_SOUND = _Limit(MOST_DOCUMENT_BYTES, "up to 50 MB of audio can be attached", "attach a part of it")


class Taken(NamedTuple):
    """What becomes of a file or address, and a warning about it, "" when there is none."""

    part: Attachment
    warning: str = ""


def take(word: str, text_limit: int) -> Taken:
    """The part for a file or an https address. Raises UsageError; a text may have `text_limit` bytes."""
    if scheme := _SCHEME.match(word):
        return Taken(_from_web(word, scheme[1].lower()))
    with opened(word, _HINT) as (path, file):
        head = file.read(_HEAD)
        name = one_line(path.name)
        if not head:
            raise UsageError(f"{path} is empty", hint=_HINT)
        kind = looks_binary(head)
        if kind is None:
            hint = "attach a part of it, or set max_input in config.toml"
            limit = _Limit(text_limit, f"max_input is {size(text_limit)}", hint)
            text, warning = as_text(_whole(file, head, limit), str(path))
            return Taken(TextFile(name, text), warning)
        if kind in _IMAGES:
            data = _whole(file, head, _IMAGE)
            if kind == "GIF image" and is_animated(data):
                raise UsageError(f"{path} is an animated GIF", "the API takes no moving pictures", "attach one picture")
            return Taken(Image(_data_url(f"image/{_IMAGES[kind]}", data), name=name))
        if kind == _PDF:
            return Taken(Document(_data_url("application/pdf", _whole(file, head, _DOCUMENT)), name))
        if kind in _AUDIO:
            return Taken(Audio(b64encode(_whole(file, head, _SOUND)).decode(), name))
    raise UsageError(f"{path} cannot be attached", f"the API takes nothing of this kind: {kind}", _HINT)


def take_all(
    words: Iterable[str], text_limit: int, before: Sequence[Attachment] = ()
) -> tuple[list[Taken], tuple[Attachment, ...]]:
    """What becomes of several files and addresses; and all that is then attached, each once, after what was `before`.

    Raises UsageError, also for more images than a request may hold.
    """
    taken = [take(word, text_limit) for word in words]
    parts = tuple(dict.fromkeys([*before, *(one.part for one in taken)]))
    check_number(parts)
    return taken, parts


def _whole(file: BinaryIO, head: bytes, limit: _Limit) -> bytes:
    """All there is in the file, whose `head` is read. Raises UsageError, before it reads a file that is too long."""
    length = os.fstat(file.fileno()).st_size
    data = head if length > limit.bytes else head + file.read(max(0, limit.bytes + 1 - len(head)))
    if max(length, len(data)) > limit.bytes:
        raise UsageError(f"{file.name} is too large: {size(max(length, len(data)))}", limit.why, limit.hint)
    return data


def _data_url(mime: str, data: bytes) -> str:
    return f"data:{mime};base64,{b64encode(data).decode()}"


def _from_web(address: str, scheme: str) -> Attachment:
    """The part for a web address: an image or audio where the address says so, otherwise a document."""
    shown = one_line(address)
    hint = "attach an https address, or save it and attach the file"
    if scheme != "https":
        raise UsageError(f"{shown} cannot be attached", f"the API takes https addresses, not {scheme}", hint)
    try:
        url = urlsplit(address)
    except ValueError:
        url = SplitResult("", "", "", "", "")
    if not url.hostname or not address.isascii() or not address.isprintable() or " " in address:
        raise UsageError(f"{shown} is no web address", hint="write it as the browser shows it, with %20 for blanks")
    path = PurePosixPath(unquote(url.path))
    ending = path.suffix[1:].lower()
    if ending in _NOT_FROM_THE_WEB:
        raise UsageError(f"{shown} cannot be attached", f"the API takes no .{ending} from the web", hint)
    words = re.split(r"[^a-z0-9]+", f"{path}?{url.query}".lower())
    kind = _ENDINGS.get(ending) or next((_ENDINGS[word] for word in words if word in _ENDINGS), Document)
    name = one_line(path.name) or None
    if kind is Image:
        return Image(address, name=name)
    return Audio(address, name) if kind is Audio else Document(address, name)


def is_animated(gif: bytes) -> bool:
    """Whether a GIF has more than one picture (https://www.w3.org/Graphics/GIF/spec-gif89a.txt)."""
    pictures = 0
    place = 13 + _colours(gif, 10)
    while pictures < 2 and place < len(gif):
        block, place = gif[place], place + 1
        if block == 0x2C:
            pictures += 1
            place += 9 + _colours(gif, place + 8) + 1
        elif block == 0x21:
            place += 1
        else:
            break
        while place < len(gif) and gif[place]:
            place += 1 + gif[place]
        place += 1
    return pictures > 1


def _colours(gif: bytes, flags: int) -> int:
    """How many bytes the table of colours takes that the flags at a place tell of."""
    packed = gif[flags] if flags < len(gif) else 0
    return 3 * 2 ** ((packed & 7) + 1) if packed & 0x80 else 0


def named(text: str) -> list[str]:
    """The regular files that a message names as `@path` or `@"a path"`, in order, each once."""
    found = []
    for quoted, bare in _NAMED.findall(text):
        words = (quoted,) if quoted else (bare, bare.rstrip(_AFTER_A_NAME))
        found.append(next(filter(_is_file, words), ""))
    return list(dict.fromkeys(filter(None, found)))


def _is_file(word: str) -> bool:
    try:
        return os.path.isfile(os.path.expanduser(word))
    except ValueError:  # NUL in the name of a user
        return False


def check_number(parts: Iterable[Attachment]) -> None:
    """Raises UsageError when there are more images than a request may hold."""
    images = sum(isinstance(part, Image) for part in parts)
    if images > MOST_IMAGES:
        raise UsageError(f"that would be {images} images", f"the API takes {MOST_IMAGES}", "send them in two messages")


def check_model(parts: Iterable[Attachment], name: str, models: Sequence[Model]) -> None:
    """Raises UsageError when the model is known not to see, or not to hear, what is attached; it names one that can."""
    model = find(name, models)
    for part in parts:
        capability, does = ("audio", "hear audio") if isinstance(part, Audio) else ("vision", "see images")
        if isinstance(part, Audio | Image) and model is not None and model.lacks(capability):
            able = (one for one in models if capability in one.capabilities and not one.deprecation)
            other = next((_lasting_name(one) for one in able), "")
            hint = f"choose a model that can, such as {other}" if other else "choose another model: /models"
            raise UsageError(f"{name} cannot {does}", caption(part), hint)


def _lasting_name(model: Model) -> str:
    return next((name for name in model.names if name.endswith("-latest")), model.id)
