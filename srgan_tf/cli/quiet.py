"""Libraries in C and C++ kept from writing to the terminal past Python."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def quiet_start() -> Iterator[Callable[[str], object]]:
    """Discards what is written to the process's standard error, for an import or a decoding.

    TensorFlow's libraries log before their log level can be set; libtiff remarks on damaged files.
    Exceptions pass as usual.

    Yields:
        What writes a line of our own there all the same.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    silence = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(silence, 2)
        yield lambda line: os.write(saved, f"{line}\n".encode(errors="backslashreplace"))
    finally:
        os.dup2(saved, 2)
        os.close(silence)
        os.close(saved)
