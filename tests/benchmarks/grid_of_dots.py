"""Whether models draw a grid of dots, or shift colours: `python tests/benchmarks/grid_of_dots.py`.

Enlarging in steps of two can leave a pattern with a period of 2 or 4 pixels. Of each picture of a
benchmark the most even quarter of the original's 16x16 blocks is taken; their power at exactly
those periods (15 of 256 frequencies) is compared with the original's. Printed is the median over
the pictures: 1 is as much as in the original, less is smoother, more is a grid.

Beside it stands how far the pictures' mean red, green or blue is off, whichever is most, in 1/255.
"""

import argparse
import statistics
from pathlib import Path

import numpy as np

from srgan_tf.data.benchmarks import find_benchmarks
from srgan_tf.imaging.color import to_rgb
from srgan_tf.inference.engines import open_engine

BLOCK, PERIOD = 16, 4


def blocks(rgb_uint8: np.ndarray) -> np.ndarray:
    """Luma in blocks: (number, 16, 16)."""
    luma = rgb_uint8 @ np.array([0.299, 0.587, 0.114])
    height, width = (side // BLOCK for side in luma.shape)
    cut = luma[: height * BLOCK, : width * BLOCK].reshape(height, BLOCK, width, BLOCK)
    return cut.swapaxes(1, 2).reshape(-1, BLOCK, BLOCK)


def grid_power(luma_blocks: np.ndarray) -> float:
    """Mean power at the periods 4 and 2, in either direction or both."""
    power = np.abs(np.fft.fft2(luma_blocks - luma_blocks.mean((1, 2), keepdims=True))) ** 2
    step = BLOCK // PERIOD
    return float(power[:, ::step, ::step].sum((1, 2)).mean())


def main(folder: str, models: list[str]) -> None:
    """Prints a row for each model."""
    found = find_benchmarks(folder)
    print(
        f"{'model':<30}" + "".join(f"{benchmark.name + ' grid':>14} shift" for benchmark in found)
    )
    for model in models:
        engine = open_engine(model)
        row = f"{model[-30:]:<30}"
        for benchmark in found:
            ratios, shifts = [], []
            for image in benchmark.images():
                hr, sr = to_rgb(image.hr), engine(to_rgb(image.lr))
                original, result = blocks(hr), blocks(sr)
                even = np.argsort(original.std((1, 2)))[: max(1, len(original) // 4)]
                ratios.append(grid_power(result[even]) / max(1e-9, grid_power(original[even])))
                shifts.append(sr.mean((0, 1)) - hr.mean((0, 1)))
            shift = np.abs(np.mean(shifts, axis=0)).max()
            row += f"{statistics.median(ratios):>14.2f} {shift:>5.2f}"
        print(row, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--benchmarks", required=True, type=lambda p: str(Path(p)))
    parser.add_argument("--model", nargs="+", default=["bicubic", "srresnet_mse", "srgan_vgg22"])
    options = parser.parse_args()
    main(options.benchmarks, options.model)
