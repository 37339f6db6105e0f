"""Enlarges a picture 4 times with a .tflite model of `srgan-tf export tflite`, tile by tile.

    python run_tflite.py srresnet_mse.dynamic.tflite photo.jpg photo_x4.png [--tile 128]

Needs numpy, Pillow and ai-edge-litert alone. The network's memory follows the tile; the picture and
the result are held whole.
"""

import argparse
import os
import secrets
import sys
import time
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "PPM")  # others may start programs
OVERLAP = 16  # pixels that a tile sees beyond what is kept of it: no seam above one grey level


def open_model(path, threads):
    """Returns a function from lr, uint8 (h, w, 3), to sr, uint8 (4h, 4w, 3).

    Raises:
        ValueError: not a model from `lr` to `sr`.
    """
    content = path.read_bytes()  # LiteRT cannot open every name that Windows gives
    interpreter = Interpreter(model_content=content, num_threads=threads)
    names = interpreter.get_signature_list().get("serving_default")
    if names is None or (names["inputs"], names["outputs"]) != (["lr"], ["sr"]):
        raise ValueError(f"{path} has another signature than lr to sr")
    run = interpreter.get_signature_runner("serving_default")  # resizes to what it is given

    def upscale(lr_uint8):
        try:
            sr = run(lr=lr_uint8[None].astype(np.float32) / np.float32(255))["sr"][0]
        except RuntimeError as error:  # LiteRT's word for it varies
            raise MemoryError(f"memory may not suffice; try a smaller --tile ({error})") from None
        return np.rint(sr * np.float32(255)).astype(np.uint8)

    return upscale


def read_picture(path):
    """Returns the upright picture, uint8 (h, w, 3); 16 bits of gray are scaled to 8.

    Raises:
        ValueError: Pillow cannot read it, or it has too many pixels.
    """
    try:
        with Image.open(path, formats=FORMATS) as image:
            image = ImageOps.exif_transpose(image)
            if image.mode.startswith("I") or image.mode == "F":  # convert() would cut them off
                scale = 257 if image.mode.startswith("I") else 1
                gray = np.clip(np.rint(np.asarray(image) / scale), 0, 255).astype(np.uint8)
                return np.repeat(gray[..., None], 3, axis=-1)
            return np.asarray(image.convert("RGB"))
    except Exception as error:  # Pillow's readers raise anything: DecompressionBombError ...
        raise ValueError(f"cannot read {path}: {error}") from None


def spans(size, tile):
    """Cuts an axis: (start, stop) of what each tile sees, and (start, stop) of what is kept.

    All tiles see the same length, so that the model is resized once for each axis.
    """
    sees = min(size, tile + 2 * OVERLAP)
    for first in range(0, size, tile):
        start = min(max(first - OVERLAP, 0), size - sees)
        yield start, start + sees, first, min(first + tile, size)


def upscale_by_tiles(upscale, lr_uint8, tile):
    """Returns the whole picture, uint8 (4h, 4w, 3)."""
    height, width, _ = lr_uint8.shape
    sr = np.empty((4 * height, 4 * width, 3), np.uint8)
    for top, bottom, first_row, last_row in spans(height, tile):
        for left, right, first_column, last_column in spans(width, tile):
            part = upscale(lr_uint8[top:bottom, left:right])
            sr[4 * first_row : 4 * last_row, 4 * first_column : 4 * last_column] = part[
                4 * (first_row - top) : 4 * (last_row - top),
                4 * (first_column - left) : 4 * (last_column - left),
            ]
    return sr


def check_result(path):
    """Refuses, before the work, what could not be written after it."""
    if Image.registered_extensions().get(path.suffix.lower()) not in Image.SAVE:
        raise ValueError(f"{path}: expected a suffix such as .png or .jpg")
    if not path.absolute().parent.is_dir():
        raise ValueError(f"{path}: there is no folder {path.parent}")


def save(image, path):
    """Writes under another name first, so that a failure leaves what was there."""
    part = path.with_name(f".{secrets.token_hex(4)}.{path.name[-50:]}")
    try:
        with part.open("xb") as new:
            image.save(new, Image.registered_extensions()[path.suffix.lower()])
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def main(arguments=None):
    """Returns 0, or 2 where there is no result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help=".tflite file")
    parser.add_argument("picture", type=Path, help="whatever Pillow reads; becomes RGB")
    parser.add_argument("result", type=Path, help="file to write; the suffix decides the format")
    parser.add_argument("--tile", type=int, default=128, help="pixels of the picture (128)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="(all cores)")
    options = parser.parse_args(arguments)
    if options.tile < 1:
        parser.error("--tile: expected 1 or more")
    try:
        check_result(options.result)
        upscale = open_model(options.model, options.threads)
        lr_uint8 = read_picture(options.picture)
        start = time.perf_counter()
        sr_uint8 = upscale_by_tiles(upscale, lr_uint8, options.tile)
        seconds = time.perf_counter() - start
        save(Image.fromarray(sr_uint8), options.result)
    except (MemoryError, OSError, ValueError) as error:
        print("run_tflite:", " ".join(str(error).split()), file=sys.stderr)
        return 2
    height, width, _ = sr_uint8.shape
    print(f"{options.result}: {width}x{height} pixels in {seconds:.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
