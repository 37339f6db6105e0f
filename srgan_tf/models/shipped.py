"""Where the trained weights in the package lie. Standard library only: no Keras is imported."""

from importlib import resources
from pathlib import Path

FAST = ".dynamic.tflite"
"""Suffix of the models with 8-bit weights, for `--fast`."""


def shipped_path(name: str, suffix: str = ".npz") -> Path:
    """Path of a recipe's file in the package (`.npz`, `.json` ...); it need not exist."""
    return Path(str(resources.files("srgan_tf"))) / "weights" / f"{name}{suffix}"


def shipped_names(suffix: str = ".npz") -> list[str]:
    """Names of the models whose trained weights are in the package, or that have a file of a kind.

    The baselines of Table 2 have an `.npz` alone.
    """
    files = shipped_path("any").parent.glob(f"*{suffix}")
    names = (path.name.removesuffix(suffix) for path in files)
    return sorted(name for name in names if "." not in name)
