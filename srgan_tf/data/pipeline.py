"""Training batches through tf.data, from a folder (the same plan as the NumPy sampler) or TFDS."""

import atexit
import gc
import os
import sys
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from srgan_tf.config import DataConfig
from srgan_tf.data.degrade import degradation_matrix
from srgan_tf.data.folder import Photo, read_photo
from srgan_tf.data.plan import plan_batch


def folder_dataset(
    photos: Sequence[Photo], config: DataConfig, first_step: int = 0
) -> tf.data.Dataset:
    """Endless (lr, hr) batches of a folder source.

    Batch number k is the plan of step `first_step + k`, whatever came before: deterministic, and
    equal to what `sample_batches` gives. Of a plain JPEG only the crop is decoded.

    Args:
        photos: pictures of a folder source.
        config: batch size, crop size, seed and degradation.
        first_step: where a resumed run goes on.

    Returns:
        A dataset of lr, float32 (batch, crop / 4, crop / 4, 3) in [0, 1], and hr, float32
        (batch, crop, crop, 3) in [-1, 1].
    """
    size = config.crop_size
    paths = tf.constant([os.fsencode(photo.path) for photo in photos])
    plain_jpeg = tf.constant([photo.plain_jpeg for photo in photos])

    def plan(step: np.ndarray) -> np.ndarray:
        return plan_batch(photos, config.seed, int(step), config.batch_size, size)

    def plan_dataset(step: tf.Tensor) -> tf.data.Dataset:
        picks = tf.numpy_function(plan, [step], tf.int32, stateful=False)
        return tf.data.Dataset.from_tensor_slices(tf.ensure_shape(picks, (config.batch_size, 4)))

    def read_other(index: np.ndarray, top: np.ndarray, left: np.ndarray) -> np.ndarray:
        return read_photo(photos[int(index)])[top : top + size, left : left + size]

    def read(pick: tf.Tensor) -> tf.Tensor:
        index, top, left, symmetry = tf.unstack(pick)
        hr = tf.cond(
            plain_jpeg[index],
            lambda: crop_jpeg(tf.io.read_file(paths[index]), top, left, size),
            lambda: tf.numpy_function(read_other, [index, top, left], tf.uint8, stateful=False),
        )
        return apply_symmetry(tf.ensure_shape(hr, (size, size, 3)), symmetry)

    return batch_crops(
        tf.data.Dataset.counter(first_step)
        .flat_map(plan_dataset)
        .map(read, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True),
        config,
    )


@atexit.register
def _free_iterators() -> None:
    """Lets go of iterators that an error or Ctrl-C has left, while their threads can still end.

    An iterator waits for the crops that are being read, and those for Python. Freed only when
    Python has begun to shut down, it waits for ever.
    """
    for name in ("last_exc", "last_value", "last_traceback"):  # of an error that nobody caught
        if hasattr(sys, name):
            delattr(sys, name)
    gc.collect()


def crop_jpeg(file: tf.Tensor, top: tf.Tensor, left: tf.Tensor, size: int) -> tf.Tensor:
    """Decodes a square of a JPEG, equal to that of the whole picture.

    Two columns more are decoded on each side: where chroma is halved, the outer ones need them.
    """
    width = tf.io.extract_jpeg_shape(file)[1]
    start, stop = tf.maximum(left - 2, 0), tf.minimum(left + size + 2, width)
    window = tf.stack([top, start, size, stop - start])
    wide = tf.io.decode_and_crop_jpeg(file, window, channels=3, dct_method="INTEGER_ACCURATE")
    return wide[:, left - start : left - start + size]


def is_readable(photo: Photo) -> bool:
    """Whether the file can still be decoded, as `folder_dataset` does it."""
    try:
        if photo.plain_jpeg:
            file = tf.io.read_file(os.fsencode(photo.path))
            tf.io.decode_jpeg(file, channels=3, dct_method="INTEGER_ACCURATE")
        else:
            read_photo(photo)
    except (ValueError, tf.errors.OpError):
        return False
    return True


def apply_symmetry(image: tf.Tensor, symmetry: tf.Tensor) -> tf.Tensor:
    """`srgan_tf.imaging.symmetry.apply_symmetry` on a tensor."""
    image = tf.cond(symmetry & 1 > 0, lambda: image[:, ::-1], lambda: image)
    image = tf.cond(symmetry & 2 > 0, lambda: image[::-1], lambda: image)
    return tf.cond(symmetry & 4 > 0, lambda: tf.transpose(image, (1, 0, 2)), lambda: image)


def batch_crops(crops: tf.data.Dataset, config: DataConfig) -> tf.data.Dataset:
    """Batches uint8 crops, reduces them and brings both pictures into their ranges."""
    matrix = tf.constant(degradation_matrix(config.degradation, config.crop_size, config.sigma))
    rounds_between = config.degradation == "bicubic"

    def round_255(x: tf.Tensor) -> tf.Tensor:
        return tf.clip_by_value(tf.floor(x + 0.5), 0.0, 255.0)

    def pair(hr_uint8: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        hr = tf.cast(hr_uint8, tf.float32)
        lr = tf.einsum("oi,bijc->bojc", matrix, hr)
        lr = round_255(lr) if rounds_between else lr
        lr = round_255(tf.einsum("oj,bijc->bioc", matrix, lr))
        return lr / 255.0, hr / 127.5 - 1.0

    return (
        crops.batch(config.batch_size, drop_remainder=True)
        .map(pair, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        .prefetch(tf.data.AUTOTUNE)
    )
