"""How fast engines and training steps are on this computer, all of them taking turns."""

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Self, cast

BASELINE = "litert"
WAYS = (BASELINE, "litert --fast", "keras", "bicubic", "torch", "onnxruntime")
TRAINING_BASELINE = "srresnet_mse float32"
TRAINING_WAYS = (
    TRAINING_BASELINE,
    "srresnet_mse mixed_bfloat16",
    "srgan_mse float32",
    "srgan_mse mixed_bfloat16",
)
_NEEDED = {"torch": ("torch",), "onnxruntime": ("onnxruntime", "onnx")}
_PROGRAM = "srgan_tf.evaluation.bench_worker"


@dataclass(frozen=True)
class Timing:
    """What one engine, or one kind of training step, needed.

    Attributes:
        seconds: for a picture or a step, one number for each round.
        speed: times as fast as the first one; the median over the rounds.
        peak_mib: most memory that its process held.
    """

    seconds: tuple[float, ...]
    speed: float
    peak_mib: float

    @property
    def median(self) -> float:
        """Seconds."""
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class Bench:
    """Timings by name, and why some were left out."""

    timings: dict[str, Timing]
    left_out: dict[str, str]


def compare_engines(
    model: str, size: int, rounds: int, tell: Callable[[str], object] = lambda _: None
) -> Bench:
    """Measures all engines that run here.

    Times vary from minute to minute, so the engines take turns, and ratios are taken within a
    round. Each engine has a process of its own, which is idle while another works; each round
    begins with another engine.

    Args:
        model: name of a shipped model.
        size: side of the small picture, pixels.
        rounds: turns of each engine.
        tell: told what is being done.

    Raises:
        ValueError: the default engine does not run.
    """
    left_out = {
        way: "not installed"
        for way, names in _NEEDED.items()
        if any(find_spec(name) is None for name in names)
    }
    with tempfile.TemporaryDirectory() as scratch:
        weights = str(Path(scratch) / "folded.npz")
        if len(left_out) < len(_NEEDED):
            tell("weights for the other frameworks")
            _save_folded(model, weights)
        ways = [way for way in WAYS if way not in left_out]
        bench = _take_turns(ways, (model, str(size), weights), rounds, tell)
    return Bench(bench.timings, left_out | bench.left_out)


def compare_training(rounds: int, tell: Callable[[str], object] = lambda _: None) -> Bench:
    """Measures training steps of 16 crops of 96x96 pixels, as `compare_engines` does engines.

    With MSE as the content loss, since VGG19's weights may not be there; no data is read.

    Args:
        rounds: turns of each kind of step.
        tell: told what is being done.

    Raises:
        ValueError: SRResNet's step in float32 does not run.
    """
    return _take_turns(TRAINING_WAYS, (), rounds, tell)


def _take_turns(
    ways: Sequence[str], arguments: Sequence[str], rounds: int, tell: Callable[[str], object]
) -> Bench:
    """Measures each way; speeds are relative to the first."""
    baseline, left_out = ways[0], {}
    with ExitStack() as stack:
        workers = {}
        for way in ways:
            tell(f"start of {way}")
            worker = stack.enter_context(_Worker(way, *arguments))
            answer = worker.read()
            if answer == "ready":
                workers[way] = worker
            else:
                left_out[way] = answer.removeprefix("none").strip() or "it did not start"
        if baseline not in workers:
            raise ValueError(f"bench: {baseline} does not run: {left_out[baseline]}")
        seconds: dict[str, list[float]] = {way: [] for way in workers}
        for turn in range(rounds):
            tell(f"round {turn + 1} of {rounds}")
            names = list(workers)
            first = turn % len(names)
            for way in names[first:] + names[:first]:
                seconds[way].append(workers[way].take_turn())
        timings = {}
        for way, worker in workers.items():
            speeds = (x / y for x, y in zip(seconds[baseline], seconds[way], strict=True))
            timings[way] = Timing(tuple(seconds[way]), statistics.median(speeds), worker.finish())
    return Bench(timings, left_out)


def _save_folded(model: str, weights: str) -> None:
    """In a process of its own; what goes wrong is told by those who miss the file."""
    code = "import sys; from srgan_tf.evaluation.other_frameworks import save_folded; "
    program = [sys.executable, "-P", "-c", code + "save_folded(*sys.argv[1:])", model, weights]
    subprocess.run(program, check=False, capture_output=True)


class _Worker:
    """A process that runs one way; it is gone when the `with` block ends, whatever happens."""

    def __init__(self, way: str, *arguments: str):
        self._way = way
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        program = [sys.executable, "-P", "-m", _PROGRAM, way, *arguments]
        self._process = subprocess.Popen(
            program, stdin=pipe, stdout=pipe, stderr=nowhere, text=True
        )
        self._questions = cast(IO[str], self._process.stdin)
        self._answers = cast(IO[str], self._process.stdout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        with suppress(OSError):  # a broken pipe; on Windows, EINVAL
            self._questions.close()
        self._answers.close()

    def read(self) -> str:
        """Waits for a line; empty when the process has ended."""
        return self._answers.readline().strip()

    def take_turn(self) -> float:
        """Returns the seconds that one picture, or step, took."""
        with suppress(OSError):
            self._questions.write("\n")
            self._questions.flush()
        return self._read_number()

    def finish(self) -> float:
        """Returns the peak memory, MiB."""
        self._questions.close()
        return self._read_number()

    def _read_number(self) -> float:
        answer = self.read()
        if not answer:
            raise ValueError(
                f"bench: {self._way} stopped; out of memory? Try a smaller --size, or --no-training"
            )
        return float(answer)
