"""mistral-chat: the terminal chat program for Mistral models."""

__version__ = "0.1.0"
