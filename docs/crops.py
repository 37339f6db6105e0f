"""Draws docs/crops.jpg, five crops of the sample photos: `python docs/crops.py`.

Each photo is reduced 4x and enlarged as a whole; from left to right bicubic, `srresnet_mse`,
`srgan_mse`, `srgan_vgg22`, `srgan_vgg54` and the original.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from srgan_tf.evaluation.comparison import lay_side_by_side
from srgan_tf.imaging.resize import reduce_4x
from srgan_tf.inference.upscaler import upscale

ROOT = Path(__file__).resolve().parents[1]
SIDE = 160
CROPS = (  # photo, left, top
    ("chelsea", 200, 100),
    ("chelsea", 60, 130),
    ("astronaut", 40, 0),
    ("coffee", 160, 80),
    ("rocket", 20, 80),
)


def draw_row(photo: str, left: int, top: int) -> Image.Image:
    """One crop, in all ways."""
    with Image.open(ROOT / "srgan_tf" / "samples" / f"{photo}.png") as image:
        hr = np.asarray(image.convert("RGB"))
    hr = hr[: len(hr) // 4 * 4, : hr.shape[1] // 4 * 4]
    panels = {
        model: np.asarray(upscale(reduce_4x(hr), model))
        for model in ("bicubic", "srresnet_mse", "srgan_mse", "srgan_vgg22", "srgan_vgg54")
    }
    panels["original"] = hr
    return lay_side_by_side(
        {name: pixels[top : top + SIDE, left : left + SIDE] for name, pixels in panels.items()},
        SIDE,
    )


if __name__ == "__main__":
    rows = [draw_row(*crop) for crop in CROPS]
    sheet = Image.new("RGB", (rows[0].width, sum(row.height for row in rows)))
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height
    sheet.save(ROOT / "docs" / "crops.jpg", quality=90)
