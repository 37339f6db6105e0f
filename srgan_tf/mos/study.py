"""A study on disk: what is rated, in which order by whom, and the raters' codes.

A study's folder holds

- `study.json`: the pictures and every rater's order; the same seed and pictures give the same file,
  and who knows the seed, knows the orders,
- `pictures/`: the pictures, without metadata, under numbers that follow no order,
- `raters.csv`: the code of each rater, and `key`: both secret, drawn from the system's randomness,
- `ratings.jsonl`: what the raters did (see `srgan_tf.mos.log`).
"""

import csv
import hashlib
import hmac
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from srgan_tf.imaging.files import real_path

ORIGINAL = "original"
"""The version that is not a result; HR in the paper."""

SCORES = (1, 2, 3, 4, 5)

PLAN = "study.json"
RATINGS = "ratings.jsonl"

MOST_RATERS = 10_000


@dataclass(frozen=True)
class StudyPicture:
    """One version of one image.

    Attributes:
        set: the benchmark it belongs to.
        image: the image's name within the set.
        method: what made it, or `original`.
        file: its file in `pictures/`.
        width: pixels.
        height: pixels.
        expected: the score that a calibration picture stands for (1 or 5); None: to be rated.
    """

    set: str
    image: str
    method: str
    file: str
    width: int
    height: int
    expected: int | None = None


@dataclass(frozen=True)
class Study:
    """The plan of a study.

    Attributes:
        folder: where it lies.
        seed: of every order.
        methods: the rated versions, `original` last.
        break_every: pictures between two breaks.
        settings: how it was planned, for the record.
        pictures: all pictures; elsewhere they are called by their index here.
        raters: the pictures of each rater by the rater's name, in the order of showing: first the
            calibration, then the test. A picture that stands in it again is a repeat.
    """

    folder: Path
    seed: int
    methods: tuple[str, ...]
    break_every: int
    settings: dict[str, Any]
    pictures: tuple[StudyPicture, ...]
    raters: dict[str, tuple[int, ...]]

    @property
    def sets(self) -> tuple[str, ...]:
        """The benchmarks of the test, as planned."""
        found = (picture.set for picture in self.pictures if picture.expected is None)
        return tuple(dict.fromkeys(found))

    def num_calibration(self, rater: str) -> int:
        """How many calibration pictures a rater sees before the test."""
        return sum(self.pictures[index].expected is not None for index in self.raters[rater])

    def num_ratings(self, rater: str) -> int:
        """How many pictures of the test a rater sees, repeats not counted."""
        return len(set(self.raters[rater])) - self.num_calibration(rater)

    def picture_path(self, index: int) -> Path:
        """The file of a picture."""
        return self.folder / "pictures" / self.pictures[index].file

    def read_picture(self, index: int) -> np.ndarray:
        """The pixels of a picture, uint8 (h, w, 3).

        Raises:
            ValueError: it is no PNG file in the study's own folder: whoever serves a study from
                elsewhere does not serve files of their own.
        """
        path = self.picture_path(index)
        if real_path(path) != real_path(self.folder) / "pictures" / path.name:
            raise ValueError(f"{path}: got a link, expected the study's own file")
        with Image.open(path, formats=["PNG"]) as image:
            return np.asarray(image.convert("RGB"))

    def save(self) -> None:
        """Writes `study.json`; the folder exists."""
        content = {
            "format": 1,
            "seed": self.seed,
            "methods": self.methods,
            "break_every": self.break_every,
            "settings": self.settings,
            "pictures": [asdict(picture) for picture in self.pictures],
        }
        lines = json.dumps(content, indent=1, ensure_ascii=False).removesuffix("\n}")
        orders = ",\n".join(
            f"  {json.dumps(rater)}: {json.dumps(order)}" for rater, order in self.raters.items()
        )
        text = f'{lines},\n "raters": {{\n{orders}\n }}\n}}\n'
        (self.folder / PLAN).write_text(text, encoding="utf-8")


def load_study(folder: str | Path) -> Study:
    """Reads the plan of a study.

    Raises:
        ValueError: the folder holds no study, or its plan is damaged.
    """
    folder = Path(folder)
    path = folder / PLAN
    if not path.is_file():
        raise ValueError(
            f"study: got {folder}, expected a folder made by `srgan-tf mos plan` (with study.json)"
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        pictures = tuple(StudyPicture(**picture) for picture in content["pictures"])
        for picture in pictures:
            if not re.fullmatch(r"\d+\.png", picture.file):
                raise ValueError(f"got the file {picture.file}, expected a number and .png")
        raters = {rater: tuple(order) for rater, order in content["raters"].items()}
        if not all(0 <= index < len(pictures) for order in raters.values() for index in order):
            raise ValueError("an order names a picture that does not exist")
        return Study(
            folder=folder,
            seed=content["seed"],
            methods=tuple(content["methods"]),
            break_every=content["break_every"],
            settings=content["settings"],
            pictures=pictures,
            raters=raters,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: damaged ({error}); plan the study again") from None


def load_codes(study: Study) -> dict[str, str]:
    """Reads `raters.csv`: the rater's name by code.

    Raises:
        ValueError: the file is missing or does not fit the study.
    """
    path = study.folder / "raters.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            codes = {row["code"]: row["rater"] for row in csv.DictReader(file)}
    except (OSError, KeyError) as error:
        raise ValueError(f"{path}: cannot be read ({error})") from None
    if sorted(codes.values()) != sorted(study.raters):
        raise ValueError(f"{path}: expected one code for each of the {len(study.raters)} raters")
    return codes


class Secret:
    """The study's key: what must not be guessed is derived from it."""

    def __init__(self, study: Study) -> None:
        path = study.folder / "key"
        try:
            self._key = bytes.fromhex(path.read_text(encoding="ascii"))
        except (OSError, ValueError) as error:
            raise ValueError(f"{path}: cannot be read ({error})") from None

    def picture_id(self, rater: str, position: int) -> str:
        """The name under which a rater's browser knows a picture: tells nothing about it."""
        return self._derive(f"picture {position} of {rater}")

    def token(self) -> str:
        """What a browser on another computer must show; the same after a restart."""
        return self._derive("token")

    def _derive(self, purpose: str) -> str:
        return hmac.new(self._key, purpose.encode(), hashlib.sha256).hexdigest()[:24]
