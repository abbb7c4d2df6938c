"""What settings make of the request: from flags, variables and config.toml, as --dry-run shows it and as it is sent."""

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Home
from tests.e2e.server import Server
from tests.program.shell import Shell


def sent(shell: Shell, *words: str) -> dict[str, Any]:
    """The body of the request that these words make."""
    shell.server.reply("Hello to you")
    done = shell(*words, "Hello")
    assert (done.status, done.err) == (0, "")
    body: dict[str, Any] = shell.server.chats[-1].json
    return body


def write_config(home: Home, text: str) -> None:
    home.config.mkdir(parents=True, exist_ok=True)
    (home.config / "config.toml").write_text(text, "utf-8")


def test_without_settings_only_what_is_needed_is_sent(shell: Shell) -> None:
    assert sent(shell) == {
        "model": "mistral-medium-latest",
        "messages": [{"role": "user", "content": "Hello"}],
        "stream": True,
    }


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        (["-m", "mistral-small-latest"], "model", "mistral-small-latest"),
        (["--temperature", "0"], "temperature", 0),
        (["-t", "1.5"], "temperature", 1.5),
        (["--top-p", "0.5"], "top_p", 0.5),
        (["--max-tokens", "0"], "max_tokens", 0),
        (["--max-tokens", "7"], "max_tokens", 7),
        (["--random-seed", "0"], "random_seed", 0),
        (["--presence-penalty", "-2"], "presence_penalty", -2),
        (["--frequency-penalty", "0.5"], "frequency_penalty", 0.5),
        (["--reasoning-effort", "high"], "reasoning_effort", "high"),
        (["--safe-prompt"], "safe_prompt", True),
        (["--json"], "response_format", {"type": "json_object"}),
        (["--stop", "X"], "stop", "X"),
        (["--stop", "X", "--stop", "Y"], "stop", ["X", "Y"]),
    ],
    ids=str,
)
def test_a_flag_reaches_its_field(shell: Shell, words: list[str], field: str, value: object) -> None:
    body = sent(shell, *words)
    assert body[field] == value
    assert body.keys() <= {"model", "messages", "stream", field}


def test_safe_prompt_off_is_absent(shell: Shell) -> None:
    assert "safe_prompt" not in sent(shell, "--no-safe-prompt")


def test_the_system_prompt_comes_first(shell: Shell) -> None:
    messages = sent(shell, "-s", "Be brief")["messages"]
    assert messages[0] == {"role": "system", "content": "Be brief"}


def test_a_system_prompt_is_read_from_a_file(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "system.txt"
    file.write_text("Be brief\nand kind", "utf-8")
    assert sent(shell, "-s", f"@{file}")["messages"][0]["content"] == "Be brief\nand kind"


@pytest.mark.parametrize(
    ("place", "kind"), [("missing.txt", "cannot be read"), (".", "a folder"), ("/dev/zero", "a device")]
)
def test_a_system_prompt_is_read_from_nothing_but_a_file(
    shell: Shell, server: Server, tmp_path: Path, place: str, kind: str
) -> None:
    done = shell("-s", f"@{tmp_path / place}", "Hello")
    assert done.status == 2
    assert kind in done.err
    assert server.requests == []


def test_a_long_system_prompt_from_a_file_is_not_taken_unasked(shell: Shell, server: Server, tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text("x" * 1_000_001)
    done = shell("-s", f"@{tmp_path / 'long.txt'}", "Hello")
    assert (done.status, done.out) == (2, "")
    assert "long.txt has 1,000,001 characters" in done.err
    assert "hint: name a shorter file" in done.err
    assert server.requests == []


def test_a_system_prompt_of_a_million_characters_is_taken(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text("x" * 1_000_000)
    assert len(sent(shell, "-s", f"@{tmp_path / 'long.txt'}")["messages"][0]["content"]) == 1_000_000


def test_the_prefix_is_the_last_message_and_stands_once_in_the_answer(shell: Shell, server: Server) -> None:
    done = shell("--prefix", "Well, ", "Hello")
    assert done.out == "Well, You said: Hello\n"
    assert server.chats[0].messages[-1] == {"role": "assistant", "content": "Well, ", "prefix": True}


def test_a_reply_without_the_prefix_gets_it(shell: Shell, server: Server) -> None:
    server.reply("hello")
    assert shell("--prefix", "Well, ", "Hello").out == "Well, hello\n"


def test_a_variable_gives_a_setting(shell: Shell) -> None:
    shell.environment["MISTRAL_CHAT_TEMPERATURE"] = "0.25"
    assert sent(shell)["temperature"] == 0.25


def test_a_file_gives_a_setting_and_a_profile_covers_it(shell: Shell, home: Home) -> None:
    write_config(home, "temperature = 0.25\ntop_p = 0.5\n[profiles.bold]\ntemperature = 1.25\n")
    assert sent(shell)["temperature"] == 0.25
    body = sent(shell, "--profile", "bold")
    assert (body["temperature"], body["top_p"]) == (1.25, 0.5)


def test_a_flag_covers_a_variable_and_a_variable_covers_the_file(shell: Shell, home: Home) -> None:
    write_config(home, "temperature = 0.1\ntop_p = 0.1\nmax_tokens = 1\n")
    shell.environment |= {"MISTRAL_CHAT_TEMPERATURE": "0.2", "MISTRAL_CHAT_TOP_P": "0.2"}
    body = sent(shell, "--temperature", "0.3")
    assert (body["temperature"], body["top_p"], body["max_tokens"]) == (0.3, 0.2, 1)


def test_a_wrong_value_in_the_file_names_line_and_range(shell: Shell, home: Home, server: Server) -> None:
    write_config(home, "# mine\ntemperature = 9\n")
    done = shell("Hello")
    assert done.status == 2
    assert done.err.splitlines()[0] == (
        "mistral-chat: error: config.toml:2: temperature: must be between 0 and 1.5 (is 9)"
    )
    assert server.requests == []


def test_bad_toml_names_line_and_column(shell: Shell, home: Home) -> None:
    write_config(home, "temperature = 0.5\nmodel = [\n")
    done = shell("Hello")
    assert done.status == 2
    assert "config.toml:" in done.err
    assert len(done.err.splitlines()) == 3


def test_an_unknown_key_in_the_file_is_a_warning(shell: Shell, home: Home) -> None:
    write_config(home, "temprature = 0.5\n")
    done = shell("Hello")
    assert done.status == 0
    assert done.err == "warning: config.toml:1: no setting temprature, did you mean temperature?\n"


def test_a_base_url_that_is_refused_is_told_with_the_place_it_stands_in(shell: Shell, home: Home) -> None:
    write_config(home, "# mine\nbase_url = 'http://example.com'\n")
    assert "error: config.toml:2: base_url: must be https" in shell.plain("--dry-run", "Hello").err
    write_config(home, "")
    shell.environment["MISTRAL_CHAT_BASE_URL"] = "http://example.com"
    assert "error: MISTRAL_CHAT_BASE_URL: must be https" in shell.plain("--dry-run", "Hello").err


def test_a_wrong_variable_is_named(shell: Shell) -> None:
    shell.environment["MISTRAL_CHAT_TOP_P"] = "0"
    done = shell("Hello")
    assert done.status == 2
    assert "MISTRAL_CHAT_TOP_P: must be above 0 and at most 1 (is 0)" in done.err


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--temperature", "2"], "--temperature: must be between 0 and 1.5 (is 2)"),
        (["--temperature", "warm"], '--temperature: must be between 0 and 1.5 (is "warm")'),
        (["--top-p", "0"], "--top-p: must be above 0 and at most 1 (is 0)"),
        (["--max-tokens", "-1"], "--max-tokens: must be a whole number, 0 or more (is -1)"),
        (["--max-tokens", "1.5"], '--max-tokens: must be a whole number, 0 or more (is "1.5")'),
        (["--stop", ""], "--stop: must not be an empty text"),
        (["--stop=a", "--stop=b", "--stop=c", "--stop=d", "--stop=e"], "--stop: must be at most 4 texts (is 5)"),
        (["-o", "yaml"], "--output: must be auto, markdown, text, json or jsonl"),
        (["--temprature", "1"], "no option --temprature"),
        (["--temperature"], "argument -t/--temperature: expected one argument"),
        (["--profile", "x"], "no profile x"),
        (["--base-url", "ftp://example.org"], "--base-url: must look like https://host"),
        (["--base-url", "http://example.org"], "--base-url: must be https"),
        (["--base-url", "https://me:secret@example.org"], "--base-url: must not hold a user name"),
        (["--base-url", "http://127.0.0.1:99999"], "--base-url: must have a port from 1 to 65535"),
        (["--base-url", "foo", "--dry-run"], "--base-url: must look like https://host"),
        (["-m", ""], "--model: must not be empty"),
    ],
    ids=str,
)
def test_a_wrong_option_is_refused_in_a_sentence(shell: Shell, server: Server, words: list[str], what: str) -> None:
    done = shell("Hello", *words)
    assert done.status == 2
    assert done.err.startswith(f"mistral-chat: error: {what}")
    assert len(done.err.splitlines()) <= 3
    assert "secret" not in done.err
    assert server.requests == []


def test_a_dry_run_prints_the_request_and_sends_nothing(shell: Shell, server: Server) -> None:
    done = shell("--dry-run", "-s", "Be brief", "--prefix", "Well", "--temperature", "0", "Hello")
    assert done.status == 0
    assert done.json == {
        "model": "mistral-medium-latest",
        "messages": [
            {"role": "system", "content": "Be brief"},
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": "Well", "prefix": True},
        ],
        "temperature": 0,
        "stream": True,
    }
    assert server.requests == []


def test_a_dry_run_needs_no_key(shell: Shell) -> None:
    del shell.environment["MISTRAL_API_KEY"]
    assert shell.plain("--dry-run", "Hello").status == 0


def test_a_dry_run_shows_what_would_be_sent(shell: Shell, server: Server) -> None:
    shell("-s", "Be brief", "One")
    shown = shell("--dry-run", "-c", "Two").json
    assert shell("-c", "Two").status == 0
    assert shown == server.chats[-1].json


def test_a_dry_run_keeps_nothing(shell: Shell, home: Home) -> None:
    assert shell("--dry-run", "Hello").status == 0
    assert not home.data.exists()


@pytest.mark.parametrize("words", [["--no-stdin"], ["--no-stdin", "-"], ["-"], [" "], ["-c", "--no-stdin"]], ids=str)
def test_a_dry_run_of_nothing_is_refused(shell: Shell, words: list[str]) -> None:
    shell("One")
    done = shell("--dry-run", *words)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("mistral-chat: error: nothing to send\n")


def test_a_dry_run_shows_what_is_sent_in_place_of_bytes_that_are_no_text(shell: Shell, server: Server) -> None:
    shown = shell("--dry-run", "caf\udce9").json
    shell("caf\udce9")
    assert shown == server.chats[-1].json
    assert shown["messages"][0]["content"] == "caf\ufffd"


def test_an_unknown_theme_is_a_warning(shell: Shell) -> None:
    done = shell("--color", "always", "--theme", "nope", "Hello")
    assert done.status == 0
    assert done.err.startswith("\x1b") or done.err.startswith("warning")
    assert "'nope' (flag --theme); " in done.err


def test_an_unknown_theme_is_answered_with_the_nearest(shell: Shell) -> None:
    assert "did you mean nord?" in shell("--color", "always", "--theme", "nrod", "Hello").err


def test_an_unknown_theme_of_the_file_is_told_with_its_line(shell: Shell, home: Home) -> None:
    write_config(home, "# mine\ntheme = 'nope'\n")
    assert "'nope' (config.toml:2); " in shell("--color", "always", "Hello").err
