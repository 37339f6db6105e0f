"""What a report says: its parts in order, in words and tables."""

from collections.abc import Sequence

import numpy as np

from srgan_tf.mos.document import Drawing, Heading, Paragraph, Part, Table
from srgan_tf.mos.measures import correlate
from srgan_tf.mos.ratings import Ratings
from srgan_tf.mos.reliability import Screened, retest
from srgan_tf.mos.statistics import Mean, Pair, average_ranks, means_of
from srgan_tf.mos.study import Study

_ALL = "all"
TITLE = "Report of a rating study"


def scopes_of(study: Study) -> list[str]:
    """Sets, and all of them together where there are several."""
    return [*study.sets, *([_ALL] if len(study.sets) > 1 else [])]


def set_of(scope: str) -> str | None:
    """The set of a scope; None: all."""
    return None if scope == _ALL else scope


def tell_opening(ratings: Ratings) -> list[Part]:
    """Who has rated how much, and whether it was people."""
    rated = (~np.isnan(ratings.scores)).sum(axis=1)
    complete = int((rated >= np.array(ratings.planned)).sum())
    parts: list[Part] = [
        Heading(TITLE, 1),
        Paragraph(
            f"{len(ratings.raters)} raters, {int(rated.sum()):,} ratings from 1 (bad) to 5 "
            f"(excellent); {complete} raters have rated all their pictures."
        ),
    ]
    simulated = {name for note in ratings.simulations for name in note["raters"]}
    count = len(simulated & set(ratings.raters))
    if count:
        who = "All ratings are" if count == len(ratings.raters) else f"{count} raters are"
        parts.insert(
            1, Paragraph(f"{who} simulated: made up by a program, not given by people.", True)
        )
    return parts


def tell_means(ratings: Ratings, kept: Ratings, drawings: dict[str, bytes]) -> list[Part]:
    """Means with intervals, with and without the raters that the screening rejects."""
    rejected = len(ratings.raters) - len(kept.raters)
    parts: list[Part] = [
        Heading("Mean opinion scores"),
        _table_of_means(ratings),
        Paragraph(
            "In brackets 95 % intervals. "
            + (
                "All: every picture that was rated; methods that were not in every set cannot be "
                "compared in this column."
                if len(ratings.study.sets) > 1
                else ""
            )
        ),
        Drawing("mos", "Mean opinion scores with 95 % intervals.", drawings["mos"]),
        Drawing(
            "distribution",
            "How often each score was given, with the mean (the paper's Figures 5 and 9).",
            drawings["distribution"],
        ),
        Heading("Without rejected raters", 3),
    ]
    if not rejected:
        return [*parts, Paragraph("The screening of ITU-R BT.500 rejects no rater.")]
    text = f"The screening of ITU-R BT.500 rejects {rejected} of {len(ratings.raters)} raters."
    return [*parts, Paragraph(text), _table_of_means(kept)]


def _table_of_means(ratings: Ratings) -> Table:
    scopes = scopes_of(ratings.study)
    means = {scope: means_of(ratings, set_of(scope)) for scope in scopes}
    rows = [
        [method, *(tell_mean(means[scope].get(method)) for scope in scopes)]
        for method in ratings.study.methods
    ]
    return Table(["method", *scopes], rows)


def tell_mean(mean: Mean | None) -> str:
    """A mean with its interval, as far as there are ratings."""
    if mean is None or not mean.num_ratings:
        return "-"
    if np.isnan(mean.low):
        return f"{mean.value:.2f}"
    return f"{mean.value:.2f} [{mean.low:.2f}, {mean.high:.2f}]"


def tell_ranks(ratings: Ratings, drawings: dict[str, bytes]) -> list[Part]:
    """Average ranks."""
    if "average_rank" not in drawings:
        return []
    sets = ratings.study.sets
    ranks = {name: average_ranks(ratings, name) for name in sets}
    rows = [
        [method, *(tell_mean(ranks[name].get(method)) for name in sets)]
        for method in ratings.study.methods
    ]
    return [
        Heading("Average rank"),
        Paragraph(
            "Each rater's scores of all versions of an image are put in order, 1 for the best; "
            "equal scores share their ranks. In brackets 95 % intervals."
        ),
        Table(["method", *sets], rows),
        Drawing("average_rank", "Average ranks (the paper's Figure 10).", drawings["average_rank"]),
    ]


def tell_pairs(pairs: dict[str, list[Pair]]) -> list[Part]:
    """Tests of all pairs."""
    parts: list[Part] = [
        Heading("Differences between methods"),
        Paragraph(
            "Wilcoxon signed-rank tests, paired and two-sided, as they are (p) and Holm-corrected "
            "for the number of pairs. Over ratings, as in the paper: every rater's pair of ratings "
            "of an image counts by itself, as if they were independent. Over raters: each rater "
            "counts once, with the mean difference; with fewer than six raters that p is never "
            "below 0.05. Effect: matched-pairs rank-biserial correlation, from -1 (always the "
            "second) to 1 (always the first)."
        ),
    ]
    header = ("pair", "difference", "n", "p", "Holm", "effect", "p over raters", "Holm")
    for name, found in pairs.items():
        rows = [
            [
                f"{p.methods[0]} - {p.methods[1]}",
                f"{p.difference:+.2f}",
                str(p.count),
                *(_p_value(value) for value in (p.p, p.p_holm)),
                f"{p.effect:+.2f}",
                *(_p_value(value) for value in (p.p_raters, p.p_raters_holm)),
            ]
            for p in found
        ]
        if rows:
            parts += [Heading(name, 3), Table(header, rows)]
    if not any(pairs.values()):
        parts.append(Paragraph("Nobody has rated two versions of an image yet."))
    return parts


def _p_value(p: float) -> str:
    return "<0.0001" if p < 1e-4 else f"{p:.4f}"


def tell_reliability(ratings: Ratings, screened: Sequence[Screened]) -> list[Part]:
    """Repeats and raters."""
    again = retest(ratings.repeats)
    text = "No picture was rated twice."
    if again:
        correlation = f" Spearman's correlation is {again.correlation:.2f}."
        if np.isnan(again.correlation):
            correlation = ""
        text = (
            f"{again.count} pictures were rated twice: {100 * again.same:.0f} % with the same "
            f"score, {100 * again.within_one:.0f} % at most one apart. The second score differs by "
            f"{again.difference:+.2f} on average (Wilcoxon signed-rank test: p = "
            f"{_p_value(again.p)}).{correlation}"
        )
    rows = [
        [
            s.rater,
            str(s.count),
            f"{s.mean:.2f}",
            "-" if np.isnan(s.agreement) else f"{s.agreement:.2f}",
            str(s.above),
            str(s.below),
            "rejected" if s.is_rejected else "",
        ]
        for s in screened
    ]
    return [
        Heading("Reliability"),
        Paragraph(text),
        Heading("Raters", 3),
        Paragraph(
            "Agreement: correlation with the mean of the others. Far above and below: ratings that "
            "ITU-R BT.500 counts as outliers; it rejects who has more than 5 % of them, to both "
            "sides alike."
        ),
        Table(("rater", "ratings", "mean", "agreement", "far above", "far below", "BT.500"), rows),
    ]


def tell_measures(
    ratings: Ratings, mos: np.ndarray, measures: dict[str, np.ndarray], drawings: dict[str, bytes]
) -> list[Part]:
    """Correlations with what is measured."""
    if "measures" not in drawings:
        return []
    rows = []
    for scope in scopes_of(ratings.study):
        is_its = np.array([scope in (_ALL, p.set) for p in ratings.study.pictures])
        for name, c in correlate(np.where(is_its, mos, np.nan), measures).items():
            numbers = (f"{value:+.2f}" for value in (c.pearson, c.spearman, c.kendall))
            rows.append([scope, name, str(c.num_pictures), *numbers])
    header = ("set", "measure", "pictures", "Pearson", "Spearman", "Kendall")
    return [
        Heading("Opinions and measures"),
        Paragraph(
            "Correlation of each picture's mean opinion score with what is measured by the paper's "
            "protocol. Originals have no PSNR and SSIM and are left out there."
        ),
        Table(header, rows)
        if rows
        else Paragraph("None yet: it takes three rated pictures that were scored differently."),
        Drawing("measures", "Mean opinion score of each picture.", drawings["measures"]),
    ]


def tell_method_notes() -> list[Part]:
    """What the numbers mean, and which files there are."""
    return [
        Heading("How to read it"),
        Paragraph(
            "The 95 % intervals are t intervals over raters: where else such raters would put the "
            "mean, for these images. Second ratings of a picture count for the reliability only, "
            "calibration pictures not at all. Beside this page lie the tables as CSV, the figures "
            "as PNG and SVG, and the ratings for SUREAL: sureal.csv (a line for each line of "
            "pictures.csv, a column for each line of raters.csv) and sureal.json."
        ),
    ]
