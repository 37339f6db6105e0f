"""The generator that an export is made of."""

from pathlib import Path

import keras

from srgan_tf.models.generator import build_generator
from srgan_tf.models.weights import copy_weights, load_generator


def load_for_export(model: str | Path) -> keras.Model:
    """Returns a generator that computes in float32, whatever it was trained in.

    Args:
        model: what `load_generator` takes.

    Raises:
        ValueError: there is no such model, it is not one of `build_generator`, or Keras runs on
            another backend than TensorFlow.
    """
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            f"export: got Keras on {keras.backend.backend()}, expected TensorFlow; unset "
            "KERAS_BACKEND"
        )
    loaded = load_generator(model)
    layers = {layer.name: layer for layer in loaded.layers}
    if "head_conv" not in layers:
        raise ValueError(
            f"model: got {model} with the layers {', '.join(list(layers)[:4])}, ..., expected a "
            "generator of srgan_tf.build_generator"
        )
    num_blocks = sum(name.startswith("block") and name.endswith("_add") for name in layers)
    num_filters = layers["head_conv"].filters
    generator = build_generator(num_blocks, num_filters, "long_skip" in layers, loaded.name)
    copy_weights(loaded, generator)
    return generator


def export_name(model: str | Path) -> str:
    """What the export is called: a shipped model's name, or the file's without its suffix."""
    name = Path(model).name
    for suffix in (".keras", ".weights.h5", ".npz"):
        name = name.removesuffix(suffix)
    return name or "generator"
