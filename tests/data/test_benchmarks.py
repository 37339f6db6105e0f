import numpy as np
import pytest
from PIL import Image

from srgan_tf.data.benchmarks import find_benchmarks, read_gray_or_rgb
from srgan_tf.imaging.resize import reduce_4x
from srgan_tf.pictures.picture import Picture
from srgan_tf.pictures.writing import write_picture


@pytest.fixture
def folder(tmp_path, rng):
    """Four benchmarks of random pictures, made in no particular order."""
    for benchmark in ("Urban100", "BSD100", "Set14", "Set5"):
        (tmp_path / benchmark / "HR").mkdir(parents=True)
        for name, shape in [("img_002", (24, 32)), ("img_001", (26, 35, 3))]:
            picture = Image.fromarray(rng.integers(0, 256, shape, np.uint8))
            picture.save(tmp_path / benchmark / "HR" / f"{name}.png")
    (tmp_path / "notes").mkdir()
    (tmp_path / "empty" / "HR").mkdir(parents=True)
    return tmp_path


def read(path):
    return np.asarray(Image.open(path))


def test_the_papers_benchmarks_come_first(folder):
    benchmarks = find_benchmarks(folder)
    assert [b.name for b in benchmarks] == ["Set5", "Set14", "BSD100", "Urban100"]
    assert [len(b) for b in benchmarks] == [2, 2, 2, 2]


def test_pictures_come_in_the_order_of_their_names_cut_to_multiples_of_4(folder):
    color, gray = find_benchmarks(str(folder))[0].images()
    assert (color.name, gray.name) == ("img_001", "img_002")
    np.testing.assert_array_equal(color.hr, read(folder / "Set5/HR/img_001.png")[:24, :32])
    np.testing.assert_array_equal(gray.hr, read(folder / "Set5/HR/img_002.png"))


def test_a_gray_picture_stays_gray(folder):
    _, gray = find_benchmarks(folder)[0].images()
    assert gray.hr.shape == (24, 32)
    assert gray.lr.shape == (6, 8)


def test_the_reduction_is_made_when_absent(folder):
    for image in find_benchmarks(folder)[0].images():
        np.testing.assert_array_equal(image.lr, reduce_4x(image.hr))


def test_the_reduction_is_read_when_present(folder):
    (folder / "Set5" / "LRx4").mkdir()
    given = np.full((6, 8, 3), 77, np.uint8)
    Image.fromarray(given).save(folder / "Set5" / "LRx4" / "img_001.png")
    color, gray = find_benchmarks(folder)[0].images()
    np.testing.assert_array_equal(color.lr, given)
    np.testing.assert_array_equal(gray.lr, reduce_4x(gray.hr))


def test_a_reduction_of_another_size(folder):
    (folder / "Set5" / "LRx4").mkdir()
    Image.new("RGB", (8, 7)).save(folder / "Set5" / "LRx4" / "img_001.png")
    with pytest.raises(ValueError, match=r"LRx4/img_001\.png: got 8x7 .* quarter of .* 32x24"):
        list(find_benchmarks(folder)[0].images())


@pytest.mark.parametrize("content", [b"", b"not a picture"])
def test_a_file_that_is_no_picture(folder, content):
    (folder / "Set5" / "HR" / "img_001.png").write_bytes(content)
    with pytest.raises(
        ValueError, match=r"img_001\.png: (the file is empty|not a picture that can be read)"
    ):
        list(find_benchmarks(folder)[0].images())


def test_an_original_that_is_too_small(folder):
    Image.new("RGB", (9, 3)).save(folder / "Set5" / "HR" / "img_001.png")
    with pytest.raises(ValueError, match=r"img_001\.png: too small to reduce 4x"):
        list(find_benchmarks(folder)[0].images())


@pytest.mark.parametrize("name", ["none", "notes", "Set5"])
def test_a_folder_without_benchmarks(folder, name):
    with pytest.raises(ValueError, match=r"expected a folder that holds NAME/HR/\*\.png"):
        find_benchmarks(folder / name)


def test_gray_with_alpha_is_gray(tmp_path, rng):
    picture = rng.integers(0, 256, (20, 24, 2), np.uint8)
    Image.fromarray(picture, "LA").save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_gray_or_rgb(tmp_path / "a.png"), picture[..., 0])


def test_16_bits_of_colour_are_rounded(tmp_path, rng):
    levels = rng.integers(0, 65536, (20, 24, 3), np.uint16)
    write_picture(Picture(levels), tmp_path / "a.png")
    np.testing.assert_array_equal(read_gray_or_rgb(tmp_path / "a.png"), np.rint(levels / 257))


def test_a_link_to_no_reduction_is_an_error(folder):
    (folder / "Set5" / "LRx4").mkdir()
    (folder / "Set5" / "LRx4" / "img_001.png").symlink_to("gone.png")
    with pytest.raises(ValueError, match=r"LRx4/img_001\.png: no such file"):
        list(find_benchmarks(folder)[0].images())


def test_16_bit_gray_becomes_8_bit_gray(tmp_path, rng):
    picture = rng.integers(0, 65536, (20, 24), np.uint16)
    Image.fromarray(picture).save(tmp_path / "gray16.png")
    np.testing.assert_array_equal(read_gray_or_rgb(tmp_path / "gray16.png"), np.rint(picture / 257))
