"""The numbers of the paper's Tables 1 and 2, as printed. Standard library only."""

import csv
from dataclasses import dataclass
from importlib import resources

BENCHMARKS = {"Set5": 5, "Set14": 14, "BSD100": 100}
"""The tables' test sets and their numbers of pictures."""


@dataclass(frozen=True)
class PaperScore:
    """One cell of the tables.

    Attributes:
        benchmark: of `BENCHMARKS`.
        method: the paper's name for it.
        psnr: dB; None: infinite, the original.
        ssim: daala's.
        mos: mean opinion score, 1 (bad) to 5 (excellent).
        tables: 1, 2 or both.
    """

    benchmark: str
    method: str
    psnr: float | None
    ssim: float
    mos: float
    tables: tuple[int, ...]


def paper_scores() -> list[PaperScore]:
    """Returns all cells, benchmark by benchmark, in the order of the tables."""
    text = resources.files("srgan_tf.evaluation").joinpath("paper.csv").read_text("utf-8")
    return [
        PaperScore(
            row["benchmark"],
            row["method"],
            float(row["psnr"]) if row["psnr"] else None,
            float(row["ssim"]),
            float(row["mos"]),
            tuple(int(number) for number in row["tables"].split("+")),
        )
        for row in csv.DictReader(text.splitlines())
    ]


def find_paper_score(method: str, benchmark: str) -> PaperScore | None:
    """Returns the cell of a method, by the paper's name; None: the paper has none."""
    for cell in paper_scores():
        if (cell.method.lower(), cell.benchmark) == (method.lower(), benchmark):
            return cell
    return None


def is_whole(benchmark: str, num_pictures: int) -> bool:
    """Tells whether a mean over so many pictures may stand beside the paper's."""
    return num_pictures == BENCHMARKS.get(benchmark)
