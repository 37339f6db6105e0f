"""How a program of this room speaks and ends: one line for what is wrong, silence of libraries."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psutil

from srgan_tf.imaging.errors import first_line, is_closed_pipe, one_line

is_over = threading.Event()
"""Set when the program ends by a signal."""


def run_program(run: Callable[[], int]) -> int:
    """Runs it to its exit code, as `srgan-tf` does its commands."""
    code = 2
    try:
        with _quiet_logs(), _ending_by_an_error():
            code = run()
            sys.stdout.flush()
            return code
    except (ValueError, OSError, ImportError) as error:
        if is_closed_pipe(error):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # Python's last flush finds a place
            return 141
        line = one_line(error)
        if isinstance(error, ImportError) and (error.name or "").startswith("apache_beam"):
            line = "apache_beam is missing; add it: pip install '.[beam]'"
    except RuntimeError as error:  # of the runner, with a trace in its message
        line = f"the pipeline stopped: {first_line(error)}"
    except KeyboardInterrupt:
        line, code = "interrupted", 130
    print(f"srgan-tf: {line}", file=sys.stderr)
    return code


def own_the_terminal() -> None:
    """Leaves standard error to Python: LiteRT and libtiff remark past it, from any thread.

    A stream that the shell has closed (`>&-`) is opened to nowhere, lest a file gets its number.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):  # in order of number
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115, PTH123
    sys.stderr = os.fdopen(os.dup(2), "w", 1, errors="backslashreplace")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


@contextmanager
def _quiet_logs() -> Iterator[None]:
    """Discards what libraries log: what went wrong comes as an exception too."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


@contextmanager
def _ending_by_an_error() -> Iterator[None]:
    """Lets Ctrl-C, SIGTERM and a closed terminal end the program, and what works for it.

    The runner waits for its threads and processes, which know of no signal. The former end with the
    tile they are at, by `is_over`; the latter at once, which may leave a hidden half file of each.
    """
    ours: dict[int, Any] = {}
    ending: BaseException | None = None

    def end(number: int, frame: object) -> None:
        nonlocal ending
        for other in ours:
            signal.signal(other, signal.SIG_IGN)  # a second one must not stop the removing
        is_over.set()
        threading.excepthook = lambda _: None  # of the runner's, whose processes end
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                process.terminate()
        ending = KeyboardInterrupt() if number == signal.SIGINT else SystemExit(128 + number)
        raise ending

    if threading.current_thread() is threading.main_thread():
        names = ("SIGINT", "SIGTERM", "SIGHUP")
        for number in (getattr(signal, name) for name in names if hasattr(signal, name)):
            before = signal.getsignal(number)
            if before in (signal.SIG_DFL, signal.default_int_handler):
                ours[number] = before
                signal.signal(number, end)
    try:
        yield
    except Exception:
        if ending is not None:  # where the runner has made an error of its own of it
            raise ending from None
        raise
    finally:
        for number, before in ours.items():
            signal.signal(number, before)
