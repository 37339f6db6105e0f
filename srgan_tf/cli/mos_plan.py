"""`srgan-tf mos plan`: a study out of folders of pictures."""

import argparse
from typing import Any

from srgan_tf.cli.pairs import parse_pairs

_EPILOG = """\
examples:
  srgan-tf mos plan --original benchmarks/Set14 --method bicubic=bicubic/Set14 \\
      --method mine=mine/Set14 --calibration photos -o study --raters 8

Originals lie as SET/NAME.png, SET/HR/NAME.png or, for one set, NAME.png; results likewise,
where NAME_x4.png counts as NAME.png. Sets for which no method has results are left out. The
originals are rated too. Calibration pictures are originals of other images; each is shown by
nearest neighbour (1) and as it is (5).

--preset paper: 26 raters, 20 calibration images, every version of every image. With the paper's 12
versions of Set5 and Set14 and 9 of BSD100 that is 1,128 ratings a rater, and 10 repeats.
"""


def add_step(steps: Any) -> None:
    """Declares the step."""
    parser = steps.add_parser(
        "plan",
        help="make a study out of folders of pictures",
        description="Make a study out of folders of pictures.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    add = parser.add_argument
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
    add("--seed", type=int, metavar="N", help="of the orders; who knows it, is not blind (drawn)")


def run(options: argparse.Namespace) -> int:
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
