"""`srgan-tf mos`: a rating study, from the plan to the report."""

import argparse
import sys
from pathlib import Path
from typing import Any

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

_PLAN_EPILOG = """\
examples:
  srgan-tf mos plan --original benchmarks/Set14 --method bicubic=bicubic/Set14 \\
      --method mine=mine/Set14 --calibration photos -o study --raters 8

Originals lie as SET/NAME.png, SET/HR/NAME.png or, for one set, NAME.png; results likewise,
where NAME_x4.png counts as NAME.png. The originals are rated too. Calibration pictures are
originals of other images; each is shown by nearest neighbour (1) and as it is (5).

--preset paper: 26 raters, 20 calibration images, every version of every image. With the paper's 12
versions of Set5 and Set14 and 9 of BSD100 that is 1,128 ratings a rater, and 10 repeats.
"""

_SERVE_EPILOG = """\
examples:
  srgan-tf mos serve study
  srgan-tf mos serve study --host 0.0.0.0 --port 8080      for browsers on other computers

A rater opens the printed address and logs in with a code of STUDY/raters.csv; after a break, or a
restart of the server, the same code goes on. With a --host that other computers reach, the address
holds a token, without which there is no page; the connection is not encrypted.
"""

_SIMULATE_EPILOG = """\
examples:
  srgan-tf mos simulate study --mean bicubic=1.8 --mean mine=2.1 --mean original=4.3
  srgan-tf mos simulate study --mean Set5/mine=3.4 --mean Set14/mine=3.0 --raters 40
  srgan-tf mos simulate study --mean bicubic=1.8 --mean mine=2.0 --power

Simulated ratings are marked in the study's log, and the report says so. --power simulates studies
of 6 to 64 raters and tells, for methods that are neighbours by their means, with how many raters
the difference is found in 80 % of them.
"""

_REPORT_EPILOG = """\
examples:
  srgan-tf mos report study -o report

Writes report.html (one file), report.md, figures as PNG and SVG, and tables: mos.csv
(method,mos,ci_low,ci_high,n), mos_by_set.csv, mos_screened.csv (without raters that ITU-R BT.500
rejects), pairs.csv, pictures.csv, raters.csv, ratings.csv, and for SUREAL sureal.csv, sureal.json.
"""


def add_command(commands: Any) -> None:
    """Declares the command and its steps."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = commands.add_parser(
        "mos",
        help="a rating study with people: mean opinion scores",
        description="Ask people how good pictures look, as the paper did.",
        epilog=_EPILOG,
        formatter_class=raw,
    )
    steps = parser.add_subparsers(title="steps", metavar="STEP", required=True)
    plan = steps.add_parser(
        "plan",
        help="make a study out of folders of pictures",
        description="Make a study out of folders of pictures.",
        epilog=_PLAN_EPILOG,
        formatter_class=raw,
    )
    plan.set_defaults(run=run_plan)
    add = plan.add_argument
    add("--original", required=True, metavar="DIR", help="the originals of the test")
    add(
        "--method",
        required=True,
        action="append",
        metavar="NAME=DIR",
        help="results of one method; may be given several times",
    )
    add("--calibration", required=True, metavar="DIR", help="originals of other images")
    add("-o", "--output", required=True, metavar="STUDY", help="new folder for the study")
    add("--raters", type=int, metavar="N", help="how many may take part (default: 26)")
    add("--preset", choices=["paper"], help="numbers of raters and pictures as in the paper")
    add(
        "--ratings",
        type=int,
        metavar="N",
        help="pictures that one rater rates at most; whole images, each rated equally often "
        "(default: all)",
    )
    add("--repeats", type=int, metavar="N", help="pictures rated twice (default: 10, few of few)")
    add("--calibration-images", type=int, metavar="N", help="(default: at most 10)")
    add("--break-every", type=int, default=100, metavar="N", help="pictures (default: 100)")
    add("--seed", type=int, default=0, metavar="N", help="of the orders (default: 0)")

    serve = steps.add_parser(
        "serve",
        help="show the study to raters in their browsers",
        description="Show a study to raters in their browsers; every rating is on disk at once.",
        epilog=_SERVE_EPILOG,
        formatter_class=raw,
    )
    serve.set_defaults(run=run_serve)
    add = serve.add_argument
    add("study", metavar="STUDY", help="folder made by `srgan-tf mos plan`")
    add("--host", default="127.0.0.1", metavar="ADDRESS", help="(default: 127.0.0.1)")
    add("--port", type=int, default=8000, metavar="N", help="0: any free one (default: 8000)")

    simulate = steps.add_parser(
        "simulate",
        help="made-up ratings with known means, and how many raters a difference needs",
        description="Write made-up ratings into a study, or tell how many raters it needs.",
        epilog=_SIMULATE_EPILOG,
        formatter_class=raw,
    )
    simulate.set_defaults(run=run_simulate)
    add = simulate.add_argument
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
    report = steps.add_parser(
        "report",
        help="means, tests and figures of the ratings so far",
        description="Write the report of the ratings so far; the study may be being served.",
        epilog=_REPORT_EPILOG,
        formatter_class=raw,
    )
    report.set_defaults(run=run_report)
    add = report.add_argument
    add("study", metavar="STUDY", help="folder made by `srgan-tf mos plan`")
    add("-o", "--output", required=True, metavar="DIR", help="folder for the report")


def run_plan(options: argparse.Namespace) -> int:
    """Makes a study."""
    from srgan_tf.mos.plan import PAPER, describe, make_study

    methods = parse_pairs(options.method, "method", "DIR")
    numbers = {
        "num_raters": options.raters,
        "num_calibration": options.calibration_images,
        "num_repeats": options.repeats,
    }
    given = {key: value for key, value in numbers.items() if value is not None}
    preset = PAPER if options.preset else {}
    study = make_study(
        options.output,
        options.original,
        methods,
        options.calibration,
        **{**preset, **given},
        ratings=options.ratings,
        break_every=options.break_every,
        seed=options.seed,
    )
    for line in describe(study):
        print(line)
    print(f"{len(study.raters)} raters; their codes are in {study.folder / 'raters.csv'}")
    print(f"next: srgan-tf mos serve {study.folder}")
    return 0


def run_serve(options: argparse.Namespace) -> int:
    """Serves a study until it is interrupted."""
    from srgan_tf.mos.server import serve
    from srgan_tf.mos.study import load_study

    def tell(address: str) -> None:
        print(f"open {address}\nraters' codes: {study.folder / 'raters.csv'}; stop with Ctrl-C")
        sys.stdout.flush()

    study = load_study(options.study)
    serve(study, options.host, options.port, tell)
    return 0


def run_simulate(options: argparse.Namespace) -> int:
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


def run_report(options: argparse.Namespace) -> int:
    """Writes the report."""
    from srgan_tf.mos.report import write_report
    from srgan_tf.mos.statistics import mean_over_raters
    from srgan_tf.mos.study import load_study

    ratings = write_report(load_study(options.study), options.output)
    width = max(len(method) for method in ratings.study.methods)
    for method in ratings.study.methods:
        mean = mean_over_raters(ratings.of_method(method))
        print(f"{method:<{width}}  {mean.value:.2f}  [{mean.low:.2f}, {mean.high:.2f}]")
    print(f"{len(ratings.raters)} raters; {Path(options.output) / 'report.html'}")
    return 0


def parse_pairs(texts: list[str], option: str, value: str) -> dict[str, str]:
    """Splits NAME=VALUE arguments.

    Raises:
        ValueError: one is not of that form, or a name stands twice.
    """
    pairs: dict[str, str] = {}
    for text in texts:
        name, sign, given = text.partition("=")
        if not name or not sign or not given:
            raise ValueError(f"{option}: got {text!r}, expected NAME={value}")
        if name in pairs:
            raise ValueError(f"{option}: got {name} twice, expected each name once")
        pairs[name] = given
    return pairs
