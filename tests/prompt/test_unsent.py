"""A draft that was in the prompt when the program was killed is offered at the next start, once."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_chat.prompt import Prompt
from mistral_chat.prompt.unsent import Unsent
from tests.prompt.typist import CTRL_C, ENTER, Typist, paste

LONG = "\n".join(f"line {number}" for number in range(812))


class Killed(BaseException):
    """Ends a test's program in the middle of things."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "history"


def type_and_be_killed(path: Path, *pieces: str) -> None:
    def be_killed() -> bool:
        raise Killed

    with pytest.raises(Killed):
        Typist(path).read(*pieces, be_killed)


def drafts(path: Path) -> list[Path]:
    return list(path.parent.glob("*.draft.*"))


def test_a_draft_is_offered_after_the_program_was_killed(path: Path) -> None:
    type_and_be_killed(path, "half a thou")
    typist = Typist(path)
    assert typist.read(lambda: typist.shows("this was not sent"), "ght", ENTER) == "half a thought"


def test_a_long_paste_in_it_is_still_folded(path: Path) -> None:
    type_and_be_killed(path, "see ", paste(LONG))
    typist = Typist(path)
    assert typist.read(lambda: typist.shows("› see [pasted 812 lines]"), ENTER) == "see " + LONG


def test_it_is_offered_once(path: Path) -> None:
    type_and_be_killed(path, "half a thou")
    Typist(path).read(CTRL_C, "other", ENTER)
    assert Typist(path).read(ENTER) == ""


def test_it_is_offered_at_the_start_alone(path: Path) -> None:
    type_and_be_killed(path, "half a thou")
    assert Typist(path).reads(ENTER, ENTER, times=2) == ["half a thou", ""]


def test_what_was_sent_is_not_offered(path: Path) -> None:
    Typist(path).read("a thought", ENTER)
    assert Typist(path).read(ENTER) == ""
    assert drafts(path) == []


def test_a_draft_that_is_put_into_the_prompt_goes_first(path: Path) -> None:
    type_and_be_killed(path, "half a thou")
    assert Typist(path).read(ENTER, draft="a message") == "a message"


def test_the_draft_of_a_running_program_is_not_offered(path: Path) -> None:
    running = Unsent(path)
    running.keep("still being typed")
    assert Unsent(path).left_behind() == ""


def test_the_newest_of_several_is_offered_first(path: Path) -> None:
    for number, line in enumerate(["older", "newer"]):
        one = Unsent(path)
        one.keep(line)
        one.close()
        os.utime(drafts(path)[-1], (number, number))
    for file in drafts(path):
        os.utime(file, (len(file.read_text()), 1 if file.read_text() == "older" else 2))
    assert [Unsent(path).left_behind() for _ in range(3)] == ["newer", "older", ""]


def test_two_programs_keep_two_drafts(path: Path) -> None:
    one, other = Unsent(path), Unsent(path)
    one.keep("one")
    other.keep("other")
    one.close()
    other.close()
    assert {Unsent(path).left_behind(), Unsent(path).left_behind()} == {"one", "other"}


def test_its_file_is_for_its_user_alone(path: Path) -> None:
    before = os.umask(0)
    try:
        Unsent(path).keep("secret")
    finally:
        os.umask(before)
    assert [stat.S_IMODE(file.stat().st_mode) for file in drafts(path)] == [0o600]


def test_no_file_is_left_when_there_is_nothing_to_keep(path: Path) -> None:
    one = Unsent(path)
    one.keep("typed")
    one.keep("")
    one.close()
    assert drafts(path) == []


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])).filter(bool), min_size=1))
def test_what_was_kept_last_is_what_is_left(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    path = tmp_path_factory.mktemp("data") / "history"
    one = Unsent(path)
    for line in lines:
        one.keep(line)
    one.close()
    assert Unsent(path).left_behind() == lines[-1]


def test_a_disk_that_cannot_be_written_does_not_stop_the_typing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert Typist(tmp_path / "file" / "history").read("a thought", ENTER) == "a thought"


def test_the_draft_is_on_disk_while_it_is_typed(path: Path) -> None:
    typist = Typist(path)

    def on_disk() -> bool:
        return [file.read_text() for file in drafts(path)] == ["half a thou"]

    async def read(prompt: Prompt) -> str:
        return await prompt.read()

    assert typist.does(read, "half a thou", on_disk, "ght", ENTER) == "half a thought"
