"""How close a super-resolved picture is to its original.

`score` measures by one of two published protocols and is what tables are made of; `PSNR` and `SSIM`
are Keras metrics that watch a training run. The two are imported when first asked for, so that
scoring pictures does not load Keras.
"""

from typing import TYPE_CHECKING, Any

from srgan_tf.metrics.protocols import PROTOCOLS as PROTOCOLS
from srgan_tf.metrics.protocols import Score as Score
from srgan_tf.metrics.protocols import score as score
from srgan_tf.metrics.psnr import psnr as psnr
from srgan_tf.metrics.ssim import ssim_daala as ssim_daala
from srgan_tf.metrics.ssim import ssim_gaussian as ssim_gaussian

if TYPE_CHECKING:
    from srgan_tf.metrics.keras_metrics import PSNR as PSNR
    from srgan_tf.metrics.keras_metrics import SSIM as SSIM


def __getattr__(name: str) -> Any:
    if name in ("PSNR", "SSIM"):
        from srgan_tf.metrics import keras_metrics

        return getattr(keras_metrics, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
