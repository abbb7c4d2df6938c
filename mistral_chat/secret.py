"""A key that cannot be printed by accident."""

from __future__ import annotations

from mistral_chat.errors import AuthError


class Secret:
    """Holds an API key; `str`, `repr`, formatting and tracebacks show `***`."""

    __slots__ = ("_key", "origin")

    def __init__(self, key: str, origin: str = "") -> None:
        """`origin` says where the key came from, in words for an error message.

        The key is stripped; raises AuthError, which never holds the key, when it is empty or has a character that
        cannot stand in an HTTP header (RFC 9110, section 5.5: h11 would put the whole value into its exception).
        """
        key = key.strip()
        if not key:
            raise AuthError("the API key is empty", origin, "set MISTRAL_API_KEY, or run: mistral-chat --login")
        wrong = next((place for place, char in enumerate(key, 1) if not "!" <= char <= "~"), None)
        if wrong is not None:
            raise AuthError(f"the API key has an invalid character at {wrong}", origin, "copy the key once more")
        self._key = key
        self.origin = origin

    def reveal(self) -> str:
        return self._key

    def hidden_in(self, text: str) -> str:
        """The text with the key, where it stands in it, as `***`."""
        return text.replace(self._key, "***")

    @property
    def last4(self) -> str:
        """The end of the key, enough to tell two keys apart."""
        return self._key[-4:] if len(self._key) >= 16 else "****"

    def __repr__(self) -> str:
        return "***"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")
