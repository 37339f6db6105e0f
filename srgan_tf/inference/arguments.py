"""The arguments that say how a picture is enlarged, for every program that does it.

Standard library only, since `--help` must not wait for anything else.
"""

import argparse
from typing import Any

SCALES = (2, 3, 4)
ENGINES = ("litert", "keras", "saved_model")
DEFAULT_MODEL = "srresnet_mse"


def add_engine_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares how a model is run."""
    add = parser.add_argument
    add(
        "--engine",
        choices=ENGINES,
        help="what runs the model (default: by its kind)",
    )
    add(
        "--fast",
        action="store_true",
        help="8-bit weights, for srresnet_mse, srresnet_vgg22 and the srgan models: about 3 times "
        "as fast, 0.05 dB less on Set14 (srresnet_mse)",
    )
    add(
        "--ensemble",
        action="store_true",
        help="mean over the eight flips and rotations: 0.11 dB more on Set14, 8 times as long",
    )


def engine_arguments(options: argparse.Namespace) -> dict[str, Any]:
    """What `open_engine` is called with besides the model."""
    return {"engine": options.engine, "fast": options.fast, "ensemble": options.ensemble}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the model, how it is run and the result's size."""
    parser.add_argument(
        "--model",
        metavar="NAME|FILE",
        default=DEFAULT_MODEL,
        help="nearest, bicubic, a shipped model, a file (.keras, .weights.h5, .npz, .tflite) or a "
        "SavedModel folder; default: srresnet_mse",
    )
    add_engine_arguments(parser)
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--scale",
        type=int,
        choices=SCALES,
        default=4,
        help="how much wider and higher (default: 4); for 2 and 3, the result of 4 is reduced",
    )
    size.add_argument(
        "--size",
        type=_size,
        metavar="WxH",
        help="width and height of the result, at most 4 times the input's",
    )
    parser.add_argument(
        "--tile",
        type=int,
        metavar="N",
        help="side of a tile, pixels of the input (default: by free memory, at most 256)",
    )
    parser.add_argument(
        "--quality",
        type=int,
        metavar="N",
        help="1 to 100, of JPEG, WebP and AVIF files (default: 95)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace outputs that exist")


def refuse_empty_texts(options: argparse.Namespace) -> None:
    """Those of a shell's variable that is not set; among many inputs, one is told by its command.

    Raises:
        ValueError: an option got one.
    """
    for name, value in vars(options).items():
        if value == "" or (isinstance(value, list) and "" in value and name != "inputs"):
            raise ValueError(f"{name.replace('_', '-')}: got an empty text")


def upscaler_arguments(options: argparse.Namespace) -> dict[str, Any]:
    """What `srgan_tf.Upscaler` is called with."""
    names = ("model", "tile", "scale", "size")
    return engine_arguments(options) | {name: getattr(options, name) for name in names}


def result_mark(options: argparse.Namespace) -> str:
    """What a result's name has behind its input's, such as `_x4` or `_1920x1080`."""
    return "_{}x{}".format(*options.size) if options.size else _scale_mark(options.scale)


def result_marks(options: argparse.Namespace) -> set[str]:
    """The same of all results that may lie beside an input: this run's and those of any scale."""
    return {result_mark(options), *map(_scale_mark, SCALES)}


def _scale_mark(scale: int) -> str:
    return f"_x{scale}"


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise argparse.ArgumentTypeError(f"got {text!r}, expected WIDTHxHEIGHT such as 1920x1080")
    return int(width), int(height)
