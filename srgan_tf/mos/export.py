"""The tables of a report as CSV, and the ratings in the layouts that SUREAL reads."""

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from srgan_tf.mos.ratings import Ratings
from srgan_tf.mos.statistics import Mean
from srgan_tf.mos.study import ORIGINAL


def to_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Writes a table; floats with four decimals or digits, NaN as nothing."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t")):
        return f"'{value}"  # else a spreadsheet computes it
    if not isinstance(value, float):
        return value
    if math.isnan(value):
        return ""
    return f"{value:.4f}" if abs(value) >= 1e-3 or value == 0 else f"{value:.4g}"


MEAN_HEADER = ("mos", "ci_low", "ci_high", "n")


def mean_cells(mean: Mean) -> list[Any]:
    """A mean in the columns of `MEAN_HEADER`."""
    return [mean.value, mean.low, mean.high, mean.num_ratings]


def ratings_table(ratings: Ratings) -> str:
    """All ratings, one a line."""
    pictures = ratings.study.pictures
    rows: list[list[Any]] = []
    for rater, scores in zip(ratings.raters, ratings.scores, strict=True):
        for index in np.flatnonzero(~np.isnan(scores)):
            p = pictures[index]
            rows.append([rater, p.set, p.image, p.method, int(scores[index]), 0])
    for repeat in ratings.repeats:
        p = pictures[repeat.picture]
        rows.append([repeat.rater, p.set, p.image, p.method, repeat.second, 1])
    return to_csv(("rater", "set", "image", "method", "score", "is_repeat"), rows)


def sureal_matrix(ratings: Ratings) -> str:
    """The layout of SUREAL's BT.500 and P.910 scripts.

    A line for each picture (see `pictures.csv` for which), a column for each rater, `nan` where
    there is no rating; after a line with a single comma the same for the repeats.
    """
    rated = rated_pictures(ratings)
    matrices = [ratings.scores[:, rated].T]
    if ratings.repeats:
        again = np.full(ratings.scores.shape, np.nan)
        for repeat in ratings.repeats:
            again[ratings.raters.index(repeat.rater), repeat.picture] = repeat.second
        matrices.append(again[:, rated].T)
    texts = [
        "\n".join(",".join("nan" if math.isnan(x) else f"{x:.1f}" for x in row) for row in matrix)
        for matrix in matrices
    ]
    return "\n,\n".join(texts) + "\n"


def sureal_dataset(ratings: Ratings) -> str:
    """The layout of `python -m sureal --dataset FILE.json`: scores by rater for each picture."""
    pictures = ratings.study.pictures
    contents: dict[tuple[str, str], int] = {}
    for p in pictures:
        if p.expected is None:
            contents.setdefault((p.set, p.image), len(contents))
    references = [
        {
            "content_id": number,
            "content_name": f"{set_name}/{image}",
            "path": f"{set_name}/{image}/{ORIGINAL}",
        }
        for (set_name, image), number in contents.items()
    ]
    shown = [
        {
            "content_id": contents[pictures[index].set, pictures[index].image],
            "asset_id": asset,
            "path": f"{pictures[index].set}/{pictures[index].image}/{pictures[index].method}",
            "os": {
                rater: int(score)
                for rater, score in zip(ratings.raters, ratings.scores[:, index], strict=True)
                if not math.isnan(score)
            },
        }
        for asset, index in enumerate(rated_pictures(ratings))
    ]
    return json.dumps({"ref_videos": references, "dis_videos": shown, "ref_score": 5}, indent=1)


def rated_pictures(ratings: Ratings) -> list[int]:
    """Pictures with at least one rating, in the order of the study."""
    return np.flatnonzero((~np.isnan(ratings.scores)).any(axis=0)).tolist()
