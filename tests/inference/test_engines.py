from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from srgan_tf.imaging.resize import upscale_bicubic, upscale_nearest
from srgan_tf.imaging.symmetry import apply_symmetry, undo_symmetry
from srgan_tf.inference.engines import (
    keras_engine,
    litert_engine,
    open_engine,
    saved_model_engine,
    self_ensemble,
)


class Brighter(tf.Module):
    """Enlarges by repeating pixels, then adds a tenth."""

    def __init__(self, output="sr"):
        super().__init__()
        self.amount = tf.Variable(0.1)
        self.output = output

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3), tf.float32, name="lr")])
    def upscale(self, lr):
        tf.debugging.assert_less(tf.shape(lr)[2], 50, "too wide")
        return {self.output: tf.repeat(tf.repeat(lr, 4, axis=1), 4, axis=2) + self.amount}


def save(model, folder):
    tf.saved_model.save(model, str(folder), {"serving_default": model.upscale})


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A model folder with the versions 2 and 10; 10 holds the one that counts."""
    folder = tmp_path_factory.mktemp("models") / "brighter"
    save(Brighter("large"), folder / "2")
    save(Brighter(), folder / "10")
    return folder


@pytest.mark.parametrize("version", ["", "10"])
def test_a_saved_model_runs(saved, version, rng):
    lr = rng.integers(0, 256, (5, 7, 3), np.uint8)
    expected = np.minimum(upscale_nearest(lr) + 25.5, 255)
    assert open_engine(saved / version)(lr) == pytest.approx(expected, abs=0.51)
    assert (
        open_engine(saved / version, "saved_model")(lr) == open_engine(saved / version)(lr)
    ).all()


def test_what_is_no_saved_model_of_ours_is_one_clear_line(saved, tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "saved_model.pb").write_bytes(b"hello")
    for folder, message in (
        (tmp_path, "expected a SavedModel in it"),
        (broken, "cannot be loaded"),
        (saved / "2", "from lr to large, expected the signature serving_default from lr to sr"),
    ):
        with pytest.raises(ValueError, match=message) as error:
            open_engine(folder)
        assert "\n" not in str(error.value)


def test_a_picture_that_a_saved_model_refuses_is_one_clear_line(saved):
    with pytest.raises(ValueError, match=r"/10 refuses 50x3 pixels: .*too wide.*$"):
        open_engine(saved)(np.zeros((3, 50, 3), np.uint8))


def test_a_tflite_file_that_cannot_be_set_up_is_one_clear_line(monkeypatch):
    def fail(interpreter):
        raise RuntimeError("input_channel % filter_input_channel != 0")

    monkeypatch.setattr(Interpreter, "allocate_tensors", fail)
    with pytest.raises(ValueError, match=r"expected a \.tflite file .*input_channel"):
        open_engine("srresnet_mse", "litert")


def test_threads_share_a_litert_engine(rng):
    engine = open_engine("srresnet_mse", "litert")
    pictures = [rng.integers(0, 256, (6 + i % 3, 5 + i % 2, 3), np.uint8) for i in range(12)]
    one_by_one = [engine(lr) for lr in pictures]
    with ThreadPoolExecutor(4) as pool:
        at_once = list(pool.map(engine, pictures))
    for expected, sr in zip(one_by_one, at_once, strict=True):
        np.testing.assert_array_equal(sr, expected)


@pytest.mark.parametrize("kind", ["saved_model", "litert"])
@pytest.mark.parametrize("times", [2, 8])
def test_an_export_of_another_scale_is_one_clear_line(kind, times, tmp_path, rng):
    class Larger(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3), tf.float32, name="lr")])
        def upscale(self, lr):
            return {"sr": tf.repeat(tf.repeat(lr, times, axis=1), times, axis=2)}

    save(Larger(), tmp_path / "model")
    engine_of = saved_model_engine
    path = tmp_path / "model"
    if kind == "litert":
        converter = tf.lite.TFLiteConverter.from_saved_model(str(path))
        path = tmp_path / "model.tflite"
        path.write_bytes(converter.convert())
        engine_of = litert_engine
    with pytest.raises(ValueError, match=r"for a picture of 5x4 pixels, expected \(1, 16, 20, 3\)"):
        engine_of(path)(rng.integers(0, 256, (4, 5, 3), np.uint8))


@pytest.mark.parametrize("times", [1, 2])
def test_a_network_of_another_kind_is_one_clear_line(times, rng):
    lr = keras.Input((None, None, 3))
    engine = keras_engine(keras.Model(lr, keras.layers.UpSampling2D(times)(lr)))
    with pytest.raises(ValueError, match=r"5x4 pixels, expected \(1, 16, 20, 3\)"):
        engine(rng.integers(0, 256, (4, 5, 3), np.uint8))


def test_memory_that_does_not_suffice_is_one_clear_line_and_no_end(monkeypatch, rng):
    begin = Interpreter.allocate_tensors
    broken = []

    def allocate(interpreter):
        assert interpreter not in broken  # LiteRT crashes then
        if interpreter.get_input_details()[0]["shape"][2] > 40:
            broken.append(interpreter)
            raise RuntimeError("failed to reshape runtime\nNode number 171")
        begin(interpreter)

    monkeypatch.setattr(Interpreter, "allocate_tensors", allocate)
    engine = open_engine("srresnet_mse", "litert")
    small = rng.integers(0, 256, (6, 5, 3), np.uint8)
    before = engine(small)
    message = r"fails with 41x6 pixels at once.* a smaller tile needs less \(failed .* 171\)$"
    for _ in range(2):
        with pytest.raises(ValueError, match=message):
            engine(np.zeros((6, 41, 3), np.uint8))
    np.testing.assert_array_equal(engine(small), before)


def test_fast_is_nearly_the_same_picture(samples):
    lr = samples["coffee"][40:97, 100:141]
    exact, fast = (open_engine("srresnet_mse", fast=fast)(lr) for fast in (False, True))
    error = np.abs(exact.astype(int) - fast)
    assert error.max() > 0
    assert error.mean() < 2


@pytest.mark.parametrize(
    ("model", "engine"), [("bicubic", None), ("srresnet_mse", "keras"), ("other.tflite", None)]
)
def test_fast_is_for_shipped_models_in_litert(model, engine):
    with pytest.raises(ValueError, match=r"^fast: got .* expected one of srgan"):
        open_engine(model, engine, fast=True)


def test_the_ensemble_is_the_mean_over_the_symmetries(rng):
    noise = rng.integers(0, 64, (64, 64, 3), np.uint8)

    def engine(lr):
        sr = upscale_bicubic(lr)
        return sr // 2 + noise[: sr.shape[0], : sr.shape[1]]

    lr = rng.integers(0, 256, (6, 9, 3), np.uint8)
    results = [undo_symmetry(engine(apply_symmetry(lr, s)), s).astype(float) for s in range(8)]
    mean = self_ensemble(engine)(lr)
    assert mean.dtype == np.uint8
    assert mean == pytest.approx(np.mean(results, axis=0), abs=0.501)
