"""The models a server has, as it told them last; a file that may be missing, old or broken without any harm."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from mistral_chat import private
from mistral_chat.models import Model, read

MAX_AGE = 24 * 3600.0
"""Seconds after which the server is asked again."""


def load(path: Path, base_url: str) -> tuple[list[Model], bool]:
    """The models of a server, none when they are not known, and whether they are as new as they should be."""
    try:
        kept = json.loads(path.read_text("utf-8"))
        models = read(kept[base_url]["models"])
        return models, time.time() - float(kept[base_url]["at"]) < MAX_AGE
    except (OSError, ValueError, LookupError, TypeError):
        return [], False


def save(path: Path, base_url: str, models: Sequence[Model]) -> None:
    """Keeps the models of a server, readable by its owner alone; what cannot be written is left."""
    with suppress(OSError):
        kept = {base_url: {"at": time.time(), "models": [model.to_json() for model in models]}}
        private.make_folder(path.parent)
        private.replace(path, json.dumps(kept).encode())
