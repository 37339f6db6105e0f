import numpy as np
import pytest

from srgan_tf.imaging.resize import resize_bicubic, resize_rows
from srgan_tf.imaging.rows import Rows


def rows_of(picture, *heights):
    cuts = np.cumsum(heights)[:-1]
    return Rows(picture.shape, picture.dtype, iter(np.split(picture, cuts)))


def test_slices_are_those_of_the_array(rng):
    picture = rng.integers(0, 65536, (20, 3, 2), np.uint16)
    rows = rows_of(picture, 7, 1, 9, 3)
    for start, stop in ((0, 2), (1, 9), (1, 12), (11, 11), (16, 30)):
        np.testing.assert_array_equal(rows[start:stop], picture[start:stop])


def test_bands_are_fetched_late_and_pass_by_once(rng):
    picture = rng.integers(0, 256, (9, 2, 1), np.uint8)
    fetched = []

    def bands():
        for row in range(9):
            fetched.append(row)
            yield picture[row : row + 1]

    rows = Rows(picture.shape, picture.dtype, bands())
    rows[3:5]
    assert fetched == [0, 1, 2, 3, 4]
    with pytest.raises(IndexError, match="got 2, expected at least 3"):
        rows[2:5]


@pytest.mark.parametrize("size", [(300, 40), (77, 35), (150, 20), (600, 7), (10, 44), (1, 1)])
def test_a_picture_is_resized_while_it_passes_by(size, rng):
    picture = rng.integers(0, 256, (300, 40, 3), np.uint8)
    resized = resize_rows(rows_of(picture, 100, 150, 50), *size)
    assert resized.shape == (*size, 3)
    np.testing.assert_array_equal(resized[:], resize_bicubic(picture, *size))
