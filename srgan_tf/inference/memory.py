"""How large a tile the free memory allows."""

from pathlib import Path

import psutil

LARGEST_TILE, SMALLEST_TILE = 256, 32
BYTES_PER_PIXEL = 18_000
"""Of the small picture, while it is enlarged. Measured as the growth of the peak at 288x288 pixels:
10,200 bytes in LiteRT, 17,400 in Keras on TensorFlow (`tests/benchmarks/tile_memory.py`)."""
DRCN_BYTES_PER_PIXEL = 140_000
"""The same for DRCN, whose 256 feature maps have the full size: between 72,000 and 140,000 at 64x64
pixels, by how many recursions' pictures TensorFlow makes at a time."""


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
    return min(free, max(0, limit - used + _file_cache(cgroup)))


def _file_cache(cgroup: Path) -> int:
    """Bytes that count as used and give way when others are needed."""
    try:
        parts = dict(line.split() for line in (cgroup / "memory.stat").read_text().splitlines())
        return int(parts["inactive_file"])
    except (OSError, ValueError, KeyError):
        return 0


def tile_for(free: int, overlap: int, bytes_per_pixel: int = BYTES_PER_PIXEL) -> int:
    """Side of the kept part of a tile, pixels of the small picture, for half of the free memory.

    Args:
        free: bytes.
        overlap: what a tile sees beyond its kept part on each side, pixels.
        bytes_per_pixel: what the network needs.
    """
    side = int((free / 2 / bytes_per_pixel) ** 0.5) - 2 * overlap
    return min(LARGEST_TILE, max(SMALLEST_TILE, side))
