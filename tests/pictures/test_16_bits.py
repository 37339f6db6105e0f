import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from srgan_tf.imaging.resize import upscale_nearest
from srgan_tf.inference.upscaler import Upscaler
from srgan_tf.pictures.picture import Metadata, Picture
from srgan_tf.pictures.reading import read_frames, read_picture
from srgan_tf.pictures.writing import write_picture


def random_picture(rng, channels, with_alpha, height=37, width=29):
    shape = (height, width)
    pixels = rng.integers(0, 65536, (*shape, channels), np.uint16)
    alpha = rng.integers(1, 65536, (*shape, 1), np.uint16) if with_alpha else None
    return Picture(pixels, alpha)


def assert_same(picture, pixels, alpha=None):
    assert picture.pixels.dtype == pixels.dtype
    np.testing.assert_array_equal(picture.pixels, pixels)
    if alpha is None:
        assert picture.alpha is None
    else:
        assert picture.alpha.dtype == alpha.dtype
        np.testing.assert_array_equal(picture.alpha, alpha)


@pytest.mark.parametrize("with_alpha", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_files_are_upscaled_without_losing_a_bit(tmp_path, rng, channels, with_alpha, suffix):
    source = random_picture(rng, channels, with_alpha)
    write_picture(source, tmp_path / f"a.{suffix}")
    target = tmp_path / f"b.{suffix}"
    Upscaler("nearest").upscale_frames(read_frames(tmp_path / f"a.{suffix}"), target)
    pixels = upscale_nearest(source.pixels)
    if (suffix, channels, with_alpha) == ("tif", 1, True):  # written as RGBA
        pixels = np.repeat(pixels, 3, axis=2)
    alpha = upscale_nearest(source.alpha) if with_alpha else None
    assert_same(read_picture(target), pixels, alpha)


def foreign_tiff(
    levels, byte_order, compression, photometric=2, extra=None, planar=1, is_signed=False
):
    """A TIFF of one strip, written tag by tag."""
    height, width, channels = levels.shape
    data = levels if planar == 1 else np.moveaxis(levels, 2, 0)
    data = data.astype(levels.dtype.newbyteorder(byte_order)).tobytes()
    data = zlib.compress(data) if compression == 8 else data
    tags = {256: width, 257: height, 259: compression, 262: photometric, 273: 8, 277: channels}
    tags |= {278: height, 279: len(data), 284: planar} | ({338: extra} if extra else {})
    tags |= {339: 2} if is_signed else {}
    end = 8 + len(data) + len(data) % 2
    bits_at = end + 2 + 12 * (len(tags) + 1) + 4
    entries = [(tag, 4, 1, value) for tag, value in tags.items()]
    entries.append((258, 3, channels, bits_at))
    pack = lambda layout, *values: struct.pack(byte_order + layout, *values)  # noqa: E731
    bits = pack("H", 8 * levels.itemsize) * channels
    if channels == 1:
        entries[-1] = (258, 4, 1, 8 * levels.itemsize)
    file = {"<": b"II", ">": b"MM"}[byte_order] + pack("HL", 42, end) + data.ljust(end - 8, b"\0")
    file += pack("H", len(entries)) + b"".join(pack("HHLL", *entry) for entry in sorted(entries))
    return file + pack("L", 0) + bits


@pytest.mark.parametrize("byte_order", ["<", ">"])
@pytest.mark.parametrize("compression", [1, 8])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_tiffs_of_either_byte_order(tmp_path, rng, byte_order, compression, channels):
    levels = rng.integers(0, 65536, (6, 5, channels), np.uint16)
    extra, photometric = (2 if channels == 4 else None), (1 if channels == 1 else 2)
    file = foreign_tiff(levels, byte_order, compression, photometric, extra)
    (tmp_path / "a.tif").write_bytes(file)
    alpha = levels[..., 3:] if channels == 4 else None
    assert_same(read_picture(tmp_path / "a.tif"), levels[..., :3], alpha)


def test_a_tiff_multiplied_by_its_alpha(tmp_path, rng):
    alpha = rng.integers(20000, 65536, (6, 5, 1), np.uint16)
    colour = rng.integers(0, 65536, (6, 5, 3), np.uint16)
    multiplied = np.rint(colour * (alpha / 65535)).astype(np.uint16)
    file = foreign_tiff(np.concatenate([multiplied, alpha], axis=2), "<", 1, extra=1)
    (tmp_path / "a.tif").write_bytes(file)
    picture = read_picture(tmp_path / "a.tif")
    assert np.abs(picture.pixels.astype(int) - colour).max() <= 2
    np.testing.assert_array_equal(picture.alpha, alpha)


def test_white_is_zero(tmp_path, rng):
    levels = rng.integers(0, 65536, (6, 5, 1), np.uint16)
    (tmp_path / "a.tif").write_bytes(foreign_tiff(levels, "<", 1, photometric=0))
    assert_same(read_picture(tmp_path / "a.tif"), 65535 - levels)


def test_what_would_not_survive_is_refused(tmp_path, rng):
    levels = rng.integers(0, 65536, (6, 5, 3), np.uint16)
    (tmp_path / "planes.tif").write_bytes(foreign_tiff(levels, "<", 1, planar=2))
    with pytest.raises(ValueError, match=r"planes\.tif: got a TIFF of 16 bits with separate"):
        read_picture(tmp_path / "planes.tif")
    inks = rng.integers(0, 65536, (6, 5, 4), np.uint16)
    for compression in (1, 8):
        file = foreign_tiff(inks, "<", compression, photometric=5, planar=2)
        (tmp_path / "inks.tif").write_bytes(file)
        with pytest.raises(ValueError, match="got a TIFF of 16 bits with separate planes of CMYK"):
            read_picture(tmp_path / "inks.tif")
    Image.fromarray(levels[..., 0].astype(np.float32)).save(tmp_path / "float.tif")
    with pytest.raises(ValueError, match=r"float\.tif: got pixels of 32 bits"):
        read_picture(tmp_path / "float.tif")


@pytest.mark.parametrize("byte_order", ["<", ">"])
@pytest.mark.parametrize("compression", [1, 8])
@pytest.mark.parametrize("kind", [np.int8, np.int16, np.int32])
def test_numbers_with_a_sign_are_read_right_or_refused(
    tmp_path, rng, byte_order, compression, kind
):
    levels = rng.integers(0, 100, (6, 5, 1)).astype(kind)
    file = foreign_tiff(levels, byte_order, compression, photometric=1, is_signed=True)
    (tmp_path / "a.tif").write_bytes(file)
    if kind == np.int8 or (byte_order, compression) == (">", 8):
        with pytest.raises(ValueError, match=r"a\.tif: got a TIFF of numbers with a sign"):
            read_picture(tmp_path / "a.tif")
    else:
        assert_same(read_picture(tmp_path / "a.tif"), levels.astype(np.uint16))


@pytest.mark.parametrize("channels", [1, 3])
def test_one_transparent_colour_of_a_png(tmp_path, rng, channels):
    picture = random_picture(rng, channels, False)
    write_picture(picture, tmp_path / "a.png")
    key = picture.pixels[4, 4]
    body = b"tRNS" + key.astype(">u2").tobytes()
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    file = (tmp_path / "a.png").read_bytes()
    place = file.index(b"IDAT") - 4
    (tmp_path / "a.png").write_bytes(file[:place] + chunk + file[place:])
    seen = (picture.pixels != key).any(axis=2, keepdims=True)
    assert_same(read_picture(tmp_path / "a.png"), picture.pixels, seen.astype(np.uint16) * 65535)


def test_an_interlaced_png(tmp_path, rng):
    levels = rng.integers(0, 65536, (1, 1, 3), np.uint16)  # of one pixel only pass 1 has any
    write_picture(Picture(levels), tmp_path / "a.png")
    file = bytearray((tmp_path / "a.png").read_bytes())
    file[28] = 1
    file[29:33] = struct.pack(">I", zlib.crc32(file[12:29]))
    (tmp_path / "a.png").write_bytes(file)
    assert_same(read_picture(tmp_path / "a.png"), levels)


def test_smooth_content_compresses_and_long_files_are_whole(tmp_path):
    ramp = np.linspace(0, 65535, 300 * 200 * 3).reshape(300, 200, 3).astype(np.uint16)
    for name in ("a.png", "a.tif"):
        write_picture(Picture(ramp), tmp_path / name)
        assert (tmp_path / name).stat().st_size < ramp.nbytes / 2
        assert_same(read_picture(tmp_path / name), ramp)


def test_a_tiff_of_several_strips(tmp_path, rng):
    levels = rng.integers(0, 65536, (300, 1000, 3), np.uint16)
    write_picture(Picture(levels, metadata=Metadata(dpi=(72, 72))), tmp_path / "a.tif")
    with Image.open(tmp_path / "a.tif") as image:
        assert len(image.tag_v2[273]) == 2
    assert_same(read_picture(tmp_path / "a.tif"), levels)


def test_other_formats_round_to_8_bits(tmp_path, rng):
    picture = random_picture(rng, 3, False)
    write_picture(picture, tmp_path / "a.bmp")
    expected = np.rint(picture.pixels / 257).astype(np.uint8)
    assert_same(read_picture(tmp_path / "a.bmp"), expected)


def test_a_network_keeps_more_than_8_bits(small_generator):
    from srgan_tf.inference.engines import keras_engine

    ramp = np.linspace(20000, 22000, 16 * 16 * 3).reshape(16, 16, 3).astype(np.uint16)
    deep = keras_engine(small_generator)(ramp)
    assert (deep.dtype, deep.shape) == (np.uint16, (64, 64, 3))
    assert (deep % 257 != 0).mean() > 0.5
    flat = keras_engine(small_generator)((ramp // 257).astype(np.uint8))
    assert np.abs(deep / 257 - flat).mean() < 3  # the same picture
