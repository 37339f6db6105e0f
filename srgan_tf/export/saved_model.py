"""A generator as a SavedModel for TensorFlow Serving."""

import dataclasses
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from srgan_tf.export.serving_graph import upscale_checked, upscale_file
from srgan_tf.export.warm_up import write_warm_up
from srgan_tf.models.folded import Convolution, FoldedGenerator, fold, shuffle_last, to_unit_range


def export_saved_model(generator: keras.Model, version: str | Path, name: str) -> None:
    """Writes a SavedModel with two signatures and a warm-up file.

    - `serving_default`: `lr`, float32 (n, h, w, 3) in [0, 1], to `sr`, (n, 4h, 4w, 3) in [0, 1].
    - `image_bytes`: `image_bytes`, strings (n,), PNG or JPEG files of any sizes, to `sr_bytes`, PNG
      files. REST asks for names that end like this where strings are binary.

    Bad requests raise InvalidArgumentError; see `srgan_tf.export.serving_graph`.

    Args:
        generator: a model of `build_generator`.
        version: the folder to make: NAME/1, say. Its last part is a number for a server to find it.
        name: what clients call the model; it stands in the warm-up requests.
    """
    version = Path(version)
    module = _served(shuffle_last(to_unit_range(fold(generator))))
    signatures = {"serving_default": module.upscale, "image_bytes": module.upscale_files}
    with warnings.catch_warnings(action="ignore"):  # AutoGraph's, on Python 3.13
        tf.saved_model.save(module, str(version), signatures)
    write_warm_up(version, name)


def _served(network: FoldedGenerator) -> tf.Module:
    """The functions hold the network in a closure, and the module its variables alone.

    Loaders that run a session, as servers do, do not find variables inside an attribute of another
    class.
    """
    variables: list[tf.Variable] = []

    def keep(array: np.ndarray) -> Any:
        variables.append(tf.Variable(array, trainable=False))
        return variables[-1]

    network = dataclasses.replace(
        network,
        convolutions=tuple(
            Convolution(keep(layer.kernel), keep(layer.bias)) for layer in network.convolutions
        ),
        slopes=tuple(keep(slope) for slope in network.slopes),
    )
    upscale_unit = upscale_checked(network)
    upscale_bytes = upscale_file(upscale_unit)

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3), tf.float32, name="lr")])
    def upscale(lr: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"sr": upscale_unit(lr)}

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="image_bytes")])
    def upscale_files(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        files = tf.map_fn(upscale_bytes, image_bytes, parallel_iterations=1)
        return {"sr_bytes": files}

    module = tf.Module()
    module.weights, module.upscale, module.upscale_files = variables, upscale, upscale_files
    return module
