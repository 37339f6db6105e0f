"""The report's pictures: results of several methods for one original, and a detail of each."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from srgan_tf.data.benchmarks import Benchmark, BenchmarkImage, read_gray_or_rgb
from srgan_tf.evaluation.methods import ORIGINAL, open_method
from srgan_tf.evaluation.scoreboard import Method
from srgan_tf.imaging.color import gray_uint8, to_rgb
from srgan_tf.imaging.files import write_atomically

_DETAIL = 64  # pixels on each side


@dataclass(frozen=True)
class Figure:
    """Pictures of the report that belong together.

    Attributes:
        title: what it answers to in the paper.
        methods: from left to right; those without weights leave their place empty.
        pictures: benchmark and indices of its pictures; None: all.
    """

    title: str
    methods: tuple[str, ...]
    pictures: tuple[tuple[str, tuple[int, ...] | None], ...]


def figures() -> list[Figure]:
    """The paper's Figures 2, 6 and 11 to 15."""
    four = ("bicubic", "srresnet_mse", "srgan_vgg54", ORIGINAL)
    five = ("srresnet_mse", "srgan_mse", "srgan_vgg22", "srgan_vgg54", ORIGINAL)
    spread = tuple(range(9, 100, 20))
    return [
        Figure("Figure 2: bicubic, SRResNet, SRGAN, original", four, (("Set14", (4,)),)),
        Figure("Figure 6: losses side by side", five, (("Set14", (0, 4)), ("BSD100", (29,)))),
        Figure("Figure 11: Set5", four, (("Set5", None),)),
        Figure("Figures 12 to 14: Set14", four, (("Set14", None),)),
        Figure("Figure 15: five pictures of BSD100", four, (("BSD100", spread),)),
    ]


class PictureStore:
    """Results as files, `FOLDER/METHOD-DIGEST/BENCHMARK/IMAGE-DIGEST.png`: each is made once."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._methods: dict[str, Method] = {}
        self._opened: dict[str, Callable[[BenchmarkImage], np.ndarray]] = {}

    def result(self, method: str, benchmark: str, image: BenchmarkImage) -> np.ndarray:
        """Returns a method's result, uint8 (h, w, 3)."""
        if method == ORIGINAL:
            return to_rgb(image.hr)
        if method not in self._methods:
            self._methods[method] = open_method(method)
        chosen = self._methods[method]
        name = f"{method}-{chosen.digest[:12]}" if chosen.digest else method
        digest = hashlib.sha256(np.ascontiguousarray(image.lr).tobytes()).hexdigest()[:12]
        path = self._folder / name / benchmark / f"{image.name}-{digest}.png"
        if path.exists():
            return to_rgb(read_gray_or_rgb(path))
        if method not in self._opened:
            self._opened[method] = chosen.open()
        sr = self._opened[method](image)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, lambda file: Image.fromarray(sr).save(file, "png"))
        return to_rgb(sr)


def chosen_images(
    benchmarks: Sequence[Benchmark], name: str, indices: tuple[int, ...] | None
) -> list[BenchmarkImage]:
    """Reads a figure's pictures of one benchmark; those that there are not are left out."""
    for benchmark in benchmarks:
        if benchmark.name == name:
            wanted = range(len(benchmark)) if indices is None else indices
            paths = tuple(benchmark.paths[index] for index in wanted if index < len(benchmark))
            return list(Benchmark(name, paths).images())
    return []


def find_detail(hr: np.ndarray) -> tuple[slice, slice]:
    """Chooses where to look closely: the window of the original with most fine detail.

    Fine detail is what a reduction by 4 cannot keep: the difference to the mean of 4x4 pixels.
    Windows at the border do not count.

    Args:
        hr: uint8 (h, w) or (h, w, 3).

    Returns:
        Rows and columns, 64x64 pixels; less where the picture is smaller.
    """
    plane = gray_uint8(hr).astype(np.float64)
    tall, wide = (side // 4 for side in plane.shape)
    blocks = plane[: 4 * tall, : 4 * wide].reshape(tall, 4, wide, 4)
    fine = blocks.std(axis=(1, 3))
    side = _DETAIL // 4
    if tall <= side or wide <= side:
        return slice(0, min(_DETAIL, 4 * tall)), slice(0, min(_DETAIL, 4 * wide))
    total = np.pad(fine, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    sums = total[side:, side:] - total[:-side, side:] - total[side:, :-side] + total[:-side, :-side]
    margin = min(2, (sums.shape[0] - 1) // 2, (sums.shape[1] - 1) // 2)
    inner = sums[margin : sums.shape[0] - margin, margin : sums.shape[1] - margin]
    row, column = np.unravel_index(int(np.argmax(inner)), inner.shape)
    top, left = 4 * (int(row) + margin), 4 * (int(column) + margin)
    return slice(top, top + _DETAIL), slice(left, left + _DETAIL)
