"""A folder of training photos: which files serve, and how each is read."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from srgan_tf.config import CHECKPOINT, SAMPLES
from srgan_tf.pictures.reading import SUFFIXES, open_image


@dataclass(frozen=True)
class Photo:
    """A usable training picture.

    Attributes:
        path: the file.
        height: pixels.
        width: pixels.
        plain_jpeg: a gray or RGB JPEG, of which TensorFlow can decode just a crop.
        is_half_size: the file has twice the height and width; its pixels are averaged by fours.
    """

    path: str
    height: int
    width: int
    plain_jpeg: bool
    is_half_size: bool = False


@dataclass(frozen=True)
class FolderSource:
    """The usable pictures of a folder in a fixed order; the files left out, with the reason."""

    photos: tuple[Photo, ...]
    skipped: tuple[tuple[str, str], ...]

    def tell_skipped(self) -> str:
        """Names each file that is left out, with the reason, in one line; empty: there is none."""
        if not self.skipped:
            return ""
        names = ", ".join(f"{Path(path).name} ({why})" for path, why in self.skipped[:20])
        more = f" and {len(self.skipped) - 20} more" if len(self.skipped) > 20 else ""
        return f"{plural(len(self.skipped), 'file')} skipped: {names}{more}"


def plural(number: int, what: str) -> str:
    """Such as "1 file" or "2 files"."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def find_pictures(folder: str | Path) -> list[Path]:
    """Lists the files below a folder that have a picture's suffix, ordered by path.

    What training runs below it have made (`samples/` beside a checkpoint) is left out.

    Raises:
        ValueError: no such folder.
    """
    root = Path(folder)
    if not root.is_dir():
        raise ValueError(f"pictures: got {folder}, expected a folder of pictures")
    paths = list(root.rglob("*"))
    made = [path.with_name(SAMPLES) for path in paths if path.name == CHECKPOINT]
    pictures = (
        path
        for path in paths
        if path.suffix.lower() in SUFFIXES
        and not any(path.is_relative_to(folder) for folder in made)
        and path.is_file()
    )
    return sorted(pictures, key=lambda path: path.parts)  # paths themselves: by the system's rules


def open_folder(
    folder: str | Path, crop_size: int, num_threads: int = 4, sample: int = 0, seed: int = 0
) -> FolderSource:
    """Finds the pictures below a folder and decodes each once, so that none fails in training.

    Args:
        folder: searched recursively; files without a picture's suffix are ignored.
        crop_size: pictures with a side below this many pixels are skipped.
        num_threads: pictures decoded at a time.
        sample: number of files to draw by the seed; 0: all.
        seed: decides which.

    Returns:
        The source, ordered by path, so that a seed means the same crops on every machine.

    Raises:
        ValueError: no such folder, or no picture in it serves.
    """
    paths = find_pictures(folder)
    if 0 < sample < len(paths):
        drawn = np.random.default_rng(seed).choice(len(paths), sample, replace=False)
        paths = [paths[index] for index in sorted(drawn)]
    with ThreadPoolExecutor(num_threads) as pool:
        found = list(pool.map(lambda path: _examine(path, crop_size), paths))
    photos = tuple(item for item in found if isinstance(item, Photo))
    skipped = tuple(
        (str(path), item)
        for path, item in zip(paths, found, strict=True)
        if not isinstance(item, Photo)
    )
    source = FolderSource(photos, skipped)
    if not photos:
        raise ValueError(
            f"pictures: got {folder} with no usable picture, expected at least one of "
            f"{crop_size}x{crop_size} pixels or more ({source.tell_skipped() or 'it has none'})"
        )
    return source


def _examine(path: Path, crop_size: int) -> Photo | str:
    """Decodes one file; returns what is known about it, or why it cannot serve."""
    try:
        with open_image(path) as image:
            width, height = image.size
            if min(width, height) < crop_size:
                return f"{width}x{height} pixels"
            plain_jpeg = image.format == "JPEG" and image.mode in ("L", "RGB")
            to_rgb_uint8(image)
    except Image.DecompressionBombError:
        return "too many pixels"
    except MemoryError:
        raise
    except Exception:  # Pillow's readers raise anything
        return "not readable"
    return Photo(str(path), height, width, plain_jpeg)


def at_half_size(photo: Photo) -> Photo:
    """The same file as a picture of half the height and width, rounded up."""
    height, width = (photo.height + 1) // 2, (photo.width + 1) // 2
    return Photo(photo.path, height, width, plain_jpeg=False, is_half_size=True)


def to_rgb_uint8(image: Image.Image) -> np.ndarray:
    """Decodes an open Pillow picture to uint8 (h, w, 3); transparency is dropped.

    Raises:
        ValueError: its numbers are of an unknown range: floats, or integers beyond 16 bits.
    """
    if image.mode.startswith("I") or image.mode == "F":  # 16 bits gray, and wider
        gray = np.asarray(image).astype(np.float64)
        if image.mode == "F" or gray.min() < 0 or gray.max() > 65535:
            raise ValueError("got pixels of 32 bits, expected 8 or 16 bits per channel")
        gray_uint8 = np.rint(gray * (255 / 65535)).astype(np.uint8)
        return np.repeat(gray_uint8[..., None], 3, axis=-1)
    image.info.pop("transparency", None)  # Pillow warns of it when it is dropped
    return np.asarray(image.convert("RGB"))


def read_photo(photo: Photo) -> np.ndarray:
    """Returns the whole picture, uint8 (h, w, 3).

    Raises:
        ValueError: `unreadable`.
    """
    try:
        with open_image(photo.path) as image:
            pixels = to_rgb_uint8(image)
    except MemoryError:
        raise
    except Exception as error:  # Pillow's readers raise anything
        raise unreadable(photo.path) from error
    return np.asarray(Image.fromarray(pixels).reduce(2)) if photo.is_half_size else pixels


def unreadable(path: str) -> ValueError:
    """The error of a photo that could be read when its folder was opened."""
    return ValueError(
        f"training data: {path} is damaged or gone; take it out of the folder and go on with "
        "--resume"
    )


def read_paths(paths: Sequence[str | Path]) -> list[np.ndarray]:
    """Returns whole pictures, uint8 (h, w, 3) each."""
    pictures = []
    for path in paths:
        with open_image(path) as image:
            pictures.append(to_rgb_uint8(image))
    return pictures
