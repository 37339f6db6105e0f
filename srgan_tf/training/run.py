"""A training run from its settings to its run folder."""

import dataclasses
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras

from srgan_tf.config import (
    CHECKPOINT,
    CONFIG,
    GENERATOR,
    HELD_OUT,
    LOG,
    SAMPLES,
    TrainConfig,
    read_config,
    read_held_out,
    read_log,
)
from srgan_tf.data.benchmarks import BenchmarkImage, find_benchmarks
from srgan_tf.data.folder import unreadable
from srgan_tf.data.sources import TrainingData, open_data
from srgan_tf.imaging.files import in_use, made_folder, write_text
from srgan_tf.losses.perceptual import build_content_loss
from srgan_tf.metrics import PROTOCOLS
from srgan_tf.models.networks import build_network
from srgan_tf.recipes import Recipe, find_recipe
from srgan_tf.training.averaging import average_weights
from srgan_tf.training.callbacks import BenchmarkScores, DiscriminatorWatch, SamplePictures
from srgan_tf.training.checkpoint import load_checkpoint, restore_checkpoint
from srgan_tf.training.devices import Devices, open_devices, synchronize_norms
from srgan_tf.training.interrupts import LostInterrupts
from srgan_tf.training.learner import build_learner
from srgan_tf.training.pace import Pace, StopAtTheEnd
from srgan_tf.training.run_callbacks import (
    ProgressLines,
    RunCheckpoint,
    StopWhenDiverged,
    TensorBoardBySteps,
)

_CALIBRATION_BATCHES = 12  # for the averaged network's batch statistics


def train(config: TrainConfig, out: str | Path, resume: bool = False) -> keras.Model:
    """Trains a recipe with `fit` and keeps everything in a run folder.

    The folder holds `config.json`, `held_out.txt` (files that are not trained on),
    `checkpoint.npz` (whole state), `generator.keras` (averaged weights, ready for use), `samples/`,
    `log.csv` and, where Keras runs on TensorFlow, `tensorboard/`. Where several processes train
    together, all are given the same settings and a folder that each can read. All of them average
    and score, so that none has to wait; the first one writes.

    Args:
        config: the settings.
        out: the run folder, made when absent.
        resume: whether to go on from the folder's checkpoint (from the start where there is none).

    Returns:
        The averaged generator.

    Raises:
        ValueError: bad settings or data; the folder already holds a run and `resume` is false, or
            another program trains in it; the checkpoint is of another network; memory does not
            suffice; a picture cannot be read any more; or the loss became NaN.

    Example:
        >>> data = DataConfig("photos", crop_size=64)
        >>> generator = train(TrainConfig("srresnet_mse", data, steps=4000), "runs/mine")
    """
    recipe = find_recipe(config.recipe)
    folder = Path(out)
    keras.utils.set_random_seed(config.data.seed)
    devices = open_devices(config.strategy, config.data.batch_size)
    if devices.process != 0:
        return _train(config, recipe, folder, resume, devices)
    with made_folder(folder), in_use(folder):
        return _train(config, recipe, folder, resume, devices)


def _train(
    config: TrainConfig, recipe: Recipe, folder: Path, resume: bool, devices: Devices
) -> keras.Model:
    writes = devices.process == 0
    checkpoint_path = folder / CHECKPOINT
    _check_folder(folder, resume, writes)
    checkpoint = load_checkpoint(checkpoint_path) if checkpoint_path.exists() else None
    first_step = checkpoint.step if checkpoint else 0
    total_steps = config.steps or recipe.steps
    if first_step >= total_steps:
        raise ValueError(
            f"steps: got {total_steps}, but the checkpoint has done {first_step} already; "
            "ask for more --steps to train further"
        )
    say: Callable[[str], None] = _say if writes else lambda line: None
    held_out = read_held_out(folder) if checkpoint else None
    data = open_data(config.data, config.holdout, held_out)
    say(data.summary)
    with devices.building_frozen():
        content_loss = build_content_loss(recipe, config.vgg_weights, config.grid_penalty)
    with devices.building():
        learner = build_learner(
            config, recipe, total_steps, content_loss, resumes=checkpoint is not None
        )
        if devices.num_replicas > 1:
            synchronize_norms(learner.groups.values())
    averaged = build_network(recipe.name, config.num_blocks, config.num_filters, config.long_skip)
    if checkpoint:
        restore_checkpoint(checkpoint, learner.groups)
        say(f"resumed at step {first_step} of {total_steps}")
    with _errors_in_one_line(data):
        calibration = data.calibration_batches(_CALIBRATION_BATCHES)

    def update_average(epoch: int, logs: dict[str, Any] | None) -> None:
        average_weights(learner.generator, learner.optimizer, averaged, calibration)

    pace = Pace.divide(first_step, total_steps, config.save_every, config.steps_per_execution)
    callbacks: list[keras.callbacks.Callback] = [
        keras.callbacks.LambdaCallback(on_epoch_end=update_average),
        StopWhenDiverged(folder, pace, averaged),
        StopAtTheEnd(pace),
    ]
    if writes:  # before what else may fail; a run killed between has no row and sample of that step
        callbacks.append(RunCheckpoint(folder, learner.groups, averaged, pace))
    callbacks.append(BenchmarkScores(_pictures_to_score(data.held_out, config), averaged))
    if writes:
        callbacks += [
            DiscriminatorWatch(),
            SamplePictures(data.held_out[:4], folder / SAMPLES, averaged, pace.step_after),
            ProgressLines(folder, pace, config.data.batch_size),
        ]
    if keras.backend.backend() == "tensorflow":
        callbacks.append(TensorBoardBySteps(folder, pace))
    if writes:
        _write_config(config, folder)
        if data.photos is not None:
            names = set(data.held_out_files)
            if names & set(held_out or ()):  # those that are away for a while come back held out
                names.update(held_out or ())
            write_text(folder / HELD_OUT, "".join(f"{name}\n" for name in sorted(names)))
    say(f"{total_steps - first_step} steps to go; the first one takes longest")
    interrupts = LostInterrupts(devices.num_processes)
    with devices.fitting(), _errors_in_one_line(data), interrupts:
        learner.model.fit(
            data.batches(first_step, (devices.process, devices.num_processes)),
            epochs=pace.epochs,
            steps_per_epoch=pace.steps_per_epoch,
            callbacks=[*callbacks, interrupts],
            shuffle=False,
            verbose=0,
        )
    return averaged


def _check_folder(folder: Path, resume: bool, writes: bool) -> None:
    """Refuses a folder in which something would be replaced that is no earlier state of this run.

    Processes that do not write look for the checkpoint alone: the rest may be there already from
    the one that does, which was faster.

    Raises:
        ValueError: as it says.
    """
    names = (CHECKPOINT, GENERATOR, LOG) if writes else (CHECKPOINT,)
    found = [name for name in names if (folder / name).exists()]
    if writes and not found:  # settings may be left of a run that ended before its first checkpoint
        if (folder / CONFIG).exists():
            read_config(folder / CONFIG)
        elif (folder / HELD_OUT).exists():
            found = [HELD_OUT]
    if found and not resume:
        raise ValueError(
            f"run folder: {folder} already holds a run ({found[0]}); add --resume to go on with "
            "it, or choose another --out"
        )
    if GENERATOR in found and CHECKPOINT not in found:
        raise ValueError(
            f"run folder: {folder} holds {GENERATOR}, but no {CHECKPOINT} to go on from; choose "
            "another --out"
        )
    read_log(folder)


@contextmanager
def _errors_in_one_line(data: TrainingData) -> Iterator[None]:
    """Of memory, TensorFlow says it by the error's name, JAX in its text.

    Of a photo, the sampler tells the name itself, TensorFlow only that its iterator has failed.
    """
    try:
        yield
    except Exception as error:
        said = f"{type(error).__name__} {error}"
        if "ResourceExhausted" in said or "RESOURCE_EXHAUSTED" in said:
            raise ValueError(
                "memory: it does not suffice for a step; lower --batch-size or --crop-size, or use "
                "--precision mixed_bfloat16"
            ) from error
        path = data.find_unreadable() if "IteratorGetNext" in said else None
        if path is None:
            raise
        raise unreadable(path) from error


def _pictures_to_score(held_out: list[BenchmarkImage], config: TrainConfig) -> dict[str, Any]:
    least = PROTOCOLS["paper"].smallest_side
    held_out = [image for image in held_out if min(image.hr.shape[:2]) >= least]
    pictures: dict[str, Any] = {"holdout": held_out} if held_out else {}
    for benchmark in find_benchmarks(config.benchmarks) if config.benchmarks else ():
        for image in benchmark.images():  # a bad one is told now, not after the first steps
            height, width = image.hr.shape[:2]
            if min(height, width) < least:
                raise ValueError(
                    f"benchmarks: {benchmark.name}, {image.name}: got {width}x{height} pixels, "
                    f"expected at least {least} on each side"
                )
        pictures[benchmark.name] = benchmark
    return pictures


def _write_config(config: TrainConfig, folder: Path) -> None:
    text = json.dumps(dataclasses.asdict(config), indent=2) + "\n"
    write_text(folder / CONFIG, text)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
