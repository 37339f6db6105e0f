"""What the report compares: interpolations, every model of the package, and the original itself."""

from collections.abc import Callable, Sequence

import numpy as np

from srgan_tf.data.benchmarks import BenchmarkImage
from srgan_tf.evaluation.scoreboard import Method
from srgan_tf.imaging.files import digest_files
from srgan_tf.inference.engines import open_engine
from srgan_tf.inference.measures import PHI_LAYER
from srgan_tf.inference.scoring import sr_from_engine
from srgan_tf.models.cards import scored_path
from srgan_tf.models.shipped import shipped_names
from srgan_tf.recipes import BASELINES, INTERPOLATIONS, RECIPES

ORIGINAL = "original"


def method_order() -> list[str]:
    """Names of all methods, trained or not, in the order of the paper's tables."""
    baselines = [recipe.name for recipe in BASELINES]
    variants = [name for name in RECIPES if name not in baselines]
    others = [name for name in shipped_names() if name not in RECIPES]
    return [*INTERPOLATIONS, *baselines, *variants, *others, ORIGINAL]


def trained_methods() -> list[Method]:
    """The interpolations, the models whose weights are in the package, and the original."""
    shipped = shipped_names()
    names = [name for name in method_order() if name in (*INTERPOLATIONS, *shipped)]
    return [open_method(name) for name in names] + [Method(ORIGINAL, "", lambda: _original)]


def open_method(name: str, fast: bool = False) -> Method:
    """A shipped model, or an interpolation, as a method; `fast` as in `open_engine`."""
    is_shipped = name in shipped_names()
    digest = digest_files([scored_path(name)]) if is_shipped else ""

    def load() -> Callable[[BenchmarkImage], np.ndarray]:
        return sr_from_engine(open_engine(name, fast=fast))

    return Method(name, digest, load)


def is_trained_on_phi34(name: str) -> bool:
    """Whether phi_3,4 was a network's loss, so that its distance there says nothing."""
    return name in RECIPES and RECIPES[name].vgg_layer == PHI_LAYER


def paper_name(name: str) -> str:
    """What the paper calls a method; its own name where the paper does not know it."""
    if name == ORIGINAL:
        return "HR"
    return RECIPES[name].paper_name if name in RECIPES else name


def not_shipped(names: Sequence[str] = ()) -> list[str]:
    """Recipes without weights in the package."""
    shipped = shipped_names()
    return [name for name in names or RECIPES if name in RECIPES and name not in shipped]


def _original(image: BenchmarkImage) -> np.ndarray:
    return image.hr
