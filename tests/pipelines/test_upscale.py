"""The Beam pipeline on the local runner."""

import json

import numpy as np
import pytest
from PIL import Image

from srgan_tf.imaging.resize import upscale_nearest

pytest.importorskip("apache_beam")

from srgan_tf.pipelines import batch
from srgan_tf.pipelines.upscale import main

NEAREST = ("--model", "nearest")


@pytest.fixture
def photos(tmp_path, samples):
    """A folder with three pictures at two depths, two broken ones, and what is none."""
    root = tmp_path / "photos"
    photo = Image.fromarray(samples["chelsea"][100:112, 130:147])
    for name in ("a.png", "b/c.tif", "b/d/e.bmp", ".hidden/f.png"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        photo.save(root / name)
    whole = (root / "a.png").read_bytes()
    (root / "cut.png").write_bytes(whole[: len(whole) // 2])
    (root / "b" / "text.jpg").write_text("no picture")
    (root / "notes.txt").write_text("no picture")
    return root


RESULTS = ["a_x4.png", "b/c_x4.tif", "b/d/e_x4.bmp"]


@pytest.fixture
def run(capsys):
    def run_program(*arguments):
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return run_program


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def dead_letters(out):
    lines = (out / "failed.jsonl").read_text().splitlines()
    return {row["path"]: row["reason"] for row in map(json.loads, lines)}


def test_a_folder_with_broken_files(run, tmp_path, samples, photos):
    out = tmp_path / "new" / "out"
    code, output, errors = run(photos, "-o", out, *NEAREST)
    assert (code, output) == (1, "3 done, 0 skipped: their results exist, 2 failed\n")
    assert errors == f"srgan-tf: 2 failed, see {out / 'failed.jsonl'}\n"
    assert files(out) == sorted([*RESULTS, "failed.jsonl"])
    for name in RESULTS:
        expected = upscale_nearest(samples["chelsea"][100:112, 130:147])
        np.testing.assert_array_equal(np.asarray(Image.open(out / name)), expected)
    failed = dead_letters(out)
    assert sorted(failed) == [str(photos / "b" / "text.jpg"), str(photos / "cut.png")]
    assert failed[str(photos / "b" / "text.jpg")] == "not a picture that can be read"
    assert "truncated" in failed[str(photos / "cut.png")]


def test_a_second_run_makes_what_is_missing(run, tmp_path, photos):
    out = tmp_path / "out"
    run(photos, "-o", out, *NEAREST)
    (out / RESULTS[1]).unlink()
    (out / RESULTS[0]).write_bytes(b"mine")
    (photos / "cut.png").unlink()
    (photos / "b" / "text.jpg").unlink()
    code, output, errors = run(photos, "-o", out, *NEAREST)
    assert (code, errors) == (0, "")
    assert output == "1 done, 2 skipped: their results exist, 0 failed\n"
    assert (out / RESULTS[0]).read_bytes() == b"mine"
    assert dead_letters(out) == {}
    code, output, _ = run(photos, "-o", out, *NEAREST, "--overwrite")
    assert (code, output.split()[0]) == (0, "3")
    assert (out / RESULTS[0]).read_bytes() != b"mine"


def test_patterns_and_an_output_among_the_inputs(run, tmp_path, photos, monkeypatch):
    monkeypatch.chdir(photos)
    for count in ("1 done, 0", "0 done, 1"):  # results are no inputs of the second run
        code, output, _ = run("b/**.bmp", "-o", "./b/large/", *NEAREST)
        assert (code, output) == (0, f"{count} skipped: their results exist, 0 failed\n")
    assert files(photos / "b" / "large") == ["d/e_x4.bmp", "failed.jsonl"]


def test_the_model_is_opened_once(run, tmp_path, photos, monkeypatch):
    opened = []

    class Counted(batch.Upscaler):
        def __init__(self, **settings):
            opened.append(settings["model"])
            super().__init__(**settings)

    monkeypatch.setattr(batch, "Upscaler", Counted)
    assert run(photos, "-o", tmp_path / "out", *NEAREST)[0] == 1
    assert opened == ["nearest"]


def test_other_sizes(run, tmp_path, photos):
    run(photos, "-o", tmp_path / "out", *NEAREST, "--scale", "2", "--tile", "16")
    assert "b/d/e_x2.bmp" in files(tmp_path / "out")
    with Image.open(photos / "b" / "d" / "e.bmp") as source:
        size = source.size
    with Image.open(tmp_path / "out" / "b" / "d" / "e_x2.bmp") as result:
        assert result.size == (2 * size[0], 2 * size[1])


def test_what_cannot_be_written_is_a_dead_letter(run, tmp_path, photos, monkeypatch):
    rename = batch.FileSystems.rename

    def fail(sources, targets):
        if "_x4" in targets[0]:
            raise OSError("no space left on device")
        rename(sources, targets)  # the list of failures

    monkeypatch.setattr(batch.FileSystems, "rename", fail)
    code, output, _ = run(photos, "-o", tmp_path / "out", *NEAREST)
    assert (code, output) == (1, "0 done, 0 skipped: their results exist, 5 failed\n")
    assert files(tmp_path / "out") == ["failed.jsonl"]
    assert list(dead_letters(tmp_path / "out").values()).count("no space left on device") == 3


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("-o", "{}"), "output: got {}, the inputs' own folder; choose another -o"),
        (("-o", "{}/../out", "--quality", "0"), "quality: got 0, expected 1 to 100"),
        (("-o", "{}/../out", "--model", "none"), "model: got none, expected"),
        (("-o", "{}/notes.txt/out"), "notes.txt"),
        (("-o", "{}/../out", "--overwite"), "got --overwite, expected ours (--help) or Beam's"),
        (("-o", "{}/../out", "--runner", "none"), "Unexpected pipeline runner: none"),
    ],
)
def test_wrong_use_is_one_line(run, photos, settings, message):
    before = files(photos.parent)
    if "--model" not in settings:
        settings = (*settings, *NEAREST)
    code, output, errors = run(photos, *(part.format(photos) for part in settings))
    assert (code, output) == (2, "")
    assert message.format(photos) in errors
    assert errors.startswith("srgan-tf: ") and errors.count("\n") == 1
    assert files(photos.parent) == before


def test_a_pattern_without_pictures(run, photos, tmp_path):
    for pattern in (photos / "*.txt", photos / "none" / "*.png", tmp_path / "none.png"):
        code, output, errors = run(pattern, "-o", tmp_path / "out", *NEAREST)
        assert (code, output) == (2, "")
        assert errors == f"srgan-tf: {pattern}: got no picture there, expected files such as .jpg\n"
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_few_hundred_pictures_in_two_processes(run, tmp_path, samples):
    rng = np.random.default_rng(0)
    root, out = tmp_path / "many", tmp_path / "out"
    root.mkdir()
    broken = set()
    for index in range(400):
        path = root / f"{index:03d}{('.png', '.jpg', '.webp', '.tif')[index % 4]}"
        top, left = rng.integers(0, 200, 2)
        Image.fromarray(samples["chelsea"][top : top + 8, left : left + 9]).save(path)
        if index % 10 == 3:
            path.write_bytes(path.read_bytes()[:30])
            broken.add(str(path))
    processes = ("--direct_running_mode", "multi_processing", "--direct_num_workers", 2)
    code, output, _ = run(root, "-o", out, *processes)
    assert (code, output) == (1, "360 done, 0 skipped: their results exist, 40 failed\n")
    assert set(dead_letters(out)) == broken
    results = [path for path in out.iterdir() if path.name != "failed.jsonl"]
    assert len(results) == 360
    for path in results:
        with Image.open(path) as image:
            image.load()
            assert image.size == (36, 32)
