"""Several versions of one picture side by side, as in the paper's Figure 2."""

from collections.abc import Iterable, Mapping

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_GAP = 8  # pixels between panels
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
    pictures = crop_middle(panels.values(), max_side)
    tall, wide, _ = pictures[0].shape
    font = ImageFont.load_default(size=20)
    header = 32
    canvas = Image.new("RGB", (len(panels) * (wide + _GAP) - _GAP, tall + header), _PAPER)
    draw = ImageDraw.Draw(canvas)
    for index, (label, picture) in enumerate(zip(panels, pictures, strict=True)):
        x = index * (wide + _GAP)
        draw.text((x + 4, 4), label, fill=_INK, font=font)
        canvas.paste(Image.fromarray(picture), (x, header))
    return canvas


def crop_middle(panels: Iterable[np.ndarray], max_side: int) -> list[np.ndarray]:
    """Cuts pictures of one size to their middle, at most `max_side` pixels wide and high.

    Raises:
        ValueError: no pictures, or pictures of unequal sizes.
    """
    panels = list(panels)
    sizes = {panel.shape for panel in panels}
    if len(sizes) != 1:
        raise ValueError(f"comparison: got pictures of {len(sizes)} sizes, expected one")
    height, width, _ = sizes.pop()
    tall, wide = min(height, max_side), min(width, max_side)
    top, left = (height - tall) // 2, (width - wide) // 2
    return [panel[top : top + tall, left : left + wide] for panel in panels]
