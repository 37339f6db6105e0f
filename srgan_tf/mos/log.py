"""The record of what raters did: one line of JSON each, only ever appended, safe on disk.

Events: `start` (a rater logged in, with the screen), `rating`, `undo` (takes back the rating of
that position) and `simulation` (the ratings of raters named in it are not people's).
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from srgan_tf.imaging.files import lock
from srgan_tf.mos.study import RATINGS, Study

Record = dict[str, Any]

EVENTS = ("start", "rating", "undo", "simulation")


class RatingLog:
    """The open log of a study, for writing; no second program can open it meanwhile.

    A server that is killed while it writes may leave part of a line. Nobody was told that this line
    is safe; it is cut off when the log is opened again.

    Attributes:
        records: what the log held when it was opened.
    """

    def __init__(self, study: Study) -> None:
        path = study.folder / RATINGS
        if path.is_symlink():  # of a study from elsewhere, to a file of whoever serves it
            raise ValueError(f"{path}: got a link, expected the study's own file")
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            lock(self._file, f"study: {study.folder}")
            self.records = read_records(study)
            os.ftruncate(self._file, path.read_bytes().rfind(b"\n") + 1)
            os.fsync(self._file)
        except BaseException:
            os.close(self._file)
            raise

    def append(self, records: Iterable[Record]) -> None:
        """Writes records and waits until they are on the disk; all of them or none.

        Raises:
            OSError: the disk is full or broken; the log is as before.
        """
        lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        size = os.fstat(self._file).st_size
        left = memoryview(lines.encode())
        try:
            while left:
                left = left[os.write(self._file, left) :]
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, size)
            raise

    def close(self) -> None:
        """Lets other programs open the log."""
        os.close(self._file)

    def __enter__(self) -> "RatingLog":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def read_records(study: Study) -> list[Record]:
    """Reads the log as far as it is complete; also while a server writes to it.

    Raises:
        ValueError: a line is no record.
    """
    path = study.folder / RATINGS
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")[:-1]  # behind the last line's end: nothing, or a part
    return [_parse(path, number, line) for number, line in enumerate(lines, 1)]


def _parse(path: Path, number: int, line: bytes) -> Record:
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    if not isinstance(record, dict) or record.get("event") not in EVENTS:
        raise ValueError(f"{path}: line {number} is damaged, expected a record in JSON")
    return record
