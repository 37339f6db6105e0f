"""`srgan-tf train`: train a recipe on a folder of photos."""

import argparse
import dataclasses
import math
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from srgan_tf.cli.quiet import quiet_start
from srgan_tf.config import (
    CONFIG,
    DEGRADATIONS,
    INITIALIZATIONS,
    JIT_COMPILE,
    PRECISIONS,
    SCHEDULES,
    STRATEGIES,
    DataConfig,
    TrainConfig,
    read_config,
)
from srgan_tf.recipes import RECIPES

N = TypeVar("N", int, float)

_EPILOG = """\
examples:
  srgan-tf train srresnet_mse --data ~/Pictures --out runs/mine --steps 4000 \\
      --learning-rate 1e-3 --schedule cosine --warmup 200
  srgan-tf train srresnet_mse --data ~/Pictures --out runs/mine --resume
  KERAS_BACKEND=jax srgan-tf train srresnet_mse --data ~/Pictures --out runs/mine
      (pip install '.[jax]'; on an NVIDIA GPU, JAX's own CUDA build)

The run folder gets config.json, held_out.txt (files that are not trained on), checkpoint.npz (for
--resume), generator.keras (for --model), samples/, log.csv and tensorboard/. A killed run goes on
from its last checkpoint with --resume; settings that are not given again stay as they were, and so
does what is held out.
"""


def add_command(commands: Any) -> None:
    """Declares the command's arguments."""
    parser = commands.add_parser(
        "train",
        help="train a recipe of the paper on your photos",
        description="Train a recipe of the paper. Settings that are not given are as in the "
        "brackets: those of the paper, where it says.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
    )
    parser.set_defaults(run=run)
    add = parser.add_argument
    add("recipe", metavar="RECIPE", help=f"what to train: {', '.join(RECIPES)}")
    add(
        "--data",
        dest="source",
        metavar="SOURCE",
        help="folder of pictures (searched recursively), or tfds:NAME[:SPLIT]",
    )
    add(
        "--sample",
        type=count,
        metavar="N",
        help="train on N pictures of it, drawn by the seed (350,000 of ImageNet, else all)",
    )
    add(
        "--half-size",
        action="store_true",
        help="train on each picture of a folder at half its size too",
    )
    add("--out", metavar="RUN_DIR", required=True, help="run folder, made when absent")
    add("--resume", action="store_true", help="go on from the run folder's checkpoint")
    add(
        "--steps",
        type=positive_int,
        metavar="N",
        help="mini-batches (the paper: 1,000,000; GANs: 200,000)",
    )
    add(
        "--num-blocks",
        type=count,
        metavar="B",
        help="residual blocks of the generator, recursions of drcn (16)",
    )
    add("--num-filters", type=positive_int, metavar="N", help="its feature maps (64)")
    add(
        "--no-long-skip",
        dest="long_skip",
        action="store_false",
        help="leave out its long skip connection; needs --initialization random",
    )
    add("--batch-size", type=positive_int, metavar="N", help="crops in a mini-batch (16)")
    add("--crop-size", type=positive_int, metavar="N", help="side of a crop, pixels (96)")
    add("--learning-rate", type=positive_float, metavar="X", help="peak rate of Adam (1e-4)")
    add(
        "--schedule",
        choices=SCHEDULES,
        help="how the rate falls: in steps, or to 0 (paper)",
    )
    add("--warmup", type=count, metavar="N", help="steps of linear warm-up (0)")
    add(
        "--ema",
        type=momentum,
        metavar="X",
        help="momentum of the averaged weights, 0: none (0.999)",
    )
    add("--degradation", choices=DEGRADATIONS, help="4x reduction (bicubic)")
    add("--sigma", type=positive_float, metavar="X", help="blur of gaussian, pixels (1.6)")
    add("--seed", type=count, metavar="N", help="decides crops and starting weights (0)")
    add("--init", metavar="NAME|FILE", help="start from these weights")
    add(
        "--freeze-norms",
        action="store_true",
        help="batch normalisation in inference mode, its statistics frozen: faster; needs --init",
    )
    add(
        "--initialization",
        choices=INITIALIZATIONS,
        help="starting weights without --init: begin as bilinear interpolation, or, but for "
        "srcnn, espcn and drcn, not (interpolation)",
    )
    add(
        "--vgg-weights",
        metavar="imagenet|FILE",
        help="VGG19 for the content loss: Keras' own, downloaded, or a .h5 or .npz (imagenet)",
    )
    add(
        "--grid-penalty",
        type=nonnegative_float,
        metavar="X",
        help="weight of a loss against checkerboard artifacts and shifted colours, which "
        "GANs begin with; 10, say (0)",
    )
    add(
        "--precision",
        choices=PRECISIONS,
        help="mixed_bfloat16 is faster where the processor has it (float32)",
    )
    add("--jit-compile", choices=JIT_COMPILE, help="XLA; auto: on GPU and TPU (auto)")
    add(
        "--strategy",
        choices=STRATEGIES,
        help="train on one device, on all of this computer (under JAX: of several), or on a TPU "
        "(none)",
    )
    add(
        "--steps-per-execution",
        type=positive_int,
        metavar="N",
        help="steps in a row without Python between them, to keep a fast GPU busy (1)",
    )
    add("--save-every", type=positive_int, metavar="N", help="steps between checkpoints (500)")
    add("--holdout", type=count, metavar="N", help="pictures to keep aside and score (30)")
    add("--benchmarks", metavar="DIR", help="benchmark folders to score at each checkpoint")


def run(options: argparse.Namespace) -> int:
    """Trains."""
    given = vars(options)
    resume = given.get("resume", False)
    config = merge_settings(given, Path(options.out) / CONFIG if resume else None)
    with quiet_start():
        from srgan_tf.training.run import train

    train(config, options.out, resume=resume)
    return 0


def merge_settings(given: dict[str, Any], saved: Path | None) -> TrainConfig:
    """Lays the given settings over those the run was started with, or over the defaults.

    Raises:
        ValueError: there is no data source, or the saved run is of another recipe.
    """
    base = TrainConfig(recipe=given["recipe"], data=DataConfig(source=given.get("source", "")))
    if saved is not None and saved.exists():
        base = read_config(saved)
        if base.recipe != given["recipe"]:
            raise ValueError(
                f"recipe: got {given['recipe']}, but {saved.parent} holds a run of {base.recipe}"
            )
    data = dataclasses.replace(base.data, **_fields(DataConfig, given))
    if not data.source:
        raise ValueError("training data: got none, expected --data FOLDER")
    return dataclasses.replace(base, data=data, **_fields(TrainConfig, given))


def _fields(kind: type[Any], given: dict[str, Any]) -> dict[str, Any]:
    names = {field.name for field in dataclasses.fields(kind)} - {"data"}
    return {name: value for name, value in given.items() if name in names}


def positive_int(text: str) -> int:
    """Parses a whole number of at least 1."""
    return _parse(text, int, lambda value: value >= 1, "a whole number of at least 1")


def count(text: str) -> int:
    """Parses a whole number of at least 0."""
    return _parse(text, int, lambda value: value >= 0, "a whole number of at least 0")


def positive_float(text: str) -> float:
    """Parses a number above 0."""
    return _parse(text, float, lambda value: 0 < value < math.inf, "a number above 0")


def nonnegative_float(text: str) -> float:
    """Parses a number of at least 0."""
    return _parse(text, float, lambda value: 0 <= value < math.inf, "a number of at least 0")


def momentum(text: str) -> float:
    """Parses a number of at least 0 and below 1."""
    return _parse(text, float, lambda value: 0 <= value < 1, "a number from 0 to below 1")


def _parse(text: str, kind: Callable[[str], N], fits: Callable[[N], bool], expected: str) -> N:
    with suppress(ValueError):
        value = kind(text)
        if fits(value):
            return value
    raise argparse.ArgumentTypeError(f"got {text}, expected {expected}")
