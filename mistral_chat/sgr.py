"""A style as the numbers that switch it on in a terminal (ECMA-48, SGR), in as many colours as that has.

rich does the same for answers, but takes longer to load than the first line of a conversation should wait. A colour
that the terminal does not have becomes the near one that rich would take.
"""

from __future__ import annotations

from colorsys import rgb_to_hls

from mistral_chat.style import ANSI, Look

_ATTRIBUTES = {"bold": 1, "dim": 2, "italic": 3, "underline": 4, "reverse": 7, "strike": 9}
_SIXTEEN = (
    *((0, 0, 0), (170, 0, 0), (0, 170, 0), (170, 85, 0), (0, 0, 170), (170, 0, 170), (0, 170, 170), (170, 170, 170)),
    *((85, 85, 85), (255, 85, 85), (85, 255, 85), (255, 255, 85), (85, 85, 255), (255, 85, 255), (85, 255, 255)),
    (255, 255, 255),
)
"""What most terminals show for their own colours."""
_GRAYISH = 0.15


def sgr(look: Look, depth: int) -> str:
    """The numbers, joined by `;`, or "" where nothing changes; `depth` is 1 for 16 colours, 2 for 256, 3 for all."""
    numbers = [number for name, number in _ATTRIBUTES.items() if look.attributes.get(name)]
    if look.foreground:
        numbers += _colour(look.foreground, 30, depth)
    if look.background:
        numbers += _colour(look.background, 40, depth)
    return ";".join(map(str, numbers))


def _colour(name: str, ground: int, depth: int) -> list[int]:
    """`ground` is 30 for the text and 40 for what is behind it."""
    if name == "default":
        return [ground + 9]
    if name in ANSI:
        return [_own(ANSI.index(name), ground)]
    red, green, blue = bytes.fromhex(name[1:])
    if depth == 3:
        return [ground + 8, 2, red, green, blue]
    return [ground + 8, 5, _of_256(red, green, blue)] if depth == 2 else [_own(_of_16(red, green, blue), ground)]


def _own(number: int, ground: int) -> int:
    return ground + number if number < 8 else ground + 60 + number - 8


def _of_256(red: int, green: int, blue: int) -> int:
    """A step of the terminal's gray scale, or of its cube of six by six by six."""
    _, light, saturation = rgb_to_hls(red / 255, green / 255, blue / 255)
    if saturation < _GRAYISH:
        gray = round(light * 25)
        return {0: 16, 25: 231}.get(gray, 231 + gray)
    cube = [round(part / 95 if part < 95 else 1 + (part - 95) / 40) for part in (red, green, blue)]
    return 16 + 36 * cube[0] + 6 * cube[1] + cube[2]


def _of_16(red: int, green: int, blue: int) -> int:
    """The nearest to the eye (https://www.compuphase.com/cmetric.htm)."""

    def distance(number: int) -> int:
        other = _SIXTEEN[number]
        mean, r, g, b = (red + other[0]) // 2, red - other[0], green - other[1], blue - other[2]
        return ((512 + mean) * r * r >> 8) + 4 * g * g + ((767 - mean) * b * b >> 8)

    return min(range(len(_SIXTEEN)), key=distance)
