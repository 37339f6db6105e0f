"""One engine in a process of its own, for `srgan_tf.evaluation.bench`.

    python -m srgan_tf.evaluation.bench_worker ENGINE MODEL SIZE WEIGHTS

Says `ready`, or `none` and why; answers each line on its standard input with the seconds that one
picture took; says its peak memory in MB at the end.
"""

import resource
import sys
import time
from typing import Any

from srgan_tf.imaging.cores import num_cores
from srgan_tf.inference.engines import Engine

OURS: dict[str, dict[str, Any]] = {
    "litert": {"engine": "litert"},
    "litert --fast": {"engine": "litert", "fast": True},
    "keras": {"engine": "keras"},
    "saved_model": {"engine": "saved_model"},
}
OTHERS = ("onnxruntime", "torch")
INTERPOLATION = "bicubic"


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


def main(way: str, model: str, size: str, weights: str) -> None:
    """Opens the engine and serves turns; each turn's first picture only wakes it."""
    import numpy as np

    side = int(size)
    lr = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    answers = sys.stdout
    sys.stdout = sys.stderr  # libraries talk
    try:
        engine = open_way(way, model, weights)
        engine(lr)
    except Exception as error:  # whatever keeps it from running here is the answer
        print("none", " ".join(str(error).split()), file=answers, flush=True)
        return
    print("ready", file=answers, flush=True)
    for _ in sys.stdin:
        engine(lr)
        start = time.perf_counter()
        engine(lr)
        print(time.perf_counter() - start, file=answers, flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
