"""Errors as one line of text, and one that is none."""

import errno
import sys


def one_line(error: Exception) -> str:
    """Tells an error; the system's as `photo.png: no such file or directory`, without a number."""
    text = str(error) or type(error).__name__
    if isinstance(error, OSError) and error.strerror and error.filename:
        name = error.filename2 or error.filename  # of a file that is moved: its place
        text = f"{name}: {error.strerror[:1].lower()}{error.strerror[1:]}"
    return " ".join(text.split())


def first_line(error: object) -> str:
    """What it says first: of libraries that go on with a trace. It may say nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def is_closed_pipe(error: Exception) -> bool:
    """Whether whoever read the output, such as `head`, has had enough; Windows says EINVAL."""
    is_invalid = isinstance(error, OSError) and error.errno == errno.EINVAL and not error.filename
    return isinstance(error, BrokenPipeError) or (sys.platform == "win32" and is_invalid)
