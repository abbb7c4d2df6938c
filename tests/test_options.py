"""The command line: options anywhere, words in their order, and refusals that name the option."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_chat.errors import UsageError
from mistral_chat.options import DEFAULT_RATE, errand, flags, help_text, read
from mistral_chat.settings import SETTINGS, Given


def refusal(*argv: str) -> UsageError:
    with pytest.raises(UsageError) as refused:
        flags(read(argv))
    return refused.value


def values(*argv: str) -> dict[str, Any]:
    """The settings that a command line gives."""
    return {name: given.value for name, given in flags(read(argv)).items()}


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], []),
        (["who", "are", "you?"], ["who", "are", "you?"]),
        (["-c", "and", "now?"], ["and", "now?"]),
        (["and", "now?", "-c"], ["and", "now?"]),
        (["explain", "-t", "0", "-", "-q", "please"], ["explain", "-", "please"]),
        (["--", "-t", "is", "a", "flag"], ["-t", "is", "a", "flag"]),
        (["what", "-q", "is", "--", "--demo"], ["what", "is", "--demo"]),
        (["-", "--", "--", "-"], ["-", "--", "-"]),
        ([""], [""]),
    ],
)
def test_the_words_are_what_is_left_of_the_options(argv: list[str], words: list[str]) -> None:
    assert read(argv).words == words


@given(st.lists(st.text()))
def test_whatever_follows_two_hyphens_is_words(words: list[str]) -> None:
    assert read(["-q", "--", *words]).words == words


# ---------------------------------------------------------------- settings


def test_what_is_not_on_the_command_line_is_not_given() -> None:
    assert flags(read([])) == {}


def test_a_flag_is_told_as_the_origin_of_its_value() -> None:
    assert flags(read(["-t", "0.3"])) == {"temperature": Given(0.3, "flag --temperature")}


@pytest.mark.parametrize(
    ("argv", "given"),
    [
        (["-m", "mistral-small-latest"], {"model": "mistral-small-latest"}),
        (["--max-tokens=5"], {"max_tokens": 5}),
        (["--presence-penalty", "-1.5"], {"presence_penalty": -1.5}),
        (["-t", "0"], {"temperature": 0}),
        (["--stop", "END", "--stop", "\n\n"], {"stop": ("END", "\n\n")}),
        (["--safe-prompt"], {"safe_prompt": True}),
        (["--no-safe-prompt"], {"safe_prompt": False}),
        (["--no-stream", "--json"], {"stream": False, "json": True}),
        (["-q"], {"quiet": True}),
        (["-s", ""], {"system": ""}),
        (["-s", "one", "-s", "two"], {"system": "two"}),
    ],
)
def test_flags_give_values(argv: list[str], given: dict[str, Any]) -> None:
    assert values(*argv) == given


@pytest.mark.parametrize(
    ("argv", "what"),
    [
        (["-t", "9"], "--temperature: must be between 0 and 1.5 (is 9)"),
        (["-t", "-1"], "--temperature: must be between 0 and 1.5 (is -1)"),
        (["--max-tokens", "few"], '--max-tokens: must be a whole number, 0 or more (is "few")'),
        (["-o", "pdf"], '--output: must be auto, markdown, text, json or jsonl (is "pdf")'),
        (["--stop", ""], "--stop: must not be an empty text"),
        (["--stop=a", "--stop=b", "--stop=c", "--stop=d", "--stop=e"], "--stop: must be at most 4 texts (is 5)"),
    ],
)
def test_a_value_out_of_range_is_refused_with_its_flag(argv: list[str], what: str) -> None:
    assert refusal(*argv).what == what


# ---------------------------------------------------------------- the rest


@pytest.mark.parametrize(
    ("argv", "rate", "words"),
    [
        (["--demo"], DEFAULT_RATE, []),
        (["--demo", "hello"], DEFAULT_RATE, ["hello"]),
        (["--demo", "0", "hello"], 0, ["hello"]),
        (["--demo=7.5", "hello"], 7.5, ["hello"]),
        (["hello", "--demo"], DEFAULT_RATE, ["hello"]),
        (["--demo", "1789 was a year"], DEFAULT_RATE, ["1789 was a year"]),
    ],
)
def test_the_demonstration_takes_a_rate_when_a_number_follows(argv: list[str], rate: float, words: list[str]) -> None:
    options = read(argv)
    assert (options.demo, options.words) == (rate, words)


@pytest.mark.parametrize(("argv", "session"), [(["-r", "abc"], "abc"), (["-r"], ""), ([], None), (["-r", "-q"], "")])
def test_a_session_may_be_named_or_left_to_be_chosen(argv: list[str], session: str | None) -> None:
    assert read(argv).session == session


@pytest.mark.parametrize(
    ("argv", "what", "hint"),
    [
        (["--tempature", "0.3"], "no option --tempature", "did you mean --temperature?"),
        (["--tempature=0.3"], "no option --tempature", "did you mean --temperature?"),
        (["--temp", "0.3"], "no option --temp", "did you mean --temperature?"),
        (["--bogus"], "no option --bogus", "see mistral-chat --help; words that begin with - go after --"),
        (["-Z"], "no option -Z", "see mistral-chat --help; words that begin with - go after --"),
        (
            ["hello", "--xyzzyx", "you"],
            "no option --xyzzyx",
            "see mistral-chat --help; words that begin with - go after --",
        ),
    ],
)
def test_an_unknown_option_is_refused_with_the_nearest(argv: list[str], what: str, hint: str) -> None:
    assert (refusal(*argv).what, refusal(*argv).hint) == (what, hint)


@pytest.mark.parametrize("rate", ["-3", "nan", "inf", "1e9", "fast"])
def test_a_rate_that_is_none_is_refused(rate: str) -> None:
    assert refusal(f"--demo={rate}").what.startswith("--demo: must be between 0 and 100000 (is ")


def test_a_key_on_the_command_line_is_refused_without_repeating_it() -> None:
    error = refusal("--api-key=sk-0123456789abcdef")
    assert "sk-" not in f"{error.what} {error.why} {error.hint}"
    assert error.hint == "set MISTRAL_API_KEY, or use --login"


@pytest.mark.parametrize("flag", ["--sessions", "--models", "--themes", "--login", "--logout", "--delete=x"])
def test_words_that_an_option_has_no_use_for_are_refused(flag: str) -> None:
    with pytest.raises(UsageError) as refused:
        errand(read([flag, "about", "painters"]))
    assert refused.value.why == "not understood: about painters"


def test_what_would_be_done_instead_of_an_answer_is_one_thing() -> None:
    assert errand(read(["hello"])) is None
    assert errand(read(["--search", "two", "words"])) == "search"
    assert errand(read(["--models"])) == "models"
    with pytest.raises(UsageError, match=r"^--sessions and --models cannot be done at once$"):
        errand(read(["--models", "--sessions"]))


def test_the_help_fits_a_terminal_of_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, help_text().splitlines())) <= 80


def test_an_option_without_its_value_is_refused() -> None:
    assert refusal("-t").what == "argument -t/--temperature: expected one argument"


def test_the_latest_session_and_a_named_one_cannot_both_be_meant() -> None:
    assert refusal("-c", "-r", "abc").what == "argument -r/--resume: not allowed with argument -c/--continue"


def test_an_option_is_never_guessed_from_its_beginning() -> None:
    assert refusal("--vers").what == "no option --vers"


@pytest.mark.parametrize("setting", [one for one in SETTINGS.values() if one.flagged], ids=lambda one: one.name)
def test_the_help_names_every_flag_and_what_it_is_for(setting: Any) -> None:
    told = " ".join(help_text().split())
    assert setting.flag in told
    assert setting.help in told
