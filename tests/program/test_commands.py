"""The slash commands, by what they show and what they make of the requests that follow."""

import re
from pathlib import Path
from typing import Any

import pytest

from mistral_chat.theme import bundled_folder, load
from tests.e2e.replies import RESET, Answer, Http
from tests.e2e.server import Server
from tests.program.shell import Shell
from tests.program.talk import CLEAR, Talk


def contents(body: Any) -> list[str]:
    """What was said, by a request."""
    return [message["content"] for message in body["messages"]]


def test_a_line_is_said_and_answered(talk: Talk, server: Server) -> None:
    assert "You said: Hello" in talk("Hello")
    assert contents(server.chats[0].json) == ["Hello"]


def test_a_second_line_goes_on(talk: Talk, server: Server) -> None:
    talk("One", "Two")
    assert contents(server.chats[1].json) == ["One", "You said: One", "Two"]


def test_a_blank_line_is_not_said(talk: Talk, server: Server) -> None:
    talk("", "   ", "One")
    assert len(server.chats) == 1


def test_a_line_may_have_several_lines(talk: Talk, server: Server) -> None:
    talk("One\nTwo")
    assert contents(server.chats[0].json) == ["One\nTwo"]


def test_the_figures_stand_under_an_answer(talk: Talk) -> None:
    shown = talk("Hello")
    assert "mistral-medium-latest · " in shown.splitlines()[-2]
    assert " tokens" in shown


def test_large_figures_have_commas(talk: Talk, server: Server) -> None:
    used = {"prompt_tokens": 168836, "completion_tokens": 1237, "total_tokens": 170073, "num_cached_tokens": 1024}
    server.reply(Answer(["One"], usage=used))
    assert "168,836 (1,024 cached) + 1,237 tokens" in talk("Hello")


# ---------------------------------------------------------------- the request


def test_system_is_sent_until_it_is_cleared(talk: Talk, server: Server) -> None:
    talk("/system Be brief", "One", "/system off", "Two")
    first, second = (chat.json for chat in server.chats)
    assert first["messages"][0] == {"role": "system", "content": "Be brief"}
    assert [message["role"] for message in second["messages"]] == ["user", "assistant", "user"]


def test_system_may_span_lines(talk: Talk, server: Server) -> None:
    talk("/system Be brief.\nBe kind.", "One")
    assert contents(server.chats[0].json)[0] == "Be brief.\nBe kind."


def test_system_changes_in_the_middle_of_a_conversation(talk: Talk, server: Server) -> None:
    talk("One", "/system Be brief", "Two")
    assert contents(server.chats[1].json) == ["Be brief", "One", "You said: One", "Two"]


def test_bare_safe_prompt_toggles(talk: Talk, server: Server) -> None:
    shown = talk("/safe_prompt", "One", "/safe_prompt", "Two")
    assert shown.index("safe_prompt on") < shown.index("safe_prompt off")
    assert server.chats[0].json["safe_prompt"] is True
    assert "safe_prompt" not in server.chats[1].json


def test_safe_prompt_takes_on_and_off(talk: Talk, server: Server) -> None:
    talk("/safe_prompt on", "/safe_prompt on", "One", "/safe_prompt off", "Two")
    assert server.chats[0].json["safe_prompt"] is True
    assert "safe_prompt" not in server.chats[1].json


def test_stop_adds_and_clears(talk: Talk, server: Server) -> None:
    talk("/stop X", "One", "/stop Y", "Two", "/stop clear", "Three")
    stops = [chat.json.get("stop") for chat in server.chats]
    assert stops == ["X", ["X", "Y"], None]


def test_a_quoted_stop_understands_escapes(talk: Talk, server: Server) -> None:
    talk(r'/stop "\n\n"', "One")
    assert server.chats[0].json["stop"] == "\n\n"


def test_a_stop_given_twice_is_one(talk: Talk, server: Server) -> None:
    talk("/stop X", "/stop X", "One")
    assert server.chats[0].json["stop"] == "X"


def test_a_fifth_stop_is_refused(talk: Talk, server: Server) -> None:
    shown = talk("/stop 1", "/stop 2", "/stop 3", "/stop 4", "/stop 5")
    assert "must be at most 4 texts" in shown


def test_bare_stop_lists_them_with_numbers(talk: Talk) -> None:
    shown = talk("/stop one", "/stop two", "/stop").splitlines()
    assert shown[-2:] == ['  1 "one"', '  2 "two"']


def test_prefix_is_sent_last_and_shown_once(talk: Talk, server: Server) -> None:
    shown = talk("/prefix Well, ", "One", "Two")
    assert server.chats[0].messages[-1] == {"role": "assistant", "content": "Well,", "prefix": True}
    assert server.chats[1].messages[1] == {"role": "assistant", "content": "Well,You said: One"}
    assert shown.count("Well,You said: One") == 1


def test_a_quoted_prefix_keeps_its_blank(talk: Talk, server: Server) -> None:
    talk('/prefix "Well, "', "One")
    assert server.chats[0].messages[-1]["content"] == "Well, "


def test_model_is_changed(talk: Talk, server: Server) -> None:
    shown = talk("/model mistral-small-latest", "One")
    assert server.chats[0].json["model"] == "mistral-small-latest"
    assert "mistral-small-latest · " in shown


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("/temperature 0", "temperature", 0),
        ("/top_p 0.5", "top_p", 0.5),
        ("/top-p 0.5", "top_p", 0.5),
        ("/max_tokens 5", "max_tokens", 5),
        ("/random_seed 0", "random_seed", 0),
        ("/presence_penalty -1", "presence_penalty", -1),
        ("/frequency_penalty 1", "frequency_penalty", 1),
        ("/reasoning_effort none", "reasoning_effort", "none"),
        ("/json on", "response_format", {"type": "json_object"}),
        ("/stream on", "stream", True),
    ],
)
def test_every_setting_is_a_command(talk: Talk, server: Server, line: str, field: str, value: object) -> None:
    talk(line, "One")
    assert server.chats[0].json[field] == value


def test_stream_off_asks_for_the_answer_as_a_whole(talk: Talk, server: Server) -> None:
    talk("/stream off", "One", "/stream default", "Two")
    assert [bool(chat.json.get("stream")) for chat in server.chats] == [False, True]


def test_a_setting_of_the_program_counts_for_the_run_also_in_another_session(talk: Talk, shell: Shell) -> None:
    shell("--title", "Painting", "One")
    shown = talk("/notify on", "/resume Painting", "/notify off", "/notify", "/reset notify").splitlines()
    assert [line for line in shown if line.startswith("notify")] == [
        "notify on  /notify · on or off",
        "notify off  /notify · on or off",
        "notify on  /notify · on or off",
        "notify off  default · on or off",
    ]


def test_a_setting_that_cannot_be_changed_in_a_conversation_is_answered_with_its_place(talk: Talk) -> None:
    shown = talk("/output text", CLEAR + "/edit-mode vi")
    assert "no command /output" in shown
    assert "hint: --output at the start, or output in config.toml" in shown
    assert "hint: edit_mode in config.toml" in shown


@pytest.mark.parametrize("word", ["off", "none", "default", "clear"])
def test_a_setting_is_cleared_by_a_word(talk: Talk, server: Server, word: str) -> None:
    talk("/temperature 1", f"/temperature {word}", "One")
    assert "temperature" not in server.chats[0].json


def test_a_bare_setting_shows_value_origin_and_range(talk: Talk) -> None:
    shown = talk("/temperature 0.5", "/temperature", "/top_p").splitlines()
    assert "temperature 0.5  session · between 0 and 1.5" in shown
    assert "top_p —  default · above 0 to 1" in shown


def test_a_value_out_of_range_is_refused_and_changes_nothing(talk: Talk, server: Server) -> None:
    shown = talk("/temperature 9")
    assert "/temperature: must be between 0 and 1.5 (is 9)" in shown


def test_once_is_for_one_request_only(talk: Talk, server: Server) -> None:
    talk("/temperature 0.5", "/once temperature 1.2", "One", "Two")
    assert [chat.json["temperature"] for chat in server.chats] == [1.2, 0.5]


def test_once_is_still_there_after_a_message_that_failed(talk: Talk, server: Server) -> None:
    server.reply(Http(400, {"message": "no", "type": "invalid_request_error"}))
    talk("/once temperature 1.2", "Hello", " again", "More")
    assert [chat.json.get("temperature") for chat in server.chats] == [1.2, 1.2, None]


def test_a_comparison_uses_once_up(talk: Talk, server: Server) -> None:
    talk("Hello", "/once temperature 1.2", "/compare mistral-small-latest mistral-large-latest", "More")
    assert [chat.json.get("temperature") for chat in server.chats] == [None, 1.2, 1.2, None]


def test_once_is_not_kept_with_the_session(talk: Talk, shell: Shell, server: Server) -> None:
    talk("/once temperature 1.2", "One")
    shell("-c", "Two")
    assert "temperature" not in server.chats[1].json


def test_once_of_an_unknown_setting_is_refused_with_the_nearest(talk: Talk) -> None:
    assert "did you mean temperature?" in talk("/once temprature 1")


@pytest.mark.parametrize("word", ["off", "none", "default", "clear"])
def test_a_setting_is_cleared_for_one_request_by_the_same_words(talk: Talk, server: Server, word: str) -> None:
    talk("/prefix Well,", f"/once prefix {word}", "One", f"/retry prefix={word}", "Two")
    assert [chat.messages[-1].get("prefix") for chat in server.chats] == [None, None, True]


def test_once_stop_is_in_place_of_the_others(talk: Talk, server: Server) -> None:
    talk("/stop X", "/once stop Y", "One", "/once stop clear", "Two", "Three")
    assert [chat.json.get("stop") for chat in server.chats] == ["Y", None, "X"]


def test_a_stop_after_once_is_added_to_those_of_the_session(talk: Talk, server: Server) -> None:
    talk("/stop X", "/once stop Y", "/stop Z", "One")
    assert server.chats[0].json["stop"] == ["X", "Z"]


def test_system_is_read_from_a_file_for_one_request(talk: Talk, server: Server, tmp_path: Path) -> None:
    file = tmp_path / "brief system.txt"
    file.write_text("Be brief")
    talk(f"/once system @{file}", "One", f'/retry system="@{file}"', "Two")
    firsts = [chat.messages[0]["content"] for chat in server.chats]
    assert firsts == ["Be brief", "Be brief", "One"]


@pytest.mark.parametrize(
    ("once", "line", "field", "value"),
    [
        ("json on", "/json", "response_format", None),
        ("temperature 1", "/temperature 0.3", "temperature", 0.3),
        ("safe_prompt on", "/safe_prompt off", "safe_prompt", None),
    ],
)
def test_what_is_said_for_the_session_covers_a_once_before_it(
    talk: Talk, server: Server, once: str, line: str, field: str, value: object
) -> None:
    talk(f"/once {once}", line, "One")
    assert server.chats[0].json.get(field) == value


@pytest.mark.parametrize("name", ["output", "base_url", "theme", "edit_mode"])
def test_a_reset_of_what_no_conversation_changes_is_refused(talk: Talk, name: str) -> None:
    shown = talk(f"/reset {name}")
    assert f"{name} is no setting of the conversation" in shown
    assert f"{name} in config.toml" in shown


def test_once_needs_two_words(talk: Talk) -> None:
    assert "usage: /once SETTING VALUE" in talk("/once temperature")


def test_reset_takes_a_setting_back(talk: Talk, server: Server) -> None:
    talk("/temperature 1", "/reset temperature", "One")
    assert "temperature" not in server.chats[0].json


def test_reset_takes_a_flag_back(shell: Shell, server: Server) -> None:
    Talk(shell, "--temperature", "1")("/reset temperature", "One")
    assert "temperature" not in server.chats[0].json


def test_settings_shows_every_value_and_where_it_came_from(shell: Shell) -> None:
    shell.environment["MISTRAL_CHAT_TOP_P"] = "0.5"
    shown = Talk(shell, "--max-tokens", "5")("/temperature 1", "/once random_seed 3", "/settings").splitlines()
    rows = {line.split()[0]: line.split(maxsplit=1)[1] for line in shown if line.count("  ")}
    assert rows["temperature"].split() == ["1", "session"]
    assert rows["max_tokens"].split() == ["5", "flag", "--max-tokens"]
    assert rows["top_p"].split() == ["0.5", "MISTRAL_CHAT_TOP_P"]
    assert rows["random_seed"].split() == ["3", "once"]
    assert rows["safe_prompt"].split() == ["off", "default"]


def test_request_shows_the_json_that_is_sent_next(talk: Talk, server: Server) -> None:
    import json

    shown = talk("/system Be brief", "/prefix Well", "/request Hello", "Hello")
    shown = shown[shown.index("{\n") : shown.index("\n}\n") + 2]
    assert json.loads(shown) == server.chats[0].json


def test_request_sends_nothing(talk: Talk, server: Server) -> None:
    talk("/request")
    assert server.chats == []


# ---------------------------------------------------------------- commands as such


def test_an_unknown_command_is_never_sent(talk: Talk, server: Server) -> None:
    shown = talk("/sytem Be brief")
    assert "no command /sytem — did you mean /system?" in shown
    assert server.chats == []


@pytest.mark.parametrize("line", ["/sytem Be brief.", "/* a comment */", "/temprature 1"])
def test_a_line_with_an_unknown_command_is_back_in_the_prompt(talk: Talk, line: str) -> None:
    assert talk(f"\x1b[200~{line}\x1b[201~", " and more").count(f"no command {line.split()[0]}") == 2


def test_a_line_with_a_command_that_is_refused_is_not(talk: Talk, server: Server) -> None:
    talk("/temperature 9", "One")
    assert contents(server.chats[0].json) == ["One"]


def test_a_message_longer_than_max_input_is_not_sent_and_back_in_the_prompt(shell: Shell, server: Server) -> None:
    shell.environment["MISTRAL_CHAT_MAX_INPUT"] = "1000"
    pasted = "é" * 501
    shown = Talk(shell)(f"\x1b[200~{pasted}\x1b[201~", "\x7f")
    assert "the message is 1,002 bytes long" in shown
    assert "hint: send a part of it" in shown
    assert contents(server.chats[0].json) == ["é" * 500]


def test_a_message_that_begins_with_a_slash_is_written_with_two(talk: Talk, server: Server) -> None:
    talk("//etc/hosts is what?")
    assert contents(server.chats[0].json) == ["/etc/hosts is what?"]


def test_too_many_words_are_refused(talk: Talk) -> None:
    assert "/undo takes nothing more" in talk("/undo 3")


def test_help_lists_every_command_by_group(talk: Talk) -> None:
    shown = talk("/help")
    for name in ("/system", "/once", "/retry", "/branches", "/new", "/resume", "/export", "/copy", "/models", "/quit"):
        assert f"  {name}" in shown
    assert shown.index("the request") < shown.index("the answer") < shown.index("branches") < shown.index("sessions")


def test_help_explains_one_command(talk: Talk) -> None:
    shown = talk("/help once", "/help /retry")
    assert "/once SETTING VALUE" in shown
    assert "Set something for the next request alone." in shown
    assert "/retry [SETTING=VALUE ...]" in shown


def test_help_tells_how_stops_are_added_and_taken_away(talk: Talk) -> None:
    shown = talk("/help stop")
    assert 'adds one, clear takes all away, "\\n" in quotes is a line end' in " ".join(shown.split())


def test_models_lists_the_server_s(talk: Talk) -> None:
    shown = talk("/models")
    assert "• " in shown
    assert "ministral-8b-latest" in shown


# ---------------------------------------------------------------- the answer, and branches


def test_retry_asks_the_same_again(talk: Talk, server: Server) -> None:
    server.reply("First", "Second")
    shown = talk("Hello", "/retry")
    assert shown.index("First") < shown.index("Second")
    assert server.chats[0].json == server.chats[1].json


def test_a_retry_takes_values_in_quotes(talk: Talk, server: Server) -> None:
    talk("Hello", r'/retry stop="a b\n" model=mistral-small-latest system="\"Be\" brief"')
    asked = server.chats[1].json
    assert (asked["stop"], asked["model"]) == ("a b\n", "mistral-small-latest")
    assert asked["messages"][0]["content"] == '"Be" brief'


def test_retry_takes_settings_for_that_answer_alone(talk: Talk, server: Server) -> None:
    talk("Hello", "/retry temperature=1 model=mistral-small-latest", "More")
    assert [chat.json.get("temperature") for chat in server.chats] == [None, 1, None]
    assert server.chats[1].json["model"] == "mistral-small-latest"
    assert server.chats[2].json["model"] == "mistral-medium-latest"


def test_a_retry_after_a_failure_asks_what_failed_with_what_was_attached_to_it(
    talk: Talk, server: Server, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("blue")
    server.reply("One", Http(400, {"message": "no", "type": "invalid_request_error"}))
    talk("Hello", f"/attach {tmp_path}/notes.txt", "What is the sea?", CLEAR + "/retry", "More")
    _, failed, again, more = server.chats
    assert again.json == failed.json
    assert contents(more.json)[-1] == "More"


def test_a_retry_that_fails_leaves_none_of_its_settings(talk: Talk, server: Server) -> None:
    talk("Hello", "/once top_p 0.5", "/retry model=no-such-model temperature=1", "More")
    assert server.chats[1].json["temperature"] == 1
    assert "temperature" not in server.chats[2].json
    assert server.chats[2].json["top_p"] == 0.5


def test_a_retry_that_breaks_is_gone_on_with_by_its_own_settings(talk: Talk, server: Server) -> None:
    server.reply("One", Answer(["The sea is as blue as ", RESET]), "The sea is as blue as the sky.")
    talk("Hello", "/retry temperature=1 model=mistral-small-latest")
    asked = [(chat.json["model"], chat.json.get("temperature")) for chat in server.chats]
    assert asked == [("mistral-medium-latest", None), *[("mistral-small-latest", 1)] * 2]


def test_a_retry_that_is_asked_without_prefix_keeps_its_settings(talk: Talk, server: Server) -> None:
    refused = Http(400, {"message": "prefix is not supported", "type": "invalid_request_error"})
    server.reply("One", Answer(["The sea is as blue as ", RESET]), refused, "The sea is blue.")
    talk("Hello", "/retry temperature=1", "More")
    assert [chat.json.get("temperature") for chat in server.chats] == [None, 1, 1, 1, None]


def test_after_a_retry_the_new_answer_counts(talk: Talk, server: Server) -> None:
    server.reply("First", "Second")
    talk("Hello", "/retry", "More")
    assert contents(server.chats[2].json) == ["Hello", "Second", "More"]


def test_retry_without_a_question_is_refused(talk: Talk) -> None:
    assert "there is no question to ask again" in talk("/retry")


@pytest.mark.parametrize("word", ["temperature", "temperature=9", "warmth=1", "theme=x", 'stop="a"b', 'stop="a b'])
def test_a_retry_that_is_not_understood_asks_nothing(talk: Talk, server: Server, word: str) -> None:
    talk("Hello", f"/retry {word}")
    assert len(server.chats) == 1


def test_undo_steps_back_one_exchange(talk: Talk, server: Server) -> None:
    shown = talk("One", "Two", "/undo", "Three")
    assert "back at: You said: One" in shown
    assert contents(server.chats[2].json) == ["One", "You said: One", "Three"]


def test_undo_goes_back_to_before_a_retry(talk: Talk, server: Server) -> None:
    server.reply("First", "Second")
    talk("One", "/retry", "/undo", "Two")
    assert contents(server.chats[2].json) == ["One", "First", "Two"]


def test_undo_of_nothing_is_refused(talk: Talk) -> None:
    assert "there is nothing to undo" in talk("/undo")


def test_branches_draws_the_tree_with_numbers(talk: Talk, server: Server) -> None:
    server.reply("First", "Second")
    shown = talk("Hello", "/retry", "/branches")
    tree = shown[shown.index("● ") :]
    assert "First" in tree
    assert "Second" in tree
    assert " 1" in tree
    assert " 2" in tree


def test_switch_goes_on_from_another_branch(talk: Talk, server: Server) -> None:
    server.reply("First", "Second")
    talk("Hello", "/retry", "/switch 1", "More")
    assert contents(server.chats[2].json) == ["Hello", "First", "More"]


def test_switch_to_a_branch_that_is_not_there_is_refused(talk: Talk) -> None:
    assert "there is no branch 7" in talk("Hello", "/switch 7")


def test_edit_puts_an_earlier_message_into_the_prompt_and_grows_a_branch(talk: Talk, server: Server) -> None:
    talk("One", "Two", "/edit 1", " and a half")
    assert contents(server.chats[2].json) == ["One and a half"]


def test_edit_without_a_number_takes_the_last_message(talk: Talk, server: Server) -> None:
    talk("One", "Two", "/edit", " and a half")
    assert contents(server.chats[2].json) == ["One", "You said: One", "Two and a half"]


def test_an_edit_that_is_cleared_changes_nothing(talk: Talk, server: Server) -> None:
    talk("One", "/edit", CLEAR, "Two")
    assert contents(server.chats[1].json) == ["One", "You said: One", "Two"]


@pytest.mark.parametrize("command", ["/title", "/temperature 9", "/switch 7"])
def test_an_edit_is_over_when_another_command_is_given(talk: Talk, server: Server, command: str) -> None:
    talk("One", "Two", "/edit 1", CLEAR + command, "Three")
    assert contents(server.chats[2].json) == ["One", "You said: One", "Two", "You said: Two", "Three"]


def test_an_edited_message_that_was_taken_for_a_command_is_still_an_edit(talk: Talk, server: Server) -> None:
    talk("One", "Two", "/edit 1", "\x01/", "\x01/")
    assert contents(server.chats[2].json) == ["/One"]


def test_an_edit_keeps_the_branch_that_was(talk: Talk) -> None:
    shown = talk("One", "/edit", "!", "/switch 1")
    assert shown.count("You said: One\n") == 2


def test_an_edited_message_that_begins_with_a_slash_is_still_a_message(talk: Talk, server: Server) -> None:
    talk("//quit", "/edit", "")
    assert [contents(chat.json) for chat in server.chats] == [["/quit"], ["/quit"]]


def test_edit_of_a_message_that_is_not_there_is_refused(talk: Talk) -> None:
    shown = talk("/edit", CLEAR + "One", "/edit 5")
    assert "there is no message of yours to edit" in shown
    assert "there is no message 5 of yours" in shown


def test_compare_asks_several_models_and_keeps_every_answer(talk: Talk, server: Server) -> None:
    shown = talk("Hello", "/compare mistral-small-latest mistral-large-latest", "/branches")
    assert {chat.json["model"] for chat in server.chats[1:]} == {"mistral-small-latest", "mistral-large-latest"}
    assert "tokens" in shown[shown.index("asking") :]
    tree = shown[shown.rindex("● Hello" if "● Hello" in shown else "● › Hello") :]
    assert tree.count("You said: Hello") == 3


def test_compare_without_a_question_asks_nobody(talk: Talk) -> None:
    shown = talk("/compare nope")
    assert "there is no question" in shown
    assert "asking" not in shown


def test_continue_without_an_answer_says_to_ask_first(talk: Talk) -> None:
    assert "nothing was answered yet\n  hint: ask something first" in talk("/continue")


def test_compare_shows_what_went_wrong_with_one_and_the_other_s_answer(talk: Talk, server: Server) -> None:
    shown = talk("Hello", "/compare no-such-model mistral-small-latest")
    assert "the model is not known" in shown
    assert shown.count("You said: Hello") == 2


def test_compare_names_the_model_above_what_went_wrong_with_it(talk: Talk) -> None:
    shown = talk("Hello", "/compare no-such-model").splitlines()
    wrong = next(place for place, row in enumerate(shown) if row.startswith("the model is not known"))
    assert shown[wrong - 2 : wrong] == ["no-such-model", ""]


def test_compare_says_from_which_answer_the_talk_goes_on(talk: Talk) -> None:
    shown = talk("Hello", "/compare mistral-small-latest no-such-model")
    assert "the talk goes on from mistral-small-latest; /branches shows all, /switch N takes another" in shown


def test_a_comparison_without_an_answer_speaks_of_no_branches(talk: Talk) -> None:
    assert "/branches" not in talk("Hello", "/compare no-such-model nor-this")


def test_continue_finishes_an_answer_cut_at_its_length(talk: Talk, server: Server) -> None:
    server.reply(Answer(["The sea is"], finish_reason="length"), "The sea is blue.")
    shown = talk("What is the sea?", "/continue", "More")
    assert "cut at max_tokens — /continue" in shown
    assert server.chats[1].messages[-1] == {"role": "assistant", "content": "The sea is", "prefix": True}
    assert contents(server.chats[2].json)[1] == "The sea is blue."


@pytest.mark.parametrize(
    ("begin", "reply", "whole"),
    [
        ("The sea is ", "The sea is blue.", "The sea is blue."),
        ("The sea is ", "The sea isblue.", "The sea is blue."),
        ("The sea is ", "blue.", "The sea is blue."),
        ("The se", "The sea is blue.", "The sea is blue."),
        ("The se", "a is blue.", "The sea is blue."),
        ("```python\npri", "nt(1)\n```", "```python\nprint(1)\n```"),
        ("```python\npri", "```python\nprint(1)\n```", "```python\nprint(1)\n```"),
        ("Family: 👩\u200d", "👩.", "Family: 👩\u200d👩."),
    ],
)
def test_the_seam_of_a_continued_answer_is_invisible(
    talk: Talk, server: Server, begin: str, reply: str, whole: str
) -> None:
    server.reply(Answer([begin], finish_reason="length"), reply)
    talk("Go!", "/continue", "More")
    assert contents(server.chats[2].json)[1] == whole


def test_continue_of_a_complete_answer_is_refused(talk: Talk) -> None:
    assert "there is nothing to go on with" in talk("Hello", "/continue")


def test_a_server_that_takes_no_prefix_is_asked_again_without(talk: Talk, server: Server) -> None:
    refused = Http(400, {"message": "prefix is not supported", "type": "invalid_request_error"})
    server.reply(Answer(["The sea is"], finish_reason="length"), refused, "The sea is blue.")
    shown = talk("What is the sea?", "/continue", "/branches")
    assert "the server takes no prefix" in shown
    assert server.chats[2].messages[-1]["role"] == "user"
    assert shown[shown.index("● ") :].count("The sea is") == 2


def test_an_answer_asked_for_again_without_prefix_begins_after_a_blank_row(talk: Talk, server: Server) -> None:
    refused = Http(400, {"message": "prefix is not supported", "type": "invalid_request_error"})
    server.reply(Answer(["The sea is as blue as ", RESET]), refused, "The sea is blue.")
    shown = talk("What is the sea?")
    assert "\n\nthe server takes no prefix; asking again\n\nThe sea is blue.\n" in shown


def test_a_connection_that_breaks_is_taken_up_again_once(talk: Talk, server: Server) -> None:
    server.reply(Answer(["The sea is as blue as ", RESET]), "The sea is as blue as the sky.")
    shown = talk("What is the sea?", "More")
    assert shown.count("connection lost; going on where it stopped") == 1
    assert contents(server.chats[2].json)[1] == "The sea is as blue as the sky."


def test_a_short_beginning_is_not_taken_up_by_itself(talk: Talk, server: Server) -> None:
    server.reply(Answer(["The sea", RESET]))
    shown = talk("What is the sea?")
    assert len(server.chats) == 1
    assert "/continue" in shown


def test_a_connection_that_breaks_is_left_when_so_wanted(shell: Shell, server: Server) -> None:
    shell.environment["MISTRAL_CHAT_RESUME"] = "never"
    server.reply(Answer(["The sea is as blue as ", RESET]))
    shown = Talk(shell)("What is the sea?")
    assert len(server.chats) == 1
    assert "hint: what came is kept; /continue goes on with it" in shown


def test_a_failed_message_is_back_in_the_prompt(talk: Talk, server: Server) -> None:
    server.reply(Http(400, {"message": "no", "type": "invalid_request_error"}))
    talk("Hello", " again")
    assert contents(server.chats[1].json) == ["Hello again"]


def test_a_failed_message_that_begins_with_a_slash_is_still_a_message(talk: Talk, server: Server) -> None:
    server.reply(Http(400, {"message": "no", "type": "invalid_request_error"}))
    shown = talk("//etc/hosts is what?", "")
    assert [contents(chat.json) for chat in server.chats] == [["/etc/hosts is what?"]] * 2
    assert "no command" not in shown


def test_a_command_that_fails_leaves_the_prompt_empty(talk: Talk, server: Server) -> None:
    talk("/temperature 9", "One")
    assert contents(server.chats[0].json) == ["One"]


def test_an_edited_message_that_fails_leaves_the_conversation_as_it_was(talk: Talk, server: Server) -> None:
    server.reply("Uno", "Due", Http(400, {"message": "no", "type": "invalid_request_error"}))
    talk("One", "Two", "/edit 1", "!", CLEAR, "Three")
    assert contents(server.chats[3].json) == ["One", "Uno", "Two", "Due", "Three"]


def test_an_edited_message_that_failed_is_still_an_edit_when_sent_again(talk: Talk, server: Server) -> None:
    server.reply("Uno", "Due", Http(400, {"message": "no", "type": "invalid_request_error"}))
    talk("One", "Two", "/edit 1", "!", "!")
    assert contents(server.chats[3].json) == ["One!!"]


def test_a_retry_that_fails_leaves_the_answer_that_was(talk: Talk, server: Server) -> None:
    talk("One", "/retry model=no-such-model", "Two")
    assert contents(server.chats[2].json) == ["One", "You said: One", "Two"]


def test_a_comparison_in_which_all_fail_leaves_the_answer_that_was(talk: Talk, server: Server) -> None:
    talk("One", "/compare no-such-model nor-this", "Two")
    assert contents(server.chats[3].json) == ["One", "You said: One", "Two"]


def test_a_prefix_and_then_all_refused_leaves_the_beginning_that_was(talk: Talk, server: Server) -> None:
    refused = Http(400, {"message": "no", "type": "invalid_request_error"})
    server.reply(Answer(["The sea is"], finish_reason="length"), refused, refused)
    talk("What is the sea?", "/continue", "More")
    assert contents(server.chats[3].json) == ["What is the sea?", "The sea is", "More"]


# ---------------------------------------------------------------- sessions


def test_new_begins_a_session_with_the_same_settings(talk: Talk, server: Server) -> None:
    talk("/system Be brief", "One", "/new", "Two")
    assert contents(server.chats[1].json) == ["Be brief", "Two"]


def test_new_leaves_the_old_session_where_it_is(talk: Talk, shell: Shell, server: Server) -> None:
    talk("One", "/new", "Two")
    assert [entry["question"] for entry in shell("--sessions", "-o", "json").json] == ["Two", "One"]


def test_resume_goes_on_with_a_session_and_shows_its_last_exchange(talk: Talk, shell: Shell, server: Server) -> None:
    shell("--title", "Painting", "-s", "Be brief", "One")
    shown = talk("/resume Painting", "Two")
    assert "› One" in shown
    assert "You said: One" in shown
    assert contents(server.chats[1].json) == ["Be brief", "One", "You said: One", "Two"]


def test_resume_takes_the_session_s_settings_in_place_of_the_present_ones(
    talk: Talk, shell: Shell, server: Server
) -> None:
    shell("--title", "Painting", "--temperature", "0.5", "One")
    talk("/temperature 1", "/stop X", "/resume Painting", "Two")
    body = server.chats[1].json
    assert body["temperature"] == 0.5
    assert "stop" not in body


def test_resume_of_an_unknown_session_is_refused(talk: Talk, shell: Shell) -> None:
    shell("One")
    assert "there is no session nothing like it" in talk("/resume nothing like it")


def test_a_resumed_session_is_shown_at_the_start(shell: Shell) -> None:
    shell("One")
    shell("-c", "Two")
    shown = Talk(shell, "-c")()
    assert "· resumed ·" in shown
    assert "You said: Two" in shown
    assert "You said: One" not in shown


def test_title_shows_and_sets(talk: Talk, shell: Shell) -> None:
    shown = talk("One", "/title", "/title On painting", "/title")
    assert "title One" in shown
    assert shown.count("title On painting") == 2
    assert shell("--sessions", "-o", "json").json[0]["title"] == "On painting"


def test_a_title_before_the_first_message_is_kept(talk: Talk, shell: Shell) -> None:
    talk("/title On painting", "One")
    assert shell("--sessions", "-o", "json").json[0]["title"] == "On painting"


def test_no_session_is_kept_before_something_is_said(talk: Talk, shell: Shell) -> None:
    talk("/system Be brief", "/settings")
    assert shell("--sessions", "-o", "json").json == []


def test_history_shows_the_conversation_again(talk: Talk) -> None:
    shown = talk("One", "Two", "/history").split("tokens")[-1]
    assert shown.index("› One") < shown.index("You said: One") < shown.index("› Two") < shown.index("You said: Two")


@pytest.mark.parametrize("last", ["", " 2", " 9"])
def test_history_shows_the_numbers_that_edit_takes(talk: Talk, server: Server, last: str) -> None:
    shown = talk("One", "Two", "Three", f"/history{last}", "/edit 2", "!").split("tokens")
    assert {"2 › Two", "3 › Three"} < set(shown[-2].splitlines())
    assert contents(server.chats[3].json)[-1] == "Two!"


def test_history_with_a_number_shows_the_end(talk: Talk) -> None:
    shown = talk("One", "Two", "/history 1").split("tokens")[-1]
    assert "› One" not in shown
    assert "› Two" in shown


def test_thinking_shows_the_last_thought(talk: Talk, server: Server) -> None:
    thought = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm, the sea."}], "closed": True}]
    server.reply(Answer([thought, "Blue."]))
    assert "Hm, the sea." in talk("What is the sea?", "/thinking")


def test_thinking_without_a_thought_says_how_to_get_one(talk: Talk) -> None:
    assert "/reasoning_effort high" in talk("Hello", "/thinking")


def test_pipe_gives_a_code_block_to_a_command(talk: Talk, server: Server) -> None:
    server.reply("Here:\n\n```\nb\na\n```\n")
    shown = talk("Code!", "/pipe 1 sort | tr a-z A-Z")
    assert "A\nB\n" in shown


def test_the_key_is_not_in_the_environment_of_a_piped_command(talk: Talk, server: Server) -> None:
    server.reply("```\nx\n```\n")
    shown = talk("Code!", '/pipe 1 echo "key=$MISTRAL_API_KEY."')
    assert "key=." in shown


def test_a_piped_command_has_no_terminal_to_take_keys_from(talk: Talk, server: Server) -> None:
    server.reply("```\nx\n```\n")
    shown = talk("Code!", "/pipe 1 ps -o tty= -p $$")
    assert "\n?\n" in shown


@pytest.mark.parametrize(("command", "said"), [("kill $$", "ended by signal 15"), ("exit 3", "exit status 3")])
def test_how_a_piped_command_failed_is_told(talk: Talk, server: Server, command: str, said: str) -> None:
    server.reply("```\nx\n```\n")
    assert f"\n{said}\n" in talk("Code!", f"/pipe 1 {command}")


def test_save_writes_a_code_block(talk: Talk, server: Server, tmp_path: Any) -> None:
    server.reply("```python\nprint(1)\n```\n")
    shown = talk("Code!", f"/save 1 {tmp_path}/a.py")
    assert (tmp_path / "a.py").read_text() == "print(1)\n"
    assert "1 line" in shown


@pytest.mark.parametrize("command", ["/import", "/export", "/save 1"])
def test_a_pasted_name_that_no_file_can_have_is_told_as_such(talk: Talk, server: Server, command: str) -> None:
    server.reply("```\nx\n```\n")
    assert "is no name of a file" in talk("Code!", f"\x1b[200~{command} ~\0\x1b[201~")


@pytest.mark.parametrize("name", ["/dev/null", "new/"])
@pytest.mark.parametrize("command", ["/save 1 {}", "/export {}"])
def test_what_is_no_file_is_not_written_to_and_not_asked_about(
    talk: Talk, server: Server, command: str, name: str
) -> None:
    server.reply("```\nx\n```\n")
    shown = talk("Code!", command.format(name))
    assert "hint: give another name" in shown
    assert "is there already" not in shown


def test_a_code_block_that_is_not_there_is_refused(talk: Talk) -> None:
    assert "there is no code block 3" in talk("Hello", "/pipe 3 cat")


def test_control_characters_of_a_piped_command_are_shown_harmless(talk: Talk, server: Server) -> None:
    server.reply("```\nx\n```\n")
    shown = talk("Code!", r"/pipe 1 printf '\033[2Jx'")
    assert "␛[2Jx" in shown


@pytest.mark.parametrize("word", ["auto", "off", "none", "default", "clear"])
@pytest.mark.parametrize(("told", "worn"), [("0;15", "mistral-light"), ("15;0", "mistral-dark"), ("", "mistral-dark")])
def test_theme_goes_back_to_that_of_the_terminal(shell: Shell, word: str, told: str, worn: str) -> None:
    shell.environment |= {"COLORFGBG": told, "COLORTERM": "truecolor"}
    shown = Talk(shell, "--color", "always", "--theme", "nord")(f"/theme {word}", "/settings")
    description = load(worn, [bundled_folder()]).description
    assert f"{description}; chosen by the terminal" in shown
    assert re.search(r"theme\W.*auto.*/theme", shown)


@pytest.mark.parametrize(("name", "hint"), [("nrod", "did you mean nord?"), ("xyzzyx", "/theme shows them")])
def test_a_theme_that_is_not_there_is_answered_with_what_helps_here(talk: Talk, name: str, hint: str) -> None:
    assert f"no theme '{name}'\n  hint: {hint}" in talk(f"/theme {name}")


def test_usage_counts_the_tokens_of_all_branches_by_model(talk: Talk, server: Server) -> None:
    told = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100, "num_cached_tokens": 500}
    server.reply(Answer(["One"], usage=told), Answer(["Two"], usage=told), Answer(["Three"], usage=told))
    shown = talk("Hello", "/retry", "/retry model=mistral-small-latest", "/usage").splitlines()
    assert [line.split() for line in shown[-2:]] == [
        ["mistral-medium-latest", "2", "2,000", "(1,000)", "200", "$0.003150"],
        ["mistral-small-latest", "1", "1,000", "(500)", "100", "$0.000142"],
    ]


def test_usage_before_an_answer_is_refused(talk: Talk) -> None:
    assert "nothing was answered yet" in talk("/usage")


def test_quit_leaves(talk: Talk, server: Server) -> None:
    assert "You said" not in talk("/quit", "Hello")
