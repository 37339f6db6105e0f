"""Scores of a report as bars, and sharpness against fidelity."""

import json
from pathlib import Path
from typing import Any

from srgan_tf.evaluation.methods import ORIGINAL
from srgan_tf.evaluation.paper import find_paper_score, is_whole
from srgan_tf.evaluation.plots import INKS, draw, save, styled

_MEASURES = {
    "psnr": "PSNR (dB)",
    "ssim": "SSIM",
    "niqe": "NIQE (lower is better)",
    "phi34": "phi_3,4 distance (lower is better)",
    "lpips": "LPIPS (lower is better)",
}
_MARKS = "os^Dv"  # their number and that of the inks have no factor in common
_FORMATS = {"psnr": ".2f", "ssim": ".3f", "niqe": ".1f", "phi34": ",.0f", "lpips": ".2f"}


@styled
def draw_scores(report: Path, out: Path) -> list[Path]:
    """Draws `scores` (bars, with the paper's values as marks) and `tradeoff` (NIQE against PSNR).

    Args:
        report: `scores.json` of `evaluate --report`, or the report's folder.
        out: folder for the figures, PNG and SVG.

    Returns:
        The files.

    Raises:
        ValueError: not such a file.
    """
    path = report / "scores.json" if report.is_dir() else report
    try:
        methods = json.loads(path.read_text(encoding="utf-8"))["methods"]
        benchmarks = list(next(iter(methods.values()))["paper"])
        measures = _find_measures(methods, benchmarks)
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        StopIteration,
        RecursionError,  # of brackets in brackets
    ):
        raise ValueError(
            f"scores: got {report}, expected the folder of evaluate --report, or its scores.json"
        ) from None
    return _bars(methods, benchmarks, measures, out) + _tradeoff(methods, benchmarks, out)


def _find_measures(methods: dict[str, Any], benchmarks: list[str]) -> list[str]:
    """Makes sure that all methods have names and numbers, and returns what was measured.

    Raises:
        ValueError: they do not, or there is no number. Also what else Python raises when a part
            is of another kind.
    """
    found = set()
    for each in methods.values():
        if not (isinstance(each["paper_name"], str) and each["paper_name"]):
            raise ValueError
        for benchmark in benchmarks:
            for measure in _MEASURES:
                value = each["paper"][benchmark].get(measure)
                if value is not None:
                    found.add(measure)
                    if not abs(value) < 1e9:  # nor NaN
                        raise ValueError
    if not found:
        raise ValueError
    return [measure for measure in _MEASURES if measure in found]


def _bars(
    methods: dict[str, Any], benchmarks: list[str], measures: list[str], out: Path
) -> list[Path]:
    """One row of axes for each measure, one column for each benchmark."""
    figure, axes = draw(
        2.4 * len(benchmarks) + 1.4, 0.24 * len(methods) * len(measures) + 1.2 * len(measures),
        len(measures), len(benchmarks), sharey=True,
    )  # fmt: skip
    names = list(methods)
    labels = [name if name == ORIGINAL else methods[name]["paper_name"] for name in names]
    for row, measure in zip(axes, measures, strict=True):
        for axis, benchmark in zip(row, benchmarks, strict=True):
            values = [methods[name]["paper"][benchmark].get(measure) for name in names]
            for place, (name, value) in enumerate(zip(names, values, strict=True)):
                printed = find_paper_score(methods[name]["paper_name"], benchmark)
                num_pictures = len(methods[name]["paper"][benchmark].get("images", []))
                comparable = is_whole(benchmark, num_pictures)
                theirs = getattr(printed, measure, None) if comparable else None
                if value is not None and not (name == "original" and measure == "ssim"):
                    axis.barh(place, value, color=INKS[0], height=0.65)
                    axis.text(
                        0.03, place, format(value, _FORMATS[measure]), color="white",
                        transform=axis.get_yaxis_transform(), va="center", fontsize=7,
                    )  # at the bar's foot, where no mark can lie  # fmt: skip
                    if theirs is not None:
                        axis.plot(theirs, place, "D", color=INKS[1], markersize=4, clip_on=False)
            known = [value for value in values if value is not None]
            if known and measure in ("psnr", "ssim"):  # bars from 0 would hide the differences
                axis.set_xlim(left=0.9 * min(known))
            axis.set_yticks(range(len(names)), labels)
            axis.set_xlabel(_MEASURES[measure])
            if measure == "phi34":
                axis.xaxis.set_major_formatter("{x:,.0f}")
                axis.locator_params(axis="x", nbins=3)
            axis.grid(axis="y", visible=False)
    axes[0][0].invert_yaxis()  # all share it
    for axis, benchmark in zip(axes[0], benchmarks, strict=True):
        axis.set_title(benchmark)
    axes[0][-1].plot([], [], "D", color=INKS[1], markersize=4, label="the paper")
    axes[0][-1].legend(loc="upper right", fontsize=7)
    return save(figure, out, "scores")


def _tradeoff(methods: dict[str, Any], benchmarks: list[str], out: Path) -> list[Path]:
    """NIQE against PSNR: what a loss gains on one side it gives away on the other."""
    figure, axes = draw(2.6 * len(benchmarks) + 1.6, 3.0, 1, len(benchmarks))
    for axis, benchmark in zip(axes[0], benchmarks, strict=True):
        for place, part in enumerate(methods.values()):
            scores = part["paper"][benchmark]
            if scores.get("psnr") is None or scores.get("niqe") is None:
                continue
            axis.plot(
                scores["psnr"], scores["niqe"], _MARKS[place % len(_MARKS)],
                color=INKS[place % len(INKS)], label=part["paper_name"],
            )  # fmt: skip
        original = methods["original"]["paper"][benchmark] if "original" in methods else {}
        if original.get("niqe") is not None:
            axis.axhline(original["niqe"], color=INKS[5], linestyle=":", label="original")
        axis.margins(0.15)
        axis.set_title(benchmark)
        axis.set_xlabel("PSNR (dB)")
    axes[0][0].set_ylabel("NIQE (lower is better)")
    named: dict[str, Any] = {}
    for axis in axes[0]:
        marks, names = axis.get_legend_handles_labels()
        named |= dict(zip(names, marks, strict=True))
    figure.legend(named.values(), named.keys(), loc="outside right center", fontsize=7)
    return save(figure, out, "tradeoff")
