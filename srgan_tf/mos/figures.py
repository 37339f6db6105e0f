"""The figures of a report, after Figures 5, 9 and 10 of the paper."""

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from srgan_tf.mos.ratings import Ratings
from srgan_tf.mos.statistics import Mean, average_ranks, means_of
from srgan_tf.mos.study import ORIGINAL, SCORES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MARK = "#c8102e"


def draw_distributions(ratings: Ratings) -> "Figure":
    """How often each score was given to each method (Figures 5 and 9).

    One panel for each set with a rating.
    """
    sets = _rated_sets(ratings)
    figure = _new_figure(width=1.2 + 0.62 * len(ratings.study.methods), height=3.4 * len(sets))
    for panel, set_name in zip(_panels(figure, len(sets)), sets, strict=True):
        columns, labels = [], []
        for method in ratings.study.methods:
            scores = ratings.of_method(method, set_name)
            scores = scores[~np.isnan(scores)]
            if len(scores):
                columns.append([(scores == score).mean() for score in SCORES])
                labels.append((method, scores.mean()))
        shares = np.array(columns).T
        image = panel.imshow(
            100 * shares, origin="lower", aspect="auto", cmap="Greys", vmin=0, vmax=100
        )
        panel.plot([mean - 1 for _, mean in labels], "o", color=_MARK, label="mean (MOS)")
        panel.set_yticks(range(5), SCORES)
        panel.set_ylabel("score")
        panel.set_title(f"{_plain(set_name)}, {_count(ratings, set_name)}", loc="left")
        _name_methods(panel, [method for method, _ in labels])
        panel.legend(loc="upper left", framealpha=0.9)
        figure.colorbar(image, ax=panel, label="ratings (%)", fraction=0.05, pad=0.02)
    return figure


def draw_means(ratings: Ratings) -> "Figure":
    """Mean opinion scores with their 95 % intervals, one panel for each set with a rating."""
    sets = _rated_sets(ratings)
    figure = _new_figure(width=1.2 + 0.62 * len(ratings.study.methods), height=3.0 * len(sets))
    for panel, set_name in zip(_panels(figure, len(sets)), sets, strict=True):
        _draw_intervals(panel, means_of(ratings, set_name))
        panel.set_ylim(0.9, 5.1)
        panel.set_yticks(SCORES)
        panel.set_ylabel("mean opinion score")
        panel.set_title(f"{_plain(set_name)}, {_count(ratings, set_name)}", loc="left")
    return figure


def draw_ranks(ratings: Ratings) -> "Figure | None":
    """Average rank of each method with its 95 % interval, best on top (Figure 10)."""
    sets = ratings.study.sets
    ranks = {name: average_ranks(ratings, name) for name in sets}
    ranks = {name: {m: r for m, r in of.items() if r.num_ratings} for name, of in ranks.items()}
    ranks = {name: of for name, of in ranks.items() if of}
    if not ranks:
        return None
    figure = _new_figure(width=1.2 + 0.62 * len(ratings.study.methods), height=3.0 * len(ranks))
    for panel, (name, of) in zip(_panels(figure, len(ranks)), ranks.items(), strict=True):
        _draw_intervals(panel, of)
        panel.set_ylim(len(of) + 0.3, 0.7)
        panel.set_ylabel("average rank (1: best)")
        panel.set_title(_plain(name), loc="left")
    return figure


def draw_measures(
    ratings: Ratings, mos: np.ndarray, measures: dict[str, np.ndarray]
) -> "Figure | None":
    """Mean opinion score of each picture against what was measured, coloured by method."""
    study = ratings.study
    drawn = {name: values for name, values in measures.items() if np.isfinite(values + mos).any()}
    if not drawn:
        return None
    figure = _new_figure(width=4.2 * len(drawn) + 1, height=3.8)
    for panel, (name, values) in zip(
        figure.subplots(1, len(drawn), squeeze=False)[0], drawn.items(), strict=True
    ):
        for number, method in enumerate(study.methods):
            is_its = np.array([p.method == method and p.expected is None for p in study.pictures])
            if not any(np.isfinite(other + mos)[is_its].any() for other in drawn.values()):
                continue
            style = {"color": f"C{number % 10}", "marker": "os^Dv"[number // 10 % 5]}
            x, y = values[is_its], mos[is_its]
            panel.plot(x, y, ls="", ms=4, alpha=0.7, **style, label=_plain(method))
        panel.set_xlabel("PSNR (dB)" if name == "PSNR" else name)
        panel.set_ylabel("mean opinion score")
        panel.set_ylim(0.9, 5.1)
        panel.grid(alpha=0.3)
    panel.legend(loc="upper left", bbox_to_anchor=(1.0, 1.02), fontsize=8, frameon=False)
    return figure


def save_figure(figure: "Figure", kind: str) -> bytes:
    """Draws a figure as `png` or `svg`; the same figure gives the same bytes."""
    import matplotlib

    file = io.BytesIO()
    settings: dict[str, Any] = {"metadata": {"Date": None}} if kind == "svg" else {"dpi": 150}
    with matplotlib.rc_context({"svg.hashsalt": "srgan_tf", "svg.fonttype": "path"}):
        figure.savefig(file, format=kind, **settings)
    return file.getvalue()


def _new_figure(width: float, height: float) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(max(width, 4.5), height), layout="constrained")


def _panels(figure: "Figure", count: int) -> list[Any]:
    return list(figure.subplots(count, 1, squeeze=False)[:, 0])


def _draw_intervals(panel: Any, means: dict[str, Mean]) -> None:
    values = np.array([mean.value for mean in means.values()])
    reach = np.array(
        [[m.value - m.low for m in means.values()], [m.high - m.value for m in means.values()]]
    )
    panel.errorbar(
        range(len(means)),
        values,
        np.nan_to_num(reach),
        fmt="o",
        color=_MARK,
        ecolor="black",
        capsize=4,
    )
    panel.grid(axis="y", alpha=0.3)
    panel.set_xlim(-0.6, len(means) - 0.4)
    _name_methods(panel, list(means))


def _name_methods(panel: Any, methods: list[str]) -> None:
    names = [name if len(name) <= 24 else name[:23] + "…" for name in methods]
    names = [_plain(name) for name in names]
    panel.set_xticks(range(len(names)), names, rotation=35, ha="right", rotation_mode="anchor")


def _plain(name: str) -> str:
    name = name.replace("$", r"\$")  # else what stands between two would be set as a formula
    return f"\N{NO-BREAK SPACE}{name}" if name.startswith("_") else name  # legends would drop it


def _rated_sets(ratings: Ratings) -> list[str]:
    return [name for name in ratings.study.sets if _raters_of(ratings, name).any()]


def _raters_of(ratings: Ratings, set_name: str) -> np.ndarray:
    """Who has rated a picture of a set, bool (raters,)."""
    is_its = [p.set == set_name and p.expected is None for p in ratings.study.pictures]
    return (~np.isnan(ratings.scores[:, is_its])).any(axis=1)


def _count(ratings: Ratings, set_name: str) -> str:
    images = (~np.isnan(ratings.of_method(ORIGINAL, set_name))).any(axis=0).sum()
    return f"{int(images)} images, {int(_raters_of(ratings, set_name).sum())} raters"
