"""Pictures on disk: exact and repeatable when written, and every bad file one line when read."""

import contextlib
import io
import re
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from minser.features.image_file import load_image, save_image


def encoded(image, file_format, **options):
    """Return what Pillow writes."""
    content = io.BytesIO()
    image.save(content, file_format, **options)
    return content.getvalue()


def chunk(kind, data):
    """Return a part of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_header(width, height):
    """Return a PNG file that claims a size and holds almost nothing."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 10)) + chunk(b"IEND", b"")


GRAY = Image.fromarray((np.arange(64 * 64).reshape(64, 64) % 251).astype(np.uint8))
PNG, JPEG = encoded(GRAY, "PNG"), encoded(GRAY, "JPEG")
ATTACKS = {
    "nothing": (b"", "another kind of file"),
    "text": (b"emotion,actor\nangry,1\n", "another kind of file"),
    "truncated PNG": (PNG[: len(PNG) // 2], "truncated"),
    "truncated JPEG": (JPEG[: len(JPEG) // 2], "truncated"),
    "only a signature": (PNG[:8], "can be read|another kind"),
    "damaged PNG": (PNG[:60] + bytes(30) + PNG[90:], "broken"),
    "no pixels": (png_header(0, 5), "can be read|another kind"),
    "seventeen million pixels": (png_header(2**12, 2**12 + 1), "at most 16777216 pixels, got 4096 x 4097"),
    "a hundred million pixels": (png_header(10_000, 10_000), "pixels"),
    "four thousand million pixels": (png_header(2**16, 2**16), "pixels"),
    "text that unpacks to 100 MB": (
        PNG[:33] + chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**8))) + PNG[33:],
        "(?i)too large",
    ),
    "palette": (encoded(GRAY.convert("P"), "PNG"), "8-bit gray or RGB .* got P"),
    "black and white": (encoded(GRAY.convert("1"), "PNG"), "got 1"),
    "transparent": (encoded(GRAY.convert("RGBA"), "PNG"), "got RGBA"),
    "16 bits": (encoded(Image.fromarray(np.full((4, 4), 700, np.uint16)), "PNG"), "got I;16"),
    "print colours": (encoded(GRAY.convert("CMYK"), "JPEG"), "got CMYK"),
    "animated GIF": (encoded(GRAY, "GIF", save_all=True, append_images=[GRAY.rotate(90)]), "another kind of file"),
    "animated PNG": (encoded(GRAY, "PNG", save_all=True, append_images=[GRAY.rotate(90)]), "one picture, got 2"),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n", "another kind of file"),
}  # fmt: skip


def test_a_chunk_that_claims_two_gigabytes_costs_none(tmp_path):
    at = PNG.index(b"IDAT")
    path = tmp_path / "lying.png"
    path.write_bytes(PNG[: at - 4] + struct.pack(">I", 2**31 - 1) + PNG[at:])
    tracemalloc.start()
    with contextlib.suppress(ValueError):  # the pixels are whole
        np.testing.assert_array_equal(load_image(path), np.asarray(GRAY))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**28


def test_a_file_of_any_length_is_read_up_to_a_limit(tmp_path):
    path = tmp_path / "long.png"
    with path.open("wb") as file:
        file.write(PNG)
        file.truncate(2**40)  # a hole, which takes no room
    with pytest.raises(ValueError, match="at most 67108864 bytes"):
        load_image(path)


@pytest.mark.parametrize("shape", [(1, 1), (20, 31), (20, 31, 3)])
def test_png_is_exact_and_its_bytes_repeat(rng, tmp_path, shape):
    image = rng.integers(0, 256, shape).astype(np.uint8)
    save_image(tmp_path / "a.png", image)
    save_image(tmp_path / "b.PNG", image)
    read = load_image(tmp_path / "a.png")
    np.testing.assert_array_equal(read, image)
    read += 1  # the array is the caller's own
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.PNG").read_bytes()


@pytest.mark.parametrize("shape", [(64, 64), (64, 64, 3)])
def test_jpeg_is_close_and_its_bytes_repeat(tmp_path, shape):
    ramp = np.linspace(0, 255, 64).astype(np.uint8)
    image = np.broadcast_to(ramp[:, None, None] if len(shape) == 3 else ramp[:, None], shape).copy()
    save_image(tmp_path / "a.jpg", image)
    save_image(tmp_path / "b.jpeg", image)
    assert np.abs(load_image(tmp_path / "a.jpg").astype(int) - image).max() <= 4  # a smooth picture at quality 95
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "b.jpeg").read_bytes()


def test_an_image_is_replaced_whole_and_nothing_lies_beside_it(tmp_path):
    for level in (1, 2):
        save_image(tmp_path / "a.png", np.full((3, 3), level, dtype=np.uint8))
    assert (load_image(tmp_path / "a.png") == 2).all()
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize("name", ["wütend.png", "怒り 1.png", "😠.jpg"])
def test_any_name_will_do(tmp_path, name):
    save_image(tmp_path / name, np.full((8, 8), 7, dtype=np.uint8))
    assert (load_image(str(tmp_path / name)) == 7).all()


def test_the_content_counts_not_the_ending(tmp_path):
    (tmp_path / "a.png").write_bytes(JPEG)
    assert load_image(tmp_path / "a.png").shape == (64, 64)


@pytest.mark.parametrize(("content", "message"), ATTACKS.values(), ids=ATTACKS)
def test_a_bad_file_is_one_line_that_names_it(tmp_path, content, message):
    path = tmp_path / "evil.png"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        load_image(path)
    assert re.match(r"'.*evil\.png': expected a PNG or JPEG image", str(caught.value))
    assert "\n" not in str(caught.value)


def test_every_cut_of_a_file_is_refused_or_read_whole(tmp_path):
    path = tmp_path / "cut.png"
    for end in range(0, len(PNG), 7):
        path.write_bytes(PNG[:end])
        try:
            read = load_image(path)
        except ValueError:
            continue
        np.testing.assert_array_equal(read, GRAY)


def test_no_file_and_no_folder_are_the_systems_errors(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.png"):
        load_image(tmp_path / "none.png")
    with pytest.raises(OSError, match="a folder"):
        load_image(tmp_path / "a folder")
    with pytest.raises(FileNotFoundError):
        save_image(tmp_path / "nowhere" / "a.png", np.zeros((2, 2), np.uint8))


def test_what_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"a\.gif': expected a name that ends in \.png, \.jpg, \.jpeg"):
        save_image(tmp_path / "a.gif", np.zeros((2, 2), np.uint8))
    assert list(tmp_path.iterdir()) == []
