"""The paper's Tables 1 and 2 beside our scores, as rows, Markdown and CSV."""

import csv
import html
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from srgan_tf.evaluation.methods import ORIGINAL, not_shipped, paper_name
from srgan_tf.evaluation.paper import PaperScore, find_paper_score, is_whole
from srgan_tf.evaluation.scoreboard import Scores
from srgan_tf.inference.measures import LABELS, format_value
from srgan_tf.inference.scoring import BenchmarkScore
from srgan_tf.recipes import INTERPOLATIONS, VARIANTS

SELFEXSR = "SelfExSR"
NOT_SHIPPED = "not in the package"

Table = list[list[str]]
"""Rows of cells; the first row are the titles."""


@dataclass(frozen=True)
class Row:
    """One method on one benchmark.

    Attributes:
        method: our name for it.
        title: the paper's.
        paper: what the paper prints; None: nothing.
        ours: None: see the note.
        note: why there is nothing of ours.
    """

    method: str
    title: str
    paper: PaperScore | None
    ours: BenchmarkScore | None
    note: str = ""


def table_methods(table: int) -> list[str]:
    """Our names of the methods of the paper's Table 1 or 2, in its order."""
    if table == 1:
        return [recipe.name for recipe in VARIANTS]
    baselines = ("srcnn", SELFEXSR, "drcn", "espcn")
    return [*INTERPOLATIONS, *baselines, "srresnet_mse", "srgan_vgg54", ORIGINAL]


def table_rows(table: int, benchmark: str, scores: Scores) -> list[Row]:
    """One benchmark's part of Table 1 or 2, our scores by protocol `paper`."""
    rows = []
    for method in table_methods(table):
        printed = find_paper_score(paper_name(method), benchmark)
        note = ""
        if method == SELFEXSR:
            note = "a search; published scores: protocol matlab"
        elif not_shipped([method]):
            note = NOT_SHIPPED
        ours = scores.get(method, {}).get(benchmark, {}).get("paper")
        rows.append(Row(method, paper_name(method), printed, ours, note))
    return rows


def paper_table(rows: Sequence[Row], measures: Iterable[str]) -> Table:
    """Lays rows out beside what the paper prints."""
    measures = list(measures)
    titles = ["", "PSNR (dB), paper", "ours", "difference", "SSIM, paper", "ours", "difference"]
    titles += ["MOS, paper", *(LABELS[name] for name in measures), ""]
    return [titles, *([row.title, *_cells(row, measures), row.note] for row in rows)]


def _cells(row: Row, measures: Sequence[str]) -> list[str]:
    """PSNR and SSIM of the paper, ours and the difference, MOS, and the other measures."""
    paper, ours = row.paper, row.ours
    comparable = paper and ours and is_whole(paper.benchmark, len(ours.images))
    cells = []
    for name, digits in (("psnr", 2), ("ssim", 4)):
        theirs: float | None = getattr(paper, name, None)
        mine: float | None = getattr(ours, name, None)
        cells += [_number(theirs, digits, paper), _number(mine, digits, ours)]
        if theirs is None or mine is None or not comparable or row.method == ORIGINAL:
            cells.append("")
        else:
            cells.append(f"{round(mine - theirs, digits) + 0.0:+.{digits}f}")  # no -0.00
    cells.append(f"{paper.mos:.2f}" if paper else "")
    return cells + [format_value(name, getattr(ours, name)) if ours else "" for name in measures]


def _number(value: float | None, digits: int, source: object) -> str:
    """Empty: there is no such score; the PSNR of an original is infinite."""
    if value is None:
        return "∞" if source else ""
    return "∞" if value == float("inf") else f"{value:.{digits}f}"


def matlab_table(
    benchmark: str, methods: Iterable[str], scores: Scores, published: tuple[float, float] | None
) -> Table:
    """One benchmark by protocol `matlab`, with SelfExSR's published means."""
    table = [["", "PSNR (dB)", "SSIM", ""]]
    for method in methods:
        if method == SELFEXSR:
            if published:
                table.append([method, f"{published[0]:.2f}", f"{published[1]:.4f}", "published"])
        elif method in scores:
            ours = scores[method][benchmark]["matlab"]
            table.append([paper_name(method), f"{ours.psnr:.2f}", f"{ours.ssim:.4f}", ""])
        else:
            table.append([paper_name(method), "", "", NOT_SHIPPED])
    return table


def to_markdown(table: Table) -> str:
    """Writes a table, whose first row are its titles, as Markdown."""
    lines = [f"| {' | '.join(row)} |" for row in table]
    lines.insert(1, "|---" * len(table[0]) + "|")
    return "\n".join(lines) + "\n"


def to_html(table: Table) -> str:
    """Writes a table, whose first row are its titles, as HTML."""
    head, *rows = ([html.escape(cell) for cell in row] for row in table)
    lines = ["<tr>" + "".join(f"<th scope=col>{cell}</th>" for cell in head) + "</tr>"]
    for title, *cells in rows:
        row = "".join(f"<td>{cell}</td>" for cell in cells)
        lines.append(f"<tr><th scope=row>{title}</th>{row}</tr>")
    return "<div class=scroll><table>\n" + "\n".join(lines) + "\n</table></div>\n"


def csv_of(
    benchmarks: Iterable[str], scores: Scores, published: dict[str, tuple[float, float]]
) -> str:
    """All scores, one line for each table, benchmark, protocol and method."""
    file = io.StringIO()
    fields = ["table", "benchmark", "protocol", "method", "name", "psnr_paper", "psnr"]
    fields += ["psnr_difference", "ssim_paper", "ssim", "ssim_difference", "mos_paper"]
    fields += [*LABELS, "note"]
    writer = csv.DictWriter(file, fields, lineterminator="\n")
    writer.writeheader()
    for table in (1, 2):
        for benchmark in benchmarks:
            for row in table_rows(table, benchmark, scores):
                numbers = {"∞": "inf", "-": ""}  # as programs read them
                cells = [numbers.get(cell, cell) for cell in _cells(row, list(LABELS))]
                head = [table, benchmark, "paper", row.title, row.method]
                writer.writerow(dict(zip(fields, [*head, *cells, row.note], strict=True)))
                line = {"table": table, "benchmark": benchmark, "protocol": "matlab"}
                line |= {"method": row.title, "name": row.method}
                if row.method == SELFEXSR and benchmark in published:
                    psnr, ssim = published[benchmark]
                    values = {"psnr": f"{psnr:.2f}", "ssim": f"{ssim:.4f}", "note": "published"}
                    writer.writerow(line | values)
                elif row.method in scores and row.method != ORIGINAL:
                    ours = scores[row.method][benchmark]["matlab"]
                    writer.writerow(line | {"psnr": f"{ours.psnr:.2f}", "ssim": f"{ours.ssim:.4f}"})
    return file.getvalue()


def published_selfexsr(text: str, images: Sequence[str]) -> tuple[float, float] | None:
    """Means of SelfExSR's published per-picture table, PSNR (dB) and SSIM by protocol `matlab`.

    Args:
        text: `selfexsr_x4.csv`.
        images: names of the pictures to average over; None is returned where it lacks one.

    Raises:
        ValueError: it lacks the columns.
    """
    try:
        by_name = {row["image"]: row for row in csv.DictReader(text.splitlines())}
        names = [image.removesuffix("_SRF_4_HR") for image in images]  # as they are published
        rows = [by_name[name] for name in names if name in by_name]
        columns = [[float(row[f"{name} {SELFEXSR}"]) for row in rows] for name in ("PSNR", "SSIM")]
        if len(rows) < len(images):
            return None
        psnr, ssim = (sum(column) / len(column) for column in columns)
    except (KeyError, ValueError, TypeError, ZeroDivisionError):
        raise ValueError(
            f"selfexsr_x4.csv: expected columns PSNR {SELFEXSR} and SSIM {SELFEXSR}"
        ) from None
    return psnr, ssim
