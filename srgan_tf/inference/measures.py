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

LABELS = {"niqe": "NIQE", "phi34": "phi_3,4"}
FORMATS = {"niqe": ".2f", "phi34": ".0f"}


def format_value(measure: str, value: float | None) -> str:
    """Writes a value for a table; `-`: it was not measured."""
    return "-" if value is None else format(value, FORMATS[measure])


def open_measures(
    vgg_weights: str | Path = "imagenet", niqe_model: str | Path | None = None
) -> tuple[dict[str, Measure], list[str]]:
    """Opens the measures that can be had here.

    Args:
        vgg_weights: `imagenet`, without which phi_3,4 is left out, or a file, which must serve.
        niqe_model: see `srgan_tf.metrics.niqe.read_model`.

    Returns:
        Measures by name, and a line for each that is left out.

    Raises:
        ValueError: a file that was named cannot be used.
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
    return measures, left_out


def digest_measures(
    names: Sequence[str], vgg_weights: str | Path, niqe_model: str | Path | None
) -> str:
    """Tells apart what measures were opened from: scores by others cannot be compared."""
    parts = [*names, digest_files([niqe_model or model_path()])]
    is_file = str(vgg_weights) != "imagenet"
    parts.append(digest_files([vgg_weights]) if is_file else "imagenet")
    return " ".join(parts)
