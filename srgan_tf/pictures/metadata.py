"""EXIF, ICC profile and resolution: what is kept, and what has to change with the pixels."""

import math
from contextlib import suppress
from typing import Any

from PIL import ExifTags, Image

from srgan_tf.pictures.picture import Metadata

_LAYOUT = frozenset(
    [
        *range(0x00FE, 0x0104),
        *(0x0106, 0x010A, 0x0111, 0x0112),
        *range(0x0115, 0x011A),
        *(0x011C, 0x011D),
        *range(0x0120, 0x0126),
        *(0x012D, 0x013D),
        *range(0x0140, 0x0146),
        *range(0x014A, 0x0157),
        *range(0x0200, 0x020A),
        *range(0x0211, 0x0215),
        *(0x015B, 0x02BC, 0x83BB, 0x8649, 0x8773, 0xC612, 0xEA1C),
        *(0x830E, 0x8482, 0x85D8),
    ]
)
"""Tags of the first directory that describe how a file's pixels are stored (a TIFF's own, and the
orientation, which is applied), blocks that are not EXIF (XMP, IPTC, Photoshop, ICC), and where on
the ground a GeoTIFF's pixels lie."""

_PLACES = (0x9214, 0xA214)  # SubjectArea, SubjectLocation: pixels of the old picture

_SIZES = ((0xA002, 0xA003), (0x0100, 0x0101), (0x1001, 0x1002))
"""Tags of width and height: of EXIF's directory, the first one, and that of interoperability."""
_RESOLUTION = (0x011A, 0x011B, 0x0128)


def read_metadata(image: Image.Image, is_gray: bool) -> Metadata:
    """Collects what is kept of a Pillow picture, best before its pixels are decoded.

    Some of Pillow's readers close the file then, and a copy has no TIFF tags.

    Damaged EXIF is left out: it is no reason to refuse a picture. An ICC profile of another colour
    space than the pixels' is left out too.
    """
    exif, is_stated = b"", image.info.get("jfif_unit") in (1, 2)
    with suppress(Exception):  # Pillow raises anything
        source = image.getexif()
        is_stated = is_stated or _RESOLUTION[0] in source
        exif = _portable_exif(source)
    dpi = image.info.get("dpi")
    if image.format in ("JPEG", "MPO") and not is_stated:
        dpi = None  # Pillow says 72 then
    icc = image.info.get("icc_profile") or b""
    if icc[16:20] != (b"GRAY" if is_gray else b"RGB "):
        icc = b""
    return Metadata(exif, icc, _sane_dpi(dpi))


def _sane_dpi(dpi: Any) -> tuple[float, float] | None:
    try:
        horizontal, vertical = (float(value) for value in dpi)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    # Pillow says 1 where a TIFF says nothing.
    good = all(math.isfinite(value) and 1 < value <= 65535 for value in (horizontal, vertical))
    return (horizontal, vertical) if good else None


def _portable_exif(source: Image.Exif) -> bytes:
    """Copies the descriptive tags with their sub-directories; empty when there are none."""
    exif = Image.Exif()
    found = False
    for group in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        directory = source.get_ifd(group).items()
        tags = {tag: _as_read(value) for tag, value in directory if tag not in _PLACES}
        if group == ExifTags.IFD.Exif and ExifTags.IFD.Interop in tags:
            tags[ExifTags.IFD.Interop] = dict(source.get_ifd(ExifTags.IFD.Interop))
        if tags:
            exif.get_ifd(group).update(tags)
            found = True
    for tag, value in source.items():
        if tag not in _LAYOUT and tag not in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
            exif[tag] = _as_read(value)
            found = found or tag not in _RESOLUTION
    return exif.tobytes() if found else b""


class _Text(str):
    """Text that Pillow writes byte by byte, as it has read it; it would write `?` for an umlaut."""

    def encode(self, encoding: str = "", errors: str = "") -> bytes:
        return super().encode("latin-1", "replace")


def _as_read(value: Any) -> Any:
    return _Text(value) if isinstance(value, str) else value


def open_exif(exif_bytes: bytes, width: int, height: int) -> Image.Exif:
    """Returns EXIF for a picture of another size: the sizes that it states are corrected."""
    exif = Image.Exif()
    if exif_bytes:
        exif.load(exif_bytes)
    tags = exif.get_ifd(ExifTags.IFD.Exif) if ExifTags.IFD.Exif in exif else {}
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo) if ExifTags.IFD.GPSInfo in exif else {}
    interop: dict[int, Any] = {}
    if ExifTags.IFD.Interop in tags:  # the directory itself instead of its place in the old file
        interop = dict(exif.get_ifd(ExifTags.IFD.Interop))
        tags[ExifTags.IFD.Interop] = interop
    directories: tuple[Any, ...] = (tags, exif, interop, gps)
    for directory in directories:
        for tag, value in list(directory.items()):
            directory[tag] = _as_read(value)
    for directory, (wide, high) in zip(directories, _SIZES, strict=False):
        if wide in directory:
            directory[wide] = width
        if high in directory:
            directory[high] = height
    return exif


def exif_for_size(exif_bytes: bytes, width: int, height: int) -> bytes:
    """As `open_exif`, in bytes; nothing stays nothing."""
    return open_exif(exif_bytes, width, height).tobytes() if exif_bytes else b""
