import numpy as np

from srgan_tf.losses.shifting import shift_pair


def test_each_pair_moves_by_the_sum_of_its_original_s_levels(rng):
    hr = rng.uniform(-1, 1, (24, 8, 12, 3)).astype(np.float32)
    sr = rng.uniform(-1, 1, hr.shape).astype(np.float32)
    turns = np.rint((hr + 1) * 127.5).astype(int).sum((1, 2, 3)) % 16
    moved_hr, moved_sr = (np.asarray(pictures) for pictures in shift_pair(hr, sr))
    for index, turn in enumerate(turns):
        by = {"shift": (turn // 4, turn % 4), "axis": (0, 1)}
        np.testing.assert_array_equal(moved_hr[index], np.roll(hr[index], **by))
        np.testing.assert_array_equal(moved_sr[index], np.roll(sr[index], **by))
    assert len(set(turns)) > 8  # the grid's positions take turns
