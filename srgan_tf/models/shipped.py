"""Where the trained weights in the package lie. Standard library only: no Keras is imported."""

from importlib import resources
from pathlib import Path


def shipped_path(name: str, suffix: str = ".npz") -> Path:
    """Path of a recipe's file in the package (`.npz` or `.tflite`); it need not exist."""
    return Path(str(resources.files("srgan_tf"))) / "weights" / f"{name}{suffix}"


def shipped_names() -> list[str]:
    """Names of the models whose trained weights are in the package."""
    return sorted(path.stem for path in shipped_path("any").parent.glob("*.npz"))
