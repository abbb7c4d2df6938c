"""The command: answers `--version` at once and hands everything else to the command line."""

import gc
import sys


def main() -> None:
    """Runs the program with the process's own arguments and streams, and ends the process with its exit status."""
    if sys.argv[1:] == ["--version"]:
        from mistral_chat import __version__

        sys.stdout.write(f"mistral-chat {__version__}\n")
        return
    gc.set_threshold(100_000)  # a start makes many objects that stay; to look for garbage among them takes its time
    from mistral_chat.cli import run_process

    run_process()


if __name__ == "__main__":
    main()
