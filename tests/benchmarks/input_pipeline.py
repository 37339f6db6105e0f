"""Crops a second through both readers: `python tests/benchmarks/input_pipeline.py [FOLDER]`.

Without a folder, 64 JPEG pictures of 500x400 pixels are made from the samples first.
"""

import os
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from PIL import Image

from srgan_tf.config import DataConfig
from srgan_tf.data.folder import open_folder
from srgan_tf.data.pipeline import folder_dataset
from srgan_tf.data.sampler import sample_batches

SAMPLES = Path(__file__).resolve().parents[2] / "srgan_tf" / "samples"
BATCHES = 300


def make_pictures(folder: Path) -> None:
    """Writes 64 JPEG files of 500x400 pixels."""
    samples = [Image.open(path).convert("RGB") for path in sorted(SAMPLES.glob("*.png"))]
    for index in range(64):
        picture = samples[index % len(samples)].rotate(3 * index)
        picture.resize((500, 400)).save(folder / f"{index:02d}.jpg", quality=90)


def measure(name: str, batches, config: DataConfig) -> None:
    """Prints the rate of one reader, after a warm-up of 20 batches."""
    list(islice(batches, 20))
    start = time.perf_counter()
    list(islice(batches, BATCHES))
    rate = BATCHES * config.batch_size / (time.perf_counter() - start)
    print(f"{name:<28} {rate:8.0f} crops/s")


def main(folder: str) -> None:
    """Measures the readers one after the other."""
    config = DataConfig(folder)
    photos = open_folder(folder, config.crop_size).photos
    cores = len(os.sched_getaffinity(0))
    print(f"{len(photos)} pictures, {cores} cores, batch {config.batch_size}")
    measure("tf.data", iter(folder_dataset(photos, config)), config)
    measure("NumPy, pictures kept", sample_batches(photos, config, num_threads=cores), config)
    bare = sample_batches(photos, config, num_threads=cores, cache_bytes=0)
    measure("NumPy, nothing kept", bare, config)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as scratch:
            make_pictures(Path(scratch))
            main(scratch)
