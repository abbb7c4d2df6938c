"""The prompt: the only one that reads keys."""

from mistral_chat.prompt.session import Prompt as Prompt
