"""Making a study out of folders of results."""

import csv
import dataclasses
import hashlib
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PillowImage

from srgan_tf.imaging.files import new_folder
from srgan_tf.imaging.resize import reduce_4x, upscale_nearest
from srgan_tf.mos.gather import Image, find_pictures, gather, read_versions
from srgan_tf.mos.order import choose_subsets, order_pictures
from srgan_tf.mos.study import MOST_RATERS, ORIGINAL, Study, StudyPicture

PAPER = {"num_raters": 26, "num_calibration": 20, "num_repeats": 10}
"""Section 3.3: 26 raters, calibrated on 20 images; the ratings of the identical images of its pilot
study are the repeats."""

_CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that are mistaken for another


def make_study(
    folder: str | Path,
    originals: str | Path,
    methods: dict[str, str],
    calibration: str | Path,
    *,
    num_raters: int = 26,
    num_calibration: int | None = None,
    num_repeats: int | None = None,
    ratings: int | None = None,
    break_every: int = 100,
    seed: int | None = None,
) -> Study:
    """Makes the folder of a study; it appears whole or not at all.

    "The raters were calibrated on the NN (score 1) and HR (5) versions of 20 images" (Ledig et al.
    2017, Section 3.3); then each rates the versions of the test's images in an order of their own.
    Sets for which no method has results are left out: originals alone compare nothing.

    Args:
        folder: the study's; must not exist, or be empty.
        originals: folder of the test's originals, see `srgan_tf.mos.gather`.
        methods: folder of results by method.
        calibration: folder of original pictures that are not in the test.
        num_raters: how many may take part.
        num_calibration: images for calibration, each shown in two versions; None: at most 10.
        num_repeats: pictures that each rater rates twice; None: at most 10, no more than a tenth.
        ratings: pictures that one rater rates at most, without calibration and repeats; None: all.
        break_every: pictures between two breaks.
        seed: of the subsets and orders. None: drawn, since a rater who knows it knows which picture
            is which method's.

    Returns:
        The study.

    Raises:
        ValueError: pictures do not fit together, or a number is out of range.
    """
    folder = Path(folder)
    seed = secrets.randbits(63) if seed is None else seed
    _check(folder, methods, num_raters, num_repeats, num_calibration, break_every, seed)
    gathered = gather(originals, methods)
    images = [image for image in gathered if len(image.versions) > 1]
    left_out = dict.fromkeys(image.set for image in gathered if len(image.versions) == 1)
    examples = _choose_examples(find_pictures(calibration), num_calibration, seed)
    with new_folder(folder) as building:
        pictures = _store_pictures(building, images, examples, seed)
        study = Study(
            folder=building,
            seed=seed,
            methods=(*methods, ORIGINAL),
            break_every=break_every,
            settings={
                "raters": num_raters,
                "ratings": ratings,
                "calibration images": len(examples),
                "sets left out": list(left_out),
            },
            pictures=tuple(pictures),
            raters=_order_raters(pictures, num_raters, num_repeats, ratings, seed),
        )
        study.save()
        _draw_secrets(study)
    return dataclasses.replace(study, folder=folder)


def _check(
    folder: Path,
    methods: dict[str, str],
    num_raters: int,
    num_repeats: int | None,
    num_calibration: int | None,
    break_every: int,
    seed: int,
) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"output: {folder} exists; a study is made in a new folder")
    if not methods:
        raise ValueError("method: got none, expected at least one NAME=DIR")
    for name in methods:
        if not name.isprintable() or not name.strip() or "/" in name or name == ORIGINAL:
            raise ValueError(
                f"method: got the name {name!r}, expected letters without /, and not {ORIGINAL!r}"
            )
    limits = {"raters": (num_raters, 1), "break-every": (break_every, 1), "seed": (seed, 0)}
    limits |= {"repeats": (num_repeats or 0, 0), "calibration-images": (num_calibration or 2, 2)}
    for option, (value, least) in limits.items():
        if value < least:
            raise ValueError(f"{option}: got {value}, expected at least {least}")
    if num_raters > MOST_RATERS:
        raise ValueError(f"raters: got {num_raters}, expected at most {MOST_RATERS}")


def _choose_examples(
    found: dict[tuple[str, str], Path], count: int | None, seed: int
) -> list[Path]:
    paths = list(found.values())
    count = min(10, len(paths)) if count is None else count
    if not 2 <= count <= len(paths):
        raise ValueError(
            f"calibration: got {len(paths)} pictures, expected at least {max(count, 2)}"
        )
    chosen = np.random.default_rng((seed, 0)).choice(len(paths), count, replace=False)
    return [paths[index] for index in sorted(chosen)]


def _store_pictures(
    building: Path, images: list[Image], examples: list[Path], seed: int
) -> list[StudyPicture]:
    """Writes all pictures, as bare pixels, under numbers that tell neither image nor method."""
    (building / "pictures").mkdir()
    count = sum(len(image.versions) for image in images) + 2 * len(examples)
    numbers = iter(np.random.default_rng((seed, 1)).permutation(count).tolist())
    pictures = []

    def store(key: tuple[str, str, str], pixels: np.ndarray, expected: int | None = None) -> None:
        file = f"{next(numbers):05}.png"
        PillowImage.fromarray(pixels).save(building / "pictures" / file)
        height, width, _ = pixels.shape
        pictures.append(StudyPicture(*key, file, width, height, expected))

    in_test = set()
    for image in images:
        versions = read_versions(image)
        in_test.add(_digest(versions[ORIGINAL]))
        for method, pixels in versions.items():
            store((image.set, image.name, method), pixels)
    for path in examples:
        example = Image("calibration", path.stem, {ORIGINAL: path})
        original = read_versions(example)[ORIGINAL]
        if _digest(original) in in_test:
            raise ValueError(
                f"calibration: {path} is a picture of the test; expected other images, as raters "
                "would recognise them"
            )
        nearest = upscale_nearest(reduce_4x(original))
        store(("calibration", path.stem, "nearest"), nearest, 1)
        store(("calibration", path.stem, ORIGINAL), original, 5)
    return pictures


def _digest(pixels: np.ndarray) -> bytes:
    return hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).digest()


def _order_raters(
    pictures: list[StudyPicture],
    num_raters: int,
    num_repeats: int | None,
    ratings: int | None,
    seed: int,
) -> dict[str, tuple[int, ...]]:
    examples = [index for index, picture in enumerate(pictures) if picture.expected is not None]
    versions: dict[tuple[str, str], list[int]] = {}
    for index, picture in enumerate(pictures):
        if picture.expected is None:
            versions.setdefault((picture.set, picture.image), []).append(index)
    groups = list(versions.values())
    sizes = [len(group) for group in groups]
    most = sum(sizes) if ratings is None else ratings
    subsets = choose_subsets(sizes, num_raters, most, np.random.default_rng((seed, 2)))
    width = len(str(num_raters))
    raters = {}
    for number, subset in enumerate(subsets, 1):
        rng = np.random.default_rng((seed, 3, number))
        test = [index for group in subset for index in groups[group]]
        repeats = min(10, len(test) // 10) if num_repeats is None else num_repeats
        raters[f"rater{number:0{width}}"] = (
            *_shuffle(examples, 0, pictures, rng),
            *_shuffle(test, repeats, pictures, rng),
        )
    return raters


def _shuffle(
    indices: list[int], num_repeats: int, pictures: list[StudyPicture], rng: np.random.Generator
) -> Iterable[int]:
    images = [(pictures[index].set, pictures[index].image) for index in indices]
    return (indices[place] for place in order_pictures(images, num_repeats, rng))


def _draw_secrets(study: Study) -> None:
    key = study.folder / "key"
    key.touch(0o600)
    key.write_text(secrets.token_hex(32), encoding="ascii")
    table = study.folder / "raters.csv"
    table.touch(0o600)
    codes: set[str] = set()
    while len(codes) < len(study.raters):
        codes.add("".join(secrets.choice(_CODE_LETTERS) for _ in range(8)))
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["rater", "code"])
        writer.writerows(zip(study.raters, codes, strict=True))


def describe(study: Study) -> list[str]:
    """What was planned, in a few lines."""
    tested = [picture for picture in study.pictures if picture.expected is None]
    lines = []
    for name in study.sets:
        versions = [p for p in tested if p.set == name]
        images = {p.image for p in versions}
        lines.append(
            f"{name}: {len(images)} images, {len(versions) // len(images)} versions of each"
        )
    for name in study.settings.get("sets left out", ()):
        lines.append(f"{name}: left out, no method has results for it")
    shown = {index for order in study.raters.values() for index in order}
    shown_images = {(study.pictures[i].set, study.pictures[i].image) for i in shown}
    if unseen := {(p.set, p.image) for p in tested} - shown_images:
        lines.append(f"{len(unseen)} images are shown to nobody: too few raters or --ratings")
    counts: dict[str, Any] = {}
    for rater, order in study.raters.items():
        calibration = study.num_calibration(rater)
        test = study.num_ratings(rater)
        counts.setdefault(f"{test} ratings", (calibration, len(order) - calibration - test))
    for rated, (calibration, repeats) in counts.items():
        lines.append(f"a rater: {calibration} calibration pictures, {rated}, {repeats} repeats")
    return lines
