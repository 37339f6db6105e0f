import numpy as np
import pytest
from PIL import Image, ImageSequence

import srgan_tf
from srgan_tf.imaging.resize import upscale_nearest
from srgan_tf.pictures.picture import Metadata, Picture
from srgan_tf.pictures.reading import read_frames
from srgan_tf.pictures.writing import write_animation

DURATIONS = [50, 120, 200]


def frames_of(image):
    return [np.asarray(frame.convert("RGBA")) for frame in ImageSequence.Iterator(image)]


def durations_of(image):
    durations = []
    for index in range(image.n_frames):
        image.seek(index)
        image.load()
        durations.append(image.info["duration"])
    return durations


@pytest.fixture
def frames():
    """Three frames: a square that moves over a hole."""
    pictures = np.zeros((3, 8, 10, 4), np.uint8)
    for index in range(3):
        pictures[index, :, 5:] = (20, 60, 200, 255)
        pictures[index, 2:5, index : index + 3] = (250, 120, 10, 255)
    return pictures


def save(frames, path, **settings):
    images = [Image.fromarray(frame) for frame in frames]
    images[0].save(path, save_all=True, append_images=images[1:], duration=DURATIONS, **settings)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("gif", "gif"),
        ("webp", "webp"),
        ("png", "png"),
        ("gif", "webp"),
        ("webp", "png"),
        ("gif", "avif"),
    ],
)
def test_every_frame_its_duration_and_the_loop(tmp_path, enlarge, frames, source, target):
    settings = {"disposal": 2} if source == "gif" else {}
    settings |= {"lossless": True} if source == "webp" else {}
    save(frames, tmp_path / f"a.{source}", loop=3, **settings)
    large = enlarge(tmp_path / f"a.{source}", f"b.{target}", 100)
    assert target == "avif" or large.info["loop"] == 3  # AVIF has no such number
    assert durations_of(large) == DURATIONS
    for frame, expected in zip(frames_of(large), frames, strict=True):
        expected = upscale_nearest(expected)
        np.testing.assert_array_equal(frame[..., 3], expected[..., 3])
        seen = expected[..., 3] > 0
        difference = np.abs(frame[seen].astype(int) - expected[seen])
        assert difference.mean() < (6 if target in ("webp", "avif") else 0.01)


def test_a_picture_for_readers_without_animation_is_not_a_frame(tmp_path, enlarge, frames):
    fallback, *images = (Image.fromarray(frame) for frame in (frames[0] // 2, *frames))
    fallback.save(
        tmp_path / "a.png", save_all=True, append_images=images, duration=50, default_image=True
    )
    large = enlarge(tmp_path / "a.png", "b.png")
    assert large.n_frames == 3
    np.testing.assert_array_equal(frames_of(large)[0][..., 3], upscale_nearest(frames[0])[..., 3])


def test_a_gif_that_does_not_loop(tmp_path, enlarge, frames):
    save(frames, tmp_path / "a.gif", disposal=2)
    assert "loop" not in enlarge(tmp_path / "a.gif").info


def test_a_gif_that_plays_once_does_so_in_other_formats(tmp_path, enlarge, frames):
    save(frames, tmp_path / "a.gif", disposal=2)
    for suffix in ("png", "webp"):
        assert enlarge(tmp_path / "a.gif", f"b.{suffix}").info["loop"] == 1


def test_16_bit_gray_frames_keep_their_levels(tmp_path):
    levels = np.arange(0, 60_000, 1000, np.uint16).reshape(3, 4, 5, 1)
    write_animation([Picture(frame) for frame in levels], DURATIONS, 0, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        shown = [frame[..., :1] for frame in frames_of(image)]
    np.testing.assert_array_equal(shown, np.rint(levels / 257))


@pytest.mark.parametrize("transparency", [None, 0, 7])
@pytest.mark.parametrize("disposal", [0, 1, 2, 3])
def test_a_gif_whose_first_frame_is_gray_keeps_the_colours_of_the_others(
    tmp_path, enlarge, disposal, transparency
):
    gray = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16))
    colours = np.zeros((16, 16, 3), np.uint8)
    colours[:8, :, 0] = colours[8:, :, 2] = 255  # red above blue
    settings = {} if transparency is None else {"transparency": transparency}
    others = [Image.fromarray(colours), gray]
    gray.save(
        tmp_path / "a.gif",
        save_all=True,
        append_images=others,
        duration=50,
        disposal=disposal,
        **settings,
    )
    shown = frames_of(enlarge(tmp_path / "a.gif", "b.png"))
    seen = shown[0][::4, ::4, 3] > 0
    assert (~seen).sum() == (transparency is not None)
    np.testing.assert_array_equal(shown[0][::4, ::4, 0][seen], np.asarray(gray)[seen])
    if transparency is None:
        np.testing.assert_array_equal(shown[1][..., :3], upscale_nearest(colours))


def test_frames_of_gray_have_no_gray_profile_when_they_become_colour(tmp_path, enlarge):
    picture = Picture(np.zeros((4, 4, 1), np.uint8), None, Metadata(icc=bytes(16) + b"GRAY"))
    write_animation([picture] * 2, (50, 60), 0, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert "icc_profile" not in image.info


def test_a_format_without_frames_is_refused(tmp_path, enlarge, frames):
    save(frames, tmp_path / "a.gif", disposal=2)
    with pytest.raises(ValueError, match=r"b\.jpg: got 3 frames, which JPEG cannot hold"):
        enlarge(tmp_path / "a.gif", "b.jpg")
    assert not (tmp_path / "b.jpg").exists()
    with pytest.raises(ValueError, match=r"a\.gif: got an animation of 3 frames, expected one"):
        srgan_tf.upscale(tmp_path / "a.gif", model="nearest")


def test_pages_of_a_tiff_are_refused(tmp_path, enlarge, frames):
    images = [Image.fromarray(frame) for frame in frames]
    images[0].save(tmp_path / "a.tif", save_all=True, append_images=images[1:])
    with pytest.raises(ValueError, match=r"a\.tif: got a TIFF of 3 pages, expected one"):
        enlarge(tmp_path / "a.tif")


def test_a_photo_with_a_preview_behind_it_is_a_photo(tmp_path, enlarge, colour):
    preview = Image.fromarray(colour[:4, :4])
    path = tmp_path / "a.jpg"
    Image.fromarray(colour).save(path, "MPO", save_all=True, append_images=[preview])
    with Image.open(path) as image:
        assert image.n_frames == 2
    assert enlarge(path).size == (68, 48)


def test_endless_frames_are_a_bomb(tmp_path, enlarge, frames, monkeypatch):
    save(frames, tmp_path / "a.gif", disposal=2)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 200)  # 2.5 frames
    with pytest.raises(ValueError, match="got 3 frames of 10x8, expected at most 200 pixels"):
        enlarge(tmp_path / "a.gif")


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "avif"])
def test_times_that_no_format_can_state_are_cut(tmp_path, suffix):
    pictures = [Picture(np.full((4, 4, 3), level, np.uint8)) for level in (0, 99, 200)]
    durations = (655_360, 70_003, 2**40)
    write_animation(pictures, durations, 2**40, tmp_path / f"a.{suffix}")
    frames = read_frames(tmp_path / f"a.{suffix}")
    assert frames.durations == (655_350, 70_000, 655_350)
    assert frames.loop == (0 if suffix == "avif" else 65_535)  # AVIF has no such number


def test_times_that_add_up_to_too_much_are_one_line(tmp_path):
    same = [Picture(np.zeros((4, 4, 3), np.uint8))] * 3  # GIF holds them as one frame
    with pytest.raises(ValueError, match=r"a\.gif: cannot be written \("):
        write_animation(same, (655_350,) * 3, 0, tmp_path / "a.gif")
    assert list(tmp_path.iterdir()) == []
