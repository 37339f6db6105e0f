import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from srgan_tf.imaging.resize import upscale_nearest
from srgan_tf.pictures.metadata import _Text
from srgan_tf.pictures.picture import Metadata, Picture
from srgan_tf.pictures.writing import write_picture

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
WITH_EXIF = ["jpg", "png", "webp", "tif", "avif"]


def described(path):
    """The descriptive tags of a file, directory by directory, without where things lie."""
    with Image.open(path) as image:  # not loaded: Pillow closes some files then
        return _described(image.getexif())


def _described(exif):
    first = {tag: exif.get(tag) for tag in (0x010E, 0x010F, 0x8298, 0x0112)}
    places = (0xA005,)
    detail = {tag: value for tag, value in exif.get_ifd(0x8769).items() if tag not in places}
    return first, detail, dict(exif.get_ifd(0x8825)), dict(exif.get_ifd(0xA005))


@pytest.mark.parametrize("target", WITH_EXIF)
@pytest.mark.parametrize("source", WITH_EXIF)
def test_exif_comes_along_tag_by_tag(tmp_path, enlarge, colour, exif, source, target):
    path = tmp_path / f"a.{source}"
    if source == "tif":  # Pillow's own TIFF writer leaves the sub-directories out
        write_picture(Picture(colour, metadata=Metadata(exif.tobytes())), path)
    else:
        Image.fromarray(colour).save(path, exif=exif)
    first, detail, gps, interop = described(enlarge(path, f"b.{target}").filename)
    assert first == {0x010E: "a cat", 0x010F: "Maker", 0x8298: "(c) somebody", 0x0112: None}
    assert detail.pop(0x829A) == pytest.approx((1, 125))
    assert detail == {0x9003: "2024:05:06 07:08:09", 0xA002: 68, 0xA003: 48, 0xA434: "lens"}
    assert gps == {1: "N", 2: (50, 1, 2.5), 3: "E"}
    assert interop == {1: "R98"}


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_own_writers_keep_all(tmp_path, enlarge, colour, exif, suffix, bits):
    levels = colour if bits == 8 else colour.astype(np.uint16) * 257
    metadata = Metadata(exif.tobytes(), SRGB, (300, 150))
    write_picture(Picture(levels, metadata=metadata), tmp_path / f"a.{suffix}")
    large = enlarge(tmp_path / f"a.{suffix}")
    assert large.info["icc_profile"] == SRGB
    assert large.info["dpi"] == pytest.approx((300, 150), abs=0.02)
    first, detail, gps, _ = described(large.filename)
    assert (first[0x010E], detail[0xA002], gps[1]) == ("a cat", 68, "N")


@pytest.mark.parametrize("suffix", WITH_EXIF)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_once(tmp_path, enlarge, colour, orientation, suffix):
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(colour)
    image.save(tmp_path / f"a.{suffix}", exif=exif, quality=100, lossless=True)
    turned = {
        1: colour,
        2: colour[:, ::-1],
        3: colour[::-1, ::-1],
        4: colour[::-1],
        5: np.swapaxes(colour, 0, 1),
        6: np.rot90(colour, -1),
        7: np.rot90(colour, 2).swapaxes(0, 1),
        8: np.rot90(colour),
    }[orientation]
    large = enlarge(tmp_path / f"a.{suffix}", "b.png")
    assert 0x0112 not in large.getexif()
    assert np.asarray(large).shape == upscale_nearest(turned).shape
    difference = np.abs(np.asarray(large).astype(int) - upscale_nearest(turned)).mean()
    assert difference <= {"png": 0, "tif": 0, "webp": 0}.get(suffix, 4)


@pytest.mark.parametrize("orientation", range(5, 9))
@pytest.mark.parametrize("mode", ["L", "RGBA", "CMYK", "I;16"])
def test_an_uncompressed_scan_on_its_side(tmp_path, enlarge, colour, mode, orientation):
    scan = Image.fromarray(colour).convert("L" if mode == "I;16" else mode)
    if mode == "I;16":
        scan = Image.fromarray(np.asarray(scan).astype(np.uint16) * 257)
    scan.save(tmp_path / "a.tif", tiffinfo={0x0112: orientation})
    scan.save(tmp_path / "b.tif", tiffinfo={0x0112: orientation}, compression="tiff_lzw")
    large = enlarge(tmp_path / "a.tif", "a.png")
    assert large.size == (48, 68)
    np.testing.assert_array_equal(large, enlarge(tmp_path / "b.tif", "b.png"))


def test_16_bits_are_turned_too(tmp_path, enlarge, colour):
    levels = colour.astype(np.uint16) * 257 + 1
    exif = Image.Exif()
    exif[0x0112] = 6
    write_picture(Picture(levels, metadata=Metadata(exif.tobytes())), tmp_path / "a.png")
    large = enlarge(tmp_path / "a.png", "b.tif")
    assert large.size == (48, 68)
    np.testing.assert_array_equal(np.asarray(large), upscale_nearest(np.rot90(colour, -1)))


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "avif"])
def test_a_fitting_profile_is_kept_and_no_other(tmp_path, enlarge, colour, suffix):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(colour).save(path, icc_profile=SRGB)
    assert enlarge(path).info["icc_profile"] == SRGB
    Image.fromarray(colour[..., 0]).save(tmp_path / "gray.jpg", icc_profile=SRGB)
    assert "icc_profile" not in enlarge(tmp_path / "gray.jpg", f"b.{suffix}").info


def test_resolution_is_kept(tmp_path, enlarge, colour):
    for suffix in ("jpg", "png", "tif", "bmp"):
        Image.fromarray(colour).save(tmp_path / f"a.{suffix}", dpi=(240, 120))
        assert enlarge(tmp_path / f"a.{suffix}").info["dpi"] == pytest.approx((240, 120), abs=0.02)


@pytest.mark.parametrize("suffix", WITH_EXIF)
def test_text_of_any_alphabet_is_kept(tmp_path, enlarge, colour, exif, suffix):
    exif[0x010F] = "Jürgen".encode()
    exif.get_ifd(0x8769)[0xA434] = _Text("Größe")
    Image.fromarray(colour).save(tmp_path / "a.jpg", exif=exif)
    first, detail, *_ = described(enlarge(tmp_path / "a.jpg", f"b.{suffix}").filename)
    assert first[0x010F].encode("latin-1") == "Jürgen".encode()  # Pillow reads byte by byte
    assert detail[0xA434] == "Größe"


def test_what_is_told_in_pixels_fits_the_new_size(tmp_path, enlarge, colour, exif):
    exif.get_ifd(0x8769)[0x9214] = (5, 6)
    exif.get_ifd(0x8769)[0xA005] = {1: "R98", 0x1001: 17, 0x1002: 12}
    exif[0x830E] = (1.0, 1.0, 0.0)
    Image.fromarray(colour).save(tmp_path / "a.jpg", exif=exif)
    first, detail, _, interop = described(enlarge(tmp_path / "a.jpg", "b.png").filename)
    assert 0x9214 not in detail and first[0x010E] == "a cat"
    assert interop == {1: "R98", 0x1001: 68, 0x1002: 48}
    with Image.open(tmp_path / "b.png") as image:
        assert 0x830E not in image.getexif()


def test_a_gray_profile_does_not_go_with_rgb_pixels(tmp_path):
    levels = np.zeros((4, 4, 1), np.uint16)
    gray = Picture(levels, levels, Metadata(icc=bytes(16) + b"GRAY"))
    write_picture(gray, tmp_path / "a.tif")
    with Image.open(tmp_path / "a.tif") as image:
        assert image.mode == "RGBA" and "icc_profile" not in image.info


def test_a_tiffs_own_layout_does_not_travel(tmp_path, enlarge, colour):
    Image.fromarray(colour).save(tmp_path / "a.tif", compression="tiff_lzw", description="mine")
    exif = enlarge(tmp_path / "a.tif", "b.jpg").getexif()
    assert dict(exif) == {0x010E: "mine"}


def test_exif_too_long_for_a_jpeg_is_one_clear_line(tmp_path, enlarge, colour, exif):
    exif[0x010E] = "a cat " * 12_000
    Image.fromarray(colour).save(tmp_path / "a.png", exif=exif)
    with pytest.raises(ValueError, match=r"/a\.jpg: got 7\d+ bytes of EXIF, more than JPEG"):
        enlarge(tmp_path / "a.png", "a.jpg")
    assert not (tmp_path / "a.jpg").exists()


def test_damaged_exif_is_no_obstacle(tmp_path, enlarge, colour, exif):
    Image.fromarray(colour).save(tmp_path / "a.jpg", exif=exif.tobytes()[:60])
    assert enlarge(tmp_path / "a.jpg").size == (68, 48)
    Image.fromarray(colour).save(tmp_path / "b.jpg", exif=b"Exif\0\0nonsense")
    assert enlarge(tmp_path / "b.jpg").size == (68, 48)
    exif[0x0131] = "a maker's program"
    as_text = struct.pack(">HHI", 0x0131, 2, 18)
    assert as_text in exif.tobytes()
    as_float = exif.tobytes().replace(as_text, struct.pack(">HHI", 0x0131, 11, 1))
    Image.fromarray(colour).save(tmp_path / "c.jpg", exif=as_float)
    assert enlarge(tmp_path / "c.jpg").size == (68, 48)


def test_nothing_is_made_up(tmp_path, enlarge, colour):
    Image.fromarray(colour).save(tmp_path / "a.png")
    assert enlarge(tmp_path / "a.png").info == {}
    assert len(enlarge(tmp_path / "a.png", "a.jpg").getexif()) == 0
    Image.fromarray(colour).save(tmp_path / "b.tif")  # of no resolution, which Pillow takes for 1
    assert "dpi" not in enlarge(tmp_path / "b.tif", "b.jpg").info
    exif = Image.Exif()
    exif[0x010E] = "a cat"
    Image.fromarray(colour).save(tmp_path / "c.jpg", exif=exif)  # which Pillow takes for 72
    assert "dpi" not in enlarge(tmp_path / "c.jpg", "c.png").info
