"""What a picture file holds, in the arrays that the networks work on."""

from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from srgan_tf.imaging.rows import Rows


@dataclass(frozen=True)
class Metadata:
    """What is kept beside the pixels.

    Attributes:
        exif: EXIF as in a JPEG's APP1 segment, without orientation and thumbnail; may be empty.
        icc: ICC profile that fits the pixels (gray or RGB); empty means sRGB.
        dpi: resolution, dots per inch, horizontal and vertical.
    """

    exif: bytes = b""
    icc: bytes = b""
    dpi: tuple[float, float] | None = None


@dataclass(frozen=True)
class PictureByRows:
    """A picture, upright, that is read from the top: it may be made while it is being written.

    Attributes:
        pixels: uint8 or uint16, (h, w, 1) gray or (h, w, 3) RGB, not multiplied by alpha.
        alpha: opacity, (h, w, 1) of the same type, or None.
        metadata: what is kept beside the pixels.
    """

    pixels: np.ndarray | Rows
    alpha: np.ndarray | Rows | None = None
    metadata: Metadata = field(default_factory=Metadata)

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Pixels."""
        return int(self.pixels.shape[1])

    @property
    def is_gray(self) -> bool:
        """One channel instead of three."""
        return bool(self.pixels.shape[2] == 1)

    @property
    def dtype(self) -> np.dtype:
        """uint8 or uint16."""
        return self.pixels.dtype

    def rows(self, start: int, stop: int) -> "Picture":
        """Returns a band of the picture; none may begin above the one before it."""
        alpha = None if self.alpha is None else self.alpha[start:stop]
        return Picture(self.pixels[start:stop], alpha, self.metadata)


@dataclass(frozen=True)
class Picture(PictureByRows):
    """The same, held as a whole."""

    pixels: np.ndarray
    alpha: np.ndarray | None = None


def interleave(picture: Picture) -> np.ndarray:
    """Returns colours and opacity in one array, (h, w, 1 to 4)."""
    if picture.alpha is None:
        return picture.pixels
    return np.concatenate([picture.pixels, picture.alpha], axis=2)


def to_8_bits(levels: np.ndarray) -> np.ndarray:
    """Rounds uint16 to uint8; uint8 is returned as it is."""
    if levels.dtype == np.uint8:
        return levels
    result = np.empty(levels.shape, np.uint8)
    for start in range(0, len(levels), 256):  # wider numbers for a band at a time
        band = levels[start : start + 256].astype(np.uint32)
        result[start : start + 256] = (band + 128) // 257
    return result


def to_pillow(picture: Picture) -> Image.Image:
    """Returns the picture as Pillow holds it: mode L, LA, RGB, RGBA or, for 16 bits of gray, I;16.

    Pillow has no mode for 16 bits of colour or of gray with alpha; these become 8 bits.
    """
    if picture.is_gray and picture.alpha is None:
        image = Image.fromarray(picture.pixels[..., 0])
    else:
        pixels = to_8_bits(picture.pixels)
        image = Image.fromarray(pixels[..., 0] if picture.is_gray else pixels)
        if picture.alpha is not None:
            image.putalpha(Image.fromarray(to_8_bits(picture.alpha)[..., 0]))
    for key in ("exif", "icc", "dpi"):
        if value := getattr(picture.metadata, key):
            image.info["icc_profile" if key == "icc" else key] = value
    return image


def to_opaque_rgb(picture: Picture) -> np.ndarray:
    """Returns uint8 (h, w, 3), transparent parts laid on white."""
    pixels = to_8_bits(picture.pixels)
    if picture.alpha is not None:
        alpha = to_8_bits(picture.alpha).astype(np.uint16)
        pixels = ((pixels * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
    return np.repeat(pixels, 3, axis=2) if picture.is_gray else pixels
