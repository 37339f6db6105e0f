"""Whole runs of `srgan-tf train`, each in a process of its own, on the sample pictures."""

import math
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from srgan_tf.cli.main import main
from srgan_tf.config import DataConfig, TrainConfig, read_held_out
from srgan_tf.data.sources import open_data
from srgan_tf.imaging.files import in_use
from srgan_tf.inference.engines import keras_engine
from srgan_tf.inference.scoring import score_pictures, sr_from_engine
from srgan_tf.models.generator import build_generator
from srgan_tf.models.start import start_as_interpolation
from srgan_tf.models.weights import load_generator
from srgan_tf.recipes import BASELINES, VARIANTS
from srgan_tf.training import run, run_callbacks
from srgan_tf.training.callbacks import BenchmarkScores, SamplePictures
from srgan_tf.training.checkpoint import load_checkpoint
from srgan_tf.training.learner import use_xla
from srgan_tf.training.pace import Pace
from srgan_tf.training.run import train
from srgan_tf.training.run_callbacks import StopWhenDiverged, TrainingDivergedError

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "srgan_tf" / "samples"
SMALL = (
    "--batch-size 2 --crop-size 16 --num-blocks 1 --num-filters 8 --holdout 0 "
    f"--learning-rate 1e-3 --data {SAMPLES}"
).split()
BLOCK_TENSORFLOW = "import sys; sys.modules['tensorflow'] = None; "


def start(recipe, out, *arguments, before="", backend="tensorflow"):
    program = (
        f"{before}import sys; from srgan_tf.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program, "train", recipe, "--out", str(out), *arguments],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": backend},
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process):
    """Waits for a run that must succeed; returns what it said."""
    _, errors = process.communicate(timeout=200)
    assert process.returncode == 0, errors
    return errors


@pytest.fixture(scope="module")
def init(tmp_path_factory):
    """A small untrained generator as a file, for recipes that start from a trained one."""
    path = tmp_path_factory.mktemp("init") / "generator.keras"
    generator = build_generator(1, 8)
    start_as_interpolation(generator)
    generator.save(path)
    return path


def small_config(recipe="srresnet_mse", **settings):
    data = DataConfig(str(SAMPLES), batch_size=2, crop_size=16)
    defaults = {"num_blocks": 1, "num_filters": 8, "holdout": 0}
    return TrainConfig(recipe=recipe, data=data, **{**defaults, **settings})


def assert_same_state(ours, theirs):
    assert ours.step == theirs.step
    assert set(ours.arrays) == set(theirs.arrays)
    for key, array in ours.arrays.items():
        np.testing.assert_array_equal(array, theirs.arrays[key], err_msg=key)


@pytest.mark.long
@pytest.mark.parametrize(
    "recipe", ["srgan_mse", pytest.param("srresnet_mse", marks=pytest.mark.slow)]
)
def test_a_killed_run_resumes_to_the_same_weights_bit_for_bit(recipe, tmp_path, init, capsys):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    start_from = shutil.copy(init, tmp_path)
    settings = [*SMALL, "--steps", "8", "--save-every", "4", "--init", start_from]
    victim = start(recipe, killed, *settings)
    deadline = time.monotonic() + 120
    while not (killed / "checkpoint.npz").exists():
        assert time.monotonic() < deadline and victim.poll() is None
        time.sleep(0.01)
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    step = load_checkpoint(killed / "checkpoint.npz").step
    assert 0 < step < 8
    assert main(["train", recipe, "--out", str(whole), *settings]) == 0
    assert "step 8/8" in capsys.readouterr().err
    Path(start_from).unlink()  # the checkpoint has all that is needed
    assert main(["train", recipe, "--out", str(killed), "--resume"]) == 0  # settings are remembered
    assert f"resumed at step {step} of 8" in capsys.readouterr().err
    assert_same_state(
        load_checkpoint(killed / "checkpoint.npz"), load_checkpoint(whole / "checkpoint.npz")
    )


@pytest.mark.long
@pytest.mark.parametrize(
    "recipe", ["srgan_vgg22", pytest.param("srresnet_mse", marks=pytest.mark.slow)]
)
def test_a_run_begun_under_jax_without_tensorflow_goes_on_under_tensorflow(
    recipe, tmp_path, init, vgg_npz
):
    settings = [*SMALL, "--steps", "2", "--init", str(init), "--vgg-weights", str(vgg_npz)]
    finish(start(recipe, tmp_path / "run", *settings, before=BLOCK_TENSORFLOW, backend="jax"))
    before = load_checkpoint(tmp_path / "run" / "checkpoint.npz")
    assert before.step == 2
    config = small_config(recipe, steps=4, init=str(init), vgg_weights=str(vgg_npz))
    train(config, tmp_path / "run", resume=True)
    after = load_checkpoint(tmp_path / "run" / "checkpoint.npz")
    assert after.step == 4
    assert int(after.arrays["optimizer/adam/iteration"]) == 4
    kernel = "generator/tail_conv/kernel"
    difference = np.abs(after.arrays[kernel] - before.arrays[kernel]).max()
    assert 0 < difference < 1e-2  # went on from there, did not start anew


@pytest.mark.parametrize(
    ("steps", "save_every", "steps_per_execution", "ends"),
    [(5, 3, 1, [3, 5]), (6, 5, 2, [4, 6])],
)
def test_a_length_that_epochs_do_not_divide(tmp_path, steps, save_every, steps_per_execution, ends):
    lengths = {"steps": steps, "save_every": save_every}
    config = small_config(**lengths, steps_per_execution=steps_per_execution)
    train(config, tmp_path / "run")
    checkpoint = load_checkpoint(tmp_path / "run" / "checkpoint.npz")
    assert checkpoint.step == int(checkpoint.arrays["optimizer/adam/iteration"]) == steps
    log = np.genfromtxt(tmp_path / "run" / "log.csv", delimiter=",", names=True)
    assert log["step"].tolist() == ends


@pytest.mark.parametrize(
    ("first", "total", "longest"), [(0, 1100, 500), (734, 1100, 500), (7, 8, 9)]
)
def test_epochs_end_at_the_length_of_the_run(first, total, longest):
    pace = Pace.divide(first, total, longest)
    ends = [first, *(pace.step_after(epoch) for epoch in range(pace.epochs))]
    assert ends[-1] == total
    assert all(0 < end - start <= longest for start, end in pairwise(ends))


def test_a_part_of_an_execution_is_refused():
    with pytest.raises(ValueError, match="got 10 to go, expected a multiple of the 4 of"):
        Pace.divide(2, 12, 500, steps_per_execution=4)


OTHER_VARIANTS = [v.name for v in VARIANTS if v.name not in ("srgan_mse", "srgan_vgg22")]
"""Those two train in the first two tests."""


@pytest.mark.long
@pytest.mark.parametrize("recipe", OTHER_VARIANTS)
def test_every_variant_trains(recipe, tmp_path, init, vgg54_npz):
    config = small_config(recipe, steps=2, init=str(init), vgg_weights=str(vgg54_npz))
    train(config, tmp_path / "run")
    checkpoint = load_checkpoint(tmp_path / "run" / "checkpoint.npz")
    assert checkpoint.step == 2
    is_gan = any(key.startswith("discriminator_optimizer/") for key in checkpoint.arrays)
    assert is_gan == recipe.startswith("srgan")
    if recipe == "srresnet_mse":  # and is not overwritten
        with pytest.raises(ValueError, match="already holds a run"):
            train(config, tmp_path / "run")


def test_a_folder_that_another_program_trains_in_is_left_alone(tmp_path):
    config = small_config("srresnet_mse", steps=2)
    with in_use(tmp_path), pytest.raises(ValueError, match="is in use by another program"):
        train(config, tmp_path)
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="pictures: got"):
        train(replace(config, data=DataConfig(str(tmp_path))), tmp_path / "a" / "run")
    assert not (tmp_path / "a").exists()
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match=r"output: got the file .*, expected a folder"):
        train(config, tmp_path / "file")
    train(config, tmp_path)
    assert (tmp_path / "generator.keras").exists()


@pytest.mark.long
@pytest.mark.parametrize("recipe", ["srresnet_mse", "srgan_mse"])
def test_frozen_norms_stay_as_they_were_while_all_else_trains(recipe, tmp_path):
    init = tmp_path / "init.keras"
    build_generator(1, 8).save(init)
    config = small_config(recipe, steps=2, init=str(init), freeze_norms=True)
    averaged = train(config, tmp_path / "run")
    checkpoint = load_checkpoint(tmp_path / "run" / "checkpoint.npz")
    started = {variable.path: variable.numpy() for variable in load_generator(init).variables}
    for path, value in started.items():
        trained = checkpoint.arrays[f"generator/{path}"]
        is_norm = path.split("/")[0].endswith(("_bn1", "_bn2", "post_bn"))
        assert np.array_equal(trained, value) == is_norm, path
    saved = load_generator(tmp_path / "run" / "generator.keras")
    assert all(layer.trainable for layer in saved.layers)  # for whoever goes on from there
    lr = np.zeros((1, 4, 4, 3), np.float32)
    np.testing.assert_array_equal(saved(lr), averaged(lr))


@pytest.mark.parametrize(
    ("recipe", "said"), [("srresnet_mse", "untrained"), ("espcn", "no batch normalisation")]
)
def test_norms_that_cannot_be_frozen_are_refused(recipe, said, tmp_path):
    size = {"num_blocks": 16, "num_filters": 64} if recipe == "espcn" else {}
    with pytest.raises(ValueError, match=f"freeze-norms: .*{said}"):
        train(small_config(recipe, steps=2, freeze_norms=True, **size), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("recipe", [baseline.name for baseline in BASELINES])
def test_every_baseline_trains(recipe, tmp_path):
    num_blocks = 2 if recipe == "drcn" else 16
    config = small_config(
        recipe, num_blocks=num_blocks, num_filters=64, steps=2, learning_rate=1e-3
    )
    averaged = train(config, tmp_path / "run")
    assert load_checkpoint(tmp_path / "run" / "checkpoint.npz").step == 2
    lr = np.zeros((1, 4, 4, 3), np.float32)
    saved = load_generator(tmp_path / "run" / "generator.keras")
    np.testing.assert_array_equal(saved(lr), averaged(lr))


@pytest.mark.slow
@pytest.mark.parametrize("recipe", [variant.name for variant in VARIANTS])
def test_every_variant_trains_at_full_size_on_real_photos(recipe, tmp_path, data_folder, vgg54_npz):
    """Starts from the shipped weights; phi_{5,4} is random, the other VGG weights are true."""
    vgg_weights = data_folder / "vgg19" / "vgg19_conv1_1_to_conv3_4.npz"
    config = TrainConfig(
        recipe=recipe,
        data=DataConfig(str(data_folder / "train" / "bsds400"), batch_size=4),
        steps=20,
        init="srresnet_mse",
        vgg_weights=str(vgg54_npz if recipe.endswith("54") else vgg_weights),
        holdout=4,
    )
    make_sr = sr_from_engine(keras_engine(load_generator(config.init)))
    before = score_pictures(open_data(config.data, config.holdout).held_out, make_sr).psnr
    train(config, tmp_path / "run")
    log = np.genfromtxt(tmp_path / "run" / "log.csv", delimiter=",", names=True)
    assert log["step"] == 20
    assert all(np.isfinite(log[name]) for name in log.dtype.names)
    assert log["holdout_psnr"] > before - 0.5
    pictures = list((tmp_path / "run" / "samples").glob("*/step_00000020.png"))
    assert len(pictures) == 4


@pytest.fixture(scope="module")
def vgg54_npz(tmp_path_factory):
    """VGG19 up to phi_{5,4} with random weights."""
    rng = np.random.default_rng(2)
    arrays, num_in = {}, 3
    for block, (count, num_out) in enumerate(
        ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512)), start=1
    ):
        for index in range(1, count + 1):
            kernel = rng.random((3, 3, num_in, num_out), dtype=np.float32) - 0.5
            arrays[f"conv{block}_{index}_W"] = kernel * np.sqrt(24 / (9 * num_in))
            arrays[f"conv{block}_{index}_b"] = np.zeros(num_out, np.float32)
            num_in = num_out
    path = tmp_path_factory.mktemp("vgg54") / "vgg.npz"
    np.savez(path, **arrays)
    return path


def test_a_run_learns_and_leaves_everything_in_its_folder(tmp_path, capsys):
    config = small_config(
        steps=60,
        learning_rate=3e-3,
        schedule="cosine",
        warmup=5,
        ema=0.9,
        save_every=30,
        initialization="random",
    )
    config = replace(config, data=replace(config.data, batch_size=8))
    averaged = train(config, tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    texts = {"config.json", "held_out.txt", "log.csv"}
    assert names == {"checkpoint.npz", "generator.keras", "tensorboard", *texts}
    rows = np.genfromtxt(tmp_path / "log.csv", delimiter=",", names=True)
    assert list(rows["step"]) == [30, 60]
    (events,) = (tmp_path / "tensorboard" / "train").glob("events*")
    found = {event.step for event in tf.compat.v1.train.summary_iterator(str(events))}
    assert {30, 60} <= found <= {0, 30, 60}
    assert rows["loss"][1] < 0.7 * rows["loss"][0]
    loaded = keras.saving.load_model(tmp_path / "generator.keras")
    lr = np.random.default_rng(0).random((1, 7, 5, 3), dtype=np.float32)
    np.testing.assert_array_equal(np.asarray(loaded(lr)), np.asarray(averaged(lr)))
    assert "images/s" in capsys.readouterr().err


def test_a_run_s_loss_is_built_by_its_settings(tmp_path, monkeypatch):
    def build(recipe, vgg_weights, grid_weight):
        raise ValueError(f"{recipe.name} {vgg_weights} {grid_weight}")

    monkeypatch.setattr(run, "build_content_loss", build)
    config = small_config("srgan_vgg22", vgg_weights="mine", grid_penalty=0.5)
    with pytest.raises(ValueError, match=r"srgan_vgg22 mine 0\.5"):
        train(config, tmp_path / "run")


def test_a_diverged_run_stops_and_keeps_the_last_good_checkpoint(tmp_path):
    train(small_config(steps=2), tmp_path)
    good = (tmp_path / "checkpoint.npz").read_bytes()
    with pytest.raises(TrainingDivergedError, match="lower --learning-rate"):
        train(small_config(steps=6, learning_rate=1e30), tmp_path, resume=True)
    assert (tmp_path / "checkpoint.npz").read_bytes() == good


def test_a_run_that_diverges_before_its_first_checkpoint_is_not_told_to_resume(tmp_path):
    with pytest.raises(TrainingDivergedError, match="; start with a lower --learning-rate"):
        train(small_config(steps=6, learning_rate=1e30), tmp_path)
    assert not (tmp_path / "checkpoint.npz").exists()


def test_a_weight_that_is_no_number_is_not_saved(tmp_path):
    """Of a run's last step the loss says nothing yet."""
    model = build_generator(1, 8)
    watch = StopWhenDiverged(tmp_path, Pace.divide(0, 2, 2, 1), model)
    watch.on_epoch_end(0, {"loss": 0.1, "psnr": math.inf})
    model.trainable_variables[0].assign(np.full(model.trainable_variables[0].shape, np.nan))
    with pytest.raises(TrainingDivergedError, match="a weight is nan at step 2"):
        watch.on_epoch_end(0, {"loss": 0.1})


def test_what_cannot_be_scored_costs_no_steps(tmp_path, monkeypatch):
    def fail(*_):
        raise ValueError("the disk with the benchmarks is gone")

    monkeypatch.setattr(BenchmarkScores, "on_epoch_end", fail)
    with pytest.raises(ValueError, match="is gone"):
        train(small_config(steps=2), tmp_path)
    assert load_checkpoint(tmp_path / "checkpoint.npz").step == 2


def test_held_out_pictures_that_are_too_small_are_not_scored(tmp_path, samples):
    for number in range(4):
        Image.fromarray(samples["coffee"][:8, :8]).save(tmp_path / f"{number}.png")
    data = DataConfig(str(tmp_path), batch_size=2, crop_size=8)
    config = replace(small_config(steps=1), data=data, holdout=1)
    train(config, tmp_path / "run")
    assert "holdout_psnr" not in (tmp_path / "run" / "log.csv").read_text()


def test_too_little_memory_is_one_line(tmp_path, monkeypatch):
    def fail(model, *args, **kwargs):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor\nHint: ...")

    monkeypatch.setattr(keras.Model, "fit", fail)
    with pytest.raises(ValueError, match=r"^memory: .* lower --batch-size"):
        train(small_config(steps=2), tmp_path)


@pytest.mark.long
def test_a_held_out_photo_that_is_away_for_a_while_stays_held_out(tmp_path, samples):
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(20):
        Image.fromarray(samples["coffee"][number : number + 16, :16]).save(
            photos / f"{number:02d}.png"
        )
    data = DataConfig(str(photos), batch_size=2, crop_size=16)
    for steps, away in ((1, None), (2, "05.png"), (3, None)):
        if away:
            (photos / away).rename(tmp_path / away)
        config = replace(small_config(), data=data, steps=steps, holdout=30)
        train(config, tmp_path / "run", resume=steps > 1)
        assert read_held_out(tmp_path / "run") == ["05.png", "15.png"]
        if away:
            (tmp_path / away).rename(photos / away)


def test_a_baseline_has_one_start(tmp_path):
    with pytest.raises(ValueError, match="initialization: got random for espcn, expected"):
        train(
            small_config("espcn", steps=1, initialization="random", num_blocks=16, num_filters=64),
            tmp_path / "run",
        )


def test_a_photo_that_is_gone_in_training_is_named(tmp_path, monkeypatch):
    photos = shutil.copytree(SAMPLES, tmp_path / "photos")

    def fail(model, *args, **kwargs):
        (photos / "coffee.png").unlink()
        raise tf.errors.NotFoundError(None, None, "No such file\n[[{{node IteratorGetNext}}]]")

    monkeypatch.setattr(keras.Model, "fit", fail)
    config = small_config(steps=2)
    config = replace(config, data=replace(config.data, source=str(photos)))
    with pytest.raises(ValueError, match=r"training data: .*coffee\.png is damaged or gone"):
        train(config, tmp_path / "run")


def test_a_benchmark_too_small_to_score_is_told_before_the_first_step(tmp_path):
    (tmp_path / "sets" / "Tiny" / "HR").mkdir(parents=True)
    Image.new("RGB", (8, 64)).save(tmp_path / "sets" / "Tiny" / "HR" / "a.png")
    config = small_config(steps=2, benchmarks=str(tmp_path / "sets"))
    with pytest.raises(ValueError, match="Tiny, a: got 8x64 pixels, expected at least 9"):
        train(config, tmp_path / "run")


def test_a_bad_benchmark_is_told_before_the_first_step(tmp_path):
    (tmp_path / "Set" / "HR").mkdir(parents=True)
    (tmp_path / "Set" / "HR" / "a.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"a\.png: not a picture that can be read"):
        train(small_config(steps=2, benchmarks=str(tmp_path)), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("name", "anew", "resumed"),
    [
        ("checkpoint.npz", "already holds a run", "cannot be read"),
        ("generator.keras", "already holds a run", "no checkpoint.npz to go on from"),
        ("log.csv", "already holds a run", "not the log of a run"),
        ("held_out.txt", "already holds a run", None),
        ("config.json", "not the settings of a run", "not the settings of a run"),
    ],
)
def test_what_lies_in_a_folder_is_not_replaced(tmp_path, name, anew, resumed):
    (tmp_path / name).write_bytes(b"mine")
    with pytest.raises(ValueError, match=f"{name}.*{anew}|{anew} .{name}"):
        train(small_config(steps=2), tmp_path)
    if resumed:
        with pytest.raises(ValueError, match=resumed):
            train(small_config(steps=2), tmp_path, resume=True)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b"mine"


@pytest.mark.long
def test_a_run_that_ended_before_its_first_checkpoint_may_be_begun_again(tmp_path, monkeypatch):
    def fail(path, *arguments):
        raise OSError(28, "No space left on device", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(run_callbacks, "save_checkpoint", fail)
        with pytest.raises(OSError, match="No space left"):
            train(small_config(steps=2), tmp_path)
    assert not list(tmp_path.glob("*.keras"))
    train(small_config(steps=2), tmp_path, resume=True)
    for name in ("checkpoint.npz", "generator.keras", "log.csv"):
        (tmp_path / name).unlink()
    train(small_config(steps=2), tmp_path)


def test_scores_need_pictures():
    with pytest.raises(ValueError, match="got no picture as 'mine'"):
        BenchmarkScores({"mine": iter([])})


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"protocol": "foo"}, "expected paper or matlab"), ({"every": 0}, "expected 1 or more")],
)
def test_scores_are_set_up_before_training(settings, said):
    with pytest.raises(ValueError, match=said):
        BenchmarkScores({}, **settings)
    with pytest.raises(ValueError, match="got a list, expected a folder or"):
        BenchmarkScores([None])
    with pytest.raises(ValueError, match="BenchmarkScores: got a str, expected a BenchmarkImage"):
        BenchmarkScores({"Set5": "benchmarks/Set5"})
    with pytest.raises(ValueError, match="SamplePictures: got a str, expected a BenchmarkImage"):
        SamplePictures("benchmarks", "samples")


def test_scores_of_a_folder(tmp_path, samples):
    (tmp_path / "mine" / "HR").mkdir(parents=True)
    Image.fromarray(samples["coffee"][:64, :64]).save(tmp_path / "mine" / "HR" / "a.png")
    (name,) = BenchmarkScores(str(tmp_path)).pictures
    assert name == "mine"


def test_xla_is_off_on_a_cpu_unless_asked_for():
    assert use_xla("auto") is False
    assert use_xla("on") is True
    with pytest.raises(ValueError, match="expected auto"):
        use_xla("maybe")
