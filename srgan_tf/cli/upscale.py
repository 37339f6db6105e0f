"""`srgan-tf upscale`: pictures up to four times as wide and high."""

import argparse
import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srgan_tf.cli.before_after import check_comparable, check_pages, page_of, write_page
from srgan_tf.cli.quiet import quiet_start
from srgan_tf.imaging.errors import one_line
from srgan_tf.inference.arguments import (
    add_arguments,
    result_mark,
    result_marks,
    upscaler_arguments,
)

if TYPE_CHECKING:
    from srgan_tf.inference.upscaler import Upscaler
    from srgan_tf.pictures.reading import Frames

_BAR = "{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}, {rate_noinv_fmt}]"
_TILES_BAR = "{percentage:3.0f}%|{bar}| [{elapsed}<{remaining}]"
_FULL = (errno.ENOSPC, errno.EDQUOT)

_EPILOG = """\
examples:
  srgan-tf upscale photo.jpg                  writes photo_x4.jpg beside photo.jpg
  srgan-tf upscale photo.jpg -o big.png
  srgan-tf upscale photo.jpg --fast           more than three times as fast, hardly a difference
  srgan-tf upscale photo.jpg --scale 2        writes photo_x2.jpg
  srgan-tf upscale a.png b.png -o results     writes results/a_x4.png and results/b_x4.png
  srgan-tf upscale pictures -o results        every picture in the folder and below it
"""


def add_command(commands: Any) -> None:
    """Declares the command's arguments."""
    parser = commands.add_parser(
        "upscale",
        help="make pictures up to 4 times as wide and high",
        description="Make pictures up to 4 times as wide and high, with weights from the package.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    add = parser.add_argument
    add("inputs", nargs="+", metavar="INPUT", help="picture files, folders or patterns")
    add("-o", "--output", metavar="PATH", help="file for one input, or folder")
    add_arguments(parser)
    add("--compare", action="store_true", help="write a before/after page beside each result")


def run(options: argparse.Namespace) -> int:
    """Upscales each input; a bad one does not stop the others."""
    from srgan_tf.cli.plan import find_inputs, plan_targets, without_results
    from srgan_tf.pictures.writing import check_quality, picture_format

    check_quality(options.quality)
    found, problems = find_inputs(options.inputs, options.output)
    if not found:
        raise ValueError(problems[0])
    count = len(found)
    found = without_results(found, options.output, result_marks(options))
    if len(found) < count:
        left_out = f"{count - len(found)} of {count} left out"
        print(f"srgan-tf: {left_out}: named as results of the others", file=sys.stderr)
    targets = plan_targets(found, options.output, result_mark(options))
    jobs = [(item.path, target) for item, target in zip(found, targets, strict=True)]
    for _, target in jobs:
        picture_format(target)
    if options.compare:
        check_pages(targets)
    if len(jobs) == 1 and not found[0].was_searched and not problems:
        return _run_one(*jobs[0], options)
    return _run_batch(jobs, problems, options)


def _open_upscaler(options: argparse.Namespace) -> "Upscaler":
    from srgan_tf.inference.upscaler import Upscaler

    with quiet_start():
        return Upscaler(**upscaler_arguments(options))


def _read(source: Path) -> "Frames":
    from srgan_tf.pictures.reading import read_frames

    with quiet_start():  # libtiff would add remarks of its own to ours
        return read_frames(source)


def _upscale(
    upscaler: "Upscaler",
    source: Path,
    frames: "Frames",
    target: Path,
    options: argparse.Namespace,
) -> None:
    """Writes one result.

    Raises:
        ValueError: the format cannot hold it, or memory does not suffice.
        OSError: it cannot be written.
    """
    try:
        upscaler.upscale_frames(frames, target, options.quality)
    except MemoryError:
        raise ValueError(
            f"{target}: not enough memory; a smaller --tile or a .png needs less"
        ) from None
    except ValueError as error:
        names_a_file = str(error).startswith(str(target))
        raise ValueError(str(error) if names_a_file else f"{source}: {error}") from None


def _run_one(source: Path, target: Path, options: argparse.Namespace) -> int:
    """The picture is looked at before a model is loaded; what is wrong with it is exit code 2."""
    from tqdm import tqdm

    from srgan_tf.cli.plan import check_existing

    check_existing(target, options.overwrite)
    if options.compare:
        check_existing(page_of(target), options.overwrite)
    frames = _read(source)
    if options.compare:
        check_comparable(source, frames, options.scale, options.size)
    upscaler = _open_upscaler(options)
    total = sum(
        picture.pixels[..., 0].size * (1 if picture.alpha is None else 2)
        for picture in frames.pictures
    )
    is_terminal = sys.stderr.isatty()
    with tqdm(total=total, bar_format=_TILES_BAR, leave=False, disable=not is_terminal) as bar:
        upscaler.tell = bar.update
        _upscale(upscaler, source, frames, target, options)
    print(target)
    if options.compare:
        write_page(source, frames, target, Path(options.model).name)
        print(page_of(target))
    return 0


def _run_batch(
    jobs: list[tuple[Path, Path]], failures: list[str], options: argparse.Namespace
) -> int:
    """Results that exist are skipped, so an interrupted batch goes on where it stopped."""
    from tqdm import tqdm

    def is_missing(path: Path) -> bool:
        return options.overwrite or not os.path.lexists(path)

    def has_page_to_make(target: Path) -> bool:
        return options.compare and is_missing(page_of(target))

    todo = [job for job in jobs if is_missing(job[1]) or has_page_to_make(job[1])]
    if len(todo) < len(jobs):
        skipped = f"{len(jobs) - len(todo)} of {len(jobs)} skipped: their results exist"
        print(f"srgan-tf: {skipped} (--overwrite makes them again)", file=sys.stderr)
    if todo:
        upscaler = _open_upscaler(options)
    is_terminal = sys.stderr.isatty()
    pace = {} if is_terminal else {"mininterval": 60, "delay": 60}  # in a log, a line a minute
    try:
        with tqdm(total=len(todo), unit=" pictures", bar_format=_BAR, leave=False, **pace) as bar:
            say = bar.write if is_terminal else print
            for source, target in todo:
                try:
                    frames = _read(source)
                    if options.compare:
                        check_comparable(source, frames, options.scale, options.size)
                    method = "an earlier run"
                    if is_missing(target):
                        _upscale(upscaler, source, frames, target, options)
                        say(str(target))
                        method = Path(options.model).name
                    if has_page_to_make(target):
                        write_page(source, frames, target, method)
                        say(str(page_of(target)))
                except (ValueError, OSError) as error:
                    failures.append(one_line(error))
                    if isinstance(error, OSError) and error.errno in _FULL:
                        break  # the others would fail too; the next run makes them
                bar.update()
    finally:  # an interrupted batch says too what went wrong so far
        for line in failures:
            print(f"srgan-tf: {line}", file=sys.stderr)
    return 1 if failures else 0
