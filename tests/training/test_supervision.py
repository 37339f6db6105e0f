import keras
import numpy as np
import pytest

from srgan_tf.losses.content import luma_loss
from srgan_tf.models.baselines import build_drcn, build_espcn
from srgan_tf.training.supervision import supervised


def test_every_recursion_counts(rng):
    network = build_drcn(4, 2)
    network.get_layer("merge").shares.assign([0.25, 0.5])
    model = supervised(network)
    model.compile("sgd", loss=lambda hr, sr: keras.ops.expand_dims(luma_loss(hr, sr), 0))
    lr = rng.random((2, 4, 4, 3), np.float32)
    hr = rng.uniform(-1, 1, (2, 16, 16, 3)).astype(np.float32)
    result, first, second = model(lr)
    np.testing.assert_array_equal(result, network(lr))
    expected = 0.5 * luma_loss(hr, result)
    expected += 0.25 * (luma_loss(hr, first) + luma_loss(hr, second))
    assert model.evaluate(lr, hr, verbose=0) == pytest.approx(float(expected), rel=1e-5)


def test_one_recursion(rng):
    model = supervised(build_drcn(4, 1))
    assert len(model(rng.random((1, 4, 4, 3), np.float32))) == 2


def test_other_networks_are_fitted_as_they_are():
    network = build_espcn()
    assert supervised(network) is network
