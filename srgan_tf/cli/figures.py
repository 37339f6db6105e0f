"""`srgan-tf figures`: pictures that show what the models do."""

import argparse
from pathlib import Path
from typing import Any

from srgan_tf.cli.quiet import quiet_start

_EPILOG = """\
examples:
  srgan-tf figures compare photo.jpg                 writes photo_compare.png beside photo.jpg
  srgan-tf figures compare photo.jpg --model bicubic --model runs/mine/generator.keras -o out.png
"""


def add_command(commands: Any) -> None:
    """Declares the command and its kinds of figure."""
    parser = commands.add_parser(
        "figures",
        help="pictures that compare the models",
        description="Make pictures that compare the models.",
    )
    kinds = parser.add_subparsers(title="figures", metavar="FIGURE", required=True)
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
    add("-o", "--output", metavar="PATH", help="file or folder (default: beside the input)")
    add(
        "--model",
        action="append",
        metavar="NAME|FILE",
        help="may be given several times (default: bicubic and srresnet_mse)",
    )
    add("--overwrite", action="store_true", help="replace an output that exists")


def run_compare(options: argparse.Namespace) -> int:
    """Writes the comparison."""
    from srgan_tf.cli.plan import Found, check_existing, plan_targets
    from srgan_tf.evaluation.comparison import lay_side_by_side
    from srgan_tf.inference.upscaler import Upscaler, save_picture
    from srgan_tf.pictures.picture import to_opaque_rgb
    from srgan_tf.pictures.reading import read_picture

    source = Path(options.input)
    (target,) = plan_targets([Found(source)], options.output, "_compare", file_type=".png")
    check_existing(target, options.overwrite)
    lr = to_opaque_rgb(read_picture(source))
    models = options.model or ["bicubic", "srresnet_mse"]
    panels = {}
    for model in models:
        with quiet_start():
            upscaler = Upscaler(model)
        panels[Path(model).name] = upscaler.upscale_array(lr)
    target.parent.mkdir(parents=True, exist_ok=True)
    save_picture(lay_side_by_side(panels), target)
    print(target)
    return 0
