"""`srgan-tf mos`: a rating study, from the plan to the report."""

import argparse
from typing import Any

from srgan_tf.cli import mos_plan, mos_report, mos_serve, mos_simulate

_EPILOG = """\
examples:
  srgan-tf mos plan --original benchmarks --method bicubic=results/bicubic \\
      --method mine=results/mine --calibration photos -o study --ratings 120
  srgan-tf mos serve study                             then raters open the printed address
  srgan-tf mos report study -o report
  srgan-tf mos simulate study --mean bicubic=1.8 --mean mine=2.1 --power

A study asks people to rate pictures from 1 (bad) to 5 (excellent), without telling them what made a
picture; the mean over raters and images is a method's mean opinion score.
"""


def add_command(commands: Any) -> None:
    """Declares the command and its steps."""
    parser = commands.add_parser(
        "mos",
        help="a rating study with people: mean opinion scores",
        description="Ask people how good pictures look, as the paper did.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    steps = parser.add_subparsers(title="steps", metavar="STEP", required=True)
    for step in (mos_plan, mos_serve, mos_simulate, mos_report):
        step.add_step(steps)
