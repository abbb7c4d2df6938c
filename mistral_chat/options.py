"""The words of the command line: the options, most of them from the settings' declarations, and the prompt."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from mistral_chat.arguments import Number, Switch, Texts, nearest
from mistral_chat.errors import UsageError
from mistral_chat.settings import SETTINGS, Given, Setting, parse

DEFAULT_RATE = 60.0
"""Tokens a second of the demonstration: a human pace."""
OUTPUT = ("output", "theme", "color", "accessible", "quiet", "strict")
SETUP = ("base_url",)
ERRANDS = {
    "sessions": "--sessions",
    "search": "--search",
    "export": "--export",
    "import_file": "--import",
    "delete": "--delete",
    "models": "--models",
    "themes": "--themes",
    "login": "--login",
    "logout": "--logout",
}
"""Options that ask for something else than an answer."""
MOST_DEMO_RATE = 100_000
KEY_OPTIONS = ("--api-key", "--apikey", "--api_key", "--key")
"""What other programs take a key by."""

DESCRIPTION = """\
Chat with Mistral models. With a PROMPT or piped input: one answer; without:
a conversation.
"""
EPILOG = """\
exit status: 0 complete, 2 usage or configuration, 3 authentication,
4 rate limit or quota, 5 network or server, 6 request rejected,
7 answer incomplete, 8 sessions not saved, 129/130/141/143 signals, 1 a bug.
Every setting can also stand in config.toml or in a MISTRAL_CHAT_* variable;
the key is read from MISTRAL_API_KEY.
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        unknown = re.match(r"unrecognized arguments: ([^\s=]+)", message)  # a value after = may be a key
        if not unknown:
            raise UsageError(message, hint="see mistral-chat --help")
        flags = [flag for action in self._actions for flag in action.option_strings]
        known = [flag[2:] for flag in flags if flag.startswith("--")]  # the -- is in all, and likens none to another
        if unknown[1] in KEY_OPTIONS:
            why = "other users of this machine could read it there"
            raise UsageError("no key is taken from the command line", why, "set MISTRAL_API_KEY, or use --login")
        near = nearest(unknown[1].lstrip("-"), known)
        hint = f"did you mean --{near}?" if near else "see mistral-chat --help; words that begin with - go after --"
        raise UsageError(f"no option {unknown[1]}", hint=hint)


def read(argv: Sequence[str]) -> argparse.Namespace:
    """The options of the program; settings that were given are under their names, the others None.

    Options may stand before, among and after the words; all that follows `--` is words. Raises UsageError.
    """
    end = argv.index("--") if "--" in argv else len(argv)
    options = _parser().parse_intermixed_args(_with_rate(argv[:end]))
    options.words += argv[end + 1 :]
    return options


def errand(options: argparse.Namespace) -> str | None:
    """The one of `ERRANDS` that is asked for, if any.

    Raises UsageError when there are several, and for words or attachments that it has no use for.
    """
    asked = [name for name in ERRANDS if getattr(options, name) not in (None, False)]
    if not asked:
        return None
    if len(asked) > 1:
        flags = " and ".join(ERRANDS[name] for name in asked)
        raise UsageError(f"{flags} cannot be done at once", hint="give one of them")
    if options.words and asked[0] not in ("search", "export"):
        why = f"not understood: {' '.join(options.words)}"
        raise UsageError("no question can be asked with this option", why, "put quotes around names of several words")
    if options.attach:
        raise UsageError("nothing can be attached with this option", hint="leave out --attach")
    return asked[0]


def help_text() -> str:
    """What --help prints."""
    return _parser().format_help()


def flags(options: argparse.Namespace) -> dict[str, Given]:
    """The flag layer of the settings. Raises UsageError naming the flag and the range."""
    given = {}
    for setting in SETTINGS.values():
        value: Any = getattr(options, setting.name, None)
        if value is None:
            continue
        if isinstance(setting.kind, Texts):
            value = parse_many(setting, value)
        elif isinstance(value, str):
            value = parse(setting, value, setting.flag)
        given[setting.name] = Given(value, f"flag {setting.flag}")
    return given


def parse_many(setting: Setting, words: Sequence[str]) -> Any:
    """The value of a flag that was given once or several times. Raises UsageError."""
    assert isinstance(setting.kind, Texts)
    try:
        return setting.kind.check(list(words))
    except ValueError as error:
        raise UsageError(f"{setting.flag}: {error}", hint="correct it, or leave it out") from None


def _with_rate(argv: Sequence[str]) -> list[str]:
    """`--demo` takes a rate only when a number follows, so that a prompt may follow it."""
    words: list[str] = []
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        if word == "--demo":
            follows = rest and re.fullmatch(r"\d+(\.\d+)?", rest[0])
            word = f"--demo={rest.pop(0) if follows else DEFAULT_RATE}"
        words.append(word)
    return words


def _rate(word: str) -> float:
    """A rate of the demonstration. Raises UsageError."""
    try:
        return float(str(Number(high=MOST_DEMO_RATE).parse(word)))
    except ValueError as error:
        raise UsageError(f"--demo: {error}", hint="give the tokens a second, or nothing for a human pace") from None


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="mistral-chat",
        usage="%(prog)s [options] [PROMPT ...]",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=False,
    )
    parser.add_argument("words", nargs="*", metavar="PROMPT", help="the message; - stands for standard input")
    conversation = parser.add_argument_group("conversation")
    sessions = parser.add_argument_group("sessions")
    output = parser.add_argument_group("output")
    setup = parser.add_argument_group("set-up")
    for setting in SETTINGS.values():
        if setting.flagged:
            place = output if setting.name in OUTPUT else setup if setting.name in SETUP else conversation
            _add(place, setting)
    conversation.add_argument(
        "-a",
        "--attach",
        action="append",
        metavar="FILE|URL",
        help="send an image, a PDF, audio or a text file along; may be given several times",
    )
    conversation.add_argument("-i", "--interactive", action="store_true", help="stay in the conversation afterwards")
    conversation.add_argument("--no-stdin", action="store_true", help="do not read standard input")
    which = sessions.add_mutually_exclusive_group()
    which.add_argument("-c", "--continue", dest="latest", action="store_true", help="go on with the latest session")
    which.add_argument(
        "-r",
        "--resume",
        dest="session",
        nargs="?",
        const="",
        metavar="SESSION",
        help="go on with a session: id, beginning of one, or title",
    )
    sessions.add_argument("--title", metavar="TEXT", help="the title of the session")
    sessions.add_argument("--no-save", action="store_true", help="keep this session in memory only")
    sessions.add_argument("--sessions", action="store_true", help="list the sessions")
    sessions.add_argument("--search", metavar="WORDS", help="find words in all sessions")
    sessions.add_argument(
        "--export",
        metavar="SESSION",
        help="write a session as Markdown, JSON or HTML, by the ending of the FILE that follows; else to stdout",
    )
    sessions.add_argument(
        "--import",
        dest="import_file",
        metavar="FILE",
        help="take in sessions of ours (JSON), of ChatGPT (JSON or zip), of llm (logs.db)",
    )
    sessions.add_argument("--delete", metavar="SESSION", help="delete a session for good; asks first")
    output.add_argument("--dry-run", action="store_true", help="print the request as JSON and send nothing")
    setup.add_argument("--profile", metavar="NAME", help="a [profiles.NAME] table of config.toml")
    setup.add_argument(
        "--demo",
        nargs="?",
        type=_rate,
        metavar="RATE",
        help="an offline demonstration: no key, no network; at RATE tokens a second, 0 for at once",
    )
    setup.add_argument("--models", action="store_true", help="list the server's models")
    setup.add_argument("--themes", action="store_true", help="list the themes")
    setup.add_argument("--login", action="store_true", help="keep an API key in a file of yours")
    setup.add_argument("--logout", action="store_true", help="remove the kept API key")
    setup.add_argument("--version", action="store_true", help="print the version")
    setup.add_argument("-h", "--help", action="store_true", help="print this help")
    return parser


def _add(group: argparse._ArgumentGroup, setting: Setting) -> None:
    names = [name for name in (setting.short, setting.flag) if name]
    if isinstance(setting.kind, Switch):
        group.add_argument(*names, action=argparse.BooleanOptionalAction, help=setting.help, dest=setting.name)
        return
    default = "" if setting.default in (None, ()) else setting.kind.show(setting.default)
    known = "; ".join(word for word in (setting.kind.range if setting.kind.range != "text" else "", default) if word)
    text = (setting.help + (f" ({known})" if known else "")).replace("%", "%%")
    many = isinstance(setting.kind, Texts)
    group.add_argument(
        *names,
        action="append" if many else "store",
        metavar=setting.kind.form,
        help=text + ("; may be given several times" if many else ""),
        dest=setting.name,
    )
