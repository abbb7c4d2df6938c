"""Keys from bytes: whatever the terminal sends, wherever it is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
from prompt_toolkit.input.vt100_parser import Vt100Parser
from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.keys import Keys

from mistral_chat.prompt.terminal import Keyboard

PIECES = st.sampled_from(
    ["a", "é", "日", "\r", "\n", "\x03", "\x1b[A", "\x1bOA", "\x1b[1;5C", "\x1b[3~", "\x1bx", "\x1b\r", "\x1b\x1b[A",
     "\x1b[13;2u", "\x1b[97;5u", "\x1b[27;2;13~", "\x1b[?1;2c", "\x1b]11;rgb:1/2/3\x07", "\x1b]11;rgb:1/2/3\x1b\\",
     "\x1b[200~x\ry\x1b[201~", "\x1b[200~\x1b[A\x1b[201~", "\x1b[[A", "\x1b[I"]
)  # fmt: skip


def keys(*chunks: str, flush: bool = True) -> list[KeyPress]:
    pressed: list[KeyPress] = []
    keyboard = Keyboard(pressed.append)
    for chunk in chunks:
        keyboard.feed(chunk)
    if flush:
        keyboard.flush()
    return pressed


def names(*chunks: str, flush: bool = True) -> list[str]:
    return [press.key.value if isinstance(press.key, Keys) else press.key for press in keys(*chunks, flush=flush)]


def _old_keys(text: str) -> list[KeyPress]:
    pressed: list[KeyPress] = []
    parser = Vt100Parser(pressed.append)
    parser.feed_and_flush(text)
    return pressed


@given(st.lists(PIECES), st.data())
def test_the_keys_are_the_same_wherever_the_bytes_are_cut(pieces: list[str], data: st.DataObject) -> None:
    text = "".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)))))
    chunks = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert keys(*chunks) == keys(text)


@given(st.lists(PIECES))
def test_pieces_do_not_run_into_each_other(pieces: list[str]) -> None:
    assert keys("".join(pieces)) == [press for piece in pieces for press in keys(piece)]


@pytest.mark.parametrize("sequence", [one for one in ANSI_SEQUENCES if one not in ("\x1b[200~",)])
def test_every_sequence_that_prompt_toolkit_knows_is_the_same_key(sequence: str) -> None:
    ours = [press.key for press in keys(sequence)]
    theirs = [press.key for press in _old_keys(sequence)]
    assert ours == theirs or sequence.endswith(("u", ";13~")) or ours == [Keys.Escape, *theirs]


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_letters_are_keys_as_they_are(text: str) -> None:
    assert names(text) == list(text)


def test_escape_alone_waits_for_what_may_follow() -> None:
    assert names("\x1b", flush=False) == []
    assert names("\x1b") == ["escape"]


def test_escape_twice_is_two_keys() -> None:
    assert names("\x1b\x1b") == ["escape", "escape"]


def test_the_escape_of_an_alt_key_tells_that_it_is_one() -> None:
    assert [press.data for press in keys("\x1bx")] == ["\x1bx", "x"]
    assert [press.data for press in keys("\x1b")] == ["\x1b"]


def test_a_sequence_that_a_slow_line_has_cut_is_waited_for() -> None:
    pressed: list[KeyPress] = []
    keyboard = Keyboard(pressed.append)
    keyboard.feed("\x1b[")
    keyboard.flush()
    keyboard.feed("A")
    assert [press.key for press in pressed] == [Keys.Up]


def test_an_answer_of_the_terminal_without_an_end_does_not_swallow_what_is_typed_later() -> None:
    pressed: list[KeyPress] = []
    keyboard = Keyboard(pressed.append)
    keyboard.feed("\x1b]11;rgb")
    keyboard.flush()
    keyboard.feed("a")
    assert [press.key for press in pressed] == ["a"]


@pytest.mark.parametrize(
    ("sequence", "name"),
    [
        ("\x1b[13;2u", "c-j"),
        ("\x1b[27;2;13~", "c-j"),
        ("\x1b[13u", "c-m"),
        ("\x1b[27u", "escape"),
        ("\x1b[99;5u", "c-c"),
        ("\x1b[97u", "a"),
        ("\x1b[97;2u", "A"),
        ("\x1b[97:65;2u", "A"),
        ("\x1b[9;2u", "s-tab"),
        ("\x1b[9u", "c-i"),
        ("\x1b[127u", "c-h"),
    ],
)
def test_a_key_that_is_told_with_its_modifiers_is_that_key(sequence: str, name: str) -> None:
    assert names(sequence) == [name]


def test_a_paste_is_one_key_with_all_its_text() -> None:
    assert [(press.key, press.data) for press in keys("a\x1b[200~one\rtwo\x1b[201~b")] == [
        ("a", "a"),
        (Keys.BracketedPaste, "one\rtwo"),
        ("b", "b"),
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_the_end_of_a_paste_is_found_when_it_is_cut(size: int) -> None:
    text = "\x1b[200~one\x1b[20\x1b[201~two"
    chunks = [text[at : at + size] for at in range(0, len(text), size)]
    assert [press.data for press in keys(*chunks)] == ["one\x1b[20", "t", "w", "o"]
