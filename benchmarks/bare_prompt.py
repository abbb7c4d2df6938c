"""What is measured against: the shortest program with a prompt of prompt_toolkit."""

from prompt_toolkit import PromptSession

PromptSession("› ").prompt()
