"""Where a link really leads, and whether it may be handed to the terminal."""

from __future__ import annotations

import re
from unicodedata import normalize
from urllib.parse import unquote, urlsplit

from mistral_chat.text import neutralise

_SAFE = re.compile(r"(?i:(?P<web>https?:)//|mailto:)[!-~]+")
_ASCII_HOST = re.compile(r"[a-z0-9_.:-]+")  # the colons are those of IPv6
_FULL_STOPS = str.maketrans("。．｡", "...")
_LONGEST_HOST = 253


def safe_link(url: str) -> bool:
    """Whether `url` may become a terminal link (OSC 8): http or https to a host, or mailto, in printable ASCII."""
    safe = _SAFE.fullmatch(url)
    return safe is not None and (safe["web"] is None or link_host(url) is not None)


def link_host(url: str) -> str | None:
    """The host an http or https `url` leads to, or the one a mailto writes to, international names as punycode.

    None when there is no host, or none that can be shown. What browsers make of a URL counts: a backslash is a slash,
    percent signs are decoded, case and width of letters do not matter (https://url.spec.whatwg.org/#url-parsing).
    """
    try:
        parts = urlsplit(url.replace("\\", "/"))
        name = parts.hostname
    except ValueError:
        return None
    if parts.scheme == "mailto":
        _, _, name = parts.path.rpartition("@") if parts.path.count("@") == 1 else ("", "", None)
    elif parts.scheme not in {"http", "https"}:
        return None
    return _to_ascii(unquote(name)) if name else None


def _to_ascii(host: str) -> str | None:
    """Each label in the form DNS has it (RFC 3492), without the checks only a registry can do."""
    if neutralise(host, code=True) != host:
        return None
    labels = normalize("NFKC", host.translate(_FULL_STOPS)).lower().split(".")
    try:
        name = ".".join(label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in labels)
    except UnicodeError:
        return None
    return name if len(name) <= _LONGEST_HOST and _ASCII_HOST.fullmatch(name) else None
