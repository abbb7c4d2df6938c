"""config.toml: what stands in it counts, and what is wrong with it is told by file and line."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_chat.config import Config, read
from mistral_chat.errors import ConfigError
from mistral_chat.settings import Given


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def refusal(file: Path, text: str, profile: str | None = None) -> ConfigError:
    """The error that a configuration of this text gives; the file stays as it is."""
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as refused:
        read(file, profile)
    assert file.read_text("utf-8") == text
    return refused.value


def test_a_file_that_is_not_there_is_an_empty_one(file: Path) -> None:
    assert read(file) == Config()


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet\n"])
def test_an_empty_file_gives_nothing(file: Path, text: str) -> None:
    file.write_text(text)
    assert read(file) == Config()


def test_a_value_comes_with_its_line(file: Path) -> None:
    file.write_text('# mine\nmodel = "mistral-small-latest"\n\ntemperature = 0.3\nstop = ["END", "\\n\\n"]\n')
    assert read(file).values == {
        "model": Given("mistral-small-latest", "config.toml:2"),
        "temperature": Given(0.3, "config.toml:4"),
        "stop": Given(("END", "\n\n"), "config.toml:5"),
    }


def test_a_byte_order_mark_is_passed_over(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbftemperature = 0\r\n")
    assert read(file).values == {"temperature": Given(0, "config.toml:1")}


# ---------------------------------------------------------------- profiles

PROFILES = """\
temperature = 0.3

[profiles.work]
temperature = 0.1
model = "mistral-large-latest"

[profiles.play]
temperature = 1.2
"""


def test_without_a_name_no_profile_counts(file: Path) -> None:
    file.write_text(PROFILES)
    assert read(file).profile == {}


def test_a_profile_is_chosen_by_its_name(file: Path) -> None:
    file.write_text(PROFILES)
    assert read(file, "work") == Config(
        {"temperature": Given(0.3, "config.toml:1")},
        {"temperature": Given(0.1, "config.toml:4"), "model": Given("mistral-large-latest", "config.toml:5")},
    )


def test_the_file_may_choose_a_profile(file: Path) -> None:
    file.write_text('profile = "play"\n' + PROFILES)
    assert read(file).profile == {"temperature": Given(1.2, "config.toml:9")}


def test_the_command_line_chooses_against_the_file(file: Path) -> None:
    file.write_text('profile = "play"\n' + PROFILES)
    assert read(file, "work").profile["temperature"].value == 0.1


def test_a_profile_that_is_not_there_is_refused_with_those_that_are(file: Path) -> None:
    error = refusal(file, PROFILES, "wrok")
    assert error.what == "no profile wrok"
    assert error.why == f"{file} has: work, play"


def test_a_profile_without_any_file_is_refused(file: Path) -> None:
    with pytest.raises(ConfigError, match="no profile work"):
        read(file, "work")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("\nprofile = 5\n", "config.toml:2: profile: must be text"),
        ("profile = ['a']\n", "config.toml:1: profile: must be text"),
        ("profiles = 5\n", "config.toml:1: profiles: must be tables"),
        ("[[profiles]]\n", "config.toml:1: profiles: must be tables"),
        ("profile = 'a'\nprofiles.a = 5\n", "no profile a"),
    ],
)
def test_profiles_of_a_wrong_form_are_refused(file: Path, text: str, what: str) -> None:
    assert refusal(file, text).what == what


def test_a_profile_that_is_not_chosen_may_be_wrong(file: Path) -> None:
    file.write_text(PROFILES + "max_tokens = -5\n")
    assert read(file, "work").profile["temperature"].value == 0.1


# ---------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("temperature = \n", "config.toml:1:15: "),
        ('model = "a"\n\nstop = [1, 2\n', "config.toml:4"),
        ("model = a\n", "config.toml:1:9: "),
        ("model = 'a'\nmodel = 'b'\n", "config.toml:2:"),
        ("temperature = 0.3.4\n", "config.toml:1:18: "),
        ('system = """\nnever ends', "config.toml:2"),
        ("max_tokens = " + "9" * 5000, "config.toml:1"),
        ("stop = " + "[" * 5000, "config.toml:1"),
    ],
)
def test_toml_that_cannot_be_read_is_told_by_line_and_column(file: Path, text: str, where: str) -> None:
    error = refusal(file, text)
    assert error.what.startswith(where)
    assert (error.why, error.hint) == (str(file), "mend that line; nothing was changed")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("\ntemperature = 9\n", "config.toml:2: temperature: must be between 0 and 1.5 (is 9)"),
        ("temperature = '0.3'\n", 'config.toml:1: temperature: must be between 0 and 1.5 (is "0.3")'),
        ("safe_prompt = 'on'\n", 'config.toml:1: safe_prompt: must be true or false (is "on")'),
        ("max_tokens = 1.5\n", "config.toml:1: max_tokens: must be a whole number, 0 or more (is 1.5)"),
        ("model = 5\n", "config.toml:1: model: must be text (is 5)"),
        ("[model]\nname = 'a'\n", "config.toml:1: model: must be text (is {'name': 'a'})"),
        ("\nmodel = ''\n", "config.toml:2: model: must not be empty"),
        ("\nbase_url = 'foo'\n", "config.toml:2: base_url: must look like https://host or https://host/path"),
        ("base_url = 'http://x.org'\n", "config.toml:1: base_url: must be https, as x.org is not this machine"),
        ("stop = [\n  'a',\n  '',\n]\n", "config.toml:1: stop: must not be an empty text"),
    ],
)
def test_a_wrong_value_is_told_by_line_key_and_range(file: Path, text: str, what: str) -> None:
    assert refusal(file, text).what == what


def test_the_hint_of_a_wrong_value_says_what_to_do(file: Path) -> None:
    assert refusal(file, "temperature = 9").hint == "mend that line; nothing was changed"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[profiles.a]\n\ntemperature = 9", 3),
        ("profiles.a.temperature = 9", 1),
        ("temperature = 0\n[profiles]\n# c\na = { model = 'm', temperature = 9 }", 4),
        ("[profiles]\na.temperature = 9", 2),
        ('[profiles."a"]\n"temperature" = 9', 2),
        ("[profiles.b]\ntemperature = 8\n[profiles.a]\ntemperature = 9", 4),
        ('[profiles.a]\nsystem = """\ntemperature = 1\n[profiles.b]\n"""\ntemperature = 9', 6),
        ("# one\u2028line\n[profiles.a]\ntemperature = 9", 3),
    ],
)
def test_the_line_is_right_however_the_key_is_written(file: Path, text: str, line: int) -> None:
    assert refusal(file, text, "a").what.startswith(f"config.toml:{line}: temperature: ")


@given(st.lists(st.sampled_from(["\n", "# a comment\n", '"x y" = """\n\n"""\n', "[other]\n"]), unique=True))
def test_the_line_is_right_whatever_stands_before(tmp_path_factory: pytest.TempPathFactory, before: list[str]) -> None:
    file = tmp_path_factory.mktemp("config") / "config.toml"
    text = "".join(before)
    error = refusal(file, text + "[profiles.a]\ntemperature = 9\n", "a")
    assert error.what.startswith(f"config.toml:{text.count(chr(10)) + 2}: ")


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("tempature = 0.3\n", "config.toml:1: no setting tempature, did you mean temperature?"),
        ("\nbase-url = 'https://x'\n", "config.toml:2: no setting base-url, did you mean base_url?"),
        ("profil = 'a'\n", "config.toml:1: no setting profil, did you mean profile?"),
        ("[sonnets]\na = 1\n", "config.toml:1: no setting sonnets"),
    ],
)
def test_an_unknown_key_is_a_warning_with_the_nearest_name(file: Path, text: str, warning: str) -> None:
    file.write_text(text)
    assert read(file).warnings == (warning,)


def test_an_unknown_key_of_the_profile_in_use_is_a_warning_too(file: Path) -> None:
    file.write_text(PROFILES + "tempature = 5\n")
    assert read(file, "play").warnings == ("config.toml:9: no setting tempature, did you mean temperature?",)
    assert read(file, "work").warnings == ()


def test_what_is_known_counts_beside_what_is_not(file: Path) -> None:
    file.write_text("sonnets = 1\ntemperature = 0.3\n")
    assert read(file).values["temperature"].value == 0.3


def test_a_file_that_is_not_utf8_is_refused_by_its_path(file: Path) -> None:
    file.write_bytes(b"# mine\nsystem = 'caf\xe9'\n")
    with pytest.raises(ConfigError) as refused:
        read(file)
    assert (refused.value.what, refused.value.why) == ("config.toml:2: is not UTF-8", str(file))


def test_a_folder_in_place_of_the_file_is_refused(file: Path) -> None:
    file.mkdir()
    with pytest.raises(ConfigError, match=r"config\.toml cannot be read") as refused:
        read(file)
    assert refused.value.why == os.strerror(errno.EISDIR)
    assert refused.value.hint == f"look at {file}"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a file that its owner cannot read")
def test_a_file_that_may_not_be_read_is_refused(file: Path) -> None:
    file.write_text("temperature = 0\n")
    file.chmod(0)
    with pytest.raises(ConfigError, match=r"config\.toml cannot be read"):
        read(file)


SCRAPS = ["temperature", "profiles", "profile", "a", "9", "=", ".", "[", "]", "{", "}", "'", '"""', "#", ",", " ", "\n"]


@given(st.lists(st.sampled_from(SCRAPS)).map("".join))
def test_whatever_the_file_holds_it_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.mktemp("config") / "config.toml"
    file.write_text(text, "utf-8")
    with contextlib.suppress(ConfigError):
        read(file)
