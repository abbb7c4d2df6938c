"""The event loop of one run: its signals, and its end even when a name look-up still hangs in a thread."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from typing import Any

from mistral_chat.errors import Exit

ENDING = {"SIGTERM": Exit.TERMINATED, "SIGHUP": Exit.HANGUP}


def run_until_done(work: Coroutine[Any, Any, int], *, interruptible: bool = True) -> int:
    """Runs the work to its end and gives its exit status; a signal cancels it and gives a status of its own.

    Without `interruptible`, SIGINT is left alone: whoever reads the keys sees Ctrl-C as one of them. Threads are not
    waited for, as `asyncio.run` would: a resolver that hangs would hold the program.
    """
    loop = asyncio.new_event_loop()
    task = loop.create_task(work)
    ended: list[Exit] = []

    def end(status: Exit) -> None:
        ended.append(status)
        task.cancel()

    signals = {**ENDING, "SIGINT": Exit.INTERRUPTED} if interruptible else ENDING
    for name, status in signals.items():
        if (number := getattr(signal, name, None)) is not None:
            try:
                loop.add_signal_handler(number, end, status)
            except NotImplementedError:  # Windows: Ctrl-C arrives as KeyboardInterrupt
                break
    try:
        done: int = loop.run_until_complete(task)
    except asyncio.CancelledError:
        done = Exit.INTERRUPTED
    finally:
        _cancel_rest(loop)
        loop.close()
    return ended[0] if ended else done


def stop_within(aside: Callable[[], AbstractContextManager[None]]) -> None:
    """From here on Ctrl-Z finds the program within `aside` when it stops. In an event loop.

    It is for a terminal whose keys are not read: there the kernel makes a signal of Ctrl-Z.
    """

    def stop() -> None:
        with aside():
            os.kill(os.getpid(), signal.SIGSTOP)

    if hasattr(signal, "SIGTSTP") and signal.getsignal(signal.SIGTSTP) is signal.SIG_DFL:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTSTP, stop)


def _cancel_rest(loop: asyncio.AbstractEventLoop) -> None:
    rest = asyncio.all_tasks(loop)
    for task in rest:
        task.cancel()
    if rest:
        loop.run_until_complete(asyncio.wait(rest))
    loop.run_until_complete(loop.shutdown_asyncgens())
