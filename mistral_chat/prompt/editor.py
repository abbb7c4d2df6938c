"""The draft in an editor of the user's."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prompt_toolkit.application import Application, run_in_terminal
from prompt_toolkit.document import Document

from mistral_chat.prompt.draft import Draft
from mistral_chat.prompt.terminal import lent
from mistral_chat.text import one_line


def command(environment: Mapping[str, str]) -> list[str]:
    """The words that start the editor: $VISUAL, $EDITOR, or one that is installed; empty when there is none.

    Raises ValueError with a sentence when the variable cannot be split into words.
    """
    for name in ("VISUAL", "EDITOR"):
        if words := environment.get(name, "").strip():
            try:
                return shlex.split(words, posix=sys.platform != "win32")
            except ValueError as error:
                raise ValueError(f"${name} cannot be read: {str(error).lower()} in {words}") from None
    found = (path for name in ("editor", "nano", "vi", "notepad") if (path := shutil.which(name)))
    return [path for path in [next(found, "")] if path]


async def edit(draft: Draft, editor: list[str], app: Application[Any]) -> None:
    """Lets the editor change the draft, its long pastes in full; what it leaves of a paste as it was stays folded."""

    def run() -> str:
        with lent(app.input, app.output):
            return edited(draft.whole, editor)

    try:
        text = await run_in_terminal(run, in_executor=True)
    except OSError as error:
        draft.hint = one_line(f"the editor failed: {error.strerror}: {error.filename or editor[0]}")
        return
    except subprocess.CalledProcessError as error:
        ended = f"exit status {error.returncode}" if error.returncode > 0 else f"ended by signal {-error.returncode}"
        draft.hint = one_line(f"the editor failed: {editor[0]}: {ended}")
        return
    draft.save_to_undo_stack()
    draft.take_in(text)
    draft.document = Document(draft.pastes.refold(text))


def edited(text: str, editor: list[str]) -> str:
    """The text after editing. Raises OSError or CalledProcessError when the editor does not start or fails."""
    file, name = tempfile.mkstemp(suffix=".md", prefix="mistral-chat-")
    path = Path(name)
    try:
        with os.fdopen(file, "w", encoding="utf-8", errors="replace", newline="\n") as opened:
            opened.write(text)
        subprocess.run([*editor, name], check=True)
        return path.read_text(encoding="utf-8", errors="replace").removesuffix("\n")
    finally:
        path.unlink(missing_ok=True)
