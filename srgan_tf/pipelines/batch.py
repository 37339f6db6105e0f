"""Upscaling as a Beam transform: paths in, results in a folder, failures as an output."""

import json
import posixpath
import tempfile
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.io.filesystems import FileSystems
from apache_beam.metrics import Metrics
from apache_beam.utils.shared import Shared

from srgan_tf.inference.upscaler import Upscaler
from srgan_tf.pictures.reading import SUFFIXES, read_frames

FAILED = "failed"
"""Tag of the output for what could not be done; each element is a line of JSON."""


@dataclass(frozen=True)
class Job:
    """What is done to every picture.

    Attributes:
        base: the folder before the pattern's first wildcard, with a slash at its end.
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
        """Whether a file found by the pattern is to be upscaled: nothing hidden, no result."""
        is_result = path.startswith(f"{self.output}/")
        is_hidden = any(part.startswith(".") for part in path.removeprefix(self.base).split("/"))
        is_picture = posixpath.splitext(path)[1].lower() in SUFFIXES
        return is_picture and not is_hidden and not is_result

    def target(self, path: str) -> str:
        """Where the result of an input goes; sub-folders are kept."""
        inside = path.removeprefix(self.base)
        stem, suffix = posixpath.splitext(inside)
        return FileSystems.join(self.output, *f"{stem}{self.mark}{suffix}".split("/"))


class _Model:
    """An upscaler for all threads of a process, which take turns: it uses all cores itself."""

    def __init__(self, job: Job):
        self.upscaler = Upscaler(**job.upscaler)
        self.lock = threading.Lock()


class UpscaleFiles(beam.DoFn):
    """Upscales files by their paths; the model is opened once in each worker process.

    Outputs the paths of the results, and to `FAILED` what went wrong.
    """

    def __init__(self, job: Job):
        self.job = job
        self._shared = Shared()
        self._counters = {
            name: Metrics.counter("srgan_tf", name) for name in ("done", "skipped", "failed")
        }

    def setup(self) -> None:
        """Opens the model, or takes the one that another thread has opened."""
        self._model = self._shared.acquire(lambda: _Model(self.job))

    def process(self, path: str) -> Iterator[Any]:
        """Upscales one file; nothing that is wrong with it stops the others."""
        try:
            target = self.job.target(path)
            if not self.job.overwrite and FileSystems.exists(target):
                self._counters["skipped"].inc()
                return
            with tempfile.TemporaryDirectory() as scratch:
                self._upscale(path, target, Path(scratch))
        except Exception as error:
            self._counters["failed"].inc()
            reason = " ".join(str(error).split()) or type(error).__name__
            yield beam.pvalue.TaggedOutput(FAILED, json.dumps({"path": path, "reason": reason}))
        else:
            self._counters["done"].inc()
            yield target

    def _upscale(self, path: str, target: str, scratch: Path) -> None:
        """By way of a local copy, so that any of Beam's file systems will do."""
        suffix = posixpath.splitext(target)[1]
        source, result = scratch / f"source{suffix}", scratch / f"result{suffix}"
        with FileSystems.open(path) as remote:
            source.write_bytes(remote.read())
        try:
            frames = read_frames(source)
            with self._model.lock:
                self._model.upscaler.upscale_frames(frames, result, self.job.quality)
        except ValueError as error:
            reason = str(error)
            for local in (source, result):
                reason = reason.removeprefix(f"{local}: ")
            raise ValueError(reason) from None
        _publish(result, target)


def _publish(result: Path, target: str) -> None:
    """Copies a finished file to its place, where it appears as a whole or not at all."""
    folder, name = FileSystems.split(target)
    part = FileSystems.join(folder, f".{name}.{uuid.uuid4().hex}")
    try:
        with FileSystems.create(part) as remote:
            remote.write(result.read_bytes())
        FileSystems.rename([part], [target])
    except BaseException:
        if FileSystems.exists(part):
            FileSystems.delete([part])
        raise
