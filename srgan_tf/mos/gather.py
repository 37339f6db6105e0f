"""Finding the originals, and each method's results for them, in folders."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from srgan_tf.data.benchmarks import set_order
from srgan_tf.imaging.files import real_path
from srgan_tf.mos.study import ORIGINAL
from srgan_tf.pictures.picture import to_opaque_rgb
from srgan_tf.pictures.reading import SUFFIXES, read_picture


@dataclass(frozen=True)
class Image:
    """An image of the test with all its versions.

    Attributes:
        set: the benchmark.
        name: within the set.
        versions: file of each version by method, the original among them.
    """

    set: str
    name: str
    versions: dict[str, Path]


def find_pictures(folder: str | Path) -> dict[tuple[str, str], Path]:
    """Lists pictures by set and name.

    Sets are sub-folders: `SET/NAME.png`, or `SET/HR/NAME.png` as benchmarks lie. Pictures that lie
    in the folder itself form one set of the folder's name. Folders `LRx4` are left out.

    Raises:
        ValueError: no such folder, no pictures in it, or two of one name.
    """
    root = Path(folder)
    if not root.is_dir():
        raise ValueError(f"pictures: got {folder}, expected a folder")
    found: dict[tuple[str, str], Path] = {}
    for path in sorted(path for pattern in ("*", "*/*", "*/HR/*") for path in root.glob(pattern)):
        parts = [part for part in path.relative_to(root).parts[:-1] if part != "HR"]
        is_hidden = any(part.startswith(".") for part in (*parts, path.name))
        if path.suffix.lower() not in SUFFIXES or is_hidden or "LRx4" in parts:
            continue
        key = (parts[0] if parts else _set_name(root), path.stem)
        if key in found:
            raise ValueError(f"pictures: {found[key]} and {path} have the same name")
        found[key] = path
    if not found:
        raise ValueError(f"pictures: got no picture in {folder}, expected files such as .png")
    return found


def _set_name(root: Path) -> str:
    root = real_path(root)
    return root.parent.name if root.name == "HR" else root.name


def gather(originals: str | Path, methods: dict[str, str]) -> list[Image]:
    """Matches results with originals.

    A method has a result for all images of a set or for none of them: in the paper three methods
    were not rated on BSD100. `NAME_x4.png`, as `srgan-tf upscale` writes it, counts as NAME's.

    Args:
        originals: folder of originals, see `find_pictures`.
        methods: folder of results by method, of the same layout.

    Raises:
        ValueError: results are missing.
    """
    images = {key: {ORIGINAL: path} for key, path in find_pictures(originals).items()}
    sets = list(dict.fromkeys(name for name, _ in images))
    for method, folder in methods.items():
        results = find_pictures(folder)
        if len(sets) == 1 and len({name for name, _ in results}) == 1:  # both flat
            results = {(sets[0], name): path for (_, name), path in results.items()}
        matched = {}
        for key in images:
            path = results.get(key) or results.get((key[0], f"{key[1]}_x4"))
            if path:
                matched[key] = path
        if not matched:
            name = "/".join(next(iter(images)))
            raise ValueError(f"{method}: got no result for an original in {folder}, such as {name}")
        covered = {name for name, _ in matched}
        for key in images:
            if key[0] in covered and key not in matched:
                raise ValueError(f"{method}: got no result for {'/'.join(key)} in {folder}")
            if key in matched:
                images[key][method] = matched[key]
    order = [*methods, ORIGINAL]
    return [
        Image(set_name, name, {method: files[method] for method in order if method in files})
        for (set_name, name), files in sorted(
            images.items(), key=lambda item: (set_order(item[0][0]), item[0][1])
        )
    ]


def read_versions(image: Image) -> dict[str, np.ndarray]:
    """Decodes all versions of an image, uint8 (h, w, 3), of one size.

    The original is cut to multiples of 4, as for the 4x reduction; results may be of either size.

    Raises:
        ValueError: a file cannot be read, or a result has another size.
    """
    original = to_opaque_rgb(read_picture(image.versions[ORIGINAL]))
    height, width = (side // 4 * 4 for side in original.shape[:2])
    if not height or not width:
        raise ValueError(f"{image.versions[ORIGINAL]}: expected at least 4x4 pixels")
    pixels = {}
    for method, path in image.versions.items():
        picture = to_opaque_rgb(read_picture(path))
        if picture.shape not in (original.shape, (height, width, 3)):
            raise ValueError(
                f"{path}: got {picture.shape[1]}x{picture.shape[0]} pixels, expected {width}x"
                f"{height} as its original"
            )
        pixels[method] = picture[:height, :width]
    return pixels
