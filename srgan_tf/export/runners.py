"""Running an export once, in floats, as verification needs it.

`srgan_tf.inference.engines` runs models for pictures, in grey levels.
"""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from srgan_tf.imaging.cores import num_cores

Runner = Callable[[np.ndarray], np.ndarray]
"""lr, float32 (1, h, w, 3) in [0, 1] -> sr, (1, 4h, 4w, 3) in [0, 1]."""


def run_keras(generator: keras.Model) -> Runner:
    """The generator itself, clipped to [0, 1] as exports are; traced once for all sizes."""
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3), tf.float32)])
    def run(lr: tf.Tensor) -> tf.Tensor:
        return tf.clip_by_value((generator(lr, training=False) + 1) / 2, 0.0, 1.0)

    return lambda lr: run(tf.constant(lr)).numpy()


def run_saved_model(version: str | Path) -> Runner:
    """A SavedModel's `serving_default`."""
    import tensorflow as tf

    loaded = tf.saved_model.load(str(version))
    return lambda lr: loaded.signatures["serving_default"](lr=tf.constant(lr))["sr"].numpy()


def run_tflite(path: str | Path) -> Runner:
    """A TFLite model's signature."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=Path(path).read_bytes(), num_threads=num_cores())
    runner = interpreter.get_signature_runner("serving_default")
    return lambda lr: runner(lr=lr)["sr"]


def run_onnx(path: str | Path) -> Runner:
    """An ONNX model under ONNX Runtime, on the CPU."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda lr: session.run(["sr"], {"lr": lr})[0]
