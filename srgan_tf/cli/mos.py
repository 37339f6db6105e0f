"""`srgan-tf mos`: a rating study, from the plan to the report."""

import argparse
import sys
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
