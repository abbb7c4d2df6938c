"""The texts that the Markdown benchmark draws: answers of a given size, and single blocks that do not end."""

from __future__ import annotations

import random

_TEXT = (
    "the model answers with a text of several paragraphs in which some **words are bold** and some *are not* "
    "while `inline_code()` and a [link](https://example.com/page) come up now and then between plain words "
    "so that nothing is very special about it apart from its length which is what counts here"
)
WORDS = _TEXT.split()

PYTHON = '''\
class Shelf:
    """A shelf of {n} books."""

    def __init__(self, books: list[str]) -> None:
        self.books = sorted(books)  # by title

    def find(self, title: str) -> int | None:
        for place, book in enumerate(self.books):
            if book == f"{{title}} ({n})":
                return place
        return None

'''

SCRIPT = """\
/* Fetches page {n}
   and retries. */
async function fetchPage{n}(url, tries = 3) {{
  const reply = await fetch(`${{url}}?page={n}`);
  if (!reply.ok && tries > 0) return fetchPage{n}(url, tries - 1);
  return reply.json(); // the rows
}}

"""


def words(rnd: random.Random, number: int) -> str:
    return " ".join(rnd.choice(WORDS) for _ in range(number))


def mixed(size: int) -> str:
    """An answer of `size` characters, with all that models write."""
    rnd = random.Random(7)
    parts: list[str] = []
    length = number = 0
    while length < size:
        number += 1
        part = "\n\n".join(
            (
                f"## Part {number}",
                words(rnd, 60),
                "\n".join(f"{n}. {words(rnd, 12)}" for n in range(1, 7)),
                f"```python\n{PYTHON.format(n=number) * rnd.randint(1, 3)}```",
                words(rnd, 90),
                "\n".join(f"- **{words(rnd, 2)}**: {words(rnd, 10)}\n  - {words(rnd, 8)}" for _ in range(5)),
                f"```js\n{SCRIPT.format(n=number)}```",
                "| name | value | remark |\n|---|--:|---|\n"
                + "\n".join(f"| {words(rnd, 2)} | {rnd.random():.3f} | {words(rnd, 4)} |" for _ in range(8)),
                f"> {words(rnd, 30)}",
                "",
            )
        )
        parts.append(part)
        length += len(part)
    return "".join(parts)[:size]


def code(lines: int, indent: str = "") -> str:
    text = "".join(PYTHON.format(n=n) for n in range(lines // 11 + 1))
    return "".join(f"{indent}{line}\n" for line in text.split("\n")[:lines])


def long_blocks() -> dict[str, str]:
    """A block of each kind that grows long in one piece."""
    rnd = random.Random(8)
    return {
        "mixed text": mixed(100_000),
        "fence of 2,000 lines": "```python\n" + code(2000) + "```\n",
        "list of 500 items": "".join(f"{n}. {words(rnd, 15)}\n" for n in range(1, 501)),
        "table of 1,000 rows": "| a | b | c |\n|---|---|---|\n"
        + "".join(f"| {words(rnd, 3)} | {n} | {words(rnd, 4)} |\n" for n in range(1000)),
        "quote of 500 lines": "".join(f"> {words(rnd, 15)}\n" + ">\n" * (n % 5 == 4) for n in range(400)),
        "fence of 600 lines in an item": "1. Run this:\n\n   ```python\n" + code(600, "   ") + "   ```\n",
        "300 items in an item": "1. All of these:\n" + "".join(f"   - {words(rnd, 12)}\n" for _ in range(300)),
        "paragraph of 50 KB": words(rnd, 8000)[:50_000],
    }
