"""Pillow's picture modes to arrays, 16 bits per channel included."""

import io
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from srgan_tf.pictures.metadata import read_metadata
from srgan_tf.pictures.picture import Picture

_BITS_PER_SAMPLE, _PHOTOMETRIC, _PLANAR, _SAMPLE_FORMAT = 258, 262, 284, 339  # TIFF tags
_ORIENTATION = 0x0112  # EXIF tag
_TO_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ALPHA_MODES = frozenset(("LA", "La", "PA", "RGBA", "RGBa"))
_LEVEL_STEPS = {"L;2": 85, "L;4": 17}
"""By their layout, what Pillow multiplies levels by, except the one that is transparent."""


def decode(image: Image.Image, reopen: Callable[[], Image.Image]) -> Picture:
    """Decodes a file that Pillow has opened.

    Pillow has no mode for 16 bits of colour and drops the low byte of each sample. It can be told
    to drop the high byte instead, so two passes give all 16 bits of any PNG or TIFF it can read,
    without a second imaging library (OpenCV and imagecodecs weigh 60 and 26 MB).

    Args:
        image: opened, not loaded.
        reopen: opens the same file again.

    Raises:
        ValueError: a kind of pixels that would not survive.
    """
    if image.format == "PNG" and _rawmode(image) == "LA;16B":
        return _gray_with_alpha_16(image)
    _refuse_signed(image)
    is_deep = image.mode in ("RGB", "RGBA") and _has_16_bits(image)
    is_deep_cmyk = image.mode == "CMYK" and _has_16_bits(image)
    if _tag(image, _PLANAR) == 2 and (is_deep or is_deep_cmyk or image.mode in ("LA", "La")):
        bits = 16 if is_deep or is_deep_cmyk else 8
        raise ValueError(
            f"got a TIFF of {bits} bits with separate planes of {image.mode}, expected interleaved "
            "ones; save it as PNG"
        )
    if not is_deep:
        return from_pillow(image)
    premultiplied = _rawmode(image).startswith("RGBa")
    big_endian = image.format == "PNG" or _rawmode(image).endswith("B")
    if _rawmode(image).endswith("N"):
        big_endian = sys.byteorder == "big"
    levels: np.ndarray = np.zeros((), np.uint16)
    for order in "BL":  # keeps the first byte of each sample, then the second
        with reopen() as part:
            part.tile = [_with_rawmode(tile, order) for tile in part.tile]  # type: ignore[attr-defined]
            metadata = read_metadata(part, is_gray=False)
            part = _upright(part)
            shift = 8 if (order == "B") == big_endian else 0
            levels = levels | (np.asarray(part).astype(np.uint16) << shift)
    pixels, alpha = levels[..., :3], levels[..., 3:] if levels.shape[2] == 4 else None
    if premultiplied and alpha is not None:
        scaled = pixels * (65535 / np.maximum(alpha, 1))
        pixels = np.minimum(np.rint(scaled), 65535).astype(np.uint16)
    key = image.info.get("transparency")
    return Picture(pixels, alpha if key is None else _alpha_from_key(pixels, key), metadata)


def level_step(image: Image.Image) -> int:
    """What Pillow will multiply levels by, in an opened file that is not loaded."""
    return _LEVEL_STEPS.get(_rawmode(image), 1)


def from_pillow(image: Image.Image, step: int | None = None) -> Picture:
    """Converts a Pillow picture of any mode, its EXIF orientation applied.

    1 bit becomes 8 bits of gray, a palette RGB, CMYK RGB through its profile (which is then
    dropped: the result is sRGB).

    Args:
        image: a picture.
        step: its `level_step`, where it is loaded already.

    Raises:
        ValueError: 32-bit pixels, whose range of values is unknown.
    """
    white_is_zero = image.mode == "I;16" and _tag(image, _PHOTOMETRIC) == 0
    twelve_bits = image.mode == "I;16" and _tag(image, _BITS_PER_SAMPLE) == (12,)
    step = level_step(image) if step is None else step
    is_gray = image.mode.startswith(("1", "L", "I")) and image.mode != "LAB"
    metadata = read_metadata(image, is_gray)
    image = _upright(image)
    if image.mode == "F" or image.mode.startswith("I"):
        gray = np.asarray(image)
        if image.mode == "F" or (image.mode == "I" and (gray.min() < 0 or gray.max() > 65535)):
            raise ValueError(
                "got pixels of 32 bits, expected 8 or 16 bits per channel; convert the picture"
            )
        pixels: np.ndarray = gray.astype(np.uint16)[..., None]  # the machine's byte order
        if twelve_bits:
            pixels = (pixels << 4) | (pixels >> 8)
        if white_is_zero:
            pixels = 65535 - pixels
        key = image.info.get("transparency")
        return Picture(pixels, None if key is None else _alpha_from_key(pixels, key), metadata)
    transparent = image.mode in _ALPHA_MODES or (
        "transparency" in image.info and image.mode not in ("CMYK", "LAB")
    )
    if image.mode in ("CMYK", "LAB"):
        image = _to_srgb(image)
    elif image.mode in ("1", "L", "LA", "La"):
        if step > 1 and "transparency" in image.info:
            image = image.copy()
            image.info["transparency"] *= step
        image = image.convert("LA" if transparent else "L")
    else:
        image = image.convert("RGBA" if transparent else "RGB")
    levels = np.atleast_3d(np.asarray(image))
    if transparent:
        return Picture(levels[..., :-1], levels[..., -1:], metadata)
    return Picture(levels, None, metadata)


def _upright(image: Image.Image) -> Image.Image:
    """Applies the EXIF orientation.

    `ImageOps.exif_transpose` also writes the rest of the EXIF anew, which fails where it is
    damaged.
    """
    image.load()
    try:
        method = _TO_UPRIGHT.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # damaged EXIF is no reason to refuse a picture
        method = None
    return image if method is None else image.transpose(method)


def _to_srgb(image: Image.Image) -> Image.Image:
    """CMYK and LAB to sRGB, CMYK by the profile it carries, else by the plain formula."""
    profile = image.info.get("icc_profile")
    srgb = ImageCms.createProfile("sRGB")
    if image.mode == "LAB":
        transform = ImageCms.buildTransform(ImageCms.createProfile("LAB"), srgb, "LAB", "RGB")
        return ImageCms.applyTransform(image, transform)  # type: ignore[return-value]
    if profile and profile[16:20] == b"CMYK":
        try:
            return ImageCms.profileToProfile(  # type: ignore[return-value]
                image,
                io.BytesIO(profile),
                srgb,
                ImageCms.Intent.RELATIVE_COLORIMETRIC,
                "RGB",
                flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
            )
        except ImageCms.PyCMSError:
            pass  # a damaged profile
    return image.convert("RGB")


def _gray_with_alpha_16(image: Image.Image) -> Picture:
    """Two samples of 16 bits are as long as four of 8 bits, so the PNG is read as RGBA."""
    image.tile = [image.tile[0]._replace(args="RGBA")]  # type: ignore[attr-defined]
    metadata = read_metadata(image, is_gray=True)
    levels = np.asarray(_upright(image)).copy().view(">u2").astype(np.uint16)
    return Picture(levels[..., :1], levels[..., 1:], metadata)


def _refuse_signed(image: Image.Image) -> None:
    """Refuses numbers with a sign that Pillow reads as others.

    Those are all of 8 bits or of colour, and gray where libtiff, which hands out the machine's
    byte order, has unpacked a big-endian file.
    """
    kinds = _tag(image, _SAMPLE_FORMAT)
    if not (isinstance(kinds, tuple) and 2 in kinds):
        return
    is_swapped = _rawmode(image).endswith("BS") and image.tile[0].codec_name == "libtiff"  # type: ignore[attr-defined]
    if image.mode != "I" or is_swapped:
        raise ValueError("got a TIFF of numbers with a sign, expected none; save it as PNG")


def _has_16_bits(image: Image.Image) -> bool:
    if image.format not in ("PNG", "TIFF"):
        return False
    bits = _tag(image, _BITS_PER_SAMPLE)  # of separate planes the layout says nothing
    return ";16" in _rawmode(image) or (bits is not None and set(bits) == {16})


def _with_rawmode(tile: Any, order: str) -> Any:
    """A decoder's settings, changed to keep one byte of each 16-bit sample, never multiplied."""
    is_tuple = isinstance(tile.args, tuple)
    name, *others = tile.args if is_tuple else (tile.args,)
    name = f"{name.split(';')[0].upper()};16{order}"
    return tile._replace(args=(name, *others) if is_tuple else name)


def _rawmode(image: Image.Image) -> str:
    """The layout of a sample as Pillow's decoders call it, such as `RGB;16B`."""
    tiles = getattr(image, "tile", None)
    if not tiles:
        return ""
    args = tiles[0].args
    first = args[0] if isinstance(args, tuple) and args else args
    return first if isinstance(first, str) else ""


def _tag(image: Image.Image, number: int) -> Any:
    tags = getattr(image, "tag_v2", None)
    return None if tags is None else tags.get(number)


def _alpha_from_key(pixels: np.ndarray, key: Any) -> np.ndarray:
    """The one colour that a PNG declares transparent, as alpha."""
    return np.where((pixels == np.asarray(key)).all(axis=2, keepdims=True), 0, 65535).astype(
        np.uint16
    )
