import json
import subprocess
import sys
from pathlib import Path

import pytest

from srgan_tf.models.cards import read_card
from srgan_tf.models.shipped import shipped_names
from srgan_tf.recipes import RECIPES


def test_each_shipped_model_is_listed_with_its_scores(run):
    code, output, errors = run("models")
    assert (code, errors) == (0, "")
    for name in shipped_names():
        card = read_card(name)
        (part,) = [part for part in output.split("\n\n") if part.startswith(f"{name}: ")]
        for scores in (*card.scores.values(), *card.fast_scores.values()):
            assert f" {scores['psnr']:.2f}" in part and f" {scores['ssim']:.4f}" in part
        assert f"{card.steps:,} steps" in part and "$ srgan-tf train" not in part
        assert bool(card.fast_scores) == (f"{name}.dynamic.tflite (" in part)


def test_everything_of_one_model(run):
    code, output, errors = run("models", "espcn")
    card = read_card("espcn")
    assert (code, errors) == (0, "") and output.startswith("espcn: ")
    assert all(f"$ {command}\n" in output for command in card.commands)
    assert output.endswith(f"\n  $ {RECIPES['espcn'].command}\n\n")
    assert card.data[:40] in output and card.notes[:40] in output and "srcnn:" not in output
    code, output, errors = run("models", "espcn", "nope")
    assert (code, output) == (2, "") and "got nope, expected one of" in errors


def test_every_recipe_is_trained_or_named_as_not(run, monkeypatch):
    assert set(shipped_names()) == set(RECIPES) and "not in the package" not in run("models")[1]
    monkeypatch.setattr("srgan_tf.models.shipped.shipped_names", lambda: ["espcn", "srresnet_mse"])
    last = run("models")[1].splitlines()[-1]
    others = [name for name in RECIPES if name not in ("espcn", "srresnet_mse")]
    assert last == f"not in the package: {', '.join(others)}"


def test_json(run, tmp_path):
    assert run("models", "--json", tmp_path / "models.json")[0] == 0
    report = json.loads((tmp_path / "models.json").read_text())
    assert list(report["models"]) == sorted(shipped_names(), key=list(RECIPES).index)
    ours = report["models"]["srresnet_mse"]
    assert ours["scores_up_to_date"] and ours["scores"]["Set5"]["psnr"] > 31
    assert set(report["models"]) | set(report["not_in_the_package"]) == set(RECIPES)
    code, _, errors = run("models", "--json", tmp_path / "none" / "models.json")
    assert code == 2 and errors.startswith("srgan-tf: json: ")


@pytest.mark.parametrize("name", ["a" * 300, "ä" * 250, "."])
def test_json_that_cannot_be_written(run, tmp_path, name):
    code, output, errors = run("models", "--json", tmp_path / name)
    assert (code, output) == (2, "") and errors.count("\n") == 1  # before anything is done
    assert not list(tmp_path.iterdir())


def test_json_that_no_other_file_can_be_laid_beside(run, tmp_path, monkeypatch):
    (tmp_path / "models.json").write_text("{}")

    def refuse(path, exist_ok):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "touch", refuse)
    code, output, errors = run("models", "--json", tmp_path / "models.json")
    reason = f"json: {tmp_path / 'models.json'} cannot be written (Permission denied)"
    assert (code, output, errors) == (2, "", f"srgan-tf: {reason}\n")


def test_nothing_heavy_is_imported():
    heavy = ("keras", "tensorflow", "jax", "scipy", "matplotlib", "ai_edge_litert")
    code = (
        "import sys; from srgan_tf.cli.main import main; main(['models']); "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
