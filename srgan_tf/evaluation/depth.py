"""What depth brings, and the long skip: the paper's Figure 7, at a size that a CPU can train."""

import csv
import gc
import io
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

import numpy as np

from srgan_tf.config import (
    CHECKPOINT,
    CONFIG,
    GENERATOR,
    TrainConfig,
    read_config,
    read_steps,
)
from srgan_tf.data.benchmarks import Benchmark
from srgan_tf.evaluation.plots import INKS, draw, save, styled
from srgan_tf.imaging.files import write_text

_SIDE = 64  # pixels of the picture that is timed
_TURNS = 100


@dataclass(frozen=True)
class DepthPoint:
    """One network of the study.

    Attributes:
        num_blocks: B.
        long_skip: whether it has the long skip connection.
        num_filters: its feature maps.
        steps: mini-batches of its training.
        psnr: on the benchmark, dB, protocol `paper`.
        milliseconds: for a picture of 64x64 pixels, mean of 100 runs.
    """

    num_blocks: int
    long_skip: bool
    num_filters: int
    steps: int
    psnr: float
    milliseconds: float


def train_networks(
    config: TrainConfig,
    blocks: Sequence[int],
    folder: Path,
    tell: Callable[[str], object] = lambda _: None,
) -> None:
    """Trains a network for each depth, with the long skip and without.

    Each has a run folder of its own, `b08_skip` or `b08_plain`. Those that are done are left alone,
    interrupted ones go on. All start at random, since only a network with the long skip can start
    as interpolation.

    Args:
        config: the settings that all share.
        blocks: depths.
        folder: of the run folders.
        tell: told what is being trained.

    Raises:
        ValueError: a run folder is of other settings, or the settings cannot be used.
    """
    import keras

    from srgan_tf.training.checkpoint import load_checkpoint
    from srgan_tf.training.run import train

    for num_blocks in blocks:
        for long_skip in (True, False):
            run = folder / f"b{num_blocks:02d}_{'skip' if long_skip else 'plain'}"
            wanted = replace(
                config, num_blocks=num_blocks, long_skip=long_skip, initialization="random"
            )
            is_begun = (run / CHECKPOINT).exists()
            if is_begun:
                if read_config(run / CONFIG) != wanted:
                    raise ValueError(
                        f"depth: {run} holds a run of other settings; choose another folder, or "
                        "leave out --data to draw what is there"
                    )
                if load_checkpoint(run / CHECKPOINT).step >= (wanted.steps or 0):
                    continue
            tell(f"{num_blocks} blocks, {'with' if long_skip else 'without'} the long skip: {run}")
            train(wanted, run, resume=is_begun)
            keras.backend.clear_session()
            gc.collect()


def measure_networks(
    folder: Path, benchmark: Benchmark, tell: Callable[[str], object] = lambda _: None
) -> list[DepthPoint]:
    """Scores and times the networks in a folder's run folders.

    Runs that have not reached their length are left out, and told. The networks take turns while
    they are timed, so that other programs disturb all of them alike.

    Raises:
        ValueError: there is no finished run.
    """
    from srgan_tf.inference.engines import open_engine
    from srgan_tf.inference.scoring import score_pictures, sr_from_engine
    from srgan_tf.training.checkpoint import load_checkpoint

    runs = {}
    for run in sorted(path.parent for path in folder.glob(f"b*_*/{GENERATOR}")):
        if not re.fullmatch(r"b\d+_(skip|plain)", run.name):
            continue  # the user's
        config = read_config(run / CONFIG)
        is_whole = (run / CHECKPOINT).exists()  # a killed run may lack the last line of its log
        done = load_checkpoint(run / CHECKPOINT).step if is_whole else read_steps(run)
        if config.steps is not None and done < config.steps:
            tell(f"left out, {done:,} of {config.steps:,} steps: {run}")
        else:
            runs[run] = config, done
    if not runs:
        raise ValueError(f"depth: {folder} holds no finished runs; train them with --data")
    engines = [open_engine(run / GENERATOR) for run in runs]
    scores = []
    for run, engine in zip(runs, engines, strict=True):
        tell(f"scoring {run}")
        scores.append(score_pictures(benchmark.images(), sr_from_engine(engine)).psnr)
    tell(f"timing {len(runs)} networks")
    lr = np.random.default_rng(0).integers(0, 256, (_SIDE, _SIDE, 3), np.uint8)
    seconds = np.zeros(len(runs))
    for turn in range(1 + _TURNS):
        for index, engine in enumerate(engines):
            start = time.perf_counter()
            engine(lr)
            if turn:  # the first turn compiles
                seconds[index] += time.perf_counter() - start
    points = []
    for (config, steps), psnr, total in zip(runs.values(), scores, seconds, strict=True):
        milliseconds = round(1000 * float(total) / _TURNS, 3)
        size = (config.num_blocks, config.long_skip, config.num_filters)
        points.append(DepthPoint(*size, steps, round(psnr, 4), milliseconds))
    return sorted(points, key=lambda point: (not point.long_skip, point.num_blocks))


@styled
def draw_depth(points: Sequence[DepthPoint], benchmark: str, out: Path) -> list[Path]:
    """Draws PSNR and time against depth, and writes the numbers.

    Returns:
        `depth.png`, `depth.svg` and `depth.csv` in the folder.
    """
    figure, axes = draw(6.4, 2.9, 1, 2)
    left, right = axes[0]
    for long_skip, ink, mark in ((True, INKS[0], "o"), (False, INKS[1], "s")):
        ours = [point for point in points if point.long_skip == long_skip]
        label = f"{'with' if long_skip else 'without'} long skip"
        depths = [point.num_blocks for point in ours]
        if ours:
            left.plot(depths, [p.psnr for p in ours], f"{mark}-", color=ink, label=label)
            right.plot(depths, [p.milliseconds for p in ours], f"{mark}-", color=ink, label=label)
    for axis in (left, right):
        axis.set_xlabel("residual blocks")
        axis.set_xticks(sorted({point.num_blocks for point in points}))
    left.set_ylabel(f"PSNR on {benchmark} (dB)")
    left.legend()
    right.set_ylabel(f"ms for {_SIDE}x{_SIDE} pixels, mean of {_TURNS}")
    right.set_ylim(0, 1.1 * max(point.milliseconds for point in points))
    figure.suptitle(
        f"{_span([p.steps for p in points])} steps, {_span([p.num_filters for p in points])} "
        "filters, random start",
        fontsize=9,
    )
    paths = save(figure, out, "depth")
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([field.name for field in fields(DepthPoint)])
    writer.writerows(astuple(point) for point in points)
    write_text(out / "depth.csv", file.getvalue())
    return [*paths, out / "depth.csv"]


def _span(values: Sequence[int]) -> str:
    low, high = min(values), max(values)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
