"""Files on the local disk, by Python's own means, or on any other of Beam's file systems.

Beam takes local names for patterns in places where they are none, and deletes whole folders.
"""

import os
import re
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from apache_beam.io.filesystems import FileSystems

from srgan_tf.imaging.files import made_folder, real_path, write_text

_SIGN = re.compile(r"[*?[]")


def is_remote(path: str) -> bool:
    """Whether a path is none of the local disk, such as `gs://bucket/photos`."""
    return FileSystems.get_scheme(path) is not None


@dataclass(frozen=True)
class Found:
    """What an input means.

    Attributes:
        base: the folder that results are named from, with a slash at its end.
        paths: the files, each below `base`, pictures or not.
        pattern: by which workers find the same again, on a file system of many files; else None.
    """

    base: str
    paths: list[str]
    pattern: str | None = None


def find(pattern: str) -> Found:
    """Finds a file, the files in a folder and below it, or those that a pattern means.

    `**` stands for any number of folders, also as a part of a name: `**.png` is `**/*.png`.

    Raises:
        ValueError: `**` comes after a part of a name.
        OSError: a file system cannot be reached.
    """
    return _find_remote(pattern) if is_remote(pattern) else _find_local(pattern)


def _find_local(pattern: str) -> Found:
    """What exists is no pattern, whatever letters it has. Links to folders are not followed."""
    path = Path(pattern).absolute()
    there = next((part for part in (path, *path.parents) if os.path.lexists(part)), path)
    if there == path and not path.is_dir():
        base = real_path(path.parent)
        files = [base / path.name] if os.path.lexists(path) else []
    else:
        base = real_path(there)
        inside = "**" if there == path else path.relative_to(there).as_posix()
        inside = re.sub(r"(?<![^/])\*\*(?!/)", "**/*", inside)
        if re.search(r"[^/]\*\*|\*\*[^/]", inside):
            raise ValueError(f"{pattern}: got ** behind a letter, expected it as in a/**/*.jpg")
        files = sorted(file for file in base.glob(inside) if not file.is_dir())
    return Found(base.as_posix().rstrip("/") + "/", [file.as_posix() for file in files])


def _find_remote(pattern: str) -> Found:
    """What has no wildcard is a file, or else a folder, which not all of Beam's systems know."""
    pattern = pattern.rstrip("/").replace("/**/*", "/**")  # in Beam's dialect, also the top
    paths = _match(pattern)
    if not paths and not _SIGN.search(pattern):
        pattern += "/**"
        paths = _match(pattern)
    sign = _SIGN.search(pattern)
    base = pattern[: pattern.rfind("/", 0, sign.start() if sign else None) + 1]
    return Found(base, paths, pattern)


def _match(pattern: str) -> list[str]:
    (result,) = FileSystems.match([pattern])
    return [file.path for file in result.metadata_list]


def whole_output(path: str) -> str:
    """Without a slash at its end; local ones absolute and without links, as `Found.base`.

    Raises:
        ValueError: it has a wildcard, in a file system that would take it for one.
    """
    if not is_remote(path):
        return real_path(path).as_posix()
    if _SIGN.search(path):
        raise ValueError(f"output: got {path}, expected no *, ? or [ in it")
    return path.rstrip("/")


def exists(path: str) -> bool:
    """Whether something has that name, and be it a link to nothing."""
    return FileSystems.exists(path) if is_remote(path) else os.path.lexists(path)


def is_below(path: str, folder: str) -> bool:
    """Whether a file would lie in a folder, or below it, when links are followed."""
    return is_remote(path) or real_path(Path(path).parent).is_relative_to(folder)


@contextmanager
def output_folder(output: str) -> Iterator[None]:
    """Makes a folder for results, and sees that it can be written to before any work is done.

    After a failure, an empty folder that was made does not stay.

    Raises:
        ValueError: a file is there.
        OSError: it cannot be made, or is read-only, or the disk is full.
    """
    if is_remote(output):
        if not FileSystems.exists(output):
            FileSystems.mkdirs(output)
        yield
        return
    with made_folder(Path(output)):
        try:
            with tempfile.TemporaryFile(dir=output) as probe:
                probe.write(b"probe")
        except OSError as error:
            raise OSError(error.errno, error.strerror, output) from None
        yield


@contextmanager
def to_read(path: str) -> Iterator[Path]:
    """A file that is read by its name: itself, or a local copy for as long as it is needed."""
    if not is_remote(path):
        yield Path(path)
        return
    with tempfile.TemporaryDirectory() as scratch, FileSystems.open(path) as remote:
        copy = Path(scratch, f"source{Path(path).suffix}")
        copy.write_bytes(remote.read())
        yield copy


@contextmanager
def to_write(path: str) -> Iterator[Path]:
    """A file that is written by its name, atomically: itself, or one that is then published."""
    if not is_remote(path):
        yield Path(path)
        return
    with tempfile.TemporaryDirectory() as scratch:
        result = Path(scratch, f"result{Path(path).suffix}")
        yield result
        _publish(result, path)


def write_lines(path: str, lines: Iterable[str]) -> None:
    """Writes a text file, over one of before."""
    with to_write(path) as file:
        write_text(file, "".join(f"{line}\n" for line in sorted(lines)))


def _publish(result: Path, target: str) -> None:
    """Copies a finished file to its place, where it appears as a whole or not at all."""
    folder, name = FileSystems.split(target)
    part = FileSystems.join(folder, f".{name[:50]}.{uuid.uuid4().hex[:8]}")
    try:
        with FileSystems.create(part) as remote:
            remote.write(result.read_bytes())
        FileSystems.rename([part], [target])
    except BaseException:
        with suppress(Exception):  # it is not there, or out of reach; the first error is told
            FileSystems.delete([part])
        raise
