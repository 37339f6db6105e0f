"""`srgan-tf figures`: pictures and diagrams that show what the models do."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srgan_tf.cli.quiet import quiet_start
from srgan_tf.cli.train import count, positive_int
from srgan_tf.imaging.files import made_folder, write_text

if TYPE_CHECKING:
    import numpy as np

    from srgan_tf.config import TrainConfig
    from srgan_tf.inference.upscaler import Upscaler

_EPILOG = """\
examples:
  srgan-tf figures compare photo.jpg                 writes photo_compare.png beside photo.jpg
  srgan-tf figures compare photo.jpg --model bicubic --model runs/mine/generator.keras -o out.png
  srgan-tf figures compare photo.jpg --reduce        enlarges a quarter of it, the original beside
"""
_EVOLUTION = """\
example:
  srgan-tf figures evolution runs/mine -o figures

Writes evolution.png and evolution.svg.
"""
_SCORES = """\
example:
  srgan-tf evaluate --all --benchmarks benchmarks --report report
  srgan-tf figures scores report -o figures

Writes scores and tradeoff (NIQE against PSNR), each as .png and .svg.
"""
_DEPTH = """\
examples:
  srgan-tf figures depth runs/depth --data ~/Pictures --benchmarks benchmarks -o figures
  srgan-tf figures depth runs/depth --benchmarks benchmarks -o figures     draws what is trained

Trains one network for each depth with the long skip and one without, in run folders of RUNS, and
writes depth.png, depth.svg and depth.csv. Run it again after an interruption: what is done stays.
The defaults are small, 8 networks of 32 filters and 4,000 steps each, about an hour on two CPU
cores; more is better, and much less shows nothing yet.
"""
_CONTEXT = 48  # small pixels around what is shown: networks see 40, and a reduction's edge is 2


def add_command(commands: Any) -> None:
    """Declares the command and its kinds of figure."""
    parser = commands.add_parser(
        "figures",
        help="pictures and diagrams of what the models do",
        description="Make pictures and diagrams of what the models do.",
    )
    kinds = parser.add_subparsers(title="figures", metavar="FIGURE", required=True)
    _add_compare(kinds)
    evolution = _add_kind(
        kinds, "evolution", "one picture over a run's training steps (Figure 8)", _EVOLUTION
    )
    evolution.set_defaults(run=run_evolution)
    evolution.add_argument("run_folder", metavar="RUN_DIR", help="run folder")
    evolution.add_argument("--picture", metavar="NAME", help="of RUN_DIR/samples")
    evolution.add_argument("--count", type=positive_int, default=6, metavar="N", help="(6)")
    scores = _add_kind(kinds, "scores", "the scores of a report as diagrams", _SCORES)
    scores.set_defaults(run=run_scores)
    scores.add_argument("report", metavar="REPORT", help="folder of evaluate --report")
    depth = _add_kind(kinds, "depth", "what depth and the long skip bring (Figure 7)", _DEPTH)
    depth.set_defaults(run=run_depth)
    _add_depth_arguments(depth)
    for kind in (evolution, scores, depth):
        kind.add_argument("-o", "--output", metavar="DIR", required=True, help="folder")


def _add_kind(kinds: Any, name: str, about: str, epilog: str) -> argparse.ArgumentParser:
    kind: argparse.ArgumentParser = kinds.add_parser(
        name,
        help=about,
        description=f"Draw {about}.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return kind


def _add_compare(kinds: Any) -> None:
    compare = kinds.add_parser(
        "compare",
        help="one picture, enlarged by several models side by side",
        description="Enlarge one picture by several models and lay the results side by side.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    compare.set_defaults(run=run_compare)
    add = compare.add_argument
    add("input", metavar="INPUT", help="picture file")
    add(
        "-o", "--output", metavar="PATH", help="picture, .svg or folder (default: beside the input)"
    )
    add(
        "--model",
        action="append",
        metavar="NAME|FILE",
        help="may be given several times (default: bicubic and srresnet_mse)",
    )
    add("--reduce", action="store_true", help="reduce the picture 4x first; it is the last panel")
    add(
        "--middle",
        type=positive_int,
        default=720,
        metavar="N",
        help="show the middle NxN pixels of the results (720)",
    )
    add("--overwrite", action="store_true", help="replace an output that exists")


def _add_depth_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("runs", metavar="RUNS", help="folder of the run folders, made when absent")
    add("--data", metavar="SOURCE", help="train on this; without it, draw what is trained")
    add("--benchmarks", metavar="DIR", required=True, help="folder of benchmark folders")
    add("--benchmark", default="BSD100", metavar="NAME", help="the one to score on (BSD100)")
    add("--blocks", type=_depths, default=(1, 2, 4, 8), metavar="B,B,...", help="(1,2,4,8)")
    add("--steps", type=positive_int, default=4000, metavar="N", help="of each network (4000)")
    add("--num-filters", type=positive_int, default=32, metavar="N", help="(32)")
    add("--batch-size", type=positive_int, default=16, metavar="N", help="(16)")
    add("--crop-size", type=positive_int, default=64, metavar="N", help="(64)")
    add("--seed", type=count, default=0, metavar="N", help="(0)")


def _depths(text: str) -> tuple[int, ...]:
    try:
        return tuple(sorted({count(part) for part in text.split(",")}))
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(
            f"got {text}, expected whole numbers such as 1,2,4,8"
        ) from None


def run_compare(options: argparse.Namespace) -> int:
    """Writes the comparison."""
    from srgan_tf.cli.plan import Found, check_existing, plan_targets
    from srgan_tf.evaluation.comparison import draw_side_by_side, lay_side_by_side
    from srgan_tf.imaging.resize import reduce_4x
    from srgan_tf.inference.upscaler import save_picture
    from srgan_tf.pictures.picture import to_opaque_rgb
    from srgan_tf.pictures.reading import read_picture
    from srgan_tf.pictures.writing import picture_format

    source = Path(options.input)
    (target,) = plan_targets([Found(source)], options.output, "_compare", file_type=".png")
    is_svg = target.suffix.lower() == ".svg"
    if not is_svg:
        picture_format(target)  # refuses one that cannot be written
    check_existing(target, options.overwrite)
    picture = to_opaque_rgb(original := read_picture(source))
    if options.reduce:
        picture = picture[: len(picture) // 4 * 4, : picture.shape[1] // 4 * 4]
        if not picture.size:
            raise ValueError(f"reduce: {source} is smaller than 4x4 pixels")
    picture = _cut_surroundings(picture, options.middle, 4 if options.reduce else 1)
    with made_folder(target.parent):
        upscalers = _open_models(options.model or ["bicubic", "srresnet_mse"])
        lr = reduce_4x(picture) if options.reduce else picture
        panels = {title: upscaler.upscale_array(lr) for title, upscaler in upscalers.items()}
        if options.reduce:  # a model, too, may be called original
            panels["the original" if "original" in panels else "original"] = picture
        icc = b"" if original.is_gray else original.metadata.icc
        if is_svg:
            write_text(target, draw_side_by_side(panels, options.middle, icc))
        else:
            page = lay_side_by_side(panels, options.middle)
            page.info["icc_profile"] = icc
            save_picture(page, target)
    print(target)
    return 0


def _cut_surroundings(picture: "np.ndarray", middle: int, unit: int) -> "np.ndarray":
    """Cuts off, alike on both sides, what is too far from the middle to show in it.

    Args:
        picture: (h, w, 3).
        middle: side of what will be shown of the enlarged picture, pixels.
        unit: pixels of this picture that are one of the small picture; they stay together.
    """
    kept = unit * (-(-middle // 4) + 2 * _CONTEXT)
    top, left = (max(0, side - kept) // 2 // unit * unit for side in picture.shape[:2])
    return picture[top : len(picture) - top, left : picture.shape[1] - left]


def _open_models(models: list[str]) -> "dict[str, Upscaler]":
    """All of them before any is used, each once, by its title."""
    from srgan_tf.inference.upscaler import Upscaler

    models = list(dict.fromkeys(models))
    are_told_apart = len({Path(name).name for name in models}) == len(models)  # unlike runs' files
    with quiet_start():
        return {Path(name).name if are_told_apart else name: Upscaler(name) for name in models}


def run_evolution(options: argparse.Namespace) -> int:
    """Draws a run's samples over its steps."""
    from srgan_tf.evaluation.evolution import draw_evolution

    run, out = Path(options.run_folder), Path(options.output)
    with made_folder(out):
        return _print(draw_evolution(run, out, options.picture, options.count))


def run_scores(options: argparse.Namespace) -> int:
    """Draws a report's scores."""
    from srgan_tf.evaluation.score_figures import draw_scores

    out = Path(options.output)
    with made_folder(out):
        return _print(draw_scores(Path(options.report), out))


def run_depth(options: argparse.Namespace) -> int:
    """Trains what is missing, measures and draws."""
    from srgan_tf.data.benchmarks import find_benchmarks

    found = {benchmark.name: benchmark for benchmark in find_benchmarks(options.benchmarks)}
    if options.benchmark not in found:
        raise ValueError(
            f"benchmark: got {options.benchmark}, expected one of {', '.join(found)}; choose it "
            "with --benchmark"
        )
    with quiet_start():
        import keras  # noqa: F401  # so that what its backend says at its start stays unsaid
    from srgan_tf.evaluation.depth import draw_depth, measure_networks, train_networks

    runs, out = Path(options.runs), Path(options.output)
    with made_folder(out):
        if options.data:
            train_networks(_depth_config(options), options.blocks, runs, _tell)
        points = measure_networks(runs, found[options.benchmark], _tell)
        return _print(draw_depth(points, options.benchmark, out))


def _depth_config(options: argparse.Namespace) -> "TrainConfig":
    """The settings that all networks share."""
    from srgan_tf.config import DataConfig, TrainConfig

    return TrainConfig(
        "srresnet_mse",
        DataConfig(options.data, options.batch_size, options.crop_size, seed=options.seed),
        num_filters=options.num_filters,
        steps=options.steps,
        learning_rate=1e-3,
        schedule="cosine",
        warmup=min(50, options.steps // 10),
        ema=0.99,
    )


def _print(paths: list[Path]) -> int:
    print("\n".join(map(str, paths)))
    return 0


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
