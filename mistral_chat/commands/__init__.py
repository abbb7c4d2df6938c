"""The slash commands, one file for each thing they touch."""

from mistral_chat.command import Commands
from mistral_chat.commands import conversation, exchange, output, program, sessions, settings


def all_commands() -> Commands:
    """Every command there is, in the order of the help."""
    commands = Commands()
    for module in (settings, conversation, sessions, exchange, output, program):
        for command in module.commands.by_name.values():
            commands.add(command)
    return commands
