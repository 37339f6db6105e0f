"""A real TFDS builder, prepared from the sample pictures in a temporary folder."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from srgan_tf.config import DataConfig
from srgan_tf.data.sources import open_data
from srgan_tf.data.tfds_source import tfds_dataset
from srgan_tf.imaging.resize import reduce_4x

SAMPLES = Path(__file__).resolve().parents[2] / "srgan_tf" / "samples"


class SamplePictures(tfds.core.GeneratorBasedBuilder):
    """Five JPEG pictures, one of them tiny, with labels as ImageNet has them."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {"label": tfds.features.ClassLabel(num_classes=2), "image": self.feature()}
        return self.dataset_info_from_configs(features=tfds.features.FeaturesDict(features))

    def feature(self):
        return tfds.features.Image(encoding_format="jpeg")

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for path in sorted(SAMPLES.glob("*.png")):
            with Image.open(path) as image:
                yield path.stem, {"image": np.asarray(image.convert("RGB")), "label": 0}
        yield "tiny", {"image": np.full((20, 20, 3), 9, np.uint8), "label": 1}


class SamplePicturesPng(SamplePictures):
    """The same as PNG."""

    def feature(self):
        return tfds.features.Image(encoding_format="png")


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tfds")
    for kind in (SamplePictures, SamplePicturesPng):
        kind(data_dir=folder).download_and_prepare()
    return folder


@pytest.fixture
def config(data_dir, monkeypatch):
    builder = tfds.builder
    monkeypatch.setattr(tfds, "builder", lambda name: builder(name, data_dir=data_dir))
    return lambda source: DataConfig(source, batch_size=4, crop_size=64, seed=3)


def take(dataset, count):
    return [(lr.numpy(), hr.numpy()) for lr, hr in dataset.take(count)]


@pytest.mark.parametrize("name", ["tfds:sample_pictures", "tfds:sample_pictures_png:train"])
def test_batches_have_the_paper_s_ranges_and_skip_small_pictures(config, name):
    for lr, hr in take(tfds_dataset(config(name)), 5):
        assert lr.shape == (4, 16, 16, 3) and hr.shape == (4, 64, 64, 3)
        assert lr.min() >= 0 and lr.max() <= 1 and hr.min() >= -1 and hr.max() <= 1
        hr_uint8 = np.rint((hr + 1) * 127.5).astype(np.uint8)
        assert min(np.ptp(crop) for crop in hr_uint8) > 0  # the tiny flat picture is left out
        for small, large in zip(lr, hr_uint8, strict=True):
            np.testing.assert_array_equal(np.rint(small * 255), reduce_4x(large))


def test_pictures_that_are_all_too_small_are_one_clear_line(config):
    small = replace(config("tfds:sample_pictures"), crop_size=2000)
    with pytest.raises(ValueError, match="without a picture of 2000x2000 pixels or more"):
        tfds_dataset(small)


def test_a_picture_of_just_the_crop_s_size_comes_once_in_each_pass_at_changing_places(config):
    small = replace(config("tfds:sample_pictures_png"), crop_size=20, batch_size=5)
    passes = take(tfds_dataset(small), 6)
    tiny = [np.flatnonzero((np.rint((hr + 1) * 127.5) == 9).all((1, 2, 3))) for _, hr in passes]
    assert [len(places) for places in tiny] == [1] * 6
    assert len({int(place) for (place,) in tiny}) > 1


def test_the_order_follows_from_the_seed_and_resumes(config):
    source = config("tfds:sample_pictures")
    whole = take(tfds_dataset(source), 5)
    for (lr, hr), (lr_again, hr_again) in zip(
        whole[2:], take(tfds_dataset(source, 2), 3), strict=True
    ):
        np.testing.assert_array_equal(lr, lr_again)
        np.testing.assert_array_equal(hr, hr_again)
    assert any((hr != whole[0][1]).any() for _, hr in whole[1:])


def test_a_source_by_name_is_opened_for_training(config):
    data = open_data(config("tfds:sample_pictures"), holdout=2)
    assert data.held_out == []
    calibration = data.calibration_batches(2)
    assert [batch.shape for batch in calibration] == [(4, 16, 16, 3)] * 2


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("tfds:no_such_dataset", "not in TFDS"),
        ("tfds:sample_pictures:dev", "expected one of train"),
    ],
)
def test_a_wrong_name_is_one_clear_line(config, source, message):
    with pytest.raises(ValueError, match=message) as error:
        tfds_dataset(config(source))
    assert "\n" not in str(error.value)
