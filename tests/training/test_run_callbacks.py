import csv
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from srgan_tf.config import DataConfig, TrainConfig, read_log
from srgan_tf.training import run_callbacks
from srgan_tf.training.pace import Pace
from srgan_tf.training.run import train
from srgan_tf.training.run_callbacks import ProgressLines


@pytest.fixture
def progress(tmp_path):
    lines = ProgressLines(tmp_path, Pace.divide(0, 6, 2, 1), batch_size=1)
    lines.on_train_begin()
    return lines


def test_names_of_benchmarks_stay_what_they_are_in_the_log(progress, tmp_path):
    names = ("Mähren_psnr", "a,b_psnr", "M\udce4hren_psnr", '"_psnr')
    for epoch in range(3):
        progress.on_epoch_end(epoch, dict.fromkeys(names, 1.0 + epoch))
    with (tmp_path / "log.csv").open(encoding="utf-8", errors="surrogateescape") as file:
        assert next(csv.reader(file)) == ["step", *names]
    assert [row["a,b_psnr"] for row in read_log(tmp_path)] == ["1.0", "2.0", "3.0"]


def test_a_log_that_is_in_use_gets_its_rows_later(progress, tmp_path, monkeypatch, capsys):
    progress.on_epoch_end(0, {"loss": 1.0})

    def refuse(path, text):
        raise PermissionError(13, "Access is denied", str(path))

    with monkeypatch.context() as patched:
        patched.setattr(run_callbacks, "write_text", refuse)
        progress.on_epoch_end(1, {"loss": 2.0})
    assert "log.csv: access is denied" in capsys.readouterr().err
    progress.on_epoch_end(2, {"loss": 3.0})
    assert [row["step"] for row in read_log(tmp_path)] == ["2", "4", "6"]


def test_rows_of_steps_that_are_done_again_are_replaced(progress, tmp_path):
    for epoch in range(3):
        progress.on_epoch_end(epoch, {"loss": 1.0})
    resumed = ProgressLines(tmp_path, Pace.divide(2, 6, 2, 1), batch_size=1)
    resumed.on_train_begin()
    resumed.on_epoch_end(0, {"loss": 2.0})
    rows = [(row["step"], row["loss"]) for row in read_log(tmp_path)]
    assert rows == [("2", "1.0"), ("4", "2.0")]


@pytest.mark.long
def test_long_names_of_photos_and_names_that_are_no_text(tmp_path, rng):
    photos = tmp_path.joinpath("photos", *("写" * 80, "真" * 80))
    hr = tmp_path / "benchmarks" / "M\udce4hren" / "HR"
    for folder in (photos, hr):
        folder.mkdir(parents=True)
    for index in range(10):
        pixels = rng.integers(0, 256, (24, 24, 3), np.uint8)
        Image.fromarray(pixels).save(photos / f"{'集' * 60}{index}.png")
    Image.fromarray(pixels).save(hr / "a.png")
    config = TrainConfig(
        recipe="srresnet_mse",
        data=DataConfig(str(tmp_path / "photos"), batch_size=1, crop_size=16),
        steps=4,
        save_every=2,
        num_blocks=1,
        num_filters=8,
        holdout=1,
        benchmarks=str(tmp_path / "benchmarks"),
    )
    train(config, tmp_path / "run")
    assert "M\udce4hren_psnr" in read_log(tmp_path / "run")[1]
    (sample,) = (tmp_path / "run" / "samples").iterdir()
    assert sample.name.endswith("集5") and len(list(sample.iterdir())) == 2
    (events,) = (tmp_path / "run" / "tensorboard" / "train").glob("events*")
    tags = {
        value.tag
        for event in tf.compat.v1.train.summary_iterator(str(events))
        for value in event.summary.value
    }
    assert r"epoch_M\udce4hren_psnr" in tags
    train(replace(config, steps=6), tmp_path / "run", resume=True)
    assert len(read_log(tmp_path / "run")) == 3
