import dataclasses
import json

import keras
import numpy as np
import pytest
from PIL import Image

from srgan_tf.config import DataConfig, TrainConfig
from srgan_tf.data.sources import open_data
from srgan_tf.imaging.resize import reduce_4x, upscale_bicubic
from srgan_tf.inference.lpips_distance import LpipsDistance
from srgan_tf.metrics import score
from srgan_tf.metrics.niqe import niqe, read_model


def is_one_line(errors):
    return errors.startswith("srgan-tf: ") and errors.count("\n") == 1 and errors.endswith("\n")


@pytest.fixture
def pictures(samples):
    """Originals of two tiny benchmarks, one of them gray."""
    return {
        "Set5": {
            "img_001": samples["coffee"][60:100, 150:198],
            "img_002": samples["rocket"][100:136, 140:180, 1],
        },
        "Mine": {"only": samples["chelsea"][90:122, 120:152]},
    }


@pytest.fixture
def benchmarks(tmp_path, pictures):
    for benchmark, originals in pictures.items():
        (tmp_path / "benchmarks" / benchmark / "HR").mkdir(parents=True)
        for name, hr in originals.items():
            Image.fromarray(hr).save(tmp_path / "benchmarks" / benchmark / "HR" / f"{name}.png")
    return tmp_path / "benchmarks"


@pytest.fixture
def results(tmp_path, pictures):
    """Bicubic results as finished pictures."""
    for benchmark, originals in pictures.items():
        (tmp_path / "results" / benchmark).mkdir(parents=True)
        for name, hr in originals.items():
            sr = Image.fromarray(upscale_bicubic(reduce_4x(hr)))
            sr.save(tmp_path / "results" / benchmark / f"{name}.png")
    return tmp_path / "results"


def strict_json(path):
    def refuse(constant):
        raise ValueError(f"{constant} is not JSON")

    return json.loads(path.read_text(), parse_constant=refuse)


def expected_benchmarks(pictures, protocol):
    expected = {}
    for benchmark, originals in pictures.items():
        images = []
        for name, hr in originals.items():
            psnr, ssim = score(upscale_bicubic(reduce_4x(hr)), hr, protocol)
            images.append({"name": name, "psnr": psnr, "ssim": ssim})
        psnr, ssim = (float(np.mean([image[key] for image in images])) for key in ("psnr", "ssim"))
        expected[benchmark] = {
            "psnr": pytest.approx(psnr, abs=1e-9),
            "ssim": pytest.approx(ssim, abs=1e-12),
            "images": images,
        }
    return expected


@pytest.mark.parametrize("protocol", ["paper", "matlab"])
def test_scores_of_bicubic_as_json(run, benchmarks, pictures, tmp_path, protocol):
    path = tmp_path / "scores.json"
    settings = ["--benchmarks", benchmarks, "--protocol", protocol, "--json", path]
    code, _, errors = run("evaluate", "--model", "bicubic", *settings)
    assert (code, errors) == (0, "")
    report = strict_json(path)
    assert report == {
        "model": "bicubic",
        "protocol": protocol,
        "benchmarks": expected_benchmarks(pictures, protocol),
    }
    assert list(report["benchmarks"]) == ["Set5", "Mine"]


def test_a_folder_in_the_place_of_the_json_file(run, benchmarks, tmp_path):
    settings = ["--model", "bicubic", "--benchmarks", benchmarks, "--json", tmp_path]
    code, output, errors = run("evaluate", *settings)
    assert (code, output) == (2, "")
    assert errors == f"srgan-tf: json: got the folder {tmp_path}, expected a file\n"


def test_the_table_shows_the_same_numbers(run, benchmarks, pictures):
    code, output, _ = run("evaluate", "--model", "bicubic", "--benchmarks", benchmarks)
    assert code == 0
    title, header, *rows = output.splitlines()
    assert title == "bicubic, protocol paper"
    assert header.split() == ["benchmark", "pictures", "PSNR", "(dB)", "SSIM"]
    assert [row.split()[:2] for row in rows] == [["Set5", "2"], ["Mine", "1"]]
    hr = pictures["Mine"]["only"]
    psnr, ssim = score(upscale_bicubic(reduce_4x(hr)), hr)
    assert rows[1].split()[2:] == [f"{psnr:.2f}", f"{ssim:.4f}"]


def test_finished_pictures_score_as_the_method_that_made_them(
    run, benchmarks, results, pictures, tmp_path
):
    path = tmp_path / "scores.json"
    code, _, errors = run(
        "evaluate", "--results", results, "--benchmarks", benchmarks, "--json", path
    )
    assert (code, errors) == (0, "")
    report = strict_json(path)
    assert report["model"] == str(results)
    assert report["benchmarks"] == expected_benchmarks(pictures, "paper")


def test_a_reduction_in_the_folder_is_used(run, benchmarks, pictures, tmp_path):
    (benchmarks / "Mine" / "LRx4").mkdir()
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(benchmarks / "Mine" / "LRx4" / "only.png")
    path = tmp_path / "scores.json"
    assert run("evaluate", "--model", "bicubic", "--benchmarks", benchmarks, "--json", path)[0] == 0
    black = np.zeros((32, 32, 3), np.uint8)
    (ours,) = strict_json(path)["benchmarks"]["Mine"]["images"]
    assert (ours["psnr"], ours["ssim"]) == score(black, pictures["Mine"]["only"])


def test_perfect_results_are_valid_json(run, benchmarks, tmp_path):
    for benchmark in ("Set5", "Mine"):
        (tmp_path / "perfect").mkdir(exist_ok=True)
        (benchmarks / benchmark / "HR").rename(tmp_path / "perfect" / benchmark)
        (benchmarks / benchmark / "HR").symlink_to(tmp_path / "perfect" / benchmark)
    path = tmp_path / "scores.json"
    settings = ["--benchmarks", benchmarks, "--json", path]
    assert run("evaluate", "--results", tmp_path / "perfect", *settings)[0] == 0
    assert strict_json(path)["benchmarks"]["Mine"]["ssim"] == 1


def test_a_missing_result(run, benchmarks, results, tmp_path):
    (results / "Set5" / "img_002.png").unlink()
    settings = ["--benchmarks", benchmarks, "--json", tmp_path / "scores.json"]
    code, _, errors = run("evaluate", "--results", results, *settings)
    assert code == 2
    assert is_one_line(errors)
    assert "img_002.png is missing" in errors
    assert not (tmp_path / "scores.json").exists()


def test_a_result_of_another_size(run, benchmarks, results):
    Image.new("RGB", (48, 41)).save(results / "Set5" / "img_001.png")
    code, _, errors = run("evaluate", "--results", results, "--benchmarks", benchmarks)
    assert code == 2
    assert is_one_line(errors)
    assert "48x41" in errors


@pytest.mark.parametrize(
    ("what", "where"),
    [
        (["--model", "bicubic"], "none"),
        (["--model", "bicubic"], "results"),
        (["--results", "none"], "benchmarks"),
        (["--model", "no_such_model"], "benchmarks"),
    ],
)
def test_missing_folders_and_models_are_one_line(
    run, benchmarks, results, tmp_path, monkeypatch, what, where
):
    monkeypatch.chdir(tmp_path)
    code, output, errors = run("evaluate", *what, "--benchmarks", where)
    assert (code, output) == (2, "")
    assert is_one_line(errors)


def test_a_json_file_in_a_missing_folder_names_the_folder(run, benchmarks, tmp_path):
    path = tmp_path / "none" / "scores.json"
    settings = ["--benchmarks", benchmarks, "--json", path]
    code, output, errors = run("evaluate", "--model", "bicubic", *settings)
    assert (code, output) == (2, "")  # said before any scoring
    assert is_one_line(errors)
    assert str(tmp_path / "none") in errors


def test_perceptual_measures(run, benchmarks, samples, vgg34_npz, tmp_path):
    Image.fromarray(samples["chelsea"][:200]).save(benchmarks / "Set5" / "HR" / "large.png")
    path = tmp_path / "scores.json"
    settings = ["--benchmarks", benchmarks, "--perceptual", "--vgg-weights", vgg34_npz]
    code, output, _ = run("evaluate", "--model", "bicubic", *settings, "--json", path)
    assert code == 0
    assert output.splitlines()[1].split()[-2:] == ["NIQE", "phi_3,4"]
    report = strict_json(path)["benchmarks"]
    scores = report["Set5"]
    assert scores["phi34"] == pytest.approx(np.mean([x["phi34"] for x in scores["images"]]))
    assert ["niqe" in x for x in scores["images"]] == [False, False, True]  # two are too small
    assert scores["niqe"] == scores["images"][2]["niqe"] > 0
    assert output.splitlines()[2].split()[-2:] == [
        f"{scores['niqe']:.2f}",
        f"{scores['phi34']:.0f}",
    ]
    assert "niqe" not in report["Mine"] and output.splitlines()[3].split()[-2] == "-"


def test_lpips(run, benchmarks, samples, vgg34_npz, tmp_path, monkeypatch):
    Image.fromarray(samples["chelsea"][:200]).save(benchmarks / "Set5" / "HR" / "large.png")
    settings = ["--model", "bicubic", "--benchmarks", benchmarks, "--perceptual", "--lpips"]
    settings += ["--vgg-weights", vgg34_npz]
    path = tmp_path / "scores.json"
    monkeypatch.setattr(LpipsDistance, "__init__", lambda self: None)
    monkeypatch.setattr(
        LpipsDistance, "__call__", lambda self, results, hr: [0.25 for _ in results]
    )
    code, output, _ = run("evaluate", *settings, "--json", path)
    assert code == 0
    assert output.splitlines()[1].split()[-1] == "LPIPS"
    assert output.splitlines()[2].split()[-1] == "0.2500"
    assert strict_json(path)["benchmarks"]["Set5"]["images"][0]["lpips"] == 0.25


def test_another_niqe_model(run, benchmarks, samples, vgg34_npz, tmp_path):
    hr = samples["chelsea"][:200, :448]
    Image.fromarray(hr).save(benchmarks / "Mine" / "HR" / "large.png")
    np.savez(tmp_path / "model.npz", mean=np.zeros(36), covariance=np.eye(36))
    path = tmp_path / "scores.json"
    settings = ["--benchmarks", benchmarks, "--perceptual", "--vgg-weights", vgg34_npz]
    settings += ["--niqe-model", tmp_path / "model.npz", "--json", path]
    assert run("evaluate", "--model", "bicubic", *settings)[0] == 0
    expected = niqe(upscale_bicubic(reduce_4x(hr)), read_model(tmp_path / "model.npz"))
    assert strict_json(path)["benchmarks"]["Mine"]["niqe"] == expected
    settings = ["--benchmarks", benchmarks, "--perceptual", "--niqe-model", tmp_path / "none.mat"]
    code, output, errors = run("evaluate", "--model", "bicubic", *settings)
    assert (code, output) == (2, "") and is_one_line(errors) and "none.mat" in errors


def test_phi_is_left_out_where_vgg_cannot_be_downloaded(run, benchmarks, monkeypatch):
    def fail(**settings):
        raise Exception("URL fetch failure on https://example.org: None -- [Errno -2]")

    monkeypatch.setattr(keras.applications, "VGG19", fail)
    settings = ["--model", "bicubic", "--benchmarks", benchmarks, "--perceptual"]
    code, output, errors = run("evaluate", *settings)
    assert code == 0 and "phi" not in output and output.count("\n") == 4
    assert errors.startswith("phi_3,4 left out: ") and errors.count("\n") == 1


def test_vgg_weights_that_were_named_must_serve(run, benchmarks, vgg_npz):
    settings = ["--benchmarks", benchmarks, "--perceptual", "--vgg-weights", vgg_npz]
    code, output, errors = run("evaluate", "--model", "bicubic", *settings)
    assert (code, output) == (2, "")
    assert is_one_line(errors) and "block3_conv1" in errors


def test_the_pictures_that_a_run_kept_aside(run, samples, tmp_path):
    (tmp_path / "photos").mkdir()
    for index in range(10):
        crop = samples["coffee"][20 * index : 20 * index + 64, 100:164]
        Image.fromarray(crop).save(tmp_path / "photos" / f"{index}.png")
    data = DataConfig(str(tmp_path / "photos"), crop_size=32)
    config = TrainConfig("srresnet_mse", data, holdout=5)
    (tmp_path / "config.json").write_text(json.dumps(dataclasses.asdict(config)))
    path = tmp_path / "scores.json"
    settings = ["--held-out", tmp_path, "--json", path]
    assert run("evaluate", "--model", "bicubic", *settings)[0] == 0
    (kept,) = open_data(data, 5).held_out
    assert kept.name == "5"
    (image,) = strict_json(path)["benchmarks"]["holdout"]["images"]
    assert image["name"] == kept.name
    assert (image["psnr"], image["ssim"]) == score(upscale_bicubic(kept.lr), kept.hr)
    (tmp_path / "held_out.txt").write_text("3.png\n")
    assert run("evaluate", "--model", "bicubic", *settings)[0] == 0
    (image,) = strict_json(path)["benchmarks"]["holdout"]["images"]
    assert image["name"] == "3"
    (tmp_path / "photos" / "3.png").rename(tmp_path / "photos" / "x.png")
    code, _, errors = run("evaluate", "--model", "bicubic", *settings)
    assert code == 2 and errors.startswith("srgan-tf: held-out: 3.png is not in ")


@pytest.mark.parametrize("name", ["model", "results", "benchmarks", "held-out", "json"])
def test_an_empty_text_is_refused(run, benchmarks, name):
    arguments = {"model": "bicubic", "benchmarks": str(benchmarks), name: ""}
    if name in ("results", "held-out"):
        del arguments["model" if name == "results" else "benchmarks"]
    given = [part for key, value in arguments.items() for part in (f"--{key}", value)]
    code, output, errors = run("evaluate", *given)
    assert (code, output, errors) == (2, "", f"srgan-tf: {name}: got an empty text\n")


def test_a_file_that_is_no_json_is_kept(run, benchmarks, tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG mine")
    settings = ["--benchmarks", benchmarks, "--json", tmp_path / "a.png"]
    code, output, errors = run("evaluate", "--model", "bicubic", *settings)
    assert (code, output) == (2, "") and "holds no JSON; choose another" in errors
    assert (tmp_path / "a.png").read_bytes() == b"\x89PNG mine"
    target, link = tmp_path / "a.json", tmp_path / "link"  # as /dev/stdout is one
    target.touch()  # as mktemp makes it
    link.symlink_to(target)
    settings[-1] = link
    assert run("evaluate", "--model", "bicubic", *settings)[0] == 0
    assert link.is_symlink() and strict_json(target)["model"] == "bicubic"


@pytest.mark.parametrize("content", [None, "{}", "hello"])
def test_a_folder_without_a_run_is_one_line(run, tmp_path, content):
    if content:
        (tmp_path / "config.json").write_text(content)
    code, _, errors = run("evaluate", "--model", "bicubic", "--held-out", tmp_path)
    assert code == 2 and is_one_line(errors) and "config.json" in errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--results", "mine", "--fast"], "fast: cannot be used with --results"),
        (["--results", "mine", "--engine", "keras"], "engine: cannot be used with --results"),
        (["--model", "bicubic", "--vgg-weights", "x.npz"], "vgg-weights: cannot be used without"),
        (["--model", "bicubic", "--lpips"], "lpips: cannot be used without --perceptual"),
        (["--model", "bicubic", "--niqe-model", "x.npz"], "niqe-model: cannot be used without"),
        (["--all", "--report", "r", "--protocol", "paper"], "protocol: cannot be used with --all"),
    ],
)
def test_options_that_would_do_nothing_are_refused(
    run, benchmarks, tmp_path, monkeypatch, arguments, message
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    code, output, errors = run("evaluate", *arguments, "--benchmarks", benchmarks)
    assert (code, output) == (2, "") and is_one_line(errors) and message in errors
