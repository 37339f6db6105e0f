"""What a training run does at the end of each epoch: average, save, report."""

import csv
import io
import math
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from srgan_tf.config import CHECKPOINT, GENERATOR, LOG, read_log
from srgan_tf.imaging.errors import one_line
from srgan_tf.imaging.files import move_into_place, write_text
from srgan_tf.training.checkpoint import save_checkpoint
from srgan_tf.training.pace import Pace


class TrainingDivergedError(ValueError):
    """The loss is no finite number any more."""


class StopWhenDiverged(keras.callbacks.Callback):
    """Ends the run when its loss or a weight has become NaN or infinite, before that is saved.

    Args:
        folder: the run folder, which may hold a checkpoint.
        pace: which step an epoch ends at.
        averaged: the network whose weights are looked at.
    """

    def __init__(self, folder: Path, pace: Pace, averaged: keras.Model):
        super().__init__()
        self.folder = folder
        self.pace = pace
        self.averaged = averaged

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Checks the epoch's logs, and the weights that its last step has made.

        Raises:
            TrainingDivergedError: a loss or a weight is no finite number.
        """
        values = dict(logs or {})
        values["a weight"] = sum(float(weight.sum()) for weight in self.averaged.get_weights())
        for name, value in values.items():
            if math.isnan(value) or (math.isinf(value) and name != "psnr"):
                path = self.folder / CHECKPOINT
                start = f"resume from {path}, the last good state," if path.exists() else "start"
                raise TrainingDivergedError(
                    f"{name} is {value} at step {self.pace.step_after(epoch)}; {start} with a "
                    "lower --learning-rate or a longer --warmup"
                )


class RunCheckpoint(keras.callbacks.Callback):
    """Saves the run's whole state, and the averaged network as a model of its own.

    Args:
        folder: the run folder; gets `checkpoint.npz` and `generator.keras`.
        groups: what `save_checkpoint` takes.
        averaged: the network to save as `generator.keras`.
        pace: which step an epoch ends at.
    """

    def __init__(self, folder: Path, groups: Mapping[str, Any], averaged: keras.Model, pace: Pace):
        super().__init__()
        self.folder = folder
        self.groups = groups
        self.averaged = averaged
        self.pace = pace

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Saves."""
        step = self.pace.step_after(epoch)
        temporary = self.folder / f".tmp.{GENERATOR}"
        try:
            self.averaged.save(temporary)
            save_checkpoint(self.folder / CHECKPOINT, step, self.groups)
            # Not before: a full disk would part them.
            move_into_place(temporary, self.folder / GENERATOR)
        finally:
            temporary.unlink(missing_ok=True)


class TensorBoardBySteps(keras.callbacks.TensorBoard):
    """Writes the epochs' logs at the step that each ends at, in `tensorboard/` of the run folder.

    Args:
        folder: the run folder.
        pace: which step an epoch ends at.
    """

    def __init__(self, folder: Path, pace: Pace):
        super().__init__(str(folder / "tensorboard"), write_graph=False)
        self.pace = pace

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes."""
        values = {_printable(name): value for name, value in (logs or {}).items()}
        super().on_epoch_end(self.pace.step_after(epoch), values)


def _printable(name: str) -> str:
    """A folder's name may hold bytes that are no text, which TensorFlow does not take."""
    return name.encode(errors="backslashreplace").decode()


class ProgressLines(keras.callbacks.Callback):
    """Prints a line every half minute and at the end of each epoch, and keeps `log.csv`.

    Args:
        folder: the run folder.
        pace: which step an epoch ends at.
        batch_size: pictures in a mini-batch.
        seconds: pause between two lines within an epoch.
    """

    def __init__(self, folder: Path, pace: Pace, batch_size: int, seconds: float = 30.0):
        super().__init__()
        self.folder = folder
        self.pace = pace
        self.batch_size = batch_size
        self.seconds = seconds
        self.step = self.epoch_start = pace.first_step
        self.unwritten: list[Mapping[str, float]] = []

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Starts the clock."""
        self.last_line = time.monotonic()
        self.busy = 0.0
        self.timed_steps = 0
        self.tick: float | None = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Notes where the epoch starts."""
        self.epoch_start = self.pace.step_after(epoch - 1)
        self.tick = None

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Prints a line when it is time. An epoch's first step, which compiles, is not timed."""
        step = self.epoch_start + batch + 1
        now = time.monotonic()
        if self.tick is not None:
            self.busy += now - self.tick
            self.timed_steps += step - self.step
        self.tick, self.step = now, step
        if now - self.last_line >= self.seconds:
            self.last_line = now
            self._print({"loss": float((logs or {}).get("loss", math.nan))})

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Prints the scores and adds a row to `log.csv`."""
        self.step = self.pace.step_after(epoch)
        values = {key: float(value) for key, value in (logs or {}).items()}
        self._print(values)
        self.unwritten.append({"step": self.step, **values})
        self._write_rows()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Tries once more what waits for the log."""
        if self.unwritten:
            self._write_rows()

    def _write_rows(self) -> None:
        try:
            self._append_rows(self.unwritten)
            self.unwritten = []
        except PermissionError as error:  # on Windows, while a spreadsheet shows it
            print(f"the log waits for the next time: {one_line(error)}", file=sys.stderr)

    def _print(self, values: Mapping[str, float]) -> None:
        parts = [f"step {self.step}/{self.pace.total_steps}"]
        parts += [
            f"{key} {value:.2f} dB" if key.endswith("_psnr") else f"{key} {value:.5g}"
            for key, value in values.items()
            if not key.endswith("_ssim")
        ]
        if self.timed_steps:
            seconds_per_step = self.busy / self.timed_steps
            left = (self.pace.total_steps - self.step) * seconds_per_step
            parts.append(f"{self.batch_size / seconds_per_step:.1f} images/s")
            parts.append(
                f"{left / 60:.0f} min left" if left < 7200 else f"{left / 3600:.1f} h left"
            )
        print("  ".join(parts), flush=True, file=sys.stderr)

    def _append_rows(self, more: Sequence[Mapping[str, float]]) -> None:
        """Rewrites `log.csv` with more rows; rows from after a resumed checkpoint go."""
        rows: list[Mapping[str, Any]] = [
            old for old in read_log(self.folder) if int(old["step"]) < more[0]["step"]
        ]
        rows += more
        fields = dict.fromkeys(key for each in rows for key in each)
        text = io.StringIO()
        writer = csv.DictWriter(text, fields, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_text(self.folder / LOG, text.getvalue())
