"""The real `imagenet2012` and `div2k` builders of TFDS, on fabricated archives."""

import io
import tarfile

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from srgan_tf.config import DataConfig
from srgan_tf.data import tfds_source
from srgan_tf.data.tfds_source import tfds_dataset
from srgan_tf.imaging.resize import reduce_4x

SYNSETS = ("n01440764", "n01443537", "n01484850")


def add_file(archive, name, content):
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def jpeg(value, size=(80, 70)):
    file = io.BytesIO()
    Image.new("RGB", size, (value, value, value)).save(file, "JPEG")
    return file.getvalue()


def tar_of(files):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name, data in files.items():
            add_file(archive, name, data)
    return content.getvalue()


@pytest.fixture(scope="module")
def imagenet(tmp_path_factory):
    """Twelve flat training pictures, each of its own grey, as the archives of ILSVRC2012."""
    folder = tmp_path_factory.mktemp("imagenet")
    manual = folder / "downloads" / "manual"
    manual.mkdir(parents=True)
    greys = iter(range(10, 250, 20))
    train = {
        f"{synset}.tar": tar_of({f"{synset}_{i}.JPEG": jpeg(next(greys)) for i in range(4)})
        for synset in SYNSETS
    }
    (manual / "ILSVRC2012_img_train.tar").write_bytes(tar_of(train))
    names = [f"ILSVRC2012_val_{i:08d}.JPEG" for i in (1, 2)]
    (manual / "ILSVRC2012_img_val.tar").write_bytes(tar_of({n: jpeg(5) for n in names}))
    (manual / "ILSVRC2012_img_test.tar").write_bytes(
        tar_of({"ILSVRC2012_test_00000001.JPEG": jpeg(5)})
    )
    return folder


@pytest.fixture
def in_folder(monkeypatch):
    builder = tfds.builder

    def use(folder):
        monkeypatch.setattr(tfds, "builder", lambda name: builder(name, data_dir=folder))

    return use


def greys_seen(dataset, batches):
    levels = [np.rint((hr.numpy()[:, 0, 0, 0] + 1) * 127.5) for _, hr in dataset.take(batches)]
    return {int(level) for batch in levels for level in batch}


@pytest.mark.long
def test_imagenet_trains_on_a_seeded_sample_of_its_training_split(imagenet, in_folder, monkeypatch):
    in_folder(imagenet)
    config = DataConfig("tfds:imagenet2012", batch_size=4, crop_size=64, seed=5)
    everything = greys_seen(tfds_dataset(config), 9)  # prepares the dataset first
    assert len(everything) == 12 and 5 not in everything  # no picture of the other splits

    def sample(size, seed):
        drawn = DataConfig(config.source, sample=size, batch_size=4, crop_size=64, seed=seed)
        return greys_seen(tfds_dataset(drawn), 9)

    assert len(sample(7, 5)) == 7
    assert sample(7, 5) == sample(7, 5)
    assert sample(7, 5) != sample(7, 6)
    monkeypatch.setattr(tfds_source, "_USUAL_SAMPLES", {"imagenet2012": 3})
    assert len(greys_seen(tfds_dataset(config), 9)) == 3


def test_the_paper_s_sample_is_the_default():
    assert tfds_source._USUAL_SAMPLES == {"imagenet2012": 350_000}


def test_missing_archives_are_one_clear_line(tmp_path, in_folder):
    in_folder(tmp_path)
    with pytest.raises(ValueError, match=r"cannot be prepared .*manual"):
        tfds_dataset(DataConfig("tfds:imagenet2012"))


def test_div2k_trains_on_its_high_resolution_pictures(tmp_path, in_folder, monkeypatch, samples):
    archives = tmp_path / "archives"
    for split in ("train", "valid"):
        for folder in (archives / f"{split}_hr" / f"DIV2K_{split}_HR", archives / f"{split}_lr"):
            folder.mkdir(parents=True)
            for index, picture in enumerate(samples.values(), start=1):
                lr = folder.name.endswith("_lr")
                name = f"{index:04d}x4.png" if lr else f"{index:04d}.png"
                Image.fromarray(reduce_4x(picture) if lr else picture).save(folder / name)
    paths = {
        f"{split}_{kind}_url": str(archives / f"{split}_{kind}")
        for split in ("train", "valid")
        for kind in ("lr", "hr")
    }
    monkeypatch.setattr(
        tfds.download.DownloadManager, "download_and_extract", lambda self, urls: paths
    )
    in_folder(tmp_path / "tfds")
    config = DataConfig("tfds:div2k/bicubic_x4:validation", batch_size=4, crop_size=96)
    (lr, hr), *_ = tfds_dataset(config).take(1)
    hr_uint8 = np.rint((hr.numpy() + 1) * 127.5).astype(np.uint8)
    assert hr_uint8.shape == (4, 96, 96, 3)
    for small, large in zip(lr.numpy(), hr_uint8, strict=True):
        np.testing.assert_array_equal(np.rint(small * 255), reduce_4x(large))
