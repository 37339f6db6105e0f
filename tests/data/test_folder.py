from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srgan_tf.data.folder import find_pictures, open_folder, read_paths, read_photo

USABLE = [
    *("2019/progressive.jpeg", "2019/summer/PHOTO.JPG", "2019/über uns.jpg", "bilevel.png"),
    *("cmyk.jpg", "gray.jpg", "gray.png", "gray16.png", "gray16.tif", "palette.gif", "photo.webp"),
    *("rgb16.png", "rgba.png"),
]
SKIPPED = {
    "cut.jpg": "not readable",
    "cut.png": "not readable",
    "damaged.avif": "not readable",
    "drawing.png": "not readable",
    "empty.png": "not readable",
    "letter.jpg": "not readable",
    "tiny.png": "80x20 pixels",
}


@pytest.fixture(scope="module")
def mixed(mixed_folder):
    return open_folder(mixed_folder[0], crop_size=48)


def save_flat(path, height, width):
    Image.fromarray(np.zeros((height, width, 3), np.uint8)).save(path)


def test_usable_pictures_are_found_in_the_order_of_their_paths(mixed, mixed_folder):
    folder, _ = mixed_folder
    assert [str(Path(photo.path).relative_to(folder)) for photo in mixed.photos] == USABLE


def test_the_rest_is_skipped_with_a_reason(mixed):
    assert {Path(path).name: reason for path, reason in mixed.skipped} == SKIPPED


def test_the_summary_names_what_is_skipped(mixed):
    summary = mixed.tell_skipped()
    assert summary.startswith("7 files skipped: ")
    for name, reason in SKIPPED.items():
        assert f"{name} ({reason})" in summary
    assert "notes.txt" not in summary
    assert "\n" not in summary


def test_sizes_are_those_of_the_decoded_pictures(mixed):
    for photo in mixed.photos:
        assert read_photo(photo).shape == (photo.height, photo.width, 3)


def test_only_gray_and_rgb_jpegs_are_plain(mixed):
    plain = {Path(photo.path).name for photo in mixed.photos if photo.plain_jpeg}
    assert plain == {"progressive.jpeg", "PHOTO.JPG", "über uns.jpg", "gray.jpg"}


def test_pixels_of_every_mode_become_8_bit_rgb(mixed, mixed_folder):
    _, pixels = mixed_folder
    photos = {Path(photo.path).name: photo for photo in mixed.photos}
    for name, expected in pixels.items():
        picture = read_photo(photos[name])
        assert picture.dtype == np.uint8
        np.testing.assert_array_equal(picture, expected, err_msg=name)


def test_cmyk_ink_becomes_its_colour(tmp_path):
    for name, ink, colour in [
        ("cyan", (255, 0, 0, 0), (0, 255, 255)),
        ("paper", (0,) * 4, (255,) * 3),
    ]:
        Image.new("CMYK", (16, 16), ink).save(tmp_path / f"{name}.jpg", quality=95)
        (picture,) = read_paths([tmp_path / f"{name}.jpg"])
        np.testing.assert_allclose(picture.astype(int), np.full((16, 16, 3), colour), atol=2)


def test_palette_with_transparency_per_colour_is_read_without_a_warning(tmp_path, samples):
    palette = Image.fromarray(samples["coffee"][:50, :60]).quantize(16)
    palette.save(tmp_path / "icon.png", transparency=bytes(range(0, 256, 16)))
    (photo,) = open_folder(tmp_path, 48).photos
    np.testing.assert_array_equal(read_photo(photo), np.asarray(palette.convert("RGB")))


def test_the_source_does_not_depend_on_threads(mixed, mixed_folder):
    assert open_folder(mixed_folder[0], 48, num_threads=1) == mixed


def test_order_is_by_path_whatever_was_written_first(tmp_path):
    (tmp_path / "b").mkdir()
    for name in ("z.png", "b/x.png", "a.png", "c.png"):
        save_flat(tmp_path / name, 8, 8)
    names = [str(Path(p.path).relative_to(tmp_path)) for p in open_folder(tmp_path, 8).photos]
    assert names == ["a.png", "b/x.png", "c.png", "z.png"]


def test_what_a_run_has_made_is_not_trained_on(tmp_path):
    for name in ("a", "run/b", "run/samples/a/step_2", "samples/c"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        save_flat(tmp_path / f"{name}.png", 48, 48)
    (tmp_path / "run" / "checkpoint.npz").touch()
    found = [str(path.relative_to(tmp_path)) for path in find_pictures(tmp_path)]
    assert found == ["a.png", "run/b.png", "samples/c.png"]


def test_a_picture_as_large_as_the_crop_serves(tmp_path):
    for name, height, width in [("same", 32, 32), ("low", 31, 40), ("narrow", 40, 31)]:
        save_flat(tmp_path / f"{name}.png", height, width)
    source = open_folder(tmp_path, 32)
    assert [Path(photo.path).stem for photo in source.photos] == ["same"]
    assert [reason for _, reason in source.skipped] == ["40x31 pixels", "31x40 pixels"]


def test_a_picture_with_too_many_pixels_is_skipped(tmp_path, monkeypatch):
    save_flat(tmp_path / "bomb.png", 50, 50)
    save_flat(tmp_path / "photo.png", 20, 20)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert open_folder(tmp_path, 16).skipped == ((str(tmp_path / "bomb.png"), "too many pixels"),)


def test_pictures_of_an_unknown_range_are_skipped(tmp_path):
    levels = np.linspace(0, 1, 48 * 48, dtype=np.float32).reshape(48, 48)
    Image.fromarray(levels).save(tmp_path / "float.tif")
    Image.fromarray((1e6 * levels).astype(np.int32)).save(tmp_path / "wide.tif")
    Image.fromarray((100 * levels).astype(np.int32) - 50).save(tmp_path / "signed.tif")
    Image.fromarray((65535 * levels).astype(np.int32)).save(tmp_path / "fits.tif")
    source = open_folder(tmp_path, crop_size=48)
    assert [Path(photo.path).name for photo in source.photos] == ["fits.tif"]
    assert {reason for _, reason in source.skipped} == {"not readable"}


def test_a_long_list_of_skipped_files_is_cut(tmp_path):
    save_flat(tmp_path / "photo.png", 20, 20)
    for number in range(23):
        (tmp_path / f"empty{number:02d}.jpg").touch()
    summary = open_folder(tmp_path, 16).tell_skipped()
    assert summary.startswith("23 files skipped: empty00.jpg (not readable), ")
    assert summary.endswith("empty19.jpg (not readable) and 3 more")


def test_an_empty_folder(tmp_path):
    with pytest.raises(ValueError, match=r"no usable picture, expected at least one of 96x96"):
        open_folder(tmp_path, 96)


def test_a_folder_without_a_usable_picture_says_why(tmp_path):
    save_flat(tmp_path / "small.png", 20, 30)
    with pytest.raises(ValueError, match=r"small\.png \(30x20 pixels\)"):
        open_folder(tmp_path, 96)


def test_a_missing_folder_and_a_file(tmp_path):
    save_flat(tmp_path / "photo.png", 20, 30)
    for path in (tmp_path / "none", tmp_path / "photo.png"):
        with pytest.raises(ValueError, match="expected a folder of pictures"):
            open_folder(path, 16)
