import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from srgan_tf.inference.upscaler import Upscaler
from srgan_tf.models.shipped import shipped_path


@pytest.fixture(scope="module")
def program(kit):
    return kit("on_device/run_tflite.py")


def test_tiles_cover_an_axis_once(program):
    for size in (1, 5, 16, 47, 48, 100, 333):
        for tile in (1, 16, 31, 200):
            spans = list(program.spans(size, tile))
            kept = [pixel for _, _, first, last in spans for pixel in range(first, last)]
            assert kept == list(range(size))
            assert len({stop - start for start, stop, _, _ in spans}) == 1
            for start, stop, first, last in spans:
                assert 0 <= start <= max(first - program.OVERLAP, 0)
                assert min(last + program.OVERLAP, size) <= stop <= size


def test_a_picture_in_tiles_is_the_whole_picture(program, tmp_path, samples, capsys):
    photo = Image.fromarray(samples["rocket"][100:177, 130:191])
    photo.save(tmp_path / "photo.png")
    model, result = shipped_path("srresnet_mse", ".tflite"), tmp_path / "large.png"
    arguments = [str(model), str(tmp_path / "photo.png"), str(result), "--tile", "40"]
    assert program.main(arguments) == 0
    assert "244x308 pixels in" in capsys.readouterr().out
    whole = np.asarray(Upscaler()(photo), int)
    assert np.abs(np.asarray(Image.open(result), int) - whole).max() <= 1


def test_every_kind_of_pixels_is_read(program, tmp_path):
    gray = np.array([[0, 1, 128], [200, 254, 255]], np.uint8)
    pictures = {
        "8.png": Image.fromarray(gray),
        "16.png": Image.fromarray(gray.astype(np.uint16) * 257),
        "32.tiff": Image.fromarray(gray.astype(np.int32) * 257),
        "float.tiff": Image.fromarray(gray.astype(np.float32)),
        "alpha.png": Image.fromarray(np.dstack([gray, 255 - gray]), "LA"),
    }
    for name, picture in pictures.items():
        picture.save(tmp_path / name)
        read = program.read_picture(tmp_path / name)
        np.testing.assert_array_equal(read, np.dstack([gray] * 3), name)
    Image.fromarray(np.array([[128, 129, 65535]], np.uint16)).save(tmp_path / "between.png")
    assert program.read_picture(tmp_path / "between.png")[0, :, 0].tolist() == [0, 1, 255]


def png_header(width, height):
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n\0\0\0\r" + chunk + struct.pack(">I", zlib.crc32(chunk))


def test_what_cannot_be_done_is_said_in_one_line(program, tmp_path, samples, capsys, monkeypatch):
    model, picture = shipped_path("srresnet_mse", ".tflite"), tmp_path / "bad.png"
    cut = io.BytesIO()
    Image.fromarray(samples["rocket"][:64, :64]).save(cut, "AVIF")
    for content in (b"x", png_header(30_000, 30_000), cut.getvalue()[:-200]):
        picture.write_bytes(content)
        assert program.main([*map(str, (model, picture, tmp_path / "large.png"))]) == 2
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1 and lines[0].startswith(f"run_tflite: cannot read {picture}: ")
    Image.new("RGB", (8, 8)).save(picture)
    for names in (("no.tflite", "bad.png", "large.png"), (model, "bad.png", "large.unknown")):
        assert program.main([str(tmp_path / name) for name in names]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1

    def is_too_large(*arguments):
        raise MemoryError("Unable to allocate 8.00 GiB")

    monkeypatch.setattr(program, "upscale_by_tiles", is_too_large)
    assert program.main([*map(str, (model, picture, tmp_path / "large.png"))]) == 2
    assert capsys.readouterr().err == "run_tflite: Unable to allocate 8.00 GiB\n"
    assert not list(tmp_path.glob("large*"))


@pytest.mark.parametrize("name", ["none/a.png", "a.xyz"])
def test_a_result_that_cannot_be_written_is_told_before_the_work(
    program, tmp_path, capsys, monkeypatch, name
):
    monkeypatch.setattr(program, "open_model", None)
    assert program.main(["model.tflite", "photo.png", str(tmp_path / name)]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith(f"run_tflite: {tmp_path / name}: ") and errors.count("\n") == 1


def test_a_result_is_kept_where_its_successor_cannot_be_written(program, tmp_path):
    result = tmp_path / "large.webp"
    result.write_bytes(b"mine")
    with pytest.raises((OSError, ValueError)):
        program.save(Image.new("RGB", (16400, 4)), result)  # more than WebP can hold
    assert result.read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [result]
