"""A process that talks until it is killed, and says of each thing it has saved that it has.

    python -m tests.store.writer STORE [SESSION [TURNS]]

A line for each call that returned: `asked ID`, `arrived ID CHARACTERS`, `answered ID`; without a session it makes one
and says `session ID`. The text of message ID is `text_of(ID, ...)`, so that whoever reads the lines can check it.
"""

import os
import sys
from pathlib import Path

from mistral_chat.conversation import Node
from mistral_chat.events import FinishReason
from mistral_chat.message import Message, Role, Text
from mistral_chat.store import Store

PIECES = 4
PIECE = 300


def question_of(writer: int) -> str:
    return f"a question of {writer} " + "?" * 50


def answer_of(node: int) -> str:
    """The whole answer with this id; each part of it says where it stands."""
    return "".join(f"{node}:{place} " for place in range(PIECES * PIECE))[: PIECES * PIECE]


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def turn(store: Store, session: str, head: int | None, at: float) -> int:
    asked = store.append(session, head, Message.of(Role.USER, question_of(os.getpid())), at).id
    say("asked", asked)
    node = store.begin(session, asked, model="m", at=at, settings={})
    text = answer_of(node)
    for place in range(PIECES):
        store.checkpoint(session, node, [Text(text[place * PIECE : (place + 1) * PIECE])])
        say("arrived", node, (place + 1) * PIECE)
    store.finish(session, Node(node, asked, Message.of(Role.ASSISTANT, text), at, FinishReason.STOP, "m"))
    say("answered", node)
    return node


def main(path: str, session: str = "", turns: str = "1000000") -> None:
    store = Store(Path(path))
    if not session:
        session = store.new_session({})
        say("session", session)
    head = store.load(session)[0].head
    for number in range(int(turns)):
        head = turn(store, session, head, float(number))
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
