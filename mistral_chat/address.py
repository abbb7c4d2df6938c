"""The address of a server: what it must look like, so that the key goes to nobody else on its way."""

from __future__ import annotations

from dataclasses import dataclass

from mistral_chat.arguments import Kind


@dataclass(frozen=True, slots=True)
class Address(Kind):
    """An https URL, or one of http to this machine. What is refused is not repeated, as it may hold a password."""

    form: str = "URL"

    def parse(self, word: str) -> object:
        from urllib.parse import urlsplit  # here, since most people never name a server

        word = word.strip()
        try:
            url = urlsplit(word)
        except ValueError:
            raise ValueError("is not a URL") from None
        if not word.isprintable() or " " in word:
            raise ValueError("is not a URL")
        if "@" in url.netloc:
            raise ValueError("must not hold a user name or password")
        if url.scheme not in ("https", "http") or not url.hostname or url.query or url.fragment:
            raise ValueError("must look like https://host or https://host/path")
        try:
            usable = url.port != 0
        except ValueError:
            usable = False
        if not usable:
            raise ValueError("must have a port from 1 to 65535, or none")
        if url.scheme == "http" and not is_loopback(url.hostname):
            raise ValueError(f"must be https, as {url.hostname} is not this machine")
        return word

    @property
    def range(self) -> str:
        return "https, or http to this machine"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name or its number."""
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
