"""Raters made up: with known means, bias and noise, to test the analysis and to plan a study."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from srgan_tf.mos.log import RatingLog, Record
from srgan_tf.mos.study import MOST_RATERS, Study


@dataclass(frozen=True)
class Spread:
    """Why ratings of one method differ; standard deviations on the scale of 1 to 5.

    Attributes:
        bias: between raters: some rate everything higher.
        taste: between raters, in what they think of a method.
        noise: between ratings of one rater and method.
    """

    bias: float = 0.3
    taste: float = 0.2
    noise: float = 0.7

    @property
    def total(self) -> float:
        """Of all ratings of a method."""
        return math.sqrt(self.bias**2 + self.taste**2 + self.noise**2)


def plant_means(study: Study, given: Mapping[str, float]) -> dict[tuple[str, str], float]:
    """The mean that each set and method is to have.

    Args:
        study: the plan.
        given: means by METHOD, or by SET/METHOD; the others are spread evenly from 1.5 to 4.5.

    Raises:
        ValueError: an unknown name, or a mean outside 1 to 5.
    """
    pairs = list(dict.fromkeys((p.set, p.method) for p in study.pictures if p.expected is None))
    known = {*study.methods, *(f"{set_name}/{method}" for set_name, method in pairs)}
    for name, value in given.items():
        if name not in known:
            raise ValueError(
                f"mean: got {name}, expected one of {', '.join(study.methods)} or SET/METHOD"
            )
        if not 1 <= value <= 5:
            raise ValueError(f"mean: got {name}={value:g}, expected a number from 1 to 5")
    spread = np.linspace(1.5, 4.5, len(study.methods)).round(2).tolist()
    default = dict(zip(study.methods, spread, strict=True))
    return {
        (set_name, method): given.get(f"{set_name}/{method}", given.get(method, default[method]))
        for set_name, method in pairs
    }


def latent_mean(mean: float, spread: float) -> float:
    """The centre of a normal distribution that, rounded to 1 to 5, has the wanted mean.

    Near the ends of the scale, rounding and cutting off move the mean; this undoes it.
    """

    def rounded_mean(centre: float) -> float:
        above = (0.5 * math.erfc((k + 0.5 - centre) / spread / math.sqrt(2)) for k in range(1, 5))
        return 1 + sum(above)

    low, high = 1 - 10 * spread - 1, 5 + 10 * spread + 1
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rounded_mean(middle) < mean else (low, middle)
    return (low + high) / 2


Rated = tuple[np.ndarray, np.ndarray]
"""Pictures in the order of rating, and their scores: int, both of one length."""


def draw_ratings(
    study: Study,
    means: Mapping[tuple[str, str], float],
    num_raters: int,
    spread: Spread,
    rng: np.random.Generator,
) -> list[Rated]:
    """Rates in the order of the plan, calibration included; extra raters take the orders again."""
    centres = {key: latent_mean(mean, max(spread.total, 1e-6)) for key, mean in means.items()}
    latent = np.array([centres.get((p.set, p.method), 0.0) for p in study.pictures])
    methods = {method: number for number, method in enumerate(study.methods)}
    method = np.array([methods.get(p.method, 0) for p in study.pictures])
    expected = np.array([p.expected or 0 for p in study.pictures])
    orders = [np.array(order) for order in study.raters.values()]
    drawn = []
    for rater in range(num_raters):
        order = orders[rater % len(orders)]
        taste = rng.normal(0, spread.taste, len(methods))
        values = latent[order] + taste[method[order]] + rng.normal(0, spread.bias)
        values += rng.normal(0, spread.noise, len(order))
        scores = np.clip(np.floor(values + 0.5), 1, 5).astype(int)
        drawn.append((order, np.where(expected[order], expected[order], scores)))
    return drawn


def match_means(
    study: Study,
    means: Mapping[tuple[str, str], float],
    drawn: list[Rated],
    rng: np.random.Generator,
) -> None:
    """Moves single ratings by one until each mean is met as closely as whole numbers allow."""
    places: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for rater, (order, _) in enumerate(drawn):
        for index, place in zip(*np.unique(order, return_index=True), strict=True):  # the first
            picture = study.pictures[index]
            if picture.expected is None:
                places.setdefault((picture.set, picture.method), []).append((rater, int(place)))
    for key, found in places.items():
        lacking = round(means[key] * len(found)) - sum(drawn[r][1][place] for r, place in found)
        while lacking:
            step = 1 if lacking > 0 else -1
            rater, place = found[rng.integers(len(found))]
            scores = drawn[rater][1]
            if 1 <= scores[place] + step <= 5:
                scores[place] += step
                lacking -= step


def simulate(
    study: Study,
    given: Mapping[str, float],
    num_raters: int | None = None,
    spread: Spread | None = None,
    seed: int = 0,
    is_exact: bool = False,
    mix: bool = False,
) -> Record:
    """Writes ratings into the study's log, as if raters had rated; they are marked as simulated.

    Args:
        study: the study.
        given: means to plant, see `plant_means`.
        num_raters: None: as many as planned.
        spread: how ratings differ.
        seed: of everything random.
        is_exact: the ratings' means are the planted ones, not only in expectation.
        mix: allow it where there are ratings already.

    Returns:
        The record of what was planted.

    Raises:
        ValueError: there are ratings already, or a number is out of range.
    """
    spread = spread or Spread()
    num_raters = len(study.raters) if num_raters is None else num_raters
    check_numbers(num_raters, spread, seed)
    means = plant_means(study, given)
    with RatingLog(study) as log:
        if not mix and any(record["event"] == "rating" for record in log.records):
            raise ValueError(
                f"simulate: {study.folder} has ratings already; simulate in another study, or add "
                "--mix to put simulated ratings beside them"
            )
        before = sum(len(r["raters"]) for r in log.records if r["event"] == "simulation")
        rng = np.random.default_rng((seed, before))
        drawn = draw_ratings(study, means, num_raters, spread, rng)
        if is_exact:
            match_means(study, means, drawn, rng)
        names = [f"simulated{before + number:03}" for number in range(1, num_raters + 1)]
        note: dict[str, Any] = {
            "event": "simulation",
            "raters": names,
            "means": {"/".join(key): mean for key, mean in means.items()},
            **asdict(spread),
            "seed": seed,
            "exact": is_exact,
        }
        ratings = [
            {"event": "rating", "rater": name, "position": position, "picture": p, "score": s}
            for name, (order, scores) in zip(names, drawn, strict=True)
            for position, (p, s) in enumerate(zip(order.tolist(), scores.tolist(), strict=True))
        ]
        log.append([note, *ratings])
    return note


def check_numbers(num_raters: int, spread: Spread, seed: int) -> None:
    """Refuses numbers out of range.

    Raises:
        ValueError: got, expected.
    """
    if not 1 <= num_raters <= MOST_RATERS:
        raise ValueError(f"raters: got {num_raters}, expected 1 to {MOST_RATERS}")
    if seed < 0:
        raise ValueError(f"seed: got {seed}, expected at least 0")
    for name, value in asdict(spread).items():
        if not 0 <= value <= 5:
            raise ValueError(f"{name}: got {value:g}, expected 0 to 5")
