"""Commands for the program itself: its models, its help, its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from mistral_chat.arguments import Kind, Row
from mistral_chat.command import Command, Commands
from mistral_chat.commands.settings import CLEARING
from mistral_chat.desk import Desk
from mistral_chat.errors import UsageError
from mistral_chat.events import Usage
from mistral_chat.models import Model
from mistral_chat.prices import cost
from mistral_chat.screen import Piece, Screen
from mistral_chat.settings import Layer
from mistral_chat.text import cells

ABOUT = "the rest"

SAMPLE = """\
# A heading

Words that are **strong**, *slanted* or `code`, and a [link](https://docs.mistral.ai).

> A quotation
>
> 1. with a list

```python
def greet(name: str = "world") -> str:  # a comment
    return f"Hello, {name}! {42}"
```
"""

PREVIEW: Sequence[Piece] = (
    ("prompt.mark", "› "),
    ("prompt.text", "What you say, or a "),
    ("prompt.command", "/command\n"),
    ("markdown.h2", "A heading\n"),
    ("markdown.text", "Words that are "),
    ("markdown.strong", "strong"),
    ("markdown.text", ", "),
    ("markdown.em", "slanted"),
    ("markdown.text", ", "),
    ("markdown.code", "code"),
    ("markdown.text", " or a "),
    ("markdown.link", "link\n"),
    ("thinking", "a thought"),
    ("note", " · a remark · "),
    ("success", "done"),
    ("note", " · "),
    ("warning", "a warning"),
    ("note", " · "),
    ("error", "an error\n"),
    ("status.model", "mistral-medium-latest"),
    ("status", " · 25 tokens · "),
    ("status.active", "safe_prompt"),
)
"""What a theme is shown by while one chooses."""

commands = Commands()


@commands.command(ABOUT)
async def models(desk: Desk) -> None:
    """List the models of the server."""
    show_models(desk.screen, await desk.models(), desk.chat.settings["model"])


@commands.command(ABOUT)
async def theme(desk: Desk, name: Annotated[str, Kind("themes", "NAME")] = "") -> None:
    """Change the colours, and look at a sample; without a name, choose from all; auto goes by the terminal."""
    if not name:
        rows = [Row(offer.word, (offer.word, offer.help)) for offer in desk.themes.offers()]
        chosen = await desk.asking.pick(
            "Which theme?",
            rows,
            lambda row: [("picker.meta", f"{row.columns[-1]}\n"), *PREVIEW],
            lambda row: desk.themes.prompt_styles(row.value),
            desk.themes.chosen().name,
        )
        if chosen is None:
            return
        name = chosen.value
    is_clear = name in CLEARING and name not in (offer.word for offer in desk.themes.offers())
    automatic = name == "auto" or is_clear
    worn = desk.wear_default() if automatic else desk.themes.wear(name)
    desk.chat.settings = desk.chat.settings.put(Layer.FLAG, "theme", "auto" if automatic else name, "/theme")
    desk.screen.line()
    desk.show_sample(SAMPLE)
    desk.screen.line()
    way_to_keep = "chosen by the terminal" if automatic else f'keep it with theme = "{worn.name}" in config.toml'
    desk.screen.note(f"{worn.description}; {way_to_keep}")


@commands.command(ABOUT)
def usage(desk: Desk) -> None:
    """Show the tokens and the cost of this session by model, all branches counted."""
    answers: dict[str, list[Usage]] = {}
    for node in desk.chat.conversation.nodes.values():
        if node.usage is not None:
            answers.setdefault(node.model, []).append(node.usage)
    if not answers:
        raise UsageError("nothing was answered yet", hint="say something first")
    rows = [_spent(model, used) for model, used in answers.items()]
    styles = ("table.name", *("table.value",) * 4)
    desk.screen.table(rows, styles, ("model", "answers", "tokens in (cached)", "tokens out", "cost"))


def _spent(model: str, used: Sequence[Usage]) -> tuple[str, ...]:
    """A row of /usage; the cost is that of the tokens the server told."""
    prompt, completion, cached = (
        sum(column) for column in zip(*((one.prompt, one.completion, one.cached) for one in used), strict=True)
    )
    price = cost(model, Usage(prompt, completion, cached))
    told = "no price known" if price is None else f"${price:.6f}"
    return model, str(len(used)), f"{prompt:,} ({cached:,})", f"{completion:,}", told


@commands.command(ABOUT)
def help(desk: Desk, command: Annotated[str, Kind("commands", "COMMAND")] = "") -> None:
    """Explain the commands, or one of them."""
    if command:
        _explain(desk, desk.commands.find(command.removeprefix("/")))
        return
    column = max(cells(one.usage) for one in desk.commands.by_name.values()) + 4
    for about, group in desk.commands.by_group().items():
        desk.screen.line(("table.title", about))
        desk.screen.glossary([(f"  {one.usage}", one.help) for one in group], column)
        desk.screen.line()
    desk.screen.note("Enter sends, Alt-Enter or Ctrl-J makes a new line, Ctrl-C stops an answer, Ctrl-D leaves")
    desk.screen.note("Tab completes, and opens a folded paste; Ctrl-R searches the history")


@commands.command(ABOUT)
def quit(desk: Desk) -> None:
    """Leave; everything is saved already."""
    desk.leaving = True


def _explain(desk: Desk, command: Command) -> None:
    desk.screen.line(("table.name", command.usage))
    desk.screen.line("  ", command.help, hang=2)


def show_models(screen: Screen, models: Sequence[Model], current: str) -> None:
    """The listing of models, for /models and --models; the current one is marked."""
    rows = [
        (
            "•" if current in model.names else " ",
            model.id,
            model.window or "—",
            " ".join(model.talents),
            ", ".join(model.aliases) + (f" (until {model.deprecation[:10]})" if model.deprecation else ""),
        )
        for model in models
    ]
    styles = ("table.number", "table.name", "table.value", "table.value", "table.origin")
    screen.table(rows, styles, ("", "model", "context", "can", "also called"), whole=True)
