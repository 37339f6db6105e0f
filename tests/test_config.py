import os
from pathlib import Path

import pytest

from srgan_tf.config import DataConfig, TrainConfig, read_held_out, read_log
from srgan_tf.imaging.files import write_text


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 0}, "steps: got 0, expected a whole number of at least 1"),
        ({"save_every": "2"}, "save-every: got '2'"),
        ({"steps_per_execution": 0}, "steps-per-execution: got 0"),
        ({"warmup": -1}, "warmup: got -1"),
        ({"learning_rate": -1.0}, "learning-rate: got -1.0, expected a number above 0"),
        ({"learning_rate": float("nan")}, "learning-rate: got nan"),
        ({"precision": "mixed_float16"}, "precision: got 'mixed_float16', expected float32 or"),
        ({"initialization": "randm"}, "initialization: got 'randm', expected interpolation"),
        ({"schedule": "cos"}, "schedule: got 'cos', expected paper or cosine"),
        ({"strategy": "all"}, "strategy: got 'all', expected none, mirrored or tpu"),
        ({"jit_compile": True}, "jit-compile: got True, expected auto, on or off"),
        ({"ema": 1.0}, "ema: got 1.0, expected a number from 0 to below 1"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        TrainConfig("srresnet_mse", DataConfig("photos"), **settings)


@pytest.mark.parametrize(
    "settings", [{"batch_size": 0}, {"crop_size": 9.5}, {"seed": -1}, {"seed": 0.5}]
)
def test_batches_out_of_range_are_refused(settings):
    with pytest.raises(ValueError, match="expected a whole number of at least"):
        DataConfig("photos", **settings)


def test_an_unknown_degradation_is_refused():
    with pytest.raises(ValueError, match="degradation: got 'foo', expected bicubic or gaussian"):
        DataConfig("photos", degradation="foo")


def test_a_held_out_file_may_have_a_name_that_is_not_text(tmp_path):
    names = [os.fsdecode(b"f\xff.jpg"), "a\u2028b.jpg", "a\rb.jpg"]
    write_text(tmp_path / "held_out.txt", "".join(f"{name}\n" for name in names))
    assert read_held_out(tmp_path) == names


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "step,loss\nx,1\n", "step,loss\n1,2,3\n"])
def test_a_log_of_something_else_is_refused(tmp_path, text):
    (tmp_path / "log.csv").write_text(text)
    with pytest.raises(ValueError, match=r"log\.csv: not the log of a run"):
        read_log(tmp_path)


def test_a_source_may_be_a_path():
    assert DataConfig(Path("photos")) == DataConfig("photos")
