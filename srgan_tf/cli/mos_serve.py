"""`srgan-tf mos serve`: shows a study to raters in their browsers."""

import argparse
import sys
from typing import Any

_EPILOG = """\
examples:
  srgan-tf mos serve study
  srgan-tf mos serve study --host 0.0.0.0 --port 8080      for browsers on other computers

A rater opens the printed address and logs in with a code of STUDY/raters.csv; after a break, or a
restart of the server, the same code goes on. With a --host that other computers reach, the address
holds a token, without which there is no page; the connection is not encrypted.
"""


def add_step(steps: Any) -> None:
    """Declares the step."""
    parser = steps.add_parser(
        "serve",
        help="show the study to raters in their browsers",
        description="Show a study to raters in their browsers; every rating is on disk at once.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    add = parser.add_argument
    add("study", metavar="STUDY", help="folder made by `srgan-tf mos plan`")
    add("--host", default="127.0.0.1", metavar="ADDRESS", help="(default: 127.0.0.1)")
    add("--port", type=int, default=8000, metavar="N", help="0: any free one (default: 8000)")


def run(options: argparse.Namespace) -> int:
    """Serves a study until it is interrupted."""
    from srgan_tf.mos.server import serve
    from srgan_tf.mos.study import load_study

    def tell(address: str) -> None:
        print(f"open {address}\nraters' codes: {study.folder / 'raters.csv'}; stop with Ctrl-C")
        sys.stdout.flush()

    study = load_study(options.study)
    serve(study, options.host, options.port, tell)
    return 0
