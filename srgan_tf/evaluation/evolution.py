"""How a picture changes while the network learns, as in the paper's Figure 8."""

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from srgan_tf.config import LOG, SAMPLES, read_log
from srgan_tf.data.benchmarks import read_gray_or_rgb
from srgan_tf.evaluation.plots import INKS, new_figure, save, styled
from srgan_tf.imaging.color import to_rgb
from srgan_tf.imaging.middle import crop_middle

_SIDE = 160  # pixels of the pictures' middle that are shown


@styled
def draw_evolution(run: Path, out: Path, picture: str | None = None, count: int = 6) -> list[Path]:
    """Draws one sample picture of a run at several steps, above its scores and losses.

    Args:
        run: a run folder, with `samples/NAME/step_*.png` and `log.csv`.
        out: folder for `evolution.png` and `evolution.svg`.
        picture: which of the samples; None: the first one.
        count: pictures at most; they are spread over the run, the last step included.

    Returns:
        The files.

    Raises:
        ValueError: the folder holds no such samples or no log of numbers.
    """
    folders = sorted(path for path in (run / SAMPLES).glob("*") if path.is_dir())
    names = [path.name for path in folders]
    if not names or (picture and picture not in names):
        raise ValueError(
            f"samples: got {picture or run}, expected " + (", ".join(names) or "a run folder")
        )
    folder = run / SAMPLES / (picture or names[0])
    named = (path for path in folder.glob("step_*.png") if re.fullmatch(r"step_\d+", path.stem))
    paths = sorted(named, key=_step)
    rows = read_log(run)
    if not rows:
        raise ValueError(f"log: {run / LOG} is missing or empty, expected the log of a run")
    if not paths:
        raise ValueError(f"samples: {folder} holds no pictures step_NUMBER.png")
    count = min(max(1, count), len(paths))
    chosen = [paths[round((index + 1) * len(paths) / count) - 1] for index in range(count)]
    figure = new_figure(1.5 * max(count, 4), 4.2)
    upper, lower = figure.subfigures(2, 1, height_ratios=(1.8, 2.4))
    for axis, path in zip(upper.subplots(1, count, squeeze=False)[0], chosen, strict=True):
        axis.imshow(_middle(path), interpolation="nearest")
        axis.set_title(f"step {_step(path):,}")
        axis.set_axis_off()
    scores = [key for key in rows[0] if key.endswith("_psnr")]
    losses = [key for key in ("loss", "content", "g_loss", "d_loss") if key in rows[0]]
    left, right = lower.subplots(1, 2)
    for axis, keys, label in ((left, scores, "PSNR (dB)"), (right, losses, "loss")):
        for ink, key in zip(INKS, keys, strict=False):
            steps, values = _column(rows, key, run / LOG)
            axis.plot(steps, values, color=ink, label=key.removesuffix("_psnr"))
        axis.set_xlabel("steps")
        axis.set_ylabel(label)
        if keys:
            axis.legend()
    if right.dataLim.minposy < math.inf:  # some loss is above 0
        right.set_yscale("log")
    return save(figure, out, "evolution")


def _step(path: Path) -> int:
    return int(path.stem.removeprefix("step_"))


def _column(rows: Sequence[dict[str, str]], key: str, log: Path) -> tuple[list[float], list[float]]:
    """The steps at which a column has numbers, and the numbers."""
    try:
        filled = [row for row in rows if row[key]]
        return [float(row["step"]) for row in filled], [float(row[key]) for row in filled]
    except ValueError:
        raise ValueError(f"{log}: the column {key} holds something else than numbers") from None


def _middle(path: Path) -> Any:
    return crop_middle(to_rgb(read_gray_or_rgb(path)), _SIDE, _SIDE)
