"""A run's settings, as frozen dataclasses, and what its folder holds. Standard library only."""

import csv
import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# What the settings of these names may be.
DEGRADATIONS = ("bicubic", "gaussian")
SCHEDULES = ("paper", "cosine")
INITIALIZATIONS = ("interpolation", "random")
PRECISIONS = ("float32", "mixed_bfloat16")
JIT_COMPILE = ("auto", "on", "off")
STRATEGIES = ("none", "mirrored", "tpu")

# What a run folder holds.
CONFIG = "config.json"
HELD_OUT = "held_out.txt"  # files that are not trained on
LOG = "log.csv"
CHECKPOINT = "checkpoint.npz"
GENERATOR = "generator.keras"
SAMPLES = "samples"


@dataclass(frozen=True)
class DataConfig:
    """What a training batch is made of.

    Attributes:
        source: a folder of pictures, or `tfds:NAME[:SPLIT]`.
        batch_size: crops in a mini-batch (16 in the paper).
        crop_size: side of the square high-resolution crop, pixels (96 in the paper).
        degradation: `bicubic` or `gaussian`.
        sigma: standard deviation of the Gaussian degradation, high-resolution pixels.
        seed: decides every crop, flip and rotation.
        sample: number of pictures to draw from the source, by the seed; 0: the source's usual
            number (350,000 of ImageNet, Section 3.2 of the paper; otherwise all).
        half_size: whether each picture of a folder is there at half its size too.

    Deviation: `--half-size` trains on each photo at half its size too, where JPEG has left less. It
    is off unless asked for; the shipped `srresnet_mse`, `srgan_mse`, `srgan_vgg54`, `espcn` and
    `srcnn` had such photos in their last runs, and what they changed in `srresnet_mse` was added to
    `srresnet_vgg22` and, half of it, to `srgan_vgg22`.
    """

    source: str
    batch_size: int = 16
    crop_size: int = 96
    degradation: str = "bicubic"
    sigma: float = 1.6
    seed: int = 0
    sample: int = 0
    half_size: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError where a number is out of range, or a name is none of those above."""
        object.__setattr__(self, "source", os.fspath(self.source))  # a Path does, too
        _check_counts(self, batch_size=1, crop_size=1, seed=0, sample=0)
        if self.seed >= 2**32:
            raise ValueError(f"seed: got {self.seed}, expected less than 2**32")
        if not 0 < self.sigma < math.inf:
            raise ValueError(f"sigma: got {self.sigma}, expected a number above 0")
        _check_names(self, degradation=DEGRADATIONS)


@dataclass(frozen=True)
class TrainConfig:
    """A training run.

    Attributes:
        recipe: name of a recipe in `srgan_tf.recipes`.
        data: what a batch is made of.
        num_blocks: residual blocks of the generator (16 in the paper; Figure 7 varies it), or
            recursions of DRCN (16 in its paper).
        num_filters: its feature maps (64 in the paper).
        long_skip: whether it has the long skip connection (Figure 7 compares both). Without it,
            `initialization` must be `random`.
        steps: mini-batches in all; the recipe's schedule is scaled to it. None: the paper's number.
        learning_rate: peak rate of Adam, in place of the recipe's. None: the recipe's.
        schedule: `paper` (constant phases) or `cosine` (from the peak to 0).
        warmup: steps over which the rate rises from 0 to its peak.
        ema: momentum of the averaged weights that are scored and shipped, below 1; 0 keeps none.
        initialization: `interpolation` (see `srgan_tf.models.start`) or, of SRResNet and the
            GANs, `random`.
        init: a weights file or the name of a shipped model to start from, in place of both.
        freeze_norms: whether the generator's batch normalisations stay as they are in `init`, which
            makes a step a tenth faster (`srgan_tf.training.learner.freeze_norms`).
        vgg_weights: `imagenet` or a file, for recipes with a VGG loss.
        grid_penalty: weight of `srgan_tf.losses.content.grid_penalty` beside the recipe's loss.
        precision: `float32` or `mixed_bfloat16`.
        jit_compile: `auto` (XLA on GPU and TPU, none on CPU), `on` or `off`.
        strategy: `none` (one device), `mirrored` (all devices) or `tpu`; see
            `srgan_tf.training.devices`.
        steps_per_execution: steps the device takes between two looks from Python.
        save_every: steps between checkpoints; each is also when scores are taken.
        holdout: training pictures that are kept out of training and scored.
        benchmarks: folder of benchmark folders that are scored too, or None.
    """

    recipe: str
    data: DataConfig
    num_blocks: int = 16
    num_filters: int = 64
    long_skip: bool = True
    steps: int | None = None
    learning_rate: float | None = None
    schedule: str = "paper"
    warmup: int = 0
    ema: float = 0.999
    initialization: str = "interpolation"
    init: str | None = None
    freeze_norms: bool = False
    vgg_weights: str = "imagenet"
    grid_penalty: float = 0.0
    precision: str = "float32"
    jit_compile: str = "auto"
    strategy: str = "none"
    steps_per_execution: int = 1
    save_every: int = 500
    holdout: int = 30
    benchmarks: str | None = None

    def __post_init__(self) -> None:
        """Raises ValueError where a number is out of range, or a name is none of those above."""
        least = {"steps": 1} if self.steps is not None else {}
        least |= {"num_blocks": 0, "num_filters": 1, "warmup": 0, "holdout": 0}
        _check_counts(self, **least, steps_per_execution=1, save_every=1)
        rate = self.learning_rate
        if rate is not None and not 0 < rate < math.inf:
            raise ValueError(f"learning-rate: got {rate}, expected a number above 0")
        if not 0 <= self.grid_penalty < math.inf:
            raise ValueError(
                f"grid-penalty: got {self.grid_penalty}, expected a number of at least 0"
            )
        if not 0 <= self.ema < 1:
            raise ValueError(f"ema: got {self.ema}, expected a number from 0 to below 1")
        _check_names(
            self,
            schedule=SCHEDULES,
            initialization=INITIALIZATIONS,
            precision=PRECISIONS,
            jit_compile=JIT_COMPILE,
            strategy=STRATEGIES,
        )


def _check_names(settings: Any, **known: tuple[str, ...]) -> None:
    for name, names in known.items():
        value = getattr(settings, name)
        if value not in names:
            raise ValueError(
                f"{name.replace('_', '-')}: got {value!r}, expected "
                f"{', '.join(names[:-1])} or {names[-1]}"
            )


def _check_counts(settings: Any, **least: int) -> None:
    for name, lowest in least.items():
        value = getattr(settings, name)
        if not isinstance(value, int) or value < lowest:
            raise ValueError(
                f"{name.replace('_', '-')}: got {value!r}, expected a whole number of at least "
                f"{lowest}"
            )


def read_steps(run: str | Path) -> int:
    """The steps that a run has done by its log.

    Raises:
        ValueError: there is none.
    """
    rows = read_log(run)
    if not rows:
        raise ValueError(f"{Path(run) / LOG}: missing or empty, expected the log of a run")
    return max(int(row["step"]) for row in rows)


def read_log(run: str | Path) -> list[dict[str, str]]:
    """The rows of a run's log; none where there is no such file, or an empty one.

    Raises:
        ValueError: it is something else.
        OSError: it cannot be read.
    """
    path = Path(run) / LOG
    if not path.exists():
        return []
    try:
        with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
        if "step" not in (reader.fieldnames or ["step"]):
            raise ValueError
        for row in rows:
            int(row["step"])
            if None in row:  # more cells than there are names
                raise ValueError
    except (ValueError, KeyError, TypeError, csv.Error):
        raise ValueError(f"{path}: not the log of a run") from None
    return rows


def read_held_out(run: str | Path) -> list[str] | None:
    """The files below its data's folder that a run keeps out of training; None: there is no list.

    Raises:
        OSError: the list cannot be read.
    """
    path = Path(run) / HELD_OUT
    if not path.exists():
        return None
    return path.read_bytes().decode(errors="surrogateescape").split("\n")[:-1]  # of odd names too


def read_config(path: str | Path) -> TrainConfig:
    """Reads a run folder's `config.json`.

    Raises:
        ValueError: it is not the settings of a run.
        OSError: there is no such file.
    """
    try:
        values = json.loads(Path(path).read_text())
        return TrainConfig(**{**values, "data": DataConfig(**values["data"])})
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path}: not the settings of a run ({error})") from None
