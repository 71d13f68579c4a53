"""The good half of image intake: what comes out, pixel by pixel."""

from __future__ import annotations

import hashlib
import io
import pickle
import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from adlab.data.image_intake import AdImage, read_image
from adlab.errors import ImageError

EXIF_ORIENTATION = 274


ADAM7 = ("16462646", "77777777", "56565656", "77777777", "36463646", "77777777", "56565656", "77777777")


def encoded(picture: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def colours(height: int = 10, width: int = 12) -> np.ndarray:
    """Few enough colours for GIF, no symmetry that a wrong turn could hide behind."""
    grid = np.arange(height * width).reshape(height, width)
    return np.stack([grid * 2 % 256, grid // width * 20, grid % width * 20], axis=-1).astype(np.uint8)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *further: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = [
        png_chunk(b"IHDR", header),
        *further,
        png_chunk(b"IDAT", zlib.compress(rows)),
        png_chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def pixels(source, **options) -> np.ndarray:
    return np.asarray(read_image(source, **options).pixels)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "tiff_adobe_deflate"}),
    ],
)
def test_lossless_formats_keep_every_pixel_and_their_name(kind, options):
    image = read_image(encoded(Image.fromarray(colours()), kind, **options))
    np.testing.assert_array_equal(np.asarray(image.pixels), colours())
    assert (image.source_format, image.width, image.height, image.notes) == (kind, 12, 10, ())


def test_a_gif_keeps_its_palette_colours():
    picture = Image.fromarray(colours()).quantize(256)
    np.testing.assert_array_equal(pixels(encoded(picture, "GIF")), np.asarray(picture.convert("RGB")))


def test_a_flat_jpeg_keeps_its_colour():
    image = read_image(encoded(Image.new("RGB", (16, 16), (200, 40, 90)), "JPEG", quality=95))
    np.testing.assert_allclose(np.asarray(image.pixels, int), np.full((16, 16, 3), (200, 40, 90)), atol=2)
    assert image.source_format == "JPEG"


def test_the_hash_is_sha256_over_size_and_rgb_bytes_whatever_the_container():
    expected = hashlib.sha256(b"12x10:" + colours().tobytes()).hexdigest()
    containers = [encoded(Image.fromarray(colours()), kind) for kind in ("PNG", "BMP", "TIFF")]
    assert {read_image(data).content_hash for data in containers} == {expected}


def test_the_same_bytes_in_another_shape_have_another_hash():
    flat = np.full((10, 20, 3), 7, np.uint8)
    wide, tall = (AdImage.from_pixels(Image.fromarray(flat.reshape(h, w, 3))) for h, w in ((10, 20), (20, 10)))
    assert wide.content_hash != tall.content_hash


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_the_exif_orientation_is_applied_and_then_gone(kind, orientation):
    upright = colours()
    stored = {  # the inverse of what TIFF 6.0 asks a viewer to do
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    image = read_image(encoded(Image.fromarray(np.ascontiguousarray(stored)), kind, exif=exif, **options))
    np.testing.assert_array_equal(np.asarray(image.pixels), upright)
    assert not image.pixels.getexif()
    assert image.pixels.info == {}


def test_a_camera_jpeg_is_turned_and_loses_its_metadata():
    exif = Image.Exif()
    exif[EXIF_ORIENTATION], exif[271] = 6, "camera maker"
    image = read_image(encoded(Image.new("RGB", (32, 16), "red"), "JPEG", exif=exif, comment=b"secret"))
    assert (image.width, image.height) == (16, 32)
    assert image.pixels.info == {}
    assert any("upright" in note for note in image.notes)


def test_an_unknown_orientation_changes_nothing():
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = 99
    np.testing.assert_array_equal(pixels(encoded(Image.fromarray(colours()), "PNG", exif=exif)), colours())


@pytest.mark.parametrize(("alpha", "expected"), [(255, 100), (0, 255), (51, 224), (128, 177)])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_laid_on_white(mode, alpha, expected):
    # By hand: 100·a/255 + 255·(1 − a/255); a = 51 gives 20 + 204 = 224, a = 128 gives 50.2 + 127 = 177.2.
    fill = (100, alpha) if mode == "LA" else (100, 100, 100, alpha)
    image = read_image(encoded(Image.new(mode, (9, 9), fill), "PNG"))
    assert image.pixels.getpixel((4, 4)) == (expected,) * 3
    assert (image.notes == ()) == (alpha == 255)


def test_hidden_colour_under_full_transparency_does_not_show():
    image = read_image(encoded(Image.new("RGBA", (9, 9), (255, 0, 0, 0)), "WEBP", lossless=True, exact=True))
    assert image.pixels.getextrema() == ((255, 255),) * 3


def test_the_see_through_entry_of_a_palette_becomes_white():
    picture = Image.new("P", (10, 10), 0)
    picture.putpalette([10, 20, 30, 200, 0, 0])
    picture.putpixel((3, 3), 1)
    for kind in ("PNG", "GIF"):
        rgb = read_image(encoded(picture, kind, transparency=0)).pixels
        assert (rgb.getpixel((0, 0)), rgb.getpixel((3, 3))) == ((255, 255, 255), (200, 0, 0))


def test_half_transparent_palette_entries_are_blended():
    picture = Image.new("P", (10, 10), 0)
    picture.putpalette([100, 100, 100, 0, 0, 0])
    assert read_image(encoded(picture, "PNG", transparency=bytes([51]))).pixels.getpixel((0, 0)) == (224,) * 3


def test_the_see_through_colour_of_an_rgb_png_becomes_white():
    picture = Image.fromarray(colours())
    see_through = tuple(int(v) for v in colours()[2, 3])
    expected = colours()
    expected[2, 3] = 255
    np.testing.assert_array_equal(pixels(encoded(picture, "PNG", transparency=see_through)), expected)


def test_black_and_white_becomes_0_and_255():
    picture = Image.new("1", (9, 9), 0)
    picture.putpixel((2, 5), 1)
    for kind in ("PNG", "BMP", "TIFF"):
        rgb = pixels(encoded(picture, kind))
        assert (rgb[5, 2].tolist(), int(rgb.sum())) == ([255] * 3, 3 * 255)


def test_grey_is_repeated_in_three_channels():
    grey = np.arange(100, dtype=np.uint8).reshape(10, 10)
    np.testing.assert_array_equal(pixels(encoded(Image.fromarray(grey), "PNG")), np.stack([grey] * 3, axis=-1))


SIXTEEN = np.repeat(np.array([0, 255, 256, 257, 0x7FFF, 0x8000, 0xFEFF, 65535], np.uint16), 8).reshape(8, 8)
EIGHT = np.repeat(np.array([0, 0, 1, 1, 127, 128, 254, 255], np.uint8), 8).reshape(8, 8)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_grey_is_scaled_not_clipped(kind):
    image = read_image(encoded(Image.fromarray(SIXTEEN), kind))
    np.testing.assert_array_equal(np.asarray(image.pixels)[:, :, 0], EIGHT)
    assert image.notes == ("16-bit: scaled to 8 bits",)


def test_16_bit_colour_and_16_bit_grey_give_the_same_pixels():
    rows = b"".join(b"\x00" + np.repeat(line, 3).astype(">u2").tobytes() for line in SIXTEEN)
    np.testing.assert_array_equal(pixels(png(8, 8, 16, 2, rows)), pixels(encoded(Image.fromarray(SIXTEEN), "PNG")))


def test_the_see_through_value_of_a_16_bit_png_becomes_white():
    rows = b"".join(b"\x00" + line.astype(">u2").tobytes() for line in SIXTEEN)
    rgb = pixels(png(8, 8, 16, 0, rows, png_chunk(b"tRNS", struct.pack(">H", 0x7FFF))))
    assert rgb[4, 0].tolist() == [255] * 3
    assert rgb[5, 0].tolist() == [128] * 3


def tiff16(values: np.ndarray, photometric: int, byte_order: str = "<") -> bytes:
    """An uncompressed one-strip 16-bit grey TIFF, by hand."""
    height, width = values.shape
    tags = [
        (256, width),
        (257, height),
        (258, 16),
        (259, 1),
        (262, photometric),
        (273, 0),
        (277, 1),
        (278, height),
    ]
    tags.append((279, values.size * 2))
    offset = 8 + 2 + 12 * len(tags) + 4
    entries = b""
    for tag, value in tags:
        entries += struct.pack(byte_order + "HHII", tag, 4, 1, offset if tag == 273 else value)
    head = (b"II*\x00" if byte_order == "<" else b"MM\x00*") + struct.pack(byte_order + "I", 8)
    body = values.astype(byte_order + "u2").tobytes()
    return head + struct.pack(byte_order + "H", len(tags)) + entries + b"\x00" * 4 + body


def test_a_16_bit_tiff_reads_alike_in_both_byte_orders():
    np.testing.assert_array_equal(pixels(tiff16(SIXTEEN, 1, "<"))[:, :, 0], EIGHT)
    np.testing.assert_array_equal(pixels(tiff16(SIXTEEN, 1, ">"))[:, :, 0], EIGHT)


def test_a_16_bit_tiff_whose_zero_is_white_is_inverted():
    np.testing.assert_array_equal(pixels(tiff16(SIXTEEN, 0))[:, :, 0], 255 - EIGHT)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
@pytest.mark.parametrize(
    ("ink", "expected"),
    [((0, 0, 0, 0), (255, 255, 255)), ((0, 0, 0, 255), (0, 0, 0)), ((0, 255, 255, 0), (255, 0, 0))],
)
def test_cmyk_paper_is_white_and_ink_is_dark(kind, ink, expected):
    # JPEG: Pillow writes the inverted layout of Adobe, and its marker, as Photoshop does.
    data = encoded(Image.new("CMYK", (16, 16), ink), kind)
    assert kind != "JPEG" or b"Adobe" in data
    image = read_image(data)
    np.testing.assert_allclose(np.asarray(image.pixels, int), np.full((16, 16, 3), expected), atol=2)
    assert image.notes == ("CMYK: converted to RGB without its colour profile",)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_the_first_frame_of_an_animation_is_used(kind):
    frames = [Image.new("RGB", (12, 12), colour) for colour in ("red", "blue", "lime")]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50, **options)
    image = read_image(data)
    assert image.pixels.getcolors() == [(144, (255, 0, 0))]
    assert image.notes == ("animated: first frame used",)


def test_the_first_page_of_a_tiff_is_used():
    data = encoded(Image.new("RGB", (12, 12), "red"), "TIFF", save_all=True, append_images=[Image.new("RGB", (9, 9))])
    image = read_image(data)
    assert image.pixels.getcolors() == [(144, (255, 0, 0))]
    assert image.notes == ("several pages: first page used",)


def test_a_phone_photo_with_a_second_view_is_a_jpeg():
    data = encoded(Image.new("RGB", (16, 16), "red"), "MPO", save_all=True, append_images=[Image.new("RGB", (16, 16))])
    image = read_image(data)
    assert (image.source_format, image.notes) == ("JPEG", ())
    assert image.pixels.getpixel((8, 8))[0] > 250


def test_the_content_decides_not_the_extension(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(encoded(Image.fromarray(colours()), "PNG"))
    assert read_image(path).source_format == "PNG"


def test_bytes_path_text_path_and_file_give_equal_images(tmp_path):
    data = encoded(Image.fromarray(colours()), "PNG")
    path = tmp_path / "ad.png"
    path.write_bytes(data)
    half_read = io.BytesIO(data)
    half_read.read(50)
    with path.open("rb") as file:
        images = [read_image(source) for source in (data, bytearray(data), path, str(path), file, half_read)]
    assert len(set(images)) == 1


def test_an_image_is_equal_hashable_and_survives_pickling_by_content():
    first, second = (read_image(encoded(Image.fromarray(colours()), kind)) for kind in ("PNG", "BMP"))
    other = read_image(encoded(Image.fromarray(colours()[:, ::-1].copy()), "PNG"))
    copy = pickle.loads(pickle.dumps(first))
    assert first == second == copy
    assert hash(first) == hash(copy)
    assert first != other
    assert np.array_equal(np.asarray(copy.pixels), np.asarray(first.pixels))
    assert (copy.notes, copy.source_format) == (first.notes, "PNG")


def test_pixels_are_copied_from_a_picture_in_memory():
    drawn = Image.new("RGB", (8, 8), "white")
    image = AdImage.from_pixels(drawn)
    drawn.putpixel((0, 0), (0, 0, 0))
    assert image.pixels.getpixel((0, 0)) == (255, 255, 255)
    with pytest.raises(ImageError, match="RGBA"):
        AdImage.from_pixels(Image.new("RGBA", (8, 8)))


def test_sizes_at_the_limits_are_taken_in():
    assert read_image(encoded(Image.new("RGB", (8, 160)), "PNG")).height == 160
    exact = encoded(Image.new("RGB", (50, 40)), "PNG")
    assert read_image(exact, max_pixels=2000, max_bytes=len(exact)).width == 50


def test_eight_threads_agree_with_one():
    rng = np.random.default_rng(3)
    sources = [
        encoded(Image.fromarray(rng.integers(0, 256, (40, 30, 3), np.uint8)), kind)
        for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF") * 8
    ]
    alone = [read_image(source).content_hash for source in sources]
    with ThreadPoolExecutor(8) as pool:
        assert [image.content_hash for image in pool.map(read_image, sources)] == alone


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
@pytest.mark.parametrize("size", [(8, 8), (9, 13), (31, 17)])
def test_a_whole_png_never_counts_as_lacking_rows(mode, size):
    data = encoded(Image.new(mode, size), "PNG")
    assert (read_image(data).width, read_image(data).height) == size


@pytest.mark.parametrize("size", [(8, 8), (9, 13), (31, 17)])
def test_an_interlaced_png_is_whole_with_all_seven_passes_and_cut_off_without_the_last(size):
    width, height = size
    rows = [  # pixel by pixel, from the 8 × 8 picture in the PNG specification
        b"\x00" + b"\x05\x06\x07" * len(columns)
        for number in range(1, 8)
        for row in range(height)
        if (columns := [c for c in range(width) if int(ADAM7[row % 8][c % 8]) == number])
    ]
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1)

    def file(lines: list[bytes]) -> bytes:
        chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"".join(lines))), (b"IEND", b"")]
        return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind, body) for kind, body in chunks)

    assert read_image(file(rows)).pixels.getcolors() == [(width * height, (5, 6, 7))]
    with pytest.raises(ImageError, match="lacks pixel rows"):
        read_image(file(rows[:-1]))


def test_pillows_global_limits_are_left_alone():
    before = (Image.MAX_IMAGE_PIXELS, list(warnings.filters))
    read_image(encoded(Image.new("RGB", (20, 20)), "PNG"))
    assert before == (Image.MAX_IMAGE_PIXELS, list(warnings.filters))
