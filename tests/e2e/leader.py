"""A shell's job control and nothing else: the leader of the session on a test's pty, which runs one program.

    python leader.py REPORTS COMMANDS ARGV...

A program that led its own session would live in a world nobody has: Ctrl-Z would be ignored, and the kernel would
reset the terminal's modes when it ends. So it gets a process group of its own in the foreground of this session, as
from a shell. What becomes of it is written to the file descriptor REPORTS, a line each: `started PID`,
`stopped SIGNAL`, `exited STATUS`. A byte on COMMANDS brings a stopped program back to the foreground; the end of
COMMANDS is the end of all this.
"""

import contextlib
import fcntl
import os
import select
import signal
import sys
import termios
from types import FrameType

TTY = 0


def main() -> None:
    reports, commands, argv = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    os.set_inheritable(reports, False)
    os.set_inheritable(commands, False)
    for kept_out in (signal.SIGTTOU, signal.SIGTTIN, signal.SIGTSTP, signal.SIGINT, signal.SIGQUIT):
        signal.signal(kept_out, signal.SIG_IGN)
    signals = signals_to_read()
    fcntl.ioctl(TTY, termios.TIOCSCTTY, 0)
    program = os.fork()
    if program == 0:
        start(argv)
    to_foreground(program)
    os.write(reports, f"started {program}\n".encode())
    while True:
        ready, _, _ = select.select([signals, commands], [], [])
        if signals in ready:
            if signal.SIGHUP in os.read(signals, 100):
                os.killpg(program, signal.SIGHUP)
            os.write(reports, news_of(program, os.WNOHANG).encode())
        if commands in ready:
            if not os.read(commands, 1):
                break
            to_foreground(program)
            os.killpg(program, signal.SIGCONT)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(program, signal.SIGKILL)
    os.write(reports, news_of(program).encode())


def signals_to_read() -> int:
    """A file descriptor from which the numbers of signals come: that a child has changed, and that the tty hung up.

    The kernel tells only the leader of the session that the tty hung up; shells tell their programs.
    """
    here, there = os.pipe()
    os.set_blocking(there, False)
    signal.set_wakeup_fd(there)

    def noted(number: int, frame: FrameType | None) -> None:
        pass

    signal.signal(signal.SIGCHLD, noted)
    signal.signal(signal.SIGHUP, noted)
    return here


def start(argv: list[str]) -> None:
    """Become the program, in a process group of its own, in the foreground, with the signals as a shell leaves them."""
    to_foreground(os.getpid())
    for number in signal.valid_signals():
        if signal.getsignal(number) not in (signal.SIG_DFL, None):
            signal.signal(number, signal.SIG_DFL)
    try:
        os.execvp(argv[0], argv)
    except OSError as failed:
        os.write(2, f"{argv[0]}: {failed}\n".encode())
        os._exit(127)


def news_of(program: int, options: int = 0) -> str:
    """What has become of the program since the last time; when it has left the foreground, this process takes it."""
    try:
        pid, status = os.waitpid(program, options | os.WUNTRACED)
    except ChildProcessError:
        return ""
    if pid == 0:
        return ""
    to_foreground(os.getpid())
    if os.WIFSTOPPED(status):
        return f"stopped {os.WSTOPSIG(status)}\n"
    return f"exited {128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)}\n"


def to_foreground(group: int) -> None:
    """Both sides of the fork do this, so that neither can be too late; a tty that has hung up has no foreground."""
    with contextlib.suppress(OSError):
        os.setpgid(group, group)
    with contextlib.suppress(OSError):
        os.tcsetpgrp(TTY, group)


if __name__ == "__main__":
    main()
