"""What can be computed about a picture, against what raters say of it."""

import csv
import io
import math
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

import numpy as np

from srgan_tf.imaging.files import write_text
from srgan_tf.metrics import score
from srgan_tf.metrics.niqe import NiqeModel, niqe, read_model
from srgan_tf.mos.study import ORIGINAL, Study, StudyPicture


def measure(sr_uint8: np.ndarray, hr_uint8: np.ndarray | None) -> dict[str, float]:
    """All measures of one picture; the place to add another.

    Args:
        sr_uint8: the picture, uint8 (h, w, 3).
        hr_uint8: its original; None for an original itself, which has no distance.
    """
    found = {}
    naturalness = niqe(sr_uint8, _niqe_model())
    if naturalness is not None:
        found["NIQE"] = naturalness
    if hr_uint8 is not None:
        found["PSNR"], found["SSIM"] = score(sr_uint8, hr_uint8, "paper")
    return found


@cache
def _niqe_model() -> NiqeModel:
    return read_model()


def measure_study(study: Study) -> dict[str, np.ndarray]:
    """Measures all pictures of the test, once: the results are kept in `measures.csv`.

    Returns:
        For each measure float (pictures,), NaN where it has no value. Nothing at all for pictures
        too small to be measured.
    """
    path = study.folder / "measures.csv"
    rows = _read(path.read_text("utf-8")) if path.exists() else {}
    if not rows:
        rows = _measure_all(study)
        names = sorted({name for row in rows.values() for name in row})
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["picture", *names])
        writer.writerows(
            [file, *(row.get(name, "") for name in names)] for file, row in rows.items()
        )
        write_text(path, text.getvalue())
    names = sorted({name for row in rows.values() for name in row})
    return {
        name: np.array([rows.get(p.file, {}).get(name, math.nan) for p in study.pictures])
        for name in names
    }


def _measure_all(study: Study) -> dict[str, dict[str, float]]:
    rows: dict[str, dict[str, float]] = {}
    key, original = None, None
    tested = [(i, p) for i, p in enumerate(study.pictures) if p.expected is None]
    for index, picture in sorted(tested, key=lambda item: _originals_first(item[1])):
        pixels = study.read_picture(index)
        is_original = picture.method == ORIGINAL
        if is_original:
            key, original = (picture.set, picture.image), pixels
        elif key != (picture.set, picture.image):
            continue
        try:
            rows[picture.file] = measure(pixels, None if is_original else original)
        except ValueError:  # too small
            rows[picture.file] = {}
    return rows


def _originals_first(picture: StudyPicture) -> tuple[str, str, bool]:
    return picture.set, picture.image, picture.method != ORIGINAL


def _read(text: str) -> dict[str, dict[str, float]]:
    return {
        row["picture"]: {name: float(row[name]) for name in row if name != "picture" and row[name]}
        for row in csv.DictReader(io.StringIO(text))
    }


class Correlation(NamedTuple):
    """How a measure and the mean opinion scores of pictures go together."""

    num_pictures: int
    pearson: float
    spearman: float
    kendall: float


def correlate(mos: np.ndarray, measures: Mapping[str, np.ndarray]) -> dict[str, Correlation]:
    """Correlations over pictures that have both; of fewer than three, or without variation, none.

    Args:
        mos: mean opinion score of each picture, NaN where there is none.
        measures: the measures of the same pictures.
    """
    from scipy import stats

    found = {}
    for name, values in measures.items():
        has_both = np.isfinite(mos) & np.isfinite(values)
        x, y = values[has_both], mos[has_both]
        if len(x) < 3 or not np.ptp(x) or not np.ptp(y):
            continue
        found[name] = Correlation(
            len(x),
            float(stats.pearsonr(x, y).statistic),
            float(stats.spearmanr(x, y).statistic),
            float(stats.kendalltau(x, y).statistic),
        )
    return found
