"""Files that are not what they say, and places that cannot be written."""

import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from srgan_tf.pictures.picture import Picture
from srgan_tf.pictures.reading import read_frames
from srgan_tf.pictures.writing import check_fits, write_picture


def one_line(error, path):
    text = str(error.value)
    return text.startswith(f"{path}: ") and "\n" not in text


def png_header(width, height):
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    data = b"IDAT" + zlib.compress(b"\0" * 1000)
    chunk += struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))
    return b"\x89PNG\r\n\x1a\n" + chunk


@pytest.mark.parametrize("size", [(10_000, 10_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
def test_decompression_bombs(tmp_path, size):
    path = tmp_path / "bomb.png"
    path.write_bytes(png_header(*size))
    with pytest.raises(ValueError, match="too many pixels, expected at most 89478485") as error:
        read_frames(path)
    assert one_line(error, path)


@pytest.mark.parametrize(
    "content",
    [
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n",
        b"%PDF-1.4\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\xff\xd8\xff",
        b"GIF89a",
        b"BM" + bytes(60),
        b"II*\0\x08\0\0\0\xff\xff" + bytes(40),
        b"RIFF\x04\0\0\0WEBP",
        png_header(0, 5),
    ],
)
def test_content_that_is_no_picture(tmp_path, content):
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(ValueError) as error:
        read_frames(path)
    assert one_line(error, path)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "gif", "bmp", "avif"])
def test_every_cut_of_a_file_is_one_line_or_a_picture(tmp_path, colour, suffix):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(colour).save(path)
    whole = path.read_bytes()
    for length in range(1, len(whole), max(1, len(whole) // 40)):
        path.write_bytes(whole[:length])
        try:
            read_frames(path)
        except ValueError as error:
            assert str(error).startswith(f"{path}: ") and "\n" not in str(error)


def test_a_damaged_avif(tmp_path, colour):
    path = tmp_path / "a.avif"
    Image.fromarray(colour).save(path)
    path.write_bytes(path.read_bytes()[:-100] + bytes(100))
    with pytest.raises(ValueError, match=r"damaged|cannot be read") as error:
        read_frames(path)
    assert one_line(error, path)


def test_exif_that_cannot_be_written_again(tmp_path, colour):
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "a cat", 6
    damaged = exif.tobytes().replace(b"\x01\x0e\0\2", b"\x01\0\0\2")  # a width that is text
    Image.fromarray(colour).save(tmp_path / "a.png", exif=damaged)
    (picture,) = read_frames(tmp_path / "a.png").pictures
    np.testing.assert_array_equal(picture.pixels, np.rot90(colour, -1))


@pytest.mark.parametrize("damage", ["samples", "data"])
def test_libraries_add_no_remarks_of_their_own(tmp_path, colour, damage):
    path = tmp_path / "a.tif"
    Image.fromarray(colour).save(path, compression="tiff_adobe_deflate")
    file = path.read_bytes()
    if damage == "samples":  # 3 samples per pixel become 200
        file = file.replace(
            struct.pack("<HHIH", 277, 3, 1, 3), struct.pack("<HHIH", 277, 3, 1, 200)
        )
    else:
        with Image.open(path) as image:
            place = image.tag_v2[273][0] + 20
        file = file[:place] + bytes(40) + file[place + 40 :]
    path.write_bytes(file)
    program = [sys.executable, "-m", "srgan_tf", "upscale", str(path), "--model", "nearest"]
    done = subprocess.run(program, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"srgan-tf: {path}: ") and done.stderr.count("\n") == 1


def test_no_permission(tmp_path, colour, monkeypatch):
    Image.fromarray(colour).save(tmp_path / "a.png")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Image, "open", refuse)
    with pytest.raises(ValueError, match=r"a\.png: no permission to read it"):
        read_frames(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("name", "width"), [("a.jpg", 65501), ("a.webp", 16384), ("a.gif", 65536), ("a.avif", 65537)]
)
def test_more_than_a_format_can_hold(tmp_path, name, width):
    wide = Picture(np.zeros((1, width, 3), np.uint8))
    with pytest.raises(ValueError, match="choose -o with another suffix"):
        check_fits(tmp_path / name, wide)
    check_fits(tmp_path / "a.png", wide)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("suffix", ["png", "tif", "jpg", "bmp", "webp"])
def test_a_full_disk_is_one_line_and_leaves_what_was_there(tmp_path, suffix, bits):
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(b"old")
    code = (
        "import resource, sys, numpy as np\n"
        "from srgan_tf.pictures.picture import Picture\n"
        "from srgan_tf.pictures.writing import write_picture\n"
        "bits = int(sys.argv[2])\n"
        "noise = np.random.default_rng(0).integers(0, 2**bits, (200, 300, 3))\n"
        "noise = noise.astype(f'uint{bits}')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))\n"
        "try:\n    write_picture(Picture(noise), sys.argv[1])\n"
        "except OSError as error:\n    print(error)\n"
    )
    program = [sys.executable, "-c", code, str(path), str(bits)]
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (f"{path}: cannot be written (file too large)\n", "")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder(tmp_path, colour):
    path = tmp_path / "none" / "a.png"
    with pytest.raises(OSError, match=r"none/a\.png: cannot be written \(no such file"):
        write_picture(Picture(colour), path)
