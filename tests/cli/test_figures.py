import numpy as np
from PIL import Image

from srgan_tf.imaging.resize import reduce_4x, upscale_bicubic, upscale_nearest


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
