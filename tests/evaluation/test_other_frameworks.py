import numpy as np
import pytest

from srgan_tf.evaluation.other_frameworks import onnx_engine, save_folded, torch_engine
from srgan_tf.imaging.files import read_arrays
from srgan_tf.inference.engines import open_engine


@pytest.fixture(scope="module")
def arrays(tmp_path_factory):
    path = tmp_path_factory.mktemp("folded") / "folded.npz"
    save_folded("srresnet_mse", path)
    return read_arrays(path)


def assert_same_picture(engine, samples):
    lr = samples["chelsea"][100:121, 130:163]
    expected = open_engine("srresnet_mse")(lr)
    sr = engine(lr)
    assert (sr.shape, sr.dtype) == (expected.shape, expected.dtype)
    assert np.abs(sr.astype(int) - expected).max() <= 1
    assert (sr != expected).mean() < 0.01


def test_torch_makes_the_same_picture(arrays, samples):
    pytest.importorskip("torch")
    assert_same_picture(torch_engine(arrays, 1), samples)


def test_onnxruntime_makes_the_same_picture(arrays, samples):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    assert_same_picture(onnx_engine(arrays, 1), samples)
