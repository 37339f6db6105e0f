"""Runs under TensorFlow 2.15 and tensorflow-addons 0.23: what Keras 3 computed, computed there.

    python compare.py models/srresnet_mse/1 case.npz

`case.npz` comes from the present environment (`tests/export/test_legacy.py` writes one) and holds
    lr, sr              pictures (n, h, w, 3) in [0, 1] and what Keras 3 makes of them
    hr, reduced, sigma  a picture (s, s, 3) in [0, 1] and its Gaussian reduction by 4, unrounded
"""

import argparse
import sys

import numpy as np
import tensorflow as tf
import tensorflow_addons as tfa

MODEL_TOLERANCE = 1e-4
GAUSSIAN_TOLERANCE = 1e-5


def reduce_gaussian(hr, sigma):
    """Gaussian blur, then every 4th pixel, by `tfa.image.gaussian_filter2d`.

    The reduction is centred in each block of four pixels, half a pixel beside any of them, where
    the addon's filter has no tap. On a grid twice as fine (zeros between the pixels, twice the
    sigma) it has; a second picture of ones says by how much the taps that met zeros are missed.
    """
    radius = int(np.ceil(4 * sigma)) + 1
    padded = np.pad(hr, ((radius, radius), (radius, radius), (0, 0)), "edge")
    fine = np.zeros((2 * padded.shape[0], 2 * padded.shape[1], 4), np.float32)
    fine[::2, ::2, :3], fine[::2, ::2, 3] = padded, 1
    taps = 2 * (2 * radius + 1) + 1
    blurred = tfa.image.gaussian_filter2d(fine, (taps, taps), 2 * sigma).numpy()
    first = 2 * radius + 3
    blurred = blurred[first::8, first::8][: hr.shape[0] // 4, : hr.shape[1] // 4]
    return blurred[..., :3] / blurred[..., 3:]


def main():
    """Returns 0 where both agree."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("saved_model", help="folder of a version")
    parser.add_argument("case", help=".npz file")
    options = parser.parse_args()
    case = np.load(options.case)
    serve = tf.saved_model.load(options.saved_model).signatures["serving_default"]
    sr = serve(lr=tf.constant(case["lr"]))["sr"].numpy()
    reduced = reduce_gaussian(case["hr"], float(case["sigma"]))
    print(f"TensorFlow {tf.__version__}, tensorflow-addons {tfa.__version__}")
    agrees = True
    for what, here, there, tolerance in (
        ("SavedModel and Keras 3", sr, case["sr"], MODEL_TOLERANCE),
        ("gaussian_filter2d and our reduction", reduced, case["reduced"], GAUSSIAN_TOLERANCE),
    ):
        if here.shape != there.shape:
            sys.exit(f"{what}: got {here.shape} and {there.shape}, expected one shape")
        difference = np.abs(here - there).max()
        print(f"{what}: differ by up to {difference:.1e} (allowed: {tolerance:.0e})")
        agrees = agrees and difference <= tolerance
    return 0 if agrees else 1


if __name__ == "__main__":
    sys.exit(main())
