"""How far ratings can be relied upon: repeats, and the screening of raters."""

from dataclasses import dataclass

import numpy as np

from srgan_tf.mos.ratings import Ratings, Repeat
from srgan_tf.mos.statistics import wilcoxon


@dataclass(frozen=True)
class Retest:
    """First against second ratings of the same pictures.

    Attributes:
        count: number of pictures rated twice, over all raters.
        same: share of equal ratings.
        within_one: share of ratings at most one apart.
        difference: mean of the second less the first.
        p: of no difference, Wilcoxon signed-rank test, two-sided.
        correlation: Spearman's; NaN where one of the two does not vary.
    """

    count: int
    same: float
    within_one: float
    difference: float
    p: float
    correlation: float


def retest(repeats: tuple[Repeat, ...]) -> Retest | None:
    """Test-retest reliability (Section 3.3); None without repeats."""
    from scipy import stats

    if not repeats:
        return None
    first = np.array([repeat.first for repeat in repeats])
    second = np.array([repeat.second for repeat in repeats])
    apart = second - first
    varies = np.ptp(first) > 0 and np.ptp(second) > 0
    return Retest(
        len(repeats),
        float((apart == 0).mean()),
        float((np.abs(apart) <= 1).mean()),
        float(apart.mean()),
        wilcoxon(apart),
        float(stats.spearmanr(first, second).statistic) if varies else np.nan,
    )


@dataclass(frozen=True)
class Screened:
    """One rater in the screening of ITU-R BT.500.

    Attributes:
        rater: who.
        count: ratings.
        mean: of all ratings.
        agreement: correlation (Pearson) with the mean of the others; NaN where nothing varies.
        above: ratings far above the picture's mean (P).
        below: ratings far below (Q).
        is_rejected: far off on more than 5 % of pictures, to both sides alike.
    """

    rater: str
    count: int
    mean: float
    agreement: float
    above: int
    below: int
    is_rejected: bool


def screen_raters(ratings: Ratings) -> list[Screened]:
    """Screens raters as ITU-R BT.500 does (until BT.500-14).

    A rating is far off when it lies 2 standard deviations from the picture's mean, or sqrt(20)
    where the ratings are not normally distributed (kurtosis outside 2 to 4). A rater is rejected
    whose far ratings are more than 5 % of all, and spread to both sides: `|P - Q|` / (P + Q) < 0.3.
    Who always rates too high is biased but consistent, and stays. Pictures that all rate the same,
    or that fewer than three have rated, tell nothing.
    """
    scores = ratings.scores
    is_rated = ~np.isnan(scores)
    above, below = np.zeros(len(scores), int), np.zeros(len(scores), int)
    for column in np.flatnonzero(is_rated.sum(axis=0) >= 3):
        given = scores[is_rated[:, column], column]
        deviations = given - given.mean()
        square = (deviations**2).mean()
        if square == 0:
            continue
        kurtosis = (deviations**4).mean() / square**2
        reach = (2 if 2 <= kurtosis <= 4 else np.sqrt(20)) * given.std(ddof=1)
        above[is_rated[:, column]] += deviations >= reach
        below[is_rated[:, column]] += deviations <= -reach
    return [
        Screened(
            rater,
            int(is_rated[row].sum()),
            float(np.nanmean(scores[row])),
            _agreement(scores, row),
            int(p),
            int(q),
            bool((p + q) / is_rated[row].sum() > 0.05 and abs(p - q) / (p + q) < 0.3),
        )
        for row, (rater, p, q) in enumerate(zip(ratings.raters, above, below, strict=True))
    ]


def _agreement(scores: np.ndarray, row: int) -> float:
    others = np.delete(scores, row, axis=0)
    is_shared = ~np.isnan(scores[row]) & ~np.isnan(others).all(axis=0)
    if is_shared.sum() < 3:
        return np.nan
    mine, theirs = scores[row, is_shared], np.nanmean(others[:, is_shared], axis=0)
    if not np.ptp(mine) or not np.ptp(theirs):
        return np.nan
    return float(np.corrcoef(mine, theirs)[0, 1])
