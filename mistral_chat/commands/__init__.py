"""The slash commands, one file for each thing they touch."""

from mistral_chat.command import Command, Commands


def all_commands() -> Commands:
    """Every command there is, in the order of the help; declared when the first is needed, after the first prompt."""
    return Commands(_declared)


def _declared() -> dict[str, Command]:
    from mistral_chat.commands import attachments, conversation, exchange, output, program, sessions, settings

    modules = (settings, conversation, sessions, exchange, attachments, output, program)
    return {name: command for module in modules for name, command in module.commands.by_name.items()}
