"""Several devices: the same training as on one, for the same whole batches."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from srgan_tf.config import DataConfig
from srgan_tf.data import tfds_source
from srgan_tf.data.sources import TrainingData
from srgan_tf.models.generator import build_generator
from srgan_tf.training import devices
from srgan_tf.training.devices import Devices, open_devices
from srgan_tf.training.learner import use_xla

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "srgan_tf" / "samples"

# A run with SGD, whose step, unlike Adam's, is as large as the gradient.
RUN = """
import sys
import keras
recipe, out, strategy, steps, init, samples, benchmarks = sys.argv[1:]
if keras.backend.backend() == "tensorflow" and strategy == "mirrored":
    import tensorflow as tf
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from srgan_tf.config import DataConfig, TrainConfig
from srgan_tf.training import learner
from srgan_tf.training.run import train

class SGD(keras.optimizers.SGD):
    def finalize_variable_values(self, var_list):
        pass

learner._make_adam = lambda config, recipe, steps, name, ema: SGD(
    1e-4, 0.9, name=name, use_ema=ema > 0, ema_momentum=ema
)
config = TrainConfig(
    recipe, DataConfig(samples, batch_size=8, crop_size=16), num_blocks=1, num_filters=8,
    steps=int(steps), ema=0.5, save_every=2, init=init, strategy=strategy, benchmarks=benchmarks,
)
train(config, out, resume=True)
"""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """A small generator with all weights at work, and a benchmark of one picture."""
    folder = tmp_path_factory.mktemp("inputs")
    generator = build_generator(1, 8)
    rng = np.random.default_rng(0)
    for variable in generator.variables:
        noise = rng.normal(0, 0.05, variable.shape).astype("float32")
        around_one = variable.path.endswith(("gamma", "variance"))
        variable.assign(1 + abs(noise) if around_one else noise)
    generator.save(folder / "generator.keras")
    hr = folder / "benchmarks" / "Tiny" / "HR"
    hr.mkdir(parents=True)
    Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(hr / "noise.png")
    return [str(folder / "generator.keras"), str(SAMPLES), str(folder / "benchmarks")]


def run(recipe, out, strategy, steps, inputs, backend="tensorflow", num_processes=1):
    """Trains in processes of their own; returns what each said."""
    env = {**os.environ, "KERAS_BACKEND": backend}
    if num_processes > 1:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            env["KERAS_DISTRIBUTION_JOB_ADDRESSES"] = f"127.0.0.1:{free.getsockname()[1]}"
        env["KERAS_DISTRIBUTION_NUM_PROCESSES"] = str(num_processes)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", RUN, recipe, str(out), strategy, str(steps), *inputs],
            cwd=ROOT,
            env={**env, "KERAS_DISTRIBUTION_PROCESS_ID": str(index)} if num_processes > 1 else env,
            stderr=subprocess.PIPE,
            text=True,
        )
        for index in range(num_processes)
    ]
    try:
        said = [process.communicate(timeout=300)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
    for process, errors in zip(processes, said, strict=True):
        assert process.returncode == 0, errors
    return said


def assert_same_run(one, several):
    logs = [
        np.genfromtxt(folder / "log.csv", delimiter=",", names=True) for folder in (one, several)
    ]
    assert logs[0].dtype.names == logs[1].dtype.names
    assert "Tiny_psnr" in logs[0].dtype.names
    for name in logs[0].dtype.names:
        np.testing.assert_allclose(logs[0][name], logs[1][name], rtol=1e-4, err_msg=name)
    with np.load(one / "checkpoint.npz") as ours, np.load(several / "checkpoint.npz") as theirs:
        assert set(ours.files) == set(theirs.files)
        for key in ours.files:
            assert_close(ours[key], theirs[key], key)
    averaged = [keras.saving.load_model(f / "generator.keras") for f in (one, several)]
    for ours, theirs in zip(*(model.variables for model in averaged), strict=True):
        assert_close(ours.numpy(), theirs.numpy(), ours.path)


def assert_close(ours, theirs, key):
    # By the norm: rounding can carry a single activation over the kink of a ReLU. A bias before
    # batch normalisation has gradient 0: the floor is what is left of it.
    limit = 1e-2 * np.linalg.norm(ours) + 1e-8 * np.sqrt(ours.size)
    assert np.linalg.norm(ours - theirs) <= limit, key


@pytest.mark.long
@pytest.mark.parametrize(
    ("recipe", "stops"),
    [
        ("srresnet_mse", [2]),
        ("srgan_mse", [2]),
        pytest.param("srgan_mse", [2, 4], marks=pytest.mark.slow),
    ],
)
def test_two_replicas_of_tensorflow_train_as_one_device(recipe, stops, tmp_path, inputs):
    run(recipe, tmp_path / "one", "none", stops[-1], inputs)
    for steps in stops:  # the second time resumed
        run(recipe, tmp_path / "two", "mirrored", steps, inputs)
    assert_same_run(tmp_path / "one", tmp_path / "two")


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["srresnet_mse", "srgan_mse"])
def test_two_processes_of_jax_train_as_one(recipe, tmp_path, inputs):
    run(recipe, tmp_path / "one", "none", 2, inputs, "jax")
    first, second = run(recipe, tmp_path / "two", "mirrored", 2, inputs, "jax", num_processes=2)
    assert "step 2/2" in first
    assert "step" not in second and "pictures" not in second
    assert_same_run(tmp_path / "one", tmp_path / "two")


@pytest.mark.long
def test_callbacks_of_a_model_with_two_replicas(inputs, tmp_path):
    """Each replica is given the one picture, and Keras hands on both results."""
    code = """
import sys
import keras, tensorflow as tf
(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import srgan_tf
from srgan_tf.config import DataConfig
from srgan_tf.data.benchmarks import find_benchmarks
from srgan_tf.data.sources import open_data
samples, benchmarks, out = sys.argv[1:]
data = open_data(DataConfig(samples, batch_size=4, crop_size=16))
pictures = list(find_benchmarks(benchmarks)[0].images())
with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
    model = srgan_tf.build_generator(1, 8)
    model.compile("sgd", loss="mse")
callbacks = [srgan_tf.BenchmarkScores(benchmarks), srgan_tf.SamplePictures(pictures, out)]
model.fit(data.batches(), steps_per_epoch=2, verbose=0, shuffle=False, callbacks=callbacks)
"""
    command = [sys.executable, "-c", code, *inputs[1:], str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("*/step_00000001.png"))) == 1


def test_a_process_gets_its_part_of_every_batch(monkeypatch):
    whole = tf.data.Dataset.range(24).batch(6, drop_remainder=True)
    monkeypatch.setattr(tfds_source, "tfds_dataset", lambda config, first_step: whole)
    data = TrainingData(DataConfig("tfds:any", batch_size=6), None, [], "")
    parts = [
        [batch.tolist() for batch in data.batches(0, (i, 2)).as_numpy_iterator()] for i in (0, 1)
    ]
    assert parts[0][:2] == [[0, 1, 2], [6, 7, 8]]
    assert parts[1][:2] == [[3, 4, 5], [9, 10, 11]]


def test_one_device_is_the_default():
    assert open_devices("none", 3) == Devices()


def test_an_unknown_strategy_is_an_error():
    with pytest.raises(ValueError, match="got 'all', expected none, mirrored or tpu"):
        open_devices("all", 16)


@pytest.mark.parametrize("strategy", ["mirrored", "tpu"])
@pytest.mark.parametrize(
    "environment",
    [
        {"TF_CONFIG": json.dumps({"cluster": {"worker": ["a:1", "b:1"]}, "task": {"index": 0}})},
        {"TF_CONFIG": json.dumps({"cluster": {"chief": ["a:1"], "worker": ["b:1"]}})},
        {"KERAS_DISTRIBUTION_NUM_PROCESSES": "2"},
    ],
)
def test_several_workers_of_tensorflow_are_told_what_to_use(strategy, environment, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(
        ValueError, match=r"multi-worker fit does not .* use KERAS_BACKEND=jax"
    ) as e:
        open_devices(strategy, 16)
    assert "\n" not in str(e.value)


def test_processes_without_a_strategy_are_an_error(monkeypatch):
    monkeypatch.setenv("KERAS_DISTRIBUTION_NUM_PROCESSES", "2")
    with pytest.raises(ValueError, match=r"got none, but .* several processes; add --strategy"):
        open_devices("none", 16)


def test_a_batch_must_split_evenly(monkeypatch):
    monkeypatch.setattr(devices, "_tensorflow_devices", lambda strategy: Devices(num_replicas=3))
    assert open_devices("mirrored", 15).num_replicas == 3
    with pytest.raises(ValueError, match="got 16 for 3 devices, expected a multiple of 3"):
        open_devices("mirrored", 16)


def test_a_missing_tpu_is_one_line(monkeypatch):
    def fail(*arguments, **settings):
        raise ValueError("Please provide a TPU Name to connect to.\nMore.")

    monkeypatch.setattr(tf.distribute.cluster_resolver, "TPUClusterResolver", fail)
    with pytest.raises(ValueError, match=r"no TPU was found .Please provide") as e:
        open_devices("tpu", 16)
    assert "\n" not in str(e.value)


def test_xla_is_left_alone_with_a_strategy_of_tensorflow():
    assert use_xla("auto", "mirrored") is False
    with pytest.raises(ValueError, match="got on with strategy mirrored"):
        use_xla("on", "mirrored")
