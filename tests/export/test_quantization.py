import numpy as np
import pytest

from srgan_tf.export.quantization import equalize, round_kernels
from srgan_tf.models.folded import Convolution, FoldedGenerator, fold


@pytest.fixture(scope="module")
def network(small_generator):
    return fold(small_generator)


@pytest.fixture(scope="module")
def pictures():
    """Smooth, as photos are: errors that add up show only where neighbours are alike."""
    rng = np.random.default_rng(5)
    coarse = rng.random((2, 1, 4, 5, 3), dtype=np.float32)
    return list(np.repeat(np.repeat(coarse, 8, axis=2), 8, axis=3))


def test_equalized_networks_compute_the_same(network, pictures):
    lr = pictures[0]
    assert np.asarray(equalize(network, pictures)(lr)) == pytest.approx(
        np.asarray(network(lr)), rel=1e-5, abs=1e-4
    )


def test_equalized_channels_reach_equally_far(network, pictures):
    reach = {}

    def watch(index, x):
        most = np.abs(np.asarray(x)).max((0, 1, 2))
        reach[index] = np.maximum(reach.get(index, 0), most)

    equalized = equalize(network, pictures)
    for lr in pictures:
        equalized(lr, watch)
    for index in (-3, -2, -1):
        most = reach[len(network.convolutions) + index]
        assert most == pytest.approx(np.full_like(most, most.max()), rel=1e-4)


def test_rounded_kernels_lie_on_the_levels_that_a_converter_finds(network, pictures):
    for convolution in round_kernels(network, pictures).convolutions:
        kernel = convolution.kernel
        levels = kernel / (np.abs(kernel).max((0, 1, 2)) / 127)
        assert levels == pytest.approx(np.rint(levels), abs=1e-3)


def test_errors_cancel_on_real_features(network, pictures):
    """Against rounding each weight to its nearest level."""

    def nearest(convolution):
        scale = np.abs(convolution.kernel).max((0, 1, 2)) / 127
        return Convolution(np.rint(convolution.kernel / scale) * scale, convolution.bias)

    plain = FoldedGenerator(tuple(map(nearest, network.convolutions)), network.slopes)
    ours = round_kernels(network, pictures)

    def error(other):
        pairs = [(np.asarray(network(lr)), np.asarray(other(lr))) for lr in pictures]
        return np.mean([np.square(a - b).mean() for a, b in pairs])

    assert error(ours) < 0.5 * error(plain)


def test_no_pictures_are_refused(network):
    with pytest.raises(ValueError, match="got no pictures"):
        equalize(network, [])
