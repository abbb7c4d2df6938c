"""Which program wrote a file, and the sessions in it."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mistral_chat.encoding import decode
from mistral_chat.errors import UsageError
from mistral_chat.exchange import chatgpt, files, llm, whole
from mistral_chat.exchange.session import Session
from mistral_chat.text import repair

_KNOWN = "name JSON of mistral-chat, JSON or the zip of ChatGPT, or logs.db of llm"
_SQLITE = b"SQLite format 3\0"
_HALF_PAIR = re.compile(r"\\u[dD][89abAB]..(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F]")
_CONVERSATIONS = re.compile(r"(.*/)?conversations(-\d+)?\.json")
"""ChatGPT parts a long history into conversations-000.json and so on."""


def read(path: Path) -> Sequence[Session]:
    """The sessions in a file. Raises UsageError that names it when it cannot be read or is none of the known."""
    is_database = files.read(path, len(_SQLITE)) == _SQLITE
    data = b"" if is_database else files.read(path)
    try:
        if is_database:
            return llm.read(path)
        if data.startswith(b"PK\3\4"):
            return [session for text in _unpacked(data) for session in _of_json(text)]
        return list(_of_json(data))
    except UsageError as error:
        raise UsageError(f"{path}: {error.what}", error.why, error.hint) from None


def _of_json(data: bytes) -> Iterable[Session]:
    text = decode(data).text
    try:
        parsed: Any = json.loads(text)
        if _HALF_PAIR.search(text):
            parsed = json.loads(repair(json.dumps(parsed, ensure_ascii=False)))
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        why = f"it cannot be understood from {place} on" if text.strip() else "it is empty"
        raise UsageError("this is not JSON", why, _KNOWN) from None
    except (ValueError, RecursionError):
        raise UsageError("this JSON cannot be read", "it is nested too deep or has too long a number", _KNOWN) from None
    if isinstance(parsed, dict) and parsed.get("format") == whole.FORMAT:
        return [whole.read(parsed)]
    conversations = parsed if isinstance(parsed, list) else [parsed]
    if conversations and all(map(chatgpt.is_conversation, conversations)):
        return map(chatgpt.read, conversations)
    raise UsageError("this JSON holds no conversations", "it has not the form of any program that is known", _KNOWN)


def _unpacked(data: bytes) -> Iterable[bytes]:
    """The conversations in the archive that ChatGPT sends."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = sorted(info.filename for info in archive.infolist() if _CONVERSATIONS.fullmatch(info.filename))
            if sum(archive.getinfo(name).file_size for name in found) > files.LIMIT:
                why = f"the limit is {files.LIMIT:,} bytes"
                raise UsageError("this archive holds too much", why, "unpack it, and bring in its files one by one")
            texts = [archive.read(name) for name in found]
    except (zipfile.BadZipFile, NotImplementedError, OSError, RuntimeError) as error:
        hint = "unpack it yourself, and name its conversations.json"
        raise UsageError("this archive cannot be unpacked", str(error), hint) from None
    if not texts:
        why = f"it holds {len(archive.namelist())} files"
        raise UsageError("this archive holds no conversations.json", why, "name the zip that ChatGPT sent")
    return texts
