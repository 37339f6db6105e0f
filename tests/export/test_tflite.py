import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from tensorflow.lite.python.schema_py_generated import TensorType
from tensorflow.lite.tools import flatbuffer_utils

from srgan_tf.export import tflite
from srgan_tf.export.tflite import export_tflite
from srgan_tf.models.folded import fold, to_unit_range

NATIVE = {"ADD", "CONV_2D", "DELEGATE", "DEPTH_TO_SPACE", "MAXIMUM", "MINIMUM", "PRELU", "RELU"}
NATIVE |= {"QUANTIZE", "DEQUANTIZE"}


@pytest.mark.parametrize(
    ("quantize", "tolerance"),
    [("none", 1e-5), ("float16", 2e-3), ("dynamic", 3e-2), ("int8", 5e-2)],
)
def test_export_equals_keras_at_any_size(generator, tmp_path, quantize, tolerance):
    path = tmp_path / "model.tflite"
    export_tflite(generator, path, quantize)
    runner = Interpreter(str(path)).get_signature_runner()
    rng = np.random.default_rng(0)
    for size in ((5, 7), (24, 16)):
        lr = rng.random((1, *size, 3), dtype=np.float32)
        sr = runner(lr=lr)["sr"]
        expected = np.clip((np.asarray(generator(lr)) + 1) / 2, 0, 1)
        assert sr.shape == (1, 4 * size[0], 4 * size[1], 3)
        assert np.abs(sr - expected).max() < tolerance


@pytest.mark.parametrize("quantize", tflite.QUANTIZATIONS)
def test_kernels_are_equalized_and_rounded_for_8_bits_only(
    generator, small_generator, tmp_path, monkeypatch, rng, quantize
):
    lr = rng.random((1, 16, 16, 3), np.float32)
    pictures, seen = [lr], []
    rounded = to_unit_range(fold(small_generator))  # another network, to know it by
    monkeypatch.setattr(tflite, "equalize", lambda network, given: seen.append(given) or network)
    monkeypatch.setattr(
        tflite, "round_kernels", lambda network, given: seen.append(given) or rounded
    )
    export_tflite(generator, tmp_path / "model.tflite", quantize, pictures)
    is_8_bit = quantize in ("dynamic", "int8")
    assert [given is pictures for given in seen] == [True] * 2 * is_8_bit
    sr = Interpreter(str(tmp_path / "model.tflite")).get_signature_runner()(lr=lr)["sr"]
    expected = (np.asarray((small_generator if is_8_bit else generator)(lr)) + 1) / 2
    assert np.abs(sr - np.clip(expected, 0, 1)).mean() < 0.03


def test_the_first_convolution_of_int8_stays_in_float(small_generator, tmp_path):
    export_tflite(small_generator, tmp_path / "model.tflite", "int8")
    content = bytearray((tmp_path / "model.tflite").read_bytes())
    graph = flatbuffer_utils.read_model_from_bytearray(content).subgraphs[0]
    types = [graph.tensors[operator.inputs[0]].type for operator in graph.operators]
    floats = [number for number, kind in enumerate(types) if kind == TensorType.FLOAT32]
    assert floats == [0, 1, 2]  # convolution, PReLU, and what quantises their result


@pytest.mark.parametrize("quantize", ["none", "int8"])
def test_only_native_operators_are_used(generator, tmp_path, quantize):
    path = tmp_path / "model.tflite"
    export_tflite(generator, path, quantize)
    interpreter = Interpreter(str(path))
    names = {details["op_name"] for details in interpreter._get_ops_details()}
    assert names <= NATIVE


def test_unknown_quantization_writes_nothing(generator, tmp_path):
    with pytest.raises(ValueError, match="expected one of none, float16, dynamic, int8"):
        export_tflite(generator, tmp_path / "model.tflite", "int4")
    assert list(tmp_path.iterdir()) == []
