"""Whether a PNG file holds as many pixel rows as its header claims, which Pillow does not check."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# PNG specification, 8.2 (Adam7): column start, row start, column step, row step of the seven passes.
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_STEP = 2**20


def lacks_rows(data: bytes) -> bool:
    """Unpack the pixel data of a PNG without keeping it, and compare its length with the header.

    Args:
        data: A whole PNG file whose chunks and checksums are known to be sound.

    Returns:
        True where rows are missing; decoders fill them with black.

    Raises:
        zlib.error: The pixel data is not a compressed stream.
        struct.error: The file ends within a chunk.
    """
    needed = 0
    unpack = zlib.decompressobj()
    for kind, body in _chunks(data):
        if kind == b"IHDR":
            needed = _expected_bytes(body)
        elif kind == b"IDAT":
            while body and needed > 0:
                needed -= len(unpack.decompress(body, _STEP))
                body = unpack.unconsumed_tail
    return needed > len(unpack.flush())


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position, kind = 8, b""
    while kind != b"IEND":
        length, kind = struct.unpack(">I4s", data[position : position + 8])
        yield kind, data[position + 8 : position + 8 + length]
        position += length + 12


def _expected_bytes(header: bytes) -> int:
    """Bytes of all rows, each with its filter byte (PNG specification, 9)."""
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    total = 0
    for column, row, across, down in passes:
        columns, rows = -(-(width - column) // across), -(-(height - row) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + -(-columns * depth * _CHANNELS[colour] // 8))
    return total
