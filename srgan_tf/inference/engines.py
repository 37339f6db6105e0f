"""The programs that can run a generator. Each is a function from a small picture to a large one."""

import functools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from srgan_tf.imaging.cores import num_cores
from srgan_tf.imaging.ranges import levels_to_unit, tanh_to_levels, unit_to_levels
from srgan_tf.imaging.resize import upscale_bicubic, upscale_nearest
from srgan_tf.imaging.symmetry import apply_symmetry, undo_symmetry
from srgan_tf.inference.arguments import ENGINES
from srgan_tf.inference.memory import DRCN_BYTES_PER_PIXEL
from srgan_tf.models.shipped import FAST, shipped_names, shipped_path

Engine = Callable[[np.ndarray], np.ndarray]
"""lr, uint8 or uint16 (h, w, 3) -> sr of the same type, (4h, 4w, 3).

Networks compute in float32; their result is rounded here, tile by tile, so that no float picture
of the full size ever exists. One that needs more memory than most has `bytes_per_pixel`, see
`srgan_tf.inference.memory`."""


def open_engine(
    model: str | Path, engine: str | None = None, fast: bool = False, ensemble: bool = False
) -> Engine:
    """Finds the program for a model.

    Args:
        model: `nearest`, `bicubic`, the name of a shipped model, a file (`.tflite`, `.keras`,
            `.weights.h5`, `.npz`) or a SavedModel folder.
        engine: `litert`, `keras`, `saved_model`, or None: LiteRT for shipped models and `.tflite`
            files (it starts without TensorFlow), Keras for the other files.
        fast: take a shipped model's version with 8-bit weights, in LiteRT.
        ensemble: see `self_ensemble`.

    Raises:
        ValueError: no such model, or the engine cannot run it.
    """
    if ensemble:
        return self_ensemble(open_engine(model, engine, fast))
    if engine not in (None, *ENGINES):
        raise ValueError(f"engine: got {engine!r}, expected one of {', '.join(ENGINES)}")
    interpolations = {"nearest": upscale_nearest, "bicubic": upscale_bicubic}
    is_shipped = str(model) in shipped_names()
    fast_ones = shipped_names(FAST)
    if fast and not (str(model) in fast_ones and engine in (None, "litert")):
        raise ValueError(
            f"fast: got {model}{f' in {engine}' if engine else ''}, expected one of "
            f"{', '.join(fast_ones)}, which have 8-bit weights, in litert"
        )
    if str(model) in interpolations:
        return interpolations[str(model)]
    path = Path(model)
    if not is_shipped and not path.exists():
        raise ValueError(
            f"model: got {model}, expected one of {', '.join([*interpolations, *shipped_names()])},"
            " a file (.keras, .weights.h5, .npz, .tflite) or a SavedModel folder"
        )
    able = _able_engines(path, is_shipped)
    engine = engine or able[0]
    if engine not in able:
        raise ValueError(f"engine: got {engine} for {model}, expected {' or '.join(able)}")
    if engine == "saved_model":
        return saved_model_engine(path)
    if engine == "litert":
        suffix = FAST if fast else ".tflite"
        return litert_engine(shipped_path(str(model), suffix) if is_shipped else path)
    from srgan_tf.models.half_size import at_half_size  # these import Keras and its backend
    from srgan_tf.models.weights import load_generator

    return keras_engine(at_half_size(load_generator(model)))


def _able_engines(model: Path, is_shipped: bool) -> tuple[str, ...]:
    """The engines that run a model, the one that suits it best first."""
    if is_shipped:
        return ("litert", "keras") if str(model) in shipped_names(".tflite") else ("keras",)
    if model.suffix == ".tflite":
        return ("litert",)
    return ("saved_model",) if model.is_dir() else ("keras",)


def self_ensemble(engine: Engine) -> Engine:
    """Averages the results for the eight flips and rotations of the picture.

    It takes eight times as long (Lim et al. 2017, "Enhanced Deep Residual Networks for Single Image
    Super-Resolution", Section 3.4).
    """

    @functools.wraps(engine)
    def upscale(lr_levels: np.ndarray) -> np.ndarray:
        height, width, channels = lr_levels.shape
        total = np.full((4 * height, 4 * width, channels), 4, np.uint32)  # 4 / 8: rounds
        for symmetry in range(8):
            turned = np.ascontiguousarray(apply_symmetry(lr_levels, symmetry))
            total += undo_symmetry(engine(turned), symmetry)
        return (total // 8).astype(lr_levels.dtype)

    return upscale


def keras_engine(generator: Any) -> Engine:
    """Runs a Keras generator on whatever backend Keras has."""
    turn = threading.Lock()  # under JAX, what one call takes is gone for another

    def upscale(lr_levels: np.ndarray) -> np.ndarray:
        with turn:
            sr = generator.predict_on_batch(levels_to_unit(lr_levels)[None])
        strategy = getattr(generator, "distribute_strategy", None)  # each replica has made one
        sr = sr[: len(sr) // (strategy.num_replicas_in_sync if strategy else 1)]
        _check_size(sr, lr_levels)
        return tanh_to_levels(sr[0], lr_levels.dtype)

    if "recursion" in {layer.name for layer in generator.layers}:
        upscale.bytes_per_pixel = DRCN_BYTES_PER_PIXEL  # type: ignore[attr-defined]
    return upscale


def _check_size(sr: Any, lr_levels: np.ndarray) -> None:
    """Raises ValueError where a model has made anything but one picture four times as large."""
    height, width, _ = lr_levels.shape
    expected = (1, 4 * height, 4 * width, 3)
    if np.shape(sr) != expected:
        raise ValueError(
            f"model: got {np.shape(sr)} for a picture of {width}x{height} pixels, expected "
            f"{expected}"
        )


def saved_model_engine(folder: Path) -> Engine:
    """Runs a SavedModel of ours: signature `serving_default`, `lr` in [0, 1] to `sr` in [0, 1].

    Args:
        folder: with `saved_model.pb`, or with numbered versions, of which the highest counts.

    Raises:
        ValueError: no SavedModel there, or one of another kind.
    """
    versions = [path for path in folder.iterdir() if path.name.isdecimal()]
    version = folder
    if versions and not (folder / "saved_model.pb").is_file():
        version = max(versions, key=lambda path: int(path.name))
    if not (version / "saved_model.pb").is_file():
        raise ValueError(f"model: got the folder {folder}, expected a SavedModel in it")
    import tensorflow as tf

    try:
        loaded = tf.saved_model.load(str(version))
        serve = loaded.signatures["serving_default"]
        takes, gives = serve.structured_input_signature[1], serve.structured_outputs
    except (OSError, ValueError, KeyError, tf.errors.OpError) as error:
        why = " ".join(str(error).split())
        raise ValueError(f"model: {version} cannot be loaded as a SavedModel: {why}") from None
    if set(takes) != {"lr"} or set(gives) != {"sr"}:
        raise ValueError(
            f"model: got {version} from {', '.join(takes)} to {', '.join(gives)}, expected the "
            "signature serving_default from lr to sr"
        )

    def upscale(lr_levels: np.ndarray) -> np.ndarray:
        try:
            # By `loaded`: a signature alone does not keep its variables.
            run = loaded.signatures["serving_default"]
            sr = run(lr=tf.constant(levels_to_unit(lr_levels)[None]))["sr"]
        except tf.errors.InvalidArgumentError as error:
            height, width, _ = lr_levels.shape
            lines = str(error.message).splitlines()
            why = next((line for line in lines if "assertion failed" in line), lines[0])
            raise ValueError(f"model: {version} refuses {width}x{height} pixels: {why}") from None
        _check_size(sr.numpy(), lr_levels)
        return unit_to_levels(sr.numpy()[0], lr_levels.dtype)

    return upscale


def litert_engine(path: Path) -> Engine:
    """Runs a `.tflite` model of ours: `lr` in [0, 1] to `sr` in [0, 1], any height and width.

    Raises:
        ValueError: no such file, or not a model of that kind.
    """
    from ai_edge_litert.interpreter import Interpreter

    if not path.is_file():
        raise ValueError(f"model: got {path}, expected a .tflite file")

    content = path.read_bytes()  # LiteRT cannot open every name that Windows gives

    def start() -> Any:
        interpreter = Interpreter(model_content=content, num_threads=num_cores())
        interpreter.allocate_tensors()  # here, so that what it says is said at the start
        return interpreter

    try:
        interpreter = start()
        (lr,) = interpreter.get_input_details()
        (sr,) = interpreter.get_output_details()
    except (ValueError, RuntimeError) as error:
        raise ValueError(
            f"model: got {path}, expected a .tflite file with one picture in and one out: {error}"
        ) from None
    shape: tuple[int, ...] = ()
    turn = threading.Lock()  # an interpreter holds one picture at a time, and has all cores for it

    def upscale(lr_levels: np.ndarray) -> np.ndarray:
        nonlocal interpreter, shape
        with turn:
            try:
                if interpreter is None:
                    interpreter = start()
                if lr_levels.shape != shape:
                    interpreter.resize_tensor_input(lr["index"], (1, *lr_levels.shape))
                    interpreter.allocate_tensors()
                    shape = lr_levels.shape
                interpreter.set_tensor(lr["index"], levels_to_unit(lr_levels)[None])
                interpreter.invoke()
            except RuntimeError as error:  # for want of memory, which it says in other words
                interpreter, shape = None, ()  # it would crash when used again
                height, width, _ = lr_levels.shape
                raise ValueError(
                    f"model: {path} fails with {width}x{height} pixels at once, for which memory "
                    f"may not suffice; a smaller tile needs less ({' '.join(str(error).split())})"
                ) from None
            large = interpreter.get_tensor(sr["index"])
        _check_size(large, lr_levels)
        return unit_to_levels(large[0], lr_levels.dtype)

    return upscale
