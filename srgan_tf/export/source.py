"""The generator that an export is made of."""

from pathlib import Path

import keras
import numpy as np

from srgan_tf.config import CONFIG, GENERATOR
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
    _check_equal(loaded, generator, model)
    return generator


def _check_equal(loaded: keras.Model, generator: keras.Model, model: str | Path) -> None:
    """Refuses a network of which not all is in its weights, such as another epsilon.

    Raises:
        ValueError: the generator that has its weights computes something else.
    """
    lr = np.random.default_rng(0).random((1, 12, 12, 3), np.float32)
    theirs, ours = (np.asarray(x(lr, training=False), np.float32) for x in (loaded, generator))
    is_mixed = any(layer.compute_dtype != "float32" for layer in loaded.layers)
    difference = float(np.abs(theirs - ours).max())
    if not difference < (0.1 if is_mixed else 1e-3) * max(1.0, float(np.abs(ours).max())):
        raise ValueError(
            f"model: {model} differs by {difference:.1g} from a generator of "
            "srgan_tf.build_generator with its weights, expected the same layers and settings"
        )


def export_name(model: str | Path) -> str:
    """What the export is called: a shipped model's name, or the file's without its suffix.

    `generator.keras` of a run folder is called as the folder: all runs' files have that name.
    """
    path = Path(model)
    if path.name == GENERATOR and (path.parent / CONFIG).exists():
        return path.resolve().parent.name
    name = path.name
    for suffix in (".keras", ".weights.h5", ".npz"):
        name = name.removesuffix(suffix)
    return name or "generator"
