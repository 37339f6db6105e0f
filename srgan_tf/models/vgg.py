"""VGG19 up to one of its feature maps: the eye of the content loss (Section 2.2.1)."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from srgan_tf.imaging.errors import first_line, one_line
from srgan_tf.imaging.files import read_arrays
from srgan_tf.models.layout import require_channels_last

_MEAN_BGR = (103.939, 116.779, 123.68)  # of ImageNet, 0..255: what the weights were trained with
_CONVOLUTIONS = (2, 2, 4, 4, 4)  # in the five blocks


def feature_layer(i: int, j: int) -> str:
    """Names the paper's phi_{i,j}: j-th convolution (after activation) before the i-th pooling.

    Raises:
        ValueError: VGG19 has no such layer.
    """
    if not (1 <= i <= 5 and 1 <= j <= _CONVOLUTIONS[i - 1]):
        raise ValueError(f"phi_{i},{j}: VGG19 has no such layer, expected phi_2,2 or phi_5,4, say")
    return f"block{i}_conv{j}"


def build_vgg_features(i: int, j: int, weights: str | Path = "imagenet") -> keras.Model:
    """Builds phi_{i,j} of `keras.applications.VGG19`, frozen.

    Args:
        i: number of the block (of the max-pooling layer that follows), 1..5.
        j: number of the convolution in it.
        weights: `imagenet` (downloaded by Keras), a Keras `.h5` of VGG19 without its top, or an
            `.npz` with `convI_J_W` (height, width, in, out) and `convI_J_b` for each layer up to
            phi_{i,j}; it may hold no more than those.

    Returns:
        A `keras.Model` from VGG's own input (see `vgg_input`), float32 (batch, h, w, 3), to feature
        maps, float32 (batch, h / 2^(i-1), w / 2^(i-1), maps), 0 or above.

    Raises:
        ValueError: no such layer, or the weights cannot be read or do not reach it.
    """
    name = feature_layer(i, j)
    require_channels_last()
    is_file = str(weights) != "imagenet"
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")  # differences of half-precision maps are rounding
    try:
        vgg = keras.applications.VGG19(
            include_top=False,
            weights=None if is_file else "imagenet",
            input_shape=(None, None, 3),
        )
    except Exception as error:  # Keras has no class of its own for a download that fails
        if is_file:
            raise
        reason = one_line(error)
        raise ValueError(
            f"VGG19: the ImageNet weights could not be downloaded ({reason}); name a file with "
            "--vgg-weights FILE"
        ) from None
    finally:
        keras.config.set_dtype_policy(policy)
    features = keras.Model(vgg.input, vgg.get_layer(name).output, name=f"vgg19_{name}")
    if is_file:
        _load(features, vgg, Path(weights))
    features.trainable = False
    return features


def vgg_input(picture_tanh: Any) -> Any:
    """Brings pictures in [-1, 1], RGB, to what VGG19 was trained on: BGR, 0..255 minus the mean."""
    bgr = (ops.flip(ops.cast(picture_tanh, "float32"), axis=-1) + 1.0) * 127.5
    return bgr - ops.convert_to_tensor(_MEAN_BGR, dtype="float32")


def _load(features: keras.Model, vgg: keras.Model, path: Path) -> None:
    if not path.is_file():
        raise ValueError(f"VGG19 weights: got {path}, expected imagenet or a file (.h5 or .npz)")
    if path.suffix != ".npz":
        try:
            vgg.load_weights(path)
        except (OSError, ValueError, KeyError) as error:
            reason = first_line(error)
            raise ValueError(f"VGG19 weights: {path} cannot be loaded: {reason}") from None
        return
    arrays = read_arrays(path)
    for layer in features.layers:
        if not layer.weights:
            continue
        key = layer.name.replace("block", "conv").replace("_conv", "_")  # block2_conv1: conv2_1
        try:
            kernel, bias = arrays[f"{key}_W"], arrays[f"{key}_b"]
        except KeyError:
            raise ValueError(
                f"VGG19 weights: {path} does not hold {layer.name}, which the loss on "
                f"{features.layers[-1].name} needs; use a file that does, or imagenet"
            ) from None
        if kernel.shape != tuple(layer.kernel.shape) or bias.shape != tuple(layer.bias.shape):
            raise ValueError(
                f"VGG19 weights: {path} has {layer.name} of shape {kernel.shape}, expected "
                f"{tuple(layer.kernel.shape)}"
            )
        layer.set_weights([np.asarray(kernel, np.float32), np.asarray(bias, np.float32)])
