"""Training batches from TensorFlow Datasets: any dataset with an image feature, streamed."""

from collections.abc import Callable, Sequence
from itertools import accumulate

import tensorflow as tf
import tensorflow_datasets as tfds

from srgan_tf.config import DataConfig
from srgan_tf.data.pipeline import apply_symmetry, batch_crops, crop_jpeg
from srgan_tf.imaging.errors import first_line

PREFIX = "tfds:"
_SHUFFLE_BUFFER = 2048  # encoded pictures; files are shuffled too
_USUAL_SAMPLES = {"imagenet2012": 350_000}
"""Section 3.2: "a random sample of 350 thousand images from the ImageNet database"."""


def tfds_dataset(config: DataConfig, first_step: int = 0) -> tf.data.Dataset:
    """Endless (lr, hr) batches of a TFDS dataset, which is downloaded and prepared when it is not.

    TFDS keeps datasets in TFDS_DATA_DIR (~/tensorflow_datasets). ImageNet wants its tar files in
    `downloads/manual` there.

    Pictures come in a shuffled order, each once per pass; those smaller than the crop are left out.
    Order, crops and symmetries follow from the seed, so a resumed run goes on where it stopped: it
    reads past the pictures it has seen, JPEGs without decoding them.

    Args:
        config: its source is `tfds:NAME[:SPLIT]`, such as `tfds:imagenet2012` (SPLIT: `train`).
        first_step: where a resumed run goes on.

    Returns:
        As `srgan_tf.data.pipeline.folder_dataset`.

    Raises:
        ValueError: no such dataset or split, or it has no image feature.
    """
    name, _, split = config.source.removeprefix(PREFIX).partition(":")
    split = split or "train"
    try:
        builder = tfds.builder(name)
    except (tfds.core.DatasetNotFoundError, ValueError) as error:
        reason = first_line(error)
        raise ValueError(f"training data: got {config.source}, not in TFDS ({reason})") from None
    key = _image_key(builder.info.features)
    try:
        builder.download_and_prepare()
    except (AssertionError, OSError, RuntimeError) as error:  # no download, no manual files
        raise ValueError(
            f"training data: {name} cannot be prepared in {builder.data_path.parent}: {error}"
        ) from None
    if split not in builder.info.splits:
        raise ValueError(
            f"training data: got split {split!r} of {name}, expected one of "
            f"{', '.join(builder.info.splits)}"
        )
    encoded = builder.as_dataset(
        split=split,
        shuffle_files=True,
        decoders={key: tfds.decode.SkipDecoding()},
        read_config=tfds.ReadConfig(shuffle_seed=config.seed, add_tfds_id=True),
    )
    sample = config.sample or _USUAL_SAMPLES.get(builder.name, 0)
    shard_lengths = builder.info.splits[split].shard_lengths
    if 0 < sample < sum(shard_lengths):
        encoded = encoded.filter(_in_sample(sample, shard_lengths, config.seed))
    large_enough = encoded.map(lambda example: example[key]).filter(
        lambda image: tf.reduce_min(_size(image)) >= config.crop_size
    )
    if next(iter(large_enough.take(1)), None) is None:
        raise ValueError(
            f"training data: got {config.source} without a picture of {config.crop_size}x"
            f"{config.crop_size} pixels or more; choose another --crop-size"
        )
    numbered = (
        large_enough.shuffle(_SHUFFLE_BUFFER, seed=config.seed, reshuffle_each_iteration=True)
        .repeat()
        .enumerate()
        .skip(first_step * config.batch_size)
    )
    crops = numbered.map(
        lambda index, image: _random_crop(index, image, config),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    return batch_crops(crops, config)


def _in_sample(
    sample: int, shard_lengths: Sequence[int], seed: int
) -> Callable[[dict[str, tf.Tensor]], tf.Tensor]:
    """Says of an example whether it is one of exactly `sample` that the seed draws.

    Every example has a number, from the file and the place that its id names; a permutation of all
    numbers, which needs no memory, decides.
    """
    total = sum(shard_lengths)
    first_numbers = tf.constant([0, *accumulate(shard_lengths)][:-1], tf.int64)

    def test(example: dict[str, tf.Tensor]) -> tf.Tensor:
        # NAME-SPLIT.tfrecord-00012-of-01024__345: the 346th example of file 12
        parts = tf.strings.regex_replace(example["tfds_id"], r".*-(\d+)-of-\d+__(\d+)$", r"\1 \2")
        numbers = tf.strings.to_number(tf.strings.split(parts), tf.int64)
        number = tf.gather(first_numbers, numbers[0]) + numbers[1]
        place = tf.random.experimental.index_shuffle(
            number, seed=tf.constant([seed, 0], tf.int64), max_index=total - 1
        )
        return place < sample

    return test


def _image_key(features: tfds.features.FeaturesDict) -> str:
    """The feature to train on: `hr` where there is one (DIV2K), else the first image."""
    keys = [key for key, kind in features.items() if isinstance(kind, tfds.features.Image)]
    if not keys:
        raise ValueError(
            f"training data: the dataset has features {', '.join(features)}, expected an image"
        )
    return "hr" if "hr" in keys else keys[0]


def _size(encoded: tf.Tensor) -> tf.Tensor:
    """Height and width of an encoded picture; of a JPEG only the header is read."""
    return tf.cond(
        tf.io.is_jpeg(encoded),
        lambda: tf.io.extract_jpeg_shape(encoded)[:2],
        lambda: tf.shape(tf.io.decode_image(encoded, expand_animations=False))[:2],
    )


def _random_crop(index: tf.Tensor, encoded: tf.Tensor, config: DataConfig) -> tf.Tensor:
    size = config.crop_size
    room = tf.cast(_size(encoded) - size + 1, tf.float32)
    draw = tf.random.stateless_uniform((3,), seed=tf.stack([config.seed, tf.cast(index, tf.int64)]))
    top_left = tf.cast(tf.floor(draw[:2] * room), tf.int32)
    hr = tf.cond(
        tf.io.is_jpeg(encoded),
        lambda: crop_jpeg(encoded, top_left[0], top_left[1], size),
        lambda: tf.slice(
            tf.io.decode_image(encoded, channels=3, expand_animations=False),
            tf.concat([top_left, [0]], axis=0),
            (size, size, 3),
        ),
    )
    symmetry = tf.cast(draw[2] * 8, tf.int32)
    return apply_symmetry(tf.ensure_shape(hr, (size, size, 3)), symmetry)
