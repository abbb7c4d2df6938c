"""An answer that goes on where it stopped: what was there already is neither said nor counted twice."""

import pytest

from tests.e2e.replies import RESET, Answer, Http
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


def test_an_answer_is_gone_on_with_by_the_model_and_settings_that_began_it(talk: Talk, server: Server) -> None:
    server.reply("Red.", Answer(["The sea is "], finish_reason="length"), "The sea is blue.")
    talk("What is the sea?", '/retry model=mistral-small-latest stop="END" json=on', "/continue", "More")
    _, began, went_on, after = (chat.json for chat in server.chats)
    assert {**went_on, "messages": went_on["messages"][:1]} == began
    assert after["model"] == "mistral-medium-latest"
    assert "stop" not in after


def test_the_resumed_session_goes_on_by_the_model_that_began_the_answer(
    shell: Shell, talk: Talk, server: Server
) -> None:
    server.reply("Red.", Answer(["The sea is "], finish_reason="length"), "The sea is blue.")
    talk("What is the sea?", "/retry model=mistral-small-latest temperature=1")
    Talk(shell, "-c")("/continue")
    assert (server.chats[2].json["model"], server.chats[2].json["temperature"]) == ("mistral-small-latest", 1)


def test_how_long_the_rest_may_be_is_said_anew(talk: Talk, server: Server) -> None:
    server.reply(*[Answer(["The sea is "], finish_reason="length")] * 3)
    talk("/once max_tokens 5", "What is the sea?", "/continue", "/once max_tokens 20", "/continue", "/continue", "More")
    assert [chat.json.get("max_tokens") for chat in server.chats] == [5, None, 20, None, None]


def test_what_is_set_once_is_for_the_next_part_of_an_answer_alone(talk: Talk, server: Server) -> None:
    server.reply(*[Answer(["The sea is "], finish_reason="length")] * 3)
    talk("What is the sea?", "/once model mistral-small-latest", "/continue", "/continue", "More")
    small, medium = "mistral-small-latest", "mistral-medium-latest"
    assert [chat.json["model"] for chat in server.chats] == [medium, small, medium, medium]


def test_an_answer_begun_anew_for_want_of_a_prefix_is_asked_for_as_the_first_was(talk: Talk, server: Server) -> None:
    refused = Http(400, {"message": "prefix is not supported", "type": "invalid_request_error"})
    server.reply("Red.", Answer(["The sea is"], finish_reason="length"), refused, "The sea is blue.")
    talk("What is the sea?", "/retry model=mistral-small-latest", "/continue")
    assert server.chats[3].json["model"] == "mistral-small-latest"
