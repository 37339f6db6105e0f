"""Writing pictures: the name decides the format, and a file is there as a whole or not at all."""

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import numpy as np
from PIL import Image, features

from srgan_tf.imaging.files import write_atomically
from srgan_tf.pictures.metadata import exif_for_size
from srgan_tf.pictures.picture import (
    Picture,
    PictureByRows,
    to_8_bits,
    to_opaque_rgb,
    to_pillow,
)
from srgan_tf.pictures.png import write_png
from srgan_tf.pictures.tiff import fits_tiff, write_tiff

_FORMATS = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "PNG": (".png", ".apng"),
    "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff"),
    "BMP": (".bmp", ".dib"),
    "GIF": (".gif",),
    "AVIF": (".avif",),
    "PPM": (".ppm", ".pgm", ".pnm"),
}
_ANIMATED = ("GIF", "WEBP", "PNG", "AVIF")
_MAX_SIDE = {"JPEG": 65500, "WEBP": 16383, "GIF": 65535, "AVIF": 65536}
_MAX_JPEG_EXIF = 65533  # bytes: it is one segment
_BAND = 256  # rows handed to Pillow at a time
_MAX_DURATION, _MAX_LOOP = 655_350, 65_535  # of GIF, for all: 11 minutes a frame
DEFAULT_QUALITY = 95
"""Of JPEG, WebP and AVIF: little is gained above it, and less would show next to the network's
work. From 90 on, JPEG and AVIF keep the full resolution of colour."""


def picture_format(path: str | Path) -> str:
    """Returns Pillow's name of the format that the path's suffix stands for.

    Raises:
        ValueError: it stands for none that can be written.
    """
    suffix = Path(path).suffix
    for name, suffixes in _FORMATS.items():
        if suffix.lower() in suffixes and (name != "AVIF" or features.check("avif")):
            return name
    raise ValueError(f"{path}: got suffix {suffix!r}, expected one such as .png or .jpg")


def check_quality(quality: int | None) -> None:
    """Raises ValueError where it is neither None nor 1 to 100."""
    if quality is not None and not 1 <= quality <= 100:
        raise ValueError(f"quality: got {quality}, expected 1 to 100")


def check_fits(path: str | Path, picture: PictureByRows, num_frames: int = 1) -> None:
    """Refuses what the path's format cannot hold.

    Args:
        path: the file to be written.
        picture: one frame; no row of it is read.
        num_frames: 1, or more for an animation.

    Raises:
        ValueError: too wide or high, an animation where there can be none, or too much EXIF.
    """
    name = picture_format(path)
    width, height = picture.width, picture.height
    num_bytes = width * height * 4 * picture.dtype.itemsize
    limit = _MAX_SIDE.get(name, 2**31 - 1)
    if max(width, height) > limit or (name == "TIFF" and not fits_tiff(num_bytes)):
        raise ValueError(
            f"{path}: got a result of {width}x{height} pixels, more than {name} can hold; "
            "choose -o with another suffix, such as .png"
        )
    if num_frames > 1 and name not in _ANIMATED:
        raise ValueError(
            f"{path}: got {num_frames} frames, which {name} cannot hold; "
            "choose -o with the suffix .gif, .webp or .png"
        )
    num_bytes = len(exif_for_size(picture.metadata.exif, width, height))
    if name == "JPEG" and num_bytes > _MAX_JPEG_EXIF:
        raise ValueError(
            f"{path}: got {num_bytes} bytes of EXIF, more than JPEG can hold; "
            "choose -o with another suffix, such as .png"
        )


def write_picture(picture: PictureByRows, path: str | Path, quality: int | None = None) -> None:
    """Writes a picture in the format of the path's suffix; an existing file is replaced as a whole.

    PNG and TIFF hold everything, and are written band by band: a picture that is made while it is
    written is never in memory as a whole. The other formats hold 8 bits; JPEG, BMP and PPM have no
    transparency (it is laid on white); GIF has 256 colours, and a pixel is seen or not.

    Args:
        picture: what to write.
        path: its folder exists.
        quality: 1 to 100, for JPEG, WebP and AVIF; None: `DEFAULT_QUALITY`.

    Raises:
        ValueError: the format cannot be written or cannot hold the picture, or no such quality.
        OSError: the folder is missing, not writable or full.
    """
    name = picture_format(path)
    check_fits(path, picture)
    settings = _settings(name, picture, quality)
    if name == "TIFF":
        _write(path, lambda file: write_tiff(file, picture))
    elif name == "PNG":
        _write(path, lambda file: write_png(file, picture))
    else:
        image = _join_bands(name, picture)
        _write(path, lambda file: _encode(image, file, path, name, **settings))


def write_animation(
    pictures: Iterable[Picture],
    durations: Sequence[int],
    loop: int | None,
    path: str | Path,
    quality: int | None = None,
) -> None:
    """Writes an animation as GIF, WebP, PNG or AVIF.

    Args:
        pictures: the frames, taken one after another.
        durations: how long each is shown, milliseconds.
        loop: how often it is repeated, 0: for ever; None: as a GIF that states nothing, once.
        path: see `write_picture`.
        quality: see `write_picture`.

    Raises:
        ValueError: see `write_picture`.
        OSError: see `write_picture`.
    """
    name = picture_format(path)
    frames = iter(pictures)
    first = next(frames)
    check_fits(path, first, len(durations))
    settings = _settings(name, first, quality, in_animation=True)
    settings |= {"save_all": True, "duration": [_writable(duration) for duration in durations]}
    if loop is None and name in ("PNG", "WEBP"):
        loop = 1  # as a GIF plays that states nothing
    if loop is not None:
        settings["loop"] = min(max(loop, 0), _MAX_LOOP)
    if name == "GIF":
        settings["disposal"] = 2  # else what was seen shines through the holes of the next frame
    image = _for_format(name, first, in_animation=True)
    others: Iterable[Image.Image] = (
        _for_format(name, frame, in_animation=True) for frame in frames
    )
    if name in ("PNG", "AVIF"):  # their writers go through the frames twice
        others = list(others)
    settings["append_images"] = others
    _write(path, lambda file: _encode(image, file, path, name, **settings))


def _writable(duration: int) -> int:
    """Milliseconds that every format can state; above 65 s in hundredths, as GIF and PNG must."""
    duration = min(max(duration, 0), _MAX_DURATION)
    return duration if duration < 65_536 else duration // 10 * 10


def _settings(
    name: str, picture: PictureByRows, quality: int | None, in_animation: bool = False
) -> dict[str, Any]:
    """What Pillow's writer of a format is told."""
    check_quality(quality)
    quality = DEFAULT_QUALITY if quality is None else quality
    metadata = picture.metadata
    settings: dict[str, Any] = {}
    if name in ("JPEG", "WEBP", "AVIF"):
        settings["quality"] = quality
    if name in ("JPEG", "AVIF"):
        settings["subsampling"] = "4:4:4" if quality >= 90 else "4:2:0"
    if name in ("JPEG", "WEBP", "AVIF", "PNG"):
        settings["exif"] = exif_for_size(metadata.exif, picture.width, picture.height)
        becomes_rgb = picture.is_gray and (in_animation or name in ("WEBP", "AVIF"))
        settings["icc_profile"] = b"" if becomes_rgb else metadata.icc
    if name in ("JPEG", "PNG", "BMP") and metadata.dpi:
        settings["dpi"] = metadata.dpi
    return {key: value for key, value in settings.items() if value}


def _join_bands(name: str, picture: PictureByRows) -> Image.Image:
    """The picture as Pillow holds it, put together without a second copy of the whole."""
    if name == "GIF":  # the colours of its palette are chosen from all rows
        return _for_format(name, picture.rows(0, picture.height))
    image: Image.Image | None = None
    for start in range(0, picture.height, _BAND):
        band = _for_format(name, picture.rows(start, start + _BAND))
        if image is None:
            image = Image.new(band.mode, (picture.width, picture.height))
        image.paste(band, (0, start))
    return cast(Image.Image, image)


def _for_format(name: str, picture: Picture, in_animation: bool = False) -> Image.Image:
    """The picture in a mode that the format's writer takes without a loss of its own."""
    if name == "GIF" and (picture.alpha is not None or in_animation):
        return _with_transparent_colour(picture)
    if in_animation:  # all frames in one mode
        gray_or_rgb = replace(picture, pixels=to_8_bits(picture.pixels))
        image = to_pillow(gray_or_rgb).convert("RGBA")
    elif picture.alpha is not None and name in ("JPEG", "BMP", "PPM"):
        flat = to_opaque_rgb(picture)
        image = Image.fromarray(flat[..., 0] if picture.is_gray else flat)
    elif picture.is_gray and picture.alpha is None:
        image = Image.fromarray(to_8_bits(picture.pixels)[..., 0])
    else:
        image = to_pillow(picture)
    image.info.clear()  # what is kept is in the settings
    return image


def _with_transparent_colour(picture: Picture) -> Image.Image:
    """255 colours, and the last one for what is less than half opaque."""
    pixels = to_8_bits(picture.pixels)
    image = Image.fromarray(np.repeat(pixels, 3, axis=2) if picture.is_gray else pixels)
    image = image.quantize(255, Image.Quantize.MEDIANCUT)
    if picture.alpha is None:
        return image
    palette = (image.getpalette() or [])[: 3 * 255]
    indices = np.array(image)
    indices[to_8_bits(picture.alpha)[..., 0] < 128] = 255
    image = Image.fromarray(indices)
    image.putpalette(palette + [0] * (3 * 256 - len(palette)))
    image.info["transparency"] = 255
    return image


class _Stream:
    """A file without its descriptor, so that Pillow's encoders write through Python.

    Given a descriptor, they report a full disk as a number of their own.
    """

    def __init__(self, file: BinaryIO):
        self.write, self.seek, self.tell, self.flush = file.write, file.seek, file.tell, file.flush


def _encode(
    image: Image.Image, file: BinaryIO, path: str | Path, name: str, **settings: Any
) -> None:
    try:
        image.save(cast(IO[bytes], _Stream(file)), name, **settings)
    except (ArithmeticError, RuntimeError, struct.error) as error:  # of Pillow's encoders
        raise ValueError(f"{path}: cannot be written ({' '.join(str(error).split())})") from None


def _write(path: str | Path, write: Callable[[BinaryIO], object]) -> None:
    """Writes atomically; the error says which file and why."""
    try:
        write_atomically(path, write)
    except OSError as error:
        why = error.strerror or " ".join(str(error).split())
        wrapped = OSError(f"{path}: cannot be written ({why[:1].lower()}{why[1:]})")
        wrapped.errno = error.errno
        raise wrapped from None
