"""Memory of training from TFDS, against the size of the dataset: `python tests/benchmarks/...`.

The real `imagenet2012` builder gets archives of fabricated JPEGs (500x375, about 90 kB each), and a
process of its own streams one whole pass in batches of 16 crops. Printed is the peak of its memory:
it grows until the shuffle buffer of 2,048 encoded pictures is full, then no more.
"""

import argparse
import io
import os
import resource
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

SAMPLE = Path(__file__).resolve().parents[2] / "srgan_tf" / "samples" / "chelsea.png"


def fabricate(folder: Path, num_pictures: int) -> None:
    """Writes the three archives of ILSVRC2012 where TFDS looks for them."""
    manual = folder / "downloads" / "manual"
    manual.mkdir(parents=True)
    with Image.open(SAMPLE) as photo:
        base = np.asarray(photo.convert("RGB").resize((500, 375))).astype(np.int16)
    rng = np.random.default_rng(0)
    files = {}
    for index in range(num_pictures):
        noise = rng.integers(-12, 13, base.shape, np.int16)
        file = io.BytesIO()
        picture = Image.fromarray(np.clip(base + noise, 0, 255).astype(np.uint8))
        picture.save(file, "JPEG", quality=85)
        files[f"n01440764_{index}.JPEG"] = file.getvalue()
    some = dict(list(files.items())[:1]).popitem()[1]
    train = tar({"n01440764.tar": tar(files)})
    (manual / "ILSVRC2012_img_train.tar").write_bytes(train)
    (manual / "ILSVRC2012_img_val.tar").write_bytes(tar({"ILSVRC2012_val_00000001.JPEG": some}))
    (manual / "ILSVRC2012_img_test.tar").write_bytes(tar({"ILSVRC2012_test_00000001.JPEG": some}))


def tar(files: dict[str, bytes]) -> bytes:
    """Packs an archive."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return content.getvalue()


def stream(num_pictures: int) -> None:
    """Reads one pass and prints the peak of this process."""
    from srgan_tf.config import DataConfig
    from srgan_tf.data.tfds_source import tfds_dataset

    for _ in tfds_dataset(DataConfig("tfds:imagenet2012")).take(num_pictures // 16):
        pass
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


def main(sizes: list[int]) -> None:
    """Prepares and streams a dataset of each size."""
    program = [sys.executable, __file__, "--stream"]
    print(f"{'pictures':>9} {'peak (MB)':>10}")
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            fabricate(Path(folder), size)
            environment = {**os.environ, "TFDS_DATA_DIR": folder, "TF_CPP_MIN_LOG_LEVEL": "3"}
            for count in (16, size):  # the first one prepares
                done = subprocess.run(
                    [*program, str(count)], capture_output=True, text=True, env=environment
                )
                if done.returncode:
                    sys.exit(done.stderr[-2000:])
        print(f"{size:>9} {done.stdout.split()[-1]:>10}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[500, 2000, 4000, 8000])
    parser.add_argument("--stream", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    stream(options.stream) if options.stream else main(options.sizes)
