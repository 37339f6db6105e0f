"""Benchmark folders: NAME/HR/*.png, with NAME/LRx4/*.png beside them (made when absent)."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from srgan_tf.imaging.resize import reduce_4x
from srgan_tf.pictures.picture import to_8_bits
from srgan_tf.pictures.reading import read_picture


@dataclass(frozen=True)
class BenchmarkImage:
    """One picture of a benchmark.

    Attributes:
        name: file name without suffix.
        hr: the original, uint8 (h, w, 3) or (h, w) gray; sides are multiples of 4.
        lr: its 4x reduction, uint8.
    """

    name: str
    hr: np.ndarray
    lr: np.ndarray


@dataclass(frozen=True)
class Benchmark:
    """A folder of originals, read one picture at a time.

    Attributes:
        name: of the folder, such as `Set5`.
        paths: its originals, `NAME/HR/*.png`, in order.
    """

    name: str
    paths: tuple[Path, ...]

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def folder(self) -> Path:
        """`NAME`, which holds `HR` and, where there are reductions, `LRx4`."""
        return self.paths[0].parent.parent

    def images(self) -> Iterator[BenchmarkImage]:
        """Yields the pictures in the order of their names.

        Raises:
            ValueError: a file is no picture or too small, or its LRx4 file has another size.
        """
        for path in self.paths:
            hr = read_gray_or_rgb(path)
            hr = hr[: hr.shape[0] // 4 * 4, : hr.shape[1] // 4 * 4]
            lr_path = self.folder / "LRx4" / path.name
            if min(hr.shape[:2]) == 0:
                raise ValueError(f"{path}: too small to reduce 4x, expected at least 4x4 pixels")
            lr = read_gray_or_rgb(lr_path) if os.path.lexists(lr_path) else reduce_4x(hr)
            if (4 * lr.shape[0], 4 * lr.shape[1]) != hr.shape[:2]:
                raise ValueError(
                    f"{lr_path}: got {lr.shape[1]}x{lr.shape[0]} pixels, expected a quarter of "
                    f"the original's {hr.shape[1]}x{hr.shape[0]}"
                )
            yield BenchmarkImage(path.stem, hr, lr)


def find_benchmarks(folder: str | Path) -> list[Benchmark]:
    """Lists the benchmarks in a folder, by name; Set5, Set14 and BSD100 come first.

    Raises:
        ValueError: no such folder, or no `NAME/HR/*.png` in it.
    """
    root = Path(folder)
    found = [
        Benchmark(path.parent.name, tuple(sorted(path.glob("*.png"))))
        for path in sorted(root.glob("*/HR"))
    ]
    found = [benchmark for benchmark in found if len(benchmark)]
    if not found:
        raise ValueError(f"benchmarks: got {folder}, expected a folder that holds NAME/HR/*.png")
    return sorted(found, key=lambda benchmark: set_order(benchmark.name))


def set_order(name: str) -> tuple[int, str]:
    """Sorts test sets: the paper's three by their size, then the others by name."""
    return {"Set5": 0, "Set14": 1, "BSD100": 2}.get(name, 3), name


def read_gray_or_rgb(path: str | Path) -> np.ndarray:
    """Decodes a picture to uint8: (h, w) when it is gray, (h, w, 3) otherwise.

    Transparency is dropped.

    Raises:
        ValueError: it cannot be read; in one line that begins with the path.
    """
    pixels = to_8_bits(read_picture(path).pixels)
    return pixels[..., 0] if pixels.shape[2] == 1 else pixels
