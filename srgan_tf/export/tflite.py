"""A generator as a LiteRT (TFLite) model."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from srgan_tf.imaging.files import write_atomically

QUANTIZATIONS = ("none", "float16", "dynamic")


def export_tflite(generator: keras.Model, path: str | Path, quantize: str = "none") -> None:
    """Writes a `.tflite` model with one named signature: `lr` in [0, 1] to `sr` in [0, 1].

    The way from the generator's [-1, 1] to [0, 1] is folded into the last convolution, and the
    result is clipped inside. Batch is 1; height and width can be resized at run time.

    Args:
        generator: a model of `build_generator`.
        path: the file to make or replace.
        quantize: `none` (float32), `float16` (weights in half precision, arithmetic in float32)
            or `dynamic` (int8 weights, ranges of activations taken at run time).

    Raises:
        ValueError: unknown quantization.
    """
    if quantize not in QUANTIZATIONS:
        raise ValueError(f"quantize: got {quantize!r}, expected one of {', '.join(QUANTIZATIONS)}")
    network = _to_unit_range(generator)

    @tf.function(input_signature=[tf.TensorSpec((1, None, None, 3), tf.float32, name="lr")])
    def upscale(lr: tf.Tensor) -> dict[str, tf.Tensor]:
        sr = network(lr, training=False)
        return {"sr": tf.clip_by_value(sr, 0.0, 1.0)}

    module = tf.Module()  # tracks the raw variables; through a Keras model they are not found
    module.weights = [variable.value for variable in network.variables]
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [upscale.get_concrete_function()], module
    )
    if quantize != "none":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if quantize == "float16":
        converter.target_spec.supported_types = [tf.float16]
    content = converter.convert()
    write_atomically(path, lambda file: file.write(content))


def _to_unit_range(generator: keras.Model) -> keras.Model:
    """A copy whose last convolution gives [0, 1]: half the kernel, (bias + 1) / 2."""
    network = keras.models.clone_model(generator)
    network.set_weights(generator.get_weights())
    tail = network.layers[-1]
    kernel, bias = tail.get_weights()
    tail.set_weights([kernel / 2, (bias + np.float32(1)) / 2])
    return network
