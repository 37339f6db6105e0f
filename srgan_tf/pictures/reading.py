"""Opening picture files that may be anything: other kinds, damaged, huge, no pictures at all."""

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from srgan_tf.imaging.errors import one_line
from srgan_tf.pictures.decoding import decode, from_pillow, level_step
from srgan_tf.pictures.picture import Picture

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "DIB", "GIF", "AVIF", "PPM")
"""What is tried, by content and not by name. Pillow's other readers, some of which start other
programs, are left out on purpose."""

SUFFIXES = frozenset(
    [
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".tif", ".tiff"),
        *(".bmp", ".dib", ".gif", ".avif", ".ppm", ".pgm", ".pnm"),
    ]
)
"""Names that are taken for pictures when a folder is searched."""

logging.getLogger("PIL").addHandler(logging.NullHandler())  # else its remarks go to stderr


@dataclass(frozen=True)
class Frames:
    """The content of a picture file: one picture, or an animation.

    Attributes:
        pictures: at least one; all of one size.
        durations: how long each is shown, milliseconds.
        loop: how often an animation is repeated, 0: for ever, None: not stated.
    """

    pictures: tuple[Picture, ...]
    durations: tuple[int, ...] = (0,)
    loop: int | None = None


def read_picture(path: str | Path) -> Picture:
    """Decodes a file that holds one picture.

    Raises:
        ValueError: as `read_frames`, or the file is an animation.
    """
    frames = read_frames(path)
    if len(frames.pictures) != 1:
        raise ValueError(
            f"{path}: got an animation of {len(frames.pictures)} frames, expected one picture; "
            "`srgan-tf upscale` enlarges animations"
        )
    return frames.pictures[0]


def read_frames(path: str | Path) -> Frames:
    """Decodes a picture or an animation, upright, at 8 or 16 bits per channel.

    Raises:
        ValueError: the file is missing, empty, truncated, no picture, or has too many pixels
            (`PIL.Image.MAX_IMAGE_PIXELS`); in one line that begins with the path.
    """
    path = Path(path)
    if not path.exists():
        raise ValueError(f"{path}: no such file")
    if not path.is_file():
        raise ValueError(f"{path}: not a file")
    try:
        if path.stat().st_size == 0:
            raise ValueError("the file is empty")
        with _only_bombs_warn(), open_image(path) as image:
            return _read(image, path)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError(
            f"{path}: got too many pixels, expected at most {Image.MAX_IMAGE_PIXELS}"
        ) from None
    except PermissionError:
        raise ValueError(f"{path}: no permission to read it") from None
    except MemoryError:
        raise ValueError(f"{path}: not enough memory to read it") from None
    except UnidentifiedImageError:
        raise ValueError(f"{path}: not a picture that can be read") from None
    except ValueError as error:
        raise ValueError(f"{path}: {one_line(error)}") from None
    except Exception as error:  # Pillow's readers raise anything: RuntimeError, struct.error ...
        raise ValueError(f"{path}: the picture is damaged ({one_line(error)})") from None


def open_image(path: str | Path) -> Image.Image:
    """Opens a file with Pillow's readers of `FORMATS` alone.

    Raises:
        Exception: anything, from here or when pixels are read: Pillow's readers differ.
    """
    Image.init()
    image = Image.open(path, formats=[name for name in FORMATS if name in Image.OPEN])
    # Pillow maps an uncompressed file into memory by its name, with rows of the wrong length where
    # a TIFF lies on its side. Without a name it is read.
    image.filename = ""
    return image


def _read(image: Image.Image, path: Path) -> Frames:
    count = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
    if count == 1:  # of an MPO, a photo with previews behind it, that is the photo
        return Frames((decode(image, lambda: open_image(path)),))
    if image.format == "TIFF":
        raise ValueError(f"got a TIFF of {count} pages, expected one; save each page by itself")
    first = int(getattr(image, "default_image", False))  # of a PNG, for readers without animation
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and count * image.width * image.height > limit:
        raise ValueError(
            f"got {count} frames of {image.width}x{image.height}, expected at most {limit} pixels"
        )
    pictures, durations, step = [], [], level_step(image)
    if image.format == "GIF" and image.mode == "L":
        _as_colour(image)
    for index in range(first, count):
        image.seek(index)
        image.load()
        pictures.append(from_pillow(image.copy(), step))
        durations.append(round(image.info.get("duration", 0)))
    loop = image.info.get("loop", 0 if image.format == "AVIF" else None)
    return Frames(tuple(pictures), tuple(durations), loop)


def _as_colour(image: Image.Image) -> None:
    """Gives the first, gray frame of a GIF a palette: else Pillow loses those of later frames."""
    image.load()
    image.putpalette(bytes(level for index in range(256) for level in (index, index, index)))


_turn = threading.RLock()  # what is done with warnings holds for all threads


@contextmanager
def _only_bombs_warn() -> Iterator[None]:
    """Doubtful metadata are no matter; a picture above Pillow's limit is refused, not remarked."""
    with _turn, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield
