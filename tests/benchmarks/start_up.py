"""Start-up, from the shell to the file: `python tests/benchmarks/start_up.py [--rounds N]`.

Wall time of whole programs, in turn, each as a multiple of `python -c "import tensorflow"` in the
same round (medians over the rounds):

- a 64x64 PNG with the default engine (below 0.5 is wanted, 0.25 aimed at),
- a 500x375 JPEG with the default engine,
- the same with `--fast` (below 1.0 is wanted).

The first round only warms the disk cache and is not counted.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

SAMPLE = Path(__file__).resolve().parents[2] / "srgan_tf" / "samples" / "chelsea.png"
BASELINE = "import tensorflow"


def programs(folder: Path) -> dict[str, list[str]]:
    """Makes the inputs; returns the command of each case."""
    with Image.open(SAMPLE) as photo:
        photo.crop((100, 100, 164, 164)).save(folder / "small.png")
        photo.resize((500, 375)).convert("RGB").save(folder / "photo.jpg", quality=90)
    upscale = [sys.executable, "-m", "srgan_tf", "upscale", "--overwrite"]
    return {
        BASELINE: [sys.executable, "-c", BASELINE],
        "64x64 PNG": [*upscale, str(folder / "small.png")],
        "500x375 JPEG": [*upscale, str(folder / "photo.jpg")],
        "500x375 JPEG --fast": [*upscale, str(folder / "photo.jpg"), "--fast"],
    }


def seconds(program: list[str], environment: dict[str, str]) -> float:
    """Wall time of one run; a program that fails ends the benchmark with its own message."""
    start = time.perf_counter()
    done = subprocess.run(program, capture_output=True, text=True, env=environment)
    elapsed = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{' '.join(program)}\n{done.stderr.strip()}")
    return elapsed


def main(rounds: int) -> None:
    """Lets the programs take turns."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    with tempfile.TemporaryDirectory() as folder:
        cases = programs(Path(folder))
        times = {name: [] for name in cases}
        for _ in range(1 + rounds):
            for name, program in cases.items():
                times[name].append(seconds(program, environment))
    base = times[BASELINE][1:]
    for name, values in times.items():
        counted = values[1:]
        ratio = statistics.median(x / y for x, y in zip(counted, base, strict=True))
        print(f"{name:<20} {statistics.median(counted):6.2f} s  {ratio:5.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=10)
    main(parser.parse_args().rounds)
