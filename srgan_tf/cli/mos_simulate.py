"""`srgan-tf mos simulate`: made-up ratings, and how many raters a difference needs."""

import argparse
from typing import Any

from srgan_tf.cli.pairs import parse_pairs

_EPILOG = """\
examples:
  srgan-tf mos simulate study --mean bicubic=1.8 --mean mine=2.1 --mean original=4.3
  srgan-tf mos simulate study --mean Set5/mine=3.4 --mean Set14/mine=3.0 --raters 40
  srgan-tf mos simulate study --mean bicubic=1.8 --mean mine=2.0 --power

Simulated ratings are marked in the study's log, and the report says so; they cannot be taken out
again, so simulate in a copy of the study (cp -r study trial). --power simulates studies
of 6 to 64 raters and tells, for methods that are neighbours by their means, with how many raters
the difference is found in 80 % of them.
"""


def add_step(steps: Any) -> None:
    """Declares the step."""
    parser = steps.add_parser(
        "simulate",
        help="made-up ratings with known means, and how many raters a difference needs",
        description="Write made-up ratings into a study, or tell how many raters it needs.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    add = parser.add_argument
    add("study", metavar="STUDY", help="folder made by `srgan-tf mos plan`")
    add(
        "--mean",
        action="append",
        default=[],
        metavar="NAME=MOS",
        help="mean of a method, or of SET/METHOD; `original` for the originals (default: the "
        "methods are spread from 1.5 to 4.5)",
    )
    add("--raters", type=int, metavar="N", help="(default: as many as planned)")
    add("--bias", type=float, default=0.3, metavar="SD", help="between raters (default: 0.3)")
    add(
        "--taste",
        type=float,
        default=0.2,
        metavar="SD",
        help="between raters, for each method (default: 0.2)",
    )
    add("--noise", type=float, default=0.7, metavar="SD", help="of each rating (default: 0.7)")
    add("--exact", action="store_true", help="the ratings' means are exactly the given ones")
    add("--mix", action="store_true", help="allow it beside ratings that are there")
    add("--power", action="store_true", help="write nothing; tell how many raters are needed")
    add("--seed", type=int, default=0, metavar="N", help="(default: 0)")


def run(options: argparse.Namespace) -> int:
    """Writes made-up ratings, or estimates the power."""
    from srgan_tf.mos.power import STUDIES, WANTED, estimate_power
    from srgan_tf.mos.simulate import Spread, check_numbers, simulate
    from srgan_tf.mos.study import load_study

    study = load_study(options.study)
    means = {}
    for name, text in parse_pairs(options.mean, "mean", "MOS").items():
        try:
            means[name] = float(text)
        except ValueError:
            raise ValueError(f"mean: got {name}={text}, expected a number from 1 to 5") from None
    spread = Spread(options.bias, options.taste, options.noise)
    if not options.power:
        note = simulate(
            study, means, options.raters, spread, options.seed, options.exact, options.mix
        )
        for name, mean in note["means"].items():
            print(f"{name:<40} {mean:.2f}")
        print(f"{len(note['raters'])} simulated raters; next: srgan-tf mos report {study.folder}")
        return 0
    check_numbers(1 if options.raters is None else options.raters, spread, options.seed)
    found = estimate_power(study, means, spread, options.seed)
    width = max(len(" < ".join(pair.methods)) for pair in found)
    print(f"{'pair':<{width}}  difference  raters for {WANTED:.0%}  found with 8, 16, 26 raters")
    for pair in found:
        needed = str(pair.needed or f"> {max(pair.power)}")
        shares = ", ".join(f"{pair.power[count]:.0%}" for count in (8, 16, 26))
        print(
            f"{' < '.join(pair.methods):<{width}}  {pair.difference:>10.2f}  {needed:>14}  {shares}"
        )
    print(f"{STUDIES} simulated studies; Wilcoxon signed-rank test over raters, p < 0.05")
    return 0
