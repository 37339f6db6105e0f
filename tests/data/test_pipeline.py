import dataclasses
import itertools
import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from srgan_tf.config import DataConfig
from srgan_tf.data.degrade import DEGRADATIONS, degradation_matrix, degrade_batch
from srgan_tf.data.folder import at_half_size, open_folder
from srgan_tf.data.pipeline import apply_symmetry as apply_symmetry_tf
from srgan_tf.data.pipeline import batch_crops, folder_dataset
from srgan_tf.data.plan import plan_batch
from srgan_tf.data.sampler import sample_batches
from srgan_tf.imaging.ranges import tanh_to_uint8, unit_to_uint8
from srgan_tf.imaging.resize import reduce_4x, reduction_matrix
from srgan_tf.imaging.symmetry import apply_symmetry

CONFIG = DataConfig(source="", batch_size=4, crop_size=48, seed=5)


def take(photos, config, count, first_step=0):
    return list(folder_dataset(photos, config, first_step).take(count).as_numpy_iterator())


def sample(photos, config, count):
    batches = sample_batches(photos, config)
    taken = list(itertools.islice(batches, count))
    batches.close()
    return taken


def assert_same_batches(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.fixture(scope="module")
def png_batches(png_source):
    return take(png_source.photos, CONFIG, 5)


def test_shapes_and_ranges(png_source, png_batches):
    lr_spec, hr_spec = folder_dataset(png_source.photos, CONFIG).element_spec
    assert lr_spec.shape.as_list() == [4, 12, 12, 3]
    assert hr_spec.shape.as_list() == [4, 48, 48, 3]
    for lr, hr in png_batches:
        assert (lr.shape, hr.shape) == ((4, 12, 12, 3), (4, 48, 48, 3))
        assert (lr.dtype, hr.dtype) == (np.float32, np.float32)
        assert 0 <= lr.min() < 0.3 < 0.7 < lr.max() <= 1
        assert -1 <= hr.min() < -0.5 < 0.5 < hr.max() <= 1


@pytest.mark.parametrize("degradation", ["bicubic", "gaussian"])
def test_png_batches_are_those_of_the_numpy_reader(png_source, degradation):
    config = dataclasses.replace(CONFIG, degradation=degradation, crop_size=24)
    photos = [*png_source.photos, *map(at_half_size, png_source.photos)]
    ours, theirs = (read(photos, config, 3) for read in (take, sample))
    for (lr, hr), (lr_numpy, hr_numpy) in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(hr, hr_numpy)
        np.testing.assert_array_equal(lr, lr_numpy)


def test_jpeg_batches_are_those_of_the_numpy_reader(jpeg_source):
    """Halved chroma at a crop's sides needs neighbours that are not in the crop."""
    ours, theirs = (read(jpeg_source.photos, CONFIG, 8) for read in (take, sample))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(tanh_to_uint8(one[1]), tanh_to_uint8(other[1]))
        np.testing.assert_array_equal(unit_to_uint8(one[0]), unit_to_uint8(other[0]))


def test_lr_is_the_exact_reduction_of_hr(png_batches):
    for lr, hr in png_batches:
        expected = [reduce_4x(crop) for crop in tanh_to_uint8(hr)]
        np.testing.assert_array_equal(unit_to_uint8(lr), expected)
        np.testing.assert_allclose(lr * 255, expected, rtol=0, atol=1e-4)


def test_gaussian_lr_is_the_exact_value_rounded(png_source):
    config = dataclasses.replace(CONFIG, degradation="gaussian", sigma=2.0)
    matrix = reduction_matrix(48, 2.0)
    for lr, hr in take(png_source.photos, config, 2):
        exact = np.einsum("oi,bijc,pj->bopc", matrix, tanh_to_uint8(hr), matrix)
        np.testing.assert_allclose(unit_to_uint8(lr), exact, rtol=0, atol=0.5 + 1e-4)


def test_a_resumed_run_goes_on_with_the_same_batches(png_source, png_batches):
    assert_same_batches(take(png_source.photos, CONFIG, 2, first_step=3), png_batches[3:])


def test_a_dataset_repeats_itself(png_source, png_batches):
    dataset = folder_dataset(png_source.photos, CONFIG).take(5)
    for _ in range(2):
        assert_same_batches(list(dataset.as_numpy_iterator()), png_batches)


def test_a_folder_of_every_kind_streams_through_both_readers(mixed_folder):
    photos = open_folder(mixed_folder[0], 48).photos
    config = dataclasses.replace(CONFIG, batch_size=len(photos))  # each picture in each batch
    ours, theirs = (read(photos, config, 3) for read in (take, sample))
    for step, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        plan = plan_batch(photos, 5, step, len(photos), 48)
        assert len(set(plan[:, 0])) == len(photos)
        for row, index in enumerate(plan[:, 0]):
            inside = np.s_[row, 1:-1, 1:-1] if photos[index].plain_jpeg else np.s_[row]
            np.testing.assert_array_equal(one[1][inside], other[1][inside], photos[index].path)


def test_file_names_may_be_any_bytes(tmp_path, samples):
    Image.fromarray(samples["coffee"][60:110, 150:200]).save(tmp_path / "cafe.jpg")
    try:
        (tmp_path / "cafe.jpg").rename(tmp_path / os.fsdecode(b"caf\xe9.jpg"))
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    config = dataclasses.replace(CONFIG, batch_size=1)
    photos = open_folder(tmp_path, 48).photos
    np.testing.assert_array_equal(
        tanh_to_uint8(take(photos, config, 1)[0][1])[:, 1:-1, 1:-1],
        tanh_to_uint8(sample(photos, config, 1)[0][1])[:, 1:-1, 1:-1],
    )


def test_crops_are_reduced_as_the_numpy_reader_does(rng):
    crops = rng.integers(0, 256, (8, 48, 48, 3), np.uint8)
    for degradation in DEGRADATIONS:
        config = dataclasses.replace(CONFIG, degradation=degradation)
        dataset = batch_crops(tf.data.Dataset.from_tensor_slices(crops), config)
        matrix = degradation_matrix(degradation, 48)
        for (lr, hr), part in zip(dataset.as_numpy_iterator(), (crops[:4], crops[4:]), strict=True):
            expected = degrade_batch(part, matrix, degradation == "bicubic")
            np.testing.assert_array_equal(unit_to_uint8(lr), expected)
            np.testing.assert_array_equal(tanh_to_uint8(hr), part)


def test_fewer_pictures_than_the_batch(png_source):
    photos = png_source.photos[:2]
    assert_same_batches(take(photos, CONFIG, 2), sample(photos, CONFIG, 2))


def test_a_bad_crop_size_is_reported_before_anything_is_read(png_source):
    with pytest.raises(ValueError, match="crop size: got 46, expected a multiple of 4"):
        folder_dataset(png_source.photos, dataclasses.replace(CONFIG, crop_size=46))


def test_symmetries_are_those_of_numpy_eagerly_and_in_a_dataset(rng):
    picture = rng.integers(0, 256, (6, 6, 3), np.uint8)
    expected = [apply_symmetry(picture, number) for number in range(8)]
    eager = [apply_symmetry_tf(tf.constant(picture), tf.constant(n)) for n in range(8)]
    np.testing.assert_array_equal(eager, expected)
    numbers = tf.data.Dataset.range(8, output_type=tf.int32)
    mapped = numbers.map(lambda number: apply_symmetry_tf(tf.constant(picture), number))
    np.testing.assert_array_equal(list(mapped.as_numpy_iterator()), expected)


@pytest.mark.long
def test_a_program_ends_while_photos_are_read(tmp_path):
    """Python that shuts down waits for no iterator that waits for Python."""
    for index in range(4):
        Image.new("RGB", (64, 64), (index, 0, 0)).save(tmp_path / f"{index}.png")
    program = f"""
import time
from srgan_tf.config import DataConfig
from srgan_tf.data import pipeline
from srgan_tf.data.folder import open_folder

read = pipeline.read_photo
pipeline.read_photo = lambda photo: time.sleep(0.3) or read(photo)
config = DataConfig({str(tmp_path)!r}, batch_size=2, crop_size=32)

def train():
    batches = iter(pipeline.folder_dataset(open_folder(config.source, 32).photos, config))
    next(batches)
    kept = [batches]
    kept.append(kept)  # as in Keras: what refers to itself is freed late
    raise KeyboardInterrupt

train()
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    assert run.returncode != 0 and b"KeyboardInterrupt" in run.stderr
