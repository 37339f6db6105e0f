"""The table of export/README.md: `python tests/benchmarks/exports.py BENCHMARKS`.

Makes every export of every shipped model, verifies it, scores it on Set14 (or on what BENCHMARKS
holds instead) and measures it at 64x64 and 128x128 pixels. All exports of a model and Keras take
turns; a speed is Keras' time over the export's in the same round, the median over the rounds.
Another program on the computer disturbs milliseconds much and speeds a little.
"""

import argparse
import dataclasses
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from srgan_tf.cli.quiet import quiet_start
from srgan_tf.models.shipped import shipped_names

EXPORTS = {
    "SavedModel": ("saved_model", "none"),
    "ONNX": ("onnx", "none"),
    "TFLite": ("tflite", "none"),
    "TFLite float16": ("tflite", "float16"),
    "TFLite dynamic": ("tflite", "dynamic"),
    "TFLite int8": ("tflite", "int8"),
}
SIDES = (64, 128)


def size_of(path):
    """Bytes of a file, or of all files in a folder."""
    return sum(file.stat().st_size for file in [path, *path.rglob("*")] if file.is_file())


def measure(runners, side, rounds):
    """Returns seconds by runner, one number for each round; a first round is not counted."""
    lr = np.random.default_rng(0).random((1, side, side, 3), np.float32)
    seconds = {name: [] for name in runners}
    names = list(runners)
    for turn in range(rounds + 1):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            start = time.perf_counter()
            runners[name](lr)
            seconds[name].append(time.perf_counter() - start)
    return {name: values[1:] for name, values in seconds.items()}


def rows(model, benchmark, rounds, folder):
    """Yields the table's rows for a model.

    Raises:
        ValueError: an export is beyond its budget.
    """
    from srgan_tf.export.make import Wanted, make_export
    from srgan_tf.export.runners import run_keras, run_onnx, run_saved_model, run_tflite
    from srgan_tf.export.source import load_for_export
    from srgan_tf.export.verify import BUDGETS, check_budget, score, verify
    from srgan_tf.models.half_size import at_half_size

    openers = {"saved_model": run_saved_model, "onnx": run_onnx, "tflite": run_tflite}
    runners = {"Keras": run_keras(at_half_size(load_for_export(model)))}
    scores = {"Keras": score(runners["Keras"], benchmark)}
    sizes = {}
    for name, (kind, quantize) in EXPORTS.items():
        print(f"{model}: {name}", file=sys.stderr)
        path, _ = make_export(Wanted(kind, model, quantize, verifies=False), folder)
        runners[name] = openers[kind](path)
        scores[name], sizes[name] = score(runners[name], benchmark), size_of(path)
        pair = {benchmark.name: (scores[name], scores["Keras"])}
        found = dataclasses.replace(verify(runners[name], runners["Keras"], []), scores=pair)
        check_budget(found, BUDGETS[quantize], f"{name} of {model}")
    times = {side: measure(runners, side, rounds) for side in SIDES}
    for name in runners:
        cells = [f"`{model}`", name, f"{sizes[name]:,}" if name in sizes else ""]
        cells.append(f"{scores[name]:.3f}")
        for side in SIDES:
            own, keras = times[side][name], times[side]["Keras"]
            speed = statistics.median(x / y for x, y in zip(keras, own, strict=True))
            cells.append(f"{1000 * statistics.median(own):.0f} ({speed:.2f})")
        yield "| " + " | ".join(cells) + " |"


def main():
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("benchmarks", help="folder that holds Set14/HR/*.png")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--models", nargs="+", default=shipped_names(".tflite"), metavar="NAME")
    options = parser.parse_args()
    with quiet_start():
        from srgan_tf.export.verify import budget_benchmarks
    benchmark = budget_benchmarks(options.benchmarks)[0]
    columns = ["model", "export", "bytes", f"{benchmark.name}, dB"]
    columns += [f"ms at {side}x{side} (speed)" for side in SIDES]
    print("| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|")
    for model in options.models:
        with tempfile.TemporaryDirectory() as folder:
            for row in rows(model, benchmark, options.rounds, Path(folder)):
                print(row, flush=True)


if __name__ == "__main__":
    main()
