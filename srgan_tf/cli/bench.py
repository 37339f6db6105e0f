"""`srgan-tf bench`: engines and training steps side by side on this computer."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from srgan_tf.cli.json_file import check_json_file, write_json_file
from srgan_tf.imaging.cores import num_cores

if TYPE_CHECKING:
    from srgan_tf.evaluation.bench import Bench

_EPILOG = """\
examples:
  srgan-tf bench
  srgan-tf bench --size 64 --rounds 30 --json bench.json

Each engine has a process of its own and all the cores; they take turns, round by round. Speed:
times as fast as litert, the default engine, in the same round (the median over the rounds). PyTorch
and ONNX Runtime run the same weights where they are installed: pip install '.[bench]'. Other
programs disturb the numbers, those of PyTorch most.

Training steps take turns in the same way, on Keras' backend: 16 crops of 96x96 pixels, MSE as the
content loss, in either precision. They need 8 GB of memory.
"""


def add_command(commands: Any) -> None:
    """Declares the command's arguments."""
    parser = commands.add_parser(
        "bench",
        help="how fast engines and training steps are on this computer",
        description="Measure all engines on this computer, with other frameworks beside them, and "
        "training steps.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    add = parser.add_argument
    add("--size", type=int, default=128, metavar="N", help="side of the input (default: 128)")
    add("--rounds", type=int, default=10, metavar="N", help="turns of each (default: 10)")
    add("--model", default="srresnet_mse", metavar="NAME", help="(default: srresnet_mse)")
    add("--no-training", action="store_true", help="engines alone")
    add("--json", metavar="FILE", help="write the numbers, each round's too")


def run(options: argparse.Namespace) -> int:
    """Measures and prints a table."""
    from srgan_tf.evaluation.bench import compare_engines
    from srgan_tf.models.shipped import shipped_names

    for name in ("size", "rounds"):
        if getattr(options, name) < 1:
            raise ValueError(f"{name}: got {getattr(options, name)}, expected 1 or more")
    names = shipped_names(".tflite")  # the baselines have no default engine to compare with
    if options.model not in names:
        raise ValueError(f"model: got {options.model}, expected one of {', '.join(names)}")
    check_json_file(options.json)
    engines = compare_engines(options.model, options.size, options.rounds, _tell)
    _tell("")
    size, cores = options.size, num_cores()
    print(f"{options.model}, {size}x{size} to {4 * size}x{4 * size} pixels, {cores} cores")
    _print_table("engine", engines, pictures=1)
    report: dict[str, Any] = {
        "model": options.model,
        "size": size,
        "cores": cores,
        "engines": _as_json(engines, pictures=1),
        "left_out": engines.left_out,
    }
    try:
        if not options.no_training:
            _add_training(report, options.rounds)
    except (ValueError, KeyboardInterrupt) as error:
        report["left_out"]["training"] = str(error) or "interrupted"
        raise
    finally:  # the engines' numbers stay, whatever happens
        write_json_file(options.json, report)
    return 0


def _add_training(report: dict[str, Any], rounds: int) -> None:
    """Measures training steps, prints their table and adds them to the report."""
    from srgan_tf.evaluation.bench import compare_training
    from srgan_tf.evaluation.bench_worker import BATCH_SIZE, CROP_SIZE

    steps = compare_training(rounds, _tell)
    _tell("")
    print(f"\ntraining steps of {BATCH_SIZE} crops of {CROP_SIZE}x{CROP_SIZE} pixels")
    _print_table("recipe", steps, BATCH_SIZE)
    report["training"] = _as_json(steps, BATCH_SIZE)
    report["left_out"] |= steps.left_out


def _print_table(title: str, bench: "Bench", pictures: int) -> None:
    print(f"{title:<27} {'median (ms)':>11} {'pictures/s':>10} {'speed':>6} {'peak (MiB)':>10}")
    for way, timing in bench.timings.items():
        rate = f"{1000 * timing.median:>11.1f} {pictures / timing.median:>10.2f}"
        print(f"{way:<27} {rate} {timing.speed:>6.2f} {timing.peak_mib:>10.0f}")
    print(f"speed: times as fast as {next(iter(bench.timings))}")
    for way, reason in bench.left_out.items():
        print(f"left out: {way} ({reason})")


def _as_json(bench: "Bench", pictures: int) -> dict[str, Any]:
    return {
        way: {
            "median_ms": 1000 * timing.median,
            "pictures_per_s": pictures / timing.median,
            "speed": timing.speed,
            "peak_mib": timing.peak_mib,
            "rounds_ms": [1000 * seconds for seconds in timing.seconds],
        }
        for way, timing in bench.timings.items()
    }


def _tell(what: str) -> None:
    """Shows what is being done, in a terminal only."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{what}", end="", file=sys.stderr, flush=True)
