"""Peak memory by engine and tile: `python tests/benchmarks/tile_memory.py`.

Each run is a process of its own. What is told is how much its peak grows with one picture, in bytes
per pixel of the small picture; `srgan_tf.inference.memory` chooses tiles by it.
"""

import resource
import subprocess
import sys

import numpy as np

ENGINES = ("litert", "litert --fast", "keras")


def measure(engine: str, side: int) -> None:
    """Prints one line, in a fresh process."""
    from srgan_tf.inference.engines import open_engine

    run = open_engine("srresnet_mse", engine.split()[0], fast="--fast" in engine)
    run(np.zeros((16, 16, 3), np.uint8))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    run(np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    grown = (after - before) * 1024 / side**2
    print(f"{engine:<14} {side}x{side}  peak {after >> 10:>5} MB  {grown:>7.0f} bytes per pixel")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        measure(sys.argv[1], int(sys.argv[2]))
    else:
        for name in ENGINES:
            for side in ("160", "288"):
                subprocess.run([sys.executable, __file__, name, side], check=True)
