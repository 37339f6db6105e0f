"""Upscaling as a Beam pipeline: paths in, results in a folder, failures as an output."""

import json
import os
import posixpath
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
from apache_beam.io.fileio import MatchFiles
from apache_beam.metrics import Metrics, MetricsFilter
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.utils.shared import Shared

from srgan_tf.imaging.errors import one_line
from srgan_tf.inference.upscaler import Upscaler
from srgan_tf.pictures.reading import SUFFIXES, read_frames
from srgan_tf.pipelines.files import Found, exists, is_below, to_read, to_write, write_lines
from srgan_tf.pipelines.program import is_over

FAILED = "failed"
"""Tag of the output for what could not be done; each element is a line of JSON."""

COUNTERS = ("done", "skipped", "failed")
NAMESPACE = "srgan_tf"
"""Of the counters."""

_turn = threading.Lock()
"""Of a process's threads, one after the other: a model uses all cores itself."""


@dataclass(frozen=True)
class Job:
    """What is done to every picture.

    Attributes:
        base: the folder that results are named from, with a slash at its end.
        output: folder of the results, on any of Beam's file systems, without a slash at its end.
        upscaler: what `Upscaler` is called with.
        mark: what a result's name has behind its input's.
        quality: 1 to 100, for JPEG, WebP and AVIF.
        overwrite: whether results that exist are made again.
    """

    base: str
    output: str
    upscaler: dict[str, Any]
    mark: str = "_x4"
    quality: int | None = None
    overwrite: bool = False

    def is_input(self, path: str) -> bool:
        """Whether a file below `base` is to be upscaled: nothing hidden, no result."""
        holds_results = self.output.startswith(self.base)
        is_result = holds_results and path.startswith(f"{self.output}/")
        is_hidden = any(part.startswith(".") for part in path.removeprefix(self.base).split("/"))
        is_picture = posixpath.splitext(path)[1].lower() in SUFFIXES
        return path.startswith(self.base) and is_picture and not is_hidden and not is_result

    def target(self, path: str) -> str:
        """Where the result of an input goes; sub-folders are kept.

        Raises:
            ValueError: that is outside the output folder, or among the inputs.
        """
        stem, suffix = posixpath.splitext(path.removeprefix(self.base))
        target = f"{self.output}/{stem}{self.mark}{suffix}"
        if not is_below(target, self.output):
            raise ValueError(f"output: {target} lies outside {self.output}, through a link")
        if self.is_input(target):
            raise ValueError(f"output: {target} is among the inputs; choose another -o")
        return target


def _go_on(_: int = 0) -> None:
    """Ends a thread of the runner's when the program ends, between two tiles."""
    if is_over.is_set():
        raise SystemExit


def _open_upscaler(job: Job) -> Upscaler:
    upscaler = Upscaler(**job.upscaler)
    upscaler.tell = _go_on
    return upscaler


class UpscaleFiles(beam.DoFn):
    """Upscales files by their paths; the model is opened once in each worker process.

    Paths are `os.fsencode`'s bytes, since a name need not be text. Outputs the paths of the
    results, and to `FAILED` what went wrong.
    """

    def __init__(self, job: Job):
        self.job = job
        self._shared = Shared()
        self._counters = {name: Metrics.counter(NAMESPACE, name) for name in COUNTERS}

    def setup(self) -> None:
        """Opens the model, or takes the one that another thread has opened."""
        self._upscaler = self._shared.acquire(lambda: _open_upscaler(self.job))

    def process(self, name: bytes) -> Iterator[Any]:
        """Upscales one file; nothing that is wrong with it stops the others."""
        path = os.fsdecode(name)
        try:
            target = self.job.target(path)
            if not self.job.overwrite and exists(target):
                self._counters["skipped"].inc()
                return
            self._upscale(path, target)
        except Exception as error:
            self._counters["failed"].inc()
            reason = one_line(error) or type(error).__name__
            yield beam.pvalue.TaggedOutput(FAILED, json.dumps({"path": path, "reason": reason}))
        else:
            self._counters["done"].inc()
            yield os.fsencode(target)

    def _upscale(self, path: str, target: str) -> None:
        with to_read(path) as source, to_write(target) as result:
            try:
                frames = read_frames(source)
                with _turn:
                    _go_on()
                    self._upscaler.upscale_frames(frames, result, self.job.quality)
            except ValueError as error:
                reason = str(error)
                for local in (source, result):
                    reason = reason.removeprefix(f"{local}: ")
                raise ValueError(reason) from None


def run_pipeline(job: Job, found: Found, failures: str, options: PipelineOptions) -> dict[str, int]:
    """Upscales what was found.

    Args:
        job: what is done.
        found: the inputs, and what is none.
        failures: the file of what could not be done, a line of JSON each; made in any case.
        options: Beam's.

    Returns:
        How many were done, skipped and failed.

    Raises:
        RuntimeError: the pipeline stopped.
    """
    pipeline = beam.Pipeline(options=options)
    if found.pattern is None:
        names = pipeline | beam.Create(
            [os.fsencode(path) for path in filter(job.is_input, found.paths)]
        )
    else:
        files = pipeline | MatchFiles(found.pattern) | beam.Map(lambda file: file.path)
        names = files | beam.Filter(job.is_input) | beam.Map(os.fsencode)
    results = (
        names | beam.Reshuffle() | beam.ParDo(UpscaleFiles(job)).with_outputs(FAILED, main="done")
    )
    lines = results[FAILED] | beam.combiners.ToList()
    lines | "the list of failures" >> beam.Map(lambda lines: write_lines(failures, lines))
    try:
        result = pipeline.run()
        result.wait_until_finish()
    finally:
        if is_over.is_set():
            _turn.acquire()  # for good: the file being written is removed, and none begun
    counts = dict.fromkeys(COUNTERS, 0)
    for counter in result.metrics().query(MetricsFilter().with_namespace(NAMESPACE))["counters"]:
        counts[counter.key.metric.name] += counter.result
    return counts
