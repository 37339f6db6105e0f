import numpy as np
import pytest
from PIL import Image

from srgan_tf.inference.upscaler import Upscaler
from srgan_tf.pictures.picture import Picture, to_opaque_rgb
from srgan_tf.pictures.transparency import fill_transparent, keep_flat_parts
from srgan_tf.pictures.writing import write_picture


@pytest.fixture
def red_disc():
    """A red disc with a soft outline on black that is fully transparent."""
    large = Image.new("L", (256, 256))
    large.paste(255, (0, 0), Image.radial_gradient("L").point(lambda x: 255 * (x < 150)))
    alpha = np.asarray(large.resize((32, 32), Image.Resampling.BOX))[..., None]
    return np.where(alpha > 0, np.uint8([220, 30, 30]), np.uint8([0, 0, 0])), alpha


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_hidden_pixels_take_the_colour_around_them(dtype):
    pixels = np.zeros((5, 9, 3), dtype)
    alpha = np.zeros((5, 9, 1), dtype)
    pixels[2, 1], alpha[2, 1] = (200, 100, 50), np.iinfo(dtype).max
    pixels[2, 8], alpha[2, 8] = (10, 20, 30), 3
    filled = fill_transparent(pixels, alpha)
    assert filled.dtype == dtype
    np.testing.assert_array_equal(filled[alpha[..., 0] > 0], pixels[alpha[..., 0] > 0])
    np.testing.assert_array_equal(filled[3, 0], (200, 100, 50))
    np.testing.assert_array_equal(filled[3, 8], (10, 20, 30))
    assert (pixels[0] == 0).all()  # the picture given is not changed


def test_what_is_hardly_seen_hardly_colours_what_is_hidden():
    pixels = np.uint8([[(200, 0, 0), (0, 0, 200)], [(9, 9, 9), (9, 9, 9)]])
    filled = fill_transparent(pixels, np.uint8([[255, 1], [0, 0]])[..., None])
    np.testing.assert_array_equal(filled[1], [(199, 0, 1)] * 2)


@pytest.mark.parametrize("opacity", [0, 1, 255])
def test_nothing_to_fill(rng, opacity):
    pixels = rng.integers(0, 256, (4, 5, 3), np.uint8)
    alpha = np.full((4, 5, 1), opacity, np.uint8)
    np.testing.assert_array_equal(fill_transparent(pixels, alpha), pixels)


@pytest.mark.parametrize("model", ["nearest", "bicubic"])
def test_an_outline_has_no_dark_fringe(red_disc, model):
    large = Upscaler(model).upscale_picture(Picture(*red_disc))
    assert large.alpha is not None
    seen = large.pixels[large.alpha[..., 0] > 0]
    assert np.abs(seen.astype(int) - (220, 30, 30)).max() <= 1
    on_white = to_opaque_rgb(large)
    assert on_white[..., 0].min() >= 219  # from red to white, and nowhere darker


def test_without_the_fill_there_would_be_a_fringe(red_disc):
    large = Upscaler("bicubic").upscale_picture(Picture(red_disc[0]))
    alpha = Upscaler("bicubic").upscale_picture(Picture(red_disc[1])).pixels
    assert to_opaque_rgb(Picture(large.pixels, alpha))[..., 0].min() < 200


def test_what_is_laid_on_white_is_rounded():
    level, alpha = np.indices((256, 256, 1), np.uint8)[:2]
    exact = level * (alpha / 255) + (255 - alpha)
    picture = to_opaque_rgb(Picture(level, alpha))
    np.testing.assert_array_equal(picture, np.repeat(np.rint(exact), 3, axis=2))


def test_a_gif_shows_what_is_at_least_half_opaque(tmp_path):
    alpha = np.uint8([[0, 1, 100, 127, 128, 150, 255]])[..., None]
    write_picture(Picture(np.full((1, 7, 3), 90, np.uint8), alpha), tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as image:
        shown = np.asarray(image.convert("RGBA"))[0]
    assert shown[:, 3].tolist() == [0, 0, 0, 0, 255, 255, 255]
    np.testing.assert_array_equal(shown[4:, :3], 90)


def test_flat_parts_of_the_opacity_keep_their_exact_level():
    lr = np.zeros((12, 12, 1), np.uint8)
    lr[:, 6:] = 255
    noisy = np.repeat(np.repeat(lr, 4, axis=0), 4, axis=1) ^ 3
    kept = keep_flat_parts(lr, noisy)
    assert (kept[:, :16] == 0).all() and (kept[:, 32:] == 255).all()
    np.testing.assert_array_equal(kept[:, 16:32], noisy[:, 16:32])


def test_bicubic_opacity_is_not_changed_by_that(rng):
    alpha = (rng.random((30, 31, 1)) < 0.1).astype(np.uint8) * 255
    upscaler = Upscaler("bicubic", tile=16)
    pixels = np.zeros((30, 31, 3), np.uint8)
    np.testing.assert_array_equal(
        upscaler.upscale_picture(Picture(pixels, alpha)).alpha, upscaler.upscale_array(alpha)
    )
