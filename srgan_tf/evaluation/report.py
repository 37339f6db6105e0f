"""The report: the paper's tables and figures beside ours, as Markdown, CSV, JSON and one page."""

import html
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

from srgan_tf.data.benchmarks import Benchmark
from srgan_tf.evaluation.data_uri import data_uri
from srgan_tf.evaluation.methods import (
    ORIGINAL,
    is_trained_on_phi34,
    not_shipped,
    paper_name,
    trained_methods,
)
from srgan_tf.evaluation.paper import BENCHMARKS, is_whole
from srgan_tf.evaluation.report_pictures import (
    Figure,
    PictureStore,
    chosen_images,
    figures,
    find_detail,
)
from srgan_tf.evaluation.scoreboard import Scores, score_methods
from srgan_tf.evaluation.tables import (
    NOT_SHIPPED,
    csv_of,
    matlab_table,
    paper_table,
    published_selfexsr,
    table_methods,
    table_rows,
    to_html,
    to_markdown,
)
from srgan_tf.imaging.files import write_text
from srgan_tf.inference.measures import LABELS, Measure

FILES = ("report.html", "report.md", "report.csv", "scores.json")
"""What a report consists of, beside the scores and results that it keeps."""

_PAPER = """Protocol `paper`: PSNR and SSIM as the paper measured them (BT.709 luma, daala's \
SSIM). MOS, the original's too, are the paper's: mean opinion scores of 26 raters, from 1 to 5. \
What follows it is of our results, and better when lower; on the small pictures of Set5, NIQE says \
little."""
_MATLAB = """Protocol `matlab`: BT.601 luma, SSIM with an 11x11 window. Its SSIM cannot be \
compared with the paper's tables: on their test sets it is 0.01 to 0.06 lower. SelfExSR's row is \
its published per-picture table."""
_CAUTION = """What looks like detail in a GAN's picture is a guess. It is no evidence, medical, \
forensic or otherwise."""


def write_report(
    folder: Path,
    benchmarks: Sequence[Benchmark],
    measures: Mapping[str, Measure],
    measures_digest: str,
    left_out: Sequence[str],
    progress: Callable[[list[Any]], Any],
) -> Scores:
    """Scores every trained method and writes the report.

    Scores and results are kept in the folder, by the contents of the files they depend on: another
    report there makes only what has changed.

    Args:
        folder: made when absent. Gets `report.md`, `report.csv`, `report.html`, `scores.json`.
        benchmarks: the test sets.
        measures: see `score_methods`.
        measures_digest: see `score_methods`.
        left_out: lines about measures that could not be had.
        progress: see `score_methods`; pictures for the page are announced too.

    Raises:
        ValueError: a picture or a table beside it cannot be read, or the folder holds other files
            of these names.
    """
    if not _is_report(folder):
        for name in FILES:
            if (folder / name).exists():
                raise ValueError(f"report: {folder / name} is of something else; choose a folder")
    (folder / "scores").mkdir(parents=True, exist_ok=True)
    published = {}
    for benchmark in benchmarks:
        name, count = benchmark.name, len(benchmark)
        if name in BENCHMARKS and not is_whole(name, count):
            why = f"{name} has {count} pictures here, the paper's has {BENCHMARKS[name]}."
            left_out = [*left_out, f"Differences left out: {why}"]
        table = benchmark.folder / "selfexsr_x4.csv"
        if table.exists():
            images = [path.stem for path in benchmark.paths]
            means = published_selfexsr(table.read_text(), images)
            if means:
                published[benchmark.name] = means
            else:
                why = f"{name}/{table.name} is of other pictures."  # not whose disk it lies on
                left_out = [*left_out, f"SelfExSR left out: {why}"]
    scores = score_methods(
        trained_methods(), benchmarks, measures, measures_digest, folder / "scores", progress
    )
    scores = {name: _without_own_layer(name, part) for name, part in scores.items()}
    names = [benchmark.name for benchmark in benchmarks]
    parts = _tables(names, scores, published, list(measures), left_out)
    write_text(folder / "report.md", "# Scores\n\n" + "\n".join(to_text for to_text, _ in parts))
    write_text(folder / "report.csv", csv_of(names, scores, published))
    write_text(folder / "scores.json", json.dumps(_as_json(scores), indent=2) + "\n")
    body = "".join(page for _, page in parts)
    store = PictureStore(folder / "pictures")
    for figure in progress(figures()):
        body += _figure(figure, benchmarks, scores, store)
    template = resources.files("srgan_tf.evaluation").joinpath("report.html").read_text("utf-8")
    write_text(folder / "report.html", Template(template).substitute(body=body))
    return scores


def _is_report(folder: Path) -> bool:
    scores = folder / "scores.json"
    return (folder / "scores").is_dir() or (scores.is_file() and '"methods"' in scores.read_text())


def _without_own_layer(name: str, part: dict[str, Any]) -> dict[str, Any]:
    """Drops the distance on the layer that a network was trained on."""
    if not is_trained_on_phi34(name):
        return part
    return {
        benchmark: {
            protocol: replace(
                s, phi34=None, images=tuple(replace(image, phi34=None) for image in s.images)
            )
            for protocol, s in by_protocol.items()
        }
        for benchmark, by_protocol in part.items()
    }


def _tables(
    names: Sequence[str],
    scores: Scores,
    published: Mapping[str, tuple[float, float]],
    measures: Sequence[str],
    left_out: Sequence[str],
) -> list[tuple[str, str]]:
    """The report's tables with their headings, each as Markdown and as HTML."""
    missing = not_shipped()
    notes = [_PAPER, *left_out, _CAUTION]
    if missing:
        notes.append(f"Not in the package: {', '.join(missing)}.")
    parts = [_paragraph(note) for note in notes]
    for number in (2, 1):
        for name in names:
            rows = table_rows(number, name, scores)
            parts.append(_heading(f"Table {number}, {name}"))
            parts.append(_both(paper_table(rows, measures)))
    parts.append(_heading("Protocol matlab"))
    parts.append(_paragraph(_MATLAB))
    methods = [*dict.fromkeys([*table_methods(2)[:-1], *table_methods(1)])]
    for name in names:
        parts.append(_heading(f"Protocol matlab, {name}"))
        parts.append(_both(matlab_table(name, methods, scores, published.get(name))))
    return parts


def _paragraph(text: str) -> tuple[str, str]:
    return f"{text}\n", f"<p>{html.escape(text).replace('`', '')}</p>\n"


def _heading(text: str) -> tuple[str, str]:
    return f"## {text}\n", f"<h2>{html.escape(text)}</h2>\n"


def _both(table: list[list[str]]) -> tuple[str, str]:
    return to_markdown(table), to_html(table)


def _figure(
    figure: Figure, benchmarks: Sequence[Benchmark], scores: Scores, store: PictureStore
) -> str:
    """One figure as HTML; empty where its test sets are absent."""
    rows = []
    for name, indices in figure.pictures:
        for image in chosen_images(benchmarks, name, indices):
            detail = find_detail(image.hr)
            cells = []
            for method in figure.methods:
                title = html.escape(ORIGINAL if method == ORIGINAL else paper_name(method))
                if method in not_shipped():
                    cells.append(f"<figure class=none>{title}: {NOT_SHIPPED}</figure>")
                    continue
                sr = store.result(method, name, image)
                (one,) = (x for x in scores[method][name]["paper"].images if x.name == image.name)
                values = "PSNR ∞" if one.psnr == float("inf") else f"{one.psnr:.2f} dB"
                whole, close = data_uri(sr, False, quality=90), data_uri(sr[detail], True)
                about = f"{title}, {html.escape(name)} {html.escape(image.name)}"
                cells.append(
                    f'<figure><img src="{whole}" alt="{about}"><img class=detail src="{close}" '
                    f'alt="a detail of it, enlarged"><figcaption><b>{title}</b>{values} / '
                    f"{one.ssim:.4f}</figcaption></figure>"
                )
            columns = f"grid-template-columns:repeat({len(cells)},1fr)"
            rows.append(f"<h3>{html.escape(f'{name}, {image.name}')}</h3>\n")
            rows.append(f'<div class=row style="{columns}">{"".join(cells)}</div>\n')
    return f"<h2>{html.escape(figure.title)}</h2>\n{''.join(rows)}" if rows else ""


def _as_json(scores: Scores) -> dict[str, Any]:
    """For each method and protocol, the benchmarks as in `evaluate --json`."""
    methods = {}
    for name, part in scores.items():
        methods[name] = {"paper_name": paper_name(name)} | {
            protocol: {benchmark: by[protocol].as_json() for benchmark, by in part.items()}
            for protocol in ("paper", "matlab")
        }
    return {"measures": LABELS, "methods": methods, "not_in_the_package": not_shipped()}
