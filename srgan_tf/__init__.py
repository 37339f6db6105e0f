"""SRGAN's 4x super-resolution for TensorFlow and Keras, with trained weights.

Importing this package imports neither TensorFlow nor Keras; each name below is loaded on first use.
Where Keras is imported already, `keras.saving.load_model` knows this package's layers and metrics
from then on.

Example:
    >>> import srgan_tf
    >>> srgan_tf.upscale("photo.jpg").save("photo_x4.png")
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from srgan_tf.version import __version__

if TYPE_CHECKING:
    from srgan_tf.inference.upscaler import Upscaler as Upscaler
    from srgan_tf.inference.upscaler import upscale as upscale
    from srgan_tf.metrics.keras_metrics import PSNR as PSNR
    from srgan_tf.metrics.keras_metrics import SSIM as SSIM
    from srgan_tf.models.discriminator import build_discriminator as build_discriminator
    from srgan_tf.models.generator import build_generator as build_generator
    from srgan_tf.models.weights import load_generator as load_generator
    from srgan_tf.training.callbacks import BenchmarkScores as BenchmarkScores
    from srgan_tf.training.callbacks import SamplePictures as SamplePictures
    from srgan_tf.training.run import train as train
    from srgan_tf.training.srgan import SRGAN as SRGAN

_HOMES = {
    "SRGAN": "srgan_tf.training.srgan",
    "BenchmarkScores": "srgan_tf.training.callbacks",
    "SamplePictures": "srgan_tf.training.callbacks",
    "build_discriminator": "srgan_tf.models.discriminator",
    "PSNR": "srgan_tf.metrics.keras_metrics",
    "SSIM": "srgan_tf.metrics.keras_metrics",
    "Upscaler": "srgan_tf.inference.upscaler",
    "build_generator": "srgan_tf.models.generator",
    "load_generator": "srgan_tf.models.weights",
    "train": "srgan_tf.training.run",
    "upscale": "srgan_tf.inference.upscaler",
}

_SAVED_IN_MODELS = (  # homes of what is registered with keras.saving
    "srgan_tf.metrics.keras_metrics",
    "srgan_tf.models.baselines",
    "srgan_tf.models.luma",
    "srgan_tf.training.schedule",
)

__all__ = [  # written out: type checkers read it
    "PSNR",
    "SRGAN",
    "SSIM",
    "BenchmarkScores",
    "SamplePictures",
    "Upscaler",
    "__version__",
    "build_discriminator",
    "build_generator",
    "load_generator",
    "train",
    "upscale",
]


if not TYPE_CHECKING:  # to whom every name would be one of ours

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module 'srgan_tf' has no attribute {name!r}")
        return getattr(import_module(_HOMES[name]), name)


if sys.modules.get("keras"):
    for _home in _SAVED_IN_MODELS:
        import_module(_home)


def __dir__() -> list[str]:
    return sorted(__all__)
