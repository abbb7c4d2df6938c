"""The style sheet of an exported page, in the colours of a theme, for wide screens, phones and paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pygments.token import STANDARD_TYPES

from mistral_chat.style import ANSI, Look, parse
from mistral_chat.theme import Theme, code_styles

_ON_DARK = ["#000000", "#f1676b", "#6cc272", "#e0b64f", "#6aa5f0", "#d38be0", "#56bfc9", "#e6e6e6"]
_ON_LIGHT = ["#000000", "#b3261e", "#1a6f2e", "#7a5700", "#1a55b0", "#8a2f9e", "#006a78", "#595959"]
"""What stands for the terminal's own colours, which a page does not know: black, red, green and so on."""

_NAMED: Mapping[str, str] = {
    ".name": "answer.label",
    ".user .name": "user.label",
    ".tool .name": "tool",
    "a, .link": "markdown.link",
    "blockquote": "markdown.block_quote",
    ".said li::marker": "markdown.item.bullet",
    ".said h1": "markdown.h1",
    ".said h2": "markdown.h2",
    ".said h3": "markdown.h3",
    ".said h4": "markdown.h4",
    ".said h5": "markdown.h5",
    ".said h6": "markdown.h6",
    "th": "markdown.table.header",
    ":not(pre) > code": "markdown.code",
    ".thinking .said": "thinking",
    ".thinking > summary": "thinking.label",
    ".tool > summary": "tool",
    ".branch > summary b": "branch.current",
    ".attached": "attachment",
    ".ended": "warning",
}
"""What on the page is drawn in which style."""

_LAYOUT = """
* { box-sizing: border-box; }
html { background: var(--ground); color: var(--text); -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { max-width: 46rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; overflow-wrap: anywhere;
  font: 1.0625rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif; }
h1, h2, h3, h4, h5, h6 { line-height: 1.25; margin: 1.6em 0 .5em; }
body > header { margin-bottom: 2.5rem; padding-bottom: 1.25rem; border-bottom: 1px solid var(--line); }
body > header h1 { font-size: 1.75rem; margin: 0 0 1rem; text-wrap: balance; color: var(--accent); }
dl { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; margin: 0; font-size: .875rem; }
dl div { display: flex; gap: .4em; min-width: 0; }
dt, .muted { color: var(--muted); }
dd { margin: 0; min-width: 0; white-space: pre-wrap; }
.settings { margin-top: .75rem; font-size: .875rem; }
.settings dl { display: block; padding-top: .25rem; }
article { margin: 1.75rem 0; scroll-margin-top: 1rem; }
article > header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .15rem .75rem; margin-bottom: .35rem; }
.name { font-size: .9375rem; }
a.at { margin-left: auto; font-size: .8125rem; color: var(--muted); text-decoration: none; }
a.at:hover, a.at:focus-visible { text-decoration: underline; }
.user { background: var(--surface); border-left: 3px solid var(--accent); border-radius: .375rem;
  padding: .8rem 1.1rem .95rem; }
.plain { white-space: pre-wrap; }
.plain, p, li, th, td, dd, h1, h2, h3, h4, h5, h6 { unicode-bidi: plaintext; }
.said > :first-child { margin-top: 0; }
.said > :last-child { margin-bottom: 0; }
.said h1 { font-size: 1.4rem; } .said h2 { font-size: 1.25rem; } .said h3 { font-size: 1.125rem; }
.said h4, .said h5, .said h6 { font-size: 1rem; }
a { text-underline-offset: .15em; }
p, ul, ol, blockquote, .code, .table { margin: .8em 0; }
ul, ol { padding-left: 1.6em; }
li > p { margin: .4em 0; }
li > ul, li > ol { margin: .2em 0; }
blockquote { margin-inline: 0; padding: .1em 0 .1em 1em; border-left: 3px solid var(--line); }
hr { border: 0; border-top: 1px solid var(--line); margin: 2em 0; }
img { display: block; max-width: 100%; max-height: 24rem; margin-top: .75rem; border-radius: .375rem; }
code { font: .9em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
:not(pre) > code { padding: .1em .35em; border-radius: .25rem; }
.code { position: relative; background: var(--code-ground); color: var(--code-text); border-radius: .5rem;
  border: 1px solid var(--line); }
.code pre { margin: 0; padding: .9rem 1.1rem; overflow-x: auto; tab-size: 4; overflow-wrap: normal; }
.code .language { display: block; padding: .45rem 1.1rem 0; font-size: .75rem; color: var(--muted); }
.code .language + pre { padding-top: .35rem; }
.table { overflow-x: auto; overflow-wrap: normal; }
table { border-collapse: collapse; font-size: .9375rem; }
th, td { padding: .4rem .8rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th:first-child, td:first-child { padding-left: 0; }
.center { text-align: center; } .right { text-align: right; font-variant-numeric: tabular-nums; }
article > footer { margin-top: .6rem; font-size: .8125rem; color: var(--muted); }
summary { cursor: pointer; font-size: .875rem; padding: .15rem 0; }
summary:focus-visible, a:focus-visible, [tabindex]:focus-visible { outline: 2px solid var(--accent);
  outline-offset: 2px; }
.thinking, details.tool { margin: .5rem 0 .9rem; }
.thinking .said { padding: .25rem 0 .25rem 1rem; border-left: 3px solid var(--line); font-size: .9375rem; }
.branch { margin: 1rem 0; padding: .5rem 0 .5rem 1rem; border-left: 3px dotted var(--line); }
.branch > summary { color: var(--muted); }
.branch article:last-child { margin-bottom: .5rem; }
body > footer { margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .8125rem;
  color: var(--muted); }
@media (max-width: 480px) {
  body { padding: 1.5rem 1rem 3rem; font-size: 1rem; }
  body > header h1 { font-size: 1.4rem; }
  .user { padding: .7rem .9rem .8rem; }
  .branch { padding-left: .7rem; }
}
@media print {
  @page { margin: 18mm 16mm; }
  :root { --ground: #fff; --text: #000; --muted: #555; --line: #bbb; --surface: #fff; --accent: #000;
    --code-ground: #fff; --code-text: #000; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  body *, body *::marker { color: #000 !important; background: none !important; }
  .muted, .at, article > footer, body > footer, dt, .language { color: #555 !important; }
  .code pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  .code, table, img, blockquote, .user { break-inside: avoid-page; }
  h1, h2, h3, h4, h5, h6, article > header { break-after: avoid; }
  .said a[href]::after { content: " (" attr(href) ")"; font-size: .85em; }
}
"""


def sheet(theme: Theme) -> str:
    """The style sheet as text. Nothing in it comes from a conversation."""
    variables = {
        "ground": _colour(theme.background, theme),
        "text": _text(theme),
        "muted": _foreground("note", theme) or _text(theme),
        "line": _line(theme),
        "accent": _foreground("banner.name", theme) or _text(theme),
        "surface": _background("menu", theme) or "transparent",
        "code-ground": _colour(theme.code_background, theme) or "transparent",
        "code-text": _code_text(theme) or _text(theme),
    }
    root = "".join(f" --{name}: {value};" for name, value in variables.items())
    scheme = "dark" if theme.dark else "light"
    rules = [f"{place} {{{_declared(parse(theme.styles[name]), theme)} }}" for place, name in _NAMED.items()]
    return f":root {{ color-scheme: {scheme};{root} }}\na {{ color: inherit; }}\n" + "\n".join(
        [*rules, *_tokens(theme), _LAYOUT]
    )


def _tokens(theme: Theme) -> Iterator[str]:
    """A rule for each kind of token, by the class that pygments gives it; one without a style has that above it."""
    styles = code_styles(theme)
    for token, name in STANDARD_TYPES.items():
        path = tuple(token)
        while path and path not in styles:
            path = path[:-1]
        look = parse(styles.get(path, "none"))
        if look.background == theme.code_background:
            look = replace(look, background="")
        if name and (declared := _declared(look, theme)):
            yield f".code .{name} {{{declared} }}"


def _declared(look: Look, theme: Theme) -> str:
    """A style as declarations; what it does not say stays as it is around it."""
    foreground, background = _colour(look.foreground, theme), _colour(look.background, theme)
    if look.attributes.get("reverse"):
        foreground, background = background or "var(--ground)", foreground or "var(--text)"
    lines = [word for word, on in (("underline", "underline"), ("line-through", "strike")) if look.attributes.get(on)]
    declared = {
        "color": foreground,
        "background": background,
        "font-weight": _either(look.attributes.get("bold"), "600"),
        "font-style": _either(look.attributes.get("italic"), "italic"),
        "opacity": ".75" if look.attributes.get("dim") else "",
        "text-decoration-line": " ".join(lines),
    }
    return "".join(f" {key}: {value};" for key, value in declared.items() if value)


def _either(on: bool | None, value: str) -> str:
    return "" if on is None else value if on else "normal"


def _text(theme: Theme) -> str:
    """What the theme leaves to the terminal: the colour of its code, or one that goes with its background."""
    return _code_text(theme) or ("#e8e8e8" if theme.dark else "#1f1f1f")


def _code_text(theme: Theme) -> str:
    return _colour(parse(theme.code.get("text") or code_styles(theme)[()]).foreground, theme)


def _line(theme: Theme) -> str:
    """Lines are but hinted at: a little of the text's colour, whatever the theme."""
    return f"color-mix(in srgb, {_text(theme)} 20%, transparent)"


def _foreground(name: str, theme: Theme) -> str:
    return _colour(parse(theme.styles[name]).foreground, theme)


def _background(name: str, theme: Theme) -> str:
    return _colour(parse(theme.styles[name]).background, theme)


def _colour(colour: str, theme: Theme) -> str:
    """A colour as CSS has it; empty where the theme leaves it as it is."""
    if colour in ANSI:
        return (_ON_DARK if theme.dark else _ON_LIGHT)[ANSI.index(colour) % 8]
    return "" if colour == "default" else colour
