import keras
import numpy as np
import pytest

from srgan_tf.metrics import psnr
from srgan_tf.models.generator import build_generator
from srgan_tf.models.start import start_as_interpolation


@pytest.fixture(scope="module")
def started():
    """A small network that starts as interpolation. Shared: tests may not change it."""
    generator = untouched()
    start_as_interpolation(generator)
    return generator


def untouched():
    keras.utils.set_random_seed(0)
    return build_generator(num_blocks=2, num_filters=8)


def bilinear_4x(lr):
    """Bilinear interpolation, pixel centres at 1/2, straight from the definition."""
    height, width, channels = lr.shape
    sr = np.empty((4 * height, 4 * width, channels))
    for i in range(4 * height):
        for j in range(4 * width):
            y, x = ((k + 0.5) / 4 - 0.5 for k in (i, j))
            top, left = int(np.floor(y)), int(np.floor(x))
            sr[i, j] = 0
            for row, column in [(top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)]:
                weight = (1 - abs(y - row)) * (1 - abs(x - column))
                sr[i, j] += weight * lr[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
    return sr


def test_without_its_random_part_it_is_bilinear_interpolation(started, rng):
    generator = keras.models.clone_model(started)
    generator.set_weights(started.get_weights())
    tail = generator.get_layer("tail_conv")
    kernel, bias = tail.get_weights()
    kernel[:, :, 3:] = 0
    tail.set_weights([kernel, bias])
    lr = rng.uniform(0, 1, (6, 9, 3)).astype(np.float32)
    sr = generator.predict_on_batch(lr[None])[0]
    expected = 2 * bilinear_4x(lr) - 1
    np.testing.assert_allclose(sr[2:-2, 2:-2], expected[2:-2, 2:-2], rtol=0, atol=1e-6)


@pytest.mark.parametrize("size", [{"num_blocks": 2, "num_filters": 8}, {}])
def test_with_its_random_part_it_is_near(size, samples):
    keras.utils.set_random_seed(1)
    generator = build_generator(**size)
    start_as_interpolation(generator)
    lr = samples["chelsea"][100:124, 130:160] / np.float32(255)
    sr = (generator.predict_on_batch(lr[None])[0] + 1) / 2
    difference = psnr(255 * sr[4:-4, 4:-4], 255 * bilinear_4x(lr)[4:-4, 4:-4])
    assert difference > 30  # dB, all of it from the random part


def outputs(generator, names, lr):
    layers = [generator.get_layer(name).output for name in names]
    return keras.Model(generator.inputs, layers).predict_on_batch(lr)


def test_the_four_subpixels_start_equal(started, rng):
    lr = rng.uniform(0, 1, (1, 5, 6, 3)).astype(np.float32)
    for stage in outputs(started, ["upsample1_prelu", "upsample2_prelu"], lr):
        corners = stage[:, ::2, ::2]
        assert corners.std() > 0.01
        for dy, dx in [(0, 1), (1, 0), (1, 1)]:
            np.testing.assert_array_equal(stage[:, dy::2, dx::2], corners)


def test_residual_blocks_start_as_the_identity(started, rng):
    lr = rng.uniform(0, 1, (1, 5, 6, 3)).astype(np.float32)
    head, after = outputs(started, ["head_prelu", "block02_add"], lr)
    assert head[..., 3:].std() > 0.01  # maps beyond the colours start at random
    np.testing.assert_array_equal(after, head)


def test_every_other_weight_stays_random_at_its_scale(started):
    before = untouched()

    def kernels(name):
        return [model.get_layer(name).get_weights()[0] for model in (started, before)]

    for name in ("block01_conv1", "block02_conv2", "post_conv"):
        np.testing.assert_array_equal(*kernels(name))
    now, then = kernels("head_conv")
    np.testing.assert_array_equal(now[..., 3:], then[..., 3:])
    for name in ("upsample1_conv", "upsample2_conv"):
        now, then = kernels(name)
        np.testing.assert_array_equal(now[..., 3:8], 2 * then[..., 3:8])
    now, then = kernels("tail_conv")
    np.testing.assert_allclose(now[:, :, 3:], 0.1 * then[:, :, 3:], rtol=1e-6)


@pytest.mark.parametrize("size", [{"num_filters": 2}, {"num_filters": 8, "long_skip": False}])
def test_a_network_that_cannot_start_so_is_left_alone(size):
    generator = build_generator(num_blocks=1, **size)
    before = generator.get_weights()
    with pytest.raises(ValueError, match="fewer than 3 filters or without the long skip"):
        start_as_interpolation(generator)
    for now, then in zip(generator.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_three_filters_are_enough(rng):
    generator = build_generator(num_blocks=1, num_filters=3)
    start_as_interpolation(generator)
    lr = rng.uniform(0, 1, (1, 4, 5, 3)).astype(np.float32)
    expected = 2 * bilinear_4x(lr[0]) - 1
    sr = generator.predict_on_batch(lr)[0]
    np.testing.assert_allclose(sr[2:-2, 2:-2], expected[2:-2, 2:-2], rtol=0, atol=1e-6)
