"""A generator as a LiteRT (TFLite) model."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from srgan_tf.export.calibration import sample_pictures
from srgan_tf.export.facts import add_to_tflite
from srgan_tf.export.quantization import equalize, round_kernels
from srgan_tf.imaging.files import write_bytes
from srgan_tf.models.folded import fold, shuffle_last, to_unit_range

QUANTIZATIONS = ("none", "float16", "dynamic", "int8")


def export_tflite(
    generator: keras.Model,
    path: str | Path,
    quantize: str = "none",
    pictures: Sequence[np.ndarray] | None = None,
    facts: Mapping[str, str] | None = None,
) -> None:
    """Writes a `.tflite` model with one named signature: `lr` in [0, 1] to `sr` in [0, 1].

    The way from the generator's [-1, 1] to [0, 1] is folded into the last convolution, and the
    result is clipped inside. Batch is 1; height and width can be resized at run time.

    Args:
        generator: a model of `build_generator`.
        path: the file to make or replace.
        quantize: `none` (float32), `float16` (weights in half precision, arithmetic in float32),
            `dynamic` (8-bit weights, ranges of the features taken from each picture at run time)
            or `int8` (these ranges too are fixed, from the calibration pictures; the first
            convolution and its PReLU stay in float32).
        pictures: for `dynamic` and `int8`, what the network will typically get: lr, float32
            (1, h, w, 3) in [0, 1]; None: the sample pictures of the package.
        facts: written into the file's metadata; see `srgan_tf.export.facts`.

    Raises:
        ValueError: unknown quantization.
    """
    if quantize not in QUANTIZATIONS:
        raise ValueError(f"quantize: got {quantize!r}, expected one of {', '.join(QUANTIZATIONS)}")
    network = to_unit_range(fold(generator))
    calibration: Sequence[np.ndarray] = ()
    if quantize in ("dynamic", "int8"):
        calibration = sample_pictures() if pictures is None else pictures
        network = round_kernels(equalize(network, calibration), calibration)
    network = shuffle_last(network)

    @tf.function(input_signature=[tf.TensorSpec((1, None, None, 3), tf.float32, name="lr")])
    def upscale(lr: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"sr": tf.clip_by_value(network(lr), 0.0, 1.0)}

    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [upscale.get_concrete_function()], tf.Module()
    )
    if quantize != "none":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if quantize == "float16":
        converter.target_spec.supported_types = [tf.float16]
    with warnings.catch_warnings(action="ignore"):  # of ranges for 8-bit inputs: ours are floats
        if quantize == "int8":
            content = _convert_to_int8(converter, calibration)
        else:
            content = converter.convert()
    if facts is not None:
        content = add_to_tflite(content, facts)
    write_bytes(path, content)


def _convert_to_int8(
    converter: tf.lite.TFLiteConverter, calibration: Sequence[np.ndarray]
) -> bytes:
    """Converts with fixed ranges, all but the first convolution and its PReLU.

    The first convolution reaches far below zero, where the PReLU after it leaves little: one scale
    for both signs would cost `srgan_vgg22` 2.5 dB of its PSNR to Keras.
    """
    from tensorflow.lite.tools import flatbuffer_utils

    def pictures() -> Iterator[list[np.ndarray]]:
        return ([lr] for lr in calibration)

    converter.representative_dataset = pictures
    debugger = tf.lite.experimental.QuantizationDebugger(
        converter=converter, debug_dataset=pictures
    )
    whole = debugger.get_nondebug_quantized_model()
    graph = flatbuffer_utils.read_model_from_bytearray(bytearray(whole)).subgraphs[0]
    _, convolution, prelu = graph.operators[:3]  # after the one that quantises lr
    debugger.options = tf.lite.experimental.QuantizationDebugOptions(
        denylisted_nodes=[
            graph.tensors[operator.outputs[0]].name.decode() for operator in (convolution, prelu)
        ]
    )
    return bytes(debugger.get_nondebug_quantized_model())
