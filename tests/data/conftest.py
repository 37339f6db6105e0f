import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from srgan_tf.data.folder import open_folder


def save_png16_rgb(path, picture):
    """Pillow cannot write 16-bit colour, so: the file format by hand."""

    def chunk(kind, body):
        check = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)

    height, width, _ = picture.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in picture)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@pytest.fixture(scope="session")
def mixed_folder(tmp_path_factory, samples):
    """What people keep in a folder of photos. Returns the folder and pixels where known exactly."""
    folder = tmp_path_factory.mktemp("mixed")
    rng = np.random.default_rng(7)
    photo = samples["coffee"][60:124, 150:230]  # 64 x 80
    gray = samples["rocket"][100:160, 100:170, 1]
    gray16 = rng.integers(0, 65536, (50, 60), np.uint16)
    rgb16 = rng.integers(0, 65536, (50, 60, 3), np.uint16)
    palette = Image.fromarray(photo).quantize(32)
    rgba = np.dstack([photo, np.tile(np.arange(80, dtype=np.uint8), (64, 1))])
    (folder / "2019" / "summer").mkdir(parents=True)
    (folder / "folder.jpg").mkdir()

    Image.fromarray(photo).save(folder / "2019" / "summer" / "PHOTO.JPG", quality=90)
    Image.fromarray(photo).save(folder / "2019" / "progressive.jpeg", progressive=True)
    Image.fromarray(photo).save(folder / "2019" / "über uns.jpg", quality=80)
    Image.fromarray(photo).convert("CMYK").save(folder / "cmyk.jpg")
    Image.fromarray(gray).save(folder / "gray.jpg")
    Image.fromarray(gray).save(folder / "gray.png")
    Image.fromarray(gray16).save(folder / "gray16.png")
    Image.fromarray(gray16).save(folder / "gray16.tif")
    Image.fromarray(gray > 99).save(folder / "bilevel.png")
    Image.fromarray(photo).save(folder / "photo.webp", lossless=True)
    Image.fromarray(rgba).save(folder / "rgba.png")
    palette.save(folder / "palette.gif", transparency=3)
    save_png16_rgb(folder / "rgb16.png", rgb16)

    jpeg, png = io.BytesIO(), io.BytesIO()
    Image.fromarray(photo).save(jpeg, "JPEG")
    Image.fromarray(photo).save(png, "PNG")
    (folder / "cut.jpg").write_bytes(jpeg.getvalue()[: len(jpeg.getvalue()) // 2])
    (folder / "cut.png").write_bytes(png.getvalue()[: len(png.getvalue()) // 2])
    (folder / "empty.png").write_bytes(b"")
    avif, eps = io.BytesIO(), io.BytesIO()
    Image.fromarray(photo).save(avif, "AVIF")
    Image.fromarray(photo).save(eps, "EPS")  # Pillow would start Ghostscript for it
    damaged = bytearray(avif.getvalue())
    start = damaged.index(b"mdat") + 8
    damaged[start : start + 16] = bytes(16)
    (folder / "damaged.avif").write_bytes(damaged)
    (folder / "drawing.png").write_bytes(eps.getvalue())
    (folder / "letter.jpg").write_text("Dear Sir or Madam,\n")
    (folder / "notes.txt").write_text("not a picture, and it does not say so")
    Image.fromarray(photo[:20]).save(folder / "tiny.png")

    as_rgb = {
        "bilevel.png": np.where(gray > 99, 255, 0),
        "gray.png": gray,
        "gray16.png": np.rint(gray16 / 257),
        "gray16.tif": np.rint(gray16 / 257),
    }
    pixels = {name: np.repeat(plane[..., None], 3, axis=-1) for name, plane in as_rgb.items()}
    pixels["palette.gif"] = np.array(palette.convert("RGB"))
    pixels["photo.webp"] = pixels["rgba.png"] = photo
    pixels["rgb16.png"] = rgb16 // 256  # Pillow keeps the high byte
    return folder, pixels


@pytest.fixture(scope="session")
def png_source(tmp_path_factory, samples):
    """Five PNG pictures of different sizes, as a source for crops of 48 pixels."""
    folder = tmp_path_factory.mktemp("png")
    sizes = [(48, 48), (49, 70), (90, 50), (64, 64), (77, 101)]
    for number, (height, width) in enumerate(sizes):
        picture = samples[["chelsea", "astronaut"][number % 2]][50 : 50 + height, 80 : 80 + width]
        Image.fromarray(picture).save(folder / f"{number}.png")
    return open_folder(folder, 48)


@pytest.fixture(scope="session")
def jpeg_source(tmp_path_factory, samples):
    """Three JPEG photos with halved chroma, as a source for crops of 48 pixels."""
    folder = tmp_path_factory.mktemp("jpeg")
    for name in ("chelsea", "astronaut", "coffee"):
        picture = samples[name][40:180, 60:220]
        Image.fromarray(picture).save(folder / f"{name}.jpg", quality=92, subsampling="4:2:0")
    return open_folder(folder, 48)
