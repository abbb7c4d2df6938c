"""Whatever happened in a conversation, the list made of it keeps the API's rules and the user's words."""

import json
import re
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mistral_chat.conversation import Conversation, Node
from mistral_chat.history import BRIDGE, acceptable
from mistral_chat.message import (
    Audio,
    Document,
    File,
    Image,
    Message,
    Part,
    Reference,
    Role,
    Text,
    TextFile,
    Thinking,
    ToolCall,
    ToolReference,
    ToolResult,
)


def system(text: str) -> Message:
    return Message.of(Role.SYSTEM, text)


def user(text: str) -> Message:
    return Message.of(Role.USER, text)


def assistant(*parts: str | Part) -> Message:
    return Message(Role.ASSISTANT, tuple(Text(part) if isinstance(part, str) else part for part in parts))


def tool(call_id: str, text: str = "42") -> Message:
    return Message(Role.TOOL, (ToolResult(call_id, "add", text),))


def call(call_id: str, name: str = "add", arguments: str = '{"a": 1}') -> ToolCall:
    return ToolCall(call_id, name, arguments)


HELLO = user("hello")
THOUGHT = Thinking((Text("hm"),))


# ---------------------------------------------------------------- the rules, told a second time


MAY_FOLLOW = {
    Role.SYSTEM: {Role.USER, Role.ASSISTANT},
    Role.USER: {Role.USER, Role.ASSISTANT},
    Role.ASSISTANT: {Role.USER, Role.ASSISTANT, Role.TOOL},
    Role.TOOL: {Role.ASSISTANT, Role.TOOL},
}
PARTS_OF = {
    Role.SYSTEM: (Text,),
    Role.USER: (Text, Image, Document, File, Audio, TextFile),
    Role.ASSISTANT: (Text, Thinking, Reference, ToolCall),
    Role.TOOL: (ToolResult,),
}


def faults(
    sent: Sequence[Message], *, prefix: bool = False, thinking: bool = True, alternate: bool = False
) -> list[str]:
    """Every rule of the API that a list of messages breaks."""
    found = []
    roles = [message.role for message in sent]
    if roles and roles[-1] not in (Role.USER, Role.TOOL) and not prefix:
        found.append(f"the last is {roles[-1]}")
    if prefix and Role.ASSISTANT in roles[-1:]:
        found.append("an answer before the prefix")
    if Role.SYSTEM in roles[1:]:
        found.append("a system message that is not first")
    for before, after in pairwise(roles):
        if after not in MAY_FOLLOW[before]:
            found.append(f"{after} after {before}")
        if alternate and before is after and after is not Role.TOOL:
            found.append(f"{after} after {before}")
    if alternate and [role for role in roles if role is not Role.SYSTEM][:1] not in ([], [Role.USER]):
        found.append("the user does not begin")
    for message in sent:
        found += faults_inside(message, thinking, alternate)
    return found + faults_of_calls(sent)


def faults_inside(message: Message, thinking: bool, alternate: bool) -> list[str]:
    found = []
    if not all(isinstance(part, PARTS_OF[message.role]) for part in message.parts):
        found.append(f"a part that {message.role} cannot send")
    if not message.parts or Text("") in message.parts:
        found.append(f"an empty {message.role}")
    if message.role is Role.ASSISTANT and not message.text.strip() and not message.tool_calls:
        found.append("an answer without text or calls")
    if message.thinking and not thinking:
        found.append("a thought for a model that has none")
    if alternate and any(isinstance(part, Thinking | Reference) for part in message.parts):
        found.append("a thought or reference for a template of plain text")
    if any(isinstance(part, Thinking) and not part.closed for part in message.parts):
        found.append("an open thought")
    return found


def faults_of_calls(sent: Sequence[Message]) -> list[str]:
    found: list[str] = []
    open_calls: list[ToolCall] = []
    seen: set[str] = set()
    for message in sent:
        if message.role is Role.TOOL:
            (result,) = message.parts
            assert isinstance(result, ToolResult)
            expected = open_calls.pop(0) if open_calls else None
            if expected is None or (result.call_id, result.name) != (expected.id, expected.name):
                found.append(f"a result without its call: {result}")
            continue
        found += [f"a call without its result: {left}" for left in open_calls]
        open_calls = list(message.tool_calls)
        for one in open_calls:
            if not re.fullmatch("[a-zA-Z0-9]{9}", one.id) or one.id in seen:
                found.append(f"a bad id: {one.id!r}")
            if not re.fullmatch("[a-zA-Z0-9_-]{1,64}", one.name):
                found.append(f"a bad name: {one.name!r}")
            if not isinstance(json.loads(one.arguments), dict):
                found.append(f"bad arguments: {one.arguments!r}")
            seen.add(one.id)
    if sent and sent[0].tool_calls:
        found.append("a call in the first message")
    return found + [f"a call without its result: {left}" for left in open_calls]


def words(messages: Sequence[Message]) -> list[str]:
    """All that the user typed, in order."""
    said = (part for message in messages if message.role is Role.USER for part in message.parts)
    return [word for part in said if isinstance(part, Text) for word in part.text.split()]


# ---------------------------------------------------------------- over conversations of every kind

text = st.sampled_from(["", " ", "a word", "two\nlines", "é", "\udc80", "x" * 70]) | st.text(max_size=5)
call_id = st.sampled_from(["", "null", "call_0", "aB3dE5gH7", "D681PevKs", "\ud800"]) | st.text(max_size=10)
thoughts = st.builds(
    Thinking,
    st.lists(st.builds(Text, text) | st.just(ToolReference("search", "a title")), max_size=2).map(tuple),
    closed=st.booleans(),
)
calls = st.builds(
    ToolCall,
    call_id,
    st.sampled_from(["add", "sub", "a.b c", "n" * 80, ""]),
    st.sampled_from(["{}", "", '{"a": 1}', '{"b": [2]}', '{"a": 1', "[1]", "[" * 9999]),
)
results = st.builds(ToolResult, call_id, st.sampled_from(["add", "other"]), text)
attached: st.SearchStrategy[Part] = st.sampled_from(
    [
        Image("https://a/b.png"),
        Document("https://a/b.pdf"),
        File("f"),
        Audio("aGk="),
        TextFile("a.txt", "b"),
        Reference((1,)),
        ToolReference("t", "t"),
    ]
)
parts_of: dict[Role, st.SearchStrategy[Part]] = {
    Role.SYSTEM: st.builds(Text, text),
    Role.USER: st.builds(Text, text) | attached,
    Role.ASSISTANT: st.builds(Text, text) | thoughts | calls | st.just(Reference((1, "two"))),
    Role.TOOL: results,
}
anything: st.SearchStrategy[Part] = st.builds(Text, text) | thoughts | calls | results | attached


@st.composite
def said_messages(draw: st.DrawFn) -> Message:
    role = draw(st.sampled_from(Role))
    parts: list[Part] = draw(st.lists(parts_of[role] if draw(st.integers(0, 9)) else anything, max_size=3))
    return Message(role, tuple(parts))


@st.composite
def tool_turns(draw: st.DrawFn) -> list[Message]:
    """A question, an answer that calls tools, and some of the results in any order."""
    asked = draw(st.lists(calls, min_size=1, max_size=3))
    missing = draw(st.integers(0, len(asked)))
    said = draw(st.lists(st.builds(Text, text), max_size=1))
    answered = [tool(one.id) for one in draw(st.permutations(asked))]
    return [HELLO, Message(Role.ASSISTANT, (*said, *asked)), *answered[missing:]]


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    """A tree grown as the program grows it: said, answered, stepped back, branched, cut and continued."""
    talk = Conversation()
    for step in range(draw(st.integers(0, 8))):
        match draw(st.sampled_from(["say", "say", "say", "tools", "tools", "back", "switch", "grow"])):
            case "say":
                talk = talk.add(Node(step * 10, talk.head, draw(said_messages())))
            case "tools":
                for place, message in enumerate(draw(tool_turns())):
                    talk = talk.add(Node(step * 10 + place, talk.head, message))
            case "back":
                talk = talk.step_back()
            case "switch":
                talk = talk.switch(draw(st.sampled_from([*talk.nodes, None])))
            case "grow" if talk.head is not None:
                cut = talk.nodes[talk.head]
                talk = talk.change(Node(cut.id, cut.parent, Message(cut.role, cut.message.parts[:1])))
    return talk


@settings(max_examples=400, deadline=None)
@given(talk=conversations(), told=text, prefix=st.booleans(), thinking=st.booleans(), alternate=st.booleans())
def test_every_path_becomes_a_list_the_api_accepts(
    talk: Conversation, told: str, prefix: bool, thinking: bool, alternate: bool
) -> None:
    path = [node.message for node in talk.path()]

    sent = acceptable(path, system=told, prefix=prefix, thinking=thinking, alternate=alternate)

    assert faults(sent, prefix=prefix, thinking=thinking, alternate=alternate) == []
    assert words(sent) == words(path)
    assert acceptable(sent, prefix=prefix, thinking=thinking, alternate=alternate) == sent


@settings(max_examples=100, deadline=None)
@given(talk=conversations())
def test_what_was_sent_before_stays_the_same_when_the_talk_goes_on(talk: Conversation) -> None:
    path = [node.message for node in talk.path()]
    before = acceptable([*path, HELLO])

    after = acceptable([*path, HELLO, assistant("yes"), user("go on")])

    assert after == (*before, assistant("yes"), user("go on"))


# ---------------------------------------------------------------- one rule each


def test_an_ordinary_talk_is_sent_as_it_is() -> None:
    talk = (system("be brief"), HELLO, assistant("hi"), user("and you?"))
    assert acceptable(talk) == talk


def test_system_messages_become_one_at_the_beginning() -> None:
    talk = [system("be brief"), HELLO, assistant("hi"), system("be kind"), user("more")]
    assert acceptable(talk, system="you are Ada") == (
        system("you are Ada\n\nbe brief\n\nbe kind"),
        HELLO,
        assistant("hi"),
        user("more"),
    )


def test_the_same_instruction_is_given_once() -> None:
    assert acceptable([system("be brief"), HELLO], system="be brief") == (system("be brief"), HELLO)


def test_a_blank_instruction_is_none() -> None:
    assert acceptable([system(" "), HELLO], system="\n") == (HELLO,)


@pytest.mark.parametrize("nothing", [(), (Text(""),), (Text(" \n"),), (THOUGHT,), (Thinking(()), Reference((1,)))])
def test_an_answer_that_never_began_is_left_out(nothing: tuple[Part, ...]) -> None:
    assert acceptable([HELLO, Message(Role.ASSISTANT, nothing), user("well?")]) == (HELLO, user("well?"))


@pytest.mark.parametrize("prefix", [False, True])
def test_a_trailing_answer_is_left_out_for_the_new_one(prefix: bool) -> None:
    assert acceptable([HELLO, assistant("hi"), assistant("there")], prefix=prefix) == (HELLO,)


def test_a_talk_without_a_question_sends_nothing() -> None:
    assert acceptable([assistant("hi")], system="be brief") == ()


def test_a_prefix_may_follow_the_system_message_at_once() -> None:
    assert acceptable([], system="be brief", prefix=True) == (system("be brief"),)


def test_a_greeting_before_the_first_question_is_kept() -> None:
    assert acceptable([assistant("welcome"), HELLO]) == (assistant("welcome"), HELLO)


def test_a_list_does_not_begin_with_a_call() -> None:
    assert acceptable([assistant(call("aB3dE5gH7")), tool("aB3dE5gH7"), HELLO]) == (HELLO,)


def test_blank_words_of_the_user_are_sent() -> None:
    assert acceptable([user("  ")]) == (user("  "),)


def test_attachments_and_texts_of_the_user_stay_apart() -> None:
    asked = Message(Role.USER, (Text("look"), Text("a file"), Image("https://a/b.png")))
    assert acceptable([asked]) == (asked,)


def asking(*parts: Part) -> Message:
    return Message(Role.USER, (Text("look"), *parts))


ONE, TWO, THREE = (Image(f"https://a.org/{number}.png", name=f"{number}.png") for number in (1, 2, 3))


def test_of_more_images_than_a_request_takes_the_newest_are_sent() -> None:
    sent = acceptable([asking(ONE, TWO), assistant("hi"), asking(THREE)], images=2)
    assert [part for message in sent for part in message.parts if isinstance(part, Image)] == [TWO, THREE]
    assert "[Here was the image 1.png; it is not sent again.]" in sent[0].text


def test_as_many_images_as_a_request_takes_are_all_sent() -> None:
    talk = (asking(ONE, TWO), assistant("hi"), asking(THREE))
    assert acceptable(talk, images=3) == talk


def test_a_model_that_does_not_see_gets_no_images() -> None:
    (sent,) = acceptable([asking(ONE, Document("https://a.org/b.pdf"))], images=0)
    assert sent.parts[2:] == (Document("https://a.org/b.pdf"),)
    assert "1.png" in sent.text


def test_a_model_that_does_not_hear_gets_no_audio() -> None:
    (sent,) = acceptable([asking(Audio("aGk=", "a.mp3"), ONE)], audio=False)
    assert sent.parts[2:] == (ONE,)
    assert "[Here was the recording a.mp3; it is not sent again.]" in sent.text


def test_images_of_answers_do_not_count() -> None:
    talk = (asking(ONE), assistant("hi", TWO), asking(THREE))
    assert acceptable(talk, images=2) == (asking(ONE), assistant("hi"), asking(THREE))


def test_a_call_without_a_result_is_left_out_and_its_text_kept() -> None:
    talk = [HELLO, assistant("let me see", call("aB3dE5gH7")), user("well?")]
    assert acceptable(talk) == (HELLO, assistant("let me see"), user("well?"))


def test_of_tools_half_done_the_done_half_is_sent() -> None:
    talk = [HELLO, assistant(call("aaaaaaaaa"), call("bbbbbbbbb")), tool("bbbbbbbbb")]
    assert acceptable(talk) == (HELLO, assistant(call("bbbbbbbbb")), tool("bbbbbbbbb"))


def test_results_come_in_the_order_of_their_calls() -> None:
    asked = assistant(call("aaaaaaaaa"), call("bbbbbbbbb"))
    assert acceptable([HELLO, asked, tool("bbbbbbbbb"), tool("aaaaaaaaa")])[2:] == (
        tool("aaaaaaaaa"),
        tool("bbbbbbbbb"),
    )


def test_a_result_without_its_call_is_left_out() -> None:
    assert acceptable([HELLO, assistant("hi"), tool("aB3dE5gH7"), user("well?")]) == (
        HELLO,
        assistant("hi"),
        user("well?"),
    )


def test_a_result_that_comes_after_other_words_is_too_late() -> None:
    talk = [HELLO, assistant(call("aB3dE5gH7")), user("never mind"), tool("aB3dE5gH7")]
    assert acceptable(talk) == (HELLO, user("never mind"))


def test_several_results_in_one_message_become_one_message_each() -> None:
    both = Message(Role.TOOL, (ToolResult("aaaaaaaaa", "add", "1"), ToolResult("bbbbbbbbb", "add", "2")))
    talk = [HELLO, assistant(call("aaaaaaaaa"), call("bbbbbbbbb")), both]
    assert acceptable(talk)[2:] == (tool("aaaaaaaaa", "1"), tool("bbbbbbbbb", "2"))


def test_ids_of_other_providers_are_rewritten_in_call_and_result() -> None:
    (_, asked, answered) = acceptable([HELLO, assistant(call("call_98660886")), tool("call_98660886")])
    (one,) = asked.tool_calls
    assert re.fullmatch("[a-zA-Z0-9]{9}", one.id)
    assert answered == tool(one.id)


@pytest.mark.parametrize("given_id", ["call_0", "aB3dE5gH7"])
def test_the_same_id_in_two_turns_becomes_two_ids(given_id: str) -> None:
    turn = [HELLO, assistant(call(given_id)), tool(given_id), assistant("done")]
    sent = acceptable([*turn, *turn, HELLO])
    first, second = (one.id for message in sent for one in message.tool_calls)
    assert first != second


def test_calls_without_ids_are_matched_in_order() -> None:
    talk = [HELLO, assistant(call(""), call("")), tool("", "first"), tool("", "second")]
    assert [message.text for message in acceptable(talk)[2:]] == ["first", "second"]


def test_missing_arguments_are_an_empty_object() -> None:
    sent = acceptable([HELLO, assistant(call("aB3dE5gH7", arguments="")), tool("aB3dE5gH7")])
    assert sent[1].tool_calls == (call("aB3dE5gH7", arguments="{}"),)


@pytest.mark.parametrize("unfit", [call("aB3dE5gH7", arguments='{"a": '), call("aB3dE5gH7", name="")])
def test_a_call_cut_in_the_middle_is_not_sent_again(unfit: ToolCall) -> None:
    assert acceptable([HELLO, assistant(unfit), tool("aB3dE5gH7")]) == (HELLO,)


def test_names_of_other_providers_are_rewritten_in_call_and_result() -> None:
    (_, asked, answered) = acceptable([HELLO, assistant(call("aB3dE5gH7", name="math.add")), tool("aB3dE5gH7")])
    assert asked.tool_calls == (call("aB3dE5gH7", name="math_add"),)
    assert answered.parts == (ToolResult("aB3dE5gH7", "math_add", "42"),)


def test_between_a_result_and_the_user_stands_an_answer() -> None:
    talk = [HELLO, assistant(call("aB3dE5gH7")), tool("aB3dE5gH7"), assistant(""), user("well?")]
    assert acceptable(talk)[-2:] == (BRIDGE, user("well?"))


def test_the_last_message_may_be_a_result() -> None:
    talk = (HELLO, assistant(call("aB3dE5gH7")), tool("aB3dE5gH7"))
    assert acceptable(talk) == talk


def test_thoughts_are_replayed_unflattened() -> None:
    talk = (HELLO, assistant(THOUGHT, "hi"), user("well?"))
    assert acceptable(talk) == talk


def test_thoughts_are_stripped_for_a_model_without_reasoning() -> None:
    talk = [HELLO, assistant(THOUGHT, "hi"), user("well?")]
    assert acceptable(talk, thinking=False) == (HELLO, assistant("hi"), user("well?"))


def test_a_thought_left_open_is_closed() -> None:
    talk = [HELLO, assistant(Thinking((Text("hm"),), closed=False), "hi"), user("well?")]
    assert acceptable(talk) == (HELLO, assistant(THOUGHT, "hi"), user("well?"))


def test_neighbours_are_merged_where_roles_must_alternate() -> None:
    talk = [HELLO, user("are you there?"), assistant("hi"), assistant("yes"), user("good")]
    assert acceptable(talk, alternate=True) == (
        user("hello\n\nare you there?"),
        assistant("hi\n\nyes"),
        user("good"),
    )


def test_neighbours_stay_apart_for_the_api() -> None:
    assert acceptable([HELLO, user("are you there?")]) == (HELLO, user("are you there?"))


def test_the_user_begins_where_roles_must_alternate() -> None:
    assert acceptable([assistant("welcome"), HELLO], alternate=True) == (HELLO,)


def test_templates_of_plain_text_get_no_thoughts_and_no_references() -> None:
    talk = [HELLO, assistant(THOUGHT, "hi", Reference((1,)), " there"), user("well?")]
    assert acceptable(talk, alternate=True) == (HELLO, assistant("hi there"), user("well?"))


def test_tool_results_are_not_merged() -> None:
    talk = (HELLO, assistant(call("aaaaaaaaa"), call("bbbbbbbbb")), tool("aaaaaaaaa"), tool("bbbbbbbbb"))
    assert acceptable(talk, alternate=True) == talk


def test_ten_thousand_calls_with_one_id_get_ids_of_their_own() -> None:
    turn = [HELLO, assistant(call("call_0")), tool("call_0"), assistant("done")]
    sent = acceptable([*turn * 10_000, HELLO])
    assert len({one.id for message in sent for one in message.tool_calls}) == 10_000
