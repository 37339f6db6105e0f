"""The trained weights in the package."""

import numpy as np
import pytest

from srgan_tf.data.benchmarks import find_benchmarks
from srgan_tf.imaging.resize import reduce_4x, upscale_bicubic
from srgan_tf.inference.engines import open_engine
from srgan_tf.inference.scoring import score_pictures, sr_from_engine
from srgan_tf.metrics import score
from srgan_tf.models.shipped import shipped_names, shipped_path
from srgan_tf.recipes import BASELINES, find_recipe


def test_srresnet_is_shipped():
    assert "srresnet_mse" in shipped_names()


@pytest.mark.parametrize("name", shipped_names())
def test_files_are_small_and_complete(name):
    is_baseline = find_recipe(name) in BASELINES
    for suffix in (".npz",) if is_baseline else (".npz", ".tflite", ".dynamic.tflite"):
        assert 0 < shipped_path(name, suffix).stat().st_size <= 3_600_000


@pytest.mark.parametrize("name", shipped_names(".tflite"))
def test_both_engines_give_the_same_picture(name, samples):
    lr = samples["coffee"][40:97, 100:141]
    by_litert, by_keras = (open_engine(name, engine)(lr) for engine in ("litert", "keras"))
    assert np.abs(by_litert.astype(int) - by_keras.astype(int)).max() <= 1


def test_srresnet_restores_more_than_bicubic_on_every_sample(samples):
    engine = open_engine("srresnet_mse")
    gains = {}
    for name, picture in samples.items():
        hr = picture[: picture.shape[0] // 4 * 4, : picture.shape[1] // 4 * 4]
        lr = reduce_4x(hr)
        gains[name] = score(engine(lr), hr).psnr - score(upscale_bicubic(lr), hr).psnr
    assert min(gains.values()) > 0.2, gains  # two of them are soft
    assert np.mean(list(gains.values())) > 1, gains


def test_srresnet_meets_its_due_score_on_set5(data_folder):
    set5 = find_benchmarks(data_folder / "benchmarks")[0]
    result = score_pictures(set5.images(), sr_from_engine(open_engine("srresnet_mse")))
    assert set5.name == "Set5"
    assert result.psnr >= 31.0
