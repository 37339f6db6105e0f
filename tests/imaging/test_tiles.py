import numpy as np
import pytest

from srgan_tf.imaging.resize import upscale_nearest
from srgan_tf.imaging.tiles import map_tiles, split_axis


@pytest.mark.parametrize("tile", [1, 3, 16, 70])
@pytest.mark.parametrize("overlap", [0, 2, 9])
@pytest.mark.parametrize("sizes", [range(1, 36), range(36, 71)])
def test_windows_cover_an_axis(sizes, tile, overlap):
    for size in sizes:
        windows = split_axis(size, tile, overlap)
        kept = [pixel for w in windows for pixel in range(w.keep_start, w.keep_stop)]
        assert kept == list(range(size))
        for w in windows:
            assert w.keep_start < w.keep_stop
            assert 0 <= w.start <= w.keep_start < w.keep_stop <= w.stop <= size
            assert w.stop - w.start == windows[0].stop <= tile + 2 * overlap
            assert w.start == 0 or w.keep_start - w.start >= overlap
            assert w.stop == size or w.stop - w.keep_stop >= overlap
        fewer = len(windows) - 1
        assert fewer * (tile + 2 * overlap) - max(0, fewer - 1) * 2 * overlap < size


def test_rows_are_made_when_they_are_asked_for(rng):
    lr = rng.integers(0, 256, (24, 9, 3), np.uint8)
    seen = []

    def recording(part):
        seen.append(part[0, 0].tolist())
        return upscale_nearest(part)

    rows = map_tiles(recording, lr, tile=6, overlap=1)
    assert rows.shape == (96, 36, 3) and not seen
    np.testing.assert_array_equal(rows[:20], upscale_nearest(lr)[:20])
    assert seen == [lr[0, 0].tolist(), lr[0, 3].tolist()]  # the first row of tiles


def box_sum_4x(lr):
    """Sums 7x7 pixels (radius 3, zeros outside), then repeats the sum, modulo 256."""
    padded = np.pad(lr, ((3, 3), (3, 3), (0, 0)))
    return upscale_nearest(np.lib.stride_tricks.sliding_window_view(padded, (7, 7), (0, 1)).sum(
        axis=(-1, -2), dtype=np.uint8))  # fmt: skip


@pytest.mark.parametrize(("height", "width"), [(1, 1), (5, 40), (23, 31), (32, 7)])
@pytest.mark.parametrize("tile", [1, 8, 13])
def test_tiles_give_the_whole_when_they_overlap_by_the_radius(height, width, tile, rng):
    lr = rng.integers(0, 256, (height, width, 3), np.uint8)
    np.testing.assert_array_equal(map_tiles(box_sum_4x, lr, tile, 3)[:], box_sum_4x(lr))


def test_tiles_show_when_they_overlap_by_less(rng):
    lr = rng.integers(0, 256, (23, 31, 3), np.uint8)
    assert (map_tiles(box_sum_4x, lr, 8, 2)[:] != box_sum_4x(lr)).any()


def test_the_function_gets_windows_of_one_size(rng):
    shapes = set()

    def recording(lr):
        shapes.add(lr.shape)
        return upscale_nearest(lr, 2)

    lr = rng.integers(0, 256, (50, 37, 3), np.uint8)
    result = map_tiles(recording, lr, tile=10, overlap=2, scale=2)
    np.testing.assert_array_equal(result[:], upscale_nearest(lr, 2))
    assert shapes == {(14, 13, 3)}


@pytest.mark.parametrize(("tile", "overlap"), [(0, 4), (-1, 4), (4, -1)])
def test_bad_tiles(tile, overlap):
    with pytest.raises(ValueError, match=f"got tile={tile}, overlap={overlap}, expected at least"):
        split_axis(20, tile, overlap)
