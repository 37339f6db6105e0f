"""One engine, or one kind of training step, in a process of its own; see `evaluation.bench`.

    python -m srgan_tf.evaluation.bench_worker ENGINE MODEL SIZE WEIGHTS
    python -m srgan_tf.evaluation.bench_worker "RECIPE PRECISION"

Says `ready`, or `none` and why; answers each line on its standard input with the seconds that one
picture, or step, took; says its peak memory in MiB at the end.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

import psutil

from srgan_tf.imaging.cores import num_cores
from srgan_tf.inference.engines import Engine

OURS: dict[str, dict[str, Any]] = {
    "litert": {"engine": "litert"},
    "litert --fast": {"engine": "litert", "fast": True},
    "keras": {"engine": "keras"},
}
OTHERS = ("onnxruntime", "torch")
INTERPOLATION = "bicubic"

BATCH_SIZE, CROP_SIZE = 16, 96  # the paper's, Section 3.2


def open_way(way: str, model: str, weights: str) -> Engine:
    """Opens an engine by its name in the table.

    Args:
        way: of `OURS`, `OTHERS` or `INTERPOLATION`.
        model: name of a shipped model.
        weights: its folded weights, for `OTHERS`.
    """
    from srgan_tf.inference.engines import open_engine

    if way == INTERPOLATION:
        return open_engine(way)
    if way in OURS:
        return open_engine(model, **OURS[way])
    from srgan_tf.evaluation.other_frameworks import onnx_engine, torch_engine
    from srgan_tf.imaging.files import read_arrays

    build = torch_engine if way == "torch" else onnx_engine
    return build(read_arrays(weights), num_cores())


def open_step(recipe: str, precision: str) -> Callable[[], object]:
    """Builds a recipe's networks; what is returned takes one step on random pixels.

    Args:
        recipe: one with MSE as its content loss.
        precision: as in `TrainConfig`.
    """
    import numpy as np

    from srgan_tf.config import DataConfig, TrainConfig
    from srgan_tf.losses.content import mse_loss
    from srgan_tf.recipes import find_recipe
    from srgan_tf.training.learner import build_learner

    config = TrainConfig(recipe, DataConfig("", BATCH_SIZE, CROP_SIZE), precision=precision)
    model = build_learner(config, find_recipe(recipe), 1000, mse_loss).model
    rng = np.random.default_rng(0)
    lr = rng.random((BATCH_SIZE, CROP_SIZE // 4, CROP_SIZE // 4, 3), np.float32)
    hr = rng.random((BATCH_SIZE, CROP_SIZE, CROP_SIZE, 3), np.float32)
    return lambda: model.train_on_batch(lr, hr)


def open_turn(
    way: str, model: str = "", size: str = "1", weights: str = ""
) -> Callable[[], object]:
    """What is timed: an engine on a square of random pixels, or a training step."""
    recipe, _, precision = way.partition(" ")
    if precision in ("float32", "mixed_bfloat16"):
        return open_step(recipe, precision)
    import numpy as np

    side = int(size)
    lr = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    engine = open_way(way, model, weights)
    return lambda: engine(lr)


def main(*arguments: str) -> None:
    """Serves turns; the first picture, or step, of each only wakes what is timed."""
    answers = sys.stdout
    sys.stdout = sys.stderr  # libraries talk
    try:
        turn = open_turn(*arguments)
        turn()
    except Exception as error:  # whatever keeps it from running here is the answer
        print("none", " ".join(str(error).split()), file=answers, flush=True)
        return
    print("ready", file=answers, flush=True)
    for _ in sys.stdin:
        turn()
        start = time.perf_counter()
        turn()
        print(time.perf_counter() - start, file=answers, flush=True)
    print(peak_mib(), file=answers, flush=True)


def peak_mib() -> float:
    """The most memory that this process has held."""
    try:
        import resource
    except ImportError:  # Windows
        return float(psutil.Process().memory_info().peak_wset / (1 << 20))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


if __name__ == "__main__":
    main(*sys.argv[1:])
