import numpy as np
import pytest
from PIL import Image

from srgan_tf.imaging.resize import reduce_4x, upscale_bicubic, upscale_nearest
from srgan_tf.mos.plan import make_study


def save(path, pixels, **settings):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **settings)


@pytest.fixture(scope="session")
def folders(tmp_path_factory, samples):
    """Originals of two sets, results of two methods, calibration pictures: parts of photos."""
    root = tmp_path_factory.mktemp("pictures")
    for index in range(9):
        photo = samples[sorted(samples)[index % 4]]
        hr = np.ascontiguousarray(photo[20 + 9 * index :, 30 + 5 * index :][:48, :64])
        if index >= 6:
            save(root / "calibration" / f"c{index}.png", hr)
            continue
        name = f"{'first' if index < 2 else 'second'}"
        save(root / "original" / name / "HR" / f"img_{index}.png", hr)
        save(root / "nearest" / name / f"img_{index}.png", upscale_nearest(reduce_4x(hr)))
        save(root / "bicubic" / name / f"img_{index}_x4.png", upscale_bicubic(reduce_4x(hr)))
    return root


@pytest.fixture
def plan(folders, tmp_path):
    """Makes a study of the folders: 6 images in 3 versions."""

    def make(folder="study", methods=("nearest", "bicubic"), **settings):
        results = {method: str(folders / method) for method in methods}
        calibration = settings.pop("calibration", folders / "calibration")
        originals = settings.pop("originals", folders / "original")
        settings = {"num_raters": 3, "num_calibration": 2, "num_repeats": 2, **settings}
        return make_study(tmp_path / folder, originals, results, calibration, **settings)

    return make
