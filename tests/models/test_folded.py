import keras
import numpy as np
import pytest

from srgan_tf.models.folded import fold, shuffle_last
from srgan_tf.models.generator import build_generator


def test_folding_leaves_the_result_as_it_was(small_generator, rng):
    lr = rng.random((2, 9, 12, 3), dtype=np.float32)
    expected = np.asarray(small_generator(lr))
    assert np.asarray(fold(small_generator)(lr)) == pytest.approx(expected, abs=1e-5)


def test_a_generator_without_the_long_skip(rng):
    keras.utils.set_random_seed(0)
    generator = build_generator(num_blocks=1, num_filters=4, long_skip=False)
    lr = rng.random((1, 6, 5, 3), dtype=np.float32)
    folded = fold(generator)
    assert folded.num_blocks == 1
    assert np.asarray(folded(lr)) == pytest.approx(np.asarray(generator(lr)), abs=1e-6)


def test_the_watch_sees_every_convolutions_input(small_generator, rng):
    folded = fold(small_generator)
    seen = []
    folded(rng.random((1, 4, 5, 3), dtype=np.float32), lambda index, x: seen.append(x.shape))
    channels = [convolution.kernel.shape[2] for convolution in folded.convolutions]
    assert [shape[-1] for shape in seen] == channels
    assert [tuple(shape[1:3]) for shape in seen[-3:]] == [(4, 5), (8, 10), (16, 20)]


@pytest.mark.parametrize("size", [(1, 1), (5, 8)])
def test_the_tail_before_the_last_shuffle_gives_the_same(small_generator, rng, size):
    lr = rng.random((1, *size, 3), dtype=np.float32)
    folded = fold(small_generator)
    rearranged = shuffle_last(folded)
    assert rearranged.convolutions[-1].kernel.shape[:2] == (5, 5)
    assert rearranged.convolutions[-1].kernel.shape[3] == 12
    assert np.asarray(rearranged(lr)) == pytest.approx(np.asarray(folded(lr)), abs=1e-5)
