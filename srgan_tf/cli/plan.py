"""Which pictures the arguments of `srgan-tf upscale` mean, and where each result goes."""

import functools
import os
import tempfile
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from srgan_tf.imaging.errors import one_line
from srgan_tf.imaging.files import real_path
from srgan_tf.pictures.reading import SUFFIXES
from srgan_tf.pictures.writing import picture_format


@dataclass(frozen=True)
class Found:
    """An input.

    Attributes:
        path: the file.
        folder: its folder, relative to the searched one; results keep it.
        was_searched: found in a folder or by a pattern, not named by the user.
    """

    path: Path
    folder: Path = Path()
    was_searched: bool = False


def find_inputs(names: Sequence[str], output: str | None) -> tuple[list[Found], list[str]]:
    """Resolves files, folders (searched recursively) and patterns such as `photos/**/*.jpg`.

    In a folder, names with a picture's suffix count. Links to files are followed, links to folders
    are not; hidden files and the output folder are left out.

    Returns:
        The inputs, each once, and a line for each name without a picture and each folder that
        cannot be read.
    """
    found: list[Found] = []
    problems: list[str] = []
    for name in names:
        path = Path(name)
        if not name:  # which would be the current folder
            problems.append("inputs: got an empty name, expected a file, folder or pattern")
            continue
        try:
            if path.is_dir():
                pictures = _search(path, output, problems)
            elif not path.exists() and any(letter in name for letter in "*?["):
                pictures = [Found(match, was_searched=True) for match in _match(path)]
            else:
                pictures = [Found(path)]
        except OSError as error:  # a folder above it is closed, or the name is too long
            problems.append(one_line(error))
            continue
        if not pictures:
            problems.append(f"{name}: got no picture there, expected files such as .jpg or .png")
        found += pictures
    once: dict[Path, Found] = {}
    for item in found:
        if item.path not in once or once[item.path].was_searched:
            once[item.path] = item  # what is named counts as named, if it was found too
    return list(once.values()), problems


def _match(pattern: Path) -> list[Path]:
    """The pictures that a pattern means; hidden folders only where it names them."""
    inside = pattern.relative_to(pattern.anchor)
    if inside.name == "**":  # folders alone, up to Python 3.12
        inside /= "*"
    named = [part for part in inside.parts if part.startswith(".")]
    return sorted(
        match
        for match in Path(pattern.anchor).glob(str(inside))
        if _is_picture(match)
        and all(
            any(fnmatchcase(part, each) for each in named)
            for part in match.parts
            if part.startswith(".")
        )
    )


def _search(root: Path, output: str | None, problems: list[str]) -> list[Found]:
    def fail(error: OSError) -> None:
        problems.append(f"{error.filename}: the folder cannot be read ({error.strerror})")

    found = []
    leave_out = None if output is None else _identity(Path(output))
    for name, folders, files in os.walk(root, onerror=fail):
        here = Path(name)
        folders[:] = sorted(
            folder
            for folder in folders
            if not folder.startswith(".") and _identity(here / folder) != leave_out
        )
        for file in sorted(files):
            if _is_picture(here / file):
                found.append(Found(here / file, here.relative_to(root), was_searched=True))
    return found


def _is_picture(path: Path) -> bool:
    is_named_so = not path.name.startswith(".") and path.suffix.lower() in SUFFIXES
    return is_named_so and not path.is_dir()


def without_results(
    found: Sequence[Found], output: str | None, suffixes: Iterable[str]
) -> list[Found]:
    """Leaves out what earlier runs made of the other inputs, when it lies among them.

    Such results lie where those of this run go, or beside their inputs.

    Args:
        found: the inputs.
        output: see `plan_targets`.
        suffixes: what results have behind their inputs' names.
    """
    targets = (
        _target(item, place, mark)
        for place in {output, None}
        for mark in suffixes
        for item in found
    )
    results = {_identity(target) for target in targets}
    return [item for item in found if not (item.was_searched and _identity(item.path) in results)]


def _identity(path: Path) -> object:
    """Equal for all names of one file: through links, and in other case where that says nothing.

    Names that differ otherwise are files of their own, and be they hard links.
    """
    real = real_path(path)
    try:
        status = path.stat()
    except OSError:  # nothing is there
        return real
    return (status.st_dev, status.st_ino, _fold(real.name)) if status.st_ino else real


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _target(item: Found, output: str | None, suffix: str, file_type: str | None = None) -> Path:
    if file_type is None:
        try:
            picture_format(item.path)
            file_type = item.path.suffix
        except ValueError:
            file_type = ".png"
    folder = item.path.parent if output is None else Path(output) / item.folder
    return folder / f"{item.path.stem}{suffix}{file_type}"


def plan_targets(
    found: Sequence[Found],
    output: str | None,
    suffix: str = "_x4",
    file_type: str | None = None,
) -> list[Path]:
    """Decides where each result goes, before any work is done.

    Args:
        found: the inputs.
        output: a file, for one named input, or a folder; None: beside each input.
        suffix: put behind the input's name.
        file_type: such as `.png`; None: as the input's.

    Raises:
        ValueError: a result is an input, would be written twice or outside the output folder, or
            the output has no place.
    """
    folder = Path(output) if output else None
    single = len(found) == 1 and not found[0].was_searched
    names_folder = output and output.endswith(("/", os.sep))
    if folder is not None and single and not (folder.is_dir() or names_folder) and folder.suffix:
        if not folder.parent.is_dir():
            raise ValueError(f"output: the folder {folder.parent} does not exist")
        targets = [folder]
    else:
        if folder is not None and folder.exists() and not folder.is_dir():
            raise ValueError(f"output: got the file {folder}, expected a folder")
        targets = [_target(item, output, suffix, file_type) for item in found]
        if folder is not None:
            root = real_path(folder)
            for target in targets:
                if not real_path(target.parent).is_relative_to(root):
                    raise ValueError(f"output: {target} lies outside {folder}, through a link")
    sources = {_identity(item.path) for item in found}
    seen: dict[str, list[Path]] = {}
    for target in targets:
        if _identity(target) in sources:
            raise ValueError(f"output: {target} is an input too; choose another -o")
        real = real_path(target.parent) / target.name
        alike = seen.setdefault(_fold(str(real)), [])
        if real in alike or (alike and _ignores_case(real.parent)):
            raise ValueError(f"output: two inputs would both be written to {target}")
        alike.append(real)
    return targets


@functools.cache
def _ignores_case(folder: Path) -> bool:
    """Whether names that differ in case alone are one file there; the folder may be to be made."""
    there = next(path for path in (folder, *folder.parents) if path.is_dir())
    try:
        with tempfile.NamedTemporaryFile(prefix=".case", dir=there) as file:
            path = Path(file.name)
            return path.with_name(path.name.upper()).exists()
    except OSError:  # nothing can be written there anyway
        return False


def check_existing(target: Path, overwrite: bool) -> None:
    """Refuses to replace a file unless that was asked for.

    Raises:
        ValueError: the file exists.
    """
    if not overwrite and (target.exists() or target.is_symlink()):
        raise ValueError(f"output: {target} exists; add --overwrite or choose another -o")
