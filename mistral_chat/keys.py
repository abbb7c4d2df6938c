"""Where the API key comes from: environment, command, keyring, or a file of the user's own.

They are asked in this order, and the first that has a key gives it. No key is ever taken from the command line, where
other users could read it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from mistral_chat import private
from mistral_chat.errors import AuthError, NoKey
from mistral_chat.secret import Secret

VARIABLE = "MISTRAL_API_KEY"
SERVICE = "mistral-chat"
_ANEW = "take it away, and run: mistral-chat --login"
HINT = f"export {VARIABLE}=..., or try it without: mistral-chat --demo"


def find(environment: Mapping[str, str], command: str | None, file: Path) -> Secret:
    """The key. Raises NoKey when there is none, AuthError when the one that was found cannot be used."""
    if environment.get(VARIABLE, "").strip():
        return Secret(environment[VARIABLE], f"the variable {VARIABLE}")
    if command and command.strip():
        return Secret(_printed_by(command), "api_key_cmd")
    if key := _in_keyring():
        return Secret(key, "the system keyring")
    if key := _in_file(file):
        return Secret(key, str(file))
    raise NoKey(f"no API key: {VARIABLE} is not set", "make one at https://console.mistral.ai/api-keys", HINT)


def save(file: Path, key: Secret) -> None:
    """Keeps the key in a file that only its owner can read. Raises AuthError."""
    try:
        private.make_folder(file.parent)
        private.replace(file, f"{key.reveal()}\n".encode())
    except OSError as error:
        raise AuthError(f"{file} cannot be written", error.strerror or str(error), HINT) from None


def forget(file: Path) -> bool:
    """Takes the kept key away; whether there was one. Raises AuthError."""
    try:
        file.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise AuthError(f"{file} cannot be removed", error.strerror or str(error), "remove it by hand") from None
    return True


def _printed_by(command: str) -> str:
    import shlex  # all of them here, since few people use it
    import signal
    import subprocess

    hint = "look at api_key_cmd in config.toml"
    try:
        words = shlex.split(command)
    except ValueError:
        raise AuthError("api_key_cmd cannot be run", "a quotation mark in it is not closed", hint) from None
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,  # what is piped in belongs to the question
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=60,
            check=True,
        )
    except OSError as error:
        raise AuthError("api_key_cmd cannot be run", f"{words[0]}: {error.strerror or error}", hint) from None
    except ValueError:
        raise AuthError("api_key_cmd cannot be run", "it holds a NUL character", hint) from None
    except subprocess.TimeoutExpired:
        raise AuthError("api_key_cmd gave no key within 60 s", hint="run it by hand to see what it waits for") from None
    except subprocess.CalledProcessError as error:
        ended = f"exit status {error.returncode}"
        if error.returncode < 0:
            ended = f"ended by {signal.strsignal(-error.returncode) or 'a signal'}"
        reason = error.stderr.strip().splitlines()[-1:] or [ended]
        raise AuthError("api_key_cmd failed", reason[0], "run it by hand to see why") from None
    return done.stdout


def _in_keyring() -> str | None:
    """The key in the system's keyring, where the optional keyring package is installed and works."""
    from importlib.util import find_spec

    if find_spec("keyring") is None:
        return None
    import keyring

    try:
        key: str | None = keyring.get_password(SERVICE, VARIABLE)
    except keyring.errors.KeyringError:
        return None
    return key


def _in_file(file: Path) -> str | None:
    """The key in a file that only its owner can read. Raises AuthError when others can."""
    try:
        with file.open(encoding="utf-8") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise AuthError(f"{file} can be read by others", "the key in it is not used", f"chmod 600 {file}")
            return opened.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise AuthError(f"{file} cannot be read", error.strerror or str(error), _ANEW) from None
    except UnicodeDecodeError:
        raise AuthError(f"{file} cannot be read", "it is not text", _ANEW) from None
