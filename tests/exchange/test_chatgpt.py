"""What ChatGPT exports, read: its hidden messages, its branches, its parts that are no text."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_chat.events import FinishReason
from mistral_chat.exchange import chatgpt
from mistral_chat.exchange.session import Session
from mistral_chat.message import Role, Text, Thinking, ToolCall, ToolResult
from mistral_chat.store import Store
from tests.program.shell import Shell


def node(key: str, parent: str | None, role: str | None = None, content: Any = "", **more: Any) -> dict[str, Any]:
    """A node of a mapping. `content` is plain text, or an object as it is; without a role there is no message."""
    if role is None:
        return {"id": key, "parent": parent, "children": [], "message": None}
    said = content if isinstance(content, dict) else {"content_type": "text", "parts": [content]}
    author = {"role": role, "name": more.pop("name", None)}
    message = {"id": key, "author": author, "content": said, "create_time": 1.0, "status": "finished_successfully"}
    return {"id": key, "parent": parent, "children": [], "message": message | {"recipient": "all"} | more}


def conversation(*nodes: dict[str, Any], **more: Any) -> dict[str, Any]:
    mapping = {one["id"]: one for one in nodes}
    return {
        "title": "Painters",
        "create_time": 1.0,
        "conversation_id": "0c8d",
        "mapping": mapping,
        "current_node": nodes[-1]["id"],
    } | more


def read(*nodes: dict[str, Any], **more: Any) -> Session:
    return chatgpt.read(conversation(*nodes, **more))


def path(session: Session) -> list[tuple[Role, str]]:
    return [(node.role, node.message.text) for node in session.conversation.path()]


def test_a_conversation_is_read_in_order() -> None:
    session = read(
        node("root", None),
        node("q", "root", "user", "Who?", create_time=5.0),
        node("a", "q", "assistant", "Monet.", create_time=6.0, metadata={"model_slug": "gpt-4o"}),
    )
    assert session.conversation.title == "Painters"
    assert path(session) == [(Role.USER, "Who?"), (Role.ASSISTANT, "Monet.")]
    answer = session.conversation.nodes[2]
    assert (answer.model, answer.at, answer.finish_reason) == ("gpt-4o", 6.0, FinishReason.STOP)


def test_branches_are_branches_and_the_current_one_is_gone_on_with() -> None:
    session = read(
        node("q", None, "user", "Who?"),
        node("a", "q", "assistant", "Monet."),
        node("b", "q", "assistant", "Morisot."),
        current_node="a",
    )
    assert [leaf.message.text for leaf in session.conversation.leaves()] == ["Monet.", "Morisot."]
    assert path(session)[-1] == (Role.ASSISTANT, "Monet.")


def test_messages_are_numbered_in_the_order_they_were_said() -> None:
    session = read(
        node("q", None, "user", "Who?", create_time=1.0),
        node("a", "q", "assistant", "Monet.", create_time=2.0),
        node("qq", "a", "user", "And then?", create_time=9.0),
        node("b", "q", "assistant", "Morisot.", create_time=3.0),
    )
    texts = [node.message.text for node in session.conversation.nodes.values()]
    assert texts == ["Who?", "Monet.", "Morisot.", "And then?"]
    assert list(session.conversation.nodes) == [1, 2, 3, 4]


def test_what_chatgpt_hides_is_left_out_and_what_it_hung_between_is_joined() -> None:
    session = read(
        node("root", None),
        node("s", "root", "system", "You are ChatGPT."),
        node("u", "s", "user", {"content_type": "user_editable_context", "user_profile": "I paint."}),
        node("q", "u", "user", "Who?"),
        node("h", "q", "assistant", "hidden", metadata={"is_visually_hidden_from_conversation": True}),
        node("e", "h", "assistant", ""),
        node("a", "e", "assistant", "Monet."),
    )
    assert path(session) == [(Role.USER, "Who?"), (Role.ASSISTANT, "Monet.")]


def test_a_current_node_that_is_hidden_stands_for_the_one_before_it() -> None:
    session = read(
        node("q", None, "user", "Who?"), node("a", "q", "assistant", "Monet."), node("x", "a", "assistant", "")
    )
    assert session.conversation.head == 2


def test_parts_that_are_no_text_are_named() -> None:
    picture = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://x"}
    spoken = {"content_type": "audio_transcription", "text": "Who is it?"}
    content = {"content_type": "multimodal_text", "parts": [picture, "Who?", spoken]}
    session = read(node("q", None, "user", content))
    assert path(session) == [(Role.USER, "[image]\n\nWho?\n\nWho is it?")]


def test_attached_files_are_named() -> None:
    session = read(node("q", None, "user", "Read it.", metadata={"attachments": [{"id": "f", "name": "paper.pdf"}]}))
    assert path(session) == [(Role.USER, "Read it.\n\n[file: paper.pdf]")]


def test_code_is_a_block_of_code() -> None:
    session = read(node("a", None, "assistant", {"content_type": "code", "language": "python", "text": "x = 1"}))
    assert path(session) == [(Role.ASSISTANT, "```python\nx = 1\n```")]


def test_code_for_the_interpreter_is_a_call_and_its_output_the_result() -> None:
    session = read(
        node("c", None, "assistant", {"content_type": "code", "text": "1 + 1"}, recipient="python"),
        node("r", "c", "tool", {"content_type": "execution_output", "text": "2"}, name="python"),
        node("a", "r", "assistant", "Two."),
    )
    call, result, _ = session.conversation.path()
    assert call.finish_reason is FinishReason.TOOL_CALLS
    (called,) = call.message.parts
    assert isinstance(called, ToolCall)
    assert (called.name, json.loads(called.arguments)) == ("python", {"input": "1 + 1"})
    assert result.message.parts == (ToolResult(called.id, "python", "2"),)


def test_thoughts_go_into_the_answer_after_them() -> None:
    thoughts = {"content_type": "thoughts", "thoughts": [{"summary": "Painters", "content": "Impressionists?"}]}
    session = read(
        node("q", None, "user", "Who?"),
        node("t", "q", "assistant", thoughts),
        node("r", "t", "assistant", {"content_type": "reasoning_recap", "content": "Thought for 3 s"}),
        node("a", "r", "assistant", "Monet."),
    )
    assert len(session.conversation.nodes) == 2
    assert session.conversation.nodes[2].message.parts == (Thinking((Text("Impressionists?"),)), Text("Monet."))


def test_thoughts_without_an_answer_stand_alone() -> None:
    thoughts = {"content_type": "thoughts", "thoughts": [{"content": "Impressionists?"}]}
    session = read(node("q", None, "user", "Who?"), node("t", "q", "assistant", thoughts))
    assert session.conversation.nodes[2].message.thinking == "Impressionists?"


def test_marks_of_sources_become_links() -> None:
    mark = "\ue200cite\ue202turn0search0\ue201"
    metadata = {"content_references": [{"matched_text": mark, "alt": "([Tate](https://tate.org.uk))"}]}
    session = read(node("a", None, "assistant", f"Monet. {mark}", metadata=metadata))
    assert path(session) == [(Role.ASSISTANT, "Monet. ([Tate](https://tate.org.uk))")]


def test_an_answer_that_was_stopped_is_unfinished() -> None:
    session = read(node("a", None, "assistant", "Mon", metadata={"finish_details": {"type": "interrupted"}}))
    assert session.conversation.nodes[1].finish_reason is FinishReason.INTERRUPTED


def test_the_same_conversation_gets_the_same_id() -> None:
    one, two = (read(node("q", None, "user", text)).conversation for text in ("Who?", "Who else?"))
    assert one.id == two.id


def test_a_mapping_that_makes_no_sense_gives_no_messages() -> None:
    odd = {"a": {"parent": "b"}, "b": {"parent": "a"}, "c": 5, "d": {"message": {"author": "me"}}, "e": {"message": 1}}
    assert chatgpt.read({"mapping": odd, "current_node": 7, "title": None}).conversation.nodes == {}


def test_messages_that_follow_one_another_in_a_ring_are_counted() -> None:
    ring = [node("a", "b", "user", "A"), node("b", "a", "assistant", "B"), node("c", "c", "user", "C")]
    session = read(node("q", None, "user", "Who?"), *ring, node("h", "h", "system", "hidden"))
    assert [said.message.text for said in session.conversation.path()] == ["Who?"]
    assert session.unread == 3


def test_how_many_messages_are_left_out_is_told(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "conversations.json"
    file.write_text(json.dumps([conversation(node("q", None, "user", "Who?"), node("a", "a", "assistant", "Monet."))]))
    done = shell("--import", str(file))
    assert done.err.splitlines() == ["1 session came in", "warning: 1 message in them made no sense, left out"]


@pytest.mark.parametrize("time", [float("nan"), 1e300, -1, "noon", None])
def test_a_time_that_makes_no_sense_is_none(time: object) -> None:
    session = read(node("q", None, "user", "Who?", create_time=time), create_time=time)
    assert session.conversation.nodes[1].at == 0.0


def test_a_long_conversation_does_not_nest() -> None:
    nodes = [node("0", None, "user", "0")] + [node(str(n), str(n - 1), "assistant", str(n)) for n in range(1, 5000)]
    assert len(read(*nodes).conversation.path()) == 5000


KEYS = st.sampled_from(["a", "b", "c"])
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | KEYS,
    lambda inside: st.lists(inside, max_size=2) | st.dictionaries(st.text(max_size=3), inside, max_size=2),
    max_leaves=4,
)


def maybe(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object that has some of the fields, or anything else."""
    return st.fixed_dictionaries({}, optional=fields) | ODD


CONTENTS = maybe(
    content_type=st.sampled_from(["text", "code", "thoughts", "multimodal_text", "tether_quote"]) | ODD,
    parts=st.lists(st.text(max_size=3) | maybe(text=ODD, content_type=ODD), max_size=2) | ODD,
    text=ODD,
    language=ODD,
    thoughts=st.lists(maybe(content=ODD, summary=ODD), max_size=2) | ODD,
)
METADATA = maybe(
    attachments=st.lists(maybe(name=ODD), max_size=2) | ODD,
    content_references=st.lists(maybe(matched_text=st.just("\ue200") | ODD, alt=ODD), max_size=2) | ODD,
    finish_details=maybe(type=ODD),
    model_slug=ODD,
)
MESSAGES = maybe(
    id=ODD,
    author=maybe(role=st.sampled_from(["user", "assistant", "tool"]) | ODD, name=ODD),
    content=CONTENTS,
    metadata=METADATA,
    create_time=ODD,
    recipient=ODD,
    status=ODD,
)


@given(st.dictionaries(KEYS, maybe(parent=KEYS | ODD, message=MESSAGES), max_size=3), ODD)
def test_whatever_a_mapping_holds_becomes_a_conversation_that_can_be_kept(mapping: Any, odd: Any) -> None:
    session = chatgpt.read({"mapping": mapping, "title": odd, "id": odd, "create_time": odd, "current_node": odd})
    store = Store(None)
    kept = store.save(session.conversation, session.settings)
    assert len(store.load(kept)[0].nodes) == len(session.conversation.nodes)
