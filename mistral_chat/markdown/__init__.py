"""Markdown that is drawn while it grows, in rows that are written once and never change."""

from mistral_chat.markdown.labels import Labels
from mistral_chat.markdown.rows import Look, Row
from mistral_chat.markdown.stream import CodeBlock, Frame, MarkdownStream, code_blocks, render

__all__ = ["CodeBlock", "Frame", "Labels", "Look", "MarkdownStream", "Row", "code_blocks", "render"]
