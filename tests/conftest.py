import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import srgan_tf

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before any test imports TensorFlow


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def data_folder():
    """The folder of benchmark pictures, which may not be redistributed."""
    if "SRGAN_TF_DATA" not in os.environ:
        pytest.skip("set SRGAN_TF_DATA to the folder that holds benchmarks/")
    return Path(os.environ["SRGAN_TF_DATA"])


@pytest.fixture(scope="session")
def samples():
    """The sample pictures of the package by name, uint8 (h, w, 3)."""
    folder = Path(srgan_tf.__file__).parent / "samples"
    return {path.stem: np.asarray(Image.open(path)) for path in folder.glob("*.png")}


@pytest.fixture(scope="session")
def small_generator():
    """A small network with statistics as if trained. Shared: tests may not change it."""
    from srgan_tf.models.generator import build_generator

    generator = build_generator(num_blocks=2, num_filters=8)
    rng = np.random.default_rng(1)
    for variable in generator.variables:
        noise = rng.normal(0, 0.1, variable.shape).astype(np.float32)
        variable.assign(variable.numpy() + (abs(noise) if "variance" in variable.path else noise))
    return generator
