import keras
import numpy as np
import pytest

from srgan_tf.imaging.resize import upscale_bicubic, upscaling_taps
from srgan_tf.models.baselines import build_drcn, build_espcn, build_srcnn
from srgan_tf.models.luma import BicubicUpscale, luma
from srgan_tf.models.networks import build_network
from srgan_tf.models.weights import copy_weights


def test_luma_is_that_of_bt_601_in_the_range_of_its_colours():
    found = np.asarray(luma(np.float32([[1, 0, 0], [0, 1, 0], [0, 0, 1], [-1, -1, -1]])))
    np.testing.assert_allclose(found[:, 0], [0.299, 0.587, 0.114, -1], rtol=1e-6)


def build_small_drcn():
    return build_drcn(num_filters=8, num_recursions=3)


@pytest.fixture
def lr(samples):
    return samples["chelsea"][100:115, 120:141] // 2 + 64  # nothing is clipped on the way


def test_bicubic_layer_is_imresize_but_for_rounding(lr):
    large = np.asarray(BicubicUpscale()(lr[None].astype(np.float32)))[0]
    rounded_twice = 0.5 * (1 + np.abs(upscaling_taps()).sum(axis=1).max())
    assert np.abs(large - upscale_bicubic(lr)).max() <= rounded_twice + 1e-3


@pytest.mark.parametrize(
    ("build", "parameters"),
    [(build_srcnn, 57_281), (build_espcn, 24_752), (build_drcn, 1_775_121)],
)
def test_sizes(build, parameters):
    assert build().count_params() == parameters


@pytest.mark.parametrize("build", [build_srcnn, build_espcn, build_small_drcn])
def test_a_baseline_starts_as_interpolation_and_leaves_the_colours(build, lr):
    keras.utils.set_random_seed(0)
    sr = (np.asarray(build()(lr[None] / np.float32(255)))[0] + 1) / 2
    bicubic = upscale_bicubic(lr).astype(np.float32) / 255
    assert np.abs(sr - bicubic).mean() < 0.04
    colours, expected = (np.diff(x) for x in (sr, bicubic))
    np.testing.assert_allclose(colours, expected, atol=2 / 255)


@pytest.mark.parametrize("build", [build_srcnn, build_espcn, build_small_drcn])
def test_a_baseline_survives_saving(build, lr, tmp_path):
    model = build()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = lr[None] / np.float32(255)
    np.testing.assert_array_equal(model(x), loaded(x))


def test_the_recursion_starts_as_the_identity():
    kernel, bias = build_small_drcn().get_layer("recursion").get_weights()
    identity = np.zeros((3, 3, 8, 8))
    identity[1, 1] = np.eye(8)
    np.testing.assert_array_equal(kernel, identity)
    assert not bias.any()


def test_the_recursion_shares_its_weights():
    assert build_drcn(8, 3).count_params() == build_drcn(8, 5).count_params() - 2


def test_a_baseline_has_one_size():
    with pytest.raises(ValueError, match="espcn has one size"):
        build_network("espcn", num_blocks=4)
    with pytest.raises(ValueError, match="drcn: got 256 maps and 0 recursions, expected 1 or more"):
        build_network("drcn", num_blocks=0)
    with pytest.raises(ValueError, match="drcn differs by blocks alone"):
        build_network("drcn", num_filters=128)


def test_more_recursions_go_on_where_fewer_ended(lr, rng):
    few, more = build_drcn(8, 2), build_drcn(8, 4)
    for variable in few.variables:
        variable.assign(variable + 0.05 * rng.standard_normal(variable.shape, np.float32))
    copy_weights(few, more)
    x = lr[None] / np.float32(255)
    np.testing.assert_allclose(more(x), few(x), atol=1e-6)
    with pytest.raises(ValueError, match="for another network"):
        copy_weights(more, few)


@pytest.mark.parametrize("build", [build_srcnn, build_espcn, lambda: build_drcn(8, 2)])
def test_colours_and_luma_keep_their_digits_in_half_precision(build):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network = build()
    finally:
        keras.config.set_dtype_policy("float32")
    kinds = {layer.name: layer.compute_dtype for layer in network.layers}
    assert {kinds[name] for name in ("bicubic", "luma", "colours")} == {"float32"}
    assert kinds["conv1" if "conv1" in kinds else "embed1"] == "bfloat16"
