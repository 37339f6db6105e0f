"""One real file of each kind, upscaled by `nearest`, so that every pixel's value is known."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from srgan_tf.imaging.resize import upscale_nearest
from srgan_tf.pictures.decoding import from_pillow
from srgan_tf.pictures.reading import read_frames, read_picture

LOSSLESS = ["png", "tif", "bmp", "ppm"]


def assert_same(image, mode, pixels):
    assert image.mode == mode
    np.testing.assert_array_equal(np.asarray(image), pixels)


@pytest.mark.parametrize("suffix", LOSSLESS)
def test_colour_and_gray(tmp_path, enlarge, colour, suffix):
    Image.fromarray(colour).save(tmp_path / f"a.{suffix}")
    assert_same(enlarge(tmp_path / f"a.{suffix}"), "RGB", upscale_nearest(colour))
    gray = colour[..., 1]
    Image.fromarray(gray).save(tmp_path / f"b.{suffix}")
    assert_same(enlarge(tmp_path / f"b.{suffix}"), "L", upscale_nearest(gray))


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_alpha(tmp_path, enlarge, colour, soft_alpha, suffix):
    rgba = np.dstack([colour, soft_alpha])
    Image.fromarray(rgba).save(tmp_path / f"a.{suffix}")
    assert_same(enlarge(tmp_path / f"a.{suffix}"), "RGBA", upscale_nearest(rgba))
    gray_alpha = rgba[..., 2:]
    Image.fromarray(gray_alpha).save(tmp_path / f"b.{suffix}")
    assert_same(enlarge(tmp_path / f"b.{suffix}"), "LA", upscale_nearest(gray_alpha))


def png_with_a_transparent_gray(levels, bits, *more):
    """A PNG of 1 to 8 bits, of which level 1 is transparent; `more` frames make it an APNG."""

    def scanlines(levels):
        rows = np.unpackbits(levels[..., None], axis=-1)[..., 8 - bits :].reshape(len(levels), -1)
        return zlib.compress(b"".join(b"\0" + row.tobytes() for row in np.packbits(rows, axis=-1)))

    height, width = levels.shape
    control = struct.pack(">5I2H2B", 0, width, height, 0, 0, 1, 10, 0, 0)
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)),
        (b"tRNS", struct.pack(">H", 1)),
        *([(b"acTL", struct.pack(">II", 1 + len(more), 0)), (b"fcTL", control)] if more else []),
        (b"IDAT", scanlines(levels)),
    ]
    for index, frame in enumerate(more):
        chunks.append((b"fcTL", struct.pack(">I", 2 * index + 1) + control[4:]))
        chunks.append((b"fdAT", struct.pack(">I", 2 * index + 2) + scanlines(frame)))
    file = b"\x89PNG\r\n\x1a\n"
    for name, data in [*chunks, (b"IEND", b"")]:
        file += struct.pack(">I", len(data)) + name + data
        file += struct.pack(">I", zlib.crc32(name + data))
    return file


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_one_transparent_gray_of_a_png(tmp_path, bits):
    levels = (np.add.outer(np.arange(6), np.arange(8)) % 2**bits).astype(np.uint8)
    path = tmp_path / "a.png"
    path.write_bytes(png_with_a_transparent_gray(levels, bits))
    with Image.open(path) as image:
        before = dict(image.info)
        pictures = [read_picture(path), from_pillow(image)]
        assert image.info == before
    path.write_bytes(png_with_a_transparent_gray(levels, bits, levels))
    pictures += read_frames(path).pictures
    assert len(pictures) == 4
    for picture in pictures:
        np.testing.assert_array_equal(picture.alpha[..., 0], np.where(levels == 1, 0, 255))
        np.testing.assert_array_equal(picture.pixels[..., 0], levels * (255 // (2**bits - 1)))


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp"])
def test_one_bit_becomes_gray(tmp_path, enlarge, soft_alpha, suffix):
    bits = soft_alpha > 128
    Image.fromarray(bits).save(tmp_path / f"a.{suffix}")
    expected = upscale_nearest(np.where(bits, np.uint8(255), np.uint8(0)))
    assert_same(enlarge(tmp_path / f"a.{suffix}"), "L", expected)


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp"])
def test_a_palette_becomes_colour(tmp_path, enlarge, colour, suffix):
    palette = Image.fromarray(colour).quantize(20)
    palette.save(tmp_path / f"a.{suffix}")
    expected = upscale_nearest(np.asarray(palette.convert("RGB")))
    assert_same(enlarge(tmp_path / f"a.{suffix}"), "RGB", expected)


def test_a_gif_keeps_its_colours_and_holes(tmp_path, enlarge, colour):
    palette = Image.fromarray(colour).quantize(20)
    palette.save(tmp_path / "a.gif")
    expected = upscale_nearest(np.asarray(palette.convert("RGB")))
    assert_same(enlarge(tmp_path / "a.gif").convert("RGB"), "RGB", expected)
    palette.save(tmp_path / "b.gif", transparency=3)
    with Image.open(tmp_path / "b.gif") as image:
        rgba = upscale_nearest(np.asarray(image.convert("RGBA")))
    large = np.asarray(enlarge(tmp_path / "b.gif").convert("RGBA"))
    np.testing.assert_array_equal(large[..., 3], rgba[..., 3])
    seen = rgba[..., 3] > 0
    np.testing.assert_array_equal(large[seen], rgba[seen])


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("suffix", ["jpg", "webp", "avif"])
def test_lossy_formats_stay_close(tmp_path, enlarge, colour, suffix, mode):
    Image.fromarray(colour).convert(mode).save(tmp_path / f"a.{suffix}")
    decoded = read_picture(tmp_path / f"a.{suffix}").pixels
    with enlarge(tmp_path / f"a.{suffix}") as large:
        assert large.size == (68, 48)
        difference = np.atleast_3d(np.asarray(large)).astype(int) - upscale_nearest(decoded)
        assert np.abs(difference).mean() < 3
        if suffix == "jpg":
            assert large.mode == mode


@pytest.mark.parametrize("suffix", ["webp", "avif"])
def test_lossy_formats_keep_alpha(tmp_path, enlarge, colour, soft_alpha, suffix):
    Image.fromarray(np.dstack([colour, soft_alpha])).save(tmp_path / "a.png")
    large = np.asarray(enlarge(tmp_path / "a.png", f"a.{suffix}"))
    assert large.shape == (48, 68, 4)
    assert np.abs(large[..., 3].astype(int) - upscale_nearest(soft_alpha)).mean() < 3


@pytest.mark.parametrize("suffix", ["jpg", "bmp", "ppm"])
def test_formats_without_alpha_get_a_white_ground(tmp_path, enlarge, suffix):
    rgba = np.zeros((8, 8, 4), np.uint8)
    rgba[:, 4:] = (200, 100, 50, 255)
    Image.fromarray(rgba).save(tmp_path / "a.png")
    large = np.asarray(enlarge(tmp_path / "a.png", f"a.{suffix}")).astype(int)
    assert np.abs(large[:, :12] - 255).max() <= 8
    assert np.abs(large[:, 20:] - (200, 100, 50)).max() <= 8


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_cmyk_without_a_profile(tmp_path, enlarge, colour, suffix):
    Image.fromarray(colour).convert("CMYK").save(tmp_path / f"a.{suffix}", quality=100)
    with Image.open(tmp_path / f"a.{suffix}") as image:
        expected = upscale_nearest(np.asarray(image.convert("RGB")))
    assert_same(enlarge(tmp_path / f"a.{suffix}", "a.png"), "RGB", expected)


def test_cmyk_goes_through_its_profile(tmp_path, enlarge, cmyk_profile):
    Image.new("CMYK", (6, 5), (0, 0, 0, 255)).save(tmp_path / "a.tif", icc_profile=cmyk_profile)
    large = enlarge(tmp_path / "a.tif", "a.png")
    assert "icc_profile" not in large.info  # the result is sRGB
    red, green, blue = large.getpixel((9, 9))
    assert 110 <= red <= 128 and abs(red - green) <= 2 and abs(red - blue) <= 2  # Lab (50, 0, 0)
    Image.new("CMYK", (6, 5)).save(tmp_path / "b.tif", icc_profile=cmyk_profile)
    assert min(enlarge(tmp_path / "b.tif", "b.png").getpixel((9, 9))) >= 253


def test_a_damaged_cmyk_profile_is_no_obstacle(tmp_path, enlarge):
    profile = b"\0" * 16 + b"CMYK" + b"\0" * 200
    Image.new("CMYK", (6, 5), (0, 0, 0, 255)).save(tmp_path / "a.tif", icc_profile=profile)
    assert enlarge(tmp_path / "a.tif", "a.png").getpixel((9, 9)) == (0, 0, 0)


def test_lab(tmp_path, enlarge, colour):
    to_lab = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    ImageCms.applyTransform(Image.fromarray(colour), to_lab).save(tmp_path / "a.tif")
    large = enlarge(tmp_path / "a.tif", "a.png")
    assert large.mode == "RGB"
    assert np.abs(np.asarray(large).astype(int) - upscale_nearest(colour)).max() < 8


def test_quality(tmp_path, enlarge, samples):
    Image.fromarray(samples["chelsea"][100:140, 100:160]).save(tmp_path / "a.png")
    for suffix in ("jpg", "webp", "avif"):
        sizes = []
        for quality in (20, 60, None):
            enlarge(tmp_path / "a.png", f"a.{suffix}", quality)
            sizes.append((tmp_path / f"a.{suffix}").stat().st_size)
        assert sizes == sorted(sizes) and len(set(sizes)) == 3
    for quality in (0, 101):
        with pytest.raises(ValueError, match=f"quality: got {quality}, expected 1 to 100"):
            enlarge(tmp_path / "a.png", "b.jpg", quality)
    assert not (tmp_path / "b.jpg").exists()


def test_the_content_decides_how_a_file_is_read(tmp_path, enlarge, colour):
    Image.fromarray(colour).save(tmp_path / "liar.jpg", "PNG")
    assert_same(enlarge(tmp_path / "liar.jpg", "a.png"), "RGB", upscale_nearest(colour))
    with enlarge(tmp_path / "liar.jpg") as large:
        assert large.format == "JPEG"  # and the name how it is written


def test_planes_that_pillow_mixes_up_are_refused(tmp_path, colour):
    scan = Image.fromarray(colour).convert("LA")
    scan.save(tmp_path / "a.tif", compression="tiff_adobe_deflate")
    tag, separate = struct.pack("<HHI", 284, 3, 1), struct.pack("<H", 2)
    content = bytearray((tmp_path / "a.tif").read_bytes())
    start = content.index(tag) + len(tag)
    content[start : start + 2] = separate
    (tmp_path / "a.tif").write_bytes(content)
    with pytest.raises(ValueError, match="got a TIFF of 8 bits with separate planes of LA"):
        read_frames(tmp_path / "a.tif")


def test_a_bmp_of_16_bits_a_pixel_is_read(tmp_path, enlarge):
    """5, 6 and 5 bits of blue, green and red."""
    masks = struct.pack("<3I", 0xF800, 0x07E0, 0x001F)
    head = struct.pack("<IiiHHIIiiII", 40, 2, 1, 1, 16, 3, 4, 0, 0, 0, 0)
    pixels = struct.pack("<2H", 0xF800, 0x001F)
    start = 14 + len(head) + len(masks)
    file = b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + head + masks + pixels
    (tmp_path / "a.bmp").write_bytes(file)
    large = enlarge(tmp_path / "a.bmp", "b.png")
    assert (large.getpixel((0, 0)), large.getpixel((7, 0))) == ((255, 0, 0), (0, 0, 255))


def test_a_colour_that_was_transparent_before_cmyk_is_no_channel(colour):
    image = Image.fromarray(colour).convert("CMYK")
    image.info["transparency"] = 3
    picture = from_pillow(image)
    assert picture.alpha is None and picture.pixels.shape == (12, 17, 3)
