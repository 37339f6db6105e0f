"""Prints NIQE of the sample pictures by scikit-video 1.1.11: the numbers in `test_niqe.py`.

It needs an environment of its own:

    python3.11 -m venv golden
    golden/bin/pip install scikit-video==1.1.11 "numpy==1.26.4" scipy pillow
    golden/bin/python tests/metrics/make_niqe_golden.py srgan_tf/samples/*.png

scikit-video asks for two names that NumPy and SciPy have since dropped. They are put back here:
`numpy.int` is `int`; `scipy.misc.imresize` was, in this mode, Pillow's bicubic filter on floats.
"""

import sys
import types
from pathlib import Path

import numpy as np
import scipy
from PIL import Image


def imresize(plane, factor, interp, mode):
    if (interp, mode) != ("bicubic", "F"):
        raise SystemExit(f"got {interp}, {mode}")
    size = tuple((np.array(plane.shape[::-1]) * factor).astype(int))
    return np.asarray(Image.fromarray(plane, mode="F").resize(size, Image.Resampling.BICUBIC))


np.int, np.float, np.bool = int, float, bool
scipy.misc = types.ModuleType("scipy.misc")
scipy.misc.imresize = imresize
sys.modules["scipy.misc"] = scipy.misc

import skvideo.measure  # noqa: E402

for path in map(Path, sys.argv[1:]):
    gray = np.asarray(Image.open(path).convert("L"))
    print(f'    "{path.stem}": {float(skvideo.measure.niqe(gray)[0]):.4f},  # {gray.shape}')
