"""`srgan-tf evaluate`: PSNR and SSIM of a model, or of finished pictures, on benchmarks."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from srgan_tf.cli.quiet import quiet_start
from srgan_tf.imaging.files import write_atomically
from srgan_tf.inference.arguments import add_engine_arguments, engine_arguments

_EPILOG = """\
examples:
  srgan-tf evaluate --model srresnet_mse --benchmarks benchmarks
  srgan-tf evaluate --model bicubic --benchmarks benchmarks --protocol matlab --json scores.json
  srgan-tf evaluate --results my_method --benchmarks benchmarks

A benchmark is a folder NAME/HR/*.png in --benchmarks, with NAME/LRx4/*.png beside it (made by the
exact 4x reduction when absent). --results holds NAME/IMAGE.png for each original.

protocol paper: the one of the SRGAN paper's tables (BT.709 luma, daala's SSIM).
protocol matlab: the one of most other papers (BT.601 luma, SSIM with an 11x11 window). Its SSIM is
lower and cannot be compared with the paper's.
"""


def add_command(commands: Any) -> None:
    """Declares the command's arguments."""
    parser = commands.add_parser(
        "evaluate",
        help="PSNR and SSIM on benchmarks, as the paper measures them",
        description="Score a model, or a folder of finished pictures, on benchmarks.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--model",
        metavar="NAME|FILE",
        help="nearest, bicubic, a shipped model, a file (.keras, .weights.h5, .npz, .tflite) or a "
        "SavedModel folder",
    )
    what.add_argument("--results", metavar="DIR", help="finished pictures of any method")
    add = parser.add_argument
    add("--benchmarks", metavar="DIR", required=True, help="folder of benchmark folders")
    add("--protocol", choices=("paper", "matlab"), default="paper", help="(default: paper)")
    add_engine_arguments(parser)
    add("--json", metavar="FILE", help="write the scores, each picture's too")


def run(options: argparse.Namespace) -> int:
    """Scores and prints a table."""
    from srgan_tf.data.benchmarks import find_benchmarks
    from srgan_tf.inference.engines import open_engine
    from srgan_tf.inference.scoring import score_pictures, sr_from_engine, sr_from_folder

    benchmarks = find_benchmarks(options.benchmarks)
    if options.results and not Path(options.results).is_dir():
        raise ValueError(f"results: got {options.results}, expected a folder")
    if options.json and not Path(options.json).parent.is_dir():
        raise ValueError(f"json: the folder {Path(options.json).parent} does not exist")
    name = options.model or options.results
    engine = None
    if options.model:
        with quiet_start():
            engine = open_engine(options.model, **engine_arguments(options))
    scores = {}
    print(f"{name}, protocol {options.protocol}")
    print(f"{'benchmark':<12} {'pictures':>8} {'PSNR (dB)':>10} {'SSIM':>7}")
    for benchmark in benchmarks:
        if engine is None:
            make_sr = sr_from_folder(Path(options.results), benchmark)
        else:
            make_sr = sr_from_engine(engine)
        result = score_pictures(benchmark.images(), make_sr, options.protocol)
        scores[benchmark.name] = result.as_json()
        print(f"{benchmark.name:<12} {len(benchmark):>8} {result.psnr:>10.2f} {result.ssim:>7.4f}")
        sys.stdout.flush()
    if options.json:
        report = {"model": name, "protocol": options.protocol, "benchmarks": scores}
        text = json.dumps(report, indent=2) + "\n"
        write_atomically(options.json, lambda file: file.write(text.encode()))
    return 0
