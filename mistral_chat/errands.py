"""What the command line does without a question and without the network: lists, exchange of sessions, the key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from mistral_chat import keys
from mistral_chat.commands import exchange
from mistral_chat.commands.sessions import session_json, show_sessions
from mistral_chat.errors import ChatError, UsageError
from mistral_chat.secret import Secret
from mistral_chat.setup import Setup
from mistral_chat.store import Store
from mistral_chat.text import cells

SWATCHES = ("markdown.h1", "markdown.link", "markdown.code", "success", "warning", "error")
"""The styles in which a theme is shown in the list of all."""


def run(setup: Setup) -> None:
    """Does the one that was asked for. Raises ChatError."""
    given = setup.given
    if given.search is not None:
        search(setup, " ".join([given.search, *given.words]))
    elif given.sessions:
        list_sessions(setup)
    elif given.export is not None:
        export(setup, given.export, given.words)
    elif given.import_file is not None:
        import_file(setup, given.import_file)
    elif given.delete is not None:
        delete(setup, given.delete)
    elif given.themes:
        list_themes(setup)
    elif given.login:
        log_in(setup)
    else:
        log_out(setup)


def list_sessions(setup: Setup) -> None:
    """The sessions, the most recent first; as JSON when that is asked for."""
    with _sessions(setup) as store:
        summaries = store.sessions()
    if setup.wants_json:
        setup.screen.json([session_json(summary) for summary in summaries])
    else:
        show_sessions(setup.screen, summaries)


def search(setup: Setup, words: str) -> None:
    """The messages in which all words are found."""
    with _sessions(setup) as store:
        exchange.search(setup.screen, store, words, as_json=setup.wants_json)


def export(setup: Setup, session: str, rest: Sequence[str]) -> None:
    """A session to a file, or to standard output when none is named. Raises UsageError."""
    if len(rest) > 1:
        why = f"not understood: {' '.join(rest[1:])}"
        raise UsageError("--export takes a session and a file", why, "put quotes around names of several words")
    with _sessions(setup) as store:
        exchange.export_session(setup.screen, store, session, rest[0] if rest else None, setup.any_theme)


def import_file(setup: Setup, file: str) -> None:
    """The sessions in a file of ours, of ChatGPT or of llm."""
    with _sessions(setup) as store:
        exchange.import_file(setup.screen, store, file)


def delete(setup: Setup, words: str) -> None:
    """A session, after a question. Raises UsageError when there is none of that name, and where nobody answers."""
    with _sessions(setup) as store:
        session = store.find(words)
        sure = setup.ask(exchange.question_before_delete(store, session))
        exchange.delete(setup.screen, store, session, sure)


@contextmanager
def _sessions(setup: Setup) -> Iterator[Store]:
    """The saved sessions; what there is to say of their file is said at the end. Raises StoreError."""
    store = setup.saved_sessions()
    try:
        yield store
    finally:
        if notice := store.take_notice():
            setup.screen.warn(notice)
        store.close()


def list_themes(setup: Setup) -> None:
    """The themes there are, the user's own and those that come with the program, each in its own colours."""
    offers = setup.themes()
    column = max(cells(offer.word) for offer in offers) + 2
    for offer in offers:
        with suppress(ChatError):
            setup.wear(offer.word)
        blanks = " " * (column - cells(offer.word))
        swatches = [piece for style in SWATCHES for piece in ((style, "■"), " ")] if setup.screen.coloured else []
        setup.screen.line(("banner.name", offer.word), blanks, *swatches, " " * bool(swatches), offer.help, hang=4)


def log_in(setup: Setup) -> None:
    """Asks for the API key, or reads it from a pipe, and keeps it where only the user can read it.

    Raises AuthError, UsageError.
    """
    from getpass import getpass

    key, stdin = "", setup.world.stdin
    if stdin is not None and not stdin.isatty():
        key = stdin.readline()
    else:
        with suppress(EOFError):
            key = getpass("API key (not shown): ", setup.world.stderr)
    if not key.strip():
        raise UsageError("no key was given", hint=f"or set {keys.VARIABLE}")
    keys.save(setup.credentials, Secret(key, "what you typed"))
    setup.screen.note(("success", f"the key is kept in {setup.credentials}"))


def log_out(setup: Setup) -> None:
    """Takes the kept API key away."""
    gone = keys.forget(setup.credentials)
    setup.screen.note("the key is gone" if gone else "no key was kept")
