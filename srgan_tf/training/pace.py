"""Which steps of a run its epochs end at."""

import math
from dataclasses import dataclass
from typing import Any

import keras


@dataclass(frozen=True)
class Pace:
    """The steps of a run, a step being a mini-batch.

    Attributes:
        first_step: steps done before, by the run that this one resumes.
        steps_per_epoch: steps in an epoch; the last epoch may be shorter.
        total_steps: where the run ends.
    """

    first_step: int
    steps_per_epoch: int
    total_steps: int

    @classmethod
    def divide(
        cls, first_step: int, total_steps: int, longest: int, steps_per_execution: int = 1
    ) -> "Pace":
        """Divides what is left into epochs of much the same length.

        An epoch has at most `longest` steps, rounded up to whole executions.

        Raises:
            ValueError: what is left is no whole number of executions, of which `fit` does no part.
        """
        left = total_steps - first_step
        if left % steps_per_execution:
            raise ValueError(
                f"steps: got {left:,} to go, expected a multiple of the {steps_per_execution} of "
                "--steps-per-execution"
            )
        executions = left / steps_per_execution / math.ceil(left / longest)
        return cls(first_step, math.ceil(executions) * steps_per_execution, total_steps)

    @property
    def epochs(self) -> int:
        """How many epochs are left."""
        return math.ceil((self.total_steps - self.first_step) / self.steps_per_epoch)

    def step_after(self, epoch: int) -> int:
        """The step that an epoch, counted from 0, ends at."""
        return min(self.first_step + (epoch + 1) * self.steps_per_epoch, self.total_steps)


class StopAtTheEnd(keras.callbacks.Callback):
    """Ends a shorter last epoch in time: `fit` knows one length for all epochs.

    Args:
        pace: the run's.
    """

    def __init__(self, pace: Pace):
        super().__init__()
        self.pace = pace

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Notes how long the epoch is."""
        self.length = self.pace.step_after(epoch) - self.pace.step_after(epoch - 1)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Stops after the last step."""
        if batch + 1 == self.length < self.pace.steps_per_epoch:
            self.model.stop_training = True
