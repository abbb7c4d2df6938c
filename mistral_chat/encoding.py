"""What bytes from outside are: text in UTF-8, more or less, or a binary format with a name."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from typing import NamedTuple

_SAMPLE = 65_536
_REPLACEMENT = "\ufffd"

# Each signature stands at the beginning of the file. Those of the first table no text begins with.
_SIGNATURES = (
    (rb"\x89PNG\r\n\x1a\n", "PNG image"),
    (rb"\xff\xd8\xff", "JPEG image"),
    (rb"\x00\x00\x01\x00", "ICO image"),
    (rb"II\*\x00|MM\x00\*", "TIFF image"),
    (rb"....ftyp(?:avif|heic|heix|mif1)", "HEIF image"),
    (rb"....ftypM4A ", "MP4 audio"),
    (rb"....ftyp", "MP4 video"),
    (rb"\x1a\x45\xdf\xa3", "Matroska video"),
    (rb"%PDF-\d\.\d", "PDF document"),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Microsoft Office document"),
    (rb"PK(?:\x03\x04|\x05\x06|\x07\x08)", "ZIP archive"),
    (rb"\x1f\x8b\x08", "gzip archive"),
    (rb"BZh[1-9]1AY&SY", "bzip2 archive"),
    (rb"\xfd7zXZ\x00", "xz archive"),
    (rb"\x28\xb5\x2f\xfd", "Zstandard archive"),
    (rb"7z\xbc\xaf\x27\x1c", "7z archive"),
    (rb"Rar!\x1a\x07", "RAR archive"),
    (rb".{257}ustar", "tar archive"),
    (rb"\x7fELF", "ELF program"),
    (rb"\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe", "Mach-O program"),
    (rb"\xca\xfe\xba\xbe", "Java class or Mach-O program"),
    (rb"\x00asm", "WebAssembly module"),
    (rb"SQLite format 3\x00", "SQLite database"),
    (rb"\x00\x01\x00\x00\x00", "TrueType font"),
)
# A text may begin with these letters, so they count only in a file with NUL or with bytes that are not UTF-8.
_SIGNATURES_IN_LETTERS = (
    (rb"GIF8[79]a", "GIF image"),
    (rb"RIFF....WEBP", "WEBP image"),
    (rb"RIFF....WAVE", "WAV audio"),
    (rb"RIFF....AVI ", "AVI video"),
    (rb"BM.{4}\x00{4}", "BMP image"),
    (rb"ID3[\x02-\x04]|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]", "MP3 audio"),  # the latter are the sync word and layer III
    (rb"OggS\x00", "Ogg audio"),
    (rb"fLaC\x00", "FLAC audio"),
    (rb"wOF[F2]|OTTO", "font"),
    (rb"MZ.{0,60}\x00\x00", "Windows program"),
    (rb"PAR1", "Parquet file"),
    (rb"\xff\xfe[^\x00]\x00|\xfe\xff\x00[^\x00]", "UTF-16 text"),
)
_MANY = 4  # so many NUL or undecodable bytes may stand in any text, however short


class Decoded(NamedTuple):
    """Text, how many U+FFFD stand in it for bytes that are not UTF-8, and the offset of the first such byte."""

    text: str
    bad: int = 0
    first: int | None = None


def decode(data: bytes) -> Decoded:
    """`data` as UTF-8, without a byte order mark; whatever is not UTF-8 becomes U+FFFD and is counted."""
    skipped = len(BOM_UTF8) if data.startswith(BOM_UTF8) else 0
    data = data[skipped:]
    try:
        return Decoded(data.decode())
    except UnicodeDecodeError as error:
        text = data.decode(errors="replace")
        bad = text.count(_REPLACEMENT) - data.count(_REPLACEMENT.encode())
        return Decoded(text, bad, skipped + error.start)


def looks_binary(data: bytes) -> str | None:
    """The name of the binary format that `data` is in, "binary data" when it is none known, None when it is text.

    Text may hold a few NUL and a few bytes that are not UTF-8: `decode` deals with them.
    """
    sample = data[:_SAMPLE]
    for signature, name in _SIGNATURES:
        if re.match(signature, sample, re.DOTALL):
            return name
    zeros = sample.count(0)
    decoded = decode(sample)
    if not zeros and not decoded.bad:
        return None
    for signature, name in _SIGNATURES_IN_LETTERS:
        if re.match(signature, sample, re.DOTALL):
            return name
    too_many_zeros = zeros > _MANY and zeros * 10 > len(sample)
    too_many_bad = decoded.bad > _MANY and decoded.bad * 3 > len(decoded.text)
    return "binary data" if too_many_zeros or too_many_bad else None
