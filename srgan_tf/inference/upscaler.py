"""One picture in, one picture four times as wide and high out."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from srgan_tf.data.folder import to_rgb_uint8
from srgan_tf.imaging.color import to_rgb
from srgan_tf.imaging.files import write_atomically
from srgan_tf.imaging.tiles import map_tiles
from srgan_tf.inference.engines import Engine, open_engine

DEFAULT_MODEL = "srresnet_mse"
TILE = 256
"""Longest side of the kept part of a tile, pixels of the small picture."""

OVERLAP = 16
"""What a tile sees beyond its kept part, pixels of the small picture. The generator's receptive
radius is 40, but what lies beyond 8 changes no pixel by more than the last grey level."""


class Upscaler:
    """A model, opened once, for any number of pictures.

    Args:
        model: `nearest`, `bicubic`, the name of a shipped model, or a file.
        engine: `litert`, `keras` or None for what suits the model.
        tile: side of the tiles in which large pictures are worked on, pixels of the small picture.

    Raises:
        ValueError: no such model, or the engine cannot run it.

    Example:
        >>> upscaler = Upscaler()
        >>> large = upscaler(Image.open("photo.jpg"))
    """

    def __init__(
        self, model: str | Path = DEFAULT_MODEL, engine: str | None = None, tile: int = TILE
    ):
        if tile < 16:
            raise ValueError(f"tile: got {tile}, expected at least 16 pixels")
        self.engine: Engine = open_engine(model, engine)
        self.tile = tile

    def __call__(self, image: Image.Image | np.ndarray) -> Image.Image:
        """Upscales a picture 4 times.

        Args:
            image: a Pillow picture, or an array, uint8 (h, w, 3) or (h, w). Transparency is
                dropped, 16 bits become 8.

        Returns:
            A Pillow picture of mode RGB; its EXIF orientation is already applied.

        Raises:
            ValueError: an array of another kind.
        """
        return Image.fromarray(self.upscale_array(picture_to_rgb(image)))

    def upscale_array(self, lr_uint8: np.ndarray) -> np.ndarray:
        """Upscales uint8 (h, w, 3) to uint8 (4h, 4w, 3), in tiles when the picture is large."""
        return map_tiles(self.engine, lr_uint8, self.tile, OVERLAP)


def picture_to_rgb(image: Image.Image | np.ndarray) -> np.ndarray:
    """Returns what the networks take, uint8 (h, w, 3), EXIF orientation applied."""
    if isinstance(image, Image.Image):
        return to_rgb_uint8(ImageOps.exif_transpose(image))
    image = np.asarray(image)
    if (
        image.dtype != np.uint8
        or image.ndim not in (2, 3)
        or (image.ndim == 3 and image.shape[2] != 3)
    ):
        raise ValueError(
            f"picture: got {image.dtype} {image.shape}, expected uint8 (h, w, 3) RGB or (h, w) gray"
        )
    return to_rgb(image)


def read_picture(path: str | Path) -> Image.Image:
    """Opens and fully decodes a picture.

    Raises:
        ValueError: the file is missing, empty, truncated, no picture, or has too many pixels.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise ValueError(f"{path}: the file is empty")
    try:
        with Image.open(path) as image:
            image.load()
    except (Image.DecompressionBombError, PermissionError) as error:
        raise ValueError(f"{path}: {error}") from None
    except UnidentifiedImageError:
        raise ValueError(f"{path}: not a picture that Pillow can read") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise ValueError(f"{path}: the picture is damaged ({error})") from None
    return image


def picture_format(path: str | Path) -> str:
    """Returns Pillow's name of the format that the path's suffix stands for.

    Raises:
        ValueError: it stands for none that Pillow can write.
    """
    suffix = Path(path).suffix
    Image.init()
    format_name = Image.EXTENSION.get(suffix.lower())
    if format_name is None or format_name not in Image.SAVE:
        raise ValueError(f"{path}: got suffix {suffix!r}, expected one such as .png or .jpg")
    return format_name


def save_picture(image: Image.Image, path: str | Path) -> None:
    """Writes a picture in the format of the path's suffix; an existing file is replaced as a whole.

    JPEG and WebP are written at quality 95.

    Raises:
        ValueError: the suffix stands for no format that Pillow can write.
        OSError: the folder is missing, not writable or full.
    """
    format_name = picture_format(path)
    settings = {"quality": 95} if format_name in ("JPEG", "WEBP") else {}
    write_atomically(path, lambda file: image.save(file, format_name, **settings))


@lru_cache(maxsize=2)
def _shared_upscaler(model: str, engine: str | None) -> Upscaler:
    return Upscaler(model, engine)


def upscale(
    picture: str | Path | Image.Image | np.ndarray,
    model: str | Path = DEFAULT_MODEL,
    engine: str | None = None,
) -> Image.Image:
    """Upscales one picture 4 times; the model stays loaded for the next call.

    Args:
        picture: a file, a Pillow picture, or an array, uint8 (h, w, 3) or (h, w).
        model: see `Upscaler`.
        engine: see `Upscaler`.

    Returns:
        A Pillow picture of mode RGB.

    Raises:
        ValueError: the picture or the model cannot be read.

    Example:
        >>> upscale("photo.jpg").save("photo_x4.png")
    """
    image = read_picture(picture) if isinstance(picture, str | Path) else picture
    return _shared_upscaler(str(model), engine)(image)
