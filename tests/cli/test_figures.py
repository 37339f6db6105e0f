import base64
import io
import re

import numpy as np
import pytest
from PIL import Image, ImageCms

from srgan_tf.cli import figures
from srgan_tf.evaluation.comparison import crop_alike
from srgan_tf.imaging.resize import reduce_4x, upscale_bicubic, upscale_nearest
from srgan_tf.inference.engines import open_engine


def test_compare_lays_models_side_by_side(run, photo, photo_path, tmp_path):
    code, output, _ = run(
        *("figures", "compare", photo_path, "--model", "bicubic", "--model", "nearest"),
        *("-o", tmp_path / "out.png"),
    )
    assert code == 0 and output == f"{tmp_path / 'out.png'}\n"
    with Image.open(tmp_path / "out.png") as image:
        picture = np.asarray(image)
    np.testing.assert_array_equal(picture[-80:, :120], upscale_bicubic(photo))
    np.testing.assert_array_equal(picture[-80:, -120:], upscale_nearest(photo))


def test_compare_as_svg(run, photo, tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(photo).save(tmp_path / "a.png", icc_profile=profile)
    path = tmp_path / "out.SVG"
    assert run("figures", "compare", tmp_path / "a.png", "--model", "nearest", "-o", path)[0] == 0
    code = re.search(r'base64,([^"]+)"', path.read_text("utf-8"))[1]
    with Image.open(io.BytesIO(base64.b64decode(code))) as panel:
        assert panel.info["icc_profile"] == profile
        np.testing.assert_array_equal(np.asarray(panel), upscale_nearest(photo))


@pytest.mark.parametrize("kind", ["RGB", "L"])
def test_compare_keeps_the_profile(run, photo, tmp_path, kind):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(photo).convert(kind).save(tmp_path / "a.png", icc_profile=profile)
    assert run("figures", "compare", tmp_path / "a.png", "--model", "nearest")[0] == 0
    with Image.open(tmp_path / "a_compare.png") as page:
        assert page.info.get("icc_profile") == (profile if kind == "RGB" else None)


def test_compare_with_the_original(run, photo, photo_path, tmp_path):
    path = tmp_path / "out.png"
    settings = ["--model", "bicubic", "--reduce", "--middle", "16", "-o", path]
    assert run("figures", "compare", photo_path, *settings)[0] == 0
    height, width = (side // 4 * 4 for side in photo.shape[:2])
    top, left = (height - 16) // 2, (width - 16) // 2
    with Image.open(path) as image:
        panels = np.asarray(image)[-16:]
    middle = photo[top : top + 16, left : left + 16]
    np.testing.assert_array_equal(panels[:, -16:], middle)
    enlarged = upscale_bicubic(reduce_4x(photo[:height, :width]))
    np.testing.assert_array_equal(panels[:, :16], enlarged[top : top + 16, left : left + 16])


def test_compare_of_less_than_4_pixels(run, tmp_path):
    Image.new("RGB", (3, 9)).save(tmp_path / "thin.png")
    code, _, errors = run("figures", "compare", tmp_path / "thin.png", "--reduce")
    assert code == 2 and "smaller than 4x4" in errors and errors.count("\n") == 1


def test_compare_does_not_overwrite(run, photo_path, tmp_path):
    (tmp_path / "photo_compare.png").write_text("mine")
    code, _, errors = run("figures", "compare", photo_path, "--model", "bicubic")
    assert code == 2 and "--overwrite" in errors
    assert (tmp_path / "photo_compare.png").read_text() == "mine"


def test_compare_of_a_bad_file_is_one_line(run, bad_picture, tmp_path):
    code, _, errors = run("figures", "compare", bad_picture, "-o", tmp_path / "out.png")
    assert code == 2 and errors.startswith("srgan-tf: ") and errors.count("\n") == 1
    assert not (tmp_path / "out.png").exists()


def test_compare_of_runs_shows_them_all(run, photo_path, small_generator, tmp_path):
    runs = ("a", "b", "c/b")
    for name in runs:
        (tmp_path / name).mkdir(parents=True)
        small_generator.save(tmp_path / name / "generator.keras")
    models = [part for name in runs for part in ("--model", tmp_path / name / "generator.keras")]
    assert run("figures", "compare", photo_path, *models, "-o", tmp_path / "out.png")[0] == 0
    with Image.open(tmp_path / "out.png") as image:
        assert image.width >= 360


@pytest.mark.parametrize("settings", [["--model", "nearest", "--model", "nope"], ["-o", "a.xyz"]])
def test_compare_refuses_before_any_work(run, photo_path, tmp_path, monkeypatch, settings):
    from srgan_tf.inference.upscaler import Upscaler

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Upscaler, "upscale_array", None)
    out = [] if "-o" in settings else ["-o", tmp_path / "new"]
    code, output, errors = run("figures", "compare", photo_path, *settings, *out)
    assert (code, output) == (2, "") and errors.count("\n") == 1
    assert "nope" in errors or "a.xyz: got suffix" in errors
    assert [path.name for path in tmp_path.iterdir()] == ["photo.png"]


def test_compare_with_a_model_named_original(run, photo_path, tmp_path, monkeypatch):
    monkeypatch.setattr("srgan_tf.inference.upscaler.open_engine", lambda *_: upscale_nearest)
    settings = ["--model", tmp_path / "original", "--reduce", "-o", tmp_path / "out.png"]
    assert run("figures", "compare", photo_path, *settings)[0] == 0
    with Image.open(tmp_path / "out.png") as image:
        assert image.width == 2 * 28 + 8


@pytest.mark.parametrize("model", ["bicubic", "srresnet_mse"])
@pytest.mark.parametrize("middle", [1, 38, 51])
def test_only_the_middle_is_enlarged(samples, model, middle):
    engine, picture = open_engine(model), samples["chelsea"][:151, :160]
    cut = figures._cut_surroundings(picture, middle, 1)
    assert cut.shape == ((len(picture) - 2 * ((len(picture) - len(cut)) // 2)), cut.shape[1], 3)
    assert max(cut.shape) < 112
    (shown,), (whole,) = (crop_alike([engine(part)], middle) for part in (cut, picture))
    assert np.abs(shown.astype(int) - whole).max() <= (model != "bicubic")  # a rounding


@pytest.mark.parametrize("middle", [1, 38, 51])
def test_only_the_middle_is_reduced(samples, middle):
    picture = samples["chelsea"]
    picture = picture[: len(picture) // 4 * 4, : picture.shape[1] // 4 * 4]
    picture = np.concatenate([picture, picture])
    cut = figures._cut_surroundings(picture, middle, 4)
    assert len(cut) < len(picture)
    for make in (lambda part: part, lambda part: upscale_bicubic(reduce_4x(part))):
        (shown,), (whole,) = (crop_alike([make(part)], middle) for part in (cut, picture))
        np.testing.assert_array_equal(shown, whole)
