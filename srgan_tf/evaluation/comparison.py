"""Several versions of one picture side by side, as in the paper's Figure 2."""

import html
from collections.abc import Iterable, Mapping

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from srgan_tf.evaluation.data_uri import data_uri
from srgan_tf.imaging.middle import crop_middle

_GAP = 8  # pixels between panels
_HEADER = 32  # pixels above them
_FONT_SIZE = 20
_PAPER = (255, 255, 255)
_INK = (30, 30, 30)


def lay_side_by_side(panels: Mapping[str, np.ndarray], max_side: int = 720) -> Image.Image:
    """Puts pictures of one size next to each other, each under its label.

    Args:
        panels: label -> uint8 (h, w, 3), all of one size.
        max_side: panels larger than this show their middle, pixel for pixel: shrinking them would
            hide the very difference they are to show.

    Returns:
        One RGB picture.

    Raises:
        ValueError: no panels, or panels of unequal sizes.
    """
    pictures = crop_alike(panels.values(), max_side)
    tall, wide, _ = pictures[0].shape
    font = ImageFont.load_default(size=_FONT_SIZE)
    canvas = Image.new("RGB", (len(panels) * (wide + _GAP) - _GAP, tall + _HEADER), _PAPER)
    draw = ImageDraw.Draw(canvas)
    for index, (label, picture) in enumerate(zip(panels, pictures, strict=True)):
        x = index * (wide + _GAP)
        draw.text((x + 4, 4), label, fill=_INK, font=font)
        canvas.paste(Image.fromarray(picture), (x, _HEADER))
    return canvas


def draw_side_by_side(
    panels: Mapping[str, np.ndarray], max_side: int = 720, icc: bytes = b""
) -> str:
    """Writes what `lay_side_by_side` lays out as SVG: labels as text, panels as PNG inside it.

    Args:
        panels: see there.
        max_side: see there.
        icc: RGB profile of the panels; empty means sRGB.

    Returns:
        SVG, a pixel of a panel to its unit.

    Raises:
        ValueError: see there.
    """
    pictures = crop_alike(panels.values(), max_side)
    tall, wide, _ = pictures[0].shape
    width, height = len(panels) * (wide + _GAP) - _GAP, tall + _HEADER
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="{_FONT_SIZE}">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for index, (label, picture) in enumerate(zip(panels, pictures, strict=True)):
        x = index * (wide + _GAP)
        text = html.escape("".join(c if c.isprintable() else "?" for c in label))
        lines += [
            f'<text x="{x + 4}" y="{_FONT_SIZE + 2}">{text}</text>',
            f'<image x="{x}" y="{_HEADER}" width="{wide}" height="{tall}" '
            f'style="image-rendering:pixelated" href="{data_uri(picture, True, icc)}"/>',
        ]
    return "\n".join([*lines, "</svg>\n"])


def crop_alike(panels: Iterable[np.ndarray], max_side: int) -> list[np.ndarray]:
    """Cuts pictures of one size to their middle, at most `max_side` pixels wide and high.

    Raises:
        ValueError: no pictures, or pictures of unequal sizes.
    """
    panels = list(panels)
    sizes = {panel.shape for panel in panels}
    if len(sizes) != 1:
        raise ValueError(f"comparison: got pictures of {len(sizes)} sizes, expected one")
    return [crop_middle(panel, max_side, max_side) for panel in panels]
