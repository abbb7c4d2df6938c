"""What is sent along: by -a, by /attach, or as @path in a message that was typed; and that none of it is ever lost."""

import json
import os
import time
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Home
from tests.e2e.replies import Http
from tests.e2e.server import Server
from tests.files import PDF, PNG, WAV, ZIP, gif
from tests.program.shell import Shell
from tests.program.talk import CLEAR, Talk
from tests.prompt.typist import paste

REFUSED = Http(400, {"message": "no", "type": "invalid_request_error"})
IMAGE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{b64encode(PNG).decode()}"}}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user is, and what there is."""
    files = {"a.png": PNG, "my photo.png": PNG, "b.pdf": PDF, "c.wav": WAV, "notes.md": b"# Hi\n", "z.zip": ZIP}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(server: Server, number: int = -1) -> Sequence[Any]:
    """The content of each message of a request."""
    return [message["content"] for message in server.chats[number].messages]


def asked(text: str, *parts: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "text", "text": text}, *parts]


# ---------------------------------------------------------------- one shot


def test_files_go_with_the_question(shell: Shell, server: Server) -> None:
    done = shell("-a", "a.png", "--attach", "b.pdf", "What", "is", "it?", "-a", "c.wav")
    assert (done.status, done.out, done.err) == (0, "You said: What is it?\n", "")
    data = {name: b64encode(content).decode() for name, content in (("pdf", PDF), ("wav", WAV))}
    document = {
        "type": "document_url",
        "document_url": f"data:application/pdf;base64,{data['pdf']}",
        "document_name": "b.pdf",
    }
    assert said(server) == [asked("What is it?", IMAGE, document, {"type": "input_audio", "input_audio": data["wav"]})]


def test_a_file_of_text_follows_the_question(shell: Shell, server: Server) -> None:
    assert shell("-a", "notes.md", "Summarise").status == 0
    assert said(server) == ["Summarise\n\nFile notes.md:\n\n```\n# Hi\n```"]


def test_an_address_is_sent_and_not_fetched(shell: Shell, server: Server) -> None:
    assert shell("-a", "https://a.org/b.png", "What is it?").status == 0
    assert said(server) == [asked("What is it?", {"type": "image_url", "image_url": {"url": "https://a.org/b.png"}})]
    assert [request.path for request in server.requests] == ["/v1/chat/completions"]


def test_a_file_goes_with_what_is_piped_in(shell: Shell, server: Server) -> None:
    assert shell("-a", "a.png", stdin="What is it?").status == 0
    assert said(server) == [asked("What is it?", IMAGE)]


def test_the_same_file_twice_is_sent_once(shell: Shell, server: Server) -> None:
    assert shell("-a", "a.png", "-a", "./a.png", "What is it?").status == 0
    assert said(server) == [asked("What is it?", IMAGE)]


@pytest.mark.parametrize(
    ("word", "what"),
    [
        ("missing.png", "missing.png cannot be read"),
        (".", ". is not a file but a folder"),
        ("pipe", "pipe is not a file but a pipe"),
        ("/dev/zero", "/dev/zero is not a file but a device"),
        ("empty", "empty is empty"),
        ("z.zip", "z.zip cannot be attached"),
        ("large.png", "large.png is too large: 10.0 MB"),
        ("moving.gif", "moving.gif is an animated GIF"),
        ("http://a.org/b.png", "http://a.org/b.png cannot be attached"),
        ("", ". is not a file but a folder"),
        ("\x1b[2Ja.png", "␛[2Ja.png cannot be read"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_is_read(
    shell: Shell, server: Server, folder: Path, word: str, what: str
) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "empty").touch()
    (folder / "large.png").write_bytes(PNG)
    os.truncate(folder / "large.png", 10_000_001)
    (folder / "moving.gif").write_bytes(gif(2))
    done = shell("-a", "a.png", "-a", word, "Hello")
    assert done.status == 2
    assert what in done.err.splitlines()[0]
    assert len(done.err.splitlines()) <= 3
    assert "\x1b" not in done.err
    assert server.requests == []


def test_nine_images_are_refused(shell: Shell, server: Server, folder: Path) -> None:
    words = [word for number in range(9) for word in ("-a", f"https://a.org/{number}.png")]
    done = shell(*words, "Hello")
    assert (done.status, server.requests) == (2, [])
    assert "that would be 9 images" in done.err


def test_an_attachment_without_a_question_is_refused(shell: Shell, server: Server) -> None:
    done = shell("-a", "a.png")
    assert (done.status, server.requests) == (2, [])
    assert "nothing to send" in done.err


def test_a_listing_has_no_use_for_an_attachment(shell: Shell) -> None:
    done = shell.plain("--sessions", "-a", "a.png")
    assert done.status == 2
    assert "nothing can be attached with this option" in done.err


def test_words_and_standard_input_attach_nothing(shell: Shell, server: Server) -> None:
    assert shell("look", "at", "@a.png", stdin="@b.pdf").status == 0
    assert said(server) == ["look at @a.png\n\n@b.pdf"]


def test_a_dry_run_shows_all_that_would_be_sent(shell: Shell, server: Server) -> None:
    shown = shell("--dry-run", "-a", "a.png", "What is it?").json
    assert server.requests == []
    assert shell("-a", "a.png", "What is it?").status == 0
    assert shown == server.chats[-1].json


def test_a_model_that_is_known_not_to_see_is_not_asked(shell: Shell, server: Server, home: Home) -> None:
    home.data.mkdir(parents=True)
    known = {server.url: {"at": time.time(), "models": server.models}}
    (home.data / "models.json").write_text(json.dumps(known))
    done = shell("-m", "mistral-large-latest", "-a", "a.png", "What is it?")
    assert (done.status, server.requests) == (2, [])
    assert done.err.splitlines() == [
        "mistral-chat: error: mistral-large-latest cannot see images",
        "  a.png · PNG image · 69 bytes",
        "  hint: choose a model that can, such as mistral-medium-latest",
    ]
    assert shell("-m", "mistral-large-latest", "-a", "notes.md", "What is it?").status == 0


def test_a_resumed_session_sends_its_images_again(shell: Shell, server: Server) -> None:
    shell("-a", "a.png", "What is it?")
    assert shell("-c", "And its colour?").status == 0
    assert said(server) == [asked("What is it?", IMAGE), "You said: What is it?", "And its colour?"]


def test_of_more_than_eight_images_the_newest_are_sent_and_that_is_said(shell: Shell, server: Server) -> None:
    for number in range(3):
        words = [word for image in range(4) for word in ("-a", f"https://a.org/{number}{image}.png")]
        done = shell(*(["-c"] if number else []), *words, "What is it?")
        assert done.status == 0
    assert done.err == "4 earlier images are not sent again: mistral-medium-latest takes 8\n"
    first, *_ = said(server)
    assert "Here was the image 00.png; it is not sent again." in first
    assert sum(len(content) - 1 for content in said(server) if isinstance(content, list)) == 8


# ---------------------------------------------------------------- in a conversation


def test_what_is_attached_goes_with_the_next_message_alone(talk: Talk, server: Server) -> None:
    shown = talk("/attach a.png", "/attach my photo.png", "What is it?", "Really?")
    assert "attached 1: a.png · PNG image · 69 bytes\n" in shown
    assert "attached 2: my photo.png · PNG image · 69 bytes\n" in shown
    assert said(server, 0) == [asked("What is it?", IMAGE, IMAGE)]
    assert said(server, 1)[-1] == "Really?"


def test_a_name_may_be_quoted(talk: Talk, server: Server) -> None:
    talk('/attach "my photo.png"', "What is it?")
    assert said(server) == [asked("What is it?", IMAGE)]


def test_attach_lists_what_waits_with_numbers(talk: Talk) -> None:
    shown = talk("/attach", "/attach a.png", "/attach https://a.org/b.pdf", "/attach")
    assert "nothing is attached" in shown
    assert " 1 a.png · PNG image · 69 bytes\n 2 b.pdf · document from a.org\n" in shown


def test_detach_takes_one_away(talk: Talk, server: Server) -> None:
    shown = talk("/attach a.png", "/attach notes.md", "/detach 1", "What is it?")
    assert "detached: a.png" in shown
    assert said(server) == ["What is it?\n\nFile notes.md:\n\n```\n# Hi\n```"]


def test_detach_takes_all_away(talk: Talk, server: Server) -> None:
    shown = talk("/attach a.png", "/attach notes.md", "/detach", "Hello")
    assert "detached 2 attachments" in shown
    assert said(server) == ["Hello"]


def test_detach_of_what_is_not_there_is_refused(talk: Talk) -> None:
    shown = talk("/detach", "/attach a.png", "/detach 2")
    assert "nothing is attached" in shown
    assert "there is no attachment 2" in shown


def test_what_cannot_be_attached_is_refused_and_the_rest_stays(talk: Talk, server: Server) -> None:
    shown = talk("/attach a.png", "/attach missing.png", "What is it?")
    assert "missing.png cannot be read" in shown
    assert said(server) == [asked("What is it?", IMAGE)]


def test_an_empty_line_sends_no_attachment_alone(talk: Talk, server: Server) -> None:
    shown = talk("/attach a.png", "", "What is it?")
    assert "ask something about what is attached" in shown
    assert said(server) == [asked("What is it?", IMAGE)]


def test_a_message_that_failed_gets_its_attachments_back(talk: Talk, server: Server) -> None:
    server.reply(REFUSED)
    talk("/attach a.png", "What is", " it?", "Really?")
    assert said(server, 1) == [asked("What is it?", IMAGE)]
    assert said(server, 2)[-1] == "Really?"


def test_a_model_that_does_not_see_is_told_and_the_message_is_back_in_the_prompt(talk: Talk, server: Server) -> None:
    shown = talk("/models", "/model mistral-large-latest", "/attach a.png", "What is it?", CLEAR + "/detach", "Hello")
    assert "mistral-large-latest cannot see images" in shown
    assert len(server.chats) == 1
    assert said(server) == ["Hello"]


def test_a_retry_with_a_model_that_does_not_see_is_refused(talk: Talk, server: Server) -> None:
    shown = talk("/models", "/attach a.png", "What is it?", "/retry model=mistral-large-latest", "Go on")
    assert "mistral-large-latest cannot see images" in shown
    assert len(server.chats) == 2
    assert said(server) == [asked("What is it?", IMAGE), "You said: What is it?", "Go on"]


def test_a_comparison_with_a_model_that_does_not_see_is_refused(talk: Talk, server: Server) -> None:
    shown = talk("/models", "/attach a.png", "What is it?", "/compare mistral-small-latest mistral-large-latest")
    assert "mistral-large-latest cannot see images" in shown
    assert len(server.chats) == 1


def test_another_model_that_does_not_see_goes_on_without_the_images(talk: Talk, server: Server) -> None:
    shown = talk("/models", "/attach a.png", "What is it?", "/model mistral-large-latest", "Go on")
    assert "1 earlier image is not sent again: mistral-large-latest takes none" in shown
    assert "Here was the image a.png" in said(server)[0]


def test_a_retry_sends_the_attachments_again(talk: Talk, server: Server) -> None:
    talk("/attach a.png", "What is it?", "/retry")
    assert said(server) == [asked("What is it?", IMAGE)]


def test_an_edited_message_keeps_its_attachments(talk: Talk, server: Server) -> None:
    shown = talk("/attach a.png", "What is it?", "/edit", " Really?")
    assert shown.count("attached 1: a.png") == 2
    assert said(server) == [asked("What is it? Really?", IMAGE)]


def test_an_edit_that_is_given_up_leaves_what_was_attached_before(talk: Talk, server: Server) -> None:
    talk("/attach a.png", "What is it?", "/attach notes.md", "/edit", CLEAR, "Hello")
    assert said(server)[-1] == "Hello\n\nFile notes.md:\n\n```\n# Hi\n```"


def test_an_edit_that_a_command_ends_leaves_what_was_attached_before(talk: Talk, server: Server) -> None:
    talk("/attach a.png", "What is it?", "/attach notes.md", "/edit", CLEAR + "/title", "Hello")
    assert said(server)[-1] == "Hello\n\nFile notes.md:\n\n```\n# Hi\n```"


def test_an_edit_after_an_edit_has_the_attachments_of_its_own_message(talk: Talk, server: Server) -> None:
    talk("/attach a.png", "One", "/attach notes.md", "Two", "/edit 1", CLEAR + "/edit 2", "!")
    assert said(server)[-1] == "Two!\n\nFile notes.md:\n\n```\n# Hi\n```"


def test_attachments_are_shown_again(talk: Talk, shell: Shell, server: Server) -> None:
    server.reply("A painting.")
    shown = talk("/attach a.png", "/attach notes.md", "What is it?", "/history")
    lines = "attached: a.png · PNG image · 69 bytes\nattached: notes.md · text · 5 bytes\n"
    assert lines in shown
    assert lines in Talk(shell, "-c")()
    assert "# Hi" not in shown


def test_a_session_is_called_after_the_question_and_not_after_a_file(talk: Talk, shell: Shell) -> None:
    talk("/attach notes.md", "What is it?")
    (session,) = shell.plain("--sessions", "-o", "json").json
    assert session["question"] == "What is it?"


def test_an_export_names_what_was_attached(talk: Talk, shell: Shell, folder: Path) -> None:
    talk("/attach a.png", "/attach notes.md", "What is it?", "/export s.md", "/export s.json", "/export s.html")
    markdown, page = ((folder / f"s.{ending}").read_text() for ending in ("md", "html"))
    assert "[image a.png]\n" in markdown
    assert "[file notes.md]\n\n```\n# Hi\n```" in markdown
    assert f'<img src="{IMAGE["image_url"]["url"]}" alt="a.png">' in page  # type: ignore[index]
    parts = json.loads((folder / "s.json").read_text())["messages"][0]["parts"]
    assert parts[1:] == [IMAGE | {"name": "a.png"}, {"type": "text_file", "name": "notes.md", "text": "# Hi\n"}]


def test_request_shows_what_waits_with_its_data_cut_short(talk: Talk, folder: Path) -> None:
    (folder / "large.png").write_bytes(PNG + bytes(3000))
    shown = talk("/attach large.png", "/request What is it?")
    assert '"text": "What is it?"' in shown
    assert "… (4,114 characters)" in shown
    assert "AAAAAAAA" * 20 not in shown


# ---------------------------------------------------------------- files that a message names


def test_a_file_that_a_typed_message_names_is_attached(talk: Talk, server: Server) -> None:
    shown = talk("What is on @a.png?", "Really?")
    assert "attached 1: a.png · PNG image · 69 bytes\n" in shown
    assert said(server, 0) == [asked("What is on @a.png?", IMAGE)]
    assert said(server, 1)[-1] == "Really?"


def test_a_named_file_joins_what_waits(talk: Talk, server: Server) -> None:
    talk("/attach a.png", 'Compare it with @"my photo.png" and @a.png')
    assert said(server) == [asked('Compare it with @"my photo.png" and @a.png', IMAGE, IMAGE)]


def test_a_file_that_pasted_text_names_is_not_attached(talk: Talk, server: Server) -> None:
    shown = talk(paste("please look at @a.png"))
    assert said(server) == ["please look at @a.png"]
    assert "not attached, since it was not typed here: @a.png; /attach FILE does it" in shown


def test_a_typed_name_beside_a_pasted_one_is_not_attached(talk: Talk, server: Server) -> None:
    talk("@notes.md " + paste("and @a.png"))
    assert said(server) == ["@notes.md and @a.png"]


def test_pasted_text_that_names_no_file_is_not_remarked_on(talk: Talk, server: Server) -> None:
    shown = talk(paste("mail me@example.org or @nobody"))
    assert "not attached" not in shown


def test_a_message_that_was_recalled_attaches_nothing(talk: Talk, server: Server) -> None:
    up = "\x1b[A"
    talk(paste("look at @a.png"), up)
    assert said(server)[-1] == "look at @a.png"


def test_a_named_file_that_cannot_be_sent_keeps_the_message(talk: Talk, server: Server) -> None:
    shown = talk("see @z.zip", CLEAR + "Hello")
    assert "z.zip cannot be attached" in shown
    assert said(server) == ["Hello"]
    assert len(server.chats) == 1


def test_a_message_that_failed_does_not_attach_its_files_twice(talk: Talk, server: Server) -> None:
    server.reply(REFUSED)
    talk("What is on @a.png", "?")
    assert said(server) == [asked("What is on @a.png?", IMAGE)]


def test_an_edited_message_does_not_attach_its_files_twice(talk: Talk, server: Server) -> None:
    shown = talk("What is on @a.png", "/edit", "?")
    assert said(server) == [asked("What is on @a.png?", IMAGE)]
    assert "not attached" not in shown


def test_a_command_attaches_nothing(talk: Talk, server: Server) -> None:
    talk("/title @a.png", "Hello")
    assert said(server) == ["Hello"]
