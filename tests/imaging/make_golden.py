"""Makes golden.npz: crops of the sample pictures, resized pixel by pixel from the definition.

Nothing of srgan_tf is used. Bicubic weights are exact fractions, so no rounding can be in doubt.

    python tests/imaging/make_golden.py
"""

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent
SAMPLES = HERE.parents[1] / "srgan_tf" / "samples"


def cubic(x):
    x = abs(x)
    if x <= 1:
        return Fraction(3, 2) * x**3 - Fraction(5, 2) * x**2 + 1
    if x < 2:
        return -Fraction(1, 2) * x**3 + Fraction(5, 2) * x**2 - 4 * x + 2
    return Fraction(0)


def imresize_line(line, size):
    """MATLAB's imresize of one row of whole numbers, its borders clamped, rounded half up."""
    scale = Fraction(size, len(line))
    shrink = min(scale, 1)  # antialiasing: the kernel grows wider as the line shrinks
    exact_in_floats = scale in (Fraction(1, 4), 1, 4)
    result = []
    for position in range(1, size + 1):
        u = position / scale + (1 - 1 / scale) / 2  # counted from 1, as MATLAB does
        total = total_weight = Fraction(0)
        for tap in range(math.floor(u - 2 / shrink) - 1, math.ceil(u + 2 / shrink) + 2):
            weight = shrink * cubic(shrink * (u - tap))
            total += weight * line[min(max(tap, 1), len(line)) - 1]
            total_weight += weight
        value = total / total_weight + Fraction(1, 2)
        if value.denominator == 1 and not exact_in_floats:
            raise ValueError(
                "a tie that floating-point noise decides, in MATLAB too: crop elsewhere"
            )
        level = math.floor(value)
        result.append(min(max(level, 0), 255))
    return result


def imresize(plane, height, width):
    """One plane, a list of rows; the axis with the smaller scale first, rows before columns."""

    def vertical(rows):
        columns = [imresize_line(column, height) for column in zip(*rows, strict=True)]
        return [list(row) for row in zip(*columns, strict=True)]

    def horizontal(rows):
        return [imresize_line(row, width) for row in rows]

    if Fraction(height, len(plane)) <= Fraction(width, len(plane[0])):
        return horizontal(vertical(plane))
    return vertical(horizontal(plane))


def gaussian_4x(plane, height, width, sigma=1.6):
    """Each pixel: a two-dimensional Gaussian around the middle of a block of 4x4 pixels."""
    result = []
    for row in range(height):
        line = []
        for column in range(width):
            total = total_weight = 0.0
            for i in range(4 * row - 15, 4 * row + 19):
                for j in range(4 * column - 15, 4 * column + 19):
                    distance2 = (i - 4 * row - 1.5) ** 2 + (j - 4 * column - 1.5) ** 2
                    weight = math.exp(-distance2 / (2 * sigma**2))
                    clamped = plane[min(max(i, 0), len(plane) - 1)]
                    total += weight * clamped[min(max(j, 0), len(clamped) - 1)]
                    total_weight += weight
            line.append(math.floor(total / total_weight + 0.5))
        result.append(line)
    return result


def each_plane(resize, picture, height, width):
    planes = picture[..., None] if picture.ndim == 2 else picture
    results = [resize(planes[..., c].tolist(), height, width) for c in range(planes.shape[2])]
    return np.stack(results, axis=-1).astype(np.uint8).reshape(height, width, *picture.shape[2:])


def main():
    sample = {path.stem: np.asarray(Image.open(path)) for path in SAMPLES.glob("*.png")}
    chelsea = sample["chelsea"][90:, 120:]  # an eye
    coffee = sample["coffee"][60:, 150:]  # the rim of the cup
    astronaut = sample["astronaut"][20:, 90:]  # a face before a flag
    rocket = sample["rocket"][100:, 140:, 1]  # one plane, as a gray picture
    reduced = {
        "chelsea": chelsea[:40, :52],
        "coffee": coffee[:41, :54],
        "astronaut": astronaut[:43, :47],
        "rocket": rocket[:40, :52],
    }
    resized = {
        "chelsea_40x52": chelsea[:10, :13],
        "coffee_17x43": coffee[:29, :47],
        "coffee_23x11": coffee[:29, :19],
        "astronaut_9x25": astronaut[:13, :17],
        "rocket_31x22": rocket[:11, :17],
        "chelsea_4x4": chelsea[:1, :1],
        "coffee_4x36": coffee[:1, :9],
        "rocket_28x4": rocket[:7, :1],
        "rocket_3x2": rocket[:1, :5],
    }
    golden = {}
    for name, hr in reduced.items():
        height, width = hr.shape[0] // 4, hr.shape[1] // 4
        whole = hr[: 4 * height, : 4 * width]
        golden[f"bicubic/{name}/in"] = golden[f"gaussian/{name}/in"] = hr
        golden[f"bicubic/{name}/out"] = each_plane(imresize, whole, height, width)
        golden[f"gaussian/{name}/out"] = each_plane(gaussian_4x, whole, height, width)
    for name, picture in resized.items():
        height, width = (int(side) for side in name.split("_")[1].split("x"))
        golden[f"resize/{name}/in"] = picture
        golden[f"resize/{name}/out"] = each_plane(imresize, picture, height, width)
    np.savez_compressed(HERE / "golden.npz", **golden)


if __name__ == "__main__":
    main()
