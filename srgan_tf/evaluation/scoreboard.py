"""Scores of several methods on several benchmarks, by both protocols, kept from run to run.

The pictures are gone through one by one, and each is made by every method that still lacks scores:
so the features of an original are computed once, and each result is made once for all measures.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from srgan_tf.data.benchmarks import Benchmark, BenchmarkImage
from srgan_tf.imaging.files import digest_files, write_text
from srgan_tf.inference.measures import Measure
from srgan_tf.inference.scoring import (
    BenchmarkScore,
    ImageScore,
    average_scores,
    json_number,
    score_named,
)
from srgan_tf.metrics import PROTOCOLS
from srgan_tf.version import __version__

Scores = dict[str, dict[str, dict[str, BenchmarkScore]]]
"""Method -> benchmark -> protocol -> scores."""


@dataclass(frozen=True)
class Method:
    """Something that makes large pictures of small ones.

    Attributes:
        name: a recipe, an interpolation, or `original`.
        digest: changes whenever its results could.
        open: loads it; the result is a function from a picture to its enlargement, uint8.
    """

    name: str
    digest: str
    open: Callable[[], Callable[[BenchmarkImage], np.ndarray]]


def score_methods(
    methods: Sequence[Method],
    benchmarks: Sequence[Benchmark],
    measures: Mapping[str, Measure],
    measures_digest: str = "",
    folder: Path | None = None,
    progress: Callable[[list[Any]], Any] = lambda steps: steps,
) -> Scores:
    """Scores what has not been scored before.

    Args:
        methods: their names differ.
        benchmarks: the test sets.
        measures: of `open_measures`.
        measures_digest: changes whenever the measures do.
        folder: where scores are kept, `METHOD.json`; it exists. None: nowhere.
        progress: wraps the list of (picture, method) pairs that are to be scored, as tqdm does.

    Returns:
        Scores of all methods on all benchmarks, benchmarks in their order.
    """
    scores: Scores = {method.name: {} for method in methods}
    digests = {benchmark.name: _digest_benchmark(benchmark) for benchmark in benchmarks}

    def key(method: Method, benchmark: Benchmark) -> list[str]:
        return [method.digest, digests[benchmark.name], measures_digest, __version__]

    wanted: dict[str, list[Method]] = {}
    for benchmark in benchmarks:
        wanted[benchmark.name] = []
        for method in methods:
            kept = _read(folder, method.name).get(benchmark.name, {})
            if kept.get("key") == key(method, benchmark):
                scores[method.name][benchmark.name] = _from_json(kept["protocols"])
            else:
                wanted[benchmark.name].append(method)
    steps = [each for b in benchmarks for each in wanted[b.name] for _ in range(len(b))]
    bar = iter(progress(steps))
    opened = {method.name: method.open() for method in dict.fromkeys(steps)}
    for benchmark in benchmarks:
        lacking = wanted[benchmark.name]
        if not lacking:
            continue
        rows: dict[str, dict[str, list[ImageScore]]] = {
            method.name: {protocol: [] for protocol in PROTOCOLS} for method in lacking
        }
        for image in benchmark.images():
            results = []
            for method in lacking:
                results.append(opened[method.name](image))
                next(bar)
            more = {name: measure(results, image.hr) for name, measure in measures.items()}
            for index, method in enumerate(lacking):
                extras = {name: values[index] for name, values in more.items()}
                for protocol in PROTOCOLS:
                    psnr, ssim = score_named(image, results[index], protocol)
                    row = ImageScore(image.name, psnr, ssim, **extras)
                    rows[method.name][protocol].append(row)
        for method in lacking:
            result = {protocol: average_scores(r) for protocol, r in rows[method.name].items()}
            scores[method.name][benchmark.name] = result
            _write(folder, method.name, benchmark.name, key(method, benchmark), result)
    next(bar, None)
    order = [benchmark.name for benchmark in benchmarks]
    return {name: {b: of_method[b] for b in order} for name, of_method in scores.items()}


def _digest_benchmark(benchmark: Benchmark) -> str:
    reductions = [benchmark.folder / "LRx4" / path.name for path in benchmark.paths]
    names = hashlib.sha256("\n".join(path.stem for path in benchmark.paths).encode()).hexdigest()
    files = digest_files([*benchmark.paths, *(path for path in reductions if path.exists())])
    return f"{names} {files}"


def _read(folder: Path | None, name: str) -> dict[str, Any]:
    """What was kept of a method; nothing where the file is damaged."""
    if folder is None or not (folder / f"{name}.json").exists():
        return {}
    try:
        kept = json.loads((folder / f"{name}.json").read_text())
    except ValueError:
        return {}
    is_whole = isinstance(kept, dict) and all(isinstance(part, dict) for part in kept.values())
    return kept if is_whole else {}


def _write(
    folder: Path | None, name: str, benchmark: str, key: list[str], result: dict[str, Any]
) -> None:
    if folder is None:
        return
    protocols = {protocol: [asdict(row) for row in r.images] for protocol, r in result.items()}
    for rows in protocols.values():
        for row in rows:
            row["psnr"] = json_number(row["psnr"])
    kept = _read(folder, name) | {benchmark: {"key": key, "protocols": protocols}}
    text = json.dumps(kept, indent=1) + "\n"
    write_text(folder / f"{name}.json", text)


def _from_json(protocols: dict[str, list[dict[str, Any]]]) -> dict[str, BenchmarkScore]:
    def row(values: dict[str, Any]) -> ImageScore:
        psnr = float("inf") if values["psnr"] is None else values["psnr"]
        return ImageScore(**{**values, "psnr": psnr})

    return {name: average_scores([row(v) for v in rows]) for name, rows in protocols.items()}
