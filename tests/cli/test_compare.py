"""`srgan-tf upscale --compare`; tests/evaluation/test_slider.py looks at the page itself."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from srgan_tf.imaging.resize import upscale_bicubic, upscale_nearest

NEAREST = ("--model", "nearest", "--compare")


def panels(page):
    """The two pictures in a page."""
    codes = re.findall(r'src="data:image/png;base64,([^"]+)"', page.read_text("utf-8"))
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(code)))) for code in codes]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_page_is_written_beside_the_result(run, tmp_path, photo, photo_path):
    code, output, errors = run("upscale", photo_path, *NEAREST)
    page = tmp_path / "photo_x4_compare.html"
    assert (code, output, errors) == (0, f"{tmp_path / 'photo_x4.png'}\n{page}\n", "")
    before, after = panels(page)
    np.testing.assert_array_equal(before, upscale_bicubic(photo))
    np.testing.assert_array_equal(after, upscale_nearest(photo))
    text = page.read_text("utf-8")
    assert str(tmp_path) not in text and "photo.png" in text


def test_it_shows_what_a_lossy_result_holds(run, tmp_path, photo_path):
    target = tmp_path / "big.jpg"
    assert run("upscale", photo_path, *NEAREST, "-o", target, "--quality", 10)[0] == 0
    with Image.open(target) as image:
        np.testing.assert_array_equal(panels(tmp_path / "big_compare.html")[1], np.asarray(image))


def test_transparent_parts_and_frames(run, tmp_path, photo):
    frames = [Image.fromarray(np.dstack([level, level[..., 0]])) for level in (photo, 255 - photo)]
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:])
    assert run("upscale", tmp_path / "a.png", *NEAREST)[0] == 0
    before, after = panels(tmp_path / "a_x4_compare.html")
    assert before.shape == after.shape == (80, 120, 3)
    assert np.abs(before.astype(int) - after).mean() < 12


def test_an_existing_page_is_kept(run, tmp_path, photo_path):
    page = tmp_path / "photo_x4_compare.html"
    page.write_text("mine")
    code, output, errors = run("upscale", photo_path, *NEAREST)
    assert (code, output) == (2, "")
    assert errors == f"srgan-tf: output: {page} exists; add --overwrite or choose another -o\n"
    assert page.read_text() == "mine"
    assert names(tmp_path) == ["photo.png", page.name]
    assert run("upscale", photo_path, *NEAREST, "--overwrite")[0] == 0
    assert len(panels(page)) == 2


def test_a_batch_makes_the_pages_that_are_missing(run, tmp_path, photo):
    for name in ("a", "b", "c"):
        Image.fromarray(photo).save(tmp_path / f"{name}.png")
    out = tmp_path / "out"
    assert run("upscale", tmp_path, "-o", out, *NEAREST[:2])[0] == 0
    (out / "a_x4_compare.html").write_text("mine")
    (out / "c_x4.png").unlink()
    code, output, errors = run("upscale", tmp_path, "-o", out, *NEAREST)
    made = ["b_x4_compare.html", "c_x4.png", "c_x4_compare.html"]
    assert (code, output.splitlines()) == (0, [str(out / name) for name in made])
    assert "1 of 3 skipped" in errors
    assert (out / "a_x4_compare.html").read_text() == "mine"
    assert "after: nearest" in (out / "c_x4_compare.html").read_text()
    assert "after: an earlier run" in (out / "b_x4_compare.html").read_text()  # of any model


def test_results_that_would_share_a_page(run, tmp_path, photo):
    for name in ("a.png", "a.bmp"):
        Image.fromarray(photo).save(tmp_path / name)
    before = names(tmp_path)
    code, output, errors = run("upscale", tmp_path, *NEAREST)
    assert (code, output) == (2, "")
    assert "would share the page a_x4_compare.html" in errors and errors.count("\n") == 1
    assert names(tmp_path) == before


def test_a_result_too_large_to_be_read_again(run, tmp_path, photo_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 9599)
    code, output, errors = run("upscale", photo_path, *NEAREST)
    assert (code, output) == (2, "")
    assert errors == (
        f"srgan-tf: {photo_path}: got a result of 120x80 pixels, expected at most 9599 for a "
        "page; leave out --compare\n"
    )
    assert names(tmp_path) == ["photo.png"]
    for smaller in (("--scale", "3"), ("--size", "119x80")):
        assert run("upscale", photo_path, *NEAREST, *smaller)[0] == 0
    with Image.open(photo_path) as still:
        still.save(tmp_path / "b.gif", save_all=True, append_images=[Image.new("RGB", still.size)])
    assert (
        "got a result of 2 frames of 90x60"
        in run(*("upscale", tmp_path / "b.gif", *NEAREST, "--scale", "3"))[2]
    )


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_both_pictures_carry_the_profile(run, tmp_path, photo, suffix):
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(photo).save(tmp_path / f"a.{suffix}", icc_profile=profile)
    assert run("upscale", tmp_path / f"a.{suffix}", *NEAREST)[0] == 0
    text = (tmp_path / "a_x4_compare.html").read_text("utf-8")
    for code in re.findall(r'base64,([^"]+)"', text):
        image = Image.open(io.BytesIO(base64.b64decode(code)))
        assert image.info["icc_profile"] == profile
