"""`python -m srgan_tf.pipelines.upscale`: `srgan-tf upscale` on any Beam runner."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import apache_beam as beam
from apache_beam.io import WriteToText
from apache_beam.io.fileio import MatchFiles
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions

from srgan_tf.imaging.errors import one_line
from srgan_tf.inference.arguments import add_arguments, result_mark, upscaler_arguments
from srgan_tf.inference.upscaler import Upscaler
from srgan_tf.pipelines.batch import FAILED, Job, UpscaleFiles

_DEAD_LETTERS = "failed.jsonl"
_EPILOG = f"""\
examples:
  python -m srgan_tf.pipelines.upscale photos -o results
  python -m srgan_tf.pipelines.upscale 'photos/**.jpg' -o results --direct_num_workers 2
  python -m srgan_tf.pipelines.upscale 'gs://bucket/photos/**' -o gs://bucket/results \\
      --runner DataflowRunner --project NAME --region REGION --temp_location gs://bucket/tmp

All other options are Beam's (--runner, --direct_running_mode, ...). Results keep their sub-folders;
those that exist are skipped, so an interrupted run goes on where it stopped. What could not be done
is in {_DEAD_LETTERS} in the output folder, a line of JSON each, with path and reason; it is written
anew by each run.

exit codes: 0 done; 1 some inputs failed; 2 wrong use, or no input
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the pipeline and returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m srgan_tf.pipelines.upscale",
        description="Make pictures 4 times as wide and high, on any Apache Beam runner.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("input", metavar="INPUT_PATTERN", help="folder or pattern, on any of Beam's file systems")
    add("-o", "--output", metavar="OUTPUT_DIR", required=True, help="folder of the results")
    add_arguments(parser)
    add("--quality", type=int, metavar="N", help="1 to 100, of JPEG, WebP and AVIF (default: 95)")
    add("--overwrite", action="store_true", help="replace outputs that exist")
    options, beam_arguments = parser.parse_known_args(arguments)
    try:
        _check_known(beam_arguments)
        return _run(options, PipelineOptions(beam_arguments))
    except (ValueError, OSError) as error:
        print(f"srgan-tf: {one_line(error)}", file=sys.stderr)
    except RuntimeError as error:  # of the runner, with a trace in its message
        print(f"srgan-tf: the pipeline stopped: {str(error).splitlines()[0]}", file=sys.stderr)
    return 2


def _check_known(arguments: Sequence[str]) -> None:
    """Refuses what is no option of Beam's either, which Beam would only remark on."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for kind in PipelineOptions.__subclasses__():
        kind._add_argparse_args(parser)
    _, unknown = parser.parse_known_args(arguments)
    if unknown:
        raise ValueError(f"options: got {' '.join(unknown)}, expected ours (--help) or Beam's")


def _run(options: argparse.Namespace, beam_options: PipelineOptions) -> int:
    pattern, output = (_whole_path(path) for path in (options.input, options.output))
    if Path(pattern).is_dir():
        pattern += "/**"
    base = _fixed_part(pattern)
    if base == f"{output}/":
        raise ValueError(f"output: got {options.output}, the inputs' own folder; choose another -o")
    if options.quality is not None and not 1 <= options.quality <= 100:
        raise ValueError(f"quality: got {options.quality}, expected 1 to 100")
    upscaler = upscaler_arguments(options)
    Upscaler(**upscaler)  # what is wrong with these is better said here than by a worker
    job = Job(base, output, upscaler, result_mark(options), options.quality, options.overwrite)
    (found,) = FileSystems.match([pattern])
    if not any(job.is_input(file.path) for file in found.metadata_list):
        raise ValueError(f"{options.input}: got no picture there, expected files such as .jpg")
    dead_letters = _make_room(output)
    pipeline = beam.Pipeline(options=beam_options)
    results = (
        pipeline
        | MatchFiles(pattern)
        | beam.Map(lambda file: file.path)
        | beam.Filter(job.is_input)
        | beam.Reshuffle()
        | beam.ParDo(UpscaleFiles(job)).with_outputs(FAILED, main="done")
    )
    results[FAILED] | WriteToText(dead_letters, shard_name_template="", num_shards=1)
    result = pipeline.run()
    result.wait_until_finish()
    counts = dict.fromkeys(("done", "skipped", "failed"), 0)
    for counter in result.metrics().query()["counters"]:
        if counter.key.metric.name in counts and counter.key.metric.namespace == "srgan_tf":
            counts[counter.key.metric.name] += counter.result
    print("{done} done, {skipped} skipped: their results exist, {failed} failed".format(**counts))
    if counts["failed"]:
        print(f"srgan-tf: {counts['failed']} failed, see {dead_letters}", file=sys.stderr)
    return 1 if counts["failed"] else 0


def _whole_path(path: str) -> str:
    """Without a slash at its end; local paths absolute, since workers may start elsewhere."""
    return path.rstrip("/") if "://" in path else os.path.abspath(path)  # noqa: PTH100


def _make_room(output: str) -> str:
    """Makes the output folder; removes the list of an earlier run, and returns its path."""
    if not FileSystems.exists(output):
        FileSystems.mkdirs(output)
    dead_letters = FileSystems.join(output, _DEAD_LETTERS)
    if FileSystems.exists(dead_letters):
        FileSystems.delete([dead_letters])
    return dead_letters


def _fixed_part(pattern: str) -> str:
    """The folder before the first wildcard, with its slash."""
    start = min((pattern.index(sign) for sign in "*?[" if sign in pattern), default=len(pattern))
    return pattern[: pattern.rfind("/", 0, start) + 1]


if __name__ == "__main__":
    sys.exit(main())
