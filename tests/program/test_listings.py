"""What the program prints of itself and of the server: version, help, models, themes; and the demonstration."""

import pytest

from mistral_chat.commands.program import show_models
from mistral_chat.models import Model
from mistral_chat.screen import Screen
from tests.e2e.conftest import Home
from tests.e2e.replies import Http
from tests.e2e.server import Server
from tests.program.shell import Shell
from tests.streams import Stream


def test_the_version_is_one_line(shell: Shell) -> None:
    done = shell.plain("--version")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("mistral-chat ")
    assert done.out.count("\n") == 1


def test_the_version_leaves_nothing_on_disk(shell: Shell, home: Home) -> None:
    shell.plain("--version")
    assert not home.data.exists()


def test_help_goes_to_stdout(shell: Shell) -> None:
    done = shell.plain("--help")
    assert (done.status, done.err) == (0, "")
    assert "usage: mistral-chat [options] [PROMPT ...]" in done.out
    assert "exit status:" in done.out


def test_help_names_every_option_of_the_groups(shell: Shell) -> None:
    text = shell.plain("--help").out
    for option in ("--model", "--resume", "--output", "--base-url", "--demo", "--dry-run", "--no-save", "--models"):
        assert option in text


def test_models_are_listed_with_the_current_one_marked(shell: Shell) -> None:
    done = shell("--models")
    marked = [line for line in done.out.splitlines() if line.startswith("•")]
    assert done.status == 0
    assert [line.split()[1] for line in marked] == ["mistral-medium-latest"]
    assert "mistral-moderation-latest" not in done.out


def test_models_as_json_are_a_list(shell: Shell) -> None:
    listed = shell("--models", "-o", "json").json
    assert "mistral-medium-latest" in [model["id"] for model in listed]


def test_models_of_a_server_that_refuses_end_in_an_error(shell: Shell, server: Server) -> None:
    server.models_reply = Http(401, {"detail": "Unauthorized"})
    done = shell("--models")
    assert done.status == 3
    assert len(done.err.splitlines()) == 3


def test_the_demonstration_needs_no_key_and_no_network(shell: Shell) -> None:
    del shell.environment["MISTRAL_API_KEY"]
    done = shell.plain("--demo", "0", "Hello")
    assert done.status == 0
    assert "offline demonstration" in done.out


def test_the_demonstration_s_rate_is_taken_only_from_a_number(shell: Shell, server: Server) -> None:
    done = shell.plain("--demo=0", "3 words here")
    assert done.status == 0
    assert "3 words here" in done.out


def test_the_demonstration_cuts_an_answer_that_comes_in_one_piece_too(shell: Shell) -> None:
    done = shell.plain("--demo=0", "--no-stream", "cut")
    assert (done.status, done.out) == (5, "")
    assert done.err.splitlines() == [
        "mistral-chat: error: the answer was cut off",
        "  the connection ended before it",
        "  hint: try again",
    ]


def test_the_demonstration_lists_its_models(shell: Shell) -> None:
    done = shell.plain("--demo", "0", "--models")
    assert done.status == 0
    assert "mistral-medium-latest" in done.out


def test_each_theme_is_listed_in_its_own_colours(shell: Shell) -> None:
    lines = shell("--themes", "--color", "always").out.splitlines()
    looks = {line.split("■")[0].split("m")[0] for line in lines if "■" in line}
    assert len(looks) > 5


def test_themes_are_listed(shell: Shell) -> None:
    done = shell.plain("--themes")
    assert done.status == 0
    assert "mistral-dark" in done.out


def test_every_name_and_the_end_of_a_model_are_shown_at_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    screen = Screen(out := Stream(terminal=True), out, environment={})
    names = ("mistral-medium-latest", "mistral-medium", "mistral-medium-3.5")
    model = Model("mistral-medium-3-5", names, context=262144, deprecation="2026-12-31T00:00:00Z")
    show_models(screen, [model], "")
    assert all(word in out.text for word in (*names, "(until 2026-12-31)"))
