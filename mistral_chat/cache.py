"""The models a server has, as it told them last; a file that may be missing, old or broken without any harm."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

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
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        kept = {base_url: {"at": time.time(), "models": [model.to_json() for model in models]}}
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(kept, file)
        fresh.replace(path)
