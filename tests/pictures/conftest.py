import struct

import numpy as np
import pytest
from PIL import Image

from srgan_tf.inference.upscaler import Upscaler
from srgan_tf.pictures.reading import read_frames


@pytest.fixture(scope="session")
def colour(samples):
    """A small colour picture, uint8 (12, 17, 3)."""
    return samples["chelsea"][100:112, 130:147]


@pytest.fixture
def enlarge(tmp_path):
    """Upscales a file by `nearest`; returns the result, opened and loaded by Pillow."""

    opened = []

    def upscale(source, target=None, quality=None):
        target = tmp_path / (target or f"large{source.suffix}")
        Upscaler("nearest").upscale_frames(read_frames(source), target, quality)
        image = Image.open(target)
        image.load()
        opened.append(image)
        return image

    yield upscale
    for image in opened:
        image.close()


@pytest.fixture
def exif():
    """EXIF as a phone writes it."""
    exif = Image.Exif()
    exif[0x010E] = "a cat"
    exif[0x010F] = "Maker"
    exif[0x8298] = "(c) somebody"
    exif.get_ifd(0x8769).update(
        {0x829A: (1, 125), 0x9003: "2024:05:06 07:08:09", 0xA002: 17, 0xA003: 12, 0xA434: "lens"}
    )
    exif.get_ifd(0x8769)[0xA005] = {1: "R98"}
    exif.get_ifd(0x8825).update({1: "N", 2: (50.0, 1.0, 2.5), 3: "E"})
    return exif


@pytest.fixture(scope="session")
def soft_alpha():
    """Opacity without a fully transparent pixel, uint8 (12, 17)."""
    return (np.add.outer(np.arange(12), np.arange(17)) * 7 + 40).astype(np.uint8)


@pytest.fixture(scope="session")
def cmyk_profile():
    """An ICC profile of an imaginary press, on which paper is white and every ink a middle gray."""
    corners = [(128 if any(c) else 255, 128, 128) for c in np.ndindex(2, 2, 2, 2)]  # Lab, 8 bits
    ramp = bytes(range(256))
    table = b"mft1" + bytes(4) + bytes((4, 3, 2, 0))
    table += struct.pack(">9i", *(65536 * x for x in (1, 0, 0, 0, 1, 0, 0, 0, 1)))
    table += 4 * ramp + b"".join(bytes(corner) for corner in corners) + 3 * ramp
    text = b"desc" + bytes(4) + struct.pack(">I", 6) + b"press\0" + bytes(78)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    tags, data, start = b"", b"", 128 + 4 + 3 * 12
    for name, part in ((b"desc", text), (b"wtpt", white), (b"A2B0", table)):
        tags += name + struct.pack(">II", start + len(data), len(part))
        data += part.ljust(-(-len(part) // 4) * 4, b"\0")
    head = struct.pack(">I", start + len(data)) + bytes(4) + b"\2\x10\0\0prtrCMYKLab " + bytes(12)
    head += b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", 3) + tags + data
