"""`python -m srgan_tf.pipelines.upscale`: `srgan-tf upscale` on any Beam runner."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from srgan_tf.inference.arguments import (
    add_arguments,
    refuse_empty_texts,
    result_mark,
    upscaler_arguments,
)
from srgan_tf.pipelines.program import own_the_terminal, run_program

if TYPE_CHECKING:
    from apache_beam.options.pipeline_options import PipelineOptions

_DEAD_LETTERS = "failed.jsonl"
_USAGE = "%(prog)s INPUT_PATTERN -o OUTPUT_DIR [options]"
_PROGRAM = "python -m srgan_tf.pipelines.upscale"
_EPILOG = f"""\
examples:
  {_PROGRAM} photos -o results
  {_PROGRAM} 'photos/**/*.jpg' -o results --direct_num_workers 2
  {_PROGRAM} gs://bucket/photos -o gs://bucket/results \\
      --runner DataflowRunner --project NAME --region REGION --temp_location gs://bucket/tmp

All other options are Beam's (--runner, --direct_running_mode, ...). Results keep their sub-folders;
those that exist are skipped, so an interrupted run goes on where it stopped. What could not be done
is in {_DEAD_LETTERS} in the output folder, a line of JSON each, with path and reason; it is written
anew by each run.

exit codes: 0 done; 1 some inputs failed; 2 wrong use, or no input
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the pipeline and returns its exit code."""
    return run_program(lambda: _run(*_parse(arguments)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=_PROGRAM,
        usage=_USAGE,
        description="Make pictures 4 times as wide and high, on any Apache Beam runner.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "input",
        metavar="INPUT_PATTERN",
        help="file, folder or pattern, on any of Beam's file systems",
    )
    add("-o", "--output", metavar="OUTPUT_DIR", required=True, help="folder of the results")
    add_arguments(parser)
    return parser


def _parse(arguments: Sequence[str] | None) -> tuple[argparse.Namespace, "PipelineOptions"]:
    """Lets Beam take its options and their values first, so that none of these is the input."""
    from apache_beam.options.pipeline_options import PipelineOptions

    beams = argparse.ArgumentParser(prog=_PROGRAM, usage=_USAGE, add_help=False, allow_abbrev=False)
    for kind in PipelineOptions.__subclasses__():
        kind._add_argparse_args(beams)
    beams.set_defaults(allow_unsafe_triggers=True)  # else DirectRunner downloads a program to run
    of_beam, rest = beams.parse_known_args(arguments)
    options = _parser().parse_args(rest)
    if of_beam.default_sdk_harness_log_level or of_beam.sdk_harness_log_level_overrides:
        logging.disable(logging.NOTSET)
    return options, PipelineOptions([], **vars(of_beam))


def _run(options: argparse.Namespace, beam_options: "PipelineOptions") -> int:
    from apache_beam.io.filesystems import FileSystems

    from srgan_tf.inference.upscaler import Upscaler
    from srgan_tf.pictures.writing import check_quality
    from srgan_tf.pipelines.batch import Job, run_pipeline
    from srgan_tf.pipelines.files import find, output_folder, whole_output

    refuse_empty_texts(options)
    check_quality(options.quality)
    FileSystems.set_options(beam_options)  # as the pipeline does, which comes later
    found, output = find(options.input), whole_output(options.output)
    if found.base == f"{output}/":
        raise ValueError(f"output: got {options.output}, the inputs' own folder; choose another -o")
    upscaler = upscaler_arguments(options)
    Upscaler(**upscaler)  # what is wrong with these is better said here than by a worker
    mark = result_mark(options)
    job = Job(found.base, output, upscaler, mark, options.quality, options.overwrite)
    if not any(map(job.is_input, found.paths)):
        raise ValueError(f"{options.input}: got no picture there, expected files such as .jpg")
    dead_letters = f"{output}/{_DEAD_LETTERS}"
    with output_folder(output):
        if Path(dead_letters).is_dir():
            raise ValueError(f"output: got the folder {dead_letters}; choose another -o")
        counts = run_pipeline(job, found, dead_letters, beam_options)
    print("{done} done, {skipped} skipped: their results exist, {failed} failed".format(**counts))
    if counts["failed"]:
        print(f"srgan-tf: {counts['failed']} failed, see {dead_letters}", file=sys.stderr)
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    own_the_terminal()
    sys.exit(main())
