"""Where the key comes from: the sources in their order, each refusal in a sentence, and no key in any of them."""

from __future__ import annotations

import errno
import os
import shlex
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mistral_chat.errors import AuthError, Exit, NoKey
from mistral_chat.keys import find, forget, save
from mistral_chat.secret import Secret

KEY = "sk-0123456789abcdefghijklmnop"
OTHER = "sk-ponmlkjihgfedcba9876543210"
posix_only = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the credentials file would be."""
    return tmp_path / "credentials"


def command(code: str) -> str:
    """An `api_key_cmd` that runs Python."""
    return shlex.join([sys.executable, "-c", code])


def written(file: Path, key: str, mode: int = 0o600) -> Path:
    file.write_text(key, "utf-8")
    file.chmod(mode)
    return file


@pytest.fixture
def keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Installs a keyring package whose `get_password` has this body."""

    def install(body: str) -> None:
        package = tmp_path / "site" / "keyring"
        package.mkdir(parents=True)
        (package / "errors.py").write_text("class KeyringError(Exception): pass\n")
        (package / "__init__.py").write_text(
            f"from keyring import errors\ndef get_password(service, name):\n    {body}\n"
        )
        monkeypatch.syspath_prepend(package.parent)

    before = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == "keyring"}
    yield install
    for name in ("keyring", "keyring.errors"):
        sys.modules.pop(name, None)
    sys.modules.update(before)


# ---------------------------------------------------------------- the order


def test_the_variable_comes_first(file: Path) -> None:
    secret = find({"MISTRAL_API_KEY": KEY}, command(f"print('{OTHER}')"), written(file, OTHER))
    assert (secret.reveal(), secret.origin) == (KEY, "the variable MISTRAL_API_KEY")


@pytest.mark.parametrize("blank", ["", "  ", "\n"])
def test_a_blank_variable_is_as_good_as_none(file: Path, blank: str) -> None:
    assert find({"MISTRAL_API_KEY": blank}, None, written(file, KEY)).reveal() == KEY


def test_the_command_comes_before_keyring_and_file(file: Path, keyring: Callable[[str], None]) -> None:
    keyring(f"return '{OTHER}'")
    secret = find({}, command(f"print('{KEY}')"), written(file, OTHER))
    assert (secret.reveal(), secret.origin) == (KEY, "api_key_cmd")


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_a_blank_command_is_as_good_as_none(file: Path, blank: str | None) -> None:
    assert find({}, blank, written(file, KEY)).reveal() == KEY


def test_the_keyring_comes_before_the_file(file: Path, keyring: Callable[[str], None]) -> None:
    keyring(f"return '{KEY}' if (service, name) == ('mistral-chat', 'MISTRAL_API_KEY') else None")
    secret = find({}, None, written(file, OTHER))
    assert (secret.reveal(), secret.origin) == (KEY, "the system keyring")


@pytest.mark.parametrize("body", ["return None", "raise errors.KeyringError('locked')"])
def test_after_a_keyring_without_the_key_the_file_is_asked(
    file: Path, keyring: Callable[[str], None], body: str
) -> None:
    keyring(body)
    assert find({}, None, written(file, KEY)).reveal() == KEY


def test_the_file_comes_last(file: Path) -> None:
    secret = find({}, None, written(file, f"{KEY}\n"))
    assert (secret.reveal(), secret.origin) == (KEY, str(file))


def test_without_a_key_anywhere_it_is_told_how_to_set_one(file: Path) -> None:
    with pytest.raises(NoKey) as refused:
        find({}, None, file)
    error = refused.value
    assert error.what == "no API key: MISTRAL_API_KEY is not set"
    assert error.why == "make one at https://console.mistral.ai/api-keys"
    assert error.hint == "export MISTRAL_API_KEY=..., or try it without: mistral-chat --demo"
    assert error.exit_status is Exit.AUTH


def test_an_empty_file_holds_no_key(file: Path) -> None:
    with pytest.raises(NoKey):
        find({}, None, written(file, ""))


# ---------------------------------------------------------------- the file


@posix_only
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_can_read_is_refused(file: Path, mode: int) -> None:
    with pytest.raises(AuthError, match="can be read by others") as refused:
        find({}, None, written(file, KEY, mode))
    assert refused.value.hint == f"chmod 600 {file}"


@posix_only
def test_a_file_that_only_its_owner_can_read_is_taken(file: Path) -> None:
    assert find({}, None, written(file, KEY, 0o400)).reveal() == KEY


def test_a_folder_in_place_of_the_file_is_refused(file: Path) -> None:
    file.mkdir()
    with pytest.raises(AuthError, match="cannot be read") as refused:
        find({}, None, file)
    assert refused.value.why == os.strerror(errno.EISDIR)


def test_a_file_that_is_not_text_is_refused(file: Path) -> None:
    file.write_bytes(b"\xff\xfe")
    file.chmod(0o600)
    with pytest.raises(AuthError, match="cannot be read") as refused:
        find({}, None, file)
    assert refused.value.why == "it is not text"


def test_a_saved_key_is_found_again(file: Path) -> None:
    save(file, Secret(KEY))
    assert find({}, None, file).reveal() == KEY


def test_a_saved_key_takes_the_place_of_the_one_before(file: Path) -> None:
    save(written(file, OTHER, 0o644), Secret(KEY))
    assert find({}, None, file).reveal() == KEY


@posix_only
def test_a_saved_key_is_its_owner_s_alone_under_any_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        save(tmp_path / "data" / "credentials", Secret(KEY))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "data" / "credentials").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_a_key_that_cannot_be_saved_is_refused_without_telling_it(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(AuthError, match="cannot be written") as refused:
        save(tmp_path / "data" / "credentials", Secret(KEY))
    assert KEY not in f"{refused.value!r} {refused.value.why} {refused.value.hint}"


def test_a_forgotten_key_is_gone(file: Path) -> None:
    assert forget(written(file, KEY))
    with pytest.raises(NoKey):
        find({}, None, file)


def test_forgetting_where_no_key_is_says_so(file: Path) -> None:
    assert not forget(file)


# ---------------------------------------------------------------- the command


def test_a_command_that_is_not_there_is_refused(file: Path) -> None:
    with pytest.raises(AuthError, match="api_key_cmd cannot be run") as refused:
        find({}, "no-such-command-anywhere now", file)
    assert refused.value.why == f"no-such-command-anywhere: {os.strerror(errno.ENOENT)}"
    assert refused.value.hint == "look at api_key_cmd in config.toml"


def test_a_command_with_an_open_quote_is_refused(file: Path) -> None:
    with pytest.raises(AuthError, match="api_key_cmd cannot be run") as refused:
        find({}, "print 'it", file)
    assert refused.value.why == "a quotation mark in it is not closed"


def test_a_command_that_fails_is_refused_with_its_last_words(file: Path) -> None:
    with pytest.raises(AuthError, match="api_key_cmd failed") as refused:
        find({}, command("raise SystemExit('looking\\nthe safe is locked')"), file)
    assert refused.value.why == "the safe is locked"


def test_a_command_that_fails_silently_is_refused_with_its_status(file: Path) -> None:
    with pytest.raises(AuthError, match="api_key_cmd failed") as refused:
        find({}, command("raise SystemExit(3)"), file)
    assert refused.value.why == "exit status 3"


@posix_only
def test_a_command_that_a_signal_ended_is_refused_with_its_name(file: Path) -> None:
    with pytest.raises(AuthError, match="api_key_cmd failed") as refused:
        find({}, command("import os; os.kill(os.getpid(), 15)"), file)
    assert refused.value.why == "ended by Terminated"


def test_a_command_that_prints_nothing_is_refused(file: Path) -> None:
    with pytest.raises(AuthError, match="the API key is empty") as refused:
        find({}, command(""), file)
    assert refused.value.why == "api_key_cmd"


def test_a_command_that_prints_bytes_is_refused_for_its_key(file: Path) -> None:
    with pytest.raises(AuthError, match="invalid character at 1"):
        find({}, command(r"import sys; sys.stdout.buffer.write(b'\xff')"), file)


def test_a_command_does_not_read_what_is_piped_in(file: Path) -> None:
    reads = command(f"import sys; print(sys.stdin.read() or '{KEY}')")
    reading, writing = os.pipe()
    os.write(writing, b"the-question")
    os.close(writing)
    kept = os.dup(0)
    try:
        os.dup2(reading, 0)
        assert find({}, reads, file).reveal() == KEY
        assert os.read(0, 100) == b"the-question"
    finally:
        os.dup2(kept, 0)
        os.close(kept)
        os.close(reading)


# ---------------------------------------------------------------- what is told


def by_variable(file: Path) -> None:
    find({"MISTRAL_API_KEY": f"{KEY} {KEY}"}, None, file)


def by_command(file: Path) -> None:
    find({}, command(f"print('{KEY} {KEY}')"), file)


def by_failing_command(file: Path) -> None:
    find({}, command(f"import sys; print('{KEY}'); sys.exit(1)"), file)


def by_file(file: Path) -> None:
    find({}, None, written(file, f"{KEY}\n{KEY}"))


@posix_only
@pytest.mark.parametrize("source", [by_variable, by_command, by_failing_command, by_file])
def test_no_refusal_holds_the_key(file: Path, source: Callable[[Path], None]) -> None:
    with pytest.raises(AuthError) as refused:
        source(file)
    error = refused.value
    assert KEY not in f"{error!r} {error.what} {error.why} {error.hint}"
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
