"""A session as Markdown: all that was said, once, whatever marks are in it."""

from itertools import pairwise

from markdown_it import MarkdownIt

from mistral_chat.events import FinishReason
from mistral_chat.exchange import markdown
from mistral_chat.message import Image, Reference, Role, Text, TextFile, Thinking, ToolCall, ToolResult
from tests.exchange.talk import answered, branched, said, talk


def body(text: str) -> str:
    """What follows the head."""
    return text.split("\n---\n", 1)[1]


def headings(text: str) -> list[str]:
    """The headings as CommonMark sees them."""
    tokens = MarkdownIt().parse(body(text))
    return [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]


def test_the_head_tells_what_is_known_of_the_session() -> None:
    text = markdown.write(branched())
    head = text.split("---\n")[1].splitlines()
    assert 'title: "Painters"' in head
    assert 'session: "k3f9ab2c1d"' in head
    assert 'model: "mistral-medium-latest"' in head
    assert 'begun: "2026-09-21 14:14 UTC"' in head
    assert 'settings: {"system": "Be brief."}' in head


def test_who_spoke_stands_above_each_message() -> None:
    who = [heading.split(" · ")[0] for heading in headings(markdown.write(answered("Monet.")))]
    assert who == ["Painters", "You", "mistral-medium-latest"]


def test_the_branch_in_use_comes_first_and_the_others_after_it() -> None:
    text = body(markdown.write(branched()))
    order = ["Branch 2 of 2", "best painter?", "Monet", "Why he?", "Branch 1 of 2, after message 1", "Morisot"]
    places = [text.index(words) for words in order]
    assert places == sorted(places)


def test_no_message_is_written_twice() -> None:
    text = markdown.write(branched())
    assert [text.count(f"· message {number} ·") for number in range(1, 7)] == [1] * 6


def test_a_session_without_branches_speaks_of_none() -> None:
    assert "Branch" not in markdown.write(answered("Monet."))


def test_code_is_untouched() -> None:
    code = "```python\nif a < b and c > d:\n\tprint('*\\\\_*')  \n\n\n```"
    assert code in markdown.write(answered(f"See:\n\n{code}\n\nDone."))


def test_a_fence_that_was_left_open_is_closed_for_what_follows() -> None:
    session = talk(
        said(1, None, Role.USER, "Go"),
        said(2, 1, Role.ASSISTANT, "~~~~python\nx = '```'\n~~~\ny =", finish_reason=FinishReason.LENGTH),
        said(3, 2, Role.USER, "On"),
    )
    assert [heading.split(" · ")[0] for heading in headings(markdown.write(session))][-1] == "You"


def test_an_answer_that_ended_early_says_so() -> None:
    assert "*cut at max_tokens*" in markdown.write(answered("Mon", finish_reason=FinishReason.LENGTH))


def test_a_thought_is_a_quotation() -> None:
    text = markdown.write(answered(Thinking((Text("Hm.\nWho?"),)), "Monet."))
    assert "> Hm.\n> Who?\n\nMonet." in text


def test_a_tool_is_told_with_what_it_was_given_and_gave() -> None:
    call = said(1, None, Role.ASSISTANT, ToolCall("abcdefghi", "weather", '{"city": "Paris"}'))
    result = said(2, 1, Role.TOOL, ToolResult("abcdefghi", "weather", "```\n21 °C"))
    text = markdown.write(talk(call, result))
    assert 'Calls `weather`:\n\n```json\n{"city": "Paris"}\n```' in text
    assert "````\n```\n21 °C\n````" in text


def test_references_stand_where_they_were() -> None:
    assert "It is Monet[1, 2]." in markdown.write(answered("It is Monet", Reference((1, 2)), "."))


def test_an_attachment_is_named_and_its_bytes_are_not_written() -> None:
    picture = said(
        1, None, Role.USER, "What is it?", Image("data:image/png;base64,AAAA"), Image("https://a.test/b.png")
    )
    text = markdown.write(talk(picture))
    assert "[image]\n" in text
    assert "[image](https://a.test/b.png)" in text
    assert "base64" not in text


def test_a_title_is_no_markup() -> None:
    assert headings(markdown.write(talk(said(1, None, Role.USER, "a"), title="<b>*x*</b>")))[0] == r"\<b\>\*x\*\</b\>"


def test_a_file_that_was_attached_is_named_and_its_text_is_written() -> None:
    asked = said(1, None, Role.USER, "See", Image("data:image/png;base64,AA==", name="a.png"), TextFile("b*.md", "```"))
    text = markdown.write(talk(asked))
    assert "[image a.png]\n" in text
    assert "[file b\\*.md]\n\n````\n```\n````" in text
