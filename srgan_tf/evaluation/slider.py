"""A page with a slider between two versions of one picture: one file that needs nothing else."""

import html
from importlib import resources
from string import Template

import numpy as np

from srgan_tf.evaluation.comparison import crop_alike
from srgan_tf.evaluation.data_uri import data_uri

MAX_SIDE = 4096
MAX_LOSSLESS = 4_000_000
"""Pixels up to which the page holds PNG. A photo of that size has about 6 MB; above it the page
holds JPEG of quality 95 with full colour resolution, about a quarter of that."""


def render_slider(
    name: str, before: np.ndarray, after: np.ndarray, method: str, icc: bytes = b""
) -> str:
    """Writes a self-contained HTML page: bicubic on the left of a line, the result on its right.

    The line follows mouse, touch and arrow keys. Pictures larger than 4096 pixels show their
    middle. Nothing is fetched; of the file only `name` is in the page.

    Args:
        name: what the picture is called.
        before: bicubic interpolation, uint8 (h, w, 3).
        after: the result, uint8 (h, w, 3).
        method: what made the result.
        icc: RGB profile of both; empty means sRGB.

    Returns:
        HTML.

    Raises:
        ValueError: pictures of unequal sizes.
    """
    height, width, _ = after.shape
    sizes = f"{width}x{height} pixels."
    before, after = crop_alike([before, after], MAX_SIDE)
    tall, wide, _ = after.shape
    if (tall, wide) != (height, width):
        sizes = f"The middle {wide}x{tall} of {width}x{height} pixels."
    is_lossless = wide * tall <= MAX_LOSSLESS
    kind = "without loss (PNG)" if is_lossless else "as JPEG of quality 95, 4:4:4"
    page = resources.files("srgan_tf.evaluation").joinpath("slider.html").read_text("utf-8")
    return Template(page).substitute(
        name=html.escape(name),
        method=html.escape(method),
        sizes=sizes,
        encoding=f"The pictures are stored {kind}.",
        width=wide,
        height=tall,
        before=data_uri(before, is_lossless, icc),
        after=data_uri(after, is_lossless, icc),
    )
