"""Writing PNG files of 8 and 16 bits per channel, with all their metadata.

Pillow cannot write 16 bits of colour or transparency, and wants the whole picture in memory.
"""

import struct
import zlib
from typing import BinaryIO

import numpy as np

from srgan_tf.pictures.metadata import exif_for_size
from srgan_tf.pictures.picture import PictureByRows, interleave

_ROWS = 64  # rows filtered at a time
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # by number of channels


def write_png(file: BinaryIO, picture: PictureByRows) -> None:
    """Writes a picture with its metadata, a few rows at a time.

    Args:
        file: open for writing.
        picture: any.
    """
    channels = (1 if picture.is_gray else 3) + (picture.alpha is not None)
    depth = picture.dtype.itemsize
    file.write(b"\x89PNG\r\n\x1a\n")
    header = (picture.width, picture.height, 8 * depth, _COLOUR_TYPES[channels], 0, 0, 0)
    _chunk(file, b"IHDR", struct.pack(">IIBBBBB", *header))
    metadata = picture.metadata
    if metadata.icc:
        _chunk(file, b"iCCP", b"ICC Profile\0\0" + zlib.compress(metadata.icc))
    if metadata.dpi:
        per_metre = (round(value / 0.0254) for value in metadata.dpi)
        _chunk(file, b"pHYs", struct.pack(">IIB", *per_metre, 1))
    if metadata.exif:
        exif = exif_for_size(metadata.exif, picture.width, picture.height)
        _chunk(file, b"eXIf", exif.removeprefix(b"Exif\0\0"))
    compressor = zlib.compressobj()
    above = np.zeros((1, picture.width * channels * depth), np.uint8)
    for start in range(0, picture.height, _ROWS):
        levels = interleave(picture.rows(start, start + _ROWS))
        rows = levels.astype(levels.dtype.newbyteorder(">"), copy=False).view(np.uint8)
        rows = rows.reshape(len(levels), -1)
        if data := compressor.compress(_filter_paeth(above, rows, channels * depth).tobytes()):
            _chunk(file, b"IDAT", data)
        above = rows[-1:]
    _chunk(file, b"IDAT", compressor.flush())
    _chunk(file, b"IEND", b"")


def _filter_paeth(above: np.ndarray, rows: np.ndarray, step: int) -> np.ndarray:
    """Filter 4 of the PNG specification: each byte less its best guess from three neighbours.

    Args:
        above: the row before, uint8 (1, bytes).
        rows: uint8 (n, bytes).
        step: bytes per pixel.

    Returns:
        uint8, (n, 1 + bytes), with the filter's number in front.
    """
    up = np.concatenate([above, rows[:-1]]).astype(np.int16)
    left = np.pad(rows[:, :-step], ((0, 0), (step, 0))).astype(np.int16)
    corner = np.pad(up[:, :-step], ((0, 0), (step, 0)))
    to_left, to_up = np.abs(up - corner), np.abs(left - corner)
    to_corner = np.abs(left + up - 2 * corner)
    guess = np.where(to_up <= to_corner, up, corner)
    guess = np.where((to_left <= to_up) & (to_left <= to_corner), left, guess)
    filtered = rows - guess.astype(np.uint8)
    return np.pad(filtered, ((0, 0), (1, 0)), constant_values=4)


def _chunk(file: BinaryIO, kind: bytes, data: bytes) -> None:
    file.write(struct.pack(">I", len(data)) + kind + data)
    file.write(struct.pack(">I", zlib.crc32(data, zlib.crc32(kind))))
