"""Sessions that cannot be saved, or not be read: what is said of that, once, and what comes of it."""

import os
import sqlite3
from contextlib import closing

import pytest

from tests.e2e.conftest import Home
from tests.e2e.server import Server
from tests.program.shell import Shell

PAGE = 4096


def smash(home: Home, page: int) -> None:
    """Makes the beginning of a page of the store unreadable."""
    with (home.data / "sessions.db").open("r+b") as file:
        file.seek(page * PAGE)
        file.write(b"\xff" * 200)


def put_in_place(home: Home, kind: str) -> None:
    path = home.data / "sessions.db"
    if kind == "a folder":
        path.mkdir(parents=True)
    elif kind == "a database of another program":
        home.data.mkdir(parents=True)
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE theirs (x)")
    else:
        home.data.mkdir(parents=True)
        path.write_bytes(b"secret")
        path.chmod(0)


KINDS = ["a folder", "a database of another program"]
if os.name != "nt" and os.geteuid() != 0:  # to whom nothing is forbidden
    KINDS.append("a file that may not be read")


@pytest.mark.parametrize("kind", KINDS)
def test_a_question_is_answered_whatever_is_in_the_place_of_the_store(shell: Shell, home: Home, kind: str) -> None:
    put_in_place(home, kind)
    done = shell("Hello")
    assert (done.status, done.out) == (8, "You said: Hello\n")
    (warning,) = done.err.splitlines()
    assert "sessions are not saved" in warning
    assert "sessions.db" in warning


@pytest.mark.parametrize("kind", KINDS)
def test_where_a_session_is_to_go_on_an_unreadable_store_is_an_error(
    shell: Shell, home: Home, server: Server, kind: str
) -> None:
    put_in_place(home, kind)
    done = shell("-c", "Hello")
    assert (done.status, done.out) == (8, "")
    assert server.requests == []


def test_damage_that_is_found_on_the_way_is_told(shell: Shell, home: Home) -> None:
    shell("Hello")
    smash(home, 1)
    done = shell("-c", "Again")
    assert (done.status, done.out) == (0, "You said: Again\n")
    assert done.err.count("the saved sessions were damaged") == 1
    assert "sessions.db.corrupt-" in done.err


def test_a_session_that_is_lost_to_damage_is_not_told_as_deleted(shell: Shell, home: Home) -> None:
    shell("Hello")
    smash(home, 4)
    done = shell("-c", "Again")
    assert done.status == 8
    assert "sessions.db.corrupt-" in done.err
    assert "could not be read from the damaged file" in done.err
    assert "deleted" not in done.err


@pytest.mark.parametrize("errand", ["--export", "--delete"])
def test_damage_that_an_errand_finds_is_told_also_when_it_fails(shell: Shell, home: Home, errand: str) -> None:
    shell("Hello")
    smash(home, 1)
    smash(home, 4)
    done = shell(errand, "Hello")
    assert done.status != 0
    assert done.err.count("the saved sessions were damaged") == 1


def test_a_store_of_a_newer_version_is_told_once(shell: Shell, home: Home) -> None:
    shell("Hello")
    with closing(sqlite3.connect(home.data / "sessions.db")) as db:
        db.execute("PRAGMA user_version = 99")
    done = shell("-c", "Again")
    assert (done.status, done.out) == (8, "You said: Again\n")
    assert len(done.err.splitlines()) == 1
