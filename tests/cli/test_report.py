"""The whole report on tiny test sets."""

import csv
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srgan_tf.cli.main import main
from srgan_tf.data.benchmarks import find_benchmarks
from srgan_tf.evaluation import methods as methods_module
from srgan_tf.evaluation.report_pictures import figures, find_detail
from srgan_tf.evaluation.scoreboard import score_methods
from srgan_tf.evaluation.tables import paper_table, published_selfexsr, table_methods, table_rows
from srgan_tf.imaging.resize import reduce_4x, upscale_bicubic
from srgan_tf.inference.scoring import ImageScore, average_scores
from srgan_tf.metrics import score
from srgan_tf.models.shipped import shipped_names

FILES = ("report.html", "report.md", "report.csv", "scores.json")
SELFEXSR = (
    "image,PSNR Bicubic,PSNR SelfExSR,SSIM SelfExSR\nimg_001,1,30.0,0.8\nimg_002,1,32.0,0.9\n"
)


@pytest.fixture(scope="module")
def pictures(samples):
    return {
        "img_001": samples["coffee"][60:132, 150:230],
        "img_002": samples["rocket"][:40, :44, 1],
    }


@pytest.fixture(scope="module")
def benchmarks(tmp_path_factory, pictures):
    root = tmp_path_factory.mktemp("benchmarks")
    (root / "Set5" / "HR").mkdir(parents=True)
    for name, hr in pictures.items():
        Image.fromarray(hr).save(root / "Set5" / "HR" / f"{name}.png")
    (root / "Set5" / "selfexsr_x4.csv").write_text(SELFEXSR)
    return root


@pytest.fixture(scope="module")
def settings(benchmarks, vgg34_npz, tmp_path_factory):
    where = ["--benchmarks", benchmarks, "--report", tmp_path_factory.mktemp("report") / "report"]
    return [str(x) for x in ("evaluate", "--all", *where, "--vgg-weights", vgg34_npz)]


@pytest.fixture(scope="module")
def report(settings):
    """A folder with a report."""
    assert main(settings) == 0
    return Path(settings[5])


def test_the_tables(report, pictures):
    rows = list(csv.DictReader((report / "report.csv").read_text().splitlines()))
    by_key = {(row["table"], row["protocol"], row["name"]): row for row in rows}
    for protocol in ("paper", "matlab"):
        ours = [score(upscale_bicubic(reduce_4x(hr)), hr, protocol) for hr in pictures.values()]
        row = by_key["2", protocol, "bicubic"]
        assert row["psnr"] == f"{np.mean([x.psnr for x in ours]):.2f}"
        assert row["ssim"] == f"{np.mean([x.ssim for x in ours]):.4f}"
    assert not any("-" in row.values() for row in rows)  # what was not measured is empty
    row = by_key["2", "paper", "bicubic"]
    assert row["lpips"] == ""
    assert (row["psnr_paper"], row["ssim_paper"], row["mos_paper"]) == ("28.43", "0.8211", "1.97")
    assert row["psnr_difference"] == row["ssim_difference"] == ""  # two pictures of five
    note = "Differences left out: Set5 has 2 pictures here, the paper's has 5."
    assert note in (report / "report.md").read_text()
    assert by_key["2", "matlab", "bicubic"]["psnr_paper"] == ""  # never beside the paper's
    published = by_key["2", "matlab", "SelfExSR"]
    assert (published["psnr"], published["ssim"]) == ("31.00", "0.8500")
    assert published["note"] == "published"
    original = by_key["2", "paper", "original"]
    assert (original["psnr"], original["mos_paper"], original["phi34"]) == ("inf", "4.32", "0")
    assert "| SelfExSR | 31.00 | 0.8500 | published |" in (report / "report.md").read_text()


def test_differences_to_the_paper():
    image = ImageScore("img_001", 29.0, 0.8)
    scores = {"bicubic": {"Set5": {"paper": average_scores([image] * 5)}}}
    (row,) = [row for row in table_rows(2, "Set5", scores) if row.method == "bicubic"]
    assert paper_table([row], [])[1] == [
        "bicubic", "28.43", "29.00", "+0.57", "0.8211", "0.8000", "-0.0211", "1.97", "",
    ]  # fmt: skip


def test_the_page_holds_its_pictures(report):
    page = (report / "report.html").read_text()
    sources = re.findall(r'src="([^"]{0,30})', page)
    assert len(sources) == 2 * 4 * 2  # two pictures, four methods, each with a detail
    assert all(source.startswith("data:image/") for source in sources) and "http" not in page
    assert "31.00" in page and "not in the package" not in page and "$" not in page


def test_a_recipe_without_weights_keeps_its_places(report, settings, tmp_path, monkeypatch):
    others = [name for name in shipped_names() if name != "srgan_vgg54"]
    monkeypatch.setattr(methods_module, "shipped_names", lambda: others)
    copied = shutil.copytree(report, tmp_path / "report")
    assert main([*settings[:5], str(copied), *settings[6:]]) == 0
    (row,) = [row for row in table_rows(1, "Set5", {}) if row.method == "srgan_vgg54"]
    assert row.note == "not in the package"
    assert "SRGAN-VGG54: not in the package" in (copied / "report.html").read_text()
    assert "Not in the package: srgan_vgg54." in (copied / "report.md").read_text()


def test_another_report_scores_nothing_again(run, report, settings, monkeypatch):
    def fail(*_):
        raise AssertionError("scored again")

    first = {name: (report / name).read_bytes() for name in FILES}
    monkeypatch.setattr(methods_module, "open_engine", fail)
    code, output, errors = run(*settings)
    assert (code, errors) == (0, "")
    assert output.splitlines() == [str(report / name) for name in FILES]
    assert {name: (report / name).read_bytes() for name in FILES} == first


@pytest.mark.parametrize(
    "methods",
    [
        [],
        {},
        {"a": {"paper": {"Set5": {}}}},
        {"a": {"paper": {"S": {}}, "paper_name": "A"}, "b": 1},
    ],
)
def test_figures_of_something_else_are_one_line(run, tmp_path, methods):
    (tmp_path / "scores.json").write_text(json.dumps({"methods": methods}))
    code, _, errors = run("figures", "scores", tmp_path, "-o", tmp_path / "figures")
    assert code == 2 and errors.count("\n") == 1 and "expected the folder of evaluate" in errors
    assert not (tmp_path / "figures").exists()


def test_figures_of_scores(run, report, tmp_path):
    code, output, errors = run("figures", "scores", report, "-o", tmp_path / "figures")
    assert (code, errors) == (0, "")
    names = ["scores.png", "scores.svg", "tradeoff.png", "tradeoff.svg"]
    assert output.splitlines() == [str(tmp_path / "figures" / name) for name in names]
    for name in names[::2]:
        with Image.open(tmp_path / "figures" / name) as image:
            image.load()
    scores = json.loads((report / "scores.json").read_text())
    text = f"{scores['methods']['bicubic']['paper']['Set5']['psnr']:.2f}"
    assert f"<!-- {text} -->" in (tmp_path / "figures" / "scores.svg").read_text()
    code, _, errors = run("figures", "scores", tmp_path, "-o", tmp_path / "figures")
    assert code == 2 and errors.count("\n") == 1 and "scores.json" in errors


@pytest.mark.parametrize(
    "arguments",
    [
        ["--all"],
        ["--model", "bicubic", "--report", "report"],
        ["--all", "--report", "report", "--json", "x.json"],
        ["--all", "--report", "report", "--fast"],
    ],
)
def test_wrong_use_is_one_line(run, benchmarks, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    code, output, errors = run("evaluate", "--benchmarks", benchmarks, *arguments)
    assert (code, output) == (2, "") and errors.count("\n") == 1
    assert not (tmp_path / "report").exists()


def test_a_file_in_place_of_its_folder_is_one_line(run, benchmarks, vgg34_npz, tmp_path):
    file = tmp_path / "file"
    file.write_text("mine")
    where = ["--benchmarks", benchmarks, "--report", file, "--vgg-weights", vgg34_npz]
    code, output, errors = run("evaluate", "--all", *where)
    assert (code, output) == (2, "")
    assert errors == f"srgan-tf: {file}/scores: not a directory\n" and file.read_text() == "mine"


def test_every_row_of_the_papers_tables_is_there():
    assert table_methods(2)[:6] == ["nearest", "bicubic", "srcnn", "SelfExSR", "drcn", "espcn"]
    for table, titles in ((1, 5), (2, 9)):
        rows = table_rows(table, "Set14", {})
        assert sum(row.paper is not None and table in row.paper.tables for row in rows) == titles


def test_figures_show_only_methods_that_are_known():
    for figure in figures():
        for method in figure.methods:
            assert method in methods_module.method_order()
    assert figures()[0].methods[2] in shipped_names()


def test_the_detail_is_where_the_original_is_fine(rng):
    hr = np.full((200, 300, 3), 128, np.uint8)
    hr[96:168, 200:272] = rng.integers(0, 256, (72, 72, 1), np.uint8)
    rows, columns = find_detail(hr)
    assert (rows.stop - rows.start, columns.stop - columns.start) == (64, 64)
    assert 96 <= rows.start <= 104 and 200 <= columns.start <= 208
    rows, columns = find_detail(hr[:40, :300])
    assert hr[rows, columns].size and rows.stop <= 40


def test_a_wrong_table_of_selfexsr():
    with pytest.raises(ValueError, match=r"selfexsr_x4\.csv: expected columns"):
        published_selfexsr("image,PSNR\na,1\n", ["a"])
    with pytest.raises(ValueError, match=r"selfexsr_x4\.csv: expected columns"):
        published_selfexsr("hello\n1\n", ["a"])
    assert published_selfexsr(SELFEXSR, ["img_002"]) == (32.0, 0.9)
    assert published_selfexsr(SELFEXSR, ["img_002_SRF_4_HR"]) == (32.0, 0.9)
    assert published_selfexsr(SELFEXSR, ["img_001", "other"]) is None  # not of these pictures


def test_a_folder_of_something_else_is_kept(run, settings, tmp_path):
    (tmp_path / "report.md").write_text("mine")
    where = settings.index("--report") + 1
    code, _, errors = run(*settings[:where], tmp_path, *settings[where + 1 :])
    assert code == 2 and "is of something else" in errors
    assert [path.name for path in tmp_path.iterdir()] == ["report.md"]


def test_renamed_pictures_are_scored_anew(pictures, tmp_path):
    method = methods_module.open_method("nearest")
    for name in ("a", "b"):
        folder = tmp_path / name / "Set5" / "HR"
        folder.mkdir(parents=True)
        Image.fromarray(pictures["img_001"]).save(folder / f"{name}.png")
        scores = score_methods([method], find_benchmarks(tmp_path / name), {}, folder=tmp_path)
        assert scores["nearest"]["Set5"]["paper"].images[0].name == name
