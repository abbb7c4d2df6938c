"""Ways to cut a text or bytes into pieces, for tests of what is fed piece by piece."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import strategies as st


def every_split(data: bytes) -> Iterator[list[bytes]]:
    """The data whole, cut in two at every place, byte by byte, and byte by byte with empty pieces between."""
    yield [data]
    for place in range(len(data) + 1):
        yield [data[:place], data[place:]]
    single = [data[i : i + 1] for i in range(len(data))]
    yield single
    yield [piece for byte in single for piece in (byte, b"")]


def cuts(data: bytes) -> st.SearchStrategy[list[bytes]]:
    """The data cut at random places."""
    return st.lists(st.integers(0, len(data)), max_size=12).map(lambda places: _cut(data, sorted(places)))


def _cut(data: bytes, places: list[int]) -> list[bytes]:
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]
