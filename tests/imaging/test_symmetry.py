import numpy as np
import pytest

from srgan_tf.imaging.symmetry import apply_symmetry, undo_symmetry


def test_the_eight_are_the_rotations_with_and_without_mirroring():
    square = np.arange(9).reshape(3, 3)
    rotations = [np.rot90(s, k) for s in (square, square[:, ::-1]) for k in range(4)]
    ours = [apply_symmetry(square, number) for number in range(8)]
    as_sets = [{tuple(picture.flat) for picture in pictures} for pictures in (rotations, ours)]
    assert as_sets[0] == as_sets[1]
    assert len(as_sets[1]) == 8


@pytest.mark.parametrize("shape", [(4, 6), (5, 3, 3)])
@pytest.mark.parametrize("number", range(8))
def test_undo_is_the_inverse(shape, number):
    picture = np.arange(np.prod(shape)).reshape(shape)
    moved = apply_symmetry(picture, number)
    assert moved.shape[:2] == (shape[:2] if number < 4 else shape[1::-1])
    np.testing.assert_array_equal(undo_symmetry(moved, number), picture)


def test_the_numbers_mean_what_they_say():
    picture = np.array([[1, 2, 3], [4, 5, 6]])
    assert apply_symmetry(picture, 0).tolist() == [[1, 2, 3], [4, 5, 6]]
    assert apply_symmetry(picture, 1).tolist() == [[3, 2, 1], [6, 5, 4]]
    assert apply_symmetry(picture, 2).tolist() == [[4, 5, 6], [1, 2, 3]]
    assert apply_symmetry(picture, 4).tolist() == [[1, 4], [2, 5], [3, 6]]
    assert apply_symmetry(picture, 5).tolist() == [[3, 6], [2, 5], [1, 4]]


def test_channels_stay_together():
    picture = np.arange(24).reshape(2, 4, 3)
    for number in range(8):
        for channel in range(3):
            np.testing.assert_array_equal(
                apply_symmetry(picture, number)[..., channel],
                apply_symmetry(picture[..., channel], number),
            )
