"""`srgan-tf upscale`: a picture four times as wide and high."""

import argparse
import sys
from pathlib import Path
from typing import Any

from srgan_tf.cli.quiet import quiet_start

_EPILOG = """\
examples:
  srgan-tf upscale photo.jpg                  writes photo_x4.png beside photo.jpg
  srgan-tf upscale photo.jpg -o big.png
  srgan-tf upscale photo.jpg --model bicubic -o plain.png
  srgan-tf upscale a.png b.png -o results     writes results/a_x4.png and results/b_x4.png
"""


def add_command(commands: Any) -> None:
    """Declares the command's arguments."""
    parser = commands.add_parser(
        "upscale",
        help="make pictures 4 times as wide and high",
        description="Make pictures 4 times as wide and high, with trained weights in the package.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    add = parser.add_argument
    add("inputs", nargs="+", metavar="INPUT", help="picture files")
    add("-o", "--output", metavar="PATH", help="file for one input, or folder")
    add(
        "--model",
        metavar="NAME|FILE",
        default="srresnet_mse",
        help="nearest, bicubic, a shipped model, or a file (.keras, .weights.h5, .npz, .tflite); "
        "default: srresnet_mse",
    )
    add("--engine", choices=("litert", "keras"), help="what runs the model (default: by its kind)")
    add("--tile", type=int, metavar="N", help="side of a tile, pixels of the input (default: 256)")
    add("--overwrite", action="store_true", help="replace outputs that exist")


def run(options: argparse.Namespace) -> int:
    """Upscales each input; a bad one does not stop the others."""
    from srgan_tf.inference.upscaler import (
        TILE,
        Upscaler,
        picture_format,
        read_picture,
        save_picture,
    )

    inputs = [Path(name) for name in options.inputs]
    outputs = plan_outputs(inputs, options.output, options.overwrite)
    for target in outputs:
        picture_format(target)
    if len(inputs) == 1:
        read_picture(inputs[0])  # says what is wrong with it before a model is loaded
    tile = TILE if options.tile is None else options.tile
    with quiet_start():
        upscaler = Upscaler(options.model, options.engine, tile)
    failed = 0
    for source, target in zip(inputs, outputs, strict=True):
        try:
            save_picture(upscaler(read_picture(source)), target)
            print(target)
        except (ValueError, OSError) as error:
            if len(inputs) == 1:
                raise
            print(f"srgan-tf: {error}", file=sys.stderr)
            failed += 1
    return 1 if failed else 0


def plan_outputs(
    inputs: list[Path], output: str | None, overwrite: bool, suffix: str = "_x4"
) -> list[Path]:
    """Decides where each result goes, before any work is done.

    Raises:
        ValueError: a result exists and may not be replaced, is an input, would be written twice,
            or the folder is missing.
    """
    folder = Path(output) if output else None
    one_file = folder is not None and len(inputs) == 1 and not folder.is_dir() and folder.suffix
    if one_file and folder is not None:
        outputs = [folder]
        if not folder.parent.is_dir():
            raise ValueError(f"output: the folder {folder.parent} does not exist")
    else:
        if folder is not None:
            if folder.exists() and not folder.is_dir():
                raise ValueError(f"output: got the file {folder}, expected a folder")
            folder.mkdir(parents=True, exist_ok=True)
        outputs = [(folder or path.parent) / f"{path.stem}{suffix}.png" for path in inputs]
    sources = {path.resolve() for path in inputs}
    seen: set[Path] = set()
    for path in outputs:
        real = path.resolve()
        if real in sources:
            raise ValueError(f"output: {path} is an input too; choose another -o")
        if real in seen:
            raise ValueError(f"output: two inputs would both be written to {path}")
        if path.exists() and not overwrite:
            raise ValueError(f"output: {path} exists; add --overwrite or choose another -o")
        seen.add(real)
    return outputs
