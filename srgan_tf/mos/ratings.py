"""The ratings that count, as arrays."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from srgan_tf.mos.log import Record
from srgan_tf.mos.study import Study


class Repeat(NamedTuple):
    """A picture that a rater rated twice."""

    rater: str
    picture: int
    first: int
    second: int


@dataclass(frozen=True)
class Ratings:
    """All ratings of a study's test, without the calibration.

    Attributes:
        study: the plan.
        raters: who has rated at least one picture.
        scores: the first rating of each picture, float (raters, pictures), NaN where there is none.
        repeats: the second ratings, which count for the reliability only.
        planned: how many ratings were to come from each rater.
        simulations: what was planted, one record for each run of `srgan-tf mos simulate`.
    """

    study: Study
    raters: tuple[str, ...]
    scores: np.ndarray
    repeats: tuple[Repeat, ...]
    planned: tuple[int, ...]
    simulations: tuple[dict[str, Any], ...] = ()

    def keep(self, raters: Iterable[str]) -> "Ratings":
        """The ratings of some raters."""
        kept = set(raters)
        rows = [row for row, rater in enumerate(self.raters) if rater in kept]
        return Ratings(
            self.study,
            tuple(self.raters[row] for row in rows),
            self.scores[rows],
            tuple(repeat for repeat in self.repeats if repeat.rater in kept),
            tuple(self.planned[row] for row in rows),
            self.simulations,
        )

    def grid(self, set_name: str | None = None) -> tuple[tuple[str, ...], np.ndarray]:
        """The ratings by image and method.

        Args:
            set_name: of one set; None: of all sets, with the methods that were rated on each.

        Returns:
            The methods, and float (raters, images, methods).
        """
        sets = self.study.sets if set_name is None else (set_name,)
        places: dict[tuple[str, str], dict[str, int]] = {}
        for index, picture in enumerate(self.study.pictures):
            if picture.expected is None and picture.set in sets:
                places.setdefault((picture.set, picture.image), {})[picture.method] = index
        methods = tuple(
            method
            for method in self.study.methods
            if all(method in versions for versions in places.values())
        )
        indices = [[versions[method] for method in methods] for versions in places.values()]
        return methods, self.scores[:, indices]

    def of_method(self, method: str, set_name: str | None = None) -> np.ndarray:
        """The ratings of a method, float (raters, pictures); none if it was not in the set."""
        columns = [
            index
            for index, picture in enumerate(self.study.pictures)
            if picture.expected is None
            and picture.method == method
            and set_name in (None, picture.set)
        ]
        return self.scores[:, columns]


def collect_ratings(study: Study, records: list[Record]) -> Ratings:
    """Takes from the log what counts: neither the calibration nor what was taken back.

    Raises:
        ValueError: there is no rating yet, or a record does not fit the study.
    """
    given: dict[str, list[tuple[int, int]]] = {}
    simulations = []
    for number, record in enumerate(records, 1):
        try:
            if record["event"] == "rating":
                study.pictures[record["picture"]]
                pair = (record["picture"], record["score"])
                given.setdefault(record["rater"], []).append(pair)
            elif record["event"] == "undo":
                given[record["rater"]].pop()
            elif record["event"] == "simulation":
                simulations.append(record)
        except (KeyError, IndexError, TypeError) as error:
            raise ValueError(f"ratings: record {number} does not fit the study ({error})") from None
    rows: dict[str, dict[int, int]] = {}
    repeats = []
    for rater, pairs in given.items():
        for picture, score in pairs:
            if study.pictures[picture].expected is not None:
                continue
            row = rows.setdefault(rater, {})
            if picture in row:
                repeats.append(Repeat(rater, picture, row[picture], score))
            row.setdefault(picture, score)
    if not rows:
        raise ValueError(f"ratings: {study.folder} has none yet; run `srgan-tf mos serve` first")
    raters = tuple(sorted(rows))
    scores = np.full((len(raters), len(study.pictures)), np.nan)
    for line, rater in zip(scores, raters, strict=True):
        line[list(rows[rater])] = list(rows[rater].values())
    planned = {name: study.num_ratings(name) for name in study.raters}
    return Ratings(
        study,
        raters,
        scores,
        tuple(repeats),
        tuple(planned.get(rater, len(rows[rater])) for rater in raters),
        tuple(simulations),
    )
