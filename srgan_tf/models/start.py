"""Starting weights that make the generator begin as bilinear interpolation."""

import keras
import numpy as np

# Bilinear interpolation by 4, as a filter on a picture whose pixels were repeated 4x4 times.
_BILINEAR_TAPS = np.array([0, 0, 1, 2, 2, 2, 1, 0, 0]) / 8


def start_as_interpolation(generator: keras.Model) -> None:
    """Rewrites freshly initialised weights so that the untrained network already interpolates.

    The network of Figure 4 has no path from the small picture to the large one, so that it spends
    its first thousand steps on learning to interpolate. Here its first three feature maps carry
    red, green and blue past the residual blocks; the sub-pixel convolutions start with four equal
    sub-pixels (ICNR: no checkerboard); each residual block begins as the identity (its last BN
    scale is 0); the last convolution turns the repeated pixels into a bilinear picture in [-1, 1]
    and begins with a tenth of its random weights for the other maps. Every weight stays trainable.

    Deviation: an untrained network begins as bilinear interpolation. The paper does not say how
    weights start; plain initialisation of SRResNet and the GANs is `--initialization random`.

    Args:
        generator: an untrained model of `build_generator`, changed in place. It needs at least
            three filters and the long skip.

    Raises:
        ValueError: it lacks them.
    """
    names = {layer.name for layer in generator.layers}
    if generator.get_layer("head_conv").filters < 3 or "long_skip" not in names:
        raise ValueError(
            "starting as interpolation: got a generator with fewer than 3 filters or without the "
            "long skip; start it with --initialization random"
        )
    kernel, bias = generator.get_layer("head_conv").get_weights()
    kernel[..., :3] = 0
    kernel[4, 4, :, :3] = np.eye(3)
    generator.get_layer("head_conv").set_weights([kernel, bias])
    for layer in generator.layers:
        if layer.name.endswith("_bn2"):
            gamma, *rest = layer.get_weights()
            layer.set_weights([np.zeros_like(gamma), *rest])
    gamma, *rest = generator.get_layer("post_bn").get_weights()
    gamma[:3] = 0
    generator.get_layer("post_bn").set_weights([gamma, *rest])
    for name in ("upsample1_conv", "upsample2_conv"):
        kernel, bias = generator.get_layer(name).get_weights()
        # depth_to_space takes channel (2 dy + dx) * num_filters + map for sub-pixel (dy, dx).
        first = 2 * kernel[..., : kernel.shape[-1] // 4]  # about as wide as for a quarter the maps
        first[..., :3] = 0
        first[1, 1, :3, :3] = np.eye(3)
        generator.get_layer(name).set_weights([np.tile(first, (1, 1, 1, 4)), bias])
    kernel, bias = generator.get_layer("tail_conv").get_weights()
    kernel *= 0.1
    kernel[:, :, :3] = 0
    for channel in range(3):
        kernel[:, :, channel, channel] = 2 * np.outer(_BILINEAR_TAPS, _BILINEAR_TAPS)
    generator.get_layer("tail_conv").set_weights([kernel, bias - 1])
