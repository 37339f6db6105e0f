"""A generator as an ONNX model, through Keras (extra `onnx`)."""

import logging
import tempfile
import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras

from srgan_tf.imaging.files import write_bytes
from srgan_tf.models.folded import FoldedGenerator, fold, shuffle_last, to_unit_range

_NEEDED = ("onnx", "onnxruntime", "tf2onnx")


def check_onnx() -> None:
    """Raises ValueError where the extra is not installed."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise ValueError(f"onnx: {', '.join(missing)} cannot be found; pip install '.[onnx]'")


def export_onnx(generator: keras.Model, path: str | Path, facts: Mapping[str, str]) -> None:
    """Writes an ONNX model from `lr` to `sr`, both in [0, 1], for any batch, height and width.

    Args:
        generator: a model of `build_generator`.
        path: the file to make or replace.
        facts: written into the file's metadata.

    Raises:
        ValueError: the extra is not installed.
    """
    check_onnx()
    import onnx

    lr = keras.Input((None, None, 3), name="lr")
    model = keras.Model(lr, _Folded(shuffle_last(to_unit_range(fold(generator))))(lr))
    model(keras.ops.zeros((1, 8, 8, 3)))  # Keras wants to have seen one call
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings(action="ignore"):
        file = Path(scratch) / "model.onnx"
        model.export(file, format="onnx", verbose=False)
        proto = onnx.load(file)
    _rename_output(proto.graph, "sr")
    for key, value in facts.items():
        proto.metadata_props.add(key=key, value=value)
    onnx.checker.check_model(proto)
    write_bytes(path, proto.SerializeToString())


class _Folded(keras.layers.Layer):
    """The folded network as a layer, since Keras exports models."""

    def __init__(self, network: FoldedGenerator):
        super().__init__()
        self._network = network

    def call(self, lr: Any) -> Any:
        return keras.ops.clip(self._network(lr), 0.0, 1.0)


def _rename_output(graph: Any, name: str) -> None:
    (output,) = graph.output
    for node in graph.node:
        node.output[:] = [name if old == output.name else old for old in node.output]
    output.name = name
