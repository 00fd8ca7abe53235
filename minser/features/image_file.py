"""Pictures as PNG and JPEG files.

Comes in: an 8-bit picture and a path. Goes out: the file; or the picture of one.

Whatever is wrong with a file raises OSError or ValueError with one line that names it.
"""

import io
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from minser.system.atomic import write_atomic

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
"""Endings of the files, and what Pillow calls their formats."""

_MODES = ("L", "RGB")  # gray and colour, 8 bits each
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)  # the latter where warnings are errors
_MAX_PIXELS = 2**24  # a file of some kilobytes may unpack to gigabytes; no spectrogram is larger than this
_MAX_BYTES = 2**26  # more than as many pixels take in three colours, not packed at all


def save_image(path: str | os.PathLike[str], image: NDArray[np.uint8]) -> None:
    """Write a picture; the same picture gives the same bytes.

    Parameters
    ----------
    path : path
        Ends in .png (exact), .jpg or .jpeg (quality 95, which changes most pixels a little). An existing file is
        replaced.
    image : ndarray of uint8, shape (height, width) or (height, width, 3)
        Gray or RGB, row 0 at the top.

    Raises
    ------
    OSError
        If the file cannot be written; what stood there before is still there.
    ValueError
        If the ending is another.
    """
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        raise ValueError(f"{os.fspath(path)!r}: expected a name that ends in {', '.join(FORMATS)}")
    content = io.BytesIO()
    # Quality and subsampling are JPEG's: colour as fine as brightness, because a colour map holds the values in both.
    Image.fromarray(image).save(content, FORMATS[path.suffix.lower()], quality=95, subsampling=0)
    write_atomic(path, content.getvalue())


def load_image(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """Read a picture.

    Parameters
    ----------
    path : path
        A PNG or JPEG file; what it is called does not matter.

    Returns
    -------
    ndarray of uint8, shape (height, width) or (height, width, 3)
        Gray or RGB, row 0 at the top.

    Raises
    ------
    OSError
        If there is no such file or it cannot be opened.
    ValueError
        If it is no PNG or JPEG file, is damaged, has several pictures, more than 2**24 pixels or 2**26 bytes, or pixels
        that are not 8-bit gray or RGB.
    """
    name = os.fspath(path)
    with Path(path).open("rb") as file:
        content = file.read(_MAX_BYTES + 1)  # from a file, Pillow reads as many bytes as a chunk claims to have
    if len(content) > _MAX_BYTES:
        raise ValueError(f"{name!r}: expected an image file of at most {_MAX_BYTES} bytes")
    try:
        image = Image.open(io.BytesIO(content), formats=("PNG", "JPEG"))
        if image.width * image.height > _MAX_PIXELS:
            raise ValueError(f"expected at most {_MAX_PIXELS} pixels, got {image.width} x {image.height}")
        if image.mode not in _MODES:
            raise ValueError(f"expected 8-bit gray or RGB (Pillow's mode {' or '.join(_MODES)}), got {image.mode}")
        n_pictures = getattr(image, "n_frames", 1)
        if n_pictures != 1:
            raise ValueError(f"expected one picture, got {n_pictures}")
        return np.array(image)  # only now it is unpacked
    except UnidentifiedImageError:
        raise ValueError(f"{name!r}: expected a PNG or JPEG image, got another kind of file") from None
    except (*_BOMBS, OSError, SyntaxError, ValueError) as error:  # what decoders raise
        raise ValueError(f"{name!r}: expected a PNG or JPEG image that can be read: {error}") from error
