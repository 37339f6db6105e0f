"""How large a tile the free memory allows."""

from pathlib import Path

import psutil

LARGEST_TILE, SMALLEST_TILE = 256, 32
_BYTES_PER_PIXEL = 18_000
"""Of the small picture, while it is enlarged. Measured as the growth of the peak at 288x288 pixels:
10,200 bytes in LiteRT, 17,400 in Keras on TensorFlow (`tests/benchmarks/tile_memory.py`)."""


def free_memory(cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """Bytes that this process can still take: the machine's, or what its container leaves.

    Args:
        cgroup: where Linux tells a container's limit (cgroup version 2).
    """
    free = psutil.virtual_memory().available
    try:
        limit = int((cgroup / "memory.max").read_text())
        used = int((cgroup / "memory.current").read_text())
    except (OSError, ValueError):  # no such limit, or "max"
        return free
    return min(free, max(0, limit - used))


def tile_for(free: int, overlap: int) -> int:
    """Side of the kept part of a tile, pixels of the small picture, for half of the free memory.

    Args:
        free: bytes.
        overlap: what a tile sees beyond its kept part on each side, pixels.
    """
    side = int((free / 2 / _BYTES_PER_PIXEL) ** 0.5) - 2 * overlap
    return min(LARGEST_TILE, max(SMALLEST_TILE, side))
