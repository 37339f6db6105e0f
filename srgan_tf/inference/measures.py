"""The measures of a result beside PSNR and SSIM, by the names they have in tables and JSON."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from srgan_tf.imaging.files import digest_files
from srgan_tf.metrics.niqe import model_path, niqe, read_model

Measure = Callable[[Sequence[np.ndarray], np.ndarray], Sequence[float | None]]
"""Results and their original, uint8 -> one value for each result; None: it cannot be measured."""

PHI_LAYER = (3, 4)
"""The paper's content losses compare phi_{2,2} or phi_{5,4} (Eq. 5). A network scores well on the
very layer that it was trained on, so results are compared on one in between."""

LABELS = {"niqe": "NIQE", "phi34": "phi_3,4", "lpips": "LPIPS"}
FORMATS = {"niqe": ".2f", "phi34": ".0f", "lpips": ".4f"}


def format_value(measure: str, value: float | None) -> str:
    """Writes a value for a table; `-`: it was not measured."""
    return "-" if value is None else format(value, FORMATS[measure])


def check_sizes(measure: str, results: Sequence[np.ndarray], hr: np.ndarray) -> None:
    """Raises ValueError where a result has another height or width than its original."""
    for sr in results:
        if sr.shape[:2] != hr.shape[:2]:
            raise ValueError(
                f"{measure}: got a result of {sr.shape[1]}x{sr.shape[0]} pixels for an original of "
                f"{hr.shape[1]}x{hr.shape[0]}, expected equal sizes"
            )


def open_measures(
    vgg_weights: str | Path = "imagenet",
    niqe_model: str | Path | None = None,
    lpips: bool = False,
) -> tuple[dict[str, Measure], list[str]]:
    """Opens the measures that can be had here.

    Args:
        vgg_weights: `imagenet`, without which phi_3,4 is left out, or a file, which must serve.
        niqe_model: see `srgan_tf.metrics.niqe.read_model`.
        lpips: LPIPS too, which must be had then.

    Returns:
        Measures by name, and a line for each that is left out.

    Raises:
        ValueError: a file that was named, or LPIPS, cannot be used.
    """
    model = read_model(niqe_model)
    measures: dict[str, Measure] = {
        "niqe": lambda results, hr: [niqe(sr, model) for sr in results],
    }
    left_out = []
    from srgan_tf.inference.feature_distance import FeatureDistance  # imports Keras

    try:
        measures["phi34"] = FeatureDistance(vgg_weights)
    except ValueError as error:
        if str(vgg_weights) != "imagenet":
            raise
        left_out.append(f"phi_3,4 left out: {error}")
    if lpips:
        from srgan_tf.inference.lpips_distance import LpipsDistance

        measures["lpips"] = LpipsDistance()
    return measures, left_out


def digest_measures(
    names: Sequence[str], vgg_weights: str | Path, niqe_model: str | Path | None
) -> str:
    """Tells apart what measures were opened from: scores by others cannot be compared."""
    parts = [*names, digest_files([niqe_model or model_path()])]
    is_file = str(vgg_weights) != "imagenet"
    parts.append(digest_files([vgg_weights]) if is_file else "imagenet")
    return " ".join(parts)
