import dataclasses
import json

import pytest

from srgan_tf.cli.main import main
from srgan_tf.cli.train import merge_settings
from srgan_tf.config import DataConfig, TrainConfig


def is_one_line(errors):
    return errors.startswith("srgan-tf: ") and errors.count("\n") == 1 and errors.endswith("\n")


@pytest.fixture
def saved(tmp_path):
    """The settings file of an earlier run."""
    config = TrainConfig(
        recipe="srresnet_mse",
        data=DataConfig(source="photos", batch_size=8, degradation="gaussian", seed=7),
        steps=2000,
        schedule="cosine",
    )
    path = tmp_path / "config.json"
    path.write_text(json.dumps(dataclasses.asdict(config)))
    return path, config


def test_defaults_are_those_of_the_paper():
    config = merge_settings({"recipe": "srresnet_mse", "source": "photos"}, None)
    assert config == TrainConfig(recipe="srresnet_mse", data=DataConfig(source="photos"))
    assert (config.data.batch_size, config.data.crop_size) == (16, 96)
    assert (config.steps, config.learning_rate, config.schedule) == (None, None, "paper")


def test_given_settings_replace_defaults():
    given = {"recipe": "srresnet_mse", "source": "photos", "seed": 3, "steps": 10, "out": "run"}
    config = merge_settings({**given, "run": print, "resume": False}, None)
    assert config == TrainConfig(
        recipe="srresnet_mse", data=DataConfig(source="photos", seed=3), steps=10
    )


def test_a_resumed_run_keeps_its_settings(saved):
    path, config = saved
    assert merge_settings({"recipe": "srresnet_mse"}, path) == config


def test_given_settings_replace_those_of_a_resumed_run(saved):
    path, config = saved
    given = {"recipe": "srresnet_mse", "source": "more_photos", "steps": 4000, "crop_size": 48}
    expected = dataclasses.replace(
        config,
        steps=4000,
        data=dataclasses.replace(config.data, source="more_photos", crop_size=48),
    )
    assert merge_settings(given, path) == expected


def test_without_an_earlier_run_the_defaults_hold(tmp_path):
    given = {"recipe": "srresnet_mse", "source": "photos"}
    assert merge_settings(given, tmp_path / "config.json") == merge_settings(given, None)


def test_a_run_of_another_recipe_is_not_resumed(saved):
    with pytest.raises(ValueError, match=r"got srgan_mse, but .* holds a run of srresnet_mse"):
        merge_settings({"recipe": "srgan_mse"}, saved[0])


def test_there_must_be_data():
    with pytest.raises(ValueError, match="training data: got none, expected --data"):
        merge_settings({"recipe": "srresnet_mse"}, None)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"data": {}}', '{"data": {"x": 1}, "y": 2}']
)
def test_damaged_settings_are_one_clear_line(saved, text):
    path, _ = saved
    path.write_text(text)
    with pytest.raises(ValueError, match=r"config\.json") as error:
        merge_settings({"recipe": "srresnet_mse"}, path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "settings",
    [
        ["--steps", "0"],
        ["--steps", "1.5"],
        ["--batch-size", "-1"],
        ["--learning-rate", "0"],
        ["--learning-rate", "nan"],
        ["--learning-rate", "inf"],
        ["--seed", "-1"],
        ["--warmup", "-5"],
        ["--schedule", "linear"],
        ["--degradation", "jpeg"],
        ["--ema", "1.5"],
        ["--ema", "-0.1"],
        ["--ema", "nan"],
    ],
)
def test_a_setting_out_of_range_is_wrong_use(capsys, tmp_path, settings):
    run_folder = tmp_path / "run"
    data = ["--data", str(tmp_path / "none")]
    try:
        code = main(["train", "srresnet_mse", *data, "--out", str(run_folder), *settings])
    except SystemExit as stop:
        code = stop.code
    assert code == 2
    assert settings[0].strip("-") in capsys.readouterr().err.splitlines()[-1]
    assert not run_folder.exists()


@pytest.mark.parametrize(
    ("recipe", "data", "said"),
    [
        ("srresnet_mze", ".", "did you mean srresnet_mse?"),
        ("srresnet_mse", "none", "expected a folder of pictures"),
        ("srresnet_mse", "empty", "no usable picture"),
    ],
)
def test_a_bad_start_is_one_line_and_leaves_no_run_folder(run, tmp_path, recipe, data, said):
    (tmp_path / "empty").mkdir()
    code, _, errors = run("train", recipe, "--data", tmp_path / data, "--out", tmp_path / "run")
    assert code == 2
    assert is_one_line(errors)
    assert said in errors
    assert not (tmp_path / "run").exists()
