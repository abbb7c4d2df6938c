"""Small files of every kind that can be sent along, and some that cannot."""

import struct
import zlib


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _png_chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    + _png_chunk(b"IDAT", zlib.compress(b"\0\0\0\0"))
    + _png_chunk(b"IEND", b"")
)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 "
PDF = b"%PDF-1.4\n%\xff\xff\xff\xff\n"
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt "
MP3 = b"\xff\xfb\x90\x64\x00\x00\x00\x00"
OGG = b"OggS\x00\x02\x00\x00"
FLAC = b"fLaC\x00\x00\x00\x22"
ZIP = b"PK\x03\x04\x14\x00"


def gif(pictures: int, colours: bool = True) -> bytes:
    """A GIF of one pixel with so many pictures in it, with tables of colours or without."""
    table = b"\x00\x00\x00\xff\xff\xff" * colours
    flags = b"\x80" if colours else b"\x00"
    comment = b"\x21\xfe\x02hi\x00"
    picture = b"\x2c" + b"\x00" * 4 + b"\x01\x00\x01\x00" + flags + table + b"\x02" + b"\x02\x44\x01" + b"\x00"
    return b"GIF89a\x01\x00\x01\x00" + flags + b"\x00\x00" + table + comment + picture * pictures + b"\x3b"
