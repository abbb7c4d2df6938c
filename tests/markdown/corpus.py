"""Markdown to test with: every construct, answers such as models write, and text made to break renderers."""

from __future__ import annotations

import random

PYTHON = '''\
def fibonacci(n: int) -> list[int]:
    """Return the first n numbers.

    >>> fibonacci(3)
    """
    a, b = 0, 1
    for _ in range(n):
        yield a  # and on
        a, b = b, a + b
'''

JAVASCRIPT = """\
/* A comment
   over several lines,
   with `ticks` and "quotes" */
const greet = (name) => `Hello ${name}!`;
export default { greet, count: 0x1f };
"""

SHELL = """\
#!/bin/sh
cat <<EOF > file.txt
$HOME is where "it" is
EOF
for f in *.txt; do echo "$f"; done
"""

SPACED = "\n\n\nx = 1\n\n" + "\n".join(f"y{n} = {n}\n" * (n % 3) for n in range(20)) + "\n\n\n"

CODE = {
    "python": PYTHON,
    "js": JAVASCRIPT,
    "bash": SHELL,
    "py": SPACED,
    "": "plain  text\n\n\tand a tab\n",
    "nosuch": "a < b && c\n",
}

_TEXT = (
    "the a model answers with several words which are wrapped somewhere near the edge of a terminal Schifffahrt "
    "naïve 日本語 한국어 emoji 🎉 `code` **bold** *emphasis* ~~struck~~ vector<int> a_b_c $x_1$ \\(a*b\\) <br> &amp; "
    "[link](https://example.com/a) <https://example.com> ![image](https://example.com/i.png) https://example.com/"
)
WORDS = _TEXT.split()

SAMPLES = {
    "nothing": "",
    "a word": "word",
    "blank lines": "\n\n \n\t\n",
    "paragraphs": "one\ntwo\n\nthree\n\n\nfour",
    "hard breaks": "one  \ntwo\\\nthree",
    "emphasis over lines": "a **bold\nand *more* bold** end _it_ __so__ ***both*** ~~gone~~",
    "code spans": "`a` ``b ` c`` `unclosed and **bold**",
    "entities": "&lt;b&gt; &amp;amp; &copy; &#x202e;reversed&#x202c; &#27;[31m &#x9b;31m &#10;",
    "headings": "# One\n## Two ##\n### Three\n#### Four\n##### Five\n###### Six\n#\n#no\n####### no",
    "underlined headings": "One\n===\nTwo\nlines\n---\n\nThree\n-",
    "a heading after five rows": "word " * 60 + "\n---\ntext",
    "a list after a paragraph": "Points:\n- one\n- two",
    "a heading for a moment": "Points:\n-",
    "rules": "***\n---\n___\n- - -\ntext\n***\n",
    "nine items and ten": "".join(f"{n}. item\n" for n in range(1, 12)),
    "items from 97": "".join(f"{n}. item\n" for n in range(97, 103)),
    "all ones": "1. one\n1. two\n1. three\n",
    "two markers": "- a\n* b\n+ c\n1. d\n2) e\n",
    "empty items": "- a\n-\n- b\n\n1.\n2. x\n\n-\n\n  not in it\n",
    "loose items": "- one\n\n  more\n\n- two\n\n\n- three\n",
    "nested items": "1. one\n   - a\n     - b\n\n       para\n   - c\n2. two\n\n   para\n",
    "tasks": "- [ ] open\n- [x] done\n",
    "lazy lines": "> quote\nlazy\n- item\nlazy\n\n> - both\nlazy\n",
    "quotes": "> one\n> two\n>\n> three\n\n> another\n>> inner\n> outer\n",
    "an empty quote": "a\n\n>\n\nb",
    "a quote that ends in a rule": "text\n\n> quote\n> ---\n\ntext",
    "fences": "```python\n" + PYTHON + "```\n~~~\nplain\n~~~\n",
    "a fence with words": '```py title="two words" lines=1-3 and some more of them\nx = 1\n```\n',
    "a fence in a fence": "````md\n```\ncode\n```\n````\n",
    "a fence left open": "```js\n" + JAVASCRIPT,
    "an empty fence": "```\n```\n\n```py\n\n\n```\n",
    "blank lines in a fence": f"```py\n{SPACED}```\n\n```\n{SPACED}```\n",
    "blank lines in a fence in an item": "- " + f"```py\n{SPACED}```\n".replace("\n", "\n  "),
    "nothing but blank lines in a fence": "```d\n" + "\n" * 20,
    "a blank line as the ninth in a fence": "```python\n" + "x = 1\n" * 8 + "\n" + "y = 2\n" * 20 + "```\n",
    "blank lines in html": "<!--\n" + "\n" * 12 + "words\n\n-->\n",
    "a fence in an item": "1. do\n   ```sh\n   ls\n     -l\n   ```\n2. done\n",
    "a fence ended by its item": "- ```py\n  x = 1\nnot code\n",
    "a fence in a quote": "> ```py\n> x = 1\n>\n> y = 2\n> ```\n> end\n",
    "a heredoc": "```bash\n" + SHELL * 6 + "```\n",
    "a long comment": "```js\n/*\n" + " * words\n" * 60 + " */\nlet x = 1;\n```\n",
    "a long string": '```py\nx = """\n' + "words\n" * 60 + '"""\ny = 1\n```\n',
    "long code without a lexer of rules": "```json\n{\n" + '  "key": [1, "two", null],\n' * 50 + "}\n```\n",
    "indented code": "text\n\n    code\n\n\n      more\n    \n\ntext\n\n\tcode\n",
    "a table": "| a | b |\n|---|--:|\n| 1 | 2 |\n| **3** | `4` |\n",
    "a table that widens": "a | b\n--|--\n1 | 2\n" + "wide " * 12 + "| " + "x" * 70 + "\n3 | 4\n",
    "a long table": "| n | square |\n|--:|---|\n" + "".join(f"| {n} | {n * n} |\n" for n in range(70)),
    "a table after text": "text\n| a |\n|---|\n| b |\ntext in a row\n\ntext",
    "a table in an item": "- x\n\n  | a | b |\n  |:-:|---|\n  | 1 | 2 |\n- y\n",
    "a table of many columns": "|" + "a|" * 30 + "\n|" + "-|" * 30 + "\n|" + "word|" * 30 + "\n",
    "a heading with a pipe": "## a | b\n|---|---|\n| 1 | 2 |",
    "escaped pipes": "| a \\| b | `c \\| d` |\n|---|---|\n",
    "cells too many": "| op | meaning |\n|---|---|\n| `a|b` | alternation |\n| a | b | c | | more\n|x\n" + "| c" * 40,
    "no table": "| a | b |\n|---|\n",
    "html": "<details>\n<summary>S</summary>\n\ntext\n\n</details>\n\n<!-- a\n\ncomment -->\n<b>inline</b> text\n",
    "html in a list in a quote": ">+ <script\n>",
    "kbd": "press </kbd> and <kbd>Ctrl and more",
    "generics": "vector<int> and Map<String, List<T>> <T>",
    "images": "- ![one](a.png)\n- text ![two](b.png) text\n\n![](c.png)\n",
    "links": "[a](http://example.com) [http://a.com](http://b.com) <http://c.com> <m@d.com> "
    "[x](javascript:1) [e]() [y](t p)",
    "titles of links": "[a](http://e.com 'one\ntwo') ![b](<c d> \"three\") [![i](4 'four')](k (five)) [l](<> 'six')",
    "international hosts": "[a](http://пример.рф/x) <http://пример.рф>",
    "definitions": "[a]: http://example.com\n\n[a] and [b]\n\n[b]: /x 'title'\n\n[^1]: note\n\ntext[^1]",
    "math": "$$\na_1 + b_1\n$$\n\n\\[ x \\] and \\( y_1 * z_1 * w \\) and $a*b*c$\n",
    "deep items": "".join("  " * n + f"- level{n}\n" for n in range(30)),
    "deep quotes": "".join(">" * (n + 1) + f" level{n}\n\n" for n in range(30)),
    "no room for quotes": "> " * 12 + "a\n" + "> " * 12 + "\n" + "> " * 12 + "- " * 9 + "b\n",
    "no room for items": "- " * 20 + "c\n\n" + " " * 40 + "d\n",
    "deeper than deep": "> " * 150 + "word\n\n" + "- " * 150 + "word\n",
    "tabs": "-\tone\n\n\ttwo\n\n\t\tcode\n\n>\tquote\n\n1.\ta\n\n\t\t\tb\n\na\tb\n",
    "wide characters": "日本語" * 40 + "\n\n" + "- 한국어 " * 5 + "\n\n| 日 | 本 |\n|---|---|\n" + "| 語" * 3 + "|",
    "emoji": "👩‍👩‍👧‍👦 family, 🇩🇪 flag, ❤️ heart, 1️⃣ one, é accents\n\n- 🎉\n",
    "emoji in code": "```python\n❤️ x = 1\n" + "1️⃣ = '👩‍👩‍👧‍👦' # 🇩🇪 é " * 6 + "\n```\n",
    "right to left": "שלום עולם\n\n- مرحبا\n",
    "one long word": "x" * 300 + "\n\n- " + "y" * 200 + "\n\n```\n" + "z" * 200 + "\n```\n",
    "an answer of three rows": "Yes.\n\nNo.",
    "many brackets": "[" * 400 + " [a](http://e.com) " + "![b [c](d e) " * 40 + "[f](g)" * 40 + "]](h)" * 40,
    "brackets": "[[[[[[[[[[ ![![![ ](((( **_**_**_ <<<<< &&& \\\\\\",
}
"""Each construct by itself, and the texts that are known to have broken one renderer or another."""


def words(rnd: random.Random, most: int = 30) -> str:
    return " ".join(rnd.choice(WORDS) for _ in range(rnd.randint(1, most)))


def answer(rnd: random.Random, blocks: int = 6) -> str:
    """An answer such as a model writes, of at most so many blocks."""
    return "".join(_block(rnd) + "\n" * rnd.choice((1, 2, 2, 2)) for _ in range(rnd.randint(1, blocks)))


def _block(rnd: random.Random) -> str:
    kind = rnd.randrange(9)
    if kind == 0:
        return "#" * rnd.randint(1, 6) + " " + words(rnd, 6)
    if kind == 1:
        language = rnd.choice(list(CODE))
        return f"```{language}\n{CODE[language] * rnd.randint(1, 3)}```"
    if kind == 2:
        ordered = rnd.random() < 0.5
        first = rnd.choice((1, 1, 1, 8, 98))
        marks = [f"{first + n}. " if ordered else "- " for n in range(rnd.randint(1, 14))]
        return "\n".join(mark + _indented(_item(rnd), len(mark)) for mark in marks)
    if kind == 3:
        return "\n".join(f"> {line}" for line in answer(rnd, 2).split("\n"))
    if kind == 4:
        columns = rnd.randint(1, 5)
        lines = ["|".join(words(rnd, 4).replace("|", "") for _ in range(columns)) for _ in range(rnd.randint(1, 9))]
        lines.insert(1, "|".join(rnd.choice(("---", ":--", "--:", ":-:")) for _ in range(columns)))
        more = "".join(f" | {word}" for word in words(rnd, 3).replace("|", "").split()) if rnd.random() < 0.2 else ""
        return "\n".join(f"| {line} |" for line in lines) + more
    if kind == 5 and rnd.random() < 0.4:
        return rnd.choice(list(SAMPLES.values()))
    return words(rnd, 80)


def _item(rnd: random.Random) -> str:
    text = words(rnd, 20)
    if rnd.random() < 0.2:
        text += "\n" + "\n".join(f"- {words(rnd, 8)}" for _ in range(rnd.randint(1, 4)))
    if rnd.random() < 0.1:
        text += f"\n```python\n{PYTHON}```"
    return text


def _indented(text: str, by: int) -> str:
    return text.replace("\n", "\n" + " " * by)


_SCRAPS = [
    *(
        "- ",
        "* ",
        "+ ",
        "1. ",
        "2) ",
        "10. ",
        "> ",
        ">",
        "  ",
        "    ",
        "\t",
        " ",
        "a",
        "word word",
        "\n",
        "\n",
        "\n",
        "\n\n",
    ),
    *(
        "|",
        "|",
        "|---|",
        "| a | b |\n|---|:-:|\n",
        "| c | d |",
        "\n  ",
        "\n    ",
        "\n> ",
        "\n   ",
        "---",
        "===",
        "-",
        "--",
    ),
    *(
        "```",
        "~~~",
        "`",
        "# ",
        "## x",
        "<div>",
        "</div>",
        "<!--",
        "-->",
        "<b>",
        "</kbd>",
        "<kbd>",
        "<script",
        "$$",
        "\\",
    ),
    *("**", "*", "_", "~~", "[a](b)", "![", "](", "&amp;", "&#x202e;", "[a]: b", "日本", "🎉"),
]


def nasty(rnd: random.Random, most: int = 25) -> str:
    """Scraps of Markdown in no order."""
    return "".join(rnd.choice(_SCRAPS) for _ in range(rnd.randint(1, most)))


def document(rnd: random.Random) -> str:
    return rnd.choice((answer, answer, nasty))(rnd)


def chunks(rnd: random.Random, text: str, most: int = 80) -> list[str]:
    """The text cut into at most about so many pieces: single characters, tokens, or lumps."""
    size = max(rnd.choice((1, 4, 12, 60, 900)), 2 * len(text) // most)
    parts = []
    while text:
        end = rnd.randint(1, size)
        parts.append(text[:end])
        text = text[end:]
    return parts
