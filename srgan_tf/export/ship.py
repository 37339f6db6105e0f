"""Makes a trained generator a model of the package: `python -m srgan_tf.export.ship NAME FILE`.

Given several, it ships their weighted sum. `FILE:0.85 FILE:0.15` lies between a GAN and what it
started from, say (network interpolation: Wang et al. 2018, "ESRGAN", Section 3.4); `FILE:1 AFTER:1
BEFORE:-1` adds what further training has changed in the network that it started from (task
arithmetic: Ilharco et al. 2022, "Editing Models with Task Arithmetic").

From a run folder's `generator.keras`, the model's card is begun too; look it over, then fill its
scores: `python -m srgan_tf.evaluation.score_shipped BENCHMARKS VGG`, and bring the tables in the
documents up to date: `python docs/model_cards.py`.
"""

import dataclasses
import datetime
import math
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
import numpy as np

from srgan_tf.config import CONFIG, DataConfig, TrainConfig, read_config, read_steps
from srgan_tf.export.facts import model_facts
from srgan_tf.export.tflite import export_tflite
from srgan_tf.models.cards import Card, read_card, write_card
from srgan_tf.models.networks import build_network
from srgan_tf.models.norms import batch_norms, restate_norm
from srgan_tf.models.shipped import FAST, shipped_path
from srgan_tf.models.weights import copy_weights, load_float16, load_generator, save_float16
from srgan_tf.recipes import BASELINES, find_recipe


def ship(name: str, *files: str) -> None:
    """Writes `weights/NAME.npz` and, from those very half-precision weights, two LiteRT models.

    `weights/NAME.tflite` has the same weights, `weights/NAME.dynamic.tflite`, for `--fast`, has
    8-bit ones. The baselines of Table 2 get none: they are there to be compared with.

    Args:
        name: a recipe's name.
        *files: what `load_generator` takes, such as a run folder's `generator.keras`; several with
            their shares, which add up to 1 and may be negative. The card is begun from the first
            one's folder.

    Raises:
        ValueError: no such recipe, a file holds another network, or shares do not add up; nothing
            was written.
    """
    recipe = find_recipe(name)
    shares = _read_shares(files)
    generator = _weighted_sum(name, shares)
    save_float16(generator, shipped_path(name))
    folder = Path(next(iter(shares))).parent
    if (folder / CONFIG).exists():
        card = begin_card(name, folder)
        if len(files) > 1:
            command = shlex.join(["python", "-m", "srgan_tf.export.ship", name, *files])
            card = dataclasses.replace(card, commands=(*card.commands, command))
        write_card(card)
    if recipe in BASELINES:
        return
    load_float16(generator, shipped_path(name))
    for suffix, quantize in ((".tflite", "float16"), (FAST, "dynamic")):
        facts = model_facts(name, name, quantize)
        export_tflite(generator, shipped_path(name, suffix), quantize, facts=facts)


def _read_shares(files: Sequence[str]) -> dict[str, float]:
    """File -> share, from `FILE` alone or from several `FILE:SHARE`."""
    if len(files) == 1:
        return {files[0]: 1.0}
    try:
        shares = {file: float(share) for file, share in (text.rsplit(":", 1) for text in files)}
    except ValueError:
        raise ValueError(f"files: got {' '.join(files)}, expected FILE or FILE:SHARE ...") from None
    if not math.isclose(sum(shares.values()), 1):
        raise ValueError(f"shares: got {sum(shares.values()):g} in all, expected 1")
    return shares


def _weighted_sum(name: str, shares: Mapping[str, float]) -> keras.Model:
    """Adds normalisations by what they do, whatever statistics each file has; the first's stay."""
    generator = build_network(name)
    norms = batch_norms(generator)
    statistics: list[list[np.ndarray]] = []
    total = [0.0 for _ in generator.weights]
    for file, share in shares.items():
        copy_weights(load_generator(file), generator)
        statistics = statistics or [norm.get_weights()[2:] for norm in norms]
        for norm, (mean, variance) in zip(norms, statistics, strict=True):
            restate_norm(norm, mean, variance)
        parts = generator.get_weights()
        total = [above + share * part for above, part in zip(total, parts, strict=True)]
    generator.set_weights(total)
    return generator


def begin_card(name: str, run: Path) -> Card:
    """Writes down what a run folder knows of its training.

    The command is the one that would do the run in one go: where it was stopped and other settings
    were given, say so by hand. Data, hardware and notes are kept from the card there was.
    """
    config = read_config(run / CONFIG)
    old = read_card(name)
    return Card(
        name=name,
        commands=(training_command(config),),
        steps=read_steps(run),
        data=old.data if old else f"{_without_home(config.data.source)}, less those held out",
        hardware=old.hardware if old else f"{os.cpu_count()} CPU cores",
        date=datetime.date.today().isoformat(),
        notes=old.notes if old else "",
    )


def training_command(config: TrainConfig) -> str:
    """The `srgan-tf train` that asks for these settings."""
    words = ["srgan-tf", "train", config.recipe, "--data", _without_home(config.data.source)]
    words += ["--out", f"runs/{config.recipe}"]
    for settings, kind in ((config, TrainConfig), (config.data, DataConfig)):
        for field in dataclasses.fields(kind):
            value = getattr(settings, field.name)
            if field.name in ("recipe", "data", "source") or value == field.default:
                continue
            flag = field.name.replace("_", "-")
            if isinstance(value, bool):
                words += [f"--{flag}" if value else f"--no-{flag}"]
            else:
                words += [f"--{flag}", _without_home(str(value))]
    return " ".join(word if word.startswith('"$') else shlex.quote(word) for word in words)


def _without_home(path: str) -> str:
    """Names files of the shared data by the variable that says where it lies."""
    root = os.environ.get("SRGAN_TF_DATA")
    if root and Path(path).is_relative_to(root):
        return f'"$SRGAN_TF_DATA/{Path(path).relative_to(root)}"'
    return path


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: python -m srgan_tf.export.ship NAME FILE[:SHARE] ...")
    try:
        ship(*sys.argv[1:])
    except (ValueError, OSError) as error:
        sys.exit(f"ship: {error}")
