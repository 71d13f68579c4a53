"""The bad half of image intake: every broken, hostile or foreign file gives one clear error."""

from __future__ import annotations

import io
import os
import struct
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from adlab.data.image_intake import AdImage, read_image
from adlab.errors import ImageError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8))


def encoded(kind: str, picture: Image.Image = NOISE, **options) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def chunk(kind: bytes, body: bytes, crc: int | None = None) -> bytes:
    return (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body) if crc is None else crc)
    )


def header(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


def png(width: int, height: int, rows: bytes, *further: bytes) -> bytes:
    return (
        SIGNATURE
        + header(width, height)
        + b"".join(further)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def cut(data: bytes, share: float) -> bytes:
    return data[: int(len(data) * share)]


def changed(data: bytes, position: int, value: bytes) -> bytes:
    return data[:position] + value + data[position + len(value) :]


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("ad.png", encoded("PNG"))
    return out.getvalue()


def jpeg_claiming(width: int, height: int) -> bytes:
    data = encoded("JPEG")
    return changed(data, data.index(b"\xff\xc0") + 5, struct.pack(">HH", height, width))


def gif_claiming(width: int, height: int) -> bytes:
    return changed(encoded("GIF"), 6, struct.pack("<HH", width, height))


def gif_with_a_frame_beyond_its_screen() -> bytes:
    data = encoded("GIF")
    frame = data.index(b",\x00\x00\x00\x00" + struct.pack("<HH", 64, 48))
    return changed(data, frame + 5, struct.pack("<HH", 60_000, 60_000))


def bmp_claiming(width: int, height: int) -> bytes:
    return changed(encoded("BMP"), 18, struct.pack("<ii", width, height))


def tiff_tag(data: bytes, tag: int, value: int) -> bytes:
    """Overwrite the value of one IFD entry of a little-endian TIFF."""
    ifd = struct.unpack("<I", data[4:8])[0]
    for i in range(struct.unpack("<H", data[ifd : ifd + 2])[0]):
        entry = ifd + 2 + 12 * i
        found, kind = struct.unpack("<HH", data[entry : entry + 4])
        if found == tag:
            return changed(data, entry + 8, struct.pack("<H" if kind == 3 else "<I", value))
    raise KeyError(tag)


BLANK_ROWS = b"\x00" * (48 * (1 + 64 * 3))
BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    # nothing, or something else
    "nothing at all": (lambda: b"", "empty"),
    "one byte": (lambda: b"\x89", "begins with the bytes 89,"),
    "zeros": (lambda: bytes(4096), "not a picture"),
    "random bytes": (lambda: np.random.default_rng(1).bytes(4096), "not a picture"),
    "plain text": (lambda: b"Buy one, get one free. " * 40, "begins with “Buy one,”, as no known picture"),
    "an SVG drawing": (lambda: b'<?xml version="1.0"?>\n<svg width="9" height="9"></svg>', "SVG"),
    "a web page": (lambda: b"<!DOCTYPE html><html><body>404</body></html>", "web page"),
    "a PDF": (lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "PDF"),
    "a zip archive": (zipped, "zip"),
    "a Photoshop document": (lambda: b"8BPS\x00\x01" + bytes(200), "Photoshop"),
    "an HEIC photo": (lambda: b"\x00\x00\x00\x18ftypheic" + bytes(200), "HEIC"),
    "an AVIF picture": (lambda: b"\x00\x00\x00\x18ftypavif" + bytes(200), "AVIF"),
    "PostScript": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n" * 9, "not a picture"),
    "an icon": (lambda: encoded("ICO", sizes=[(16, 16)]), "not a picture"),
    "a portable pixmap": (lambda: encoded("PPM"), "not a picture"),
    "a JPEG 2000 picture": (lambda: encoded("JPEG2000"), "not a picture"),
    # cut off
    "PNG signature only": (lambda: SIGNATURE, "damaged"),
    "PNG cut in its header": (lambda: encoded("PNG")[:20], "damaged"),
    "PNG cut behind its header": (lambda: encoded("PNG")[:33], "damaged"),
    "PNG cut at a tenth": (lambda: cut(encoded("PNG"), 0.1), "damaged"),
    "PNG cut at a half": (lambda: cut(encoded("PNG"), 0.5), "damaged"),
    "PNG without its end chunk": (lambda: encoded("PNG")[:-12], "damaged"),
    "JPEG start mark only": (lambda: b"\xff\xd8\xff", "damaged"),
    "JPEG cut in its tables": (lambda: encoded("JPEG")[:100], "damaged"),
    "JPEG cut at a half": (lambda: cut(encoded("JPEG"), 0.5), "damaged"),
    "JPEG cut near its end": (lambda: encoded("JPEG")[:-20], "damaged"),
    "progressive JPEG cut at a half": (lambda: cut(encoded("JPEG", progressive=True), 0.5), "damaged"),
    "GIF header only": (lambda: encoded("GIF")[:13], "damaged"),
    "GIF cut at a half": (lambda: cut(encoded("GIF"), 0.5), "damaged"),
    "WebP header only": (lambda: encoded("WEBP")[:30], "damaged"),
    "WebP cut at a half": (lambda: cut(encoded("WEBP"), 0.5), "damaged"),
    "lossless WebP cut at nine tenths": (lambda: cut(encoded("WEBP", lossless=True), 0.9), "damaged"),
    "BMP cut in its header": (lambda: encoded("BMP")[:30], "damaged"),
    "BMP cut at a half": (lambda: cut(encoded("BMP"), 0.5), "damaged"),
    "TIFF header only": (lambda: encoded("TIFF")[:8], "damaged"),
    "TIFF cut at a half": (lambda: cut(encoded("TIFF"), 0.5), "damaged"),
    "LZW TIFF without its directory": (lambda: cut(encoded("TIFF", compression="tiff_lzw"), 0.6), "damaged"),
    # altered
    "PNG with a wrong header checksum": (lambda: changed(encoded("PNG"), 29, b"\x00\x00\x00\x00"), "damaged"),
    "PNG with a wrong data checksum": (lambda: changed(encoded("PNG"), 60, b"\xde\xad\xbe\xef"), "damaged"),
    "PNG with a bad compressed stream": (
        lambda: SIGNATURE + header(64, 48) + chunk(b"IDAT", b"not zlib data") + chunk(b"IEND", b""),
        "damaged",
    ),
    "PNG without pixel data": (lambda: SIGNATURE + header(64, 48) + chunk(b"IEND", b""), "damaged"),
    "PNG with too few rows": (lambda: png(64, 48, BLANK_ROWS[: 10 * 193]), "lacks pixel rows"),
    "PNG with one byte too few": (lambda: png(64, 48, BLANK_ROWS[:-1]), "lacks pixel rows"),
    "PNG with half a row too few": (lambda: png(64, 48, BLANK_ROWS[:-96]), "lacks pixel rows"),
    "PNG with an unknown filter": (lambda: png(64, 48, b"\x09" + BLANK_ROWS[1:]), "damaged"),
    "PNG with an impossible colour type": (
        lambda: SIGNATURE + header(64, 48, 8, 5) + chunk(b"IDAT", zlib.compress(BLANK_ROWS)) + chunk(b"IEND", b""),
        "damaged",
    ),
    "PNG without a header": (lambda: SIGNATURE + chunk(b"IDAT", zlib.compress(BLANK_ROWS)), "damaged"),
    "PNG whose text unpacks without end": (
        lambda: png(64, 48, BLANK_ROWS, chunk(b"zTXt", b"note\x00\x00" + zlib.compress(bytes(64 * 2**20)))),
        "damaged",
    ),
    "JPEG without its tables": (lambda: encoded("JPEG").replace(b"\xff\xdb", b"\xff\xfe"), "damaged"),
    "JPEG with a zero-size frame": (lambda: jpeg_claiming(0, 0), "pixels|damaged"),
    "WebP with garbage inside": (lambda: changed(encoded("WEBP"), 12, b"\xff" * 60), "damaged"),
    "GIF with an impossible code size": (
        lambda: (lambda data: changed(data, data.index(b",\x00\x00\x00\x00@\x00") + 10, b"\xff"))(encoded("GIF")),
        "damaged",
    ),
    "TIFF with an unknown compression": (lambda: tiff_tag(encoded("TIFF"), 259, 60_000), "damaged"),
    "TIFF with strips beyond its end": (lambda: tiff_tag(encoded("TIFF"), 273, 2**31), "damaged"),
    # lying about its size
    "PNG bomb": (lambda: png(60_000, 60_000, b"\x00"), "scale it down"),
    "PNG at the largest size there is": (lambda: png(2**31 - 1, 2**31 - 1, b"\x00"), "scale it down"),
    "PNG just over the limit": (lambda: png(8_000, 5_001, b"\x00"), "40,008,000|8000 × 5001"),
    "PNG of no width": (lambda: png(0, 48, b"\x00"), "damaged|at least 8"),
    "PNG claiming more rows than it has": (lambda: png(64, 96, BLANK_ROWS), "lacks pixel rows"),
    "JPEG claiming 60,000 squared": (lambda: jpeg_claiming(60_000, 60_000), "scale it down"),
    "GIF screen of 65,535 squared": (lambda: gif_claiming(65_535, 65_535), "scale it down"),
    "GIF frame beyond its screen": (gif_with_a_frame_beyond_its_screen, "scale it down"),
    "BMP claiming 100,000 squared": (lambda: bmp_claiming(100_000, 100_000), "scale it down"),
    "BMP of negative width": (lambda: bmp_claiming(-64, 48), "scale it down"),
    "TIFF claiming 60,000 columns": (lambda: tiff_tag(encoded("TIFF"), 256, 60_000), "20:1"),
    # honest, but no ad
    "a tracking pixel": (lambda: encoded("GIF", Image.new("P", (1, 1))), "at least 8"),
    "seven pixels high": (lambda: encoded("PNG", Image.new("RGB", (60, 7))), "60 × 7 pixels.*at least 8"),
    "a hairline": (lambda: encoded("PNG", Image.new("RGB", (8, 161))), "8 × 161 pixels.*20:1"),
    "a floating-point TIFF": (lambda: encoded("TIFF", Image.new("F", (20, 20), 0.5)), "'F'.*8-bit RGB"),
    "a 32-bit TIFF": (lambda: encoded("TIFF", Image.new("I", (20, 20), 70_000)), "'I'.*8-bit RGB"),
    "a LAB TIFF": (lambda: encoded("TIFF", Image.new("LAB", (20, 20))), "'LAB'.*8-bit RGB"),
}


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_in_words(case):
    build, words = BAD[case]
    with pytest.raises(ImageError, match=words) as caught:
        read_image(build(), name="ad.png")
    message = str(caught.value)
    assert message.startswith("ad.png")
    assert ";" in message, "no remedy behind the semicolon"
    assert "\n" not in message


def test_the_good_file_that_the_bad_ones_are_made_from_is_taken_in():
    for kind in ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"):
        assert read_image(encoded(kind)).width == 64
    assert read_image(png(64, 48, BLANK_ROWS)).height == 48
    assert read_image(jpeg_claiming(64, 48)).height == 48
    assert read_image(tiff_tag(encoded("TIFF"), 256, 64)).width == 64


def test_a_bomb_is_refused_before_memory_is_spent():
    bomb = png(6_500, 6_500, bytes(6_500 * (1 + 3 * 6_500)))  # 127 MB of pixels in about 120 kB
    tracemalloc.start()
    started = time.perf_counter()
    with pytest.raises(ImageError, match="6500 × 6500 pixels, more than 40,000,000"):
        read_image(bomb)
    seconds, peak = time.perf_counter() - started, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * len(bomb)
    assert seconds < 0.5


@pytest.mark.filterwarnings("error")
def test_a_bomb_is_an_image_error_even_where_warnings_are_errors():
    with pytest.raises(ImageError, match="scale it down"):
        read_image(png(12_000, 12_000, b"\x00"))


def test_too_many_bytes_are_refused_and_not_read(tmp_path):
    path = tmp_path / "big.png"
    with path.open("wb") as file:
        file.truncate(2**40)  # sparse: reading it all would exhaust the machine
    with pytest.raises(ImageError, match=r"big\.png is larger than 20 MB"):
        read_image(path)
    with pytest.raises(ImageError, match="larger than 100 bytes"):
        read_image(encoded("PNG"), max_bytes=100)


@pytest.mark.parametrize(
    ("path", "words"), [(".", "folder"), ("missing.png", "does not exist"), ("a\0b", "exist|read")]
)
def test_a_path_without_a_file_is_refused(tmp_path, path, words):
    with pytest.raises(ImageError, match=words):
        read_image(tmp_path / path)
    with pytest.raises(ImageError, match=words):
        read_image(str(tmp_path / path))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_without_read_permission_is_refused(tmp_path):
    path = tmp_path / "ad.png"
    path.write_bytes(encoded("PNG"))
    path.chmod(0)
    with pytest.raises(ImageError, match="permission"):
        read_image(path)


def test_a_pipe_is_refused_rather_than_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ImageError, match="not a regular file"):
        read_image(tmp_path / "pipe")


def test_a_text_stream_and_a_closed_file_are_refused(tmp_path):
    with pytest.raises(ImageError, match="binary mode"):
        read_image(io.StringIO("words"))
    closed = io.BytesIO(encoded("PNG"))
    closed.close()
    with pytest.raises(ImageError, match="cannot be read"):
        read_image(closed)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
def test_flipped_bytes_give_an_image_or_an_image_error_and_nothing_else(kind):
    rng = np.random.default_rng(len(kind))
    good = encoded(kind)
    outcomes = set()
    for _ in range(150):
        data = bytearray(good)
        for position in rng.integers(0, min(len(data), 400), rng.integers(1, 6)):
            data[position] = rng.integers(256)
        try:
            outcomes.add(type(read_image(bytes(data), max_pixels=10**6)))
        except ImageError as error:
            outcomes.add(type(error))
    assert outcomes <= {AdImage, ImageError}
    assert ImageError in outcomes
