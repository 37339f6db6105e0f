"""`srgan-tf evaluate`: PSNR and SSIM of a model, or of finished pictures, on benchmarks."""

import argparse
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srgan_tf.cli.json_file import check_json_file, write_json_file
from srgan_tf.cli.quiet import quiet_start
from srgan_tf.config import CONFIG, read_config, read_held_out
from srgan_tf.inference.arguments import add_engine_arguments, engine_arguments

if TYPE_CHECKING:
    from collections.abc import Iterable

    from srgan_tf.data.benchmarks import BenchmarkImage
    from srgan_tf.inference.measures import Measure

_EPILOG = """\
examples:
  srgan-tf evaluate --model srresnet_mse --benchmarks benchmarks
  srgan-tf evaluate --model bicubic --benchmarks benchmarks --protocol matlab --json scores.json
  srgan-tf evaluate --results my_method --benchmarks benchmarks
  srgan-tf evaluate --model runs/mine/generator.keras --held-out runs/mine --perceptual
  srgan-tf evaluate --all --benchmarks benchmarks --report report

A benchmark is a folder NAME/HR/*.png in --benchmarks, with NAME/LRx4/*.png beside it (made by the
exact 4x reduction when absent). --results holds NAME/IMAGE.png for each original.

protocol paper: the one of the SRGAN paper's tables (BT.709 luma, daala's SSIM).
protocol matlab: the one of most other papers (BT.601 luma, SSIM with an 11x11 window). Its SSIM
cannot be compared with the paper's: on Set5, Set14 and BSD100 it is 0.01 to 0.06 lower.

--perceptual: two more measures, both better when lower. NIQE tells how unlike a natural photo a
picture looks, without its original; it needs more than one block of 96x96 pixels, better a hundred.
phi_3,4 is the mean squared difference of VGG19's features after block3_conv4; it is left out, with
a line that says so, where VGG19's weights cannot be had. --lpips adds LPIPS (version 0.1, AlexNet)
by its authors' package, which runs on PyTorch and downloads 244 MB. --lpips, --niqe-model and
--vgg-weights go with --perceptual or --all.
--all --report DIR: the paper's Tables 1 and 2 beside every model of the package, by both protocols,
with all measures, as report.md, report.csv, scores.json and report.html, a page that holds the
pictures too. What is in the folder already is not scored again.
--held-out: the pictures that a training run kept aside, their middle 320x320 pixels at most.
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
    what.add_argument("--all", action="store_true", help="every model there is; needs --report")
    add = parser.add_argument
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--benchmarks", metavar="DIR", help="folder of benchmark folders")
    where.add_argument("--held-out", metavar="RUN_DIR", help="pictures that a run kept aside")
    add("--protocol", choices=("paper", "matlab"), help="(default: paper)")
    add_engine_arguments(parser)
    add("--perceptual", action="store_true", help="measure NIQE and phi_3,4 too")
    add(
        "--lpips",
        action="store_true",
        help="with --perceptual: measure LPIPS too (pip install '.[lpips]')",
    )
    add(
        "--niqe-model",
        metavar="FILE",
        help="with --perceptual: NIQE's model, .npz or .mat (default: our own)",
    )
    add(
        "--vgg-weights",
        metavar="imagenet|FILE",
        help="with --perceptual: VGG19 for phi_3,4, Keras' own, downloaded, or a .h5 or .npz "
        "(imagenet)",
    )
    add("--report", metavar="DIR", help="folder for the tables and pictures of --all")
    add("--json", metavar="FILE", help="write the scores, each picture's too")


def run(options: argparse.Namespace) -> int:
    """Scores and prints a table."""
    if options.all or options.report:
        return _run_report(options)
    from srgan_tf.inference.engines import open_engine
    from srgan_tf.inference.measures import LABELS, format_value
    from srgan_tf.inference.scoring import score_pictures, sr_from_engine, sr_from_folder

    if options.results and not Path(options.results).is_dir():
        raise ValueError(f"results: got {options.results}, expected a folder")
    check_json_file(options.json)
    if options.results:
        _refuse(options, ("engine", "fast", "ensemble"), "with --results: nothing is upscaled")
    if not options.perceptual:
        _refuse(options, ("niqe_model", "vgg_weights", "lpips"), "without --perceptual")
    protocol = options.protocol or "paper"
    sets = _open_sets(options)
    name = options.model or options.results
    engine = None
    if options.model:
        with quiet_start():
            engine = open_engine(options.model, **engine_arguments(options))
    measures = _open_measures(options)[0] if options.perceptual else {}
    scores = {}
    print(f"{name}, protocol {protocol}")
    titles = "".join(f" {LABELS[measure]:>9}" for measure in measures)
    print(f"{'benchmark':<12} {'pictures':>8} {'PSNR (dB)':>10} {'SSIM':>7}{titles}")
    for title, images in sets.items():
        make_sr = (
            sr_from_engine(engine) if engine else sr_from_folder(Path(options.results) / title)
        )
        result = score_pictures(images, make_sr, protocol, measures)
        scores[title] = result.as_json()
        more = "".join(
            f" {format_value(measure, getattr(result, measure)):>9}" for measure in measures
        )
        count = len(result.images)
        print(f"{title:<12} {count:>8} {result.psnr:>10.2f} {result.ssim:>7.4f}{more}")
        sys.stdout.flush()
    report = {"model": name, "protocol": protocol, "benchmarks": scores}
    write_json_file(options.json, report)
    return 0


def _run_report(options: argparse.Namespace) -> int:
    from tqdm import tqdm

    from srgan_tf.data.benchmarks import find_benchmarks
    from srgan_tf.evaluation.report import FILES, write_report
    from srgan_tf.inference.measures import digest_measures

    if not (options.all and options.report and options.benchmarks):
        raise ValueError("report: expected --all, --benchmarks DIR and --report DIR together")
    _refuse(
        options,
        ("json", "engine", "fast", "ensemble", "protocol"),
        "with --all: the report has its own",
    )
    benchmarks = find_benchmarks(options.benchmarks)
    measures, left_out = _open_measures(options)
    write_report(
        Path(options.report),
        benchmarks,
        measures,
        digest_measures(list(measures), _vgg_weights(options), options.niqe_model),
        left_out,
        lambda steps: tqdm(steps, unit="picture", disable=not sys.stderr.isatty(), leave=False),
    )
    for name in FILES:
        print(Path(options.report) / name)
    return 0


def _refuse(options: argparse.Namespace, names: tuple[str, ...], why: str) -> None:
    for name in names:
        if getattr(options, name):
            raise ValueError(f"{name.replace('_', '-')}: cannot be used {why}")


def _vgg_weights(options: argparse.Namespace) -> str:
    return options.vgg_weights or "imagenet"


def _open_sets(options: argparse.Namespace) -> "dict[str, Iterable[BenchmarkImage]]":
    if options.benchmarks:
        from srgan_tf.data.benchmarks import find_benchmarks

        return {found.name: found.images() for found in find_benchmarks(options.benchmarks)}
    with quiet_start():
        from srgan_tf.data.sources import open_data

    config = read_config(Path(options.held_out) / CONFIG)
    names = read_held_out(options.held_out)
    data = open_data(config.data, config.holdout, names)
    if gone := sorted(set(names or ()) - set(data.held_out_files)):  # others were trained on
        there = (Path(config.data.source) / gone[0]).exists()
        place = "among those that --sample draws now" if there else f"in {config.data.source}"
        raise ValueError(f"held-out: {gone[0]} is not {place}")
    if not data.held_out:
        raise ValueError(f"held-out: the run in {options.held_out} kept no pictures aside")
    return {"holdout": data.held_out}


def _open_measures(options: argparse.Namespace) -> "tuple[dict[str, Measure], list[str]]":
    from srgan_tf.inference.measures import open_measures

    with quiet_start():
        import keras  # noqa: F401  # so that what its backend says at its start stays unsaid
    with redirect_stdout(sys.stderr):  # Keras tells of its downloads
        measures, left_out = open_measures(_vgg_weights(options), options.niqe_model, options.lpips)
    for line in left_out:
        print(line, file=sys.stderr)
    return measures, left_out
