"""The forms in which an answer is written: exact text, JSON, JSON lines, Markdown."""

import re

import pytest

from mistral_chat import silence
from tests.e2e.replies import MID_STREAM_ERRORS, RESET, Answer, Http, retry_after
from tests.e2e.server import Server
from tests.program.shell import Shell


def test_a_pipe_gets_the_exact_text_of_the_model(shell: Shell, server: Server) -> None:
    text = "# Title\n\n<b>&amp;</b>  \x1b[31mred\x1b[0m \u202e\n\n```\ncode\n```\n"
    server.reply(text)
    assert shell("Hello").out == text


def test_one_newline_ends_the_answer(shell: Shell, server: Server) -> None:
    server.reply("without", "with\n")
    assert (shell("a").out, shell("b").out) == ("without\n", "with\n")


def test_a_thought_is_not_in_the_text(shell: Shell, server: Server) -> None:
    thought = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}], "closed": True}]
    server.reply(Answer([thought, "Paris."]))
    assert shell("Capital of France?").out == "Paris.\n"


def test_output_json_is_one_object_with_everything(shell: Shell, server: Server) -> None:
    done = shell("-o", "json", "Hello")
    answer = done.json
    assert done.status == 0
    assert list(answer) == ["content", "model", "finish_reason", "usage", "session", "message"]
    assert answer["content"] == "You said: Hello"
    assert answer["finish_reason"] == "stop"
    assert answer["usage"]["completion_tokens"] > 0
    assert shell("--resume", answer["session"], "again").status == 0


def test_output_json_has_thoughts_where_there_are_some(shell: Shell, server: Server) -> None:
    thought = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}], "closed": True}]
    server.reply(Answer([thought, "Paris."]))
    answer = shell("-o", "json", "Capital of France?").json
    assert (answer["thinking"], answer["content"]) == ("Hm.", "Paris.")


def test_output_json_is_one_line(shell: Shell, server: Server) -> None:
    server.reply("a\nb\u2028c")
    assert shell("-o", "json", "Hello").out.count("\n") == 1


def test_output_json_of_a_broken_answer_has_what_came(shell: Shell, server: Server) -> None:
    shell.environment["MISTRAL_CHAT_RESUME"] = "never"
    server.reply(Answer(["Hel", "lo", RESET]))
    done = shell("-o", "json", "Hi")
    assert done.status == 7
    assert (done.json["content"], done.json["finish_reason"]) == ("Hello", "cut")


def test_output_jsonl_is_an_event_a_line_and_finished_is_last(shell: Shell, server: Server) -> None:
    server.reply(Answer(["Hel", "lo"]))
    lines = shell("-o", "jsonl", "Hi").json_lines
    assert [line["type"] for line in lines] == ["text", "text", "usage", "finished"]
    assert "".join(line["text"] for line in lines[:2]) == "Hello"
    assert lines[-1] == {"type": "finished", "finish_reason": "stop"}


@pytest.mark.parametrize("words", MID_STREAM_ERRORS.values(), ids=MID_STREAM_ERRORS)
def test_output_jsonl_tells_an_error_in_mid_stream(shell: Shell, server: Server, words: bytes) -> None:
    server.reply(Answer(["Hel", words]))
    done = shell("-o", "jsonl", "Hi")
    assert [line["type"] for line in done.json_lines] == ["text", "error", "finished"]
    assert "Internal server error" in done.json_lines[1]["message"]
    assert done.status == 7


@pytest.mark.parametrize(
    "words", [["Hi"], ["-m", "mistral-medum-latest", "Hi"]], ids=["a broken answer", "an unknown model"]
)
def test_output_jsonl_gives_the_hint_that_stderr_gives(shell: Shell, server: Server, words: list[str]) -> None:
    if "-m" not in words:
        server.reply(Answer(["Hello", RESET]))
    done = shell("-o", "jsonl", *words)
    (error,) = [line for line in done.json_lines if line["type"] == "error"]
    assert done.err.splitlines()[-1] == f"  hint: {error['hint']}"


def test_output_jsonl_has_no_empty_text_where_an_answer_goes_on(shell: Shell, server: Server) -> None:
    server.reply(Answer(["The sea is as blue as ", RESET]), Answer(["The sea is as blue as ", "the sky."]))
    lines = shell("-o", "jsonl", "Hi").json_lines
    assert [line["text"] for line in lines if line["type"] == "text"] == ["The sea is as blue as ", "the sky."]


def test_output_jsonl_tells_a_refusal(shell: Shell, server: Server) -> None:
    shell.environment["MISTRAL_API_KEY"] = "wrong"
    done = shell("-o", "jsonl", "Hi")
    assert [line["type"] for line in done.json_lines] == ["error"]
    assert done.status == 3


def test_a_tool_call_is_told_in_json(shell: Shell, server: Server) -> None:
    call = {"id": "abcdefghi", "type": "function", "function": {"name": "look", "arguments": '{"at": "sky"}'}}
    server.reply(Answer([], finish_reason="tool_calls", tool_calls=[call]))
    answer = shell("-o", "json", "Look!").json
    assert answer["finish_reason"] == "tool_calls"
    assert answer["tool_calls"][0]["name"] == "look"


@pytest.mark.parametrize("form", [[], ["-o", "text"], ["-o", "markdown"]], ids=str)
def test_an_answer_of_tool_calls_alone_is_told_on_stderr(shell: Shell, server: Server, form: list[str]) -> None:
    call = {"id": "abcdefghi", "type": "function", "function": {"name": "look", "arguments": '{"at": "sky"}'}}
    server.reply(Answer([], finish_reason="tool_calls", tool_calls=[call]))
    done = shell(*form, "Look!")
    assert (done.status, done.out, done.err) == (0, "", "asks for look\n")


def test_without_streaming_the_answer_is_the_same(shell: Shell, server: Server) -> None:
    done = shell("--no-stream", "Hello")
    assert (done.status, done.out) == (0, "You said: Hello\n")
    assert not server.chats[0].json.get("stream")


def test_without_streaming_the_answer_is_kept(shell: Shell) -> None:
    shell("--no-stream", "Hello")
    assert shell("-c", "--no-stream", "-o", "json", "again").json["message"] == 4


def test_forced_colour_renders_markdown_in_a_pipe(shell: Shell, server: Server) -> None:
    server.reply("**bold** words")
    done = shell("--color", "always", "Hello")
    assert "\x1b[" in done.out
    assert "bold" in done.out
    assert "**" not in done.out


def test_nothing_is_ever_drawn_again_in_a_pipe(shell: Shell, server: Server) -> None:
    server.reply(Answer(["# Tit", "le\n\n| a | b |\n|---|", "---|\n| 1 | 2 |\n", "\nend"]))
    done = shell("--color", "always", "Hello")
    assert not re.search(r"\x1b\[(\?|\d*[A-HJK])", done.out)
    assert [line for line in re.sub(r"\x1b\[[0-9;]*m", "", done.out).splitlines() if "end" in line] == ["end"]


def test_output_markdown_renders_without_colours_in_a_pipe(shell: Shell, server: Server) -> None:
    server.reply("**bold** words")
    done = shell("-o", "markdown", "Hello")
    assert done.out == "bold words\n"


def test_an_answer_cut_at_its_length_is_complete_unless_strict(shell: Shell, server: Server) -> None:
    assert shell("--max-tokens", "2", "one two three").status == 0
    assert shell("--max-tokens", "2", "--strict", "one two three").status == 7


def test_an_answer_cut_at_its_length_says_so_on_stderr(shell: Shell) -> None:
    done = shell("--max-tokens", "2", "one two three")
    assert done.out == "You said:\n"
    assert done.err == "cut at max_tokens — /continue after mistral-chat -c\n"


def test_what_is_not_kept_cannot_be_gone_on_with(shell: Shell) -> None:
    assert shell("--max-tokens", "2", "--no-save", "Hello").err == "cut at max_tokens\n"


def test_a_broken_answer_says_how_the_command_line_goes_on_with_it(shell: Shell, server: Server) -> None:
    server.reply(Answer(["Hello", RESET]))
    assert "hint: what came is kept; /continue after mistral-chat -c goes on with it" in shell("Hi").err


def test_the_server_ending_with_an_error_makes_the_answer_incomplete(shell: Shell, server: Server) -> None:
    server.reply(Answer(["Hel", "lo"], finish_reason="error"))
    done = shell("Hi")
    assert (done.status, done.out) == (7, "Hello\n")


def test_characters_the_output_has_not_are_replaced(shell: Shell, server: Server) -> None:
    server.reply("naïve 你好")
    done = shell("Hello", encoding="ascii")
    assert (done.status, done.out) == (0, "na?ve ??\n")


def test_a_lone_surrogate_in_an_answer_is_replaced(shell: Shell, server: Server) -> None:
    server.reply(Answer([b'data: {"choices":[{"index":0,"delta":{"content":"a\\ud800b"}}]}\n\n']))
    done = shell("Hello")
    assert (done.status, done.out) == (0, "a\ufffdb\n")


def test_a_wait_before_another_try_is_told_on_stderr(shell: Shell, server: Server) -> None:
    server.reply(Http(500, {"message": "Oops"}, {"Retry-After-Ms": "1"}), "Hello")
    done = shell("Hi")
    assert (done.status, done.out) == (0, "Hello\n")
    assert "the server failed: Oops" in done.err


@pytest.mark.parametrize("form", [[], ["-o", "json"], ["-o", "jsonl"]], ids=str)
def test_an_answer_that_is_long_in_coming_is_told_on_stderr(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, form: list[str]
) -> None:
    monkeypatch.setattr(silence, "PATIENCE", 0.0)
    assert shell(*form, "Hi").err == "no answer yet after 0 s; Ctrl-C ends the wait\n"


def test_quiet_says_nothing_of_waits(shell: Shell, server: Server) -> None:
    server.reply(Http(500, {"message": "Oops"}, {"Retry-After-Ms": "1"}), "Hello")
    assert shell("-q", "Hi").err == ""


def test_a_rate_limit_that_lasts_long_is_told_and_not_waited_for(shell: Shell, server: Server) -> None:
    server.reply(retry_after("3600"))
    done = shell("Hi")
    assert done.status == 4
    assert done.err.splitlines() == [
        "mistral-chat: error: a rate limit is reached",
        "  the limit of 60 requests a minute is used up",
        "  hint: try again in 60 minutes",
    ]
