"""LPIPS (Zhang et al. 2018), as published: its authors' package, version 0.1, on AlexNet."""

import multiprocessing
import warnings
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from typing import Any

import numpy as np

from srgan_tf.imaging.color import to_rgb
from srgan_tf.inference.measures import check_sizes

_SMALLEST = 31  # pixels


class LpipsDistance:
    """How different people would find two pictures, by weighted differences of AlexNet's features.

    The paper has no such measure. Whole pictures are compared, borders too. The package runs on
    PyTorch, whose Triton cannot be loaded beside TensorFlow, so it has a process of its own. A
    program that opens it says `if __name__ == "__main__":` first, as `multiprocessing` wants it.

    Raises:
        ValueError: the package `lpips` is not installed, or AlexNet's weights (torchvision's,
            244 MB, downloaded when first used) cannot be had.
        OSError: PyTorch's process crashed.
    """

    def __init__(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._process = ProcessPoolExecutor(1, mp_context=spawn)
        # Left to itself, its end can fall into Python's own, which then writes to closed pipes.
        weakref.finalize(self, self._process.shutdown)
        self._ask(check_network)

    def __call__(self, results: Sequence[np.ndarray], hr: np.ndarray) -> list[float | None]:
        """Compares results with their original.

        Args:
            results: uint8 (h, w, 3) RGB or (h, w) gray.
            hr: the original, uint8 of the same height and width.

        Returns:
            One distance for each result, about 0 to 1; 0: no difference; None: a side is shorter
            than 31 pixels, too small for AlexNet.

        Raises:
            ValueError: sizes differ.
            OSError: PyTorch's process crashed.
        """
        check_sizes("lpips", results, hr)
        if min(hr.shape[:2]) < _SMALLEST:
            return [None] * len(results)
        return [*self._ask(compare, results, hr)]

    def _ask(self, question: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return self._process.submit(question, *arguments).result()
        except BrokenProcessPool:  # out of memory, say, or a crash in PyTorch
            raise OSError("lpips: PyTorch's process ended without an answer") from None


@cache
def _open_network() -> tuple[Any, Any]:
    """The package, and its network."""
    try:
        import lpips
    except ImportError as error:
        raise ValueError(f"lpips: {error}; expected the extra: pip install '.[lpips]'") from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lpips calls torchvision in an old way
        try:
            network = lpips.LPIPS(net="alex", verbose=False)
        except (OSError, RuntimeError) as error:  # no network, or a damaged file
            raise ValueError(f"lpips: AlexNet's weights cannot be had: {error}") from None
    return lpips, network.requires_grad_(False)


def check_network() -> None:
    """Opens the network in this process.

    Raises:
        ValueError: see `LpipsDistance`.
    """
    _open_network()


def compare(results: Sequence[np.ndarray], hr: np.ndarray) -> list[float]:
    """Distances of results from their original, computed in this process; see `LpipsDistance`."""
    lpips, network = _open_network()
    original = lpips.im2tensor(to_rgb(hr))
    return [float(network(lpips.im2tensor(to_rgb(sr)), original)) for sr in results]
