import errno
import io
import sys

import numpy as np
import pytest
import tqdm
from PIL import Image

from srgan_tf.cli.main import main
from srgan_tf.imaging.resize import upscale_nearest
from srgan_tf.inference import upscaler as upscaler_module

NEAREST = ("--model", "nearest")


@pytest.fixture
def photos(tmp_path, photo):
    """A folder of three pictures at two depths, and a file that is none."""
    root = tmp_path / "photos"
    for name in ("a.png", "b/c.tif", "b/d/e.png"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(photo).save(root / name)
    (root / "notes.txt").write_text("no picture")
    return root


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


RESULTS = ["a_x4.png", "b/c_x4.tif", "b/d/e_x4.png"]


def test_a_folder_keeps_its_structure(run, tmp_path, photo, photos):
    out = tmp_path / "new" / "out"
    code, output, errors = run("upscale", photos, "-o", out, *NEAREST)
    assert (code, errors) == (0, "")
    assert sorted(output.splitlines()) == [str(out / name) for name in RESULTS]
    assert files(out) == RESULTS
    for name in RESULTS:
        with Image.open(out / name) as image:
            np.testing.assert_array_equal(np.asarray(image), upscale_nearest(photo))


def test_a_size_that_one_picture_cannot_have_is_told_with_its_name(run, tmp_path, photos):
    Image.new("RGB", (2, 2)).save(photos / "tiny.png")
    code, output, errors = run("upscale", photos, "--size", "60x40", "-o", tmp_path, *NEAREST)
    assert (code, len(output.splitlines())) == (1, 3)
    assert errors.startswith(f"srgan-tf: {photos / 'tiny.png'}: size: got 60x40 for a picture")


def test_a_second_run_makes_what_is_missing(run, tmp_path, photos):
    out = tmp_path / "out"
    run("upscale", photos, "-o", out, *NEAREST)
    (out / RESULTS[1]).unlink()
    (out / RESULTS[0]).write_bytes(b"mine")
    code, output, errors = run("upscale", photos, "-o", out, *NEAREST)
    assert (code, output) == (0, f"{out / RESULTS[1]}\n")
    assert errors == (
        "srgan-tf: 2 of 3 skipped: their results exist (--overwrite makes them again)\n"
    )
    assert (out / RESULTS[0]).read_bytes() == b"mine"
    code, output, errors = run("upscale", photos, "-o", out, *NEAREST, "--overwrite")
    assert (code, len(output.splitlines()), errors) == (0, 3, "")
    assert (out / RESULTS[0]).read_bytes() != b"mine"


def test_nothing_to_do_loads_no_model(run, tmp_path, photos, monkeypatch):
    run("upscale", photos, "-o", tmp_path / "out", *NEAREST)
    monkeypatch.delattr(upscaler_module, "Upscaler")
    code, output, errors = run("upscale", photos, "-o", tmp_path / "out", *NEAREST)
    assert (code, output) == (0, "")
    assert "3 of 3 skipped" in errors


def test_results_beside_the_inputs_are_not_upscaled_again(run, photos):
    for _ in range(2):
        assert run("upscale", photos, *NEAREST)[0] == 0
    assert files(photos) == sorted([*RESULTS, "a.png", "b/c.tif", "b/d/e.png", "notes.txt"])


def test_bad_files_are_listed_at_the_end(run, tmp_path, photos):
    (photos / "b" / "bad.png").write_text("text")
    (photos / "b" / "empty.jpg").touch()
    code, output, errors = run("upscale", photos, "none.png", "-o", tmp_path / "out", *NEAREST)
    assert code == 1
    assert len(output.splitlines()) == 3
    assert sorted(errors.splitlines()) == [
        f"srgan-tf: {photos}/b/bad.png: not a picture that can be read",
        f"srgan-tf: {photos}/b/empty.jpg: the file is empty",
        "srgan-tf: none.png: no such file",
    ]
    assert files(tmp_path / "out") == RESULTS


def test_patterns(run, tmp_path, photos):
    code, _, errors = run("upscale", photos / "**" / "*.png", "-o", tmp_path / "out", *NEAREST)
    assert (code, errors) == (0, "")
    assert files(tmp_path / "out") == ["a_x4.png", "e_x4.png"]


def test_a_folder_without_pictures(run, tmp_path):
    code, output, errors = run("upscale", tmp_path, *NEAREST)
    assert (code, output) == (2, "")
    assert errors == (
        f"srgan-tf: {tmp_path}: got no picture there, expected files such as .jpg or .png\n"
    )


def stop_at_second(monkeypatch, error):
    """Lets the second picture of a batch fail while it is written."""
    original = upscaler_module.write_picture
    calls = []

    def write(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise error
        original(*arguments)

    monkeypatch.setattr(upscaler_module, "write_picture", write)


def test_an_interrupted_batch_goes_on(run, tmp_path, photos, monkeypatch):
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        stop_at_second(patch, KeyboardInterrupt())
        code, output, errors = run("upscale", photos, "-o", out, *NEAREST)
    assert (code, len(output.splitlines()), errors) == (130, 1, "srgan-tf: interrupted\n")
    code, output, errors = run("upscale", photos, "-o", out, *NEAREST)
    assert (code, len(output.splitlines())) == (0, 2)
    assert "1 of 3 skipped" in errors
    assert files(out) == RESULTS


def test_a_full_disk_ends_the_batch(run, tmp_path, photos, monkeypatch):
    error = OSError("x.png: cannot be written (no space left on device)")
    error.errno = errno.ENOSPC
    stop_at_second(monkeypatch, error)
    code, output, errors = run("upscale", photos, "-o", tmp_path / "out", *NEAREST)
    assert (code, len(output.splitlines())) == (1, 1)
    assert errors == "srgan-tf: x.png: cannot be written (no space left on device)\n"


def test_too_little_memory_is_one_line(run, tmp_path, photo_path, monkeypatch):
    def fail(*_, **__):
        raise MemoryError

    monkeypatch.setattr(upscaler_module, "map_tiles", fail)
    code, output, errors = run("upscale", photo_path, *NEAREST)
    assert (code, output) == (2, "")
    assert errors.endswith(
        "photo_x4.png: not enough memory; a smaller --tile or a .png needs less\n"
    )


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_sees_the_progress(tmp_path, photos, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert main(["upscale", str(photos), "-o", str(tmp_path / "out"), *NEAREST]) == 0
    shown = sys.stderr.getvalue()
    assert "0/3" in shown and " pictures/s" in shown


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_terminal_sees_the_progress_within_a_picture(tmp_path, photo, monkeypatch, mode):
    monkeypatch.setattr(sys, "stderr", Terminal())
    ends = []

    class Recorded(tqdm.tqdm):
        def close(self):
            ends.append((self.n, self.total))
            super().close()

    monkeypatch.setattr(tqdm, "tqdm", Recorded)
    Image.fromarray(photo).convert(mode).save(tmp_path / "photo.png")
    assert main(["upscale", str(tmp_path / "photo.png"), *NEAREST, "--tile", "16"]) == 0
    pixels = photo[..., 0].size * (2 if mode == "RGBA" else 1)
    assert ends[0] == (pixels, pixels)
    assert "0%|" in sys.stderr.getvalue()


def test_quality(run, tmp_path, photo_path):
    sizes = []
    for quality in (30, 95):
        settings = ["-o", tmp_path / f"{quality}.jpg", "--quality", quality]
        assert run("upscale", photo_path, *NEAREST, *settings)[0] == 0
        sizes.append((tmp_path / f"{quality}.jpg").stat().st_size)
    assert sizes[0] < sizes[1] / 2
    code, _, errors = run("upscale", photo_path, *NEAREST, "--quality", 0)
    assert (code, errors) == (2, "srgan-tf: quality: got 0, expected 1 to 100\n")


def test_the_output_of_a_jpeg_is_a_jpeg(run, tmp_path, photo):
    Image.fromarray(photo).save(tmp_path / "photo.jpg")
    code, output, _ = run("upscale", tmp_path / "photo.jpg", *NEAREST)
    assert (code, output) == (0, f"{tmp_path / 'photo_x4.jpg'}\n")


def test_results_that_lie_beside_their_inputs_are_left_out_aloud(run, tmp_path, photo_path):
    nearest = ("upscale", tmp_path, "--model", "nearest")
    assert run(*nearest)[::2] == (0, "")
    code, output, errors = run(*nearest, "--scale", 2)
    assert (code, output) == (0, f"{tmp_path / 'photo_x2.png'}\n")
    assert errors == "srgan-tf: 1 of 2 left out: named as results of the others\n"
    code, output, errors = run(*nearest, "--size", "50x40")
    assert (code, output) == (0, f"{tmp_path / 'photo_50x40.png'}\n")
    assert "2 of 3 left out" in errors
    assert "3 of 4 left out" in run(*nearest, "--size", "50x40")[2]
