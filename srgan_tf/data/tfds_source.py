"""Training batches from TensorFlow Datasets: any dataset with an image feature, streamed."""

import tensorflow as tf
import tensorflow_datasets as tfds

from srgan_tf.config import DataConfig
from srgan_tf.data.pipeline import apply_symmetry, batch_crops

PREFIX = "tfds:"
_SHUFFLE_BUFFER = 2048  # encoded pictures; files are shuffled too


def tfds_dataset(config: DataConfig, first_step: int = 0) -> tf.data.Dataset:
    """Endless (lr, hr) batches of a TFDS dataset, which is downloaded and prepared when it is not.

    Pictures come in a shuffled order, each once per pass; those smaller than the crop are left out.
    Order, crops and symmetries follow from the seed, so a resumed run goes on where it stopped: it
    reads past the pictures it has seen, without decoding them.

    Args:
        config: its source is `tfds:NAME[:SPLIT]`, such as `tfds:imagenet2012` (SPLIT: `train`).
        first_step: where a resumed run goes on.

    Returns:
        As `srgan_tf.data.pipeline.folder_dataset`.

    Raises:
        ValueError: no such dataset or split, or it has no image feature.
    """
    name, _, split = config.source.removeprefix(PREFIX).partition(":")
    try:
        builder = tfds.builder(name)
    except (tfds.core.DatasetNotFoundError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"training data: got {config.source}, not in TFDS ({reason})") from None
    key = _image_key(builder.info.features)
    builder.download_and_prepare()
    split = split or "train"
    try:
        encoded = builder.as_dataset(
            split=split,
            shuffle_files=True,
            decoders={key: tfds.decode.SkipDecoding()},
            read_config=tfds.ReadConfig(shuffle_seed=config.seed),
        )
    except ValueError:
        raise ValueError(
            f"training data: got split {split!r} of {name}, expected one of "
            f"{', '.join(builder.info.splits)}"
        ) from None
    large_enough = encoded.map(lambda example: example[key]).filter(
        lambda image: tf.reduce_min(_size(image)) >= config.crop_size
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
    window = tf.concat([top_left, [size, size]], axis=0)
    hr = tf.cond(
        tf.io.is_jpeg(encoded),
        lambda: tf.io.decode_and_crop_jpeg(
            encoded, window, channels=3, dct_method="INTEGER_ACCURATE"
        ),
        lambda: tf.slice(
            tf.io.decode_image(encoded, channels=3, expand_animations=False),
            tf.concat([top_left, [0]], axis=0),
            (size, size, 3),
        ),
    )
    symmetry = tf.cast(draw[2] * 8, tf.int32)
    return apply_symmetry(tf.ensure_shape(hr, (size, size, 3)), symmetry)
