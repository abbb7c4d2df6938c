"""Themes: from `themes/*.toml` to the style of each thing that is drawn.

    themes/mine.toml ──► file.read, _chain ──► the file and those it inherits
                                                  │ _palette, _resolved
                                                  ▼
                                               Theme: style name -> "bold #fa520f on #2a2521"
                                                  │
                                                  ▼
                         rich_styles, prompt_styles, code_styles

A theme may use the names in `style.STYLES` and `style.TOKENS` and no others, so that a slip of the pen is reported.
A dotted style is laid over the one that its name begins with: `status.model` says only in what it differs from
`status`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mistral_chat.arguments import did_you_mean
from mistral_chat.errors import ConfigError, UsageError
from mistral_chat.style import ANSI, ATTRIBUTES, STYLES, TOKENS, BadStyle, Look, colour, parse
from mistral_chat.theme.file import ThemeFile, read

_UNNAMED_TOKENS = (("Text",), ("Other",), ("Literal",), ("Escape",), ("Generic",))
"""The kinds of token that have no name of their own in a theme."""

_WIDGETS = {
    "completion-menu": "menu",
    "completion-menu.completion": "menu",
    "completion-menu.completion.current": "menu.current",
    "completion-menu.completion fuzzymatch.outside": "menu",
    "completion-menu.completion fuzzymatch.inside": "menu",
    "completion-menu.completion fuzzymatch.inside.character": "menu.match",
    "completion-menu.completion.current fuzzymatch.outside": "menu.current",
    "completion-menu.completion.current fuzzymatch.inside": "menu.current",
    "completion-menu.completion.current fuzzymatch.inside.character": "menu.match.current",
    "completion-menu.meta.completion": "menu.meta",
    "completion-menu.meta.completion.current": "menu.meta.current",
    "completion-menu.multi-column-meta": "menu.meta",
    "scrollbar.background": "menu.scrollbar",
    "scrollbar.button": "menu.scrollbar.thumb",
    "auto-suggestion": "prompt.suggestion",
    "bottom-toolbar": "status",
    "search": "search.hit",
    "validation-toolbar": "error",
}
"""Each class of prompt_toolkit's own widgets that is drawn in one of our styles."""

_STYLES = "a style is words such as bold red on #202020"
_COLOURS = "a colour is a name such as red, or #rrggbb"


class Theme(NamedTuple):
    """All styles, with the colours of the palette filled in.

    `styles` has every name of `STYLES`; `code` every name of `TOKENS`, or, where `pygments` names a style of
    pygments, only what differs from it. `background` is what the theme's author assumes behind the text, as
    `#rrggbb`; it is never drawn. `code_background` is drawn behind code, and is `default` where nothing is.
    """

    name: str
    description: str
    dark: bool
    background: str
    styles: Mapping[str, str]
    code: Mapping[str, str]
    code_background: str
    pygments: str = ""


def bundled_folder() -> Path:
    """Where the themes that come along are: in the package when it was installed, else beside it in the checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "themes"
    return installed if installed.is_dir() else package.parent / "themes"


def default_theme(dark: bool | None, *, few_colours: bool = False) -> str:
    """The name of the theme for a terminal of which nothing more is known; None is taken for dark.

    One of few colours gets its own sixteen: those nearest to other colours may be unreadable on it.
    """
    if few_colours:
        return "ansi-16"
    return "mistral-light" if dark is False else "mistral-dark"


def is_dark(colorfgbg: str | None, osc11: str | None) -> bool | None:
    """Whether a terminal's background is dark, from its reply to OSC 11 or else COLORFGBG; None if neither tells.

    The reply is `ESC ] 11 ; rgb:RRRR/GGGG/BBBB` with one to four hexadecimal digits each, ended by BEL or ST
    (xterm's "Operating System Commands"). COLORFGBG ends in the number of the background colour.
    """
    channel = "([0-9a-fA-F]{1,4})"
    reply = re.search(rf"\]11;rgba?:{channel}/{channel}/{channel}(?:/\w+)?(?:\x07|\x1b\\|\x9c)", osc11 or "")
    if reply:
        red, green, blue = (int(digits, 16) / (16 ** len(digits) - 1) for digits in reply.groups())
        return bool(0.299 * red + 0.587 * green + 0.114 * blue < 0.5)
    number = (colorfgbg or "").rpartition(";")[2]
    if number.isdecimal() and int(number) < len(ANSI):
        return int(number) not in (7, *range(9, 16))
    return None


def available(folders: Sequence[Path]) -> dict[str, Theme | UsageError]:
    """Every theme by its name, in their order, or what is wrong with it."""
    themes: dict[str, Theme | UsageError] = {}
    for name in _names(folders):
        try:
            themes[name] = load(name, folders)
        except UsageError as error:
            themes[name] = error
    return themes


def load(name: str, folders: Sequence[Path], way_to_all: str = "--themes lists them") -> Theme:
    """The theme from the first of the folders that has `name`.toml.

    Raises UsageError when there is none, which says the nearest name or else the `way_to_all`, and ConfigError, with
    file and line, when it or one that it inherits is wrong.
    """
    path = _find(name, folders)
    if path is None:
        raise UsageError(f"no theme {name!r}", hint=did_you_mean(name, _names(folders), way_to_all))
    chain = _chain(path, folders)
    colours = _palette(chain)
    code = _merged(chain, "code")
    dark = next((bool(file.tables[""]["dark"]) for file in chain if "dark" in file.tables[""]), True)
    pygments_background = _pygments_background(chain, code["style"]) if "style" in code else "default"
    return Theme(
        name=name,
        description=str(chain[0].tables[""].get("description", "")),
        dark=dark,
        background=_background(chain, "", colours) or ("#000000" if dark else "#ffffff"),
        styles=_resolved(chain, "styles", STYLES, colours),
        code=_resolved(chain, "code", [name for name in TOKENS if "style" not in code or name in code], colours),
        code_background=_background(chain, "code", colours) or pygments_background,
        pygments=code.get("style", ""),
    )


def rich_styles(theme: Theme) -> dict[str, str]:
    """Each style as `rich.theme.Theme` takes it."""
    return dict(theme.styles)


def prompt_styles(theme: Theme) -> dict[str, str]:
    """Each style as prompt_toolkit's `Style.from_dict` takes it: our names, and the classes of its own widgets."""
    looks = {name: parse(style) for name, style in theme.styles.items()}
    bare = Look("default", "default", dict.fromkeys(ATTRIBUTES, False))
    styles = {name: look.prompt_toolkit() for name, look in looks.items()}
    return styles | {widget: bare.under(looks[name]).prompt_toolkit() for widget, name in _WIDGETS.items()}


def code_styles(theme: Theme) -> dict[tuple[str, ...], str]:
    """The style of each kind of token as rich writes it, background and all; a key equals the token type of pygments.

    Parsed, they are what `rich.syntax.ANSISyntaxTheme` takes, which knows the terminal's own colours as well.
    """
    styles: dict[tuple[str, ...], str] = {}
    if theme.pygments:
        from pygments.styles import get_style_by_name

        for token, drawn in get_style_by_name(theme.pygments):
            on = [name for name in ("bold", "italic", "underline") if drawn[name]]
            styles[tuple(token)] = " ".join(on + ([f"#{drawn['color']}"] if drawn["color"] else []))
    else:
        styles.update(dict.fromkeys(_UNNAMED_TOKENS, theme.code["text"]))
    styles |= {tuple(_token(name).split(".")): style for name, style in theme.code.items()}
    ground = Look(background=theme.code_background)
    return {token: ground.under(parse(style)).rich() for token, style in styles.items()}


# ---- which files


def _names(folders: Sequence[Path]) -> list[str]:
    return sorted({path.stem for folder in folders for path in folder.glob("*.toml")})


def _find(name: str, folders: Iterable[Path], beside: Path | None = None) -> Path | None:
    """The first file for the name, other than the one whose parent is looked for."""
    paths = (folder / f"{name}.toml" for folder in folders if Path(name).name == name)
    return next((path for path in paths if path != beside and path.is_file()), None)


def _chain(path: Path, folders: Sequence[Path]) -> list[ThemeFile]:
    """The file and those it inherits, the nearest first.

    A parent is looked for from the folder of its child on, so that a theme of the user's can change the bundled
    one of the same name, and no bundled one is changed by it.
    """
    chain = [read(path)]
    while "inherits" in chain[-1].tables[""]:
        child = chain[-1]
        name = str(child.tables[""]["inherits"])
        here = folders[folders.index(child.path.parent) :]
        parent = _find(name, here, beside=child.path)
        if parent is None:
            hint = did_you_mean(name, _names(here), "--themes lists them")
            raise child.wrong("", "inherits", f"inherits: no theme {name!r}", hint)
        if any(parent == file.path for file in chain):
            circle = " -> ".join(file.path.stem for file in [*chain, read(parent)])
            what = f"inherits: goes round in a circle: {circle}"
            raise child.wrong("", "inherits", what, "let one of them inherit nothing")
        chain.append(read(parent))
    return chain


# ---- from what is written to what is drawn


def _merged(chain: Sequence[ThemeFile], table: str) -> dict[str, str]:
    """The texts of one table; those of a child replace those of its parent."""
    merged: dict[str, str] = {}
    for file in reversed(chain):
        texts = {key: value for key, value in file.tables.get(table, {}).items() if isinstance(value, str)}
        if table == "code" and "style" in texts:
            merged.clear()
        merged |= texts
    return merged


def _wrong(chain: Sequence[ThemeFile], table: str, key: str, what: str, hint: str) -> ConfigError:
    """The error to raise for a merged entry: it is of the first file that has it."""
    file = next(file for file in chain if key in file.tables.get(table, {}))
    return file.wrong(table, key, f"{key}: {what}", hint)


def _palette(chain: Sequence[ThemeFile]) -> dict[str, str]:
    """Each name of the palette with the colour it means in the end, for one may be given by another."""
    names = _merged(chain, "palette")
    colours: dict[str, str] = {}
    for name in names:
        if name in (*ATTRIBUTES, "on", "not", "none"):
            what = "is a word of the style language, and names no colour"
            raise _wrong(chain, "palette", name, what, "give it another name")
        seen = {name}
        word = names[name]
        while word in names and word not in seen:
            seen.add(word)
            word = names[word]
        if word in seen and word not in ANSI:
            what = f"is given by itself, through {names[name]!r}"
            raise _wrong(chain, "palette", name, what, "give one of them a colour")
        try:
            colours[name] = colour(word, {})
        except BadStyle as error:
            hint = did_you_mean(word, [*names, *error.known], _COLOURS)
            raise _wrong(chain, "palette", name, str(error), hint) from error
    return colours


def _resolved(
    chain: Sequence[ThemeFile], table: str, names: Iterable[str], colours: Mapping[str, str]
) -> dict[str, str]:
    """The style of each name, laid over that of the nearest name it begins with; of a token, or else of `text`."""
    texts = _merged(chain, table)
    looks = {"": Look()}
    for name in names:
        parent = name.rpartition(".")[0]
        while parent not in looks:
            parent = parent.rpartition(".")[0]
        looks[name] = looks[parent or ("text" if "text" in looks else "")]
        if name in texts:
            try:
                looks[name] = looks[name].under(parse(texts[name], colours))
            except BadStyle as error:
                hint = did_you_mean(error.word, error.known, _STYLES)
                raise _wrong(chain, table, name, str(error), hint) from error
    del looks[""]
    return {name: look.rich() for name, look in looks.items()}


def _background(chain: Sequence[ThemeFile], table: str, colours: Mapping[str, str]) -> str:
    """The table's `background`, or nothing."""
    text = _merged(chain, table).get("background", "")
    try:
        return text and colour(text, colours)
    except BadStyle as error:
        hint = did_you_mean(error.word, error.known, _COLOURS)
        raise _wrong(chain, table, "background", str(error), hint) from error


def _pygments_background(chain: Sequence[ThemeFile], name: str) -> str:
    """The background of a style of pygments; raises if there is no such style."""
    from pygments.styles import get_all_styles, get_style_by_name
    from pygments.util import ClassNotFound

    try:
        background = get_style_by_name(name).background_color
    except ClassNotFound as error:
        hint = did_you_mean(name, get_all_styles(), "https://pygments.org/styles/ shows them")
        raise _wrong(chain, "code", "style", f"pygments has no style {name!r}", hint) from error
    try:
        return colour(background, {})
    except BadStyle:
        return "default"


def _token(name: str) -> str:
    """What pygments calls a token: `Name.Function`, `Literal.String.Doc`."""
    path = ".".join(part.capitalize() for part in name.split("."))
    return f"Literal.{path}" if name.startswith(("string", "number")) else path
