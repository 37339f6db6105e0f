import json

import pytest

from srgan_tf.evaluation import bench

FAST = ("--size", 8, "--rounds", 3, "--no-training")


@pytest.fixture
def two_ways(monkeypatch):
    """The quickest to start; the others are started in the slow test."""
    monkeypatch.setattr(bench, "WAYS", ("litert", "bicubic"))
    monkeypatch.setattr(bench, "_NEEDED", {})
    monkeypatch.setattr(bench, "_save_folded", lambda *_: None)


def check(report, rounds):
    for row in report["engines"].values():
        times = sorted(row["rounds_ms"])
        assert len(times) == rounds and times[0] > 0
        assert times[0] <= row["median_ms"] <= times[-1]
        assert row["pictures_per_s"] == pytest.approx(1000 / row["median_ms"])
        assert 15 < row["peak_mib"] < 4000
    assert report["engines"]["litert"]["speed"] == 1


def test_engines_side_by_side(run, tmp_path, two_ways):
    path = tmp_path / "bench.json"
    code, output, errors = run("bench", *FAST, "--json", path)
    assert (code, errors) == (0, "")
    report = json.loads(path.read_text())
    assert list(report["engines"]) == ["litert", "bicubic"]
    assert (report["size"], report["left_out"]) == (8, {})
    assert "training" not in report
    check(report, rounds=3)
    ours, interpolation = report["engines"].values()
    ratios = [x / y for x, y in zip(ours["rounds_ms"], interpolation["rounds_ms"], strict=True)]
    assert interpolation["speed"] == pytest.approx(sorted(ratios)[1])
    rows = output.splitlines()
    assert rows[0].startswith("srresnet_mse, 8x8 to 32x32 pixels, ")
    assert [row.split()[0] for row in rows[2:4]] == ["litert", "bicubic"]


@pytest.mark.long
def test_training_steps_have_a_table_of_their_own(run, tmp_path, two_ways, monkeypatch):
    monkeypatch.setattr(bench, "TRAINING_WAYS", ("espcn float32", "none float32"))
    path = tmp_path / "bench.json"
    code, output, errors = run("bench", "--size", 8, "--rounds", 1, "--json", path)
    assert (code, errors) == (0, "")
    report = json.loads(path.read_text())
    ((name, row),) = report["training"].items()
    assert (name, row["speed"]) == ("espcn float32", 1)
    assert row["pictures_per_s"] == pytest.approx(16_000 / row["median_ms"])
    assert "expected one of" in report["left_out"]["none float32"]
    title, _, _, speed, left_out = output.split("\n\n")[1].splitlines()
    assert title == "training steps of 16 crops of 96x96 pixels"
    assert speed == "speed: times as fast as espcn float32"
    assert left_out.startswith("left out: none float32")


def test_the_engines_numbers_outlive_a_training_that_fails(run, tmp_path, two_ways, monkeypatch):
    monkeypatch.setattr(bench, "TRAINING_WAYS", ("none float32",))
    path = tmp_path / "bench.json"
    code, output, errors = run("bench", "--size", 8, "--rounds", 1, "--json", path)
    assert code == 2 and "litert" in output and errors.count("\n") == 1
    report = json.loads(path.read_text())
    check(report, rounds=1)
    assert errors == f"srgan-tf: {report['left_out']['training']}\n"


def test_what_does_not_run_is_left_out(run, two_ways, monkeypatch):
    monkeypatch.setattr(bench, "WAYS", ("litert", "no_such_engine", "torch"))
    monkeypatch.setattr(bench, "_NEEDED", {"torch": ("no_such_package",)})
    code, output, errors = run("bench", *FAST)
    assert (code, errors) == (0, "")
    assert output.count("left out: ") == 2
    assert "left out: torch (not installed)" in output


def test_without_the_default_engine_there_is_nothing_to_compare(two_ways):
    with pytest.raises(ValueError, match="litert does not run: model: got none"):
        bench.compare_engines("none", 8, 1)


def test_an_engine_that_dies_on_the_way(two_ways, monkeypatch):
    take_turn = bench._Worker.take_turn

    def kill_first(worker):
        worker._process.kill()
        worker._process.wait()
        return take_turn(worker)

    monkeypatch.setattr(bench._Worker, "take_turn", kill_first)
    with pytest.raises(ValueError, match="bench: litert stopped; out of memory"):
        bench.compare_engines("srresnet_mse", 8, 1)


@pytest.mark.parametrize(
    "settings",
    [("--size", 0), ("--rounds", 0), ("--model", "none"), ("--json", "no/such/folder/a.json")],
)
def test_wrong_settings(run, settings):
    code, output, errors = run("bench", *settings)
    assert (code, output) == (2, "")
    assert errors.startswith("srgan-tf: ") and errors.count("\n") == 1


@pytest.mark.slow
def test_every_engine_that_is_here(run, tmp_path):
    code, _, _ = run("bench", "--size", 8, "--rounds", 3, "--json", tmp_path / "bench.json")
    assert code == 0
    report = json.loads((tmp_path / "bench.json").read_text())
    assert set(report["engines"]) | set(report["left_out"]) == set(bench.WAYS)
    assert set(report["training"]) == set(bench.TRAINING_WAYS)
    assert {"litert", "keras", "bicubic"} <= set(report["engines"])
    check(report, rounds=3)
