"""From a SOURCE, a folder or `tfds:NAME`, to what a training run needs of it."""

import dataclasses
import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from srgan_tf.config import DataConfig
from srgan_tf.data.benchmarks import BenchmarkImage
from srgan_tf.data.folder import (
    FolderSource,
    Photo,
    at_half_size,
    open_folder,
    plural,
    read_photo,
)
from srgan_tf.data.sampler import sample_batches
from srgan_tf.imaging.cores import num_cores
from srgan_tf.imaging.middle import crop_middle
from srgan_tf.imaging.resize import reduce_4x

_HOLDOUT_SIDE = 320  # held-out pictures are scored on their middle, at most this many pixels wide


@dataclass(frozen=True)
class TrainingData:
    """An opened source: batches of it under Keras' current backend.

    Attributes:
        config: source, batch size, crop size, degradation and seed.
        photos: the training pictures of a folder; None: the source is a TFDS dataset.
        held_out: pictures of the folder that were kept out of training, to score on.
        summary: one line about what was found.
        held_out_files: paths of `held_out` below the folder, and of those too small for a crop.
    """

    config: DataConfig
    photos: list[Photo] | None
    held_out: list[BenchmarkImage]
    summary: str
    held_out_files: Sequence[str] = ()

    def batches(self, first_step: int = 0, part: tuple[int, int] = (0, 1)) -> Iterable[Any]:
        """Returns (lr, hr) batches from `first_step` on, without end, for `model.fit`.

        With `part` (i, n), the i-th of n equal parts of every batch: what process i of n feeds.
        """
        if self.photos is None:
            from srgan_tf.data.tfds_source import tfds_dataset

            index, count = part
            dataset = tfds_dataset(self.config, first_step)
            if count == 1:
                return dataset
            return dataset.rebatch(self.config.batch_size // count).shard(count, index)
        if keras.backend.backend() == "tensorflow":
            from srgan_tf.data.pipeline import folder_dataset

            return folder_dataset(self.photos, self.config, first_step)
        return sample_batches(self.photos, self.config, first_step, num_cores(), part=part)

    def find_unreadable(self) -> str | None:
        """The first photo that TensorFlow cannot read, after a step has failed; None: all can be.

        Pillow, which looked at each when the folder was opened, reads some damaged JPEGs.
        """
        from srgan_tf.data.pipeline import is_readable

        files = [photo for photo in self.photos or () if not photo.is_half_size]
        gone = (photo.path for photo in files if not Path(photo.path).exists())
        damaged = (photo.path for photo in files if not is_readable(photo))
        return next(gone, None) or next(damaged, None)

    def calibration_batches(self, count: int) -> list[np.ndarray]:
        """Returns the lr of `count` batches drawn with another seed than the run's."""
        seed = (self.config.seed + 2**30) % 2**32
        data = dataclasses.replace(self, config=dataclasses.replace(self.config, seed=seed))
        batches = iter(data.batches())
        return [np.asarray(next(batches)[0]) for _ in range(count)]


def open_data(
    config: DataConfig, holdout: int = 0, again: Sequence[str] | None = None
) -> TrainingData:
    """Opens a folder, or a TFDS dataset by the name `tfds:NAME[:SPLIT]`.

    With a folder and a backend other than TensorFlow, TensorFlow is not imported.

    Args:
        config: source, batch size, crop size, degradation and seed.
        holdout: pictures of a folder to keep out of training, at most a tenth of them.
        again: the `held_out_files` of a run that goes on, instead of `holdout`: what it has trained
            on is not held out any more. Where none of them is there, the folder is another one, and
            `holdout` counts.

    Raises:
        ValueError: the source cannot be used.
    """
    if not config.source:
        raise ValueError("data: got an empty text, expected a folder of pictures or tfds:NAME")
    if config.source.startswith("tfds:"):
        if config.half_size:
            raise ValueError(f"half-size: got {config.source}, expected a folder of pictures")
        return TrainingData(config, None, [], config.source)
    if not Path(config.source).is_dir():
        raise ValueError(
            f"data: got {config.source}, expected a folder of pictures or tfds:NAME[:SPLIT]"
        )
    source = open_folder(config.source, config.crop_size, num_cores(), config.sample, config.seed)
    root = Path(config.source)
    before = None if again is None else [str(root / name) for name in again]
    held_out = choose_held_out(source, holdout, before)
    training = [photo for photo in source.photos if photo.path not in held_out]
    scored = [_middle(photo, root) for photo in source.photos if photo.path in held_out]
    names = sorted(Path(path).relative_to(root).as_posix() for path in held_out)
    summary = plural(len(training), "training picture")
    if config.half_size:
        halves = [at_half_size(photo) for photo in training]
        halves = [half for half in halves if min(half.height, half.width) >= config.crop_size]
        training += halves
        summary += f", {len(halves)} of them at half their size too"
    summary += f", {len(scored)} held out"
    if source.skipped:
        summary += f"; {source.tell_skipped()}"
    return TrainingData(config, training, scored, summary, names)


def choose_held_out(
    source: FolderSource, wanted: int, again: Sequence[str] | None = None
) -> set[str]:
    """Keeps files out of training: evenly spread over the folder, at most a tenth of it.

    They are chosen among all files, those too small for the crop size too: a run that goes on with
    other crops still trains on no picture that it holds out.

    Args:
        source: the folder.
        wanted: number of files.
        again: files instead of a choice, unless all of them are gone.
    """
    skipped = [path for path, _ in source.skipped]
    files = [*(photo.path for photo in source.photos), *skipped]
    kept = set(again or ()) & set(files)
    if kept or (again is not None and not again):
        return kept
    paths = [Path(path) for path in files if "\n" not in path]  # names are kept line by line
    paths.sort(key=lambda path: path.parts)
    count = min(wanted, len(files) // 10, len(paths))
    return {str(paths[int((index + 0.5) * len(paths) / count)]) for index in range(count)}


def _middle(photo: Photo, root: Path) -> BenchmarkImage:
    """A held-out picture, named by its path: folders may hold files of the same name."""
    name = _short("_".join(Path(photo.path).relative_to(root).with_suffix("").parts))
    hr = read_photo(photo)
    hr = crop_middle(hr, *(min(side, _HOLDOUT_SIDE) // 4 * 4 for side in hr.shape[:2]))
    return BenchmarkImage(name, hr, reduce_4x(hr))


def _short(name: str) -> str:
    """A name that can be a folder's, of 100 bytes at most: of a longer one, its end and a hash."""
    whole = os.fsencode(name)
    if len(whole) <= 100:
        return name
    return f"{hashlib.sha256(whole).hexdigest()[:8]}_{whole[-90:].decode(errors='ignore')}"
