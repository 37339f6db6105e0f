"""`srgan-tf export`: a model for TensorFlow Serving, for LiteRT or for ONNX Runtime."""

import argparse
from typing import Any

from srgan_tf.cli.quiet import quiet_start

_EPILOG = """\
examples:
  srgan-tf export saved_model --model srresnet_mse -o models     models/srresnet_mse/1/
  srgan-tf export tflite --model srresnet_mse -o models          models/srresnet_mse.tflite
  srgan-tf export tflite --model runs/mine/generator.keras --quantize dynamic -o models
  srgan-tf export onnx --model srresnet_mse -o models            models/srresnet_mse.onnx
                                                                 (pip install '.[onnx]')

All take lr and give sr, RGB in [0, 1], at any height and width; the SavedModel takes PNG and JPEG
files too. Each time, the SavedModel's version is one higher; other files are replaced.

Before an export is put in its place it is compared with Keras, on sample pictures of odd sizes
and, with --benchmarks, on originals. What it may differ: float32 1e-4; against the originals of
Set14, float16 0.01 dB, dynamic 0.1 dB, int8 0.3 dB (without --benchmarks, a PSNR to Keras at which
an error would cost that). Beyond, nothing is exported and the exit code is 2.

What runs the exports is in the folder export/ of the project, which needs none of srgan_tf.
"""


def add_command(commands: Any) -> None:
    """Declares the command's arguments."""
    parser = commands.add_parser(
        "export",
        help="a SavedModel for TensorFlow Serving, a TFLite or an ONNX model",
        description="Write a model for other programs, and compare it with Keras first.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    add = parser.add_argument
    add("kind", choices=("saved_model", "tflite", "onnx"), help="what to write")
    add(
        "--model",
        metavar="NAME|FILE",
        required=True,
        help="srresnet_mse, srresnet_vgg22, srgan_mse, srgan_vgg22, srgan_vgg54, or a file of such "
        "a network (.keras, .weights.h5, .npz)",
    )
    add("-o", "--output", metavar="DIR", required=True, help="folder for the export")
    add(
        "--quantize",
        choices=("none", "float16", "dynamic", "int8"),
        default="none",
        help="tflite: float16 halves the file; dynamic (8-bit weights) is the fastest on CPUs; "
        "int8 (features too) is for hardware without floats (default: none)",
    )
    add(
        "--calibration",
        metavar="DIR",
        help="pictures like those to come, for dynamic and int8 (default: samples of the package)",
    )
    add(
        "--verify",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="compare with Keras (default: yes)",
    )
    add("--benchmarks", metavar="DIR", help="folder of benchmark folders to compare on too")


def run(options: argparse.Namespace) -> int:
    """Makes the export and prints its path and what was found in comparing."""
    with quiet_start() as tell:  # converters remark on what is as it should be
        from srgan_tf.export.make import Wanted, make_export, use_cpu_alone

        use_cpu_alone()
        wanted = Wanted(
            options.kind,
            options.model,
            options.quantize,
            options.calibration,
            options.verify,
            options.benchmarks,
        )
        path, found = make_export(wanted, options.output, tell)
    print(path)
    for line in found.lines() if found else []:
        print(line)
    return 0
