"""Peak memory by engine and tile: `python tests/benchmarks/tile_memory.py`.

Each run is a process of its own. What is told is how much its peak grows with one picture, in bytes
per pixel of the small picture; `srgan_tf.inference.memory` chooses tiles by it.
"""

import resource
import subprocess
import sys

import numpy as np

RUNS = [
    (model, engine, side)
    for model, engine, sides in (
        ("srresnet_mse", "litert", (160, 288)),
        ("srresnet_mse", "litert --fast", (160, 288)),
        ("srresnet_mse", "keras", (160, 288)),
        ("drcn", "keras", (64, 112)),
    )
    for side in sides
]


def measure(model: str, engine: str, side: int) -> None:
    """Prints one line, in a fresh process."""
    from srgan_tf.inference.engines import open_engine

    run = open_engine(model, engine.split()[0], fast="--fast" in engine)
    run(np.zeros((16, 16, 3), np.uint8))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    run(np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    grown = f"{(after - before) * 1024 / side**2:>7.0f} bytes per pixel"
    print(f"{model:<13} {engine:<14} {side}x{side}  peak {after >> 10:>5} MB  {grown}")


if __name__ == "__main__":
    if len(sys.argv) == 4:
        measure(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    else:
        for run in RUNS:
            subprocess.run([sys.executable, __file__, *map(str, run)], check=True)
