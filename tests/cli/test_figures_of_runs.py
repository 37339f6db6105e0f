"""`srgan-tf figures` on run folders: evolution, and a depth study of two tiny networks."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import srgan_tf
from srgan_tf.evaluation import depth

SAMPLES = Path(srgan_tf.__file__).parent / "samples"


@pytest.fixture
def run_folder(tmp_path, samples):
    """As training leaves it, with two samples at eight steps."""
    for index in range(8):
        for name in ("coffee", "rocket"):
            path = tmp_path / "mine" / "samples" / name / f"step_{100 * (index + 1):08d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(samples[name] // (8 - index)).save(path)
    rows = [f"{100 * (i + 1)},{1 / (i + 1)},{20 + i},{0.5}\n" for i in range(8)]
    text = "step,loss,holdout_psnr,holdout_ssim\n" + "".join(rows)
    (tmp_path / "mine" / "log.csv").write_text(text)
    return tmp_path / "mine"


def test_evolution(run, run_folder, tmp_path):
    settings = ["-o", tmp_path / "figures", "--picture", "rocket", "--count", 4]
    code, output, errors = run("figures", "evolution", run_folder, *settings)
    assert (code, errors) == (0, "")
    paths = [tmp_path / "figures" / f"evolution.{kind}" for kind in ("png", "svg")]
    assert output.splitlines() == [str(path) for path in paths]
    drawing = paths[1].read_text()
    shown = [step for step in range(100, 900, 100) if f"<!-- step {step} -->" in drawing]
    assert shown == [200, 400, 600, 800]  # spread over the run, with its end
    assert "<!-- PSNR (dB) -->" in drawing and "<!-- loss -->" in drawing
    with Image.open(paths[0]) as image:
        assert image.width >= 1000 and len(np.unique(np.asarray(image.convert("L")))) > 50


def test_evolution_needs_a_run(run, run_folder, tmp_path):
    for settings in ([tmp_path], [run_folder, "--picture", "house"]):
        code, output, errors = run("figures", "evolution", *settings, "-o", tmp_path / "figures")
        assert (code, output) == (2, "") and errors.count("\n") == 1
    (run_folder / "log.csv").unlink()
    code, _, errors = run("figures", "evolution", run_folder, "-o", tmp_path / "figures")
    assert code == 2 and "log.csv" in errors
    assert not (tmp_path / "figures").exists()


@pytest.mark.parametrize(
    ("row", "problem"),
    [("900,1,2,3,4\n", "not the log of a run"), ("900,1,abc,3\n", "the column holdout_psnr")],
)
def test_evolution_of_a_damaged_log(run, run_folder, tmp_path, row, problem):
    log = run_folder / "log.csv"
    log.write_text(log.read_text() + row)
    code, _, errors = run("figures", "evolution", run_folder, "-o", tmp_path / "figures")
    assert code == 2 and errors.startswith(f"srgan-tf: {log}: {problem}")
    assert errors.count("\n") == 1 and not (tmp_path / "figures").exists()


@pytest.mark.parametrize("loss", ["0", "", "nan"])
def test_evolution_without_losses_to_draw(run, run_folder, tmp_path, loss):
    (run_folder / "samples" / "coffee" / "step_best.png").touch()  # the user's
    rows = "".join(f"{step},{loss},20\n" for step in (100, 200))
    (run_folder / "log.csv").write_text(f"step,loss,holdout_psnr\n{rows}")
    code, _, errors = run("figures", "evolution", run_folder, "-o", tmp_path / "figures")
    assert (code, errors) == (0, "")


@pytest.fixture
def depth_settings(tmp_path, samples):
    folder = tmp_path / "benchmarks" / "Tiny" / "HR"
    folder.mkdir(parents=True)
    Image.fromarray(samples["chelsea"][100:164, 100:164]).save(folder / "one.png")
    where = ["--benchmarks", tmp_path / "benchmarks", "--benchmark", "Tiny"]
    return ["figures", "depth", tmp_path / "runs", *where, "-o", tmp_path / "figures"]


@pytest.mark.long
def test_depth_trains_once_and_draws(run, depth_settings, tmp_path, monkeypatch):
    monkeypatch.setattr(depth, "_TURNS", 3)
    training = ["--data", SAMPLES, "--blocks", "1", "--steps", "2", "--num-filters", "4"]
    training += ["--batch-size", "2", "--crop-size", "16"]
    code, output, errors = run(*depth_settings, *training)
    assert code == 0, errors
    names = ["depth.png", "depth.svg", "depth.csv"]
    assert output.splitlines() == [str(tmp_path / "figures" / name) for name in names]
    with (tmp_path / "figures" / "depth.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["num_blocks"], row["long_skip"]) for row in rows] == [
        ("1", "True"),
        ("1", "False"),
    ]
    assert all(row["steps"] == "2" and float(row["milliseconds"]) > 0 for row in rows)
    assert rows[0]["psnr"] != rows[1]["psnr"]
    drawing = (tmp_path / "figures" / "depth.svg").read_text()
    assert "<!-- 2 steps, 4 filters, random start -->" in drawing
    assert "<!-- PSNR on Tiny (dB) -->" in drawing

    saved = {path: path.stat().st_mtime_ns for path in (tmp_path / "runs").rglob("*.npz")}
    assert len(saved) == 2
    code, _, errors = run(*depth_settings, *training)  # nothing is trained again
    assert code == 0 and "blocks" not in errors
    assert {path: path.stat().st_mtime_ns for path in saved} == saved
    code, output, errors = run(*depth_settings, *training, "--seed", "1")
    assert (code, output) == (2, "") and "other settings" in errors

    shutil.copytree(tmp_path / "runs" / "b01_skip", tmp_path / "runs" / "baseline_old")
    (tmp_path / "runs" / "b01_plain" / "log.csv").unlink()  # as of a run killed at its end
    assert run(*depth_settings)[0] == 0
    assert len((tmp_path / "figures" / "depth.csv").read_text().splitlines()) == 3
    (tmp_path / "runs" / "b01_plain" / "checkpoint.npz").unlink()
    (tmp_path / "runs" / "b01_plain" / "log.csv").write_text("step,loss\n1,1\n")
    code, output, errors = run(*depth_settings)
    assert code == 0 and "left out, 1 of 2 steps" in errors
    assert len((tmp_path / "figures" / "depth.csv").read_text().splitlines()) == 2


def test_depth_without_runs_or_benchmark(run, depth_settings):
    code, output, errors = run(*depth_settings)
    assert (code, output) == (2, "") and errors.count("\n") == 1 and "--data" in errors
    code, output, errors = run(*depth_settings, "--benchmark", "Set99")
    assert (code, output) == (2, "") and errors.count("\n") == 1 and "Tiny" in errors


def test_depth_refuses_a_file_as_output_before_any_work(run, depth_settings, tmp_path):
    (tmp_path / "figures").write_text("mine")
    code, output, errors = run(*depth_settings, "--data", SAMPLES)
    assert (code, output) == (2, "") and errors.count("\n") == 1
    assert "figures, expected a folder" in errors and not (tmp_path / "runs").exists()


def test_depths_that_are_no_numbers(run, depth_settings, capsys):
    with pytest.raises(SystemExit):
        run(*depth_settings, "--blocks", "1,x")
    assert "got 1,x, expected whole numbers such as 1,2,4,8" in capsys.readouterr().err
