"""The report of a study: tables, figures and files."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from srgan_tf.imaging.files import write_bytes
from srgan_tf.mos import export
from srgan_tf.mos.document import to_html, to_markdown
from srgan_tf.mos.figures import (
    draw_distributions,
    draw_means,
    draw_measures,
    draw_ranks,
    save_figure,
)
from srgan_tf.mos.log import read_records
from srgan_tf.mos.measures import measure_study
from srgan_tf.mos.ratings import Ratings, collect_ratings
from srgan_tf.mos.reliability import Screened, screen_raters
from srgan_tf.mos.sections import (
    TITLE,
    scopes_of,
    set_of,
    tell_means,
    tell_measures,
    tell_method_notes,
    tell_opening,
    tell_pairs,
    tell_ranks,
    tell_reliability,
)
from srgan_tf.mos.statistics import Pair, compare_pairs, mean_over_raters, means_of
from srgan_tf.mos.study import PLAN, Study


def write_report(study: Study, folder: str | Path) -> Ratings:
    """Writes the report of the ratings that there are so far.

    Args:
        study: the study; it may be being served.
        folder: where the files go; made if missing. Files of an earlier report are replaced.

    Returns:
        The ratings that it tells of.

    Raises:
        ValueError: there are no ratings, or the folder is a file or a study's.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"output: got the file {folder}, expected a folder")
    if (folder / PLAN).exists():
        raise ValueError(f"output: got {folder}, the folder of a study, expected another")
    if (folder / "report.html").exists() and not (folder / "mos.csv").exists():
        raise ValueError(f"output: {folder} holds a report of something else, expected another")
    ratings = collect_ratings(study, read_records(study))
    screened = screen_raters(ratings)
    kept = ratings.keep(rater.rater for rater in screened if not rater.is_rejected)
    pairs = {name: compare_pairs(ratings, set_of(name)) for name in scopes_of(study)}
    measures = measure_study(study)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # pictures without a rating have no mean
        mos = np.nanmean(ratings.scores, axis=0)

    files = _tables(ratings, kept, screened, pairs, mos, measures)
    figures = {
        "distribution": draw_distributions(ratings),
        "mos": draw_means(ratings),
        "average_rank": draw_ranks(ratings),
        "measures": draw_measures(ratings, mos, measures),
    }
    drawings = {}
    for name, figure in figures.items():
        if figure is not None:
            drawings[name] = save_figure(figure, "svg")
            files[f"{name}.svg"] = drawings[name]
            files[f"{name}.png"] = save_figure(figure, "png")
    parts = [
        *tell_opening(ratings),
        *tell_means(ratings, kept, drawings),
        *tell_ranks(ratings, drawings),
        *tell_pairs(pairs),
        *tell_reliability(ratings, screened),
        *tell_measures(ratings, mos, measures, drawings),
        *tell_method_notes(),
    ]
    files["report.md"] = to_markdown(parts).encode()
    files["report.html"] = to_html(TITLE, parts).encode()
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        write_bytes(folder / name, content)
    return ratings


def _tables(
    ratings: Ratings,
    kept: Ratings,
    screened: Sequence[Screened],
    pairs: dict[str, list[Pair]],
    mos: np.ndarray,
    measures: dict[str, np.ndarray],
) -> dict[str, bytes]:
    study = ratings.study
    header = ("method", *export.MEAN_HEADER)

    def of_all(source: Ratings) -> str:
        rows = [
            [m, *export.mean_cells(mean_over_raters(source.of_method(m)))] for m in study.methods
        ]
        return export.to_csv(header, rows)

    by_set = [
        [name, method, *export.mean_cells(mean)]
        for name in study.sets
        for method, mean in means_of(ratings, name).items()
    ]
    tests = [
        [
            name,
            *p.methods,
            p.difference,
            p.count,
            p.p,
            p.p_holm,
            p.effect,
            p.p_raters,
            p.p_raters_holm,
        ]
        for name, found in pairs.items()
        for p in found
    ]
    pictures = [
        [p.set, p.image, p.method, float(mos[index]), *(float(v[index]) for v in measures.values())]
        for index, p in ((i, study.pictures[i]) for i in export.rated_pictures(ratings))
    ]
    raters = [
        [s.rater, s.count, s.mean, s.agreement, s.above, s.below, int(s.is_rejected)]
        for s in screened
    ]
    tables = {
        "mos.csv": of_all(ratings),
        "mos_by_set.csv": export.to_csv(("set", *header), by_set),
        "mos_screened.csv": of_all(kept),
        "pairs.csv": export.to_csv(
            (
                *("set", "method_a", "method_b", "difference", "n", "p", "p_holm"),
                *("rank_biserial", "p_over_raters", "p_over_raters_holm"),
            ),
            tests,
        ),
        "pictures.csv": export.to_csv(("set", "image", "method", "mos", *measures), pictures),
        "raters.csv": export.to_csv(
            ("rater", "n", "mean", "agreement", "far_above", "far_below", "rejected"), raters
        ),
        "ratings.csv": export.ratings_table(ratings),
        "sureal.csv": export.sureal_matrix(ratings),
        "sureal.json": export.sureal_dataset(ratings),
    }
    return {name: text.encode() for name, text in tables.items()}
