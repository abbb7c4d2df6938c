"""What the demonstration shows: one piece of Markdown for each thing an answer can hold."""

from __future__ import annotations

TABLE = """\
| painter | born | known for |
|:---|---:|:---|
| Claude Monet | 1840 | *Impression, Sunrise* |
| Berthe Morisot | 1841 | *The Cradle* |
| Paul Cézanne | 1839 | the mountain `Sainte-Victoire` |
"""

LIST = """\
1. First things first.
2. Then, with points of their own:
   - one that is **bold**,
   - one that is *slanted*,
   - one with `code` in it.
3. And tasks:
   - [x] said
   - [ ] done
"""

CODE = """\
```python
from collections.abc import Iterator


def primes() -> Iterator[int]:
    \"\"\"All prime numbers, in order.\"\"\"
    found: list[int] = []
    number = 2
    while True:
        if all(number % prime for prime in found):
            found.append(number)
            yield number
        number += 1
```

```sh
cat notes.txt | mistral-chat --demo "sum this up"
```
"""

QUOTE = """\
> A quotation stands apart.
>
> > And may hold another one.

---
"""

LINK = "Read more in [the documentation](https://docs.mistral.ai) or at <https://mistral.ai>.\n"

UNICODE = """\
Ελληνικά, русский, العربية, עברית, हिन्दी, 中文, 日本語, 한국어 — and é as two characters: e\u0301.

| sign | width |
|---|---|
| 漢字 | two cells each |
| 👩‍👩‍👧 🇫🇷 👍🏽 | one sign of several characters |
| ½ ∑ ∞ ≠ | mathematics |
"""

MATH = """\
In a line, $e^{i\\pi} + 1 = 0$, and on lines of its own:

$$
\\sum_{n=1}^{\\infty} \\frac{1}{n^2} = \\frac{\\pi^2}{6}
$$
"""

LONG = "\n\n".join(
    f"**{number}.** This is paragraph {number} of forty. It is here so that the answer is longer than the screen, and "
    "you can try what happens meanwhile: scroll, type ahead, change the size of the window, or stop it with Ctrl-C."
    for number in range(1, 41)
)

SAMPLES = {
    "table": TABLE,
    "list": LIST,
    "code": CODE,
    "quote": QUOTE,
    "link": LINK,
    "unicode": UNICODE,
    "math": MATH,
}
"""By the word that asks for them; later answers take them in turn."""
