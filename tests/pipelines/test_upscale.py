"""The Beam pipeline on the local runner."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srgan_tf.imaging.resize import upscale_nearest

pytest.importorskip("apache_beam")

from apache_beam.io.filesystem import FileMetadata
from apache_beam.io.localfilesystem import LocalFileSystem

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


def test_what_cannot_be_written_is_a_dead_letter(run, tmp_path, photos):
    out = tmp_path / "out"
    (out / "a_x4.png").mkdir(parents=True)
    (out / "b").write_text("a file")
    code, output, _ = run(photos, "-o", out, *NEAREST, "--overwrite")
    assert (code, output) == (1, "0 done, 0 skipped: their results exist, 5 failed\n")
    assert files(out) == ["b", "failed.jsonl"]
    failed = dead_letters(out)
    assert failed[str(photos / "a.png")].endswith("a_x4.png: cannot be written (is a directory)")
    assert failed[str(photos / "b" / "c.tif")].endswith("out/b: file exists")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("-o", "{}"), "output: got {}, the inputs' own folder; choose another -o"),
        (("-o", "{}/../out", "--quality", "0"), "quality: got 0, expected 1 to 100"),
        (("-o", "{}/../out", "--model", "none"), "model: got none, expected"),
        (("-o", "{}/notes.txt/out"), "notes.txt"),
        (("-o", "{}/notes.txt"), "output: got the file {}/notes.txt, expected a folder"),
        (("-o", ""), "output: got an empty text"),
        (("-o", "gs://bucket/o[1]"), "output: got gs://bucket/o[1], expected no *, ? or [ in it"),
        (("-o", "{}/../out", "--runner", "DataflowRunner"), "Missing required option: project"),
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


def test_unknown_options_are_refused(run, photos, tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        run(photos, "-o", tmp_path / "out", "--overwite")
    assert capsys.readouterr().err.endswith("error: unrecognized arguments: --overwite\n")


def test_values_of_beams_options_are_no_input(run, photos, tmp_path):
    options = ("--temp_location", "scratch", "--job_name", photos)
    assert run("-o", tmp_path / "out", *options, photos, *NEAREST)[0] == 1
    assert files(tmp_path / "out") == sorted([*RESULTS, "failed.jsonl"])


def test_without_apache_beam_the_way_to_get_it(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "apache_beam.options.pipeline_options", None)
    missing = "srgan-tf: apache_beam is missing; add it: pip install '.[beam]'\n"
    assert run("--help") == (2, "", missing)


def test_no_program_is_downloaded(run, photos, tmp_path, monkeypatch):
    def fail(*_):
        raise AssertionError

    monkeypatch.setattr("apache_beam.runners.portability.prism_runner.PrismRunner.__init__", fail)
    assert run(photos, "-o", tmp_path / "out", *NEAREST)[0] == 1


def test_a_list_of_failures_stays_until_there_is_another(run, photos, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "failed.jsonl").write_text("earlier")
    assert run(photos, "-o", out, *NEAREST, "--runner", "DataflowRunner")[0] == 2
    assert (out / "failed.jsonl").read_text() == "earlier"
    (out / "failed.jsonl").unlink()
    (out / "failed.jsonl" / "folder").mkdir(parents=True)
    code, _, errors = run(photos, "-o", out, *NEAREST)
    assert (code, errors.count("\n")) == (2, 1)
    assert f"output: got the folder {out / 'failed.jsonl'}; choose" in errors
    assert (out / "failed.jsonl" / "folder").is_dir()


def test_letters_of_patterns_in_names(run, photos, tmp_path):
    """Of what exists, they are letters."""
    (tmp_path / "photos [2]").mkdir()
    (photos / "a.png").rename(tmp_path / "photos [2]" / "a[1].png")
    (tmp_path / "photos 2").mkdir()
    (tmp_path / "wx").mkdir()
    (tmp_path / "wx" / "failed.jsonl").write_text("keep")
    for number, inputs in enumerate(("", "a[1].png", "*.png")):
        out = tmp_path / f"w*[{number}]"
        assert run(tmp_path / "photos [2]" / inputs, "-o", out, *NEAREST)[0] == 0
        assert files(out) == ["a[1]_x4.png", "failed.jsonl"]
    assert (tmp_path / "wx" / "failed.jsonl").read_text() == "keep"


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*", ["a"]),
        ("**", ["a", "b/c", "b/d/e"]),
        ("**/*.*[gfp]", ["a", "b/c", "b/d/e"]),
        ("**.png", ["a"]),
        ("b/**/e.bmp", ["d/e"]),
        (".hidden/*.png", ["f"]),
    ],
)
def test_patterns(run, photos, tmp_path, pattern, names):
    run(photos / pattern, "-o", tmp_path / "out", *NEAREST)
    results = [name for name in files(tmp_path / "out") if name != "failed.jsonl"]
    assert [name.replace("_x4", "").partition(".")[0] for name in results] == names


def test_stars_behind_a_letter_are_refused(run, photos, tmp_path):
    code, _, errors = run(photos / "b**.png", "-o", tmp_path / "out", *NEAREST)
    assert (code, errors.count("\n")) == (2, 1)
    assert "got ** behind a letter, expected it as in a/**/*.jpg" in errors


def test_links_lead_out_of_no_folder(run, photos, tmp_path):
    (tmp_path / "link").symlink_to(photos)
    code, _, errors = run(photos, "-o", tmp_path / "link", *NEAREST, "--overwrite")
    assert code == 2 and "the inputs' own folder" in errors
    out, other = tmp_path / "out", tmp_path / "other"
    out.mkdir()
    other.mkdir()
    (out / "b").symlink_to(other)
    (out / "a_x4.png").symlink_to("nothing")
    code, output, _ = run(photos, "-o", out, *NEAREST)
    assert output == "0 done, 1 skipped: their results exist, 4 failed\n"
    assert files(other) == []
    assert dead_letters(out)[str(photos / "b" / "c.tif")].endswith(f"outside {out}, through a link")


def test_what_is_no_file(run, photos, tmp_path):
    os.mkfifo(photos / "pipe.png")
    (photos / "link.png").symlink_to("nothing")
    (photos / "folder.png").mkdir()
    for inputs in (photos, photos / "*.png"):
        run(inputs, "-o", tmp_path / "out", *NEAREST)
        failed = dead_letters(tmp_path / "out")
        assert failed[str(photos / "pipe.png")] == "not a file"
        assert failed[str(photos / "link.png")] == "no such file"
        assert str(photos / "folder.png") not in failed


def test_names_that_are_no_text_or_long(run, photos, tmp_path):
    names = ["caf\udce9.png", f"{'n' * 248}.png"]
    folder, out = tmp_path / "f\udce9", tmp_path / "out"
    folder.mkdir()
    for name in names:
        os.link(photos / "a.png", folder / name)
    (folder / "\udcff.png").touch()
    assert run(folder, "-o", out, *NEAREST)[0] == 1
    assert files(out) == sorted([*(f"{name[:-4]}_x4.png" for name in names), "failed.jsonl"])
    assert dead_letters(out) == {str(folder / "\udcff.png"): "the file is empty"}


def test_results_above_the_inputs(run, photos, tmp_path):
    """Where they would be the next run's inputs, they are not made."""
    (photos / "photos").mkdir()
    (photos / "b" / "c.tif").rename(photos / "photos" / "c.tif")
    assert run(photos, "-o", tmp_path, *NEAREST)[1].startswith("2 done, 0 skipped")
    assert (tmp_path / "a_x4.png").exists()
    reason = f"output: {photos / 'c_x4.tif'} is among the inputs; choose another -o"
    assert dead_letters(tmp_path)[str(photos / "photos" / "c.tif")] == reason


class Bucket(LocalFileSystem):
    """Files at `bucket://`, of a system without folders."""

    root = ""

    @classmethod
    def scheme(cls):
        return "bucket"

    def _inside(self, path):
        return path.replace("bucket://", f"{self.root}/")

    def join(self, basepath, *paths):
        return "/".join((basepath, *paths))

    def split(self, path):
        return tuple(path.rsplit("/", 1))

    def has_dirs(self):
        return False

    def exists(self, path):
        return Path(self._inside(path)).is_file()

    def mkdirs(self, path):
        pass

    def _list(self, dir_or_prefix):
        for path in sorted(Path(self.root).rglob("*")):
            name = f"bucket://{path.relative_to(self.root)}"
            if path.is_file() and name.startswith(dir_or_prefix):
                yield FileMetadata(name, path.stat().st_size)

    def metadata(self, path):
        return FileMetadata(path, 1)

    def _path_open(self, path, *arguments, **settings):
        return super()._path_open(self._inside(path), *arguments, **settings)

    def create(self, path, *arguments, **settings):
        return super().create(self._inside(path), *arguments, **settings)

    def rename(self, source_file_names, destination_file_names):
        files = zip(source_file_names, destination_file_names, strict=True)
        for source, target in files:
            Path(self._inside(source)).rename(self._inside(target))


@pytest.mark.parametrize("inputs", ["photos", "photos/**", "photos/**/*", "photos/a.png"])
def test_another_file_system(run, photos, tmp_path, monkeypatch, inputs):
    monkeypatch.setattr(Bucket, "root", str(tmp_path))
    code, _, errors = run(f"bucket://{inputs}", "-o", "bucket://out/", *NEAREST)
    names = ["a_x4.png"] if inputs.endswith(".png") else RESULTS
    assert files(tmp_path / "out") == sorted([*names, "failed.jsonl"])
    if names is RESULTS:
        assert (code, errors) == (1, "srgan-tf: 2 failed, see bucket://out/failed.jsonl\n")
        reason = dead_letters(tmp_path / "out")["bucket://photos/b/text.jpg"]
        assert reason == "not a picture that can be read"
    assert run(f"bucket://{inputs}", "-o", "bucket://out", *NEAREST)[1].startswith("0 done")


INTERRUPTED = """
import os, signal, sys
from srgan_tf.inference import engines
from srgan_tf.pipelines.upscale import main

def upscale(lr_levels, calls=[], nearest=engines.upscale_nearest):
    calls.append(None)
    if len(calls) == 5:  # in the middle of a picture
        os.kill(os.getpid(), getattr(signal, sys.argv[1]))
    return nearest(lr_levels)

engines.upscale_nearest = upscale
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [("SIGINT", 130, "srgan-tf: interrupted\n"), ("SIGTERM", 143, "")],
)
def test_signals(tmp_path, samples, name, code, message):
    (tmp_path / "in").mkdir()
    for number in range(3):
        Image.fromarray(samples["chelsea"]).save(tmp_path / "in" / f"{number}.png")
    arguments = [name, tmp_path / "in", "-o", tmp_path / "new" / "out", *NEAREST, "--tile", "16"]
    program = [sys.executable, "-c", INTERRUPTED, *map(str, arguments)]
    ended = subprocess.run(program, capture_output=True, text=True, timeout=100)
    assert (ended.returncode, ended.stdout) == (code, ""), ended.stderr
    assert ended.stderr.endswith(message) and "Traceback" not in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


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
