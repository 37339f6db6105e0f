"""The content part of the perceptual loss (Eq. 3), as a recipe names it."""

from pathlib import Path
from typing import Any

from srgan_tf.losses.content import Loss, luma_loss, mse_loss, total_variation, vgg_loss
from srgan_tf.models.vgg import build_vgg_features
from srgan_tf.recipes import Recipe


def build_content_loss(recipe: Recipe, vgg_weights: str | Path = "imagenet") -> Loss:
    """Makes a recipe's content loss, with its share of total variation.

    Args:
        recipe: names the loss.
        vgg_weights: see `srgan_tf.models.vgg.build_vgg_features`; unused by MSE.

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
    if not recipe.total_variation:
        return content

    def loss(hr: Any, sr: Any) -> Any:
        return content(hr, sr) + recipe.total_variation * total_variation(sr)

    return loss
