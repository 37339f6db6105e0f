"""The network of each recipe."""

from collections.abc import Callable

import keras

from srgan_tf.models.baselines import build_drcn, build_espcn, build_srcnn
from srgan_tf.models.generator import build_generator
from srgan_tf.recipes import find_recipe

_OF_ONE_SIZE: dict[str, Callable[[], keras.Model]] = {"srcnn": build_srcnn, "espcn": build_espcn}


def build_network(
    recipe: str, num_blocks: int = 16, num_filters: int = 64, long_skip: bool = True
) -> keras.Model:
    """Builds the untrained network that a recipe trains.

    Args:
        recipe: name of a recipe.
        num_blocks: of SRResNet, see `build_generator`; of DRCN, its recursions.
        num_filters: of SRResNet.
        long_skip: of SRResNet.

    Returns:
        A `keras.Model` from lr, float32 (batch, h, w, 3) in [0, 1], to sr, float32
        (batch, 4h, 4w, 3), nominally in [-1, 1].

    Raises:
        ValueError: no such recipe, or a size for a network that has one size only.
    """
    network = find_recipe(recipe).network
    if network == "srresnet":
        return build_generator(num_blocks, num_filters, long_skip)
    if network == "drcn":
        if (num_filters, long_skip) != (64, True):
            raise ValueError(
                f"network size: {recipe} differs by blocks alone; leave out filters and long skip"
            )
        return build_drcn(num_recursions=num_blocks)
    if (num_blocks, num_filters, long_skip) != (16, 64, True):
        raise ValueError(
            f"network size: {recipe} has one size; leave out blocks, filters and long skip"
        )
    return _OF_ONE_SIZE[network]()
