"""Makes a trained generator a model of the package: `python -m srgan_tf.export.ship NAME FILE`."""

import sys

from srgan_tf.export.facts import model_facts
from srgan_tf.export.tflite import export_tflite
from srgan_tf.models.networks import build_network
from srgan_tf.models.shipped import shipped_path
from srgan_tf.models.weights import load_float16, load_generator, save_float16
from srgan_tf.recipes import BASELINES, find_recipe


def ship(name: str, file: str) -> None:
    """Writes `weights/NAME.npz` and, from those very half-precision weights, two LiteRT models.

    `weights/NAME.tflite` has the same weights, `weights/NAME.int8.tflite`, for `--fast`, has 8-bit
    ones. The baselines of Table 2 get none: they are there to be compared with.

    Args:
        name: a recipe's name.
        file: what `load_generator` takes, such as a run folder's `generator.keras`.
    """
    save_float16(load_generator(file), shipped_path(name))
    if find_recipe(name) in BASELINES:
        return
    generator = build_network(name)
    load_float16(generator, shipped_path(name))
    for suffix, quantize in ((".tflite", "float16"), (".int8.tflite", "dynamic")):
        facts = model_facts(name, name, quantize)
        export_tflite(generator, shipped_path(name, suffix), quantize, facts=facts)


if __name__ == "__main__":
    ship(*sys.argv[1:])
