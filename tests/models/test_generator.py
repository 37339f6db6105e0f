import subprocess
import sys

import keras
import numpy as np
import pytest

from srgan_tf.models.generator import build_generator


def conv(x, weights):
    """Convolution with zeros outside, tap by tap."""
    kernel, bias = weights
    reach = kernel.shape[0] // 2
    height, width, _ = x.shape
    padded = np.pad(x, ((reach, reach), (reach, reach), (0, 0)))
    return bias + sum(
        padded[i : i + height, j : j + width] @ kernel[i, j]
        for i in range(2 * reach + 1)
        for j in range(2 * reach + 1)
    )


def numpy_generator(lr, weights, num_blocks, long_skip):
    """Figure 4 in plain NumPy."""

    def bn(x, name):
        gamma, beta, mean, variance = weights[name]
        return gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta

    def prelu(x, name):
        return np.where(x > 0, x, weights[name][0].reshape(-1) * x)

    x = head = prelu(conv(lr, weights["head_conv"]), "head_prelu")
    for number in range(1, num_blocks + 1):
        name = f"block{number:02d}"
        y = prelu(bn(conv(x, weights[f"{name}_conv1"]), f"{name}_bn1"), f"{name}_prelu")
        x = x + bn(conv(y, weights[f"{name}_conv2"]), f"{name}_bn2")
    x = bn(conv(x, weights["post_conv"]), "post_bn")
    x = x + head if long_skip else x
    for name in ("upsample1", "upsample2"):
        x = conv(x, weights[f"{name}_conv"])
        height, width, channels = x.shape
        x = x.reshape(height, width, 2, 2, channels // 4).transpose(0, 2, 1, 3, 4)
        x = prelu(x.reshape(2 * height, 2 * width, channels // 4), f"{name}_prelu")
    return conv(x, weights["tail_conv"])


def weights_of(generator):
    return {layer.name: [w.astype(np.float64) for w in layer.get_weights()]
            for layer in generator.layers}  # fmt: skip


def test_it_has_the_parameters_of_the_paper(full_generator):
    assert full_generator.count_params() == 1_554_883
    trainable = sum(np.prod(v.shape) for v in full_generator.trainable_variables)
    assert trainable == 1_550_659


def describe(layer):
    """Class and size of a layer, such as `conv 9x9x64`."""
    if isinstance(layer, keras.layers.Conv2D):
        assert layer.activation is keras.activations.linear
        assert layer.strides == (1, 1)
        assert layer.padding == "same"
        return f"conv {layer.kernel_size[0]}x{layer.kernel_size[1]}x{layer.filters}"
    if isinstance(layer, keras.layers.PReLU):
        assert layer.alpha.shape[:2] == (1, 1)
    if isinstance(layer, keras.layers.BatchNormalization):
        assert layer.momentum == 0.99
    return type(layer).__name__


def test_layers_are_those_of_figure_4(full_generator):
    block = [
        "conv 3x3x64",
        "BatchNormalization",
        "PReLU",
        "conv 3x3x64",
        "BatchNormalization",
        "Add",
    ]
    assert [describe(layer) for layer in full_generator.operations] == [
        *("InputLayer", "conv 9x9x64", "PReLU"),
        *(block * 16),
        *("conv 3x3x64", "BatchNormalization", "Add"),
        *("conv 3x3x256", "DepthToSpace", "PReLU"),
        *("conv 3x3x256", "DepthToSpace", "PReLU"),
        "conv 9x9x3",
    ]


@pytest.mark.parametrize("long_skip", [True, False])
def test_it_computes_figure_4(long_skip, small_generator, rng):
    generator = small_generator
    if not long_skip:
        generator = build_generator(num_blocks=2, num_filters=8, long_skip=False)
        generator.set_weights(small_generator.get_weights())
    lr = rng.uniform(0, 1, (7, 5, 3))
    expected = numpy_generator(lr, weights_of(generator), 2, long_skip)
    sr = generator.predict_on_batch(lr[None].astype(np.float32))[0]
    assert sr.shape == (28, 20, 3)
    np.testing.assert_allclose(sr, expected, rtol=0, atol=1e-5 * abs(expected).max())


def test_without_blocks_and_with_one_filter():
    generator = build_generator(num_blocks=0, num_filters=1, name="tiny")
    assert generator.name == "tiny"
    assert generator.predict_on_batch(np.zeros((2, 1, 3, 3), np.float32)).shape == (2, 4, 12, 3)


def test_any_picture_size(small_generator):
    assert small_generator.input_shape == (None, None, None, 3)
    assert small_generator.output_shape[-1] == 3


def test_nothing_clips_the_result():
    generator = build_generator(num_blocks=0, num_filters=1)
    tail = generator.get_layer("tail_conv")
    tail.set_weights([tail.get_weights()[0], np.array([-7, 0, 7], np.float32)])
    sr = generator.predict_on_batch(np.zeros((1, 2, 2, 3), np.float32))
    np.testing.assert_array_equal(sr, np.broadcast_to([-7, 0, 7], (1, 8, 8, 3)))


def test_the_result_is_float32_under_mixed_precision():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        generator = build_generator(num_blocks=0, num_filters=1)
    finally:
        keras.config.set_dtype_policy(policy)
    assert generator.get_layer("head_conv").compute_dtype == "bfloat16"
    assert generator.outputs[0].dtype == "float32"


@pytest.mark.parametrize("counts", [(-1, 8), (2, 0), (2, -3)])
def test_bad_counts(counts):
    with pytest.raises(
        ValueError, match=f"got num_blocks={counts[0]}, num_filters={counts[1]}, exp"
    ):
        build_generator(*counts)


def test_a_saved_model_gives_the_same_in_a_new_process(small_generator, tmp_path, rng):
    lr = rng.uniform(0, 1, (1, 9, 11, 3)).astype(np.float32)
    np.save(tmp_path / "lr.npy", lr)
    small_generator.save(tmp_path / "generator.keras")
    code = (
        "import sys, numpy as np; from srgan_tf import load_generator; "
        "generator = load_generator(sys.argv[1] + '/generator.keras'); "
        "sr = generator.predict_on_batch(np.load(sys.argv[1] + '/lr.npy')); "
        "np.save(sys.argv[1] + '/sr.npy', sr)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True)
    np.testing.assert_array_equal(
        np.load(tmp_path / "sr.npy"), small_generator.predict_on_batch(lr)
    )
