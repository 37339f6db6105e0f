import numpy as np
import pytest

from srgan_tf.data.benchmarks import find_benchmarks
from srgan_tf.imaging.ranges import uint8_to_tanh
from srgan_tf.inference import feature_distance
from srgan_tf.inference.engines import open_engine
from srgan_tf.inference.feature_distance import FeatureDistance
from srgan_tf.inference.scoring import score_pictures, sr_from_engine
from srgan_tf.models.vgg import build_vgg_features, vgg_input


@pytest.fixture(scope="module")
def distance(vgg34_npz):
    return FeatureDistance(vgg34_npz)


@pytest.fixture
def pair(samples, rng):
    """A result and its original, 72x100 pixels."""
    hr = samples["coffee"][40:112, 100:200]
    return np.clip(hr + rng.normal(0, 20, hr.shape), 0, 255).astype(np.uint8), hr


def test_it_is_the_mean_squared_difference_of_the_features(distance, pair, vgg34_npz):
    features = build_vgg_features(3, 4, vgg34_npz)
    maps = [np.asarray(features(vgg_input(uint8_to_tanh(picture)[None]))) for picture in pair]
    sr, hr = pair
    (ours,) = distance([sr], hr)
    assert ours == pytest.approx(np.mean(np.square(maps[0] - maps[1])), rel=1e-4)


def test_an_original_is_at_distance_0_and_results_keep_their_order(distance, pair):
    sr, hr = pair
    far, near = distance([sr, hr], hr)
    assert near == 0 < far


def test_windows_give_the_distance_of_the_whole_picture(distance, pair, monkeypatch):
    sr, hr = pair
    whole = distance([sr], hr)
    seen = []
    monkeypatch.setattr(feature_distance, "_TILE", 4)  # windows of 20x20 features in 18x25
    see = FeatureDistance._see
    monkeypatch.setattr(
        FeatureDistance, "_see", lambda self, part: (seen.append(part.shape), see(self, part))[1]
    )
    assert distance([sr], hr) == pytest.approx(whole, rel=1e-4)
    assert len(seen) == 2 * 3 and max(shape[1] for shape in seen) <= 80


def test_gray_is_seen_as_its_rgb(distance, pair):
    gray, of_colour = pair[0][..., 0], pair[1]
    as_rgb = np.repeat(gray[..., None], 3, axis=-1)
    assert distance([gray], of_colour) == distance([as_rgb], of_colour)


def test_wrong_sizes(distance, pair):
    sr, hr = pair
    with pytest.raises(ValueError, match="got a result of 100x71 pixels for an original of 100x72"):
        distance([sr[1:]], hr)
    with pytest.raises(ValueError, match="got 3x8 pixels, expected at least 4x4"):
        distance([hr[:8, :3]], hr[:8, :3])


@pytest.mark.slow
def test_the_gan_is_nearer_than_srresnet_on_set5(data_folder):
    weights = data_folder / "vgg19" / "vgg19_conv1_1_to_conv3_4.npz"
    measures = {"phi34": FeatureDistance(weights)}
    set5 = find_benchmarks(data_folder / "benchmarks")[0]
    gan, srresnet = (
        score_pictures(set5.images(), sr_from_engine(open_engine(name)), measures=measures)
        for name in ("srgan_vgg22", "srresnet_mse")
    )
    assert gan.phi34 < 0.9 * srresnet.phi34
