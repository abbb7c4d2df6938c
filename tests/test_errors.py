"""The errors: the drawn tree is the real one, and each has a sentence, a cause, a hint and an exit status."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from mistral_chat import errors
from mistral_chat.errors import ChatError, ConfigError, Exit, NoKey, RateLimited, Rejected, UsageError, bug


def classes(base: type[ChatError] = ChatError) -> Iterator[type[ChatError]]:
    """The classes of the module from one down, in the order in which they are written."""
    yield base
    for one in base.__subclasses__():
        if one.__module__ == errors.__name__:
            yield from classes(one)


def drawn() -> Iterator[tuple[int, str, int | None]]:
    """Depth, name and exit status of each line of the tree in the module's docstring."""
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"([│ ]*(?:[├└]── )?)(\w+)(?: ─+ (?:exit status )?(\d+)|  )", line):
            yield len(found[1]) // 4, found[2], int(found[3]) if found[3] else None


def test_the_drawn_tree_is_that_of_the_classes() -> None:
    tree = [(len(one.__mro__) - len(ChatError.__mro__), one.__name__) for one in classes()]
    assert [(depth, name) for depth, name, _ in drawn()] == tree


def test_the_drawn_exit_statuses_are_those_of_the_classes() -> None:
    statuses = {name: status for _, name, status in drawn() if status is not None}
    assert statuses == {one.__name__: one.exit_status for one in classes() if one.__name__ in statuses}
    assert len(statuses) > 5


@pytest.mark.parametrize(
    ("meaning", "status"),
    [
        (Exit.COMPLETE, 0),
        (Exit.BUG, 1),
        (Exit.USAGE, 2),
        (Exit.AUTH, 3),
        (Exit.LIMIT, 4),
        (Exit.NETWORK, 5),
        (Exit.REJECTED, 6),
        (Exit.INCOMPLETE, 7),
        (Exit.STORE, 8),
        (Exit.HANGUP, 129),
        (Exit.INTERRUPTED, 130),
        (Exit.BROKEN_PIPE, 141),
        (Exit.TERMINATED, 143),
    ],
)
def test_an_exit_status_never_changes_its_meaning(meaning: Exit, status: int) -> None:
    assert meaning == status


def test_every_error_but_the_roots_has_a_status_of_its_own() -> None:
    roots = {"ChatError", "ApiError"}
    assert [one.__name__ for one in classes() if one.exit_status is Exit.BUG and one.__name__ not in roots] == []


def test_an_error_keeps_what_why_and_hint() -> None:
    error = UsageError("no setting tempature", "typed at the prompt", "did you mean temperature?")
    assert (error.what, error.why, error.hint) == (
        "no setting tempature",
        "typed at the prompt",
        "did you mean temperature?",
    )
    assert str(error) == "no setting tempature"


def test_a_refusal_keeps_status_and_code() -> None:
    error = Rejected("no such model", status=400, code="1500")
    assert (error.status, error.code) == (400, "1500")


def test_a_wrong_configuration_is_a_usage_error() -> None:
    assert isinstance(ConfigError("config.toml:1: ..."), UsageError)


def test_a_missing_key_is_an_authentication_error() -> None:
    assert NoKey("no API key").exit_status is Exit.AUTH


def test_a_limit_without_a_time_says_none() -> None:
    assert RateLimited("too many requests").retry_after is None


def test_a_module_that_is_gone_is_perhaps_an_upgrade_and_not_a_bug() -> None:
    assert "upgraded" in bug(ModuleNotFoundError("mistral_chat.markdown")).hint
    assert "upgraded" not in bug(ValueError("no")).hint
