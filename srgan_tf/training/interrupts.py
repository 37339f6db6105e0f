"""Ctrl-C and SIGTERM that would get lost in a training under JAX."""

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import keras

Handler = Callable[[int, FrameType | None], Any]


class LostInterrupts(keras.callbacks.Callback):
    """Raises the error of a signal once more where it got lost: a context, and a callback in it.

    After each step Keras turns its logs into NumPy arrays. Under JAX that is a wait for the step,
    in which a signal's handler may run; NumPy takes the error that it raises for an array without
    a buffer, drops it and tries another way. So the training would go on.

    Args:
        num_processes: that train together. SIGTERM is JAX's where they are several.
    """

    def __init__(self, num_processes: int = 1) -> None:
        super().__init__()
        self.names = ("SIGINT",) if num_processes > 1 else ("SIGINT", "SIGTERM", "SIGHUP")
        self.handlers: dict[int, Handler] = {}
        self.arrived: int | None = None

    def __enter__(self) -> "LostInterrupts":
        if threading.current_thread() is threading.main_thread():
            for name in self.names:
                number = getattr(signal, name, None)  # Windows has no SIGHUP
                if number is not None and callable(handler := signal.getsignal(number)):
                    self.handlers[number] = handler
                    signal.signal(number, self._note)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self.handlers.items():
            if signal.getsignal(number) == self._note:  # else the handler chose another since
                signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.arrived = number
        self.handlers[number](number, frame)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Calls the handler again."""
        if self.arrived is not None:
            self.handlers[self.arrived](self.arrived, None)
