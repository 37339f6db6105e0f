"""How many raters a difference needs: studies simulated again and again."""

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from srgan_tf.mos.simulate import Spread, draw_ratings, plant_means
from srgan_tf.mos.statistics import wilcoxon
from srgan_tf.mos.study import Study

RATERS = (6, 8, 10, 12, 16, 20, 26, 32, 40, 50, 64)
"""Numbers of raters that are tried. With fewer than six, no result of the signed-rank test over
raters lies below 5 %."""

WANTED = 0.8
STUDIES = 200


class Power(NamedTuple):
    """How well two methods can be told apart.

    Attributes:
        methods: the two; the second has the higher planted mean.
        difference: of the planted means, over all images that both were rated on.
        power: share of simulated studies in which the difference was significant and in the
            planted direction, by number of raters.
        needed: the least number tried with a power of 80 %; None: more than all.
    """

    methods: tuple[str, str]
    difference: float
    power: dict[int, float]
    needed: int | None


def estimate_power(
    study: Study,
    given: Mapping[str, float],
    spread: Spread,
    seed: int,
    num_studies: int = STUDIES,
) -> list[Power]:
    """Simulates studies and tests neighbours in the order of the planted means.

    Neighbours without an image in common are left out, as in the report.

    The test is the report's over raters, two-sided at 5 %, without correction for the number of
    pairs. A significant difference in the wrong direction is not found but mistaken.
    """
    means = plant_means(study, given)
    columns = _columns(study)
    overall = {
        method: float(np.mean([means[set_name, method] for set_name, _ in found]))
        for method, found in columns.items()
    }
    ranked = sorted(study.methods, key=lambda method: overall[method])
    pairs = [(a, b) for a, b in pairwise(ranked) if columns[a].keys() & columns[b].keys()]
    rng = np.random.default_rng(seed)
    differences = np.full((len(pairs), num_studies, RATERS[-1]), np.nan)
    for number in range(num_studies):
        scores = np.full((RATERS[-1], len(study.pictures)), np.nan)
        drawn = draw_ratings(study, means, RATERS[-1], spread, rng)
        for row, (order, rated) in zip(scores, drawn, strict=True):
            row[order[::-1]] = rated[::-1]  # of two ratings the first counts
        for place, (a, b) in enumerate(pairs):
            shared = sorted(columns[a].keys() & columns[b].keys())
            better, worse = (scores[:, [columns[m][key] for key in shared]] for m in (b, a))
            of_images = better - worse
            is_rated = ~np.isnan(of_images).all(axis=1)
            differences[place, number, is_rated] = np.nanmean(of_images[is_rated], axis=1)
    found = []
    for (a, b), values in zip(pairs, differences, strict=True):
        shared = sorted(columns[a].keys() & columns[b].keys())
        apart = float(np.mean([means[name, b] - means[name, a] for name, _ in shared]))
        right = values * np.sign(apart)
        power = {
            count: sum(_is_found(row[:count]) for row in right) / num_studies for count in RATERS
        }
        needed = next((count for count in RATERS if power[count] >= WANTED), None)
        found.append(Power((a, b), apart, power, needed))
    return found


def _is_found(differences: np.ndarray) -> bool:
    """Whether a study finds a difference that was planted.

    Args:
        differences: of each rater, positive in the planted direction, NaN who has rated no image of
            the pair.
    """
    differences = differences[~np.isnan(differences)]
    return bool(differences.sum() > 0 and wilcoxon(differences) < 0.05)


def _columns(study: Study) -> dict[str, dict[tuple[str, str], int]]:
    columns: dict[str, dict[tuple[str, str], int]] = {method: {} for method in study.methods}
    for index, picture in enumerate(study.pictures):
        if picture.expected is None:
            columns[picture.method][picture.set, picture.image] = index
    return columns
