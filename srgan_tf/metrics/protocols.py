"""The two ways in which published super-resolution scores are measured.

Both remove a border of 4 pixels, look at 8-bit luma with peak 255, and leave it to the caller to
average over the pictures of a benchmark. They differ in luma and SSIM:

- `paper`: BT.709 luma and daala's SSIM. The one behind Tables 1 and 2 of the paper.
- `matlab`: BT.601 luma (`rgb2ycbcr`) and SSIM under a fixed 11x11 window. The one most later papers
  use. Its SSIM lies 0.01 to 0.06 lower on the paper's test sets, and can be higher on pictures of
  less than about 300 pixels in height: never compare it with Tables 1 and 2.

The original decides what is compared. A gray result of a colour original is replicated to RGB in
both protocols. For a gray original, `paper` replicates whatever is gray to RGB, as a video tool
knows no other way in. `matlab` takes a gray original as it is, because there the benchmark codes
skip `rgb2ycbcr`; a colour result of it is turned gray with the full-range weights of `rgb2gray`.
Studio-range luma would compress the result alone and charge it with an error it does not have. So
a colour result with R = G = B always scores exactly like the same result stored as gray.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from srgan_tf.imaging.color import gray_uint8, luma_bt601_uint8, luma_bt709_uint8, to_rgb
from srgan_tf.metrics.psnr import psnr
from srgan_tf.metrics.ssim import GAUSSIAN_SIZE, ssim_daala, ssim_gaussian

BORDER = 4  # pixels on every side, the scale factor (Section 3.1)


class Score(NamedTuple):
    """How close one picture is to its original.

    Attributes:
        psnr: peak signal-to-noise ratio in dB, `math.inf` for an identical picture.
        ssim: structural similarity, 1.0 for an identical picture.
    """

    psnr: float
    ssim: float


@dataclass(frozen=True)
class ScoringProtocol:
    """What distinguishes one protocol from the other.

    Attributes:
        luma_pair: (result, original), uint8 (h, w) or (h, w, 3) -> their two luma planes (h, w).
        ssim: two luma planes without their borders -> mean SSIM.
        smallest_side: the shortest side in pixels, border included, that can be scored.
    """

    luma_pair: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
    ssim: Callable[[np.ndarray, np.ndarray], float]
    smallest_side: int


def score(sr_uint8: np.ndarray, hr_uint8: np.ndarray, protocol: str = "paper") -> Score:
    """Scores one super-resolved picture against its original.

    "All reported PSNR [dB] and SSIM measures were calculated on the y-channel of center-cropped,
    removal of a 4-pixel wide strip from each border, images using the daala package" (Ledig et al.
    2017, Section 3.1): that is protocol `paper`.

    Args:
        sr_uint8: the result, uint8 (h, w, 3) RGB or (h, w) gray, values in [0, 255].
        hr_uint8: the original, uint8, of the same height and width, RGB or gray.
        protocol: "paper" or "matlab".

    Returns:
        A `Score`: PSNR in dB and SSIM.

    Raises:
        ValueError: an unknown protocol, pictures that are not uint8, are neither RGB nor gray,
            differ in size, or are too small.

    Example:
        >>> picture = np.zeros((32, 48, 3), np.uint8)
        >>> score(picture, picture)
        Score(psnr=inf, ssim=1.0)
    """
    if protocol not in PROTOCOLS:
        raise ValueError(
            f"score: got protocol {protocol!r}; expected one of {', '.join(PROTOCOLS)}. "
            "Use 'paper' to compare with Tables 1 and 2 of the SRGAN paper."
        )
    chosen = PROTOCOLS[protocol]
    _check_picture(sr_uint8, "the result")
    _check_picture(hr_uint8, "the original")
    if sr_uint8.shape[:2] != hr_uint8.shape[:2]:
        raise ValueError(
            f"score: got a result of {_size(sr_uint8)} pixels for an original of "
            f"{_size(hr_uint8)}; expected equal sizes. Crop the original to a multiple of the "
            "scale before it is reduced, or check that the two are the same picture."
        )
    if min(hr_uint8.shape[:2]) < chosen.smallest_side:
        raise ValueError(
            f"score: got pictures of {_size(hr_uint8)} pixels; protocol {protocol!r} expects at "
            f"least {chosen.smallest_side} on each side (a border of {BORDER} is removed and the "
            "SSIM window must fit into the rest). Score a larger picture."
        )
    sr_luma, hr_luma = (
        plane[BORDER:-BORDER, BORDER:-BORDER] for plane in chosen.luma_pair(sr_uint8, hr_uint8)
    )
    return Score(psnr(sr_luma, hr_luma), chosen.ssim(sr_luma, hr_luma))


def _luma_pair_paper(sr_uint8: np.ndarray, hr_uint8: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return luma_bt709_uint8(sr_uint8), luma_bt709_uint8(hr_uint8)


def _luma_pair_matlab(sr_uint8: np.ndarray, hr_uint8: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if hr_uint8.ndim == 3:
        return luma_bt601_uint8(to_rgb(sr_uint8)), luma_bt601_uint8(hr_uint8)
    return gray_uint8(sr_uint8), hr_uint8


PROTOCOLS: Mapping[str, ScoringProtocol] = MappingProxyType(
    {
        "paper": ScoringProtocol(_luma_pair_paper, ssim_daala, 2 * BORDER + 1),
        "matlab": ScoringProtocol(_luma_pair_matlab, ssim_gaussian, 2 * BORDER + GAUSSIAN_SIZE),
    }
)


def _check_picture(picture: np.ndarray, name: str) -> None:
    if not isinstance(picture, np.ndarray):
        raise ValueError(f"score: got {name} as {type(picture).__name__}; expected a NumPy array.")
    is_gray = picture.ndim == 2
    is_rgb = picture.ndim == 3 and picture.shape[2] == 3
    if picture.dtype != np.uint8 or not (is_gray or is_rgb):
        raise ValueError(
            f"score: got {name} as {picture.dtype} {picture.shape}; expected uint8 (h, w, 3) RGB "
            "or (h, w) gray. Clip and round to 0..255, and drop an alpha channel."
        )


def _size(picture: np.ndarray) -> str:
    return f"{picture.shape[1]}x{picture.shape[0]}"
