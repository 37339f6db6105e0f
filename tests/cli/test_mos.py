"""The study from the plan to the report, by the command line."""

import csv
import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from srgan_tf.cli.main import main
from srgan_tf.metrics import score

METHODS = ("a|b <i>", "$bic_ubic")


@pytest.fixture
def study(run, study_folders, tmp_path):
    """A study of 6 images in 3 versions for 4 raters."""
    return plan(run, study_folders, tmp_path)[0]


def plan(run, study_folders, tmp_path, *more):
    code, output, errors = run(
        *("mos", "plan", "--original", study_folders / "original"),
        *("--method", f"{METHODS[0]}={study_folders / 'nearest'}"),
        *("--method", f"{METHODS[1]}={study_folders / 'bicubic'}"),
        *("--calibration", study_folders / "calibration", "-o", tmp_path / "study", "--raters", 4),
        *("--repeats", 3, "--seed", 0, *more),
    )
    assert (code, errors) == (0, "")
    return tmp_path / "study", output


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


GIVEN = {METHODS[0]: 1.4, METHODS[1]: 2.6, "original": 4.4}


@pytest.fixture(scope="module")
def report(study_folders, tmp_path_factory):
    """The report of 12 simulated raters, and the same once more."""
    root = tmp_path_factory.mktemp("reports")

    def run(*arguments):
        return main([str(argument) for argument in arguments]), "", ""

    study, _ = plan(run, study_folders, root)
    means = [part for name, mos in GIVEN.items() for part in ("--mean", f"{name}={mos}")]
    assert main(["mos", "simulate", str(study), *means, "--raters", "12", "--exact"]) == 0
    for name in ("report", "again"):
        assert main(["mos", "report", str(study), "-o", str(root / name)]) == 0
    return root / "report"


def test_the_plan_is_told(run, study_folders, tmp_path):
    _, output = plan(run, study_folders, tmp_path)
    assert "SetA: 2 images, 3 versions of each\nSetB: 4 images, 3 versions of each\n" in output
    assert "a rater: 6 calibration pictures, 18 ratings, 3 repeats\n4 raters" in output


def test_the_tables(report):
    text = (report / "mos.csv").read_text()
    assert text.startswith("method,mos,ci_low,ci_high,n\n")
    for row in rows_of(report / "mos.csv"):
        assert float(row["mos"]) == pytest.approx(GIVEN[row["method"]], abs=0.01)
        assert float(row["ci_low"]) < float(row["mos"]) < float(row["ci_high"])
        assert row["n"] == "72"
    assert [row["n"] for row in rows_of(report / "mos_by_set.csv")] == ["24"] * 3 + ["48"] * 3
    pairs = rows_of(report / "pairs.csv")
    assert [row["set"] for row in pairs] == ["SetA"] * 3 + ["SetB"] * 3 + ["all"] * 3
    assert all(float(row["p_holm"]) >= float(row["p"]) for row in pairs)
    assert len(rows_of(report / "pictures.csv")) == 18
    assert len(rows_of(report / "raters.csv")) == 12
    assert len(rows_of(report / "ratings.csv")) == 12 * 21


def test_pictures_are_measured_by_the_papers_protocol(report, study_folders):
    rows = rows_of(report / "pictures.csv")
    for row in (row for row in rows if row["method"] == METHODS[1]):
        sr_path = study_folders / "bicubic" / row["set"] / f"{row['image']}_x4.png"
        hr_path = study_folders / "original" / row["set"] / "HR" / f"{row['image']}.png"
        with Image.open(sr_path) as sr, Image.open(hr_path) as hr:
            expected = score(np.asarray(sr), np.asarray(hr), "paper")
        assert (float(row["PSNR"]), float(row["SSIM"])) == pytest.approx(expected, abs=1e-4)
    assert all((row["PSNR"] == "") == (row["method"] == "original") for row in rows)


def test_the_figures(report):
    for name in ("distribution", "mos", "average_rank", "measures"):
        with Image.open(report / f"{name}.png") as image:
            image.load()
        text = (report / f"{name}.svg").read_text()
        assert f"<!-- {METHODS[1]} -->" in text
        assert ("<!-- SetA" in text and "<!-- SetB" in text) == (name != "measures")
        assert ("images, 12 raters -->" in text) == (name in ("distribution", "mos"))


def test_the_report_is_one_page_with_names_as_text(report):
    page = (report / "report.html").read_text()
    assert "a|b &lt;i&gt;" in page and "<i>" not in page and "$bic_ubic" in page
    assert "All ratings are simulated" in page
    sources = re.findall(r'(?:src|href)="([^"]{0,30})', page)
    assert len(sources) == 4 and all(s.startswith("data:image/svg+xml;base64") for s in sources)
    text = (report / "report.md").read_text()
    assert "12 raters have rated all their pictures." in text
    assert "| a\\|b \\<i\\> |" in text and "![" in text and "All ratings are simulated" in text
    for link in re.findall(r"\]\((.*?)\)", text):
        assert (report / link).is_file()


def test_the_same_ratings_give_the_same_report(report):
    for path in report.iterdir():
        assert path.read_bytes() == (report.parent / "again" / path.name).read_bytes(), path.name


def test_what_sureal_reads(report):
    dataset = json.loads((report / "sureal.json").read_text())
    assert [ref["content_id"] for ref in dataset["ref_videos"]] == list(range(6))
    shown = dataset["dis_videos"]
    assert [dis["asset_id"] for dis in shown] == list(range(18))
    raters = [row["rater"] for row in rows_of(report / "raters.csv")]
    first, again = (report / "sureal.csv").read_text().split("\n,\n")
    matrix = np.genfromtxt(first.splitlines(), delimiter=",")
    assert matrix.shape == (18, 12)
    repeats = np.genfromtxt(again.splitlines(), delimiter=",")
    assert repeats.shape == (18, 12) and np.isfinite(repeats).sum() == 12 * 3
    pictures = rows_of(report / "pictures.csv")
    for row, picture, dis in zip(matrix, pictures, shown, strict=True):
        assert [dis["os"][rater] for rater in raters] == row.tolist()
        assert float(picture["mos"]) == pytest.approx(row.mean(), abs=1e-4)
        assert dis["path"] == f"{picture['set']}/{picture['image']}/{picture['method']}"
    lines = (report.parent / "study" / "ratings.jsonl").read_text().splitlines()
    log = [json.loads(line) for line in lines]
    last = {(r["rater"], r["picture"]): r["score"] for r in log if r["event"] == "rating"}
    for index, column in np.argwhere(np.isfinite(repeats)):
        assert repeats[index, column] == last[raters[column], index]
    again = [row["score"] for row in rows_of(report / "ratings.csv") if row["is_repeat"] == "1"]
    assert sorted(map(float, again)) == sorted(repeats[np.isfinite(repeats)])


def test_a_report_of_the_first_rating(run, study, tmp_path):
    plan = json.loads((study / "study.json").read_text())
    picture = plan["raters"]["rater1"][6]  # behind the calibration
    record = {"event": "rating", "rater": "rater1", "picture": picture, "score": 4}
    (study / "ratings.jsonl").write_text(json.dumps(record) + "\n")
    code, output, errors = run("mos", "report", study, "-o", tmp_path / "report")
    assert (code, errors) == (0, "") and "nan" not in output and "  4.00\n" in output
    for name in ("distribution", "mos", "measures"):
        with Image.open(tmp_path / "report" / f"{name}.png") as image:
            image.load()
    svg = [(tmp_path / "report" / f"{name}.svg").read_text() for name in ("distribution", "mos")]
    assert [text.count("images, 1 raters") for text in svg] == [1, 1]  # no panel of the other set
    text = (tmp_path / "report" / "report.md").read_text()
    assert "nan" not in text and "Nobody has rated two versions of an image yet." in text
    assert all(len(table.splitlines()) > 2 for table in text.split("\n\n") if table[0] == "|")


def test_a_seed_gives_the_same_ratings(run, study_folders, tmp_path):
    contents = []
    for number, seed in enumerate((3, 3, 4)):
        folder = tmp_path / str(number)
        folder.mkdir()
        study, _ = plan(run, study_folders, folder)
        assert run("mos", "simulate", study, "--seed", seed)[0] == 0
        contents.append((study / "ratings.jsonl").read_bytes())
    assert contents[0] == contents[1] != contents[2]


def test_simulated_ratings_do_not_mix_with_others_unless_told(run, study, tmp_path):
    record = {"event": "rating", "rater": "rater1", "position": 0, "picture": 0, "score": 3}
    (study / "ratings.jsonl").write_text(json.dumps(record) + "\n")
    code, _, errors = run("mos", "simulate", study)
    assert code == 2 and "has ratings already" in errors and "--mix" in errors
    assert (study / "ratings.jsonl").read_text() == json.dumps(record) + "\n"
    assert run("mos", "simulate", study, "--mix", "--raters", 2)[0] == 0
    assert run("mos", "simulate", study, "--mix", "--raters", 2)[0] == 0
    assert run("mos", "report", study, "-o", tmp_path / "report")[0] == 0
    raters = [row["rater"] for row in rows_of(tmp_path / "report" / "raters.csv")]
    assert raters == ["rater1", *(f"simulated00{number}" for number in range(1, 5))]
    assert "4 raters are simulated" in (tmp_path / "report" / "report.md").read_text()


def test_means_without_rejected_raters(run, study, tmp_path):
    agreed = ["--raters", 24, "--noise", 0.1, "--bias", 0, "--taste", 0]
    agreed += [
        part for number, name in enumerate(GIVEN, 2) for part in ("--mean", f"{name}={number}")
    ]
    assert run("mos", "simulate", study, *agreed)[0] == 0
    with (study / "ratings.jsonl").open("a") as file:
        for picture in range(18):
            score = 1 if picture % 2 else 5
            record = {"event": "rating", "rater": "x", "picture": picture, "score": score}
            file.write(json.dumps(record) + "\n")
    assert run("mos", "report", study, "-o", tmp_path / "report")[0] == 0
    raters = rows_of(tmp_path / "report" / "raters.csv")
    assert [row["rater"] for row in raters if row["rejected"] == "1"] == ["x"]
    for name, count in (("mos.csv", "150"), ("mos_screened.csv", "144")):
        assert [row["n"] for row in rows_of(tmp_path / "report" / name)] == [count] * 3
    assert "rejects 1 of 25 raters." in (tmp_path / "report" / "report.md").read_text()


def test_power_writes_nothing(run, study, monkeypatch):
    from srgan_tf.mos import power

    monkeypatch.setattr(power, "STUDIES", 20)
    monkeypatch.setattr(power.estimate_power, "__defaults__", (20,))
    code, output, errors = run("mos", "simulate", study, "--power", "--mean", "$bic_ubic=4.45")
    assert (code, errors) == (0, "") and "$bic_ubic < original" in output
    assert "20 simulated studies" in output and not (study / "ratings.jsonl").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--mean", "nobody=3"], "mean: got nobody, expected one of"),
        (["--mean", "original"], "mean: got 'original', expected NAME=MOS"),
        (["--mean", "original=x"], "got original=x, expected a number from 1 to 5"),
        (["--mean", "original=5.5"], "got original=5.5, expected a number from 1 to 5"),
        (["--mean", "original=nan"], "got original=nan, expected a number from 1 to 5"),
        (["--mean", "original=4", "--mean", "original=3"], "got original twice"),
        (["--raters", "0"], "raters: got 0"),
        (["--noise", "-1"], "noise: got -1, expected 0 to 5"),
        (["--bias", "nan"], "bias: got nan"),
        (["--seed", "-1"], "seed: got -1"),
    ],
)
@pytest.mark.parametrize("more", [[], ["--power"]])
def test_bad_numbers_of_a_simulation(run, study, arguments, message, more):
    code, output, errors = run("mos", "simulate", study, *arguments, *more)
    assert code == 2 and message in errors and errors.count("\n") == 1 and output == ""
    assert not (study / "ratings.jsonl").exists() or not (study / "ratings.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (["serve", "nowhere"], "study: got nowhere, expected a folder made by"),
        (["report", "nowhere", "-o", "x"], "study: got nowhere"),
        (["simulate", "nowhere"], "study: got nowhere"),
    ],
)
def test_a_folder_without_a_study(run, step, message):
    code, _, errors = run("mos", *step)
    assert code == 2 and message in errors and errors.count("\n") == 1


def test_bad_places_and_addresses(run, study, tmp_path):
    code, _, errors = run("mos", "report", study, "-o", tmp_path / "report")
    assert code == 2 and "has none yet" in errors and not (tmp_path / "report").exists()
    run("mos", "simulate", study)
    other = shutil.copytree(study, tmp_path / "other")
    codes = (other / "raters.csv").read_bytes()
    for folder in (study, other):
        assert "the folder of a study" in run("mos", "report", study, "-o", folder)[2]
    assert (other / "raters.csv").read_bytes() == codes
    (tmp_path / "file").touch()
    assert "got the file" in run("mos", "report", study, "-o", tmp_path / "file")[2]
    assert "port: got 70000" in run("mos", "serve", study, "--port", 70000)[2]
    assert "cannot listen on" in run("mos", "serve", study, "--host", "203.0.113.1")[2]
    assert "host: got an empty text" in run("mos", "serve", study, "--host", "")[2]


@pytest.mark.parametrize("pair", ["bicubic", "=x", "bicubic=", "original=x", "a/b=x"])
def test_bad_names_of_methods(run, study_folders, tmp_path, pair):
    code, _, errors = run(
        *("mos", "plan", "--original", study_folders / "original", "--method", pair),
        *("--calibration", study_folders / "calibration", "-o", tmp_path / "study"),
    )
    assert code == 2 and errors.startswith("srgan-tf: method: got") and errors.count("\n") == 1


def test_help_loads_no_heavy_library():
    code = (
        "import sys\nfrom srgan_tf.cli.main import main\n"
        "try: main(['mos', 'report', '-h'])\nexcept SystemExit: pass\n"
        "heavy = ('scipy', 'matplotlib', 'flask', 'waitress', 'keras', 'tensorflow')\n"
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"
    assert "usage: srgan-tf mos report" in done.stdout
