"""The programs that can run a generator. Each is a function from a small picture to a large one."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from srgan_tf.imaging.ranges import levels_to_unit, tanh_to_levels, unit_to_levels
from srgan_tf.imaging.resize import upscale_bicubic, upscale_nearest
from srgan_tf.models.shipped import shipped_names, shipped_path

Engine = Callable[[np.ndarray], np.ndarray]
"""lr, uint8 or uint16 (h, w, 3) -> sr of the same type, (4h, 4w, 3).

Networks compute in float32; their result is rounded here, tile by tile, so that no float picture
of the full size ever exists."""


def open_engine(model: str | Path, engine: str | None = None) -> Engine:
    """Finds the program for a model.

    Args:
        model: `nearest`, `bicubic`, the name of a shipped model, or a file (`.tflite`, `.keras`,
            `.weights.h5`, `.npz`).
        engine: `litert`, `keras`, or None: LiteRT for shipped models and `.tflite` files (it
            starts without TensorFlow), Keras for the other files.

    Raises:
        ValueError: no such model, or the engine cannot run it.
    """
    if engine not in (None, "litert", "keras"):
        raise ValueError(f"engine: got {engine!r}, expected litert or keras")
    if model == "nearest":
        return upscale_nearest
    if model == "bicubic":
        return upscale_bicubic
    is_shipped = str(model) in shipped_names()
    is_tflite = Path(model).suffix == ".tflite"
    if is_tflite and engine == "keras":
        raise ValueError(f"engine: got keras for {model}, which only litert runs")
    if engine == "litert" and not (is_shipped or is_tflite):
        raise ValueError(
            f"engine: got litert for {model}, expected a .tflite file or one of "
            f"{', '.join(shipped_names())}; use --engine keras"
        )
    if engine != "keras" and is_shipped:
        return litert_engine(shipped_path(str(model), ".tflite"))
    if is_tflite:
        return litert_engine(Path(model))
    from srgan_tf.models.weights import load_generator  # imports Keras and its backend

    return keras_engine(load_generator(model))


def keras_engine(generator: Any) -> Engine:
    """Runs a Keras generator on whatever backend Keras has."""

    def upscale(lr_levels: np.ndarray) -> np.ndarray:
        sr = generator.predict_on_batch(levels_to_unit(lr_levels)[None])
        return tanh_to_levels(sr[0], lr_levels.dtype)

    return upscale


def litert_engine(path: Path) -> Engine:
    """Runs a `.tflite` model of ours: `lr` in [0, 1] to `sr` in [0, 1], any height and width.

    Raises:
        ValueError: no such file, or not a model of that kind.
    """
    from ai_edge_litert.interpreter import Interpreter

    if not path.is_file():
        raise ValueError(f"model: got {path}, expected a .tflite file")
    try:
        interpreter = Interpreter(str(path), num_threads=len(os.sched_getaffinity(0)))
        interpreter.allocate_tensors()  # here, so that what it says is said at the start
        (lr,) = interpreter.get_input_details()
        (sr,) = interpreter.get_output_details()
    except ValueError as error:
        raise ValueError(
            f"model: got {path}, expected a .tflite file with one picture in and one out: {error}"
        ) from None
    shape: tuple[int, ...] = ()

    def upscale(lr_levels: np.ndarray) -> np.ndarray:
        nonlocal shape
        if lr_levels.shape != shape:
            interpreter.resize_tensor_input(lr["index"], (1, *lr_levels.shape))
            interpreter.allocate_tensors()
            shape = lr_levels.shape
        interpreter.set_tensor(lr["index"], levels_to_unit(lr_levels)[None])
        interpreter.invoke()
        return unit_to_levels(interpreter.get_tensor(sr["index"])[0], lr_levels.dtype)

    return upscale
