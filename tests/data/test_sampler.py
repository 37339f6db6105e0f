import itertools
import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from srgan_tf.config import DataConfig
from srgan_tf.data.folder import read_photo
from srgan_tf.data.plan import plan_batch
from srgan_tf.data.sampler import sample_batches
from srgan_tf.imaging.resize import reduce_4x
from srgan_tf.imaging.symmetry import apply_symmetry

CONFIG = DataConfig(source="", batch_size=4, crop_size=48, seed=5)


def take(photos, config, count, **settings):
    batches = sample_batches(photos, config, **settings)
    taken = list(itertools.islice(batches, count))
    batches.close()
    return taken


def assert_same_batches(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_batches_are_the_planned_crops(png_source):
    photos = png_source.photos
    for step, (lr, hr) in enumerate(take(photos, CONFIG, 3)):
        assert (lr.shape, hr.shape) == ((4, 12, 12, 3), (4, 48, 48, 3))
        assert (lr.dtype, hr.dtype) == (np.float32, np.float32)
        for row, pick in enumerate(plan_batch(photos, 5, step, 4, 48)):
            index, top, left, symmetry = pick.tolist()
            crop = read_photo(photos[index])[top : top + 48, left : left + 48]
            crop = apply_symmetry(crop, symmetry)
            np.testing.assert_allclose(hr[row], crop / 127.5 - 1, rtol=0, atol=1e-6)
            np.testing.assert_allclose(lr[row], reduce_4x(crop) / 255, rtol=0, atol=1e-6)


def test_a_resumed_run_goes_on_with_the_same_batches(png_source):
    whole = take(png_source.photos, CONFIG, 7)
    assert_same_batches(take(png_source.photos, CONFIG, 4, first_step=3), whole[3:])


@pytest.mark.parametrize("settings", [{"cache_bytes": 0}, {"num_threads": 1}, {"num_threads": 8}])
def test_cache_and_threads_do_not_change_batches(png_source, settings):
    expected = take(png_source.photos, CONFIG, 6)
    assert_same_batches(take(png_source.photos, CONFIG, 6, **settings), expected)


def test_another_seed_gives_other_batches(png_source):
    ((_, ours),) = take(png_source.photos, CONFIG, 1)
    ((_, other),) = take(png_source.photos, DataConfig("", 4, 48, seed=6), 1)
    assert (ours != other).any()


def test_closing_ends_the_threads(png_source):
    before = threading.active_count()
    batches = sample_batches(png_source.photos, CONFIG)
    next(batches)
    assert threading.active_count() > before
    batches.close()
    assert threading.active_count() == before


def blas_threads():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_products_are_not_divided_among_the_cores_again(png_source):
    with threadpool_limits(2, "blas"):
        batches = sample_batches(png_source.photos, CONFIG)
        next(batches)
        during = blas_threads()
        batches.close()
        assert (during, blas_threads()) == ({1}, {2})
        first, second = (sample_batches(png_source.photos, CONFIG) for _ in range(2))
        next(first), next(second)  # as of training and validation, which end in this order
        first.close()
        assert blas_threads() == {1}
        second.close()
        assert blas_threads() == {2}


def test_reading_a_folder_loads_neither_tensorflow_nor_keras():
    code = (
        "import sys, srgan_tf.data.sampler, srgan_tf.data.benchmarks; "
        "print([n for n in ('keras', 'tensorflow', 'jax') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_parts_of_the_batches_make_up_the_whole(png_source):
    whole, first, second = (
        take(png_source.photos, CONFIG, 2, part=part) for part in ((0, 1), (0, 2), (1, 2))
    )
    for batch, *halves in zip(whole, first, second, strict=True):
        for array, *parts in zip(batch, *halves, strict=True):
            np.testing.assert_array_equal(array, np.concatenate(parts))


def test_a_photo_that_is_gone_is_named(png_source):
    photos = [replace(photo, path=f"{photo.path}.gone") for photo in png_source.photos]
    with pytest.raises(ValueError, match=r"training data: .*\.gone is damaged or gone"):
        take(photos, CONFIG, 1)
