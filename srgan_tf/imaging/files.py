"""Writing files so that a reader never meets half of one, and reading arrays back."""

import hashlib
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_MOST_BYTES = 2**31  # of arrays that are read; a GAN's checkpoint has 0.4 GB

if TYPE_CHECKING:
    import numpy as np


def real_path(path: str | Path) -> Path:
    """The path without links. `Path.resolve` fails where they go in circles."""
    return Path(os.path.realpath(path))


def write_atomically(path: str | Path, write: Callable[[BinaryIO], object]) -> None:
    """Writes a file under a temporary name beside its place, then moves it there.

    Whatever happens, `path` holds either what it held before or the whole new content; after a
    failure no temporary file stays behind.

    Args:
        path: the file to make or replace; its folder exists.
        write: gets the open binary file and writes the content.

    Raises:
        OSError: the folder is missing, not writable or full.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name[:50]}.{secrets.token_hex(4)}")  # 255 bytes at most
    opened = temporary.open("xb")
    try:
        with opened as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, temporary)
        move_into_place(temporary, path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and not error.filename:  # of a full disk Python names none
            error.filename = str(path)
        raise


def move_into_place(temporary: Path, path: Path) -> None:
    """Moves a finished file, over one of before.

    Windows refuses that while another program has the file open; a virus scanner, say, has it for
    a moment, so there it is tried for two seconds.

    Raises:
        OSError: it stays refused; both files are as they were.
    """
    for _ in range(20 if fcntl is None else 0):
        with suppress(PermissionError):
            temporary.replace(path)
            return
        time.sleep(0.1)
    temporary.replace(path)


def write_bytes(path: str | Path, content: bytes) -> None:
    """Writes a file as `write_atomically` does."""
    write_atomically(path, lambda file: file.write(content))


def write_text(path: str | Path, text: str) -> None:
    """Writes a text file, in UTF-8, as `write_atomically` does.

    What is not text in a file's name is written as the bytes that it is.
    """
    write_bytes(path, text.encode(errors="surrogateescape"))


@contextmanager
def made_folder(folder: Path) -> Iterator[None]:
    """Makes a folder; after a failure, nothing that was made for it stays if it is empty.

    Raises:
        ValueError: a file is there.
        OSError: it cannot be made.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"output: got the file {folder}, expected a folder")
    made = []
    for path in (*reversed(folder.parents), folder):
        if not path.exists():
            with suppress(FileExistsError):  # another program was faster: then it is theirs
                path.mkdir()
                made.append(path)
    try:
        yield
    except BaseException:
        for path in reversed(made):
            with suppress(OSError):  # not empty
                path.rmdir()
        raise


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Gives a hidden folder to fill, which then appears as `folder`: whole or not at all.

    It is for its owner alone.

    Raises:
        ValueError: there is no folder to put it in, or something is in its place.
    """
    parent = real_path(folder).parent
    if not parent.is_dir():
        raise ValueError(f"output: the folder {parent} does not exist")
    building = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=parent))
    try:
        yield building
        try:
            if fcntl is None and folder.is_dir():
                folder.rmdir()  # empty; Windows does not move a folder onto it
            building.replace(folder)
        except OSError as error:  # it is in use: the current folder, or another disk's
            raise ValueError(
                f"output: {folder} cannot be put in its place ({error.strerror}); choose a new "
                "folder"
            ) from None
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise


def lock(handle: int, name: str) -> None:
    """Keeps an open file or folder for one program, until it is closed; nothing on Windows.

    Raises:
        ValueError: another program has it.
        OSError: its file system cannot lock.
    """
    if fcntl is None:
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ValueError(f"{name} is in use by another program") from None


@contextmanager
def in_use(folder: str | Path) -> Iterator[None]:
    """Keeps a folder for one program: a second that asks for the same is refused.

    On Windows, and on file systems that cannot lock, a second program is not noticed.

    Raises:
        ValueError: another program uses it.
    """
    if fcntl is None:  # Windows cannot open a folder either
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # of file systems that cannot lock
            lock(handle, str(folder))
        yield
    finally:
        os.close(handle)


def read_arrays(path: str | Path) -> "dict[str, np.ndarray]":
    """Reads all arrays of a NumPy `.npz` file.

    Raises:
        ValueError: the file is missing, damaged or of another kind; the message says which.
    """
    import numpy as np  # here, since `srgan-tf --help` imports this module too

    try:
        with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            if sum(part.file_size for part in arrays.zip.infolist()) > _MOST_BYTES:
                raise ValueError(f"it would need more than {_MOST_BYTES >> 30} GB of memory")
            return {key: arrays[key] for key in arrays.files}
    except MemoryError:
        raise
    except Exception as error:  # NumPy's reader raises anything: zlib.error ...
        raise ValueError(f"{path} cannot be read as arrays (.npz): {error}") from None


def digest_files(paths: Iterable[str | Path]) -> str:
    """Returns the SHA-256 of files' contents, one after the other, as hexadecimal digits."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()
