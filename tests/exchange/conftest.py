"""What the tests of the commands have: the program as a function and on a terminal, a server, a home."""

from tests.e2e.conftest import chat, home, server
from tests.program.conftest import shell

__all__ = ["chat", "home", "server", "shell"]
