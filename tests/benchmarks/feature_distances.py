"""How near models come to the paper's phi_5,4: `python tests/benchmarks/feature_distances.py`.

The distance of `srgan-tf evaluate --perceptual` is on phi_3,4, on which nothing is trained; this is
the same on other layers of VGG19, those that the content losses are on among them. So it tells
what a loss has been trained to do, not which model is better.
"""

import argparse

import numpy as np
from keras import ops

from srgan_tf.data.benchmarks import find_benchmarks
from srgan_tf.imaging.color import to_rgb
from srgan_tf.imaging.ranges import uint8_to_tanh
from srgan_tf.inference.engines import open_engine
from srgan_tf.models.vgg import build_vgg_features, vgg_input


def main(folder: str, models: list[str], layer: tuple[int, int], weights: str) -> None:
    """Prints a row for each model: the mean over the pictures of each benchmark."""
    phi = build_vgg_features(*layer, weights)

    def features(rgb_uint8: np.ndarray) -> np.ndarray:
        return ops.convert_to_numpy(phi(vgg_input(uint8_to_tanh(rgb_uint8)[None])))

    found = find_benchmarks(folder)
    originals = {b.name: [features(to_rgb(image.hr)) for image in b.images()] for b in found}
    title = f"phi_{layer[0]},{layer[1]}"
    print(f"{title:<30}" + "".join(f"{benchmark.name:>12}" for benchmark in found))
    for model in models:
        engine = open_engine(model)
        row = f"{model[-30:]:<30}"
        for benchmark in found:
            pairs = zip(benchmark.images(), originals[benchmark.name], strict=True)
            distances = [
                np.mean((features(engine(to_rgb(image.lr))) - original) ** 2)
                for image, original in pairs
            ]
            row += f"{np.mean(distances):>12.2f}"
        print(row, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--benchmarks", required=True)
    parser.add_argument("--model", nargs="+", default=["srgan_vgg22", "srgan_vgg54"])
    parser.add_argument("--layer", nargs=2, type=int, default=(5, 4))
    parser.add_argument("--vgg-weights", default="imagenet")
    options = parser.parse_args()
    main(options.benchmarks, options.model, tuple(options.layer), options.vgg_weights)
