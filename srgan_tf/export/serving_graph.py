"""What a server computes: pictures as floats or as files, with every request checked in the graph.

A failed check raises InvalidArgumentError, which a server returns as the answer to that request;
the model goes on serving.
"""

from collections.abc import Callable

import tensorflow as tf

from srgan_tf.models.folded import FoldedGenerator

MOST_PIXELS = 2**20
"""Of one request's pictures together (`lr`), or of each file (`image_bytes`): 1024x1024."""

_TILE = 181
"""Side of what is enlarged at a time, in pixels: the layers behind the features need most of the
memory."""

_OVERLAP = 4  # of tiles, at least what `FoldedGenerator.enlarge` sees

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"

UnitFunction = Callable[[tf.Tensor], tf.Tensor]


def upscale_checked(network: FoldedGenerator) -> UnitFunction:
    """Makes the function behind `serving_default`.

    Args:
        network: one that gives [0, 1].

    Returns:
        A function from lr to sr in [0, 1], (n, h, w, 3) to (n, 4h, 4w, 3), for any n, h and w with
        at most `MOST_PIXELS` pixels.
    """

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, None), tf.float32)])
    def enlarge(features: tf.Tensor) -> tf.Tensor:
        return tf.clip_by_value(network.enlarge(features), 0.0, 1.0)

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, None), tf.float32)])
    def enlarge_by_tiles(features: tf.Tensor) -> tf.Tensor:
        """As many whole pictures at a time as fit, or one picture's tiles, row by row.

        A `TensorArray` joins along the first axis alone, so that this is in turn x, y and n.
        """
        num, height, width, _ = tf.unstack(tf.shape(features))
        at_once = tf.maximum(_TILE * _TILE // (height * width), 1)
        groups = tf.TensorArray(tf.float32, 0, dynamic_size=True, infer_shape=False)
        for first in tf.range(0, num, at_once):
            group = features[first : first + at_once]
            rows = tf.TensorArray(tf.float32, 0, dynamic_size=True, infer_shape=False)
            for top in tf.range(0, height, _TILE):
                row = tf.TensorArray(tf.float32, 0, dynamic_size=True, infer_shape=False)
                for left in tf.range(0, width, _TILE):
                    y, x = tf.maximum(top - _OVERLAP, 0), tf.maximum(left - _OVERLAP, 0)
                    bottom, right = top + _TILE, left + _TILE
                    tile = enlarge(group[:, y : bottom + _OVERLAP, x : right + _OVERLAP])
                    tile = tile[:, 4 * (top - y) : 4 * (bottom - y)]
                    tile = tile[:, :, 4 * (left - x) : 4 * (right - x)]
                    row = row.write(row.size(), tf.transpose(tile, (2, 1, 0, 3)))
                joined = tf.ensure_shape(row.concat(), (None, None, None, 3))
                rows = rows.write(rows.size(), tf.transpose(joined, (1, 0, 2, 3)))
            joined = tf.ensure_shape(rows.concat(), (None, None, None, 3))
            groups = groups.write(groups.size(), tf.transpose(joined, (2, 0, 1, 3)))
        return groups.concat()

    def upscale_any(lr: tf.Tensor) -> tf.Tensor:
        # Not every server checks the rank; without the batch axis, oneDNN would end the process.
        lr = tf.ensure_shape(lr, (None, None, None, 3))
        shape = tf.shape(lr, tf.int64)
        pixels = shape[0] * shape[1] * shape[2]
        explanation = f"lr: got the shape below, expected 1 to {MOST_PIXELS} pixels"
        fits = tf.logical_and(pixels > 0, pixels <= MOST_PIXELS)
        lr = _checked(lr, fits, explanation, shape)
        x = network.features(lr)
        sr = tf.cond(pixels > _TILE**2, lambda: enlarge_by_tiles(x), lambda: enlarge(x))
        return tf.ensure_shape(sr, (None, None, None, 3))

    return upscale_any


def upscale_file(upscale: UnitFunction) -> UnitFunction:
    """Makes a function from one PNG or JPEG file to a PNG file, tf.string () to ().

    Transparency is dropped, 16 bits are reduced to 8, and EXIF orientation is not looked at.
    """

    def upscale_bytes(file: tf.Tensor) -> tf.Tensor:
        image_uint8 = _decode(file)
        lr = tf.cast(image_uint8, tf.float32)[None] / 255
        return tf.io.encode_png(tf.cast(tf.round(upscale(lr)[0] * 255), tf.uint8))

    return upscale_bytes


def _decode(file: tf.Tensor) -> tf.Tensor:
    """Reads the size first, so that a small file cannot ask for gigabytes."""

    def decode_png() -> tf.Tensor:
        whole = _checked(file, tf.strings.length(file) >= 24, "image_bytes: got a cut-off PNG file")
        size = tf.io.decode_raw(tf.strings.substr(whole, 16, 8), tf.uint8)
        bytes_of_sides = tf.reshape(tf.cast(size, tf.int64), (2, 4))  # most significant first
        sides = tf.reduce_sum(bytes_of_sides * tf.constant([2**24, 2**16, 2**8, 1], tf.int64), 1)
        return tf.io.decode_png(_checked_sides(file, sides), channels=3)

    def decode_jpeg() -> tf.Tensor:
        sides = tf.io.extract_jpeg_shape(file, tf.int64)[:2]
        return tf.io.decode_jpeg(
            _checked_sides(file, sides), channels=3, dct_method="INTEGER_ACCURATE"
        )

    def decode_nothing() -> tf.Tensor:
        kinds = "image_bytes: got something else, expected the content of a PNG or JPEG file"
        return tf.io.decode_png(_checked(file, tf.constant(False), kinds), channels=3)

    is_png = tf.strings.substr(file, 0, 8) == _PNG
    is_jpeg = tf.strings.substr(file, 0, 3) == _JPEG
    return tf.case([(is_png, decode_png), (is_jpeg, decode_jpeg)], decode_nothing)


def _checked_sides(file: tf.Tensor, sides: tf.Tensor) -> tf.Tensor:
    pixels = tf.reduce_prod(tf.minimum(sides, MOST_PIXELS + 1))  # of 4 bytes each: no overflow
    explanation = f"image_bytes: got the sides below, expected 1 to {MOST_PIXELS} pixels"
    return _checked(file, tf.logical_and(pixels > 0, pixels <= MOST_PIXELS), explanation, sides)


def _checked(tensor: tf.Tensor, condition: tf.Tensor, *message: object) -> tf.Tensor:
    """Returns the tensor; whatever is computed from it waits for the check."""
    with tf.control_dependencies([tf.debugging.Assert(condition, list(message))]):
        return tf.identity(tensor)
