"""Commands for what was said: another answer, another wording, a step back, and the branches all this makes."""

from __future__ import annotations

import re
from typing import Annotated

from mistral_chat.arguments import QUOTED, Kind, Whole, unquote
from mistral_chat.chat import Turn
from mistral_chat.command import Commands, as_line
from mistral_chat.commands.listing import age, counted
from mistral_chat.commands.settings import read_value
from mistral_chat.conversation import Node
from mistral_chat.desk import Desk
from mistral_chat.errors import UsageError
from mistral_chat.message import Role
from mistral_chat.outline import Line, outline
from mistral_chat.prices import cost
from mistral_chat.screen import NARROWEST
from mistral_chat.settings import Layer, Settings, find
from mistral_chat.text import cells, one_line, truncate

ABOUT = "the answer"
SPOKEN_CELLS = 60
ASSIGNMENT = re.compile(rf"([^\s=]+)(=?)({QUOTED.pattern}|\S*)", re.DOTALL)

commands = Commands()


@commands.command(ABOUT)
async def retry(
    desk: Desk, settings: Annotated[str, Kind("assignments", "SETTING=VALUE ...", exact=True)] = ""
) -> None:
    """Ask for another answer to the same question, with other settings if given; both are kept."""
    chat = desk.chat
    asked = chat.question
    before = chat.settings
    once = _assigned(desk, settings)
    desk.check_model(asked.message.attachments, once["model"])
    chat.switch(asked.id)
    chat.settings = once
    desk.screen.line()
    turn = await desk.answer()
    if turn.answer is None:
        chat.settings = before
        chat.undo()
    else:  # what a question that failed had attached had been put back for the next one
        desk.waiting = tuple(part for part in desk.waiting if part not in asked.message.attachments)
    desk.tell(turn)


@commands.command(ABOUT, "continue")
async def go_on(desk: Desk) -> None:
    """Go on with an answer that stopped before its end, by the model and settings that began it."""
    desk.screen.line()
    desk.tell(await desk.go_on())


@commands.command(ABOUT)
def edit(desk: Desk, number: Annotated[int | None, Whole(low=1, form="N")] = None) -> None:
    """Change an earlier message of yours, by default the last; sending it grows a branch."""
    asked = [node for node in desk.chat.conversation.path() if node.role is Role.USER]
    if not asked:
        raise UsageError("there is no message of yours to edit", hint="say something first")
    if number is not None and number > len(asked):
        raise UsageError(f"there is no message {number} of yours", f"there are {len(asked)}", "see /history")
    node = asked[-1 if number is None else number - 1]
    desk.editing = node
    desk.waiting = tuple(dict.fromkeys([*node.message.attachments, *desk.waiting]))
    desk.tell_waiting()
    desk.draft = as_line(node.message.text)
    desk.screen.note("sending it grows a branch; an empty line leaves everything as it was")


@commands.command(ABOUT)
def undo(desk: Desk) -> None:
    """Step back to before the last question or change of branch; nothing is deleted."""
    before = desk.chat.conversation.head
    desk.chat.undo()
    head = desk.chat.conversation.head
    if head == before:
        raise UsageError("there is nothing to undo", hint="say something first")
    last = desk.chat.conversation.nodes[head].message.text if head is not None else "the beginning"
    desk.screen.note(f"back at: {one_line(last, max(10, desk.screen.width - 10))}")


@commands.command("branches", "branches")
def list_branches(desk: Desk) -> None:
    """Draw the tree of this session."""
    if not desk.chat.conversation.nodes:
        raise UsageError("nothing was said yet", hint="say something first")
    digits = max(2, len(str(len(desk.chat.conversation.leaves()))))
    for line in outline(desk.chat.conversation):
        _draw(desk, line, digits)


@commands.command("branches")
def switch(desk: Desk, number: Annotated[int, Whole("branches", low=1, form="N")]) -> None:
    """Go on with another branch, by its number in /branches."""
    ends = desk.chat.conversation.leaves()
    if number > len(ends):
        raise UsageError(f"there is no branch {number}", f"there are {len(ends)}", "see /branches")
    desk.chat.switch(ends[number - 1].id)
    desk.screen.line()
    desk.show_last_exchange()


@commands.command("branches")
async def compare(desk: Desk, models: Annotated[str, Kind("models", "MODEL ...")]) -> None:
    """Ask the last question of several models at once; each answer is a branch."""
    names = list(dict.fromkeys(models.split()))
    asked = desk.chat.question
    for name in names:
        desk.check_model(asked.message.attachments, name)
    desk.screen.note(f"asking {', '.join(names)}")
    desk.screen.line()
    turns = []
    async for turn in desk.chat.compare(names):
        turns.append(turn)
        if not turn.interrupted:
            _show_compared(desk, turn)
    stopped = any(turn.interrupted for turn in turns)
    if stopped:
        desk.screen.note("interrupted")
        desk.screen.line()
    styles = ("table.name", "table.value", "table.value", "table.value", "table.origin")
    desk.screen.table([_figures(turn) for turn in turns], styles, ("model", "time", "tokens", "cost", "ended"))
    answered = [turn for turn in turns if turn.answer is not None]
    if not answered:
        return
    desk.screen.line()
    ended = [turn.model for turn in answered if not turn.interrupted]
    goes_on = f"the talk goes on from {ended[-1]}" if ended else "the talk goes on where it was"
    kept = "what came is kept; " if stopped else ""
    desk.screen.note(f"{kept}{goes_on}; /branches shows all, /switch N takes another")


def _show_compared(desk: Desk, turn: Turn) -> None:
    """An answer under the name of its model, and what went wrong."""
    desk.screen.line(("answer.label", turn.model))
    desk.screen.line()
    if turn.answer is not None:
        desk.show_exchange([turn.answer])
    if turn.error is not None:
        desk.screen.error(turn.error)
        desk.screen.line()


def _assigned(desk: Desk, words: str) -> Settings:
    """The settings for one request with `name=value` words on top, a value with blanks in quotes. Raises UsageError."""
    settings = desk.chat.settings
    for name, equals, value in ASSIGNMENT.findall(words):
        setting = find(name)
        if not equals or not setting.kept:
            what = f"not understood: {name}{equals}{value}"
            raise UsageError(what, hint="write SETTING=VALUE, such as temperature=1")
        once = read_value(desk, setting, unquote(value), f"/retry {setting.name}")
        settings = settings.put(Layer.ONCE, setting.name, once)
    return settings


def _figures(turn: Turn) -> tuple[str, str, str, str, str]:
    """A row of a comparison: model, time, tokens, cost, and how it ended."""
    answer = turn.answer
    if answer is None:
        return turn.model, "—", "—", "—", turn.error.what if turn.error else "interrupted"
    time = f"{answer.seconds:.1f} s" if answer.seconds is not None else "—"
    tokens = f"{answer.usage.prompt} + {answer.usage.completion}" if answer.usage else "—"
    return turn.model, time, tokens, _price(answer), str(answer.finish_reason)


def _price(answer: Node) -> str:
    if answer.usage is None:
        return "—"
    price = cost(answer.model, answer.usage)
    return "no price known" if price is None else f"${price:.6f}"


def _draw(desk: Desk, line: Line, digits: int) -> None:
    """A line of the tree: the number of the branch that ends here, the way there, the words, at the right the rest.

    Where the tree is so deep that the way would take more than half of the line, the rest of the way is a mark.
    """
    number = f"{line.number or '':>{digits}} "
    deepest = desk.screen.width // 4
    way = ("  " if desk.screen.plain else "│ ") * min(line.depth, deepest) + "⋮ " * (line.depth > deepest)
    if line.node is None:
        desk.screen.line(number, ("branch.line", way), ("branch.meta", f"⋮ {counted(line.left_out, 'message')}"))
        return
    mark = "● " if line.current else "○ "
    you = line.node.role is Role.USER
    said = one_line(line.node.message.text or "(nothing)")
    if desk.screen.accessible:
        branch = f"branch {line.number}, " if line.number else ""
        here = "in use" if line.current else "not in use"
        desk.screen.line(way, "You: " if you else "Mistral: ", truncate(said, SPOKEN_CELLS), f" ({branch}{here})")
        return
    said = ("› " if you else "") + said
    room = desk.screen.width - len(number + way + mark)
    when = age(line.node.at) if line.node.at else ""
    meta = when if you else " · ".join(filter(None, (line.node.model, when)))
    meta = next((fitting for fitting in (meta, when, "") if room - len(fitting) >= NARROWEST), "")
    said = truncate(said, room - len(meta) - 2 if meta else room)
    desk.screen.line(
        ("branch.number", number),
        ("branch.line", way + mark),
        ("branch.current" if line.current else "branch.text", said),
        ("branch.meta", meta.rjust(room - cells(said)) if meta else ""),
    )
