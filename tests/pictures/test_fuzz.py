"""Damaged and forged files of every format: a picture comes out, or one line says why not.

pytest tests/pictures/test_fuzz.py                  a few hundred files
pytest tests/pictures/test_fuzz.py -m slow -s       20,000 files, with a table
SRGAN_TF_FUZZ_SEED=7 pytest ...                     other files
"""

import faulthandler
import io
import os
import resource
import struct
import time
import zlib
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from srgan_tf.cli.quiet import quiet_start
from srgan_tf.inference.upscaler import Upscaler
from srgan_tf.pictures.picture import Picture
from srgan_tf.pictures.reading import read_frames
from srgan_tf.pictures.writing import write_picture

SEED = int(os.environ.get("SRGAN_TF_FUZZ_SEED", "0"))
MAX_SECONDS = 10  # for one file; 89 million pixels take a few
MAX_BYTES = 3 << 30  # beyond what the process has at the start
MAX_PIXELS = 20_000  # of a picture that is enlarged here; larger ones are only read
ANIMATED = (".png", ".gif", ".webp", ".avif")
SUFFIXES = (*ANIMATED, ".jpg", ".tif", ".bmp", ".pgm")
WIDTH, HEIGHT = 23, 14
NUMBERS = (0, 1, 2, 7, 8, 127, 128, 255, 256, 32767, 65535, 65536, 10**5, 2**31 - 1, 2**31)
HEADERS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"BM", b"II*\0", b"MM\0*")
HEADERS += (
    b"RIFF\x40\0\0\0WEBP",
    b"\0\0\0\x1cftypavif",
    b"P6 9 9 255\n",
    b"P3\n",
    b"Pf\n",
    b"%!PS",
)


def valid_files(folder, colour):
    """One small file of each kind: name -> bytes."""
    rgb = Image.fromarray(np.resize(colour, (HEIGHT, WIDTH, 3)))
    soft = np.add.outer(np.arange(HEIGHT), np.arange(WIDTH)).astype(np.uint8) * 7
    rgba = rgb.copy()
    rgba.putalpha(Image.fromarray(soft))
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "a cat", 6
    exif.get_ifd(0x8769)[0xA002] = WIDTH
    icc = bytes(16) + b"RGB " + bytes(120)
    palette = rgb.quantize(20)
    frames = {"save_all": True, "append_images": [rgba.rotate(180)], "duration": 40}
    cmyk = rgb.convert("CMYK")
    made = {
        "plain.jpg": (rgb, {"exif": exif, "icc_profile": icc}),
        "progressive.jpg": (rgb, {"progressive": True}),
        "cmyk.jpg": (cmyk, {}),
        "gray.jpg": (rgb.convert("L"), {}),
        "rgb.png": (rgb, {"exif": exif, "dpi": (72, 72)}),
        "rgba.png": (rgba, {}),
        "palette.png": (palette, {"transparency": bytes(range(0, 240, 12))}),
        "bits.png": (rgb.convert("1"), {}),
        "frames.png": (rgba, frames),
        "lossy.webp": (rgb, {"exif": exif}),
        "lossless.webp": (rgba, {"lossless": True}),
        "frames.webp": (rgba, frames),
        "raw.tif": (rgb, {"exif": exif}),
        "lzw.tif": (rgba, {"compression": "tiff_lzw"}),
        "jpeg.tif": (rgb, {"compression": "jpeg"}),
        "bits.tif": (rgb.convert("1"), {"compression": "group4"}),
        "cmyk.tif": (cmyk, {}),
        "lab.tif": (Image.merge("LAB", rgb.split()), {}),
        "rgb.bmp": (rgb, {}),
        "palette.bmp": (palette, {}),
        "bits.bmp": (rgb.convert("1"), {}),
        "palette.gif": (palette, {"transparency": 3}),
        "frames.gif": (rgba, frames | {"loop": 0}),
        "rgba.avif": (rgba, {"exif": exif}),
        "frames.avif": (rgba, frames),
        "rgb.ppm": (rgb, {}),
        "gray.pgm": (rgb.convert("L"), {}),
        "bits.pbm": (rgb.convert("1"), {}),
    }
    files = {}
    for name, (image, settings) in made.items():
        file = io.BytesIO()
        kind = Image.registered_extensions()[f".{name.split('.')[1]}"]
        image.save(file, kind, **settings)
        files[name] = file.getvalue()
    for name, channels in (("deep.png", 3), ("deepgray.png", 1), ("deep.tif", 3)):
        levels = np.random.default_rng(1).integers(0, 65536, (HEIGHT, WIDTH, channels), np.uint16)
        alpha = levels[..., :1] if name != "deep.tif" else None
        write_picture(Picture(levels, alpha), folder / name)
        files[name] = (folder / name).read_bytes()
        (folder / name).unlink()
    files["text.ppm"] = b"P3 2 2 255\n1 2 3 4 5 6 7 8 9 10 11 12\n"
    files["deep.pgm"] = b"P5 2 2 65535\n" + bytes(range(8))
    files["float.pfm"] = b"Pf 2 2 -1.0\n" + np.ones(4, "<f4").tobytes()
    return files


def mutate(content, others, rng):
    """Damages a file in one way, or a few."""
    data = bytearray(content)
    for _ in range(rng.geometric(0.7)):
        place = int(rng.integers(len(data)))
        if rng.random() < 0.5:
            place %= 100  # headers are where the decisions are made
        length = int(rng.geometric(0.1))
        way = rng.integers(10)
        if way <= 1:
            data[place % len(data)] ^= 1 << int(rng.integers(8))
        elif way == 2:
            data[place : place + length] = rng.bytes(length)
        elif way == 3:
            data = data[: max(1, place)]
        elif way == 4:
            del data[place : place + length]
        elif way == 5:
            data[place:place] = data[place : place + length]
        elif way == 6:
            other = others[rng.integers(len(others))]
            start = int(rng.integers(len(other)))
            data[place:] = other[start:] if rng.random() < 0.5 else other[place:]
        elif way == 7:
            header = HEADERS[rng.integers(len(HEADERS))]
            data[: len(header) if rng.random() < 0.5 else 0] = header
        elif way == 8:  # a length, an offset, a count
            layout = ("<H", ">H", "<I", ">I")[rng.integers(4)]
            number = NUMBERS[rng.integers(len(NUMBERS))] % 256 ** struct.calcsize(layout)
            data[place : place + struct.calcsize(layout)] = struct.pack(layout, number)
        else:
            data = resized(data, rng)
        data = data or bytearray(b"\0")
    if data.startswith(HEADERS[0]) and rng.random() < 0.7:
        data = with_right_sums(data)
    return bytes(data)


def resized(data, rng):
    """Puts other numbers where the width or the height is stated."""
    number = NUMBERS[rng.integers(len(NUMBERS))]
    layouts = ("<H", ">H", "<I", ">I")
    for index in rng.permutation(len(layouts)):
        for side in rng.permutation([WIDTH, HEIGHT, WIDTH - 1, HEIGHT - 1]):
            old = struct.pack(layouts[index], side)
            if old in data:
                return data.replace(old, struct.pack(layouts[index], number % 256 ** len(old)))
    return data.replace(b"%d" % WIDTH, b"%d" % number).replace(b"2 2", b"%d 2" % number)


def with_right_sums(png):
    """A reader stops at a wrong check sum; this lets it go on."""
    place = 8
    while place + 12 <= len(png):
        (length,) = struct.unpack_from(">I", png, place)
        end = place + 8 + length
        if end + 4 > len(png):
            break
        png[end : end + 4] = struct.pack(">I", zlib.crc32(png[place + 4 : end]))
        place = end + 4
    return png


@pytest.fixture
def guarded():
    """Too much memory is a MemoryError, and a hang in a decoder ends the process with a trace."""
    limits = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm") as file:  # noqa: PTH123
        used = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MAX_BYTES, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, limits)
    faulthandler.cancel_dump_traceback_later()


def outcome(path, upscaler):
    """Reads and enlarges one file: `refused`, `large` (only read) or `enlarged`."""
    try:
        with quiet_start():  # as the program does: libtiff has its own word on damage
            frames = read_frames(path)
    except ValueError as error:
        line = str(error)
        assert line.startswith(f"{path}: ") and "\n" not in line and len(line) < 500
        return "refused"
    first = frames.pictures[0]
    assert len(frames.pictures) == len(frames.durations)
    for picture in frames.pictures:
        assert picture.pixels.shape == (first.height, first.width, picture.pixels.shape[2])
        assert picture.pixels.shape[2] in (1, 3)
        assert picture.pixels.dtype in (np.uint8, np.uint16)
        assert picture.alpha is None or (
            picture.alpha.shape == (first.height, first.width, 1)
            and picture.alpha.dtype == picture.pixels.dtype
        )
    if first.height * first.width * len(frames.pictures) > MAX_PIXELS:
        return "large"
    can_be = ANIMATED if len(frames.pictures) > 1 else SUFFIXES
    target = path.with_name(f"result{can_be[path.stat().st_size % len(can_be)]}")
    upscaler.upscale_frames(frames, target)
    with Image.open(target) as result:
        for index in range(getattr(result, "n_frames", 1)):
            result.seek(index)
            result.load()
            assert result.size == (4 * first.width, 4 * first.height)
    target.unlink()
    return "enlarged"


def fuzz(folder, files, seed, count):
    """Returns how often each kind had each outcome."""
    upscaler = Upscaler("nearest")
    rng = np.random.default_rng(seed)
    names = sorted(files)
    others = [files[name] for name in names]
    counts = {name: Counter() for name in names}
    for index in range(count):
        name = names[index % len(names)]
        path = folder / f"mutated.{name.split('.')[1]}"
        path.write_bytes(mutate(files[name], others, rng))
        faulthandler.dump_traceback_later(6 * MAX_SECONDS, exit=True)
        start = time.process_time()
        try:
            counts[name][outcome(path, upscaler)] += 1
        except Exception:
            (folder / f"failed_{seed}_{index}_{name}").write_bytes(path.read_bytes())
            raise
        assert time.process_time() - start < MAX_SECONDS, f"{name}, seed {seed}, input {index}"
        path.unlink()
        assert list(folder.iterdir()) == []
    return counts


def check(folder, colour, capfd, seed, count):
    counts = fuzz(folder, valid_files(folder, colour), seed, count)
    assert capfd.readouterr() == ("", "")
    return counts


def test_the_files_are_valid(tmp_path, colour):
    for name, content in valid_files(tmp_path, colour).items():
        path = tmp_path / name
        path.write_bytes(content)
        if name == "float.pfm":
            with pytest.raises(ValueError, match="32 bits"):
                read_frames(path)
        else:
            count = len(read_frames(path).pictures)
            assert count == (2 if name.startswith("frames") else 1)


def test_mutated_files(tmp_path, colour, capfd, guarded):
    counts = check(tmp_path, colour, capfd, SEED, 600)
    total = sum(counts.values(), Counter())
    assert total["refused"] > 100 and total["enlarged"] > 100  # both ends are reached


@pytest.mark.slow
def test_many_mutated_files(tmp_path, colour, capfd, guarded):
    counts = check(tmp_path, colour, capfd, SEED + 1, 20_000)
    with capfd.disabled():
        print(f"\n{'kind':<16} {'refused':>8} {'enlarged':>9} {'only read':>10}")
        for name, row in {**counts, "all": sum(counts.values(), Counter())}.items():
            print(f"{name:<16} {row['refused']:>8} {row['enlarged']:>9} {row['large']:>10}")
