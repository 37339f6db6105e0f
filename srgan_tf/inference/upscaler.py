"""One picture in, one picture up to four times as wide and high out."""

from collections.abc import Callable
from functools import lru_cache
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from srgan_tf.imaging.resize import resize_rows
from srgan_tf.imaging.rows import Rows
from srgan_tf.imaging.tiles import map_tiles
from srgan_tf.inference.arguments import DEFAULT_MODEL, SCALES
from srgan_tf.inference.engines import Engine, open_engine
from srgan_tf.inference.memory import BYTES_PER_PIXEL, free_memory, tile_for
from srgan_tf.pictures.decoding import from_pillow
from srgan_tf.pictures.picture import Picture, PictureByRows, to_pillow
from srgan_tf.pictures.reading import Frames, read_picture
from srgan_tf.pictures.transparency import fill_transparent, keep_flat_parts
from srgan_tf.pictures.writing import check_fits, write_animation, write_picture

SCALE = 4

OVERLAP = 16
"""What a tile sees beyond its kept part, pixels of the small picture. The generator's receptive
radius is 40, but with `srresnet_mse` on the sample pictures an overlap of 8 already gave every
pixel of the whole picture within one grey level. With 8-bit weights no overlap does: LiteRT fits
the numbers between the layers to each tile's own range."""


class Upscaler:
    """A model, opened once, for any number of pictures.

    Args:
        model: `nearest`, `bicubic`, the name of a shipped model, a file or a SavedModel folder.
        engine: `litert`, `keras`, `saved_model` or None for what suits the model.
        fast: take a shipped model's version with 8-bit weights.
        ensemble: average over the eight flips and rotations, in eight times the time.
        tile: side of the tiles in which large pictures are worked on, pixels of the small picture,
            at least 16; None: as free memory allows, at most 256.
        scale: 2, 3 or 4. The networks enlarge 4 times; their result is then reduced (MATLAB's
            bicubic `imresize`).
        size: (width, height) of every result, at most 4 times the picture's, instead of `scale`.

    Attributes:
        tell: None, or called after each tile with its number of pixels of the small picture, for a
            progress bar. Opacity counts as a picture of its own.

    Raises:
        ValueError: no such model, the engine cannot run it, or a number out of its range.

    Example:
        >>> upscaler = Upscaler()
        >>> large = upscaler("photo.jpg")
    """

    def __init__(
        self,
        model: str | Path = DEFAULT_MODEL,
        engine: str | None = None,
        *,
        fast: bool = False,
        ensemble: bool = False,
        tile: int | None = None,
        scale: int = SCALE,
        size: tuple[int, int] | None = None,
    ):
        if tile is not None and (not isinstance(tile, Integral) or tile < 16):
            raise ValueError(f"tile: got {tile}, expected at least 16 pixels")
        if scale not in SCALES or isinstance(scale, float):
            raise ValueError(f"scale: got {scale}, expected 2, 3 or 4")
        if size is not None and not _is_size(size):
            raise ValueError(f"size: got {size}, expected (width, height) of at least 1x1 pixels")
        if not isinstance(model, str | Path):
            raise ValueError(f"model: got a {type(model).__name__}, expected a name or a file")
        self.engine: Engine = open_engine(model, engine, fast, ensemble)
        bytes_per_pixel = getattr(self.engine, "bytes_per_pixel", BYTES_PER_PIXEL)
        self.tile = tile or tile_for(free_memory(), OVERLAP, bytes_per_pixel)
        self.scale, self.size = scale, size
        self.tell: Callable[[int], object] | None = None

    def __call__(self, image: str | Path | Image.Image | np.ndarray) -> Image.Image:
        """Upscales a picture.

        Args:
            image: a file, a Pillow picture, or an array, uint8 (h, w, 3) or (h, w).

        Returns:
            A Pillow picture of mode L, LA, RGB, RGBA or I;16; its EXIF orientation is already
            applied. Pillow cannot hold 16 bits of colour: `upscale_array` and `upscale_frames`
            keep them.

        Raises:
            ValueError: the file cannot be read, or an array of another kind.
        """
        if isinstance(image, str | Path):
            picture = read_picture(image)
        elif isinstance(image, Image.Image):
            picture = from_pillow(image)
        else:
            picture = _from_array(image)
        return to_pillow(self.upscale_picture(picture))

    def upscale_picture(self, picture: Picture) -> Picture:
        """Upscales colours and opacity, in the picture's own type; metadata go along.

        Opacity is enlarged by the same model as the colours, as a gray picture, so that an outline
        is as sharp as what it cuts out (and as blocky with `nearest`). Hidden colours are replaced
        first, so that none of them bleeds into the outline.

        Raises:
            ValueError: `size` is more than 4 times the picture's, or that has no pixel.
        """
        large = self._upscale_by_rows(picture)
        return large.rows(0, large.height)

    def upscale_frames(self, frames: Frames, path: str | Path, quality: int | None = None) -> None:
        """Upscales the content of a picture file and writes it; frames are worked on one by one.

        A PNG or TIFF file is written while the picture is made, so that memory is needed for the
        small picture and a row of tiles only.

        Args:
            frames: see `srgan_tf.pictures.reading.read_frames`.
            path: the file to write; its suffix decides the format. Its folder is made if missing.
            quality: 1 to 100, for JPEG, WebP and AVIF.

        Raises:
            ValueError: the format cannot hold the result, or as `upscale_picture`.
            OSError: the file cannot be written.
        """
        first = self._upscale_by_rows(frames.pictures[0])
        check_fits(path, first, len(frames.pictures))
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if len(frames.pictures) == 1:
            write_picture(first, path, quality)
        else:
            large = (self.upscale_picture(picture) for picture in frames.pictures)
            write_animation(large, frames.durations, frames.loop, path, quality)

    def upscale_array(self, lr_levels: np.ndarray) -> np.ndarray:
        """Upscales (h, w, 3), or (h, w, 1) gray, in tiles when the picture is large.

        Args:
            lr_levels: uint8 or uint16.

        Returns:
            The same type, (4h, 4w, 3) or (4h, 4w, 1), or of the wanted scale or size.

        Raises:
            ValueError: an array of another kind, or as `upscale_picture`.
        """
        is_picture = lr_levels.ndim == 3 and lr_levels.shape[2] in (1, 3)
        if not is_picture or lr_levels.dtype not in (np.uint8, np.uint16):
            raise ValueError(
                f"picture: got {lr_levels.dtype} {lr_levels.shape}, expected uint8 or uint16 "
                "(h, w, 3) RGB or (h, w, 1) gray"
            )
        return self.upscale_picture(Picture(lr_levels)).pixels

    def _upscale_by_rows(self, picture: Picture) -> PictureByRows:
        """Nothing is computed before rows are asked for."""
        pixels, alpha = picture.pixels, picture.alpha
        if not pixels.size:
            height, width, _ = pixels.shape
            raise ValueError(f"picture: got {width}x{height} pixels, expected at least 1x1")
        if alpha is not None:
            pixels = fill_transparent(pixels, alpha)
        large = self._map_tiles(self._enlarge_gray if picture.is_gray else self.engine, pixels)
        opacity = None if alpha is None else self._map_tiles(self._enlarge_alpha, alpha)
        return PictureByRows(large, opacity, picture.metadata)

    def _map_tiles(self, enlarge: Engine, lr_levels: np.ndarray) -> Rows:
        sr = map_tiles(enlarge, lr_levels, self.tile, OVERLAP, tell=self.tell)
        height, width, _ = lr_levels.shape
        wide, high = self.size or (self.scale * width, self.scale * height)
        if wide > SCALE * width or high > SCALE * height:
            raise ValueError(
                f"size: got {wide}x{high} for a picture of {width}x{height} pixels, expected at "
                f"most {SCALE} times as much, {SCALE * width}x{SCALE * height}"
            )
        return sr if (high, wide) == sr.shape[:2] else resize_rows(sr, high, wide)

    def _enlarge_gray(self, lr_levels: np.ndarray) -> np.ndarray:
        """Networks work on colour: gray goes in three times, and the mean comes out."""
        sr = self.engine(np.repeat(lr_levels, 3, axis=2))
        mean = sr.sum(axis=2, keepdims=True, dtype=np.uint32)
        return ((mean + 1) // 3).astype(sr.dtype)

    def _enlarge_alpha(self, lr_levels: np.ndarray) -> np.ndarray:
        if lr_levels.min() == lr_levels.max():  # most tiles of most pictures
            height, width, _ = lr_levels.shape
            return np.full((SCALE * height, SCALE * width, 1), lr_levels[0, 0, 0])
        return keep_flat_parts(lr_levels, self._enlarge_gray(lr_levels))


def _is_size(size: Any) -> bool:
    sides = size if isinstance(size, tuple | list) else ()
    return len(sides) == 2 and all(isinstance(side, Integral) and int(side) >= 1 for side in sides)


def _from_array(image: Any) -> Picture:
    given, image = type(image).__name__, np.asarray(image)
    if image.dtype.kind not in "biufc":
        raise ValueError(f"picture: got a {given}, expected a path, a Pillow picture or an array")
    if (
        image.dtype != np.uint8
        or image.ndim not in (2, 3)
        or (image.ndim == 3 and image.shape[2] != 3)
    ):
        raise ValueError(
            f"picture: got {image.dtype} {image.shape}, expected uint8 (h, w, 3) RGB or (h, w) gray"
        )
    return Picture(np.atleast_3d(image))


def save_picture(image: Image.Image, path: str | Path) -> None:
    """Writes a Pillow picture; see `srgan_tf.pictures.writing.write_picture`."""
    write_picture(from_pillow(image), path)


@lru_cache(maxsize=2)
def _open_once(model: str, engine: str | None, changed: int | None, **settings: Any) -> Upscaler:
    """A file that has changed since, as trained weights do, is another model."""
    return Upscaler(model, engine, **settings)


def upscale(
    picture: str | Path | Image.Image | np.ndarray,
    model: str | Path = DEFAULT_MODEL,
    engine: str | None = None,
    **settings: Any,
) -> Image.Image:
    """Upscales one picture 4 times; the model stays loaded for the next call, of any thread.

    Args:
        picture: a file, a Pillow picture, or an array, uint8 (h, w, 3) or (h, w).
        model: see `Upscaler`.
        engine: see `Upscaler`.
        **settings: of `Upscaler`: fast, ensemble, tile, scale, size.

    Returns:
        A Pillow picture, gray or colour and transparent or not as the one given.

    Raises:
        ValueError: the picture or the model cannot be read.

    Example:
        >>> upscale("photo.jpg").save("photo_x4.png")
        >>> upscale("photo.jpg", "srgan_vgg54", scale=2).save("photo_x2.png")
    """
    path = Path(model)
    changed = path.stat().st_mtime_ns if path.exists() else None
    if isinstance(settings.get("size"), list):
        settings["size"] = tuple(settings["size"])  # a cache takes no lists
    return _open_once(str(model), engine, changed, **settings)(picture)
