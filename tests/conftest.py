import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import srgan_tf

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before any test imports TensorFlow
# Here and in processes that tests start, XLA compiles for longer than a test then computes.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=1")


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
def study_folders(tmp_path_factory, samples):
    """Originals of two sets, results of two methods, calibration pictures: parts of photos."""
    from srgan_tf.imaging.resize import reduce_4x, upscale_bicubic, upscale_nearest

    root = tmp_path_factory.mktemp("pictures")

    def save(name, pixels):
        path = root / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)

    for index in range(9):
        photo = samples[sorted(samples)[index % 4]]
        hr = np.ascontiguousarray(photo[20 + 9 * index :, 30 + 5 * index :][:48, :64])
        if index >= 6:
            save(f"calibration/c{index}", hr)
            continue
        name = "SetA" if index < 2 else "SetB"
        save(f"original/{name}/HR/img_{index}", hr)
        save(f"nearest/{name}/img_{index}", upscale_nearest(reduce_4x(hr)))
        save(f"bicubic/{name}/img_{index}_x4", upscale_bicubic(reduce_4x(hr)))
    return root


@pytest.fixture(scope="session")
def open_browser():
    """Opens a headless Chromium, for a `with` statement."""
    selenium = pytest.importorskip("selenium.webdriver")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("needs chromium and chromedriver")

    def open_one(*switches, width=900, height=700, preferences=None):
        options = selenium.ChromeOptions()
        options.binary_location = chromium
        for switch in (
            *("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage"),
            *("disable-background-networking", "disable-component-update", "disable-sync"),
            *("no-first-run", "force-color-profile=srgb", f"window-size={width},{height}"),
            *switches,
        ):
            options.add_argument(f"--{switch}")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        if preferences:
            options.add_experimental_option("prefs", preferences)
        return selenium.Chrome(options, selenium.ChromeService(driver))

    return open_one


@pytest.fixture(scope="session")
def small_generator():
    """A small network with statistics as if trained. Shared: tests may not change it."""
    import keras

    from srgan_tf.models.generator import build_generator

    keras.utils.set_random_seed(1)
    generator = build_generator(num_blocks=2, num_filters=8)
    rng = np.random.default_rng(1)
    for variable in generator.variables:
        noise = rng.normal(0, 0.1, variable.shape).astype(np.float32)
        variable.assign(variable.numpy() + (abs(noise) if "variance" in variable.path else noise))
    return generator


@pytest.fixture(scope="session")
def vgg_npz(tmp_path_factory):
    """VGG19 weights of the right shapes and random values, up to phi_{2,2}."""
    return save_random_vgg(tmp_path_factory.mktemp("vgg") / "vgg.npz", (64, 64), (128, 128))


@pytest.fixture(scope="session")
def vgg34_npz(tmp_path_factory):
    """The same up to phi_{3,4}."""
    path = tmp_path_factory.mktemp("vgg34") / "vgg.npz"
    return save_random_vgg(path, (64, 64), (128, 128), (256,) * 4)


def save_random_vgg(path, *blocks):
    rng = np.random.default_rng(2)
    arrays = {}
    num_in = 3
    for i, block in enumerate(blocks, 1):
        for j, num_out in enumerate(block, 1):
            scale = np.sqrt(2 / (9 * num_in))
            kernel = rng.normal(0, scale, (3, 3, num_in, num_out)).astype(np.float32)
            arrays |= {f"conv{i}_{j}_W": kernel, f"conv{i}_{j}_b": np.zeros(num_out, np.float32)}
            num_in = num_out
    np.savez(path, **arrays)
    return path
