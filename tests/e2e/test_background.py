"""Light or dark: the terminal is asked for its background, and the theme follows."""

import pytest

from mistral_chat.theme import bundled_folder, load
from tests.e2e.conftest import Chat
from tests.e2e.prompt import line
from tests.e2e.terminal import Terminal

WHITE, BLACK = "rgb:ffff/ffff/ffff", "rgb:0000/0000/0000"


def mark(theme: str) -> str:
    """The colour of the prompt's mark in a theme, as six hexadecimal digits."""
    style = load(theme, [bundled_folder()]).styles["prompt.mark"]
    return next(word.removeprefix("#") for word in style.split() if word.startswith("#"))


def wait_for_mark(terminal: Terminal, theme: str) -> None:
    terminal.wait_for("›")

    def is_worn() -> bool:
        return any("›" in row for row in terminal.screen()) and terminal.cell(*terminal.find("›")).fg == mark(theme)

    terminal.wait_until(is_worn)


@pytest.mark.parametrize(("background", "theme"), [(WHITE, "mistral-light"), (BLACK, "mistral-dark")])
def test_the_theme_goes_by_the_background(chat: Chat, background: str, theme: str) -> None:
    wait_for_mark(chat(background=background, COLORTERM="truecolor"), theme)


def test_a_terminal_that_does_not_answer_is_taken_for_dark(chat: Chat) -> None:
    wait_for_mark(chat(COLORTERM="truecolor"), "mistral-dark")


def test_a_theme_that_was_chosen_stays(chat: Chat) -> None:
    terminal = chat("--theme", "nord", background=WHITE, COLORTERM="truecolor")
    wait_for_mark(terminal, "nord")
    assert b"\x1b]11;?" not in terminal.raw


def test_the_answer_of_the_terminal_is_not_typed_into_the_prompt(chat: Chat) -> None:
    terminal = chat(background=WHITE, COLORTERM="truecolor")
    wait_for_mark(terminal, "mistral-light")
    terminal.type("hello")
    terminal.press("enter")
    terminal.wait_for("You said: hello")


def test_auto_goes_back_to_the_theme_for_the_background(chat: Chat) -> None:
    terminal = chat(background=WHITE, COLORTERM="truecolor")
    wait_for_mark(terminal, "mistral-light")
    for name, worn in (("nord", "nord"), ("auto", "mistral-light")):
        line(terminal, f"/theme {name}")
        terminal.wait_for("keep it with" if name == "nord" else "chosen by the terminal")
        terminal.wait_until(lambda: "›" in terminal.screen())
        assert terminal.cell(terminal.screen().index("›"), 0).fg == mark(worn)
