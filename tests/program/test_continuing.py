"""An answer that goes on where it stopped: what was there already is neither said nor counted twice."""

import pytest

from tests.e2e.replies import RESET, Answer
from tests.e2e.server import Server
from tests.program.shell import Shell
from tests.program.talk import Talk

WHOLE = "The sea is as blue as the sky."


@pytest.mark.parametrize("size", [1, 5, 21, 22, 23, 100])
def test_the_beginning_that_comes_again_is_left_out_however_it_is_cut(shell: Shell, server: Server, size: int) -> None:
    again = [WHOLE[start : start + size] for start in range(0, len(WHOLE), size)]
    server.reply(Answer(["The sea is as blue as ", RESET]), Answer(again))
    done = shell("What is the sea?")
    assert (done.status, done.out) == (0, WHOLE + "\n")
    assert server.chats[1].messages[-1] == {"role": "assistant", "content": "The sea is as blue as ", "prefix": True}
    shell("-c", "And the sky?")
    assert server.chats[2].messages[1]["content"] == WHOLE


def test_a_continuation_that_breaks_is_gone_on_with_by_hand(talk: Talk, server: Server) -> None:
    server.reply(
        Answer(["The sea is as ", "blue ", RESET]), Answer(["The sea is as blue ", "as ", RESET]), Answer([*WHOLE])
    )
    shown = talk("What is the sea?", "/continue", "And the sky?")
    assert "/continue goes on with it" in shown
    assert server.chats[-1].messages[1]["content"] == WHOLE


def test_a_continuation_without_usage_leaves_the_usage_that_was_told(talk: Talk, server: Server) -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    server.reply(
        Answer(["The sea is as blue "], finish_reason="length", usage=usage),
        Answer([WHOLE], usage=None),
    )
    assert talk("What is the sea?", "/continue").count("3 + 4 tokens") == 2


def test_both_parts_of_an_answer_are_counted(talk: Talk, server: Server) -> None:
    begun = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    ended = {"prompt_tokens": 8, "completion_tokens": 5, "total_tokens": 13, "num_cached_tokens": 2}
    server.reply(
        Answer(["The sea is as blue as "], finish_reason="length", usage=begun),
        Answer([WHOLE], usage=ended),
    )
    shown = talk("What is the sea?", "/continue", "/usage")
    assert "11 (2 cached) + 9 tokens" in shown
    assert shown.split()[-5:-1] == ["1", "11", "(2)", "9"]
