"""The prompt: the only one that reads keys."""

from mistral_chat.prompt.session import Prompt as Prompt
from mistral_chat.prompt.world import Piece as Piece
from mistral_chat.prompt.world import World as World
