"""Whole runs of `srgan-tf train`, each in a process of its own, on the sample pictures."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

from srgan_tf.config import DataConfig, TrainConfig
from srgan_tf.training.checkpoint import load_checkpoint
from srgan_tf.training.learner import use_xla
from srgan_tf.training.run import train
from srgan_tf.training.run_callbacks import TrainingDivergedError

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "srgan_tf" / "samples"
SMALL = (
    "--batch-size 2 --crop-size 32 --num-blocks 1 --num-filters 8 --holdout 0 --warmup 2 "
    f"--learning-rate 1e-3 --data {SAMPLES}"
).split()
BLOCK_TENSORFLOW = "import sys; sys.modules['tensorflow'] = None; "


def command(out, *arguments, before=""):
    program = (
        f"{before}import sys; from srgan_tf.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    return [sys.executable, "-c", program, "train", "srresnet_mse", "--out", str(out), *arguments]


def run(out, *arguments, before="", backend="tensorflow"):
    environment = {**os.environ, "KERAS_BACKEND": backend}
    return subprocess.run(
        command(out, *arguments, before=before),
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def assert_same_state(ours, theirs):
    assert ours.step == theirs.step
    assert set(ours.arrays) == set(theirs.arrays)
    for key, array in ours.arrays.items():
        np.testing.assert_array_equal(array, theirs.arrays[key], err_msg=key)


def test_a_killed_run_resumes_to_the_same_weights_bit_for_bit(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    settings = [*SMALL, "--steps", "40", "--save-every", "4"]
    done = run(whole, *settings)
    assert done.returncode == 0, done.stderr
    assert "step 40/40" in done.stderr
    process = subprocess.Popen(command(killed, *settings), cwd=ROOT, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (killed / "checkpoint.npz").exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    step = load_checkpoint(killed / "checkpoint.npz").step
    assert 0 < step < 40
    resumed = run(killed, "--resume")  # settings are remembered
    assert resumed.returncode == 0, resumed.stderr
    assert f"resumed at step {step} of 40" in resumed.stderr
    assert_same_state(
        load_checkpoint(killed / "checkpoint.npz"), load_checkpoint(whole / "checkpoint.npz")
    )
    again = run(whole, *settings)
    assert again.returncode == 2
    assert "already holds a run" in again.stderr
    assert len(again.stderr.strip().splitlines()) == 1


def test_a_run_begun_under_jax_without_tensorflow_goes_on_under_tensorflow(tmp_path):
    begun = run(
        tmp_path / "run",
        *SMALL,
        "--warmup",
        "0",
        "--steps",
        "2",
        before=BLOCK_TENSORFLOW,
        backend="jax",
    )
    assert begun.returncode == 0, begun.stderr
    before = load_checkpoint(tmp_path / "run" / "checkpoint.npz")
    assert before.step == 2
    config = TrainConfig(
        recipe="srresnet_mse",
        data=DataConfig(str(SAMPLES), batch_size=2, crop_size=32),
        num_blocks=1,
        num_filters=8,
        steps=4,
        holdout=0,
    )
    train(config, tmp_path / "run", resume=True)
    after = load_checkpoint(tmp_path / "run" / "checkpoint.npz")
    assert after.step == 4
    assert int(after.arrays["optimizer/adam/iteration"]) == 4
    kernel = "generator/tail_conv/kernel"
    difference = np.abs(after.arrays[kernel] - before.arrays[kernel]).max()
    assert 0 < difference < 1e-2  # went on from there, did not start anew


def test_a_run_learns_and_leaves_everything_in_its_folder(tmp_path, capsys):
    config = TrainConfig(
        recipe="srresnet_mse",
        data=DataConfig(str(SAMPLES), batch_size=4, crop_size=32),
        num_blocks=1,
        num_filters=8,
        steps=60,
        learning_rate=1e-3,
        schedule="cosine",
        warmup=5,
        ema=0.9,
        save_every=30,
        initialization="random",
    )
    averaged = train(config, tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"checkpoint.npz", "config.json", "generator.keras", "log.csv", "tensorboard"}
    rows = np.genfromtxt(tmp_path / "log.csv", delimiter=",", names=True)
    assert list(rows["step"]) == [30, 60]
    assert rows["loss"][1] < 0.7 * rows["loss"][0]
    loaded = keras.saving.load_model(tmp_path / "generator.keras")
    lr = np.random.default_rng(0).random((1, 7, 5, 3), dtype=np.float32)
    np.testing.assert_array_equal(np.asarray(loaded(lr)), np.asarray(averaged(lr)))
    assert "images/s" in capsys.readouterr().err


def test_a_diverged_run_stops_and_keeps_the_last_good_checkpoint(tmp_path):
    config = TrainConfig(
        recipe="srresnet_mse",
        data=DataConfig(str(SAMPLES), batch_size=2, crop_size=32),
        num_blocks=1,
        num_filters=8,
        steps=2,
        holdout=0,
    )
    train(config, tmp_path)
    good = (tmp_path / "checkpoint.npz").read_bytes()
    worse = TrainConfig(**{**vars(config), "steps": 6, "learning_rate": 1e30})
    with pytest.raises(TrainingDivergedError, match="lower --learning-rate"):
        train(worse, tmp_path, resume=True)
    assert (tmp_path / "checkpoint.npz").read_bytes() == good


def test_xla_is_off_on_a_cpu_unless_asked_for():
    assert use_xla("auto") is False
    assert use_xla("on") is True
    with pytest.raises(ValueError, match="expected auto"):
        use_xla("maybe")
