"""The log of llm, read in each of the forms it has had."""

import json
from pathlib import Path

import pytest

from mistral_chat.errors import UsageError
from mistral_chat.events import FinishReason, Usage
from mistral_chat.exchange import llm
from mistral_chat.exchange.session import Session, derived_id
from mistral_chat.message import Document, Image, Part, Role, Text, Thinking, ToolCall, ToolResult
from tests.exchange.logs import NEWER, OLDER, Row, log, response
from tests.program.shell import Shell

TALK: Row = {"id": "talk", "name": "Painters", "model": "mistral/mistral-large"}


def only(path: Path) -> Session:
    (session,) = llm.read(path)
    return session


def path_of(session: Session) -> list[tuple[Role, str]]:
    return [(node.role, node.message.text) for node in session.conversation.path()]


# ---- the older way


def test_responses_of_a_conversation_are_one_session(tmp_path: Path) -> None:
    rows = [
        response("1", "Who?", "Monet.", datetime_utc="2026-11-21T13:30:44+00:00", input_tokens=3, output_tokens=5),
        response("2", "And then?", "Morisot.", datetime_utc="2026-11-21T13:31:44+00:00", duration_ms=1500),
    ]
    session = only(log(tmp_path / "logs.db", OLDER, {"conversations": [TALK], "responses": rows}))
    assert session.conversation.title == "Painters"
    assert path_of(session) == [
        (Role.USER, "Who?"),
        (Role.ASSISTANT, "Monet."),
        (Role.USER, "And then?"),
        (Role.ASSISTANT, "Morisot."),
    ]
    first, second = session.conversation.nodes[2], session.conversation.nodes[4]
    assert (first.model, first.usage, first.at) == ("mistral/mistral-large", Usage(3, 5), 1795267844.0)
    assert (second.seconds, second.finish_reason) == (1.5, FinishReason.STOP)


def test_the_system_prompt_becomes_the_setting(tmp_path: Path) -> None:
    rows = [response("1", "Who?", "Monet.", system="Be brief.")]
    assert only(log(tmp_path / "logs.db", OLDER, {"responses": rows})).settings == {"system": "Be brief."}


def test_a_response_of_no_conversation_is_a_session(tmp_path: Path) -> None:
    rows = [response("1", "Who?", "Monet.", conversation_id=None), response("2", "Why?", "So.", conversation_id=None)]
    assert len(llm.read(log(tmp_path / "logs.db", OLDER, {"responses": rows}))) == 2


def test_attachments_come_along_as_far_as_they_are_in_the_log(tmp_path: Path) -> None:
    kinds: list[Row] = [
        {"id": "a", "type": "image/png", "content": b"PNG"},
        {"id": "b", "type": "image/png", "url": "https://a.test/b.png"},
        {"id": "c", "type": "application/pdf", "content": b"PDF"},
        {"id": "d", "type": "image/png", "path": "/home/me/d.png"},
    ]
    tied: list[Row] = [{"response_id": "1", "attachment_id": kind["id"], "order": n} for n, kind in enumerate(kinds)]
    tables: dict[str, list[Row]] = {
        "responses": [response("1", "What?", "A cat.")],
        "attachments": kinds,
        "prompt_attachments": tied,
    }
    session = only(log(tmp_path / "logs.db", OLDER, tables))
    assert session.conversation.nodes[1].message.parts == (
        Text("What?"),
        Image("data:image/png;base64,UE5H"),
        Image("https://a.test/b.png"),
        Document("data:application/pdf;base64,UERG"),
        Text("[attachment: /home/me/d.png]"),
    )


def test_fragments_stand_before_the_prompt(tmp_path: Path) -> None:
    tables: dict[str, list[Row]] = {
        "responses": [response("1", "Sum it up.", "It is long.")],
        "fragments": [{"id": 7, "content": "A long text."}],
        "prompt_fragments": [{"response_id": "1", "fragment_id": 7, "order": 0}],
        "system_fragments": [{"response_id": "1", "fragment_id": 7, "order": 0}],
    }
    session = only(log(tmp_path / "logs.db", OLDER, tables))
    assert session.conversation.nodes[1].message.text == "A long text.\nSum it up."
    assert session.settings == {"system": "A long text."}


def test_calls_and_results_of_tools_are_messages(tmp_path: Path) -> None:
    tables: dict[str, list[Row]] = {
        "responses": [response("1", "Weather?", ""), response("2", "", "Sunny.")],
        "tool_calls": [{"response_id": "1", "name": "weather", "arguments": '{"in": "Paris"}', "tool_call_id": "x"}],
        "tool_results": [{"response_id": "2", "name": "weather", "output": "21", "tool_call_id": "x"}],
    }
    messages = [node.message for node in only(log(tmp_path / "logs.db", OLDER, tables)).conversation.path()]
    assert [message.role for message in messages] == [Role.USER, Role.ASSISTANT, Role.TOOL, Role.ASSISTANT]
    assert messages[1].parts == (ToolCall("x", "weather", '{"in": "Paris"}'),)
    assert messages[2].parts == (ToolResult("x", "weather", "21"),)


def test_a_log_of_the_first_versions_has_fewer_tables(tmp_path: Path) -> None:
    first = "".join(f"{table};" for table in OLDER.split(";")[:2])
    assert len(path_of(only(log(tmp_path / "logs.db", first, {"responses": [response("1", "a", "b")]})))) == 2


# ---- the newer way


def thread(*messages: tuple[str, str | None, str, list[Row]], key: str = "talk") -> dict[str, list[Row]]:
    """A thread of messages, each a hash, that of its parent, a role and parts; one turn for each that has no child."""
    parents = {parent for _, parent, _, _ in messages}
    ends = [name for name, *_ in messages if name not in parents]
    turn = {"thread_id": key, "model": "mistral/mistral-large", "datetime_utc": "2026-11-21T13:30:44+00:00"}
    return {
        "messages": [{"hash": name, "parent_hash": parent, "role": role} for name, parent, role, _ in messages],
        "parts": [
            {"message_hash": name, "position": place, **part}
            for name, _, _, parts in messages
            for place, part in enumerate(parts)
        ],
        "threads": [{"id": key, "name": "Painters", "tip_message_hash": ends[-1]}],
        "turns": [{"id": f"{key} {end}", "tip_message_hash": end, **turn} for end in ends],
    }


def words(text: str) -> list[Row]:
    return [{"type": "text", "text": text}]


def test_a_thread_is_a_session(tmp_path: Path) -> None:
    tables = thread(
        ("s", None, "system", words("Be brief.")),
        ("q", "s", "user", words("Who?")),
        ("a", "q", "assistant", words("Monet.")),
    )
    session = only(log(tmp_path / "logs.db", NEWER, tables))
    assert path_of(session) == [(Role.USER, "Who?"), (Role.ASSISTANT, "Monet.")]
    assert session.settings == {"system": "Be brief."}
    assert session.conversation.nodes[2].model == "mistral/mistral-large"


def test_two_answers_to_one_message_are_branches(tmp_path: Path) -> None:
    tables = thread(
        ("q", None, "user", words("Who?")),
        ("a", "q", "assistant", words("Monet.")),
        ("b", "q", "assistant", words("Morisot.")),
    )
    session = only(log(tmp_path / "logs.db", NEWER, tables))
    assert [leaf.message.text for leaf in session.conversation.leaves()] == ["Monet.", "Morisot."]
    assert path_of(session)[-1] == (Role.ASSISTANT, "Morisot.")


@pytest.mark.parametrize(
    ("row", "part"),
    [
        ({"type": "reasoning", "text": "Hm."}, Thinking((Text("Hm."),))),
        (
            {"type": "tool_call", "payload": {"name": "weather", "arguments": {"in": "Paris"}, "tool_call_id": "x"}},
            ToolCall("x", "weather", '{"in": "Paris"}'),
        ),
        (
            {"type": "tool_result", "payload": {"name": "weather", "output": "21", "tool_call_id": "x"}},
            ToolResult("x", "weather", "21"),
        ),
        (
            {"type": "text", "payload": {"text_ref": [{"fragment": 1}, {"literal": "\nSum up."}]}},
            Text("Long.\nSum up."),
        ),
        ({"type": "attachment", "payload": {"attachment": {"id": "p"}}}, Image("https://a.test/b.png")),
    ],
)
def test_a_part_is_read(tmp_path: Path, row: Row, part: Part) -> None:
    stored = {**row, "payload": json.dumps(row["payload"]) if "payload" in row else None}
    tables = thread(("q", None, "user", [stored]))
    tables |= {
        "fragments": [{"id": 1, "content": "Long."}],
        "attachments": [{"id": "p", "type": "image/png", "url": "https://a.test/b.png"}],
    }
    assert only(log(tmp_path / "logs.db", OLDER + NEWER, tables)).conversation.nodes[1].message.parts == (part,)


def test_a_conversation_that_is_kept_in_both_ways_comes_in_once(tmp_path: Path) -> None:
    tables = thread(
        ("q", None, "user", words("Who?")),
        ("a", "q", "assistant", words("Monet.")),
        ("r", "a", "user", words("Why?")),
    )
    older: dict[str, list[Row]] = {"conversations": [TALK], "responses": [response("1", "Who?", "Monet.")]}
    assert len(only(log(tmp_path / "logs.db", OLDER + NEWER, {**older, **tables})).conversation.nodes) == 3


# ---- other files


def test_another_database_is_refused_with_what_is_in_it(tmp_path: Path) -> None:
    path = log(tmp_path / "other.db", "CREATE TABLE birds (name TEXT)", {})
    with pytest.raises(UsageError, match="not a log of llm") as refusal:
        llm.read(path)
    assert "birds" in refusal.value.why


@pytest.mark.parametrize("damage", [b"\0" * 200, b"\xff" * 4096])
def test_a_damaged_log_is_refused(tmp_path: Path, damage: bytes) -> None:
    path = log(tmp_path / "logs.db", OLDER, {"responses": [response("1", "Who?", "Monet.")]})
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + damage + whole[100 + len(damage) :])
    with pytest.raises(UsageError, match="cannot be read"):
        llm.read(path)


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("responses", response("1", "Who?", "Monet.", datetime_utc="noon")),
        ("responses", response("1", "Who?", "Monet.", options_json="{")),
        ("responses", response("1", "Who?", "Monet.", duration_ms="long")),
        ("responses", response("1", b"Who?", "Monet.")),
        ("responses", response("1", "Who?", b"Monet.")),
        ("parts", {"message_hash": "q", "position": 9, "type": "tool_call", "payload": "[]"}),
        ("parts", {"message_hash": "q", "position": 9, "type": "tool_call", "payload": "{}"}),
    ],
)
def test_a_row_that_makes_no_sense_costs_its_conversation_alone(tmp_path: Path, table: str, row: Row) -> None:
    tables = {
        **thread(("q", None, "user", words("Who?")), key="newer"),
        "responses": [response("2", "What is the sea?", "Blue.", conversation_id="another")],
    }
    tables[table] = [*tables.get(table, ()), row]
    sessions = llm.read(log(tmp_path / "logs.db", OLDER + NEWER, tables))
    assert [len(session.conversation.nodes) for session in sessions if session.unread] == [0]
    (asked,) = [session for session in sessions if session.conversation.id == derived_id("llm", "another")]
    assert [node.message.text for node in asked.conversation.path()] == ["What is the sea?", "Blue."]


def test_a_log_in_which_nothing_makes_sense_is_refused(tmp_path: Path) -> None:
    path = log(tmp_path / "logs.db", OLDER, {"responses": [response("1", "Who?", "Monet.", datetime_utc="noon")]})
    with pytest.raises(UsageError, match="cannot be read"):
        llm.read(path)


def test_how_many_conversations_make_no_sense_is_told(shell: Shell, tmp_path: Path) -> None:
    rows = [
        response("1", "Who?", "Monet.", conversation_id="one"),
        response("2", "Who?", "Monet.", conversation_id="two", datetime_utc="yesterday"),
        response("3", "Who?", "Monet.", conversation_id="three", options_json="no JSON"),
    ]
    done = shell("--import", str(log(tmp_path / "logs.db", OLDER, {"responses": rows})))
    assert done.status == 0
    assert done.err.splitlines() == ["1 session came in", "2 sessions made no sense, left out"]


def test_the_log_is_not_changed(tmp_path: Path) -> None:
    path = log(tmp_path / "logs.db", OLDER, {"responses": [response("1", "Who?", "Monet.")]})
    before = path.read_bytes()
    path.chmod(0o400)
    llm.read(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
