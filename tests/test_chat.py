"""The chat with a real client, a real server on the loopback interface and a real store: what a turn leaves behind."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest

from mistral_chat.arriving import CHECKPOINT_CHARS
from mistral_chat.chat import Chat, Turn
from mistral_chat.client import Client, Timeouts
from mistral_chat.conversation import Conversation
from mistral_chat.errors import ConnectionLost, Exit, Rejected, ServerError, UsageError
from mistral_chat.events import Event, FinishReason, Retrying, TextDelta
from mistral_chat.message import Message, Role
from mistral_chat.secret import Secret
from mistral_chat.settings import Layer, Settings
from mistral_chat.store import Store
from tests.e2e import PATIENCE
from tests.e2e.replies import HANG, RESET, Answer, Gate, Http
from tests.e2e.server import KEY, Server

T = TypeVar("T")


class Seen:
    """A view that remembers what it was fed."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._news = asyncio.Event()

    def feed(self, event: Event) -> None:
        self.events.append(event)
        self._news.set()

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))

    async def wait_for(self, text: str) -> None:
        """Until the text that was fed is this."""
        while self.text != text:
            self._news.clear()
            await self._news.wait()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


class Room:
    """Makes chats on one server and one file, and runs what is done with them."""

    def __init__(self, server: Server, file: Path) -> None:
        self.server = server
        self.file = file

    def chat(self, settings: Settings | None = None, timeouts: Timeouts | None = None) -> Chat:
        def connect() -> Client:
            return Client(Secret(KEY, "the test"), base_url=self.server.url, timeouts=timeouts or Timeouts())

        settings = (settings or Settings()).put(Layer.FLAG, "base_url", self.server.url)
        return Chat(settings, connect, Store(self.file))

    def does(self, work: Callable[[Chat], Coroutine[Any, Any, T]], chat: Chat | None = None) -> T:
        """What comes of some work with a chat, which is closed in the end."""
        chat = chat or self.chat()

        async def run() -> T:
            try:
                async with asyncio.timeout(PATIENCE):
                    return await work(chat)
            finally:
                await chat.close()

        return asyncio.run(run())

    def hide(self) -> None:
        """Puts something in the place of the file, in which nothing can be saved."""
        self.file.rename(self.file.with_suffix(".hidden"))
        self.file.mkdir()

    def show(self) -> None:
        """Puts the file back."""
        self.file.rmdir()
        self.file.with_suffix(".hidden").rename(self.file)

    def sessions(self) -> list[Conversation]:
        """All there is on the disk."""
        with closing(Store(self.file)) as store:
            return [store.load(summary.id)[0] for summary in store.sessions()]

    def on_disk(self) -> Conversation:
        """The latest session as another process would find it."""
        store = Store(self.file)
        latest = store.latest()
        assert latest is not None
        conversation, _ = store.load(latest)
        store.close()
        return conversation


@pytest.fixture
def room(server: Server, file: Path) -> Room:
    return Room(server, file)


def user(text: str) -> Message:
    return Message.of(Role.USER, text)


async def say(chat: Chat, *texts: str) -> Turn:
    """Says these one after the other; the last turn."""
    for text in texts:
        turn = await chat.say(user(text), Seen())
    return turn


def texts(conversation: Conversation) -> list[str]:
    return [node.message.text for node in conversation.path()]


async def passed(gate: Gate) -> None:
    """Until everything in front of the gate has been sent."""
    await asyncio.to_thread(gate.wait_reached)


# ---------------------------------------------------------------- one turn


def test_a_turn_is_a_question_and_its_answer(room: Room) -> None:
    turn = room.does(lambda chat: say(chat, "Hello"))
    assert turn.answer is not None
    assert turn.answer.message == Message.of(Role.ASSISTANT, "You said: Hello")
    assert turn.answer.finish_reason is FinishReason.STOP
    assert texts(room.on_disk()) == ["Hello", "You said: Hello"]


def test_the_view_is_fed_every_event(room: Room, server: Server) -> None:
    server.reply(Answer(["Hel", "lo"]))
    view = Seen()
    room.does(lambda chat: chat.say(user("Hi"), view))
    assert [type(event).__name__ for event in view.events] == ["Started", "TextDelta", "TextDelta", "Usage", "Finished"]


def test_the_question_is_on_disk_before_it_is_sent(room: Room, server: Server) -> None:
    server.reply(Answer([HANG]))

    async def work(chat: Chat) -> None:
        turn = asyncio.create_task(say(chat, "Hello"))
        await asyncio.to_thread(server.wait_for_chat)
        assert texts(room.on_disk()) == ["Hello"]
        turn.cancel()
        await turn

    room.does(work)


def test_the_first_words_of_an_answer_are_on_disk_before_they_are_seen(room: Room, server: Server) -> None:
    gate = server.gate()
    server.reply(Answer(["The sea is", gate, " blue."]))

    async def work(chat: Chat) -> None:
        view = Seen()
        turn = asyncio.create_task(chat.say(user("Hello"), view))
        await view.wait_for("The sea is")
        assert texts(room.on_disk()) == ["Hello", "The sea is"]
        gate.open()
        await turn

    room.does(work)


def test_so_much_at_once_is_on_disk_before_it_is_seen_however_little_time_has_passed(
    room: Room, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("arriving", "chat"):
        monkeypatch.setattr(f"mistral_chat.{module}.CHECKPOINT_SECONDS", 1000.0)
    deltas = ["The sea ", "~" * (CHECKPOINT_CHARS - 1), "~", " is", " blue."]
    server.reply(Answer(deltas))

    class Reader(Seen):
        def feed(self, event: Event) -> None:
            super().feed(event)
            if isinstance(event, TextDelta):
                kept.append(texts(room.on_disk())[-1])

    kept: list[str] = []
    room.does(lambda chat: chat.say(user("Hello"), Reader()))
    much = "".join(deltas[:3])
    assert kept == ["The sea ", "The sea ", much, much, much]


def test_what_follows_is_on_disk_soon_also_while_nothing_more_comes(room: Room, server: Server) -> None:
    gate = server.gate()
    server.reply(Answer(["The sea", " is", gate, " blue."]))

    async def work(chat: Chat) -> None:
        turn = asyncio.create_task(say(chat, "Hello"))
        await passed(gate)
        while texts(await asyncio.to_thread(room.on_disk))[-1] != "The sea is":
            pass
        gate.open()
        await turn

    room.does(work)


def test_an_answer_remembers_how_it_was_asked(room: Room) -> None:
    settings = Settings().put(Layer.FLAG, "temperature", 0.5).put(Layer.FLAG, "model", "mistral-small-latest")
    room.does(lambda chat: say(chat, "Hello"), room.chat(settings))
    answer = room.on_disk().path()[-1]
    assert answer.model == "mistral-small-latest"
    assert answer.settings == {"model": "mistral-small-latest", "temperature": 0.5}
    assert answer.usage is not None
    assert answer.first is not None
    assert answer.seconds is not None
    assert answer.seconds >= answer.first


def test_what_is_said_once_is_gone_after_the_answer(room: Room, server: Server) -> None:
    settings = Settings().put(Layer.ONCE, "temperature", 1.2)
    room.does(lambda chat: say(chat, "One", "Two"), room.chat(settings))
    assert [chat.json.get("temperature") for chat in server.chats] == [1.2, None]


def test_what_is_said_once_is_still_there_when_no_answer_comes(room: Room, server: Server) -> None:
    server.reply(Http(401, {"detail": "Unauthorized"}))
    settings = Settings().put(Layer.ONCE, "temperature", 1.2)
    room.does(lambda chat: say(chat, "One", "Two", "Three"), room.chat(settings))
    assert [chat.json.get("temperature") for chat in server.chats] == [1.2, 1.2, None]


def test_an_empty_answer_is_an_answer(room: Room, server: Server) -> None:
    server.reply(Answer([]))
    turn = room.does(lambda chat: say(chat, "Hello"))
    assert turn.exit_status() is Exit.COMPLETE
    assert texts(room.on_disk()) == ["Hello", ""]


# ---------------------------------------------------------------- ends that are no end


def test_cancelling_keeps_what_came(room: Room, server: Server) -> None:
    gate = server.gate()
    server.reply(Answer(["The sea is", gate, " blue."]))

    async def work(chat: Chat) -> Turn:
        view = Seen()
        turn = asyncio.create_task(chat.say(user("Hello"), view))
        await view.wait_for("The sea is")
        turn.cancel()
        return await turn

    turn = room.does(work)
    assert turn.exit_status() is Exit.INTERRUPTED
    assert turn.answer is not None
    assert turn.answer.finish_reason is FinishReason.INTERRUPTED
    assert texts(room.on_disk()) == ["Hello", "The sea is"]


def test_cancelling_before_the_answer_begins_leaves_the_question(room: Room, server: Server) -> None:
    server.reply(Answer([HANG]))

    async def work(chat: Chat) -> Turn:
        turn = asyncio.create_task(say(chat, "Hello"))
        await asyncio.to_thread(server.wait_for_chat)
        turn.cancel()
        return await turn

    turn = room.does(work)
    assert turn.answer is None
    assert texts(room.on_disk()) == ["Hello"]


def test_a_question_without_an_answer_is_taken_back(room: Room, server: Server) -> None:
    server.reply(Http(400, {"message": "no", "type": "invalid_request_error"}))

    async def work(chat: Chat) -> Message | None:
        turn = await say(chat, "One")
        assert isinstance(turn.error, Rejected)
        taken = chat.take_back()
        await say(chat, "Two")
        return taken

    assert room.does(work) == user("One")
    assert texts(room.on_disk()) == ["Two", "You said: Two"]
    assert len(room.on_disk().nodes) == 3


def test_a_server_that_fails_in_mid_answer_leaves_what_came(room: Room, server: Server) -> None:
    server.reply(Answer(["Hello", b'data: {"object": "error", "message": "Oops"}\n\n']))
    turn = room.does(lambda chat: say(chat, "Hi"))
    assert isinstance(turn.error, ServerError)
    assert turn.exit_status() is Exit.INCOMPLETE
    answer = room.on_disk().path()[-1]
    assert (answer.message.text, answer.finish_reason) == ("Hello", FinishReason.ERROR)


def test_a_server_that_falls_silent_leaves_what_came(room: Room, server: Server) -> None:
    server.reply(Answer(["Hello", HANG]))
    turn = room.does(lambda chat: say(chat, "Hi"), room.chat(timeouts=Timeouts(idle=0.2)))
    assert isinstance(turn.error, ConnectionLost)
    assert "silent" in turn.error.why
    answer = room.on_disk().path()[-1]
    assert (answer.message.text, answer.finish_reason) == ("Hello", FinishReason.CUT)


def test_a_broken_answer_is_gone_on_with_and_is_one_message(room: Room, server: Server) -> None:
    server.reply(Answer(["The sea is as blue as ", RESET]), "The sea is as blue as the sky.")
    view = Seen()
    turn = room.does(lambda chat: chat.say(user("Hello"), view))
    assert turn.error is None
    assert view.text == "The sea is as blue as the sky."
    assert [event.why for event in view.events if isinstance(event, Retrying)] == [
        "connection lost; going on where it stopped"
    ]
    assert texts(room.on_disk()) == ["Hello", "The sea is as blue as the sky."]
    assert len(room.on_disk().nodes) == 2


def test_the_rest_of_a_broken_answer_is_asked_for_with_what_was_said_once(room: Room, server: Server) -> None:
    server.reply(Answer(["The sea is as blue as ", RESET]), "The sea is as blue as the sky.")
    once = {"model": "mistral-small-latest", "system": "Be brief", "stop": ("END",), "max_tokens": 50}
    settings = Settings()
    for name, value in once.items():
        settings = settings.put(Layer.ONCE, name, value)
    chat = room.chat(settings)
    room.does(lambda chat: say(chat, "Hello", "More"), chat)
    first, rest, more = (asked.json for asked in server.chats)
    for body in (first, rest):
        assert (body["model"], body["stop"], body["max_tokens"]) == ("mistral-small-latest", "END", 50)
        assert body["messages"][0] == {"role": "system", "content": "Be brief"}
    assert (more["model"], "stop" in more, more["messages"][0]["role"]) == ("mistral-medium-latest", False, "user")


@pytest.mark.parametrize("how", ["ask", "never"])
def test_a_broken_answer_is_left_when_so_wanted(room: Room, server: Server, how: str) -> None:
    server.reply(Answer(["The sea is as blue as ", RESET]))
    settings = Settings().put(Layer.FLAG, "resume", how)
    turn = room.does(lambda chat: say(chat, "Hello"), room.chat(settings))
    assert isinstance(turn.error, ConnectionLost)
    assert len(server.chats) == 1


def test_going_on_with_a_complete_answer_is_refused(room: Room) -> None:
    async def work(chat: Chat) -> None:
        await say(chat, "Hello")
        await chat.go_on(Seen())

    with pytest.raises(UsageError, match="nothing to go on with"):
        room.does(work)


def test_a_continuation_that_fails_leaves_the_answer_as_it_was(room: Room, server: Server) -> None:
    server.reply(Answer(["The sea is"], finish_reason="length"), Http(400, {"message": "no"}))

    async def work(chat: Chat) -> Turn:
        await say(chat, "Hello")
        return await chat.go_on(Seen())

    turn = room.does(work)
    assert isinstance(turn.error, Rejected)
    answer = room.on_disk().path()[-1]
    assert (answer.message.text, answer.finish_reason) == ("The sea is", FinishReason.LENGTH)


# ---------------------------------------------------------------- branches


def test_switching_and_undoing_are_on_disk(room: Room) -> None:
    async def work(chat: Chat) -> None:
        await say(chat, "One", "Two")
        chat.undo()

    room.does(work)
    assert texts(room.on_disk()) == ["One", "You said: One"]
    assert len(room.on_disk().nodes) == 4


def test_comparing_makes_each_answer_a_branch_and_the_last_to_end_the_head(room: Room, server: Server) -> None:
    slow, fast = server.gate(), server.gate()
    models = ["mistral-small-latest", "mistral-large-latest"]
    server.reply("Alone", Answer(["One", slow, " ends"]), Answer(["Two", fast, " ends"]))

    async def work(chat: Chat) -> list[str]:
        await say(chat, "Hello")
        ended = []

        async def compare() -> None:
            async for turn in chat.compare(models):
                assert turn.answer is not None
                ended.append(turn.answer.message.text)
                slow.open()

        comparing = asyncio.create_task(compare())
        await passed(slow)
        await passed(fast)
        fast.open()
        await comparing
        return ended

    ended = room.does(work)
    assert ended == ["Two ends", "One ends"]
    conversation = room.on_disk()
    assert texts(conversation) == ["Hello", "One ends"]
    answers = conversation.children()[conversation.path()[0].id]
    assert sorted(node.message.text for node in answers) == ["Alone", "One ends", "Two ends"]


@pytest.mark.parametrize(("fast", "head"), [("Two ends", "Two ends"), (None, "Alone")])
def test_a_comparison_that_is_cancelled_yields_what_came_and_ends_at_the_last_whole_answer(
    room: Room, server: Server, fast: str | None, head: str
) -> None:
    slow = server.gate()
    other = Answer([fast]) if fast else Http(400, {"message": "no", "type": "invalid_request_error"})
    server.reply("Alone", Answer(["One", slow, " ends"]), other)

    async def work(chat: Chat) -> list[Turn]:
        await say(chat, "Hello")
        turns = []
        other_ended = asyncio.Event()

        async def compare() -> None:
            async for turn in chat.compare(["mistral-small-latest", "mistral-large-latest"]):
                turns.append(turn)
                other_ended.set()

        comparing = asyncio.create_task(compare())
        await other_ended.wait()
        while len(chat.conversation.nodes) < (4 if fast else 3):  # noqa: ASYNC110
            await asyncio.sleep(0)
        comparing.cancel()
        await comparing
        return turns

    first, second = room.does(work)
    assert (first.interrupted, second.interrupted) == (False, True)
    assert second.answer is not None
    assert second.answer.message.text == "One"
    conversation = room.on_disk()
    assert texts(conversation) == ["Hello", head]
    assert conversation.nodes[second.answer.id].finish_reason is FinishReason.INTERRUPTED


def test_comparing_without_a_question_is_refused(room: Room) -> None:
    async def work(chat: Chat) -> None:
        async for _ in chat.compare(["mistral-small-latest"]):
            pass

    with pytest.raises(UsageError, match="no question"):
        room.does(work)


# ---------------------------------------------------------------- sessions


def test_a_resumed_session_goes_on_with_its_own_settings(room: Room, server: Server) -> None:
    settings = Settings().put(Layer.SESSION, "system", "Be brief").put(Layer.SESSION, "stop", ("END",))
    room.does(lambda chat: say(chat, "One"), room.chat(settings))

    async def work(chat: Chat) -> None:
        chat.resume(room.on_disk().id)
        await say(chat, "Two")

    room.does(work)
    body = server.chats[1].json
    assert body["stop"] == "END"
    assert [message["content"] for message in body["messages"]] == ["Be brief", "One", "You said: One", "Two"]


def test_settings_changed_in_a_session_are_kept_with_it(room: Room) -> None:
    async def work(chat: Chat) -> None:
        await say(chat, "One")
        chat.change_settings(chat.settings.put(Layer.SESSION, "temperature", 0.5))

    room.does(work)
    chat = room.chat()
    chat.resume(room.on_disk().id)
    assert chat.settings["temperature"] == 0.5
    asyncio.run(chat.close())


def test_the_second_process_on_a_session_grows_a_branch_and_is_told(room: Room) -> None:
    room.does(lambda chat: say(chat, "One"))
    session = room.on_disk().id
    first, second = room.chat(), room.chat()
    for chat in (first, second):
        chat.resume(session)
    room.does(lambda chat: say(chat, "Two"), first)
    room.does(lambda chat: say(chat, "Three"), second)
    assert any("another window" in notice for notice in second.notices)
    conversation = room.on_disk()
    assert texts(conversation) == ["One", "You said: One", "Three", "You said: Three"]
    assert len(conversation.nodes) == 6


def test_a_store_that_fails_is_replaced_by_memory_and_said_once(room: Room) -> None:
    async def work(chat: Chat) -> Turn:
        await say(chat, "One")
        room.file.unlink()
        room.file.mkdir()
        return await say(chat, "Two", "Three")

    chat = room.chat()
    turn = room.does(work, chat)
    assert turn.exit_status() is Exit.COMPLETE
    assert texts(chat.conversation)[-2:] == ["Three", "You said: Three"]
    assert len(chat.notices) == 1
    assert "no longer saved" in chat.notices[0]
    assert not chat.saved


def test_what_could_not_be_saved_is_made_good_with_the_next_question(room: Room) -> None:
    async def work(chat: Chat) -> None:
        await say(chat, "One")
        room.hide()
        await say(chat, "Two")
        room.show()
        await say(chat, "Three")
        assert chat.saved

    chat = room.chat()
    room.does(work, chat)
    assert texts(room.on_disk()) == texts(chat.conversation)
    assert room.on_disk().id == chat.conversation.id
    assert len(room.sessions()) == 1
    assert "all of this session is saved now" in chat.take_notices()


def test_what_could_not_be_saved_is_made_good_at_the_end(room: Room) -> None:
    async def work(chat: Chat) -> None:
        await say(chat, "One")
        room.hide()
        await say(chat, "Two")
        room.show()

    room.does(work)
    assert texts(room.on_disk()) == ["One", "You said: One", "Two", "You said: Two"]


def test_an_answer_that_was_saved_in_part_is_made_good(room: Room, server: Server) -> None:
    gate = server.gate()
    server.reply(Answer(["The ", "sea", gate, " is blue."]))

    async def work(chat: Chat) -> None:
        seen = Seen()
        turn = asyncio.create_task(chat.say(user("One"), seen))
        await seen.wait_for("The sea")
        room.hide()
        gate.open()
        await turn
        room.show()

    room.does(work)
    assert texts(room.on_disk()) == ["One", "The sea is blue."]
    assert len(room.sessions()) == 1


def test_a_session_that_went_on_elsewhere_meanwhile_keeps_that_too(room: Room) -> None:
    async def work(chat: Chat) -> None:
        await say(chat, "One")
        room.hide()
        await say(chat, "Two")
        room.show()
        other = room.chat()
        other.resume(chat.conversation.id)
        await say(other, "Something else")
        await other.close()

    chat = room.chat()
    room.does(work, chat)
    first, second = sorted(texts(conversation) for conversation in room.sessions())
    assert first[2:] == ["Something else", "You said: Something else"]
    assert second[2:] == ["Two", "You said: Two"]


def test_after_a_failure_a_new_session_is_saved_and_the_old_ones_are_there(room: Room) -> None:
    async def work(chat: Chat) -> None:
        await say(chat, "One")
        session = chat.conversation.id
        room.hide()
        await say(chat, "Two")
        chat.new()
        room.show()
        await say(chat, "Three")
        assert chat.saved
        chat.resume(session)

    chat = room.chat()
    room.does(work, chat)
    assert sorted(texts(conversation) for conversation in room.sessions()) == [
        ["One", "You said: One"],
        ["Three", "You said: Three"],
    ]
    assert any("what was said could not be saved" in notice for notice in chat.notices)


def test_a_session_that_is_deleted_elsewhere_is_saved_anew_when_it_goes_on(room: Room) -> None:
    async def work(chat: Chat) -> None:
        await say(chat, "One")
        other = Store(room.file)
        other.delete(chat.conversation.id)
        other.close()
        await say(chat, "Two")

    chat = room.chat()
    room.does(work, chat)
    assert texts(room.on_disk()) == ["One", "You said: One", "Two", "You said: Two"]
    assert len(chat.notices) == 1
    assert "deleted, perhaps in another window; since you go on with it here" in chat.notices[0]


def test_a_store_that_can_only_be_read_is_told_once(room: Room) -> None:
    room.does(lambda chat: say(chat, "One"))
    with closing(sqlite3.connect(room.file)) as db:
        db.execute("PRAGMA user_version = 99")

    async def work(chat: Chat) -> Sequence[str]:
        await say(chat, "Two", "Three")
        chat.new()
        await say(chat, "Four")
        return chat.take_notices()

    (notice,) = room.does(work)
    assert "newer version" in notice


# ---------------------------------------------------------------- exit statuses


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (Answer(["Hello"]), Exit.COMPLETE),
        (Answer(["Hello"], finish_reason="length"), Exit.COMPLETE),
        (Answer(["Hello"], finish_reason="error"), Exit.INCOMPLETE),
        (Answer(["Hello", RESET]), Exit.INCOMPLETE),
        (Http(401, {"detail": "Unauthorized"}), Exit.AUTH),
        (Http(402, {"message": "pay"}), Exit.LIMIT),
        (Http(422, {"detail": []}), Exit.REJECTED),
        (Http(200, "<html>"), Exit.NETWORK),
    ],
    ids=str,
)
def test_each_end_of_a_turn_has_its_status(room: Room, server: Server, reply: Answer | Http, status: Exit) -> None:
    server.reply(reply)
    assert room.does(lambda chat: say(chat, "Hi")).exit_status() is status


def test_strictly_an_answer_cut_at_its_length_is_incomplete(room: Room, server: Server) -> None:
    server.reply(Answer(["Hello"], finish_reason="length"))
    assert room.does(lambda chat: say(chat, "Hi")).exit_status(strict=True) is Exit.INCOMPLETE
