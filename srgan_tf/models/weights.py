"""Weights files: the shipped float16 ones, and what a user names with `--model` or `--init`."""

import warnings
import zipfile
from pathlib import Path

import keras
import numpy as np

from srgan_tf.imaging.errors import first_line
from srgan_tf.imaging.files import read_arrays, write_atomically
from srgan_tf.models.generator import build_generator
from srgan_tf.models.networks import build_network
from srgan_tf.models.shipped import shipped_names, shipped_path


def save_float16(generator: keras.Model, path: str | Path) -> None:
    """Writes every variable in half precision, keyed by its name: NumPy's `.npz`, 2 bytes each."""
    arrays = {_key(v): v.numpy().astype(np.float16) for v in generator.variables}
    write_atomically(path, lambda file: np.savez_compressed(file, **arrays))


def load_float16(generator: keras.Model, path: str | Path) -> None:
    """Fills a network of the same architecture from a file of `save_float16`.

    Raises:
        ValueError: not such a file, or of another architecture. The network is unchanged then.
    """
    arrays = {key: array.astype(np.float32) for key, array in read_arrays(path).items()}
    _assign(generator, arrays, str(path))


def copy_weights(source: keras.Model, target: keras.Model) -> None:
    """Copies all weights of one generator into another of the same architecture.

    A target that is a DRCN may have more recursions than the source. Its result is the same then:
    the further recursions' pictures have no share in it, until training gives them one.

    Raises:
        ValueError: the architectures differ. The target is unchanged then.
    """
    arrays = {_key(v): v.numpy() for v in source.variables}
    name = "merge/shares"
    for shares in (v for v in target.variables if _key(v) == name and name in arrays):
        more = shares.shape[0] - arrays[name].size
        arrays[name] = np.pad(arrays[name], (0, max(more, 0)))
    _assign(target, arrays, f"weights of {source.name}")


def _assign(generator: keras.Model, arrays: dict[str, np.ndarray], origin: str) -> None:
    shapes = {_key(variable): tuple(variable.shape) for variable in generator.variables}
    if shapes != {key: array.shape for key, array in arrays.items()}:
        raise ValueError(
            f"weights: got {origin} for another network, expected one with "
            f"{generator.count_params():,} parameters"
        )
    for variable in generator.variables:
        variable.assign(arrays[_key(variable)])


def _key(variable: keras.Variable) -> str:
    """LAYER/NAME: its path without the scope that the network was built in."""
    return "/".join(variable.path.split("/")[-2:])


def load_generator(model: str | Path) -> keras.Model:
    """Returns a trained generator.

    Args:
        model: the name of a shipped model, such as `srresnet_mse`, or a file: `.keras` (a whole
            model), `.weights.h5` or `.npz` (weights of the default architecture).

    Returns:
        `keras.Model` from `lr`, float32 (batch, h, w, 3) in [0, 1], to `sr`, float32
        (batch, 4h, 4w, 3), nominally in [-1, 1].

    Raises:
        ValueError: no model of that name and no such file, or the file cannot be used.

    Example:
        >>> generator = load_generator("srresnet_mse")
        >>> generator.predict(np.zeros((1, 24, 24, 3), "float32")).shape
        (1, 96, 96, 3)
    """
    if str(model) in shipped_names():
        generator = build_network(str(model))
        load_float16(generator, shipped_path(str(model)))
        return generator
    path = Path(model)
    if not path.is_file():
        raise ValueError(
            f"model: got {model}, expected one of {', '.join(shipped_names())} or a file "
            "(.keras, .weights.h5, .npz)"
        )
    if path.suffix == ".npz":
        generator = build_generator()
        load_float16(generator, path)
        return generator
    try:
        if path.suffix == ".keras" and not zipfile.is_zipfile(path):
            raise ValueError("it is damaged or of another kind")
        if path.name.endswith(".weights.h5"):
            generator = build_generator()
            try:
                with warnings.catch_warnings(action="ignore"):  # the error says more
                    generator.load_weights(path)
            except ValueError:
                raise ValueError(
                    "its weights are of another network than the paper's; .keras holds such too"
                ) from None
            return generator
        return keras.saving.load_model(path, compile=False)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        reason = first_line(error)
        raise ValueError(
            f"model: got {path}, expected a file saved by Keras or srgan-tf train: {reason}"
        ) from None
