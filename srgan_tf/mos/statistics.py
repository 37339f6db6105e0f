"""Means with intervals, tests of pairs and ranks."""

from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np

from srgan_tf.mos.ratings import Ratings

_MOST_TRIED = 13  # differences


class Mean(NamedTuple):
    """A mean with its 95 % interval; the interval is NaN with one rater.

    Attributes:
        value: the mean over all ratings.
        low: end of the interval.
        high: end of the interval.
        num_ratings: how many there are.
    """

    value: float
    low: float
    high: float
    num_ratings: int


def mean_over_raters(values: np.ndarray, least: float = 1.0, most: float = 5.0) -> Mean:
    """Mean of all ratings, with the interval for other raters of the same kind.

    Ratings of one rater are not independent: some rate everything higher. The interval is a t
    interval over raters, by the variance of the raters' sums of deviations. Where all have rated
    the same pictures it is the t interval over the raters' own means. The images are taken as
    given.

    Args:
        values: float (raters, ratings), NaN where there is none.
        least: the scale's end, beyond which no interval reaches.
        most: the other end.
    """
    from scipy import stats

    is_rated = ~np.isnan(values)
    values, count = values[is_rated.any(axis=1)], int(is_rated.sum())
    if not count:
        return Mean(np.nan, np.nan, np.nan, 0)
    mean = float(np.nanmean(values))
    if len(values) < 2:
        return Mean(mean, np.nan, np.nan, count)
    sums = np.nansum(values - mean, axis=1)
    error = np.sqrt(len(values) / (len(values) - 1) * (sums**2).sum()) / count
    reach = float(stats.t.ppf(0.975, len(values) - 1) * error)
    return Mean(mean, max(mean - reach, least), min(mean + reach, most), count)


def means_of(ratings: Ratings, set_name: str | None) -> dict[str, Mean]:
    """The means of the methods that were rated."""
    means = {
        method: mean_over_raters(ratings.of_method(method, set_name))
        for method in ratings.study.methods
    }
    return {method: mean for method, mean in means.items() if mean.num_ratings}


@dataclass(frozen=True)
class Pair:
    """Two methods compared on the same pictures by the same raters.

    Attributes:
        methods: the two.
        difference: mean of the first less mean of the second, over the pairs of ratings.
        count: number of pairs of ratings.
        p: Wilcoxon signed-rank test over pairs of ratings, two-sided; the paper's.
        p_holm: the same, corrected for the number of pairs of methods.
        effect: matched-pairs rank-biserial correlation, -1 to 1; positive: the first is better.
        p_raters: the test over the raters' mean differences, which does not take ratings of one
            rater for independent.
        p_raters_holm: corrected.
    """

    methods: tuple[str, str]
    difference: float
    count: int
    p: float
    p_holm: float
    effect: float
    p_raters: float
    p_raters_holm: float


def compare_pairs(ratings: Ratings, set_name: str | None = None) -> list[Pair]:
    """Tests all pairs of methods, by "paired two-sided Wilcoxon signed-rank tests" (Section 3)."""
    methods, scores = ratings.grid(set_name)
    found = []
    for a, b in combinations(range(len(methods)), 2):
        differences = scores[:, :, a] - scores[:, :, b]
        pairs = differences[~np.isnan(differences)]
        rated = differences[~np.isnan(differences).all(axis=1)]
        of_raters = np.nanmean(rated, axis=1) if len(rated) else np.empty(0)
        if len(pairs):
            found.append((methods[a], methods[b], pairs, of_raters))
    p = [wilcoxon(pairs) for _, _, pairs, _ in found]
    p_raters = [wilcoxon(of_raters) for _, _, _, of_raters in found]
    tests = zip(found, p, correct_holm(p), p_raters, correct_holm(p_raters), strict=True)
    return [
        Pair(
            (a, b),
            float(pairs.mean()),
            len(pairs),
            one,
            holm,
            rank_biserial(pairs),
            over,
            over_holm,
        )
        for (a, b, pairs, _), one, holm, over, over_holm in tests
    ]


def wilcoxon(differences: np.ndarray) -> float:
    """Two-sided p of the signed-rank test; pairs without a difference are left out.

    Up to 13 differences all their signs are tried: SciPy does the same where ranks are shared, but
    takes seconds.
    """
    from scipy import stats

    differences = differences.round(9)  # equal ones are, whatever sums they were made of
    differences = differences[differences != 0]
    count = len(differences)
    if not count:
        return 1.0
    if count > _MOST_TRIED:
        return float(stats.wilcoxon(differences).pvalue)
    ranks = stats.rankdata(np.abs(differences))
    signs = 1 - 2 * (np.arange(2**count)[:, None] >> np.arange(count) & 1)
    observed = abs((ranks * np.sign(differences)).sum())
    return float((np.abs(signs @ ranks) >= observed).mean())


def rank_biserial(differences: np.ndarray) -> float:
    """How much of the ranks speaks for the first, less what speaks for the second: -1 to 1."""
    from scipy import stats

    differences = differences[differences != 0]
    if not len(differences):
        return 0.0
    ranks = stats.rankdata(np.abs(differences))
    return float((ranks * np.sign(differences)).sum() / ranks.sum())


def correct_holm(p_values: list[float]) -> list[float]:
    """Holm's step-down correction: the smallest of m is multiplied by m, the next by m - 1 ..."""
    order = np.argsort(p_values)
    factors = np.arange(len(p_values), 0, -1)
    corrected = np.empty(len(p_values))
    stepped = np.maximum.accumulate(np.asarray(p_values)[order] * factors)
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected.tolist()


def average_ranks(ratings: Ratings, set_name: str | None = None) -> dict[str, Mean]:
    """The mean rank of each method, 1: best, over images of which a rater rated every version.

    Equal scores share their ranks (Figure 10).
    """
    from scipy import stats

    methods, scores = ratings.grid(set_name)
    ranks = stats.rankdata(-scores, axis=2, nan_policy="omit")
    ranks[np.isnan(scores).any(axis=2)] = np.nan
    return {
        method: mean_over_raters(ranks[:, :, index], 1, len(methods))
        for index, method in enumerate(methods)
    }
