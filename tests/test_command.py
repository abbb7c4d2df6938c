"""Slash commands: declared by a function, read from a line, refused with their usage, never taken for a message."""

from __future__ import annotations

import contextlib
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_chat.arguments import Choice, Kind, Whole, quote
from mistral_chat.command import Command, Commands, Parameter, as_line, said, split
from mistral_chat.errors import UsageError

commands = Commands()


@commands.command("things")
def greet(
    desk: object, name: Annotated[str, Kind("names", "NAME")], times: Annotated[int, Whole(form="N")] = 1
) -> None:
    """Say hello.

    More than once if need be.
    """


@commands.command("things", "list")
def list_things(desk: object, form: Annotated[str, Choice(words=("short", "long"))] = "short") -> None:
    """List the things."""


@commands.command("the rest")
async def note(desk: object, text: Annotated[str, Kind()]) -> None:
    """Write something down."""


@commands.command("things")
def leave_all(desk: object) -> None:
    """Leave all things."""


def read(line: str) -> list[Any]:
    """The arguments of a whole line."""
    named = split(line)
    assert named is not None
    name, rest = named
    return commands.find(name).read(rest)


def refusal(line: str) -> UsageError:
    with pytest.raises(UsageError) as refused:
        read(line)
    return refused.value


# ---------------------------------------------------------------- declared


def test_a_command_is_what_its_function_says() -> None:
    command = commands.find("greet")
    assert command == Command(
        "greet",
        "things",
        "Say hello.",
        (Parameter("name", Kind("names", "NAME"), needed=True), Parameter("times", Whole(form="N"), needed=False)),
        greet,
    )


def test_a_command_may_have_another_name_than_its_function() -> None:
    assert commands.find("list").run is list_things


def test_the_usage_shows_what_may_be_left_out_in_brackets() -> None:
    assert commands.find("greet").usage == "/greet NAME [N]"
    assert commands.find("leave_all").usage == "/leave_all"


def test_commands_are_grouped_in_the_order_of_their_declaration() -> None:
    groups = {about: [command.name for command in group] for about, group in commands.by_group().items()}
    assert groups == {"things": ["greet", "list", "leave_all"], "the rest": ["note"]}


# ---------------------------------------------------------------- split


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("/help", ("help", "")),
        ("/system be brief", ("system", "be brief")),
        ("/system   be brief  ", ("system", "be brief  ")),
        ("/system\nbe brief\nplease", ("system", "be brief\nplease")),
        ("/system\n\n  indented", ("system", "\n  indented")),
        ("/system \n  indented", ("system", "\n  indented")),
        ("/", ("", "")),
        ("/ help", ("", "help")),
    ],
)
def test_a_line_with_a_slash_is_a_command(line: str, parts: tuple[str, str]) -> None:
    assert split(line) == parts


@pytest.mark.parametrize("line", ["", "hello", " /help", "//help", "///", "a / b"])
def test_any_other_line_is_a_message(line: str) -> None:
    assert split(line) is None


@given(st.text() | st.text("/ a"))
def test_a_message_comes_back_from_its_line(message: str) -> None:
    line = as_line(message)
    assert split(line) is None
    assert said(line) == message


# ---------------------------------------------------------------- read


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("/greet Ann", ["Ann"]),
        ("/greet Ann 3", ["Ann", 3]),
        ("/greet   Ann \t 3 ", ["Ann", 3]),
        ('/greet "Ann and Bob" 3', ["Ann and Bob", 3]),
        (r'/greet "Ann \"B\" C" 3', ['Ann "B" C', 3]),
        ("/greet\nAnn\n3", ["Ann", 3]),
        ("/list", []),
        ("/list long", ["long"]),
        ("/leave-all", []),
        ("/note two words", ["two words"]),
        ("/note   two words \n ", ["two words"]),
        ("/note two\nlines", ["two\nlines"]),
        (r'/note "\n\n"', ["\n\n"]),
        ('/note "yes" or "no"', ['"yes" or "no"']),
        ('/note say "hi"', ['say "hi"']),
        (r"/note a\nb", [r"a\nb"]),
    ],
)
def test_the_arguments_are_read_from_the_line(line: str, arguments: list[Any]) -> None:
    assert read(line) == arguments


@given(st.text())
def test_a_quoted_text_is_taken_as_it_is(text: str) -> None:
    assert read("/note " + quote(text)) == [text]


def test_an_exact_text_keeps_its_quotes() -> None:
    own = Commands()

    @own.command("things")
    def look_for(desk: object, words: Annotated[str, Kind(exact=True)]) -> None:
        """Look for words."""

    assert own.find("look_for").read('"water lilies"') == ['"water lilies"']


@given(st.text(), st.integers(0, 99))
def test_a_quoted_word_may_stand_before_another(text: str, times: int) -> None:
    assert read(f"/greet {quote(text)} {times}") == [text, times]


@given(st.text())
def test_any_line_is_read_or_refused(line: str) -> None:
    for command in commands.by_name.values():
        with contextlib.suppress(UsageError):
            assert len(command.read(line)) <= len(command.parameters)


# ---------------------------------------------------------------- refused


def test_a_missing_argument_is_told_with_the_usage() -> None:
    error = refusal("/greet")
    assert (error.what, error.hint) == ("/greet needs NAME", "usage: /greet NAME [N]")


def test_a_wrong_argument_is_told_with_the_usage() -> None:
    error = refusal("/greet Ann often")
    assert error.what == '/greet: must be a whole number, 0 or more (is "often")'
    assert error.hint == "usage: /greet NAME [N]"


def test_a_word_too_many_is_told_with_the_usage() -> None:
    error = refusal("/leave_all now")
    assert (error.what, error.why) == ("/leave_all takes nothing more", "not understood: now")
    assert error.hint == "usage: /leave_all"


def test_an_unknown_command_is_told_with_the_nearest() -> None:
    error = refusal("/gret Ann")
    assert error.what == "no command /gret — did you mean /greet?"
    assert error.hint == "see /help; a message that begins with / is written //"


def test_a_command_unlike_any_is_told_without_a_guess() -> None:
    assert refusal("/xyzzy").what == "no command /xyzzy"


def test_a_slash_alone_is_no_command() -> None:
    assert refusal("/").what == "no command /"


def test_a_long_word_after_a_slash_is_not_repeated_in_full() -> None:
    assert len(refusal("/9j/4AAQSkZJRg" * 10_000).what) < 100


def test_a_long_text_too_many_is_not_repeated_in_full() -> None:
    assert len(refusal("/leave_all " + "now " * 10_000).why) < 100
