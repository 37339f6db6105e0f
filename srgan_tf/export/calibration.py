"""Small pictures by which an 8-bit model's ranges are set."""

from importlib import resources
from pathlib import Path

import numpy as np

from srgan_tf.data.folder import open_folder, read_paths, read_photo
from srgan_tf.imaging.middle import crop_middle
from srgan_tf.imaging.ranges import uint8_to_unit
from srgan_tf.imaging.resize import reduce_4x

_SIDE = 128  # of the middle part that is used, pixels
_MOST = 32  # pictures of a folder


def sample_photos() -> list[np.ndarray]:
    """The sample photos of the package: uint8 (h, w, 3)."""
    folder = Path(str(resources.files("srgan_tf"))) / "samples"
    return read_paths(sorted(folder.glob("*.png")))


def sample_pictures() -> list[np.ndarray]:
    """The sample photos, reduced 4 times: float32 (1, h, w, 3) in [0, 1]."""
    return [_prepare(reduce_4x(photo)) for photo in sample_photos()]


def folder_pictures(folder: str | Path) -> list[np.ndarray]:
    """Pictures as the model will get them: the middles of up to 32, spread over the folder.

    Raises:
        ValueError: no folder, or no picture of at least 24x24 pixels in it.
    """
    photos = open_folder(folder, 24).photos
    chosen = photos[:: -(-len(photos) // _MOST)]
    return [_prepare(read_photo(photo)) for photo in chosen]


def _prepare(picture_uint8: np.ndarray) -> np.ndarray:
    return uint8_to_unit(crop_middle(picture_uint8, _SIDE, _SIDE))[None]
