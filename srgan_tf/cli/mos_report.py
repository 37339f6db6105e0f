"""`srgan-tf mos report`: means, tests and figures of the ratings."""

import argparse
from pathlib import Path
from typing import Any

_EPILOG = """\
examples:
  srgan-tf mos report study -o report

Writes report.html (one file), report.md, figures as PNG and SVG, and tables: mos.csv
(method,mos,ci_low,ci_high,n), mos_by_set.csv, mos_screened.csv (without raters that ITU-R BT.500
rejects), pairs.csv, pictures.csv, raters.csv, ratings.csv, and for SUREAL sureal.csv, sureal.json.
"""


def add_step(steps: Any) -> None:
    """Declares the step."""
    parser = steps.add_parser(
        "report",
        help="means, tests and figures of the ratings so far",
        description="Write the report of the ratings so far; the study may be being served.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    add = parser.add_argument
    add("study", metavar="STUDY", help="folder made by `srgan-tf mos plan`")
    add("-o", "--output", required=True, metavar="DIR", help="folder for the report")


def run(options: argparse.Namespace) -> int:
    """Writes the report."""
    from srgan_tf.mos.report import write_report
    from srgan_tf.mos.sections import tell_mean
    from srgan_tf.mos.statistics import mean_over_raters
    from srgan_tf.mos.study import load_study

    ratings = write_report(load_study(options.study), options.output)
    width = max(len(method) for method in ratings.study.methods)
    for method in ratings.study.methods:
        mean = mean_over_raters(ratings.of_method(method))
        print(f"{method:<{width}}  {tell_mean(mean)}")
    print(f"{len(ratings.raters)} raters; {Path(options.output) / 'report.html'}")
    return 0
