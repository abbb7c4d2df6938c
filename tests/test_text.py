"""Text from outside made safe to show: each rule, a corpus of attacks, and what holds for any text cut anywhere."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_chat.text import Neutraliser, cells, clean_copy, lines, neutralise, one_line, repair, truncate

ACUTE = "\u0301"
ZWNJ, ZWJ, LRM, RLM, ALM = "\u200c", "\u200d", "\u200e", "\u200f", "\u061c"
VS16 = "\ufe0f"
BLACK_FLAG = "\U0001f3f4"


def tags(ascii_text: str) -> str:
    return "".join(chr(0xE0000 + ord(char)) for char in ascii_text)


SCOTLAND = BLACK_FLAG + tags("gbsct\x7f")

HARMLESS = {
    "ascii": "def f(x):\n\treturn x  # ~!@#$%^&*()\n",
    "accents": "Où est l’été ? Ça va — naïve, œuvre, Größe, Ærø, łódź",
    "combining accents": f"e{ACUTE}te{ACUTE} a\u0308\u0304 n\u0303",
    "vietnamese, decomposed": unicodedata.normalize("NFD", "Tiếng Việt có dấu"),
    "eight marks": "o" + ACUTE * 8 + "k",
    "emoji family": "👨‍👩‍👧‍👦",
    "emoji with skin tones": "👋🏽 👩🏿‍🚀 🧑🏻‍🤝‍🧑🏾",
    "emoji with presentation selectors": "❤️ ☎︎ 🏳️‍🌈 🏴‍☠️ ❤️‍🔥 🕵🏽‍♀️ 1️⃣ #️⃣ ©️",
    "flags of countries": "🇫🇷🇩🇪 🇺🇳",
    "flags of regions": f"{SCOTLAND} {BLACK_FLAG}{tags('gbeng')}{tags(chr(0x7F))}",
    "arabic": "مرحبا بالعالم، كيف الحال؟ الرَّحْمَٰنِ",
    "arabic with direction marks": f"السعر{RLM}: سعر{LRM}. {ALM}مرحبا",
    "persian with ZWNJ": f"می{ZWNJ}خواهم خانه{ZWNJ}ها را ببینم ۲۰{ZWNJ}ام",
    "hindi": "नमस्ते दुनिया, क्षत्रिय",
    "hindi with ZWJ and ZWNJ": f"क्{ZWJ}ष क्{ZWNJ}ष",
    "malayalam, sinhala": f"അവന്{ZWJ} ශ්{ZWJ}රී ලංකා",
    "bengali, tamil, telugu": f"র{ZWJ}্য বাংলা தமிழ் తెలుగు",
    "thai, khmer, tibetan": "ภาษาไทย ភាសាខ្មែរ བོད་སྐད་",
    "mongolian": "ᠮᠣᠩᠭᠣᠯ ᠬᠡᠯᠡ ᠨᠠᠷ\u180eᠠ ᠠ\u180b",
    "chinese, japanese, korean": "你好,世界。こんにちは、カタカナ 안녕하세요",
    "korean, decomposed": unicodedata.normalize("NFD", "한글"),
    "ideographs with variation": "葛\U000e0100飾区 辻\U000e0101",
    "hebrew with RLM": f"שלום{RLM} עולם{RLM}, {RLM}אבג בְּרֵאשִׁית{RLM} לָ{RLM}",
    "hebrew with RLM after punctuation": f"שלום!{RLM} hello",
    "drawings": "┌──────────────┐ ░▒▓█ ⠋⠙⠹ → ← ≤ ∑ 🜁 ‹›«»",
    "private use": "\ue0b0 \uf015",
    "no-break and wide blanks": "10\xa0km\u2009\u3000x",
}


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS.keys())
def test_harmless_text_passes_byte_for_byte(text: str) -> None:
    assert neutralise(text).encode() == text.encode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        *((chr(code), chr(0x2400 + code)) for code in range(0x20) if chr(code) not in "\n\t\r"),
        *((chr(code), f"‹{code:02X}›") for code in range(0x80, 0xA0)),
        ("a\n\tb", "a\n\tb"),
        ("\x7f", "␡"),
        ("a\r\nb", "a\nb"),
        ("a\rb", "a␍b"),
        ("a\r\r\nb\r", "a␍\nb␍"),
        ("a\u2028b\u2029c", "a\nb\nc"),
    ],
)
def test_control_characters_are_shown(text: str, shown: str) -> None:
    assert neutralise(text) == shown


@pytest.mark.parametrize(
    "char",
    [
        *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
        *"\u200b\u2060\u2061\u2062\u2063\u2064\u206a\u206f\ufeff\u115f\u1160\u3164\uffa0\ufff9\ufffa\ufffb\xad",
        *"\U000e0080\U000e0fff\U0001d173\U0001bca0",
    ],
)
def test_turns_of_direction_and_what_is_never_seen_become_visible(char: str) -> None:
    assert neutralise(f"a{char}b") == f"a‹U+{ord(char):04X}›b"


@pytest.mark.parametrize("mark", [LRM, RLM, ALM])
def test_a_direction_mark_is_kept_only_beside_right_to_left_letters(mark: str) -> None:
    shown = f"‹U+{ord(mark):04X}›"
    assert neutralise(f"a{mark}b") == f"a{shown}b"
    assert neutralise(f"א{mark} b") == f"א{mark} b"
    assert neutralise(f"a {mark}ب") == f"a {mark}ب"
    assert neutralise(f"א{mark}{mark}") == f"א{mark}{shown}"
    assert neutralise(mark) == shown


@pytest.mark.parametrize("mark", [LRM, RLM, ALM])
def test_a_direction_mark_in_code_is_always_visible(mark: str) -> None:
    assert neutralise(f"א{mark}ב", code=True) == f"א‹U+{ord(mark):04X}›ב"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a" + tags("run rm"), "a‹hidden text: run rm›"),
        (tags("one") + "," + tags("two"), "‹hidden text: one›,‹hidden text: two›"),
        (BLACK_FLAG + tags("ignore all"), BLACK_FLAG + "‹hidden text: ignore all›"),
        (BLACK_FLAG + tags("gbsct"), BLACK_FLAG + "‹hidden text: gbsct›"),
        (BLACK_FLAG + tags("12345\x7f"), BLACK_FLAG + "‹hidden text: 12345␡›"),
        (SCOTLAND + tags("more"), SCOTLAND + "‹hidden text: more›"),
        ("🇫🇷" + tags("gbsct\x7f"), "🇫🇷‹hidden text: gbsct␡›"),
        (tags("\x01\x1b"), "‹hidden text: ␁␛›"),
    ],
)
def test_tag_characters_that_are_no_flag_are_read_out(text: str, shown: str) -> None:
    assert neutralise(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("❤" + VS16 * 3, f"❤{VS16}‹U+FE0F›‹U+FE0F›"),
        ("a" + "\ufe01\U000e0155" * 2, "a\ufe01‹U+E0155›‹U+FE01›‹U+E0155›"),
        (VS16 + "a", "‹U+FE0F›a"),
        (" " + VS16, " ‹U+FE0F›"),
        ("\n" + VS16, "\n‹U+FE0F›"),
        ("\x1b" + VS16 * 2, f"␛{VS16}‹U+FE0F›"),
    ],
)
def test_one_variation_selector_after_a_base_is_kept(text: str, shown: str) -> None:
    assert neutralise(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"a{ZWJ}b", "a‹U+200D›b"),
        (f"a{ZWNJ}b", "a‹U+200C›b"),
        (f"😀{ZWJ}b", "😀‹U+200D›b"),
        (f"😀{ZWJ}", "😀‹U+200D›"),
        (f"a{ZWJ}😀", "a‹U+200D›😀"),
        (f"😀{ZWJ}{ZWJ}😀", "😀‹U+200D›‹U+200D›😀"),
        (f"م{ZWNJ}{ZWNJ}م", f"م{ZWNJ}‹U+200C›م"),
        (f"م{RLM}{ZWNJ}م", f"م{RLM}‹U+200C›م"),
        (f"م،{ZWNJ}م", "م،‹U+200C›م"),
        (f"世{ZWJ}界", "世‹U+200D›界"),
        (ZWJ, "‹U+200D›"),
    ],
)
def test_joiners_that_join_nothing_become_visible(text: str, shown: str) -> None:
    assert neutralise(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Z" + ACUTE * 9 + "a", "Z" + ACUTE * 8 + "‹+1 mark›a"),
        ("Z" + "\u0301\u0323" * 500, "Z" + "\u0301\u0323" * 4 + "‹+992 marks›"),
        (ACUTE * 10, ACUTE * 8 + "‹+2 marks›"),
        ("م" + (ACUTE + ZWNJ) * 9, "م" + (ACUTE + ZWNJ) * 8 + "‹+1 mark›‹U+200C›"),
    ],
)
def test_marks_beyond_the_eighth_are_counted(text: str, shown: str) -> None:
    assert neutralise(text) == shown


def test_surrogates_are_joined_or_replaced() -> None:
    assert neutralise("\ud83d\ude00 \ud83d \ude00\ud83d") == "😀 \ufffd \ufffd\ufffd"
    assert neutralise("a\udb40\udc41") == "a‹hidden text: A›"


# What a terminal would obey, from the manuals of xterm, kitty, iTerm2, the Linux console and ECMA-48.
ATTACKS = [
    # CSI: colours, cursor, erasing, scrolling, modes, reports
    *("\x1b[31m", "\x1b[38;2;1;2;3m", "\x1b[8mhidden\x1b[0m", "\x1b[2J", "\x1b[3J", "\x1b[H", "\x1b[1;1H", "\x1b[1A"),
    *("\x1b[K", "\x1b[2K\rfake prompt", "\x1b[99999D", "\x1b[100b", "\x1b[r", "\x1b[5;10r", "\x1b[10S", "\x1b[4h"),
    *("\x1b[?1049h", "\x1b[?25l", "\x1b[?1000h", "\x1b[?2004l", "\x1b[?2026h", "\x1b[?1004h", "\x1b[?5h", "\x1b[20h"),
    *("\x1b[6n", "\x1b[c", "\x1b[>c", "\x1b[=c", "\x1b[>q", "\x1b[?u", "\x1b[21t", "\x1b[8;1;1t", "\x1b[22;0t"),
    *("\x1b[0$}", "\x1b[!p", "\x1b[1$w", "\x1b[>4;2m", "\x1b[?1$p", "\x1b[5i", "\x1b[4i"),
    # OSC: titles, links, clipboard, colours, notifications, files
    *("\x1b]0;title\x07", "\x1b]2;title\x1b\\", "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\"),
    *("\x1b]8;;file:///etc/passwd\x07x\x1b]8;;\x07", "\x1b]52;c;cm0gLXJmIH4=\x07", "\x1b]52;c;?\x07", "\x1b]4;1;?\x07"),
    *("\x1b]10;?\x07", "\x1b]50;font\x07", "\x1b]9;notify\x07", "\x1b]777;notify;a;b\x07", "\x1b]1337;File=:AAAA\x07"),
    *("\x1b]133;A\x07", "\x1b]7;file://host/\x07", "\x1b]P1ff0000", "\x1b]R", "\x1b]104\x07"),
    # DCS, APC, PM, SOS: terminfo requests, sixels, kitty images, tmux pass-through
    *("\x1bP$q q\x1b\\", "\x1bP+q544e\x1b\\", "\x1bPq#0;2;0;0;0~\x1b\\", "\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\"),
    *("\x1b_Gf=24,s=1,v=1;AAAA\x1b\\", "\x1b^private\x1b\\", "\x1bXstring\x1b\\", "\x1bktitle\x1b\\"),
    # the same with C1 characters
    *("\x9b31m", "\x9b2J", "\x9b6n", "\x9d0;title\x9c", "\x9d52;c;eA==\x9c", "\x9d8;;http://e\x9cx\x9d8;;\x9c"),
    *("\x90$q q\x9c", "\x9fGa=q;\x9c", "\x9epm\x9c", "\x98sos\x9c", "\x84", "\x85", "\x8d", "\x8e", "\x8f", "\x9a"),
    # single escapes: reset, charset shifts, keypad, save and restore, tabs, alignment
    *("\x1bc", "\x1b(0", "\x1b)B", "\x1b%G", "\x1b%@", "\x1bN", "\x1bO", "\x1bn", "\x1bo", "\x1b~", "\x0e", "\x0f"),
    *("\x1b7\x1b8", "\x1b=", "\x1b>", "\x1bD", "\x1bE", "\x1bM", "\x1bH", "\x1b#8", "\x1b F", "\x1bZ", "\x05"),
    # plain controls
    *("\x07" * 50, "abc\b\b\bxyz", "\rover", "\x0b\x0c", "\x00", "\x7f\x7f", "\x18\x1a", "\x11\x13"),
    # without an end, nested, interrupted, doubled
    *("\x1b", "\x1b[", "\x1b[38;5", "\x1b]0;no end", "\x1bPno end", "\x1b_no end", "\x1b]8;;", "\x9b", "\x9dno end"),
    *("\x1b\x1b[31m", "\x1b[3\x1b[1m", "\x1b]0;\x1b[31m\x07", "\x1b[\x00 31m", "\x1b\x18[31m", "\x1b[\r\n31m"),
    *("\x1b[\ud83d31m", "\x1b\u200b[31m", "\xc2\x9b31m", "\x1b[31" + ACUTE * 9 + "m", "\x1b]0;" + tags("x") + "\x07"),
]  # fmt: skip


def cuts(text: str) -> Iterable[list[str]]:
    yield [text]
    yield list(text)
    for place in range(1, len(text)):
        yield [text[:place], text[place:]]


def in_pieces(pieces: Iterable[str], *, code: bool = False) -> str:
    whole = Neutraliser(code=code)
    return "".join([*map(whole.feed, pieces), whole.close()])


def words(text: str) -> list[str]:
    """Letters and digits, those that are never seen left out."""
    return [char for char in text if char.isalnum() and char not in "\u115f\u1160\u3164\uffa0"]


def stay_in_order(wanted: list[str], text: str) -> bool:
    there = iter(text)
    return all(char in there for char in wanted)


def test_the_corpus_of_attacks_is_large() -> None:
    assert len(set(ATTACKS)) > 100


@pytest.mark.parametrize("attack", ATTACKS, ids=ascii)
def test_an_attack_reaches_the_terminal_as_pictures_however_it_is_cut(attack: str) -> None:
    for text in (attack, f"before {attack} after"):
        for pieces in cuts(text):
            shown = in_pieces(pieces)
            assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown)
            assert shown == neutralise(text)
            assert stay_in_order(words(text), shown)


# Every kind of character that a rule names, so that hypothesis finds the ways they can meet.
NEIGHBOURS = [
    *"ab1 \n\t\r.!-‹›\x00\x1b\x7f\x85\x9b\xad",
    *(ACUTE, "\u0323", "\u20e3", "\u0903", "\u034f", ACUTE * 9, ACUTE * 20),
    *(LRM, RLM, ALM, ZWJ, ZWNJ, "\u180e", "\u200b", "\u2060", "\ufeff", "\u202e", "\u2066", "\u2028", "\u2029"),
    *(VS16, "\ufe0e", "\U000e0100", "\u180b", "\u3164", "\u115f", "\ufff9"),
    *("א", "م", "٣", "क", "्", "ᠨ", "世", "é", "😀", "❤", "👩", "\U0001f3fd", "🇫", "\U0001fae8"),
    *(BLACK_FLAG, SCOTLAND, tags("g"), tags("gb"), tags("1"), tags(" "), tags("\x7f"), tags("\x1b"), tags("a" * 9)),
    *("\ud83d", "\ude00", "\udb40", "\udc67", "\udbff\udfff", "\U000e0fff", "\ufffd"),
]
NASTY = st.lists(st.sampled_from(NEIGHBOURS), max_size=30).map("".join)
ANY = st.text(st.characters(codec=None), max_size=30)
TEXTS = NASTY | ANY


@given(TEXTS)
def test_nothing_dangerous_is_ever_shown(text: str) -> None:
    shown = neutralise(text)
    shown.encode()
    without_flags = re.sub(f"{BLACK_FLAG}[\U000e0030-\U000e007a]{{3,6}}\U000e007f", "", shown)
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u115f\u1160\u3164\uffa0"
        "\U000e0000-\U000e00ff]",
        without_flags,
    )
    unseen = "[\u061c\u180b-\u180f\u200c-\u200f\ufe00-\ufe0f\U000e0100-\U000e01ef]"
    selector = "[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]"
    assert not re.search(f"(?:^|\\s|{unseen}){selector}", shown)
    assert not re.search("(?:^|\\s|[a-z0-9 ])[\u200c\u200d]", shown)


@given(TEXTS)
def test_at_most_eight_marks_stand_on_each_other(text: str) -> None:
    seen = re.sub("[\u180b-\u180f\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef]", "", neutralise(text))
    kinds = "".join("M" if unicodedata.category(char)[0] == "M" else "-" for char in seen)
    assert "M" * 9 not in kinds


@given(TEXTS, st.booleans())
def test_text_that_was_neutralised_passes_unchanged(text: str, code: bool) -> None:
    once = neutralise(text, code=code)
    assert neutralise(once, code=code) == once


@given(TEXTS, st.booleans())
def test_every_cut_gives_the_same(text: str, code: bool) -> None:
    whole = neutralise(text, code=code)
    for pieces in cuts(text):
        assert in_pieces(pieces, code=code) == whole


@given(st.lists(TEXTS, max_size=6))
def test_any_number_of_pieces_gives_the_same(pieces: list[str]) -> None:
    assert in_pieces(pieces) == neutralise("".join(pieces))


@given(TEXTS)
def test_no_word_is_lost(text: str) -> None:
    assert stay_in_order(words(repair(text)), neutralise(text))


@given(
    st.text(
        st.characters(
            codec="utf-8", categories=["L", "N", "P", "S", "Zs"], exclude_characters="\u115f\u1160\u3164\uffa0"
        )
    )
)
def test_letters_and_signs_pass_unchanged(text: str) -> None:
    assert neutralise(text) == text


def test_no_mark_is_a_letter_to_the_regular_expression_that_looks_for_marks() -> None:
    marks = (chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code))[0] == "M")
    assert not [mark for mark in marks if re.match(r"[\x00-\u02ff\w\s]", mark)]


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS.keys())
def test_harmless_text_is_held_back_by_one_emoji_or_mark_at_most(text: str) -> None:
    stream = Neutraliser()
    shown = ""
    for end, char in enumerate(text, 1):
        shown += stream.feed(char)
        assert end - len(shown) <= (len(SCOTLAND) - 2 if BLACK_FLAG in text else 1)
    assert shown + stream.close() == text


@pytest.mark.parametrize(
    "piece", ["word", "été", "世界", "\n", "e" + ACUTE, ACUTE, "😀", "❤" + VS16, "\x1b", BLACK_FLAG]
)
def test_what_does_not_hang_on_the_next_character_comes_out_at_once(piece: str) -> None:
    stream = Neutraliser()
    assert stream.feed("a" + piece) == neutralise("a" + piece)


def test_hidden_text_comes_out_while_it_goes_on() -> None:
    stream = Neutraliser()
    shown = [stream.feed(tags("secr")), stream.feed(tags("et")), stream.feed("."), stream.close()]
    assert shown == ["‹hidden text: secr", "et", "›.", ""]


@pytest.mark.parametrize(
    ("held", "ending"),
    [("\r", "␍"), (f"😀{ZWJ}", "‹U+200D›"), ("\ud83d", "\ufffd"), (RLM, "‹U+200F›"), ("a" + ACUTE * 10, "‹+2 marks›")],
)
def test_close_gives_what_was_held_back(held: str, ending: str) -> None:
    stream = Neutraliser()
    stream.feed(held)
    assert stream.close() == ending
    assert stream.close() == ""


def test_one_line_is_one_line() -> None:
    assert one_line("a\r\nb\tc\u2028d\x1b[2J") == "a b c d␛[2J"


def test_one_line_fits_the_width() -> None:
    assert one_line("many words\nin two lines", 12) == "many words …"


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("short", 5, "short"),
        ("longer", 5, "long…"),
        ("世界", 4, "世界"),
        ("世界", 3, "世…"),
        ("世界", 2, "…"),
        ("a世界", 3, "a…"),
        ("👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 3, "👨‍👩‍👧‍👦…"),
        (f"e{ACUTE}e{ACUTE}e{ACUTE}", 2, f"e{ACUTE}…"),
        ("word", 1, "…"),
        ("word", 0, ""),
        ("", 0, ""),
    ],
)
def test_truncate_counts_cells_and_cuts_between_clusters(text: str, width: int, shown: str) -> None:
    assert truncate(text, width) == shown


@given(TEXTS, st.integers(0, 20))
def test_a_truncated_line_never_exceeds_its_width(text: str, width: int) -> None:
    line = one_line(text)
    short = one_line(text, width)
    assert cells(short) <= width
    assert short == line if cells(line) <= width else line.startswith(short.removesuffix("…"))


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("hello big world of words", ["hello big", "world of", "words"]),
        ("one\n\n  two  ", ["one", "", "  two"]),
        ("endless-word more", ["endless-word", "more"]),
        ("世界 世界 世", ["世界 世界", "世"]),
        ("", [""]),
    ],
)
def test_lines_are_broken_between_words(text: str, broken: list[str]) -> None:
    assert [text[start:end] for start, end in lines(text, width=10, hang=2)] == broken


@given(TEXTS, st.integers(1, 30), st.integers(0, 8))
def test_broken_lines_lose_nothing_but_blanks_and_fit_unless_a_word_does_not(text: str, width: int, hang: int) -> None:
    shown = neutralise(text)
    broken = [shown[start:end] for start, end in lines(shown, width, hang)]
    assert "".join("".join(broken).split(" ")) == "".join(re.split("[ \n]", shown))
    assert all(cells(line) <= width or " " not in line.strip(" ") for line in broken)


def test_a_copy_loses_control_characters_and_says_how_many() -> None:
    assert clean_copy("a\x1b[1mb\x9b\x7f\x00\n\té") == ("a[1mb\n\té", 4)
    assert clean_copy(f"می{ZWNJ}خواهم") == (f"می{ZWNJ}خواهم", 0)


def test_a_copy_can_always_be_encoded() -> None:
    assert clean_copy("\ud83d!") == ("\ufffd!", 0)


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        ("plain é 😀", "plain é 😀"),
        ("\ud83d\ude00", "😀"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("a\ud83d\ud83d\ude00b", "a\ufffd😀b"),
    ],
)
def test_repair_joins_pairs_and_replaces_halves(text: str, repaired: str) -> None:
    assert repair(text) == repaired


@given(ANY)
def test_repaired_text_can_always_be_encoded(text: str) -> None:
    assert repair(text).encode().decode() == repair(text)
