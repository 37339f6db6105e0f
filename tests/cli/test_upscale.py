import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from srgan_tf.imaging.resize import upscale_bicubic, upscale_nearest


def is_one_line(errors):
    return errors.startswith("srgan-tf: ") and errors.count("\n") == 1 and errors.endswith("\n")


def read(path):
    with Image.open(path) as image:
        return np.asarray(image)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# What is written.


@pytest.mark.parametrize(
    ("model", "upscaled"), [("bicubic", upscale_bicubic), ("nearest", upscale_nearest)]
)
def test_a_picture_is_upscaled_beside_itself(run, tmp_path, photo, photo_path, model, upscaled):
    code, output, errors = run("upscale", photo_path, "--model", model)
    assert (code, output, errors) == (0, f"{tmp_path / 'photo_x4.png'}\n", "")
    np.testing.assert_array_equal(read(tmp_path / "photo_x4.png"), upscaled(photo))


def test_tiles_do_not_show(run, tmp_path, photo):
    wide = np.tile(photo, (1, 7, 1))
    Image.fromarray(wide).save(tmp_path / "wide.png")
    code, _, _ = run("upscale", tmp_path / "wide.png", "--model", "bicubic", "--tile", 16)
    assert code == 0
    np.testing.assert_array_equal(read(tmp_path / "wide_x4.png"), upscale_bicubic(wide))


@pytest.mark.parametrize("tile", [0, 15, -1])
def test_tiles_that_are_too_small(run, photo_path, tile):
    code, _, errors = run("upscale", photo_path, "--model", "bicubic", f"--tile={tile}")
    assert code == 2
    assert is_one_line(errors)
    assert names(photo_path.parent) == ["photo.png"]


@pytest.mark.parametrize("name", ["big.jpg", "big.webp", "big.bmp"])
def test_the_suffix_decides_the_format(run, tmp_path, photo_path, name):
    code, output, _ = run("upscale", photo_path, "--model", "bicubic", "-o", tmp_path / name)
    assert (code, output) == (0, f"{tmp_path / name}\n")
    with Image.open(tmp_path / name) as image:
        assert (image.format, image.size) == (
            {"jpg": "JPEG"}.get(name[4:], name[4:].upper()),
            (120, 80),
        )


def test_an_unknown_suffix(run, tmp_path, photo_path):
    code, _, errors = run("upscale", photo_path, "--model", "bicubic", "-o", tmp_path / "big.xyz")
    assert code == 2
    assert is_one_line(errors)
    assert ".xyz" in errors
    assert names(tmp_path) == ["photo.png"]


def test_16_bit_gray_keeps_its_levels(run, tmp_path):
    gray16 = np.tile(np.arange(0, 65536, 257 * 17 + 1, dtype=np.uint16), (6, 1))
    Image.fromarray(gray16).save(tmp_path / "gray16.png")
    code, _, errors = run("upscale", tmp_path / "gray16.png", "--model", "nearest")
    assert (code, errors) == (0, "")
    np.testing.assert_array_equal(read(tmp_path / "gray16_x4.png"), upscale_nearest(gray16))


def test_a_palette_with_transparency_is_upscaled_without_a_word(run, tmp_path, photo):
    palette = Image.fromarray(photo).quantize(16)
    palette.save(tmp_path / "icon.png", transparency=bytes(range(1, 256, 16)))
    code, _, errors = run("upscale", tmp_path / "icon.png", "--model", "nearest")
    assert (code, errors) == (0, "")
    with Image.open(tmp_path / "icon.png") as icon:
        expected = upscale_nearest(np.asarray(icon.convert("RGBA")))
    np.testing.assert_array_equal(read(tmp_path / "icon_x4.png"), expected)


def test_a_turned_photo_comes_out_upright(run, tmp_path, photo):
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate 90 degrees clockwise to view
    Image.fromarray(photo).save(tmp_path / "turned.png", exif=exif)
    assert run("upscale", tmp_path / "turned.png", "--model", "nearest")[0] == 0
    expected = upscale_nearest(np.rot90(photo, -1))
    np.testing.assert_array_equal(read(tmp_path / "turned_x4.png"), expected)


# What can go wrong.


def test_a_bad_picture_is_one_line_and_leaves_nothing_behind(run, bad_picture):
    before = names(bad_picture.parent)
    code, output, errors = run("upscale", bad_picture, "--model", "bicubic")
    assert (code, output) == (2, "")
    assert is_one_line(errors)
    assert str(bad_picture) in errors
    assert names(bad_picture.parent) == before


def test_a_bad_picture_does_not_stop_the_others(run, tmp_path, photo, photo_path, bad_picture):
    code, output, errors = run(
        "upscale", bad_picture, photo_path, "--model", "bicubic", "-o", tmp_path / "results"
    )
    assert (code, output) == (1, f"{tmp_path / 'results' / 'photo_x4.png'}\n")
    assert is_one_line(errors)
    assert names(tmp_path / "results") == ["photo_x4.png"]
    np.testing.assert_array_equal(
        read(tmp_path / "results" / "photo_x4.png"), upscale_bicubic(photo)
    )


def test_an_existing_result_is_kept(run, tmp_path, photo_path):
    (tmp_path / "photo_x4.png").write_bytes(b"mine")
    code, _, errors = run("upscale", photo_path, "--model", "bicubic")
    assert code == 2
    assert is_one_line(errors)
    assert (tmp_path / "photo_x4.png").read_bytes() == b"mine"
    assert run("upscale", photo_path, "--model", "bicubic", "--overwrite")[0] == 0
    assert read(tmp_path / "photo_x4.png").shape == (80, 120, 3)


@pytest.mark.parametrize(
    "settings",
    [
        ["--model", "none.keras"],
        ["--model", "none.tflite"],
        ["--model", "no_such_model"],
        ["--model", "text.keras"],
        ["--model", "text.npz"],
        ["--model", "text.tflite"],
        ["--model", "text.tflite", "--engine", "keras"],
        ["--model", "text.keras", "--engine", "litert"],
    ],
)
def test_a_bad_model_is_one_line(run, tmp_path, photo_path, settings, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for kind in ("keras", "npz", "tflite"):
        (tmp_path / f"text.{kind}").write_text("not a model\n")
    before = names(tmp_path)
    code, output, errors = run("upscale", photo_path, *settings)
    assert (code, output) == (2, "")
    assert is_one_line(errors)
    assert settings[1] in errors
    assert names(tmp_path) == before


def test_interpolation_loads_no_framework(photo_path):
    code = (
        "import sys; from srgan_tf.cli.main import main; "
        "code = main(['upscale', sys.argv[1], '--model', 'bicubic']); "
        "print(code, [n for n in ('keras', 'tensorflow', 'jax') if n in sys.modules])"
    )
    program = [sys.executable, "-c", code, str(photo_path)]
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"
    assert done.stderr == ""
