from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import srgan_tf
from srgan_tf.data.folder import find_pictures
from srgan_tf.evaluation import fit_niqe
from srgan_tf.metrics.niqe import block_features, read_model

SAMPLES = Path(srgan_tf.__file__).parent / "samples"


def test_a_few_photos_make_no_model():
    with pytest.raises(ValueError, match=r"got 4 photos with .* sharp blocks, expected 1,000"):
        fit_niqe.fit_photos(sorted(SAMPLES.glob("*.png")))


def test_only_sharp_blocks_count(samples, tmp_path, monkeypatch):
    sharp = samples["chelsea"][:288, :384]
    half = sharp.copy()
    half[:, 192:] = half.mean(axis=(0, 1))
    Image.fromarray(half).save(tmp_path / "half.png")
    features, sharpness = block_features(half)
    kept = features[sharpness > 0.75 * sharpness.max()]
    assert 2 <= len(kept) < len(features)
    seen = []
    monkeypatch.setattr(fit_niqe, "fit_model", lambda blocks: seen.append(blocks))
    monkeypatch.setattr(fit_niqe, "_LEAST_BLOCKS", len(kept) * 2)
    fit_niqe.fit_photos([tmp_path / "half.png"] * 2)
    assert len(seen[0]) == 2 * len(kept)
    np.testing.assert_array_equal(seen[0][: len(kept)], kept)


@pytest.mark.slow
def test_the_shipped_model_is_the_fit(data_folder):
    model, _ = fit_niqe.fit_photos(find_pictures(data_folder / "train"))
    shipped = read_model()
    np.testing.assert_allclose(model.mean, shipped.mean, rtol=1e-6)
    np.testing.assert_allclose(model.covariance, shipped.covariance, rtol=1e-4, atol=1e-9)
