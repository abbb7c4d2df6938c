"""The page in a browser: nothing leaves it, nothing in it runs, and it can be read on a phone and on paper."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from mistral_chat.exchange import page
from mistral_chat.exchange.session import Session
from mistral_chat.message import Image, Role, Text, Thinking
from mistral_chat.theme import bundled_folder, load
from tests.exchange.browser import NEEDED, Browser, binaries
from tests.exchange.malice import ELSEWHERE, MALICE
from tests.exchange.talk import answered, branched, said, talk
from tests.exchange.test_page import everywhere

pytestmark = pytest.mark.slow

PHONE = 390
OVERFLOW = "document.querySelector('pre').scrollWidth - document.querySelector('pre').clientWidth"
DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR4nGP4z8CAB+GTG8HSALfKY52fTcuYAAAAAElF"
    "TkSuQmCC"
)
WIDE = f"""# {"Heading" * 20}

{"word" * 100} `{"code" * 100}` https://a.test/{"path" * 50}

```python
x = "{"long" * 100}"
```

| {"column | " * 12}
| {"--- | " * 12}
| {"cell | " * 12}

{"- " * 12}item

{"> " * 12}quoted
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if binaries() is None:
        warnings.warn(NEEDED, stacklevel=1)
        pytest.skip(NEEDED)
    with Browser() as browser:
        yield browser


@pytest.fixture
def shown(browser: Browser, tmp_path: Path) -> "Shown":
    return Shown(browser, tmp_path / "page.html")


class Shown:
    """Shows sessions as pages."""

    def __init__(self, browser: Browser, path: Path) -> None:
        self._browser = browser
        self._path = path

    def __call__(
        self, session: Session, *, theme: str = "mistral-dark", width: int = 1000, policy: bool = True
    ) -> Browser:
        """The browser with the page of a session; without its policy, its escaping stands alone."""
        text = page.write(session, load(theme, [bundled_folder()]))
        return self.html(text if policy else text.replace("Content-Security-Policy", "X-None"), width=width)

    def html(self, text: str, *, width: int = 1000) -> Browser:
        self._path.write_text(text)
        self._browser.open(self._path, width=width)
        return self._browser

    @property
    def address(self) -> str:
        return self._path.as_uri()


def unfold(browser: Browser) -> None:
    browser.run("document.querySelectorAll('details').forEach(one => one.open = true)")


def test_no_request_leaves_the_page(shown: Shown) -> None:
    browser = shown(everywhere("\n\n".join(MALICE)))
    unfold(browser)
    assert {address for address in browser.requests() if not address.startswith("data:")} == {shown.address}


def test_no_request_leaves_it_without_its_policy(shown: Shown) -> None:
    browser = shown(everywhere("\n\n".join(MALICE)), policy=False)
    unfold(browser)
    assert {address for address in browser.requests() if not address.startswith("data:")} == {shown.address}


def test_a_page_that_asks_for_something_is_noticed(shown: Shown) -> None:
    browser = shown.html(f"<img src='{ELSEWHERE}picture.png'>")
    assert f"{ELSEWHERE}picture.png" in browser.requests()


@pytest.mark.parametrize("policy", [True, False], ids=["with policy", "without"])
@pytest.mark.parametrize("text", MALICE, ids=range(len(MALICE)))
def test_no_script_runs(shown: Shown, text: str, policy: bool) -> None:
    browser = shown(everywhere(text), policy=policy)
    unfold(browser)
    browser.run("document.querySelectorAll('.said a').forEach(one => { one.target = '_blank'; one.focus(); })")
    assert browser.run("document.title") != "run"
    assert browser.run("document.scripts.length") == 0


def test_a_script_that_runs_is_noticed(shown: Shown) -> None:
    assert shown.html("<script>document.title = 'run'</script>").run("document.title") == "run"


def test_the_policy_stops_what_the_escaping_would_have_let_through(shown: Shown) -> None:
    text = page.write(branched(), load("mistral-dark", [bundled_folder()]))
    browser = shown.html(
        text.replace("<main>", f"<main><script>document.title = 'run'</script><img src='{ELSEWHERE}'>")
    )
    assert browser.run("document.title") == "Painters"
    assert ELSEWHERE not in browser.requests()


@pytest.mark.parametrize(
    ("theme", "ground"), [("mistral-dark", "rgb(30, 30, 30)"), ("mistral-light", "rgb(255, 250, 235)")]
)
def test_the_page_has_the_colours_of_the_theme(shown: Shown, theme: str, ground: str) -> None:
    browser = shown(answered("```python\ndef f(): pass\n```"), theme=theme)
    assert browser.run("getComputedStyle(document.documentElement).backgroundColor") == ground
    colours = browser.run("[...document.querySelectorAll('pre span')].map(one => getComputedStyle(one).color)")
    assert len(set(colours)) > 1


def test_a_folded_branch_opens_at_a_click(shown: Shown) -> None:
    browser = shown(branched())
    visible = "document.querySelector('#m5').checkVisibility()"
    assert browser.run(visible) is False
    browser.click(".branch > summary")
    assert browser.run(visible) is True
    browser.click(".branch > summary")
    assert browser.run(visible) is False


def test_thoughts_open_at_a_click(shown: Shown) -> None:
    browser = shown(answered(Thinking((Text("Hm."),)), "Monet."))
    browser.click(".thinking > summary")
    assert browser.run("document.querySelector('.thinking .said').checkVisibility()") is True


def test_a_picture_of_the_user_s_is_drawn(shown: Shown) -> None:
    browser = shown(talk(said(1, None, Role.USER, "What is it?", Image(DOT))))
    assert browser.run("document.querySelector('img').naturalWidth") == 10


@pytest.mark.parametrize("session", [everywhere(WIDE), branched()], ids=["wide", "branched"])
def test_nothing_sticks_out_on_a_phone(shown: Shown, session: Session) -> None:
    browser = shown(session, width=PHONE)
    assert browser.run("document.documentElement.scrollWidth") == PHONE
    unfold(browser)
    assert browser.run("document.documentElement.scrollWidth") == PHONE


def test_long_code_scrolls_in_its_own_box(shown: Shown) -> None:
    browser = shown(answered(WIDE), width=PHONE)
    assert browser.run(OVERFLOW) > 0


@pytest.mark.parametrize("theme", ["mistral-dark", "mistral-light"])
def test_on_paper_it_is_black_on_white_and_no_code_is_cut(shown: Shown, theme: str) -> None:
    browser = shown(answered(WIDE), theme=theme)
    with browser.on_paper():
        assert browser.run("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
        colours = browser.run(
            "[...document.querySelectorAll('.said, .said code *')].map(one => getComputedStyle(one).color)"
        )
        assert len(colours) > 2
        assert set(colours) == {"rgb(0, 0, 0)"}
        assert (
            browser.run("document.querySelector('pre').scrollWidth <= document.querySelector('pre').clientWidth")
            is True
        )
