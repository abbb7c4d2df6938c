"""The tree of a conversation: whatever is done to it, no message is lost and every branch is what was said on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_chat.conversation import Conversation, Node
from mistral_chat.events import FinishReason
from mistral_chat.message import Message, Role

Change = Callable[[Conversation], Conversation]


def node(number: int, parent: int | None, role: Role = Role.USER, text: str = "") -> Node:
    return Node(number, parent, Message.of(role, text or f"message {number}"))


def talk(*roles: Role) -> Conversation:
    """A conversation of one branch: messages 1, 2, 3 ... by these roles."""
    conversation = Conversation("a", "A talk")
    for number, role in enumerate(roles, 1):
        conversation = conversation.add(node(number, conversation.head, role))
    return conversation


@st.composite
def trees(draw: st.DrawFn) -> Conversation:
    """Messages of any roles, each after any earlier one, and any head."""
    conversation = Conversation()
    for number in range(1, draw(st.integers(1, 9))):
        parent = draw(st.none() | st.sampled_from([None, *conversation.nodes]))
        conversation = conversation.add(node(number, parent, draw(st.sampled_from(Role))))
    return conversation.switch(draw(st.sampled_from([None, *conversation.nodes])))


def answered(conversation: Conversation) -> Conversation:
    """With one message more at the head."""
    return conversation.add(node(len(conversation.nodes) + 1, conversation.head, Role.ASSISTANT))


def grown(conversation: Conversation) -> Conversation:
    """With more text in the message at the head."""
    if conversation.head is None:
        return conversation
    here = conversation.nodes[conversation.head]
    return conversation.change(replace(here, message=Message.of(here.role, here.message.text + " and more")))


def at_the_first_leaf(conversation: Conversation) -> Conversation:
    return conversation.switch(next((leaf.id for leaf in conversation.leaves()), None))


CHANGES: list[Change] = [
    answered,
    grown,
    at_the_first_leaf,
    Conversation.step_back,
    Conversation.undo,
    Conversation.mark,
    lambda conversation: conversation.switch(None),
]
FORWARD = [change for change in CHANGES if change not in (Conversation.undo, Conversation.mark)]
any_changes = st.lists(st.sampled_from(CHANGES), max_size=12)


def after(conversation: Conversation, changes: list[Change]) -> Conversation:
    for change in changes:
        conversation = change(conversation)
    return conversation


@given(trees(), any_changes)
def test_nothing_that_is_done_loses_a_message(tree: Conversation, changes: list[Change]) -> None:
    for one in changes:
        later = one(tree)
        assert list(later.nodes)[: len(tree.nodes)] == list(tree.nodes)
        assert all(later.nodes[number].message.text.startswith(n.message.text) for number, n in tree.nodes.items())
        tree = later


@given(trees(), any_changes)
def test_nothing_that_is_done_moves_a_message(tree: Conversation, changes: list[Change]) -> None:
    paths = {number: [n.id for n in tree.path(number)] for number in tree.nodes}
    later = after(tree, changes)
    assert {number: [n.id for n in later.path(number)] for number in paths} == paths


@given(trees(), any_changes)
def test_a_change_leaves_the_value_before_it_as_it_was(tree: Conversation, changes: list[Change]) -> None:
    nodes, head, past = dict(tree.nodes), tree.head, tree.past
    after(tree, changes)
    assert (tree.nodes, tree.head, tree.past) == (nodes, head, past)


@given(trees())
def test_the_path_to_a_message_is_what_was_said_before_it_and_itself(tree: Conversation) -> None:
    for number, here in tree.nodes.items():
        before = () if here.parent is None else tree.path(here.parent)
        assert tree.path(number) == (*before, here)


@given(trees())
def test_the_path_is_by_default_that_to_the_head(tree: Conversation) -> None:
    assert tree.path() == (() if tree.head is None else tree.path(tree.head))


@given(trees())
def test_every_message_is_a_child_of_its_parent_once(tree: Conversation) -> None:
    placed = [(parent, child.id) for parent, children in tree.children().items() for child in children]
    assert sorted(placed, key=lambda pair: pair[1]) == [(node.parent, node.id) for node in tree.nodes.values()]


@given(trees())
def test_the_leaves_are_the_messages_that_nothing_follows(tree: Conversation) -> None:
    assert [leaf.id for leaf in tree.leaves()] == [number for number in tree.nodes if not tree.children()[number]]


@given(trees(), st.lists(st.sampled_from(FORWARD), max_size=6))
def test_undo_goes_back_to_the_marked_head_whatever_was_done_since(tree: Conversation, done: list[Change]) -> None:
    assert after(tree.mark(), done).undo().head == tree.head


@given(trees(), st.lists(st.lists(st.sampled_from(FORWARD), max_size=3), max_size=5))
def test_each_undo_goes_one_mark_further_back(tree: Conversation, turns: list[list[Change]]) -> None:
    heads = []
    for done in turns:
        heads.append(tree.head)
        tree = after(tree.mark(), done)
    for head in reversed(heads):
        tree = tree.undo()
        assert tree.head == head


@given(trees())
def test_without_a_mark_undo_is_a_step_back(tree: Conversation) -> None:
    assert tree.undo() == tree.step_back()


def test_a_step_back_is_before_the_last_question_and_all_that_followed() -> None:
    asked_twice = talk(Role.USER, Role.ASSISTANT, Role.USER, Role.ASSISTANT, Role.TOOL, Role.ASSISTANT)
    assert asked_twice.step_back().head == 2
    assert asked_twice.step_back().step_back().head is None


def test_a_step_back_where_nothing_was_asked_changes_nothing() -> None:
    greeted = talk(Role.SYSTEM, Role.ASSISTANT)
    assert greeted.step_back() == greeted


def test_a_message_added_becomes_the_head() -> None:
    assert talk(Role.USER, Role.ASSISTANT).head == 2


def test_an_answer_given_again_is_a_second_child() -> None:
    twice = talk(Role.USER, Role.ASSISTANT).switch(1).add(node(3, 1, Role.ASSISTANT))
    assert [child.id for child in twice.children()[1]] == [2, 3]
    assert [said.id for said in twice.path()] == [1, 3]


def test_the_last_of_a_role_is_looked_for_on_this_branch_alone() -> None:
    branched = talk(Role.USER, Role.ASSISTANT).switch(1).add(node(3, 1, Role.USER))
    assert branched.last(Role.ASSISTANT) is None
    assert branched.last(Role.USER) == branched.nodes[3]


def test_a_used_number_is_refused() -> None:
    with pytest.raises(ValueError, match="there is a message 1 already"):
        talk(Role.USER).add(node(1, None))


def test_an_answer_to_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no message 7"):
        talk(Role.USER).add(node(2, 7))


def test_a_head_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no message 7"):
        talk(Role.USER).switch(7)


def test_a_message_that_would_move_is_refused() -> None:
    with pytest.raises(ValueError, match="stays where it is"):
        talk(Role.USER, Role.ASSISTANT).change(node(2, None, Role.ASSISTANT))


@pytest.mark.parametrize("reason", [None, *FinishReason])
def test_an_answer_is_unfinished_until_it_is_complete(reason: FinishReason | None) -> None:
    answer = replace(node(1, None, Role.ASSISTANT), finish_reason=reason)
    assert answer.unfinished == (reason not in (FinishReason.STOP, FinishReason.TOOL_CALLS))


@pytest.mark.parametrize("role", [Role.SYSTEM, Role.USER, Role.TOOL])
def test_only_an_answer_can_be_unfinished(role: Role) -> None:
    assert not node(1, None, role).unfinished
