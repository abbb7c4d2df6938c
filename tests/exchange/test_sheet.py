"""The style sheet of the page: every theme gives one in which all can be read."""

import re
from collections.abc import Iterator

import pytest

from mistral_chat.exchange.sheet import sheet
from mistral_chat.theme import Theme, available, bundled_folder

THEMES = {name: theme for name, theme in available([bundled_folder()]).items() if isinstance(theme, Theme)}


@pytest.mark.parametrize("name", THEMES)
def test_every_theme_gives_a_style_sheet_without_holes(name: str) -> None:
    style = sheet(THEMES[name])
    assert ": ;" not in style
    assert "default" not in style
    assert "{}" not in style


@pytest.mark.parametrize("name", THEMES)
def test_every_theme_can_be_read(name: str) -> None:
    """WCAG 2.2, 1.4.3: text has a contrast of at least 4.5 to what is behind it."""
    style = sheet(THEMES[name])
    variables = dict(_variables(style))
    pairs = [
        ("text", "ground"),
        ("muted", "ground"),
        ("accent", "ground"),
        ("text", "surface"),
        ("code-text", "code-ground"),
    ]
    for text, ground in pairs:
        behind = variables["ground"] if variables[ground] == "transparent" else variables[ground]
        assert contrast(variables[text], behind) >= 4.5, (text, ground)


@pytest.mark.parametrize("name", THEMES)
def test_code_can_be_read_in_every_theme(name: str) -> None:
    style = sheet(THEMES[name])
    variables = dict(_variables(style))
    behind = variables["code-ground"] if variables["code-ground"] != "transparent" else variables["ground"]
    colours = set(re.findall(r"^\.code \.\w+ \{ color: (#\w{6});", style, re.MULTILINE))
    assert {colour for colour in colours if contrast(colour, behind) < 4.5} == set()


def _variables(style: str) -> Iterator[tuple[str, str]]:
    root = style[style.index(":root {") : style.index("}", style.index(":root {"))]
    for declaration in root.split("--")[1:]:
        name, _, value = declaration.partition(":")
        yield name.strip(), value.strip(" ;\n")


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
