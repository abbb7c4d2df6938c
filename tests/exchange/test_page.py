"""The page as a text: what is in it, and that there is no markup in it but the page's own."""

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mistral_chat.conversation import Conversation
from mistral_chat.events import FinishReason
from mistral_chat.exchange import page
from mistral_chat.exchange.prose import DEEPEST, LONGEST_COLOURED, prose
from mistral_chat.exchange.session import Session
from mistral_chat.message import (
    Document,
    Image,
    Reference,
    Role,
    Text,
    TextFile,
    Thinking,
    ToolCall,
    ToolReference,
    ToolResult,
)
from mistral_chat.theme import Theme, bundled_folder, load
from tests.exchange.malice import MALICE
from tests.exchange.talk import answered, branched, said, talk
from tests.store.trees import conversations

THEME = load("mistral-dark", [bundled_folder()])

ATTRIBUTES = {
    *("class", "id", "dir", "tabindex", "href", "rel", "src", "alt", "start"),
    *("charset", "name", "content", "http-equiv"),
}
ACTING = {"script", "link", "iframe", "object", "embed", "base", "form", "video", "svg", "img", "button"}
PICTURE = "data:image/png;base64,iVBORw0KGgo="


class Parts(HTMLParser):
    """The tags of a page with their attributes, and the text in each kind of them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._style = False
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        self._style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._style = False

    def handle_data(self, data: str) -> None:
        if not self._style:
            self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)

    def named(self, tag: str, kind: str = "") -> list[dict[str, str | None]]:
        return [given for name, given in self.tags if name == tag and kind in [*(given.get("class") or "").split(), ""]]


def written(session: Session, theme: Theme = THEME) -> Parts:
    return Parts(page.write(session, theme))


def everywhere(text: str) -> Session:
    """A session with a text in every place that holds text."""
    return Session(
        Conversation(
            "k3f9ab2c1d",
            text,
            {
                node.id: node
                for node in (
                    said(1, None, Role.SYSTEM, text),
                    said(2, 1, Role.USER, text, Image(text, name=text), Document(text, text), TextFile(text, text)),
                    said(3, 2, Role.ASSISTANT, Thinking((Text(text),)), text, ToolCall(text, text, text), model=text),
                    said(4, 3, Role.TOOL, ToolResult(text, text, text)),
                    said(5, 4, Role.ASSISTANT, text, Reference((text,)), ToolReference(text, text, text), model=text),
                    said(6, 2, Role.ASSISTANT, f"Folded: {text}", Image(text)),
                )
            },
            5,
        ),
        {"system": text, "stop": [text]},
    )


@pytest.mark.parametrize("text", MALICE)
def test_nothing_that_was_said_becomes_markup(text: str) -> None:
    parts = written(everywhere(text))
    tags = {name for name, _ in parts.tags}
    assert (
        tags & {"script", "link", "iframe", "object", "embed", "base", "form", "video", "svg", "img", "button"} == set()
    )
    assert len(parts.named("style")) == 1
    assert len(parts.named("meta")) == 5
    assert {name for _, given in parts.tags for name in given} <= ATTRIBUTES
    assert all(_leads_on(given["href"]) for given in parts.named("a"))


def _leads_on(address: str | None) -> bool:
    return address is not None and address.startswith(("https://", "http://", "mailto:", "#m"))


@settings(deadline=None)
@given(st.text(st.sampled_from("<>\"'&;#x/=`![]()*|-\n ajsrc")), conversations())
def test_no_text_at_all_becomes_markup(text: str, tree: Conversation) -> None:
    for session in (everywhere(text), Session(tree)):
        parts = written(session)
        assert {name for _, given in parts.tags for name in given} <= ATTRIBUTES
        assert "script" not in {name for name, _ in parts.tags}


def test_links_tell_nothing_of_where_they_were_followed() -> None:
    parts = written(answered("[Tate](https://tate.org.uk) <mailto:me@a.test>"))
    links = [given for given in parts.named("a") if not (given["href"] or "").startswith("#")]
    assert [given["href"] for given in links] == ["https://tate.org.uk", "mailto:me@a.test"]
    assert {given["rel"] for given in links} == {"noopener noreferrer"}


@pytest.mark.parametrize("address", ["//a.test/x", "/etc/passwd", "file:///etc/passwd", "ftp://a.test", "tel:1", "x"])
def test_any_other_address_is_words(address: str) -> None:
    parts = written(answered(f"[press]({address})"))
    assert "press" in parts.text
    assert address in parts.text
    assert all((given["href"] or "").startswith("#") for given in parts.named("a"))


def test_a_picture_of_the_model_s_is_a_link() -> None:
    parts = written(answered("![a cat](https://a.test/cat.png)"))
    assert parts.named("img") == []
    assert "[image: a cat]" in parts.text


def test_a_picture_of_the_user_s_is_shown() -> None:
    parts = written(talk(said(1, None, Role.USER, "What is it?", Image(PICTURE))))
    assert [given["src"] for given in parts.named("img")] == [PICTURE]


def test_the_policy_allows_one_style_sheet_and_pictures_in_the_page() -> None:
    (policy,) = (given["content"] for given in written(branched()).named("meta") if "http-equiv" in given)
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_messages_of_the_branch_in_use_are_open_and_the_others_folded() -> None:
    text = page.write(branched(), THEME)
    assert Parts(text).text.count("another answer") == 1
    folded = text[text.index('<details class="branch">') : text.index("</details>\n<article")]
    assert "Berthe Morisot." in folded
    assert "Mary Cassatt." in folded
    assert "Why he?" not in folded


def test_each_message_is_there_once() -> None:
    ids = [given["id"] for given in written(branched()).named("article")]
    assert sorted(filter(None, ids)) == ["m1", "m2", "m3", "m4", "m5", "m6"]


@settings(deadline=None)
@given(conversations())
def test_no_message_of_any_tree_is_lost(tree: Conversation) -> None:
    ids = [given["id"] for given in written(Session(tree)).named("article")]
    assert sorted(filter(None, ids)) == sorted(f"m{number}" for number in tree.nodes)


def test_what_was_undone_is_folded() -> None:
    session = branched()
    before = Session(session.conversation.switch(1), {})
    parts = written(before)
    assert len(parts.named("details", "branch")) == 2


def test_a_branch_of_a_thousand_forks_can_be_written() -> None:
    nodes = [said(1, None, Role.USER, "0")]
    for number in range(2, 2002, 2):
        nodes += [said(number, number - 1, Role.ASSISTANT, "a"), said(number + 1, number - 1, Role.ASSISTANT, "b")]
    assert len(written(talk(*nodes)).named("article")) == 2001


def test_code_is_coloured_and_its_text_untouched() -> None:
    code = "\n\ndef f(x: int) -> str:\n\treturn '<b>' + x  \n\n"
    parts = written(answered(f"```python\n{code}```"))
    assert {"class": "k"} in parts.named("span")
    assert code in parts.text


def test_code_of_a_language_nobody_knows_has_no_colours() -> None:
    assert '<span class="k">' not in prose("```nolanguage\ndef f(): pass\n```")


def test_very_long_code_has_no_colours() -> None:
    code = "x = 1\n" * LONGEST_COLOURED
    assert '<span class="n">' not in prose(f"```python\n{code}```")


@pytest.mark.parametrize("quoted", [True, False])
def test_no_word_is_lost_however_deep_it_stands(quoted: bool) -> None:
    levels = range(1, 3 * DEEPEST)
    deep = "\n".join(f"{'> ' * level if quoted else '  ' * level + '- '}w{level}." for level in levels)
    text = Parts(prose(deep)).text
    assert all(f"w{level}." in text for level in levels)


def test_a_user_s_words_stand_as_they_were_typed() -> None:
    assert "  *a*\n    <b>" in written(talk(said(1, None, Role.USER, "  *a*\n    <b>"))).text


def test_an_answer_that_ended_early_says_so() -> None:
    assert "cut at max_tokens" in written(answered("Mon", finish_reason=FinishReason.LENGTH)).text


def test_the_page_says_whether_it_is_dark() -> None:
    assert "color-scheme: dark" in page.write(branched(), THEME)
    assert "color-scheme: light" in page.write(branched(), load("mistral-light", [bundled_folder()]))


def test_a_file_that_was_attached_is_named_and_its_text_is_folded() -> None:
    asked = said(1, None, Role.USER, "See", Image(PICTURE, name='a".png'), TextFile("b.md", "<b>x</b>"))
    parts = written(talk(asked))
    assert [image["alt"] for image in parts.named("img")] == ['a".png']
    assert "File b.md" in parts.text
    assert "<b>x</b>" in parts.text
