import keras
import numpy as np
import pytest

from srgan_tf.models.discriminator import build_discriminator


@pytest.fixture(scope="module")
def discriminator():
    return build_discriminator()


def test_parameters_at_96_pixels(discriminator):
    assert discriminator.count_params() == 23_569_217
    trainable = sum(int(np.prod(v.shape)) for v in discriminator.trainable_variables)
    assert trainable == 23_565_505


def test_layers_follow_figure_4(discriminator):
    convolutions = [x for x in discriminator.layers if isinstance(x, keras.layers.Conv2D)]
    assert [(x.filters, x.strides[0], x.kernel_size) for x in convolutions] == [
        (maps, stride, (3, 3)) for maps in (64, 128, 256, 512) for stride in (1, 2)
    ]
    names = [type(x).__name__ for x in discriminator.layers[1:]]
    block = ["Conv2D", "BatchNormalization", "LeakyReLU"]
    assert names == ["Conv2D", "LeakyReLU", *7 * block, "Flatten", "Dense", "LeakyReLU", "Dense"]
    leaky = [x for x in discriminator.layers if isinstance(x, keras.layers.LeakyReLU)]
    assert {round(float(x.negative_slope), 6) for x in leaky} == {0.2}


def test_it_returns_one_unbounded_number_for_each_picture(discriminator):
    small = build_discriminator(16)
    assert discriminator.output_shape == (None, 1)
    assert small(np.zeros((3, 16, 16, 3), np.float32)).shape == (3, 1)
    assert small.layers[-1].activation is keras.activations.linear


@pytest.mark.parametrize("crop_size", [0, 8, 100])
def test_bad_crop_sizes_are_refused(crop_size):
    with pytest.raises(ValueError, match="expected a multiple of 16"):
        build_discriminator(crop_size)
