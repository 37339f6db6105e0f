import importlib.util
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from srgan_tf.metrics import psnr, ssim_gaussian
from srgan_tf.metrics.keras_metrics import PSNR, SSIM

BOTH = pytest.mark.parametrize("metric_class", [PSNR, SSIM])


@pytest.fixture
def batch(rng):
    """Originals and results, float32 (3, 20, 24, 3) in [-1, 1], each result worse than the last."""
    true = rng.uniform(-1, 1, (3, 20, 24, 3)).astype(np.float32)
    noise = rng.normal(0, 1, true.shape) * np.array([0.05, 0.2, 0.6]).reshape(3, 1, 1, 1)
    return true, np.clip(true + noise, -1, 1).astype(np.float32)


def luma_255(pictures):
    """BT.601 luma, not rounded, of pictures in [-1, 1]."""
    r, g, b = np.moveaxis((pictures.astype(np.float64) + 1) / 2, -1, 0)
    return 16 + 65.481 * r + 128.553 * g + 24.966 * b


def result_of(metric, *args, **kwargs):
    metric.update_state(*args, **kwargs)
    return float(metric.result())


def test_psnr_on_luma_equals_numpy(batch):
    expected = np.mean([psnr(a, b) for a, b in zip(*map(luma_255, batch), strict=True)])
    assert result_of(PSNR(), *batch) == pytest.approx(expected, abs=1e-4)


def test_psnr_on_rgb_equals_numpy(batch):
    expected = np.mean([psnr(a, b, peak=2.0) for a, b in zip(*batch, strict=True)])
    assert result_of(PSNR(luma=False), *batch) == pytest.approx(expected, abs=1e-4)


def test_ssim_on_luma_equals_numpy(batch):
    expected = np.mean([ssim_gaussian(a, b) for a, b in zip(*map(luma_255, batch), strict=True)])
    assert result_of(SSIM(), *batch) == pytest.approx(expected, abs=1e-5)


def test_ssim_on_rgb_equals_numpy(batch):
    true, pred = ((pictures.astype(np.float64) + 1) * 127.5 for pictures in batch)
    expected = np.mean(
        [ssim_gaussian(true[n, ..., c], pred[n, ..., c]) for n in range(3) for c in range(3)]
    )
    assert result_of(SSIM(luma=False), *batch) == pytest.approx(expected, abs=1e-5)


def test_ssim_keeps_its_digits_in_bright_flat_pictures(rng):
    true = (0.9 + 0.01 * rng.standard_normal((1, 40, 40, 1))).astype(np.float32)
    pred = (0.9 + 0.01 * rng.standard_normal((1, 40, 40, 1))).astype(np.float32)
    expected = ssim_gaussian(*((x[0, ..., 0].astype(np.float64) + 1) * 127.5 for x in (true, pred)))
    assert expected < 0.99
    assert result_of(SSIM(luma=False), true, pred) == pytest.approx(expected, abs=1e-4)


def test_ssim_of_dark_pictures_equals_numpy(rng):
    true, pred = (rng.uniform(low, low + 1, (1, 20, 24, 1)) for low in (3, 9))
    expected = ssim_gaussian(true[0, ..., 0], pred[0, ..., 0])
    metric = SSIM(luma=False, value_range=(0, 255))
    assert result_of(metric, true, pred) == pytest.approx(expected, abs=1e-5)


@BOTH
def test_averages_over_pictures_not_over_batches(metric_class, batch):
    true, pred = batch
    in_two_batches = metric_class()
    in_two_batches.update_state(true[:1], pred[:1])
    in_two_batches.update_state(true[1:], pred[1:])
    at_once = result_of(metric_class(), true, pred)
    assert float(in_two_batches.result()) == pytest.approx(at_once, rel=1e-6)
    in_two_batches.reset_state()
    assert result_of(in_two_batches, true, pred) == pytest.approx(at_once, rel=1e-6)


@BOTH
def test_sample_weight_weighs_pictures(metric_class, batch):
    true, pred = batch
    alone = result_of(metric_class(), true[1:2], pred[1:2])
    for shape in [(3,), (3, 1), (3, 1, 1)]:  # the last is what losses of pictures take
        weights = np.array([0.0, 1.0, 0.0]).reshape(shape)
        weighted = result_of(metric_class(), true, pred, sample_weight=weights)
        assert weighted == pytest.approx(alone, rel=1e-6)
    with pytest.raises(ValueError, match="expected one for each picture"):
        result_of(metric_class(), true, pred, sample_weight=np.ones(true.shape[:3]))


@BOTH
@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.0, 255.0)])
def test_value_range(metric_class, low, high, batch):
    moved = [(x + 1) / 2 * (high - low) + low for x in batch]
    value = result_of(metric_class(value_range=(low, high)), *moved)
    assert value == pytest.approx(result_of(metric_class(), *batch), rel=1e-4)


def test_identical_pictures_count_100_db_in_half_precision(batch):
    metric = PSNR(dtype="float16")
    metric.update_state(batch[0], batch[0])
    assert float(metric.result()) == pytest.approx(100, abs=0.1)


def test_identical_pictures_count_100_db(batch):
    true, _ = batch
    assert result_of(PSNR(), true, true) == pytest.approx(100.0, abs=1e-4)
    assert result_of(SSIM(), true, true) == pytest.approx(1.0, abs=1e-6)


@BOTH
def test_values_outside_the_range_are_clipped(metric_class, batch):
    true, _ = batch
    beyond = np.where(true > 0.5, 3.0, true)
    at_the_end = np.where(true > 0.5, 1.0, true)
    assert result_of(metric_class(), true, beyond) == result_of(metric_class(), true, at_the_end)


@BOTH
def test_config_round_trip(metric_class):
    metric = metric_class(luma=False, value_range=(0.0, 255.0), name="watch", dtype="float32")
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(metric)))
    twin = keras.saving.deserialize_keras_object(config)
    assert type(twin) is metric_class
    assert twin.get_config() == metric.get_config()
    assert (twin.luma, twin.value_range, twin.name) == (False, (0.0, 255.0), "watch")


@BOTH
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_in_compile(metric_class, policy, batch):
    true, pred = batch
    anything_to_itself = keras.Sequential(
        [keras.Input((None, None, 3)), keras.layers.Activation("linear", dtype=policy)]
    )
    anything_to_itself.compile(loss="mse", metrics=[metric_class(name="watch")])
    logs = anything_to_itself.evaluate(pred, true, batch_size=2, verbose=0, return_dict=True)
    seen = np.asarray(anything_to_itself(pred)).astype(np.float32)
    assert logs["watch"] == pytest.approx(result_of(metric_class(), true, seen), rel=1e-4)


@BOTH
def test_more_is_better_for_callbacks(metric_class, batch):
    model = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Activation("linear")])
    model.compile(loss="mse", metrics=[metric_class(name="watch")])
    model.evaluate(*batch, verbose=0)
    stop = keras.callbacks.EarlyStopping(monitor="watch", mode="auto", patience=0)
    stop.set_model(model)
    stop.on_train_begin()
    stop.on_epoch_end(0, {"watch": 1.0})
    stop.on_epoch_end(1, {"watch": 2.0})
    assert not model.stop_training
    stop.on_epoch_end(2, {"watch": 1.5})
    assert model.stop_training


def test_refuses_pictures_smaller_than_the_window():
    small = np.zeros((1, 10, 24, 3), np.float32)
    with pytest.raises(ValueError, match=r"SSIM: got pictures of shape .* at least 11x11"):
        SSIM().update_state(small, small)


@BOTH
def test_refuses_luma_of_other_than_three_channels(metric_class):
    gray = np.zeros((1, 20, 20, 1), np.float32)
    with pytest.raises(ValueError, match=r"expected \(n, h, w, 3\) for luma. Pass luma=False"):
        metric_class().update_state(gray, gray)


@BOTH
def test_refuses_an_empty_range(metric_class):
    with pytest.raises(ValueError, match=r"got value_range \(1.0, 1.0\); expected"):
        metric_class(value_range=(1.0, 1.0))
    with pytest.raises(ValueError, match=r"got value_range \(0, 1, 2\); expected"):
        metric_class(value_range=(0, 1, 2))


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_the_jax_backend_gives_the_same_without_tensorflow(batch, tmp_path):
    np.savez(tmp_path / "batch.npz", true=batch[0], pred=batch[1])
    code = (
        "import sys; sys.modules['tensorflow'] = None  # as if it were not installed\n"
        "import numpy as np, srgan_tf.metrics.keras_metrics as m, keras\n"
        "batch = np.load(sys.argv[1])\n"
        "for metric in (m.PSNR(), m.SSIM()):\n"
        "    metric.update_state(batch['true'], batch['pred'])\n"
        "    print(keras.backend.backend(), float(metric.result()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "batch.npz")],
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        check=True,
    )
    backends, values = zip(*(line.split() for line in done.stdout.splitlines()), strict=True)
    assert backends == ("jax", "jax")
    expected = [result_of(PSNR(), *batch), result_of(SSIM(), *batch)]
    assert [float(value) for value in values] == pytest.approx(expected, rel=1e-5)


@BOTH
@pytest.mark.parametrize("shape", [(2, 1, 1, 3), (16, 16, 3), (2, 1, 16, 16, 3)])
def test_refuses_shapes_that_would_be_stretched(metric_class, shape):
    with pytest.raises(ValueError, match="expected one shape"):
        metric_class()(np.zeros((2, 16, 16, 3)), np.zeros(shape))


def test_half_precision_keeps_its_digits(batch):
    true, pred = batch
    exact = result_of(PSNR(), true, pred)
    for dtype in ("float16", "bfloat16"):
        assert float(result_of(PSNR(dtype=dtype), true, pred)) == pytest.approx(exact, rel=4e-3)
