"""From a SOURCE, a folder or `tfds:NAME`, to what a training run needs of it."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from srgan_tf.config import DataConfig
from srgan_tf.data.benchmarks import BenchmarkImage
from srgan_tf.data.folder import FolderSource, Photo, open_folder, read_photo
from srgan_tf.data.sampler import sample_batches
from srgan_tf.imaging.cores import num_cores
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
    """

    config: DataConfig
    photos: list[Photo] | None
    held_out: list[BenchmarkImage]
    summary: str

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

    def calibration_batches(self, count: int) -> list[np.ndarray]:
        """Returns the lr of `count` batches drawn with another seed than the run's."""
        seed = self.config.seed + 2**30
        data = dataclasses.replace(self, config=dataclasses.replace(self.config, seed=seed))
        batches = iter(data.batches())
        return [np.asarray(next(batches)[0]) for _ in range(count)]


def open_data(config: DataConfig, holdout: int = 0) -> TrainingData:
    """Opens a folder, or a TFDS dataset by the name `tfds:NAME[:SPLIT]`.

    With a folder and a backend other than TensorFlow, TensorFlow is not imported.

    Args:
        config: source, batch size, crop size, degradation and seed.
        holdout: pictures of a folder to keep out of training, at most a tenth of them.

    Raises:
        ValueError: the source cannot be used.
    """
    if config.source.startswith("tfds:"):
        return TrainingData(config, None, [], config.source)
    if not Path(config.source).is_dir():
        raise ValueError(
            f"data: got {config.source}, expected a folder of pictures or tfds:NAME[:SPLIT]"
        )
    source = open_folder(config.source, config.crop_size, num_cores(), config.sample, config.seed)
    photos, held_out = split_holdout(source, holdout)
    summary = f"{source.summary()} ({len(held_out)} held out)"
    return TrainingData(config, photos, [_middle(photo) for photo in held_out], summary)


def split_holdout(source: FolderSource, wanted: int) -> tuple[list[Photo], list[Photo]]:
    """Keeps pictures out of training: evenly spread over the folder, at most a tenth of it.

    They are chosen among all files, those too small for the crop size too: a run that goes on with
    larger crops still trains on no picture that it holds out.
    """
    skipped = [path for path, _ in source.skipped]
    paths = sorted(Path(path) for path in [*(photo.path for photo in source.photos), *skipped])
    count = min(wanted, len(paths) // 10)
    chosen = {str(paths[int((index + 0.5) * len(paths) / count)]) for index in range(count)}
    training = [photo for photo in source.photos if photo.path not in chosen]
    return training, [photo for photo in source.photos if photo.path in chosen]


def _middle(photo: Photo) -> BenchmarkImage:
    hr = read_photo(photo)
    height, width = (min(side, _HOLDOUT_SIDE) // 4 * 4 for side in hr.shape[:2])
    top, left = (hr.shape[0] - height) // 2, (hr.shape[1] - width) // 2
    hr = hr[top : top + height, left : left + width]
    return BenchmarkImage(Path(photo.path).stem, hr, reduce_4x(hr))
