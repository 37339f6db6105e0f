"""The `srgan-tf` program: finds the command, turns errors into one line and an exit code."""

import argparse
import io
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from srgan_tf.cli import bench, evaluate, export, figures, models, mos, train, upscale
from srgan_tf.imaging.errors import is_closed_pipe, one_line
from srgan_tf.inference.arguments import refuse_empty_texts
from srgan_tf.version import __version__

_EPILOG = """\
examples:
  srgan-tf upscale photo.jpg                          a picture 4 times as wide and high
  srgan-tf train srresnet_mse --data photos --out run --steps 2000
  srgan-tf evaluate --model srresnet_mse --benchmarks benchmarks
  srgan-tf export saved_model --model srresnet_mse -o models
  srgan-tf train --help                               all settings of a command

exit codes: 0 done; 1 some of several inputs failed; 2 wrong use, or the input could not be read
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    _prepare_streams()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # errors reach us as exceptions
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # else it remarks on several networks
    parser = argparse.ArgumentParser(
        prog="srgan-tf",
        description="SRGAN's networks: upscale pictures 4x; train, score, export, rate.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in (upscale, train, evaluate, models, export, mos, figures, bench):
        module.add_command(commands)
    options = parser.parse_args(arguments)
    try:
        refuse_empty_texts(options)
        with _ending_by_an_error():
            code = int(options.run(options))
        sys.stdout.flush()
        return code
    except (ValueError, OSError, ImportError) as error:  # ImportError: of KERAS_BACKEND
        if is_closed_pipe(error):  # whoever read the output, such as `head`, has had enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # Python's last flush finds a place
            return 141
        print(f"srgan-tf: {one_line(error)}", file=sys.stderr)
        return 2
    except MemoryError:
        print("srgan-tf: not enough memory; try a smaller picture or setting", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("srgan-tf: interrupted", file=sys.stderr)
        return 130


def _prepare_streams() -> None:
    r"""Makes standard streams that anything can be written to.

    Of a file's name, what is not text is written as `\udce9`. What is written to a stream that
    the shell has closed (`>&-`) goes nowhere, not into the next file that is opened.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):  # in order of number
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115, PTH123
        elif mode == "w" and isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def _ending_by_an_error() -> Iterator[None]:
    """Lets SIGTERM and a closed terminal end the program as Ctrl-C does: half files are removed.

    It ends when the call into native code ends that it is in, such as the network for one tile.
    Where several processes train under JAX, SIGTERM is JAX's.
    """
    ours: list[int] = []

    def end(number: int, frame: object) -> None:
        for other in ours:
            signal.signal(other, signal.SIG_IGN)  # a second one must not stop the removing
        raise SystemExit(128 + number)

    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, end)
                ours.append(number)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)
