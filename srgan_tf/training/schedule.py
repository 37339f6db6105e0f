"""Learning-rate schedules as functions of the step alone, so that a resumed run needs no state."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import keras
from keras import ops

from srgan_tf.recipes import Phase


def scale_phases(phases: Sequence[Phase], steps: int) -> list[Phase]:
    """Shrinks or stretches a recipe's phases to `steps` steps in all, rates unchanged."""
    total = sum(phase.steps for phase in phases)
    ends = [
        round(steps * sum(phase.steps for phase in phases[: index + 1]) / total)
        for index in range(len(phases))
    ]
    starts = [0, *ends[:-1]]
    return [
        Phase(end - start, phase.learning_rate)
        for start, end, phase in zip(starts, ends, phases, strict=True)
    ]


@keras.saving.register_keras_serializable("srgan_tf")
class WarmupSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up, then the paper's constant phases or one cosine decay to 0.

    Args:
        phases: (steps, learning rate) pairs; `cosine` decays from the first rate over all steps.
        kind: `paper` or `cosine`.
        warmup: steps of the rise from 0.

    Raises:
        ValueError: unknown kind, or a warm-up as long as the run.
    """

    def __init__(self, phases: Sequence[tuple[int, float]], kind: str = "paper", warmup: int = 0):
        self.phases = [(int(steps), float(rate)) for steps, rate in phases]
        self.kind = kind
        self.warmup = int(warmup)
        self.steps = sum(steps for steps, _ in self.phases)
        if kind not in ("paper", "cosine"):
            raise ValueError(f"schedule: got {kind!r}, expected paper or cosine")
        if not 0 <= self.warmup < self.steps:
            raise ValueError(
                f"warm-up: got {warmup} steps in a run of {self.steps}, expected fewer than the run"
            )

    def __call__(self, step: Any) -> Any:
        """Returns the rate of step number `step` (from 0)."""
        step = ops.cast(step, "float32")
        if self.kind == "cosine":
            rate = 0.5 * self.phases[0][1] * (1 + ops.cos(math.pi * step / self.steps))
        else:
            rate = ops.full((), self.phases[0][1], dtype="float32")
            end = 0
            for (steps, _), (_, next_rate) in pairwise(self.phases):
                end += steps
                rate = ops.where(step < end, rate, next_rate)
        if self.warmup:
            rate = rate * ops.minimum(1.0, (step + 1) / self.warmup)
        return rate

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that make an equal schedule."""
        return {"phases": self.phases, "kind": self.kind, "warmup": self.warmup}
