import keras
import numpy as np
import pytest
from keras import ops

from srgan_tf.models.generator import build_generator
from srgan_tf.models.half_size import at_half_size, half_size_kernel


@pytest.mark.parametrize("size", [5, 9])
def test_the_kernel_before_the_shuffle_does_what_the_other_does_after_it(size, rng):
    kernel = rng.standard_normal((size, size, 2, 3)).astype(np.float32)
    x = rng.standard_normal((2, 4, 3, 8)).astype(np.float32)
    after = ops.conv(ops.depth_to_space(x, 2), kernel, padding="same")
    before = ops.depth_to_space(ops.conv(x, half_size_kernel(kernel), padding="same"), 2)
    assert np.asarray(before) == pytest.approx(np.asarray(after), abs=1e-4)


@pytest.mark.parametrize("size", [(1, 1), (5, 8)])
def test_the_result_is_the_generators(small_generator, rng, size):
    lr = rng.random((2, *size, 3), dtype=np.float32)
    model = at_half_size(small_generator)
    expected = np.asarray(small_generator(lr))  # up to 5
    assert np.asarray(model(lr)) == pytest.approx(expected, rel=1e-5, abs=1e-5)


def test_weights_are_shared_and_in_order(small_generator):
    model = at_half_size(small_generator)
    for mine, theirs in (
        (model.trainable_variables, small_generator.trainable_variables),
        (model.non_trainable_variables, small_generator.non_trainable_variables),
    ):
        assert [id(variable) for variable in mine] == [id(variable) for variable in theirs]


def test_half_precision_ends_before_the_tail():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        generator = build_generator(1, 8)
    finally:
        keras.config.set_dtype_policy("float32")
    model = at_half_size(generator)
    lr = np.random.default_rng(0).random((1, 6, 7, 3), dtype=np.float32)
    expected, sr = np.asarray(generator(lr)), np.asarray(model(lr))
    assert sr.dtype == np.float32
    assert sr == pytest.approx(expected, abs=1e-5)
