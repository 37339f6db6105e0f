"""The content part of the perceptual loss (Eq. 3), as a recipe names it."""

from pathlib import Path
from typing import Any

from srgan_tf.losses.content import (
    Loss,
    grid_penalty,
    luma_loss,
    mse_loss,
    total_variation,
    vgg_loss,
)
from srgan_tf.models.vgg import build_vgg_features
from srgan_tf.recipes import Recipe


def build_content_loss(
    recipe: Recipe, vgg_weights: str | Path = "imagenet", grid_weight: float = 0.0
) -> Loss:
    """Makes a recipe's content loss, with its share of total variation and of what is asked for.

    Args:
        recipe: names the loss.
        vgg_weights: see `srgan_tf.models.vgg.build_vgg_features`; unused by MSE.
        grid_weight: of `grid_penalty`.

    Returns:
        (hr, sr), float32 (batch, h, w, 3) in [-1, 1] -> scalar.

    Raises:
        ValueError: the VGG weights cannot serve the loss.
    """
    content: Loss = luma_loss if recipe.luma_only else mse_loss
    if recipe.vgg_layer is not None:
        content = vgg_loss(
            build_vgg_features(*recipe.vgg_layer, weights=vgg_weights), recipe.feature_scale
        )

    def loss(hr: Any, sr: Any) -> Any:
        total = content(hr, sr)
        if recipe.total_variation:
            total += recipe.total_variation * total_variation(sr)
        if grid_weight:
            total += grid_weight * grid_penalty(hr, sr)
        return total

    return loss
