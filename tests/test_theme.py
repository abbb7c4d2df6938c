"""Themes: what is bundled is complete and readable, and what a user writes is understood or reported by line."""

from __future__ import annotations

import itertools
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from prompt_toolkit.styles import Style as PromptStyle
from prompt_toolkit.styles import default_ui_style, merge_styles
from pygments.token import Token
from rich.default_styles import DEFAULT_STYLES
from rich.style import Style as RichStyle
from rich.syntax import ANSISyntaxTheme

from mistral_chat.errors import ConfigError, UsageError
from mistral_chat.style import ANSI, STYLES, TOKENS, Look, parse
from mistral_chat.theme import (
    Theme,
    available,
    bundled_folder,
    code_styles,
    default_theme,
    is_dark,
    load,
    prompt_styles,
    rich_styles,
)
from mistral_chat.theme.file import plain

CHECKOUT = Path(__file__).resolve().parent.parent
BUNDLED = sorted(path.stem for path in (CHECKOUT / "themes").glob("*.toml"))

DECORATION = {
    "prompt.continuation",
    "prompt.suggestion",
    "menu.scrollbar",
    "menu.scrollbar.thumb",
    "branch.line",
    "markdown.hr",
    "markdown.h1.border",
    "markdown.table.border",
}
"""Lines and marks, and words that only offer: WCAG asks 3:1 of them, and 4.5:1 of what is to be read."""


def bundled(name: str) -> Theme:
    return load(name, [bundled_folder()])


@pytest.fixture(params=BUNDLED)
def theme(request: pytest.FixtureRequest) -> Theme:
    return bundled(request.param)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problem(folder: Path, text: str) -> ConfigError:
    """The error of a theme `mine` with this text."""
    path = write(folder, "mine", text)
    with pytest.raises(ConfigError) as caught:
        load("mine", [folder, bundled_folder()])
    assert caught.value.why == str(path)
    return caught.value


# What is bundled


def test_the_house_and_at_least_eight_themes_come_along() -> None:
    assert {"mistral-dark", "mistral-light", "high-contrast", "colour-blind", "ansi-16", "monochrome"} < {*BUNDLED}
    assert len(BUNDLED) >= 8


def test_every_bundled_theme_gives_every_style_and_token(theme: Theme) -> None:
    written: set[str] = set()
    tokens: set[str] = set()
    name: str | None = theme.name
    while name is not None:
        document = tomllib.loads((bundled_folder() / f"{name}.toml").read_text(encoding="utf-8"))
        written |= document["styles"].keys() if "styles" in document else set()
        tokens |= document["code"].keys() if "code" in document else set()
        name = document.get("inherits")
    assert written == STYLES.keys()
    assert {"text", "keyword", "name.function", "string", "number", "comment", "background"} <= tokens
    assert theme.styles.keys() == STYLES.keys()
    assert theme.code.keys() == TOKENS.keys()


def test_every_bundled_theme_has_a_description_of_one_line(theme: Theme) -> None:
    assert theme.description
    assert "\n" not in theme.description
    assert len(theme.description) <= 70


def test_every_style_is_drawn_somewhere() -> None:
    """Those of Markdown are looked up by rich."""
    code = "".join(
        path.read_text("utf-8") for path in (CHECKOUT / "mistral_chat").rglob("*.py") if path.name != "style.py"
    )
    ours = [name for name in STYLES if not name.startswith("markdown.")]
    assert [name for name in ours if f'"{name}"' not in code and f"class:{name}" not in code] == []


def test_markdown_styles_are_those_of_rich() -> None:
    ours = {name for name in STYLES if name.startswith("markdown.")}
    assert ours == {name for name in DEFAULT_STYLES if name.startswith("markdown.")}


def test_every_bundled_style_is_understood_by_rich(theme: Theme) -> None:
    for style in [*rich_styles(theme).values(), *code_styles(theme).values()]:
        RichStyle.parse(style)


def test_every_bundled_style_is_understood_by_prompt_toolkit(theme: Theme) -> None:
    PromptStyle.from_dict(prompt_styles(theme))


def test_words_with_a_background_of_ours_have_a_colour_of_ours(theme: Theme) -> None:
    for name, style in theme.styles.items():
        look = parse(style)
        assert look.background in ("", "default") or look.foreground not in ("", "default"), name


# Contrast, by the definitions of WCAG 2.2


def channels(colour: str) -> tuple[float, float, float]:
    """Red, green and blue as light: the sRGB curve undone, 0 to 1."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return linear(red), linear(green), linear(blue)


def linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    red, green, blue = channels(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def pairs(theme: Theme) -> Iterator[tuple[str, str, str]]:
    """Each style whose colour is the theme's own, with that and what is behind it."""
    behind_code = theme.code_background if theme.code_background != "default" else theme.background
    for behind, styles in ((theme.background, theme.styles), (behind_code, theme.code)):
        for name, style in styles.items():
            look = parse(style)
            if look.foreground.startswith("#"):
                background = look.background if look.background.startswith("#") else behind
                yield name, look.foreground, background


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_words_are_readable_on_the_background_the_theme_assumes(theme: Theme) -> None:
    too_faint = {
        name: f"{colour} on {background} is {contrast(colour, background):.2f}"
        for name, colour, background in pairs(theme)
        if contrast(colour, background) < (3 if name in DECORATION else 4.5)
    }
    assert not too_faint


@pytest.mark.parametrize("name", ["high-contrast", "high-contrast-light"])
def test_high_contrast_keeps_to_the_stricter_level_of_the_standard(name: str) -> None:
    too_faint = [
        style
        for style, colour, background in pairs(bundled(name))
        if contrast(colour, background) < (4.5 if style in DECORATION else 7)
    ]
    assert not too_faint


def test_a_theme_with_colours_of_its_own_never_dims_them(theme: Theme) -> None:
    for name, style in [*theme.styles.items(), *theme.code.items()]:
        look = parse(style)
        assert not (look.attributes.get("dim") and look.foreground.startswith("#")), name


def test_what_stands_on_the_status_line_is_readable_on_it(theme: Theme) -> None:
    line = parse(theme.styles["status"])
    for name, style in theme.styles.items():
        if name.startswith("status."):
            assert parse(style).background == line.background, name


def test_ansi_16_has_only_colours_that_can_be_read_on_light_and_dark() -> None:
    theme = bundled("ansi-16")
    used = {
        colour
        for style in [*theme.styles.values(), *theme.code.values()]
        for colour in (parse(style).foreground, parse(style).background)
    }
    assert used <= {"", "default", "red", "green", "magenta", "cyan"}
    assert theme.code_background == "default"


def test_monochrome_has_no_colour() -> None:
    theme = bundled("monochrome")
    for style in [*theme.styles.values(), *theme.code.values(), theme.code_background]:
        assert {parse(style).foreground, parse(style).background} <= {"", "default"}


def test_monochrome_tells_good_from_bad_by_attributes() -> None:
    theme = bundled("monochrome")
    for group in (["success", "warning", "error", "note", "user.text"], ["menu", "menu.current", "menu.meta"]):
        drawn = [str(RichStyle.parse(theme.styles[name])) for name in group]
        assert len({*drawn}) == len(group)
    assert theme.code["generic.inserted"] != theme.code["generic.deleted"]


# Colour-blind eyes. Matrices for linear light, full dichromacy: Machado, Oliveira and Fernandes, "A Physiologically-
# based Model for Simulation of Color Vision Deficiency" (2009).

Matrix = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
EYES: dict[str, Matrix] = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def seen(colour: str, eye: Matrix) -> tuple[float, float, float]:
    """The colour as that eye sees it, in CIE L*a*b* (white D65), where distances are those of perception."""
    light = channels(colour)
    red, green, blue = (min(1.0, max(0.0, sum(a * b for a, b in zip(row, light, strict=True)))) for row in eye)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116 for value in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def distance(one: str, other: str, eye: Matrix) -> float:
    return float(sum((a - b) ** 2 for a, b in zip(seen(one, eye), seen(other, eye), strict=True)) ** 0.5)


def closest(theme: Theme, eye: str) -> float:
    """The least distance between two of the colours that carry a meaning."""
    meanings = [theme.styles[name] for name in ("success", "warning", "error")]
    colours = {parse(style).foreground for style in meanings}
    return min(distance(one, other, EYES[eye]) for one, other in itertools.combinations(sorted(colours), 2))


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("name", ["colour-blind", "colour-blind-light"])
def test_good_doubtful_and_bad_stay_apart_for_colour_blind_eyes(name: str, eye: str) -> None:
    theme = bundled(name)
    assert closest(theme, eye) > 20
    added, removed = (parse(theme.code[f"generic.{change}"]) for change in ("inserted", "deleted"))
    assert distance(added.foreground, removed.foreground, EYES[eye]) > 20


def test_red_and_green_would_not_pass_as_safe_for_colour_blind_eyes() -> None:
    assert distance("#cd3131", "#6b7a00", EYES["deuteranopia"]) < 20


@pytest.mark.parametrize("name", ["colour-blind", "colour-blind-light"])
def test_for_colour_blind_eyes_no_meaning_rests_on_colour_alone(name: str) -> None:
    theme = bundled(name)
    looks = [parse(theme.styles[style]).attributes for style in ("success", "warning")]
    assert looks[0] != looks[1]
    assert parse(theme.code["generic.inserted"]).attributes != parse(theme.code["generic.deleted"]).attributes


# The language of styles


@pytest.mark.parametrize(
    ("written", "resolved"),
    [
        ("bold #fa520f on #202020", "bold #fa520f on #202020"),
        ("#F80", "#ff8800"),
        ("on accent", "on #ff8205"),
        ("accent", "#ff8205"),
        ("not bold bright_red", "not bold bright_red"),
        ("default on default", "default on default"),
        ("none", "none"),
        ("", "none"),
    ],
)
def test_a_style_is_resolved(written: str, resolved: str, tmp_path: Path) -> None:
    write(tmp_path, "mine", f'[palette]\naccent = "#ff8205"\n[styles]\n"note" = "{written}"\n')
    assert load("mine", [tmp_path]).styles["note"] == resolved


def test_a_colour_of_the_palette_may_be_given_by_another(tmp_path: Path) -> None:
    write(tmp_path, "mine", '[palette]\naccent = "sea"\nsea = "#123456"\n[styles]\nnote = "accent"\n')
    assert load("mine", [tmp_path]).styles["note"] == "#123456"


def test_the_palette_may_redefine_a_colour_of_the_terminal(tmp_path: Path) -> None:
    write(tmp_path, "mine", '[palette]\nred = "#aa0000"\nblue = "blue"\n[styles]\nnote = "red on blue"\n')
    assert load("mine", [tmp_path]).styles["note"] == "#aa0000 on blue"


def test_a_dotted_style_is_laid_over_the_one_it_begins_with(tmp_path: Path) -> None:
    write(tmp_path, "mine", '[styles]\nmenu = "bold red on blue"\n"menu.meta" = "not bold"\n')
    styles = load("mine", [tmp_path]).styles
    assert styles["menu.meta"] == "not bold red on blue"
    assert styles["menu.meta.current"] == "not bold red on blue"
    assert styles["note"] == "none"


def test_every_token_is_laid_over_text(tmp_path: Path) -> None:
    write(tmp_path, "mine", '[code]\ntext = "white"\nstring = "italic"\n"string.doc" = "green"\n')
    code = load("mine", [tmp_path]).code
    assert (code["number"], code["string"], code["string.doc"]) == ("white", "italic white", "italic green")


def test_names_need_no_quotes_where_toml_needs_none(tmp_path: Path) -> None:
    write(tmp_path, "mine", '[styles]\nprompt.mark = "bold"\nmarkdown = { h1 = "underline" }\n')
    styles = load("mine", [tmp_path]).styles
    assert (styles["prompt.mark"], styles["markdown.h1"]) == ("bold", "underline")


def test_a_style_for_prompt_toolkit_names_colours_as_it_does() -> None:
    look = parse("bold not dim bright_red on white")
    assert look.prompt_toolkit() == "bold nodim fg:ansibrightred bg:ansigray"
    assert parse("bright_white on default").prompt_toolkit() == "fg:ansiwhite bg:default"


@given(
    foreground=st.sampled_from(["", "default", "#a1b2c3", *ANSI]),
    background=st.sampled_from(["", "default", "#a1b2c3", *ANSI]),
    attributes=st.dictionaries(st.sampled_from(["bold", "dim", "italic", "reverse"]), st.booleans()),
)
def test_a_style_survives_being_written(foreground: str, background: str, attributes: dict[str, bool]) -> None:
    look = Look(foreground, background, attributes)
    assert parse(look.rich()) == look
    RichStyle.parse(look.rich())
    PromptStyle.from_dict({"it": look.prompt_toolkit()})


def test_the_menu_of_prompt_toolkit_is_drawn_in_our_styles() -> None:
    ours = PromptStyle.from_dict(prompt_styles(bundled("mistral-dark")))
    style = merge_styles([default_ui_style(), ours])
    row = style.get_attrs_for_style_str("class:completion-menu class:completion-menu.completion.current")
    assert (row.color, row.bgcolor, row.bold, row.reverse) == ("1c0f08", "fa520f", True, False)


# Code


def test_code_is_drawn_in_the_colours_of_the_theme() -> None:
    styles = code_styles(bundled("mistral-dark"))
    assert styles[tuple(Token.Name.Function)] == "#ffd45e on #282420"
    assert styles[tuple(Token.Literal.String)] == "#b3cf7e on #282420"
    assert styles[tuple(Token.Text)] == "#ece3d9 on #282420"


def test_rich_highlights_code_with_them() -> None:
    theme = ANSISyntaxTheme({token: RichStyle.parse(it) for token, it in code_styles(bundled("ansi-16")).items()})
    assert theme.get_style_for_token(Token.Literal.String.Double) == RichStyle.parse("green on default")
    assert theme.get_style_for_token(Token.Name.Variable.Instance) == RichStyle.parse("default on default")


def test_code_may_be_drawn_in_a_style_of_pygments(tmp_path: Path) -> None:
    write(tmp_path, "mine", 'inherits = "mistral-dark"\n[code]\nstyle = "monokai"\nkeyword = "red"\n')
    theme = load("mine", [tmp_path, bundled_folder()])
    assert theme.code_background == "#272822"
    styles = code_styles(theme)
    assert styles[tuple(Token.Keyword)] == "red on #272822"
    assert styles[tuple(Token.Comment)] == "#959077 on #272822"


def test_the_code_of_a_bundled_theme_needs_no_pygments_to_load() -> None:
    program = "import sys; from mistral_chat.theme import *; load('nord', [bundled_folder()]); print(*sys.modules)"
    modules = subprocess.check_output([sys.executable, "-c", program], text=True).split()
    assert not {"rich", "prompt_toolkit", "pygments", "tomllib"} & {*modules}


# Inheritance and folders


def test_a_theme_that_inherits_may_give_a_palette_alone(tmp_path: Path) -> None:
    write(tmp_path, "mine", 'inherits = "mistral-dark"\n[palette]\nflame = "#00ff00"\n')
    theme = load("mine", [tmp_path, bundled_folder()])
    assert theme.styles["prompt.mark"] == "bold #00ff00"
    assert theme.background == "#1e1e1e"


def test_the_user_s_folder_comes_before_the_bundled_one(tmp_path: Path) -> None:
    write(tmp_path, "nord", '[styles]\nnote = "red"\n')
    theme = load("nord", [tmp_path, bundled_folder()])
    assert theme.styles["note"] == "red"


def test_a_theme_may_change_the_bundled_one_of_its_own_name(tmp_path: Path) -> None:
    write(tmp_path, "nord", 'inherits = "nord"\n[styles]\nnote = "red"\n')
    theme = load("nord", [tmp_path, bundled_folder()])
    assert (theme.styles["note"], theme.styles["error"]) == ("red", bundled("nord").styles["error"])


def test_a_bundled_theme_inherits_bundled_ones_only(tmp_path: Path) -> None:
    write(tmp_path, "mistral-dark", "")
    assert load("nord", [tmp_path, bundled_folder()]) == bundled("nord")


def test_a_folder_that_is_not_there_has_no_themes(tmp_path: Path) -> None:
    assert [*available([tmp_path / "none", bundled_folder()])] == BUNDLED


def test_a_list_of_themes_keeps_a_broken_one_and_says_why(tmp_path: Path) -> None:
    write(tmp_path, "broken", "dark = 1\n")
    listed = available([tmp_path, bundled_folder()])
    assert isinstance(broken := listed["broken"], ConfigError)
    assert broken.what == "broken.toml:1: dark: must be true or false"
    assert isinstance(listed["nord"], Theme)


def test_an_unknown_theme_is_reported_with_the_nearest_name() -> None:
    with pytest.raises(UsageError) as caught:
        load("mistral-drak", [bundled_folder()])
    assert (caught.value.what, caught.value.hint) == ("no theme 'mistral-drak'", "did you mean mistral-dark?")


@pytest.mark.parametrize("name", ["", "../themes/nord", "/etc/passwd", "."])
def test_a_theme_is_a_name_and_not_a_path(name: str) -> None:
    with pytest.raises(UsageError):
        load(name, [bundled_folder()])


# What is wrong with a theme

STYLES_HINT = "a style is words such as bold red on #202020"


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ('[styles]\n"prompt.marc" = "bold"', "2: unknown style 'prompt.marc'", "did you mean prompt.mark?"),
        ('[code]\nkeywrd = "bold"', "2: unknown token 'keywrd'", "did you mean keyword?"),
        ('\n[pallete]\na = "red"', "2: unknown table [pallete]", "did you mean palette?"),
        ('inherit = "nord"', "1: unknown key 'inherit'", "did you mean inherits?"),
        ('inherits = "nrod"', "1: inherits: no theme 'nrod'", "did you mean nord?"),
        (
            'name = "other"',
            "1: name: must be that of the file, 'mine' (is 'other')",
            "leave it out, or rename the file",
        ),
        ('dark = "yes"', "1: dark: must be true or false", 'write "dark" = true'),
        ("[styles]\nnote = 3", "2: note: must be a text in quotes", 'write "note" = "..."'),
        ("[styles]\nnote = true", "2: note: must be a text in quotes", 'write "note" = "..."'),
        ('[styles]\nnote = "boldd"', "2: note: unknown colour 'boldd'", "did you mean bold?"),
        ('[styles]\nnote = "#12345"', "2: note: unknown colour '#12345'", STYLES_HINT),
        ('[styles]\nnote = "red on"', "2: note: unknown colour ''", STYLES_HINT),
        ('[styles]\nnote = "not red"', "2: note: unknown attribute 'red'", STYLES_HINT),
        (
            '[styles]\nnote = "red blue"',
            "2: note: 'blue' is a second colour; the one behind the text follows 'on'",
            STYLES_HINT,
        ),
        ('[palette]\nsea = "bleu"', "2: sea: unknown colour 'bleu'", "did you mean blue?"),
        ('[palette]\na = "b"\nb = "a"', "2: a: is given by itself, through 'b'", "give one of them a colour"),
        (
            '[palette]\nbold = "red"',
            "2: bold: is a word of the style language, and names no colour",
            "give it another name",
        ),
        ('[code]\nbackground = "blakc"', "2: background: unknown colour 'blakc'", "did you mean black?"),
        ('background = "bold"', "1: background: unknown colour 'bold'", "a colour is a name such as red, or #rrggbb"),
        ('[code]\nstyle = "monokia"', "2: style: pygments has no style 'monokia'", "did you mean monokai?"),
        ("[styles]\nnote = ", "2: Invalid value", "names with a dot are written in quotes"),
        (
            '[styles]\nmenu = "red"\nmenu.current = "red"',
            "3: Cannot overwrite a value",
            "names with a dot are written in quotes",
        ),
        ("a = 1\na = 1", "2: Cannot overwrite a value", "names with a dot are written in quotes"),
    ],
)
def test_what_is_wrong_is_reported_with_file_line_and_nearest_name(
    text: str, what: str, hint: str, tmp_path: Path
) -> None:
    error = problem(tmp_path, text)
    assert (error.what, error.hint) == (f"mine.toml:{what}", hint)


@pytest.mark.parametrize(
    "line", ["'prompt.marc' = ''", 'prompt.marc = ""', '"prompt" . marc = """x"""', 'prompt."marc"=""']
)
def test_a_line_is_found_however_its_name_is_written(line: str, tmp_path: Path) -> None:
    assert problem(tmp_path, f"# a theme\n\n[styles]  # here\nnote = ''\n{line}\n").what.startswith("mine.toml:5: ")


def test_a_mistake_in_what_is_inherited_is_reported_there(tmp_path: Path) -> None:
    parent = write(tmp_path, "parent", '[styles]\nnote = "bold sea"\n')
    write(tmp_path, "mine", 'inherits = "parent"\n')
    with pytest.raises(ConfigError) as caught:
        load("mine", [tmp_path])
    assert (caught.value.what, caught.value.why) == ("parent.toml:2: note: unknown colour 'sea'", str(parent))


def test_themes_that_inherit_in_a_circle_are_reported(tmp_path: Path) -> None:
    write(tmp_path, "one", 'inherits = "two"\n')
    write(tmp_path, "two", '\ninherits = "one"\n')
    with pytest.raises(ConfigError) as caught:
        load("one", [tmp_path])
    assert caught.value.what == "two.toml:2: inherits: goes round in a circle: one -> two -> one"


def test_a_theme_that_inherits_itself_alone_is_reported(tmp_path: Path) -> None:
    assert problem(tmp_path, 'inherits = "mine"').what == "mine.toml:1: inherits: no theme 'mine'"


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b'\xef\xbb\xbfdescription = "from Notepad"\r\n')
    assert load("mine", [tmp_path]).description == "from Notepad"


def test_a_file_that_is_not_utf_8_is_reported_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b'# good\ndescription = "\xff"\n')
    with pytest.raises(ConfigError, match=r"mine\.toml:2: is not UTF-8"):
        load("mine", [tmp_path])


# The plain reader


words = st.text(st.sampled_from("ab_-.#[]= \"'\\\t é\x7f"), max_size=6)
lines = st.one_of(
    st.builds("{} = {}{}".format, words, words.map('"{}"'.format), st.sampled_from(["", " # why", "x"])),
    st.builds('"{}"="{}"'.format, st.sampled_from(["a", "a.b", "styles"]), words),
    st.builds("{} = {}".format, st.sampled_from(["a", "b", "styles"]), st.sampled_from(["true", "false", "1", '"x"'])),
    st.builds("[{}]{}".format, st.sampled_from(["a", "styles", "a.b", ""]), st.sampled_from(["", " # x"])),
    words,
)


@example('styles = "x"\n[styles]', "\n")
@example('a = "\\u00e9"', "\n")
@example('a = "\x7f"', "\n")
@given(st.lists(lines, max_size=8).map("\n".join), st.sampled_from(["\n", "\r\n"]))
def test_what_is_read_plainly_is_what_tomllib_reads(text: str, line_end: str) -> None:
    tables = plain(text.replace("\n", line_end))
    if tables is not None:
        top = tables.pop("")
        assert tomllib.loads(text) == {**top, **tables}


def test_every_bundled_theme_is_read_plainly() -> None:
    for name in BUNDLED:
        text = (bundled_folder() / f"{name}.toml").read_text(encoding="utf-8")
        tables = plain(text)
        assert tables is not None, name
        top = tables.pop("")
        assert tomllib.loads(text) == {**top, **tables}


# Light or dark


@pytest.mark.parametrize(
    ("reply", "dark"),
    [
        ("\x1b]11;rgb:1e1e/1e1e/2e2e\x07", True),
        ("\x1b]11;rgb:ffff/fafa/ebeb\x1b\\", False),
        ("\x1b]11;rgb:f/f/f\x07", False),
        ("\x1b]11;rgb:00/2b/36\x9c", True),
        ("\x1b]11;rgba:fff/fff/fff/fff\x07", False),
        ("\x1b]11;RGB", None),
        ("\x1b]11;rgb:ffff/ffff/ff", None),
        ("", None),
        (None, None),
    ],
)
def test_the_reply_to_osc_11_tells_light_from_dark(reply: str | None, dark: bool | None) -> None:
    assert is_dark(None, reply) is dark


@pytest.mark.parametrize(
    ("value", "dark"),
    [
        ("15;0", True),
        ("0;15", False),
        ("0;default;7", False),
        ("15;default;8", True),
        ("12;default", None),
        ("0;99", None),
        ("", None),
    ],
)
def test_colorfgbg_tells_light_from_dark(value: str, dark: bool | None) -> None:
    assert is_dark(value, None) is dark


def test_a_reply_is_believed_before_colorfgbg() -> None:
    assert is_dark("0;15", "\x1b]11;rgb:00/00/00\x07") is True


@pytest.mark.parametrize(("dark", "name"), [(True, "mistral-dark"), (False, "mistral-light"), (None, "mistral-dark")])
def test_the_theme_fits_the_terminal(dark: bool | None, name: str) -> None:
    assert default_theme(dark) == name
    assert bundled(name).dark is (dark is not False)


def test_a_terminal_of_few_colours_is_drawn_in_its_own() -> None:
    assert default_theme(dark=True, few_colours=True) == "ansi-16"


# Documentation and packaging


@pytest.mark.parametrize(("heading", "declared"), [("## Styles", STYLES), ("## Tokens", TOKENS)])
def test_the_tables_of_the_documentation_are_those_of_the_declaration(heading: str, declared: dict[str, str]) -> None:
    page = (CHECKOUT / "docs" / "themes.md").read_text(encoding="utf-8")
    section = page.partition(heading + "\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    assert [(name.strip("`"), meaning) for name, meaning in rows] == list(declared.items())


def test_the_example_of_the_documentation_loads(tmp_path: Path) -> None:
    page = (CHECKOUT / "docs" / "themes.md").read_text(encoding="utf-8")
    write(tmp_path, "sea", page.partition("```toml\n")[2].partition("```")[0])
    assert load("sea", [tmp_path, bundled_folder()]).styles["prompt.mark"] == "bold #4fd6be"


WHERE = "from mistral_chat.theme import *; print(bundled_folder()); print(load('nord', [bundled_folder()]).name)"


def found(program: str, folder: Path) -> list[str]:
    """What a fresh Python prints that knows no more than its own library and what `program` adds."""
    command = [sys.executable, "-I", "-S", "-c", program]
    return subprocess.check_output(command, text=True, cwd=folder).splitlines()


def build(hook: str, folder: Path) -> Path:
    """What the build backend makes of the checkout, as pip asks for it, unpacked."""
    program = f"import hatchling.build as b; print(b.{hook}({str(folder)!r}))"
    made = subprocess.check_output([sys.executable, "-c", program], text=True, cwd=CHECKOUT)
    with zipfile.ZipFile(folder / made.splitlines()[-1]) as wheel:
        wheel.extractall(folder / "site")
    return folder / "site"


def test_the_themes_are_found_from_a_checkout(tmp_path: Path) -> None:
    printed = found(f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); {WHERE}", tmp_path)
    assert printed == [str(CHECKOUT / "themes"), "nord"]


@pytest.mark.slow
def test_the_themes_are_found_from_a_wheel(tmp_path: Path) -> None:
    site = build("build_wheel", tmp_path)
    printed = found(f"import sys; sys.path.insert(0, {str(site)!r}); {WHERE}", tmp_path)
    assert printed == [str(site / "mistral_chat" / "themes"), "nord"]
    assert sorted(path.stem for path in (site / "mistral_chat" / "themes").iterdir()) == BUNDLED


@pytest.mark.slow
def test_the_themes_are_found_from_an_editable_install(tmp_path: Path) -> None:
    site = build("build_editable", tmp_path)
    printed = found(f"import site; site.addsitedir({str(site)!r}); {WHERE}", tmp_path)
    assert printed == [str(CHECKOUT / "themes"), "nord"]
