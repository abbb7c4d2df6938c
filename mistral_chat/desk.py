"""What a slash command works on: the chat, the screen, and what the prompt shall hold next."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple, Protocol

from mistral_chat.answers import ENDED_EARLY, Answer
from mistral_chat.arguments import Offer, Row
from mistral_chat.caption import caption
from mistral_chat.chat import Chat, Turn
from mistral_chat.command import Commands
from mistral_chat.conversation import Node
from mistral_chat.errors import ChatError, Rejected
from mistral_chat.events import FinishReason, TextDelta, replay
from mistral_chat.message import Attachment, File, Message, Role
from mistral_chat.models import Model, near
from mistral_chat.screen import Depth, Piece, Screen
from mistral_chat.settings import Settings
from mistral_chat.store import Hit

if TYPE_CHECKING:
    from mistral_chat.markdown import CodeBlock
    from mistral_chat.theme import Theme

SHOWN_LINES = 20
SHOWN_CHARACTERS = 4000
"""So much is shown again of a message of the user's, who may have pasted a book."""


class Asking(Protocol):
    """How a command asks the user something; whoever reads the keys provides it."""

    async def confirm(self, question: str) -> bool: ...

    async def ask(self, question: str, *, hidden: bool = False) -> str: ...

    async def pick(
        self,
        title: str,
        rows: Sequence[Row],
        preview: Callable[[Row], str | Sequence[Piece]],
        styles: Callable[[Row], Mapping[str, str]] | None = None,
        start: str = "",
    ) -> Row | None: ...


class Nobody:
    """Answers where there is nobody to ask: no, nothing, none."""

    async def confirm(self, question: str) -> bool:
        return False

    async def ask(self, question: str, *, hidden: bool = False) -> str:
        return ""

    async def pick(
        self,
        title: str,
        rows: Sequence[Row],
        preview: Callable[[Row], str | Sequence[Piece]],
        styles: Callable[[Row], Mapping[str, str]] | None = None,
        start: str = "",
    ) -> Row | None:
        return None


class Themes(NamedTuple):
    """The colours there are: all themes, putting one on, what it draws the prompt in, and the one of the settings."""

    offers: Callable[[], Sequence[Offer]]
    wear: Callable[[str], Theme]
    prompt_styles: Callable[[str], Mapping[str, str]]
    chosen: Callable[[], Theme]


class Desk:
    """Holds what one run of the program works with.

    `draft` is a line that is put into the next prompt, and what is `waiting` goes with the next message; a message
    said while `editing` takes the place of that one; `leaving` ends the program after the command. `new_answer` makes
    the view of an answer from its prefix and from what of it is on the screen already; `hits` are what was searched for
    last.
    """

    def __init__(
        self,
        chat: Chat,
        screen: Screen,
        commands: Commands,
        new_answer: Callable[[str, str], Answer],
        environment: Mapping[str, str],
        themes: Themes,
    ) -> None:
        self.chat = chat
        self.commands = commands
        self.screen = screen
        self.new_answer = new_answer
        self.environment = environment
        self.themes = themes
        self.asking: Asking = Nobody()
        self.draft = ""
        self.waiting: tuple[Attachment, ...] = ()
        self.editing: Node | None = None
        self.hits: Sequence[Hit] = ()
        self.leaving = False
        self.background = ""
        """What the terminal told of its background, as `theme.is_dark` takes it."""
        self._view: Answer | None = None

    def wear_default(self) -> Theme:
        """Changes to the colours that go with the terminal's background, so far as that is known."""
        from mistral_chat.theme import default_theme, is_dark

        dark = is_dark(self.environment.get("COLORFGBG"), self.background)
        return self.themes.wear(default_theme(dark, few_colours=self.screen.depth is Depth.STANDARD))

    async def say(self, text: str) -> Turn:
        """Sends a message with what is attached, shows the answer while it arrives, and says why if it ended early.

        Where no answer comes, everything is as it was before; the message stays as a branch. Raises UsageError, with
        nothing done, when the model cannot take what is attached.
        """
        waiting = self.waiting
        self.check_model(waiting, self.chat.settings["model"])
        editing, self.editing = self.editing, None
        if editing is not None:
            self.chat.switch(editing.parent)
        self.chat.ask(Message.of(Role.USER, text, waiting))
        self.waiting = ()
        answered = False
        try:
            turn = await self.answer()
            answered = turn.answer is not None
        finally:
            if not answered:
                self.waiting = waiting
            if not answered and self.chat.take_back() is not None and editing is not None:
                self.chat.undo()
                self.editing = editing
        return turn

    async def answer(self) -> Turn:
        """Asks for an answer to what was said last."""
        left_out, taken = self.chat.images_left_out()
        if left_out:
            images = "1 earlier image is" if left_out == 1 else f"{left_out} earlier images are"
            self.screen.note(f"{images} not sent again: {self.chat.settings['model']} takes {taken or 'none'}")
        prefix = self.chat.settings["prefix"] or ""
        return await self._show(self.chat.answer, self.new_answer(prefix, ""), self.chat.settings)

    # ---- attachments

    def attach(self, words: Iterable[str]) -> None:
        """Takes files and addresses for the next message, all of them or, when it raises UsageError, none."""
        from mistral_chat.attachments import take_all

        taken, self.waiting = take_all(words, self.chat.settings["max_input"], self.waiting)
        for one in taken:
            if one.warning:
                self.screen.warn(one.warning)
            number = self.waiting.index(one.part) + 1
            self.screen.note(f"attached {number}: {caption(one.part)}")

    def attach_named(self, text: str, *, typed: bool) -> None:
        """Takes the files that a message names as `@path`, if it was `typed`; else says that they are not taken.

        Raises UsageError. What was pasted may come from anybody, who would so get at the user's files.
        """
        if "@" not in text:
            return
        from mistral_chat.attachments import named

        words = named(text)
        if typed:
            self.attach(words)
            return
        there = [part.name for part in self.waiting if not isinstance(part, File)]
        if untaken := [f"@{word}" for word in words if PurePath(word).name not in there]:
            self.screen.note(f"not attached, since it was not typed here: {', '.join(untaken)}; /attach FILE does it")

    def tell_waiting(self) -> None:
        """A line for each thing that goes with the next message."""
        for number, part in enumerate(self.waiting, 1):
            self.screen.note(f"attached {number}: {caption(part)}")

    def check_model(self, parts: Sequence[Attachment], model: str) -> None:
        """Raises UsageError when a model is known not to take what is attached."""
        if parts:
            from mistral_chat.attachments import check_model

            check_model(parts, model, self.chat.models)

    def stop_editing(self) -> None:
        """Leaves the message that is being edited as it was."""
        if self.editing is not None:
            its_own = self.editing.message.attachments
            self.waiting = tuple(part for part in self.waiting if part not in its_own)
            self.editing = None

    async def go_on(self, settings: Settings | None = None) -> Turn:
        """Goes on with the last answer where it stopped, with the `settings` given or else as it was asked for."""
        head = self.chat.conversation.last(Role.ASSISTANT)
        view = self.new_answer("", head.message.text if head else "")
        asked = self.chat.settings.as_asked(head.settings if head else {})
        return await self._show(self.chat.go_on, view, settings or asked)

    async def _show(
        self, work: Callable[[Answer, Settings], Awaitable[Turn]], view: Answer, settings: Settings
    ) -> Turn:
        """Shows an answer from its start to its end; whatever has to be asked again is asked with the same settings."""
        turn = None
        self._view = view
        view.start()
        try:
            turn = await work(view, settings)
            await self._improve_hint(turn)
        finally:
            answer, error = (turn.answer, turn.error) if turn else (None, None)
            view.end(answer, error, self.chat.conversation.id)
            self._view = None
        self.tell_notices()
        if self._may_go_on(turn) and await self.asking.confirm("The connection broke. Go on where it stopped?"):
            return await self.go_on(settings)
        if turn.refused_prefix and turn.answer is not None and self._converses:
            self.screen.line()
            self.screen.note("the server takes no prefix; asking again")
            self.screen.line()
            self.chat.switch(turn.answer.parent)
            again = await self._show(partial(self.chat.answer, resumes=False), self.new_answer("", ""), settings)
            if again.answer is None:
                self.chat.undo()
            return again
        if turn.error is None and turn.answer is not None:
            self._tell_end(turn.answer)
        return turn

    async def _improve_hint(self, turn: Turn) -> None:
        """Has an error say what can be done here and now."""
        if isinstance(turn.error, Rejected) and _is_model_unknown(turn.error):
            turn.error.hint = await self._near_models() or turn.error.hint
        if turn.error is not None and turn.answer is not None and turn.answer.unfinished:
            turn.error.hint = f"what came is kept; {self._way_on} goes on with it" if self._way_on else ""

    def aside(self) -> AbstractContextManager[None]:
        """For as long as others have the terminal: an answer that is being drawn is then drawn again."""
        return self._view.aside() if self._view is not None else nullcontext()

    @property
    def _converses(self) -> bool:
        return not isinstance(self.asking, Nobody)

    @property
    def _way_on(self) -> str:
        """What goes on with an answer that ended early; "" for one that is not kept."""
        if self._converses:
            return "/continue"
        return "/continue after mistral-chat -c" if self.chat.saved else ""

    def _may_go_on(self, turn: Turn) -> bool:
        return turn.broke and self.chat.settings["resume"] == "ask"

    def tell(self, turn: Turn) -> None:
        """What a conversation shows after an answer: its figures, or what went wrong."""
        if turn.answer is not None and (turn.error is not None or not _ending(turn.answer)):
            self.screen.line()
        if turn.error is not None:
            self.screen.error(turn.error)
        elif turn.answer is not None:
            self.tell_figures(turn.answer)
        self.screen.line()

    def tell_notices(self) -> None:
        """Says once what has come up on the way."""
        for notice in self.chat.take_notices():
            self.screen.warn(notice)

    def code_blocks(self) -> Sequence[CodeBlock]:
        """The blocks of code in the last answer, numbered as they were shown."""
        from mistral_chat.markdown import code_blocks

        answer = self.chat.conversation.last(Role.ASSISTANT)
        return code_blocks(answer.message.text) if answer else ()

    async def models(self) -> Sequence[Model]:
        """The server's models; asked for when they are not known yet. Raises ChatError."""
        if not self.chat.models:
            self.chat.models = await self.chat.client.models()
        return self.chat.models

    async def _near_models(self) -> str:
        try:
            names = near(self.chat.settings["model"], await self.models())
        except ChatError:
            return ""
        return f"did you mean {', '.join(names)}?" if names else ""

    def tell_figures(self, answer: Node) -> None:
        """The line after an answer: model, tokens in and out, tokens a second, time to the first."""
        figures = [answer.model]
        if answer.usage is not None:
            cached = f" ({answer.usage.cached:,} cached)" if answer.usage.cached else ""
            figures.append(f"{answer.usage.prompt:,}{cached} + {answer.usage.completion:,} tokens")
            if answer.seconds and answer.first is not None and answer.seconds > answer.first:
                figures.append(f"{answer.usage.completion / (answer.seconds - answer.first):.0f} tok/s")
        if answer.first is not None:
            figures.append(f"first after {answer.first:.2f} s")
        self.screen.note(" · ".join(figures))

    def show_sample(self, markdown: str) -> None:
        """Shows a text as an answer would be shown."""
        view = self.new_answer("", "")
        view.feed(TextDelta(markdown))
        view.end(None, None, "")

    def show_last_exchange(self) -> None:
        """Shows the last question of the user's and all that followed, and a later one that got no answer."""
        path = self.chat.conversation.path()
        asked = next((place for place in range(len(path) - 1, -1, -1) if path[place].role is Role.USER), 0)
        self.show_exchange(path[asked:])
        if (question := self.chat.unanswered) is not None:
            if question.id != self.chat.conversation.head:
                self.show_exchange([question])
            self.screen.note("not answered yet — /retry")
            self.screen.line()

    def show_exchange(self, nodes: Sequence[Node], numbers: Iterator[int] | None = None) -> None:
        """Shows messages of the conversation again, those of the user's with their `numbers` if given."""
        for node in nodes:
            if node.role is Role.USER:
                number = f"{next(numbers)} " if numbers else ""
                label = "You: " if self.screen.accessible else "› "
                pieces = ("note", number), ("user.label", label), *_beginning(node.message.text)
                self.screen.line(*pieces, hang=len(number + label))
                for part in node.message.attachments:
                    self.screen.line(("note", f"attached: {caption(part)}"), hang=2)
                self.screen.line()
            elif node.role is Role.ASSISTANT:
                view = self.new_answer("", "")
                for event in replay(node.message):
                    view.feed(event)
                view.end(node, None, self.chat.conversation.id)
                self._tell_end(node)
                self.screen.line()

    def _tell_end(self, answer: Node) -> None:
        ending = _ending(answer)
        if not ending:
            return
        if self._converses:
            self.screen.line()
        can_go_on = answer.unfinished and answer.finish_reason is not FinishReason.MODEL_LENGTH
        way_on = self._way_on if can_go_on else ""
        self.screen.note(f"{ending} — {way_on}" if way_on else ending)


def _ending(answer: Node) -> str:
    """What there is to say of an answer that is empty, or did not come to its end."""
    said = [] if answer.message.parts else ["the answer is empty"]
    if answer.finish_reason in ENDED_EARLY:
        said.append(ENDED_EARLY[answer.finish_reason])
    return "; ".join(said)


def _beginning(text: str) -> Sequence[Piece]:
    """As much of a message of the user's as is shown again, and how much more there is."""
    rows = text[:SHOWN_CHARACTERS].split("\n")[:SHOWN_LINES]
    shown = "\n".join(rows)
    rest = text[len(shown) :]
    more = f"{rest.count(chr(10)):,} more lines" if "\n" in rest else f"{len(rest):,} more characters"
    return [("user.text", shown), *([("note", f"\n⋮ {more}")] if rest else [])]


def _is_model_unknown(error: Rejected) -> bool:
    from mistral_chat.refusals import UNKNOWN_MODEL

    return error.code == UNKNOWN_MODEL
