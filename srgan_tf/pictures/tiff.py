"""Writing TIFF files of 8 and 16 bits per channel, with all their metadata.

Pillow cannot write 16 bits of colour, and loses EXIF's sub-directories when it compresses. Strips
go straight from the array to the file, so no second copy of the picture is held.
"""

import zlib
from typing import BinaryIO

import numpy as np
from PIL import TiffTags
from PIL.TiffImagePlugin import IFDRational, ImageFileDirectory_v2

from srgan_tf.pictures.metadata import open_exif
from srgan_tf.pictures.picture import Picture, PictureByRows, interleave

_STRIP_BYTES = 1 << 20
_ADOBE_DEFLATE = 8
_MAX_BYTES = 2**32 - 2**24  # offsets have 32 bits


def write_tiff(file: BinaryIO, picture: PictureByRows) -> None:
    """Writes a picture as a little-endian TIFF, losslessly compressed.

    16 bits of gray with alpha are written as RGBA, since hardly any program reads the former.

    Args:
        file: open for writing, seekable.
        picture: any.
    """
    is_rgb = not picture.is_gray or (picture.alpha is not None and picture.dtype == np.uint16)
    channels = (3 if is_rgb else 1) + (picture.alpha is not None)
    bytes_per_row = picture.width * channels * picture.dtype.itemsize
    rows = max(1, _STRIP_BYTES // bytes_per_row)
    starts = range(0, picture.height, rows)
    tags = _tags(picture, channels, rows)
    start_of_data = len(_directory(tags, [0] * len(starts)))
    file.write(bytes(start_of_data))
    sizes = []
    for start in starts:
        band = picture.rows(start, start + rows)
        if is_rgb and band.is_gray:
            band = Picture(np.repeat(band.pixels, 3, axis=2), band.alpha)
        strip = np.array(interleave(band))
        strip[:, 1:] -= strip[:, :-1].copy()  # predictor 2, modulo the levels
        data = zlib.compress(strip.astype(strip.dtype.newbyteorder("<"), copy=False).tobytes())
        sizes.append(len(data))
        file.write(data)
    file.seek(0)
    file.write(_directory(tags, sizes))
    file.seek(0, 2)


def fits_tiff(num_bytes: int) -> bool:
    """Whether a picture of this many bytes can be addressed even if it does not compress."""
    return num_bytes < _MAX_BYTES


def _tags(picture: PictureByRows, channels: int, rows: int) -> ImageFileDirectory_v2:
    tags = ImageFileDirectory_v2()
    exif = open_exif(picture.metadata.exif, picture.width, picture.height)
    for tag, value in exif.items():
        is_directory = tag in TiffTags.TAGS_V2_GROUPS
        tags[tag] = exif.get_ifd(tag) if is_directory else value
    numbers = {
        256: picture.width,
        257: picture.height,
        258: (8 * picture.dtype.itemsize,) * channels,
        259: _ADOBE_DEFLATE,
        262: 1 if channels < 3 else 2,  # black is zero, RGB
        277: channels,
        278: rows,
        284: 1,  # interleaved
        317: 2,  # horizontal differences
    }
    if picture.alpha is not None:
        numbers[338] = (2,)  # not multiplied
    if picture.metadata.icc and not (picture.is_gray and channels > 2):
        tags[34675] = picture.metadata.icc
    if picture.metadata.dpi:
        tags[282], tags[283] = (IFDRational(value) for value in picture.metadata.dpi)
        tags[296] = 2  # per inch
    for tag, number in numbers.items():
        tags[tag] = number
    return tags


def _directory(tags: ImageFileDirectory_v2, sizes: list[int]) -> bytes:
    """The file's head for strips of these sizes, which follow it. Its own size is fixed."""
    for tag, values in ((273, np.cumsum([0, *sizes[:-1]]).tolist()), (279, sizes)):
        tags.tagtype[tag] = TiffTags.LONG
        tags[tag] = tuple(values)
    return b"II*\0\x08\0\0\0" + tags.tobytes(8)
