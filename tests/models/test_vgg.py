import keras
import numpy as np
import pytest

from srgan_tf.models.vgg import build_vgg_features, feature_layer, vgg_input


def test_phi_is_a_keras_layer():
    assert feature_layer(2, 2) == "block2_conv2"
    assert feature_layer(5, 4) == "block5_conv4"
    for i, j in ((0, 1), (2, 3), (6, 1), (5, 5)):
        with pytest.raises(ValueError, match="no such layer"):
            feature_layer(i, j)


def test_input_is_bgr_around_the_imagenet_mean():
    picture = np.array([-1.0, 0.0, 1.0], np.float32).reshape(1, 1, 1, 3)
    ours = np.asarray(vgg_input(picture)).ravel()
    theirs = keras.applications.vgg19.preprocess_input(np.array([[[[0.0, 127.5, 255.0]]]]))
    np.testing.assert_allclose(ours, theirs.ravel(), atol=1e-4)


def test_only_the_layers_up_to_phi_are_there_and_frozen(vgg_npz):
    features = build_vgg_features(2, 2, vgg_npz)
    assert features.count_params() == 260_160
    assert features.trainable_variables == []
    assert features.layers[-1].name == "block2_conv2"
    assert np.asarray(features(np.ones((1, 8, 8, 3), np.float32))).min() >= 0  # after activation


def test_it_computes_in_float32_whatever_the_policy(vgg_npz):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        features = build_vgg_features(2, 2, vgg_npz)
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
    finally:
        keras.config.set_dtype_policy("float32")
    assert {layer.compute_dtype for layer in features.layers} == {"float32"}


def test_an_npz_fills_the_layers(vgg_npz):
    features = build_vgg_features(1, 2, vgg_npz)
    with np.load(vgg_npz) as arrays:
        kernel = arrays["conv1_2_W"]
    np.testing.assert_array_equal(features.get_layer("block1_conv2").get_weights()[0], kernel)


def test_a_keras_h5_fills_them_too(tmp_path):
    vgg = keras.applications.VGG19(include_top=False, weights=None)
    vgg.save_weights(tmp_path / "vgg.weights.h5")
    features = build_vgg_features(5, 4, tmp_path / "vgg.weights.h5")
    assert features.count_params() == 20_024_384
    np.testing.assert_array_equal(
        features.get_layer("block5_conv4").get_weights()[0],
        vgg.get_layer("block5_conv4").get_weights()[0],
    )


def test_a_file_that_does_not_reach_phi_names_the_layer(vgg_npz):
    with pytest.raises(ValueError, match="does not hold block3_conv1, which the loss on block5"):
        build_vgg_features(5, 4, vgg_npz)


@pytest.mark.parametrize("name", ["missing.npz", "text.npz", "text.h5"])
def test_a_wrong_file_is_one_clear_line(tmp_path, name):
    (tmp_path / "text.npz").write_text("hello")
    (tmp_path / "text.h5").write_text("hello")
    with pytest.raises(ValueError, match=name) as error:
        build_vgg_features(2, 2, tmp_path / name)
    assert "\n" not in str(error.value)


def test_a_failed_download_is_one_clear_line(monkeypatch):
    def fail(**settings):
        raise Exception("URL fetch failure on https://example.org: None -- [Errno -2]\nno name")

    monkeypatch.setattr(keras.applications, "VGG19", fail)
    with pytest.raises(ValueError, match=r"could not be downloaded .*--vgg-weights FILE") as error:
        build_vgg_features(2, 2)
    assert "\n" not in str(error.value)
