import keras
import numpy as np
import pytest

from srgan_tf.models.generator import build_generator
from srgan_tf.models.norms import batch_norms
from srgan_tf.training.averaging import average_weights


def batches(count):
    rng = np.random.default_rng(0)
    return [rng.random((2, 6, 6, 3), dtype=np.float32) * (i + 1) for i in range(count)]


def test_statistics_are_the_mean_over_the_batches():
    generator, averaged = build_generator(1, 4), build_generator(1, 4)
    optimizer = keras.optimizers.Adam()
    optimizer.build(generator.trainable_variables)
    lr_batches = batches(3)
    average_weights(generator, optimizer, averaged, lr_batches)
    first = keras.Model(averaged.input, averaged.get_layer("block01_conv1").output)
    seen = [np.asarray(first(lr)) for lr in lr_batches]
    norm = averaged.get_layer("block01_bn1")
    means = np.mean([x.mean(axis=(0, 1, 2)) for x in seen], axis=0)
    variances = np.mean([x.var(axis=(0, 1, 2)) for x in seen], axis=0)
    np.testing.assert_allclose(norm.moving_mean.numpy(), means, atol=1e-5)
    np.testing.assert_allclose(norm.moving_variance.numpy(), variances, rtol=1e-3, atol=1e-6)
    assert norm.momentum == pytest.approx(0.99)


def test_weights_are_the_moving_average():
    generator, averaged = build_generator(0, 3), build_generator(0, 3)
    optimizer = keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.75)
    tail = generator.get_layer("tail_conv").bias
    steps = []
    for _ in range(2):
        optimizer.apply(
            [np.ones(v.shape, "float32") for v in generator.trainable_variables],
            generator.trainable_variables,
        )
        steps.append(tail.numpy().copy())
    average_weights(generator, optimizer, averaged, [])
    expected = 0.75 * steps[0] + 0.25 * steps[1]
    np.testing.assert_allclose(averaged.get_layer("tail_conv").bias.numpy(), expected, rtol=1e-6)
    assert not np.allclose(expected, steps[1])


def test_before_the_first_step_weights_are_the_generator_s():
    generator, averaged = build_generator(0, 3), build_generator(0, 3)
    optimizer = keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.75)
    optimizer.build(generator.trainable_variables)
    average_weights(generator, optimizer, averaged, [])
    for ours, theirs in zip(averaged.get_weights(), generator.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_frozen_norms_do_as_before_with_the_statistics_of_their_batches():
    generator, averaged = build_generator(1, 4), build_generator(1, 4)
    norms = batch_norms(generator)
    for norm in norms:
        norm.set_weights([np.full(4, value, "float32") for value in (2, 3, 4, 5)])
        norm.trainable = False
    optimizer = keras.optimizers.Adam()
    optimizer.build(generator.trainable_variables)
    (lr,) = batches(1)
    average_weights(generator, optimizer, averaged, [lr])
    for norm in norms:
        ours = averaged.get_layer(norm.name)
        assert ours.trainable
        assert not np.allclose(ours.moving_mean.numpy(), norm.moving_mean.numpy())
    wanted = np.asarray(generator(lr, training=True))
    np.testing.assert_allclose(np.asarray(averaged(lr)), wanted, atol=1e-5)
    np.testing.assert_allclose(np.asarray(averaged(lr, training=True)), wanted, atol=1e-5)
    average_weights(generator, optimizer, averaged, [])
    for norm in norms:
        np.testing.assert_array_equal(
            averaged.get_layer(norm.name).get_weights(), norm.get_weights()
        )
