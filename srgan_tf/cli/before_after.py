"""`srgan-tf upscale --compare`: a before/after page beside each result."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from srgan_tf.pictures.reading import Frames


def page_of(target: Path) -> Path:
    """Where the page of a result goes."""
    return target.with_name(f"{target.stem}_compare.html")


def check_pages(targets: Sequence[Path]) -> None:
    """Refuses results that would share a page, such as a_x4.png and a_x4.jpg.

    Raises:
        ValueError: two results differ in their suffix only.
    """
    seen: dict[Path, Path] = {}
    for target in targets:
        other = seen.setdefault(page_of(target), target)
        if other is not target:
            raise ValueError(
                f"compare: {other} and {target} would share the page {page_of(target).name}; "
                "upscale them one by one with -o"
            )


def check_comparable(
    source: Path, frames: "Frames", scale: int, size: tuple[int, int] | None
) -> None:
    """Refuses a picture whose result is too large to be read again, before any work is done.

    Args:
        source: its file.
        frames: its content.
        scale: how much wider and higher the result gets.
        size: its width and height, instead of `scale`.

    Raises:
        ValueError: it is.
    """
    from PIL import Image

    first, limit = frames.pictures[0], Image.MAX_IMAGE_PIXELS
    width, height = size or (scale * first.width, scale * first.height)
    count = len(frames.pictures)
    if limit is not None and count * width * height > limit:
        times = f"{count} frames of " if count > 1 else ""
        raise ValueError(
            f"{source}: got a result of {times}{width}x{height} pixels, expected at most {limit} "
            "for a page; leave out --compare"
        )


def write_page(source: Path, frames: "Frames", target: Path, method: str) -> None:
    """Writes the page from the finished file: it shows what that holds, losses of JPEG included.

    Of an animation it shows the first frame; transparent parts are laid on white. `method` is what
    the result is said to be made by.

    Raises:
        ValueError: the result cannot be read.
        OSError: the page cannot be written.
    """
    from srgan_tf.evaluation.slider import render_slider
    from srgan_tf.imaging.files import write_text
    from srgan_tf.imaging.resize import resize_bicubic
    from srgan_tf.pictures.picture import to_opaque_rgb
    from srgan_tf.pictures.reading import read_frames

    result = read_frames(target).pictures[0]
    lr, after = to_opaque_rgb(frames.pictures[0]), to_opaque_rgb(result)
    before = resize_bicubic(lr, *after.shape[:2])
    icc = b"" if result.is_gray else result.metadata.icc
    page = render_slider(source.name, before, after, method, icc)
    write_text(page_of(target), page)
