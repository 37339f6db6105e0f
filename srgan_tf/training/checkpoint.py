"""One file with a run's whole state, in NumPy's format: any Keras backend can go on from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from srgan_tf.imaging.files import read_arrays, write_atomically


@dataclass(frozen=True)
class Checkpoint:
    """The state after `step` mini-batches: every variable of the run by its group and path."""

    step: int
    arrays: Mapping[str, np.ndarray]


def save_checkpoint(path: str | Path, step: int, groups: Mapping[str, Any]) -> None:
    """Writes the variables of models and optimizers; the file is replaced as a whole or not at all.

    Args:
        path: the `.npz` to write.
        step: mini-batches done.
        groups: name of a group -> anything with `.variables` (a model, an optimizer).
    """
    arrays = {
        f"{group}/{variable.path}": variable.numpy()
        for group, owner in groups.items()
        for variable in owner.variables
    }
    write_atomically(path, lambda file: np.savez(file, step=np.int64(step), **arrays))


def load_checkpoint(path: str | Path) -> Checkpoint:
    """Reads a checkpoint.

    Raises:
        ValueError: no such file, or not a checkpoint.
    """
    arrays = read_arrays(path)
    if "step" not in arrays:
        raise ValueError(f"checkpoint: got {path}, expected a checkpoint.npz of srgan-tf train")
    return Checkpoint(int(arrays.pop("step")), arrays)


def restore_checkpoint(checkpoint: Checkpoint, groups: Mapping[str, Any]) -> None:
    """Puts a checkpoint's values into built models and optimizers.

    Raises:
        ValueError: the checkpoint is of another architecture or optimizer. Nothing is changed then.
    """
    variables = {
        f"{group}/{variable.path}": variable
        for group, owner in groups.items()
        for variable in owner.variables
    }
    wrong = sorted(set(variables) ^ set(checkpoint.arrays)) or [
        key
        for key, variable in variables.items()
        if tuple(variable.shape) != checkpoint.arrays[key].shape
    ]
    if wrong:
        raise ValueError(
            f"checkpoint of another network or optimizer: {len(wrong)} variables differ, "
            f"the first is {wrong[0]}; resume with the settings the run was started with"
        )
    for key, variable in variables.items():
        variable.assign(checkpoint.arrays[key])
