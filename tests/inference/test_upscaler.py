import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import srgan_tf
from srgan_tf.export.tflite import export_tflite
from srgan_tf.imaging.resize import resize_bicubic, upscale_bicubic, upscale_nearest
from srgan_tf.inference.engines import open_engine
from srgan_tf.inference.upscaler import Upscaler, save_picture
from srgan_tf.metrics import psnr
from srgan_tf.models.generator import build_generator
from srgan_tf.models.start import start_as_interpolation
from srgan_tf.pictures.picture import Picture, PictureByRows
from srgan_tf.pictures.reading import Frames, read_picture

CHELSEA = Path(__file__).resolve().parents[2] / "srgan_tf" / "samples" / "chelsea.png"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A small generator as `.keras` and as `.tflite`."""
    folder = tmp_path_factory.mktemp("models")
    generator = build_generator(1, 8)
    start_as_interpolation(generator)
    generator.save(folder / "small.keras")
    export_tflite(generator, folder / "small.tflite")
    return folder


def crop(size):
    with Image.open(CHELSEA) as image:
        return image.crop((150, 60, 150 + size[0], 60 + size[1]))


def difference(a, b):
    return int(np.abs(np.asarray(a).astype(int) - np.asarray(b).astype(int)).max())


def test_keras_and_litert_give_the_same_picture(files):
    picture = crop((61, 33))
    by_keras = Upscaler(files / "small.keras")(picture)
    by_litert = Upscaler(files / "small.tflite")(picture)
    assert by_keras.size == (244, 132)
    assert difference(by_keras, by_litert) <= 1
    bilinear = picture.resize((244, 132), Image.Resampling.BILINEAR)
    assert psnr(np.asarray(by_keras), np.asarray(bilinear)) > 22  # no channel or axis is swapped


@pytest.mark.parametrize("model", ["small.keras", "small.tflite"])
def test_tiles_give_the_whole_picture(files, model):
    picture = crop((150, 101))
    whole = Upscaler(files / model, tile=256)(picture)
    tiled = Upscaler(files / model, tile=16)(picture)
    assert difference(whole, tiled) <= 1


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (3, 2)])
def test_tiny_pictures(files, size):
    assert Upscaler(files / "small.tflite")(crop(size)).size == (4 * size[0], 4 * size[1])


def test_gray_arrays_and_files_are_taken_too(tmp_path):
    gray = np.asarray(crop((10, 8)).convert("L"))
    large = srgan_tf.upscale(gray, model="bicubic")
    assert large.mode == "L"
    np.testing.assert_array_equal(np.asarray(large), upscale_bicubic(gray))
    save_picture(crop((10, 8)), tmp_path / "a.png")
    assert srgan_tf.upscale(tmp_path / "a.png", model="nearest").size == (40, 32)
    assert Upscaler("nearest", scale=2)(str(tmp_path / "a.png")).size == (20, 16)
    with pytest.raises(ValueError, match=r"expected uint8 \(h, w, 3\)"):
        srgan_tf.upscale(np.zeros((4, 4, 4), np.uint8), model="nearest")


def test_gray_is_the_rounded_mean_of_the_channels():
    upscaler = Upscaler("nearest")
    for more, expected in (((0, 0, 0), 10), ((1, 0, 0), 10), ((1, 1, 0), 11), ((245,) * 3, 255)):
        upscaler.engine = lambda lr, more=more: upscale_nearest(lr) + np.uint8(more)
        large = upscaler.upscale_array(np.full((2, 3, 1), 10, np.uint8))
        np.testing.assert_array_equal(large, np.full((8, 12, 1), expected, np.uint8))


def test_one_call_takes_the_settings_of_an_upscaler():
    for size in ((30, 20), [30, 20]):
        assert srgan_tf.upscale(crop((10, 8)), "nearest", size=size).size == (30, 20)
    assert srgan_tf.upscale(crop((10, 8)), "nearest", scale=3).size == (30, 24)
    assert srgan_tf.upscale(crop((10, 8)), "nearest").size == (40, 32)
    fast = srgan_tf.upscale(crop((10, 8)), fast=True)
    np.testing.assert_array_equal(np.asarray(fast), np.asarray(Upscaler(fast=True)(crop((10, 8)))))
    assert np.any(np.asarray(fast) != np.asarray(srgan_tf.upscale(crop((10, 8)))))


def test_orientation_is_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    crop((10, 8)).save(tmp_path / "turned.jpg", exif=exif)
    assert srgan_tf.upscale(tmp_path / "turned.jpg", model="nearest").size == (32, 40)


@pytest.mark.parametrize(
    ("model", "engine", "message"),
    [
        ("no_such_model", None, "expected one of"),
        ("small.tflite", "keras", "expected litert"),
        ("small.keras", "litert", "expected keras"),
        ("srresnet_mse", "saved_model", "expected litert or keras"),
        ("small.keras", "abacus", "expected one of litert, keras, saved_model"),
        ("missing.tflite", None, "expected one of nearest, bicubic, .* a SavedModel folder"),
    ],
)
def test_wrong_models_and_engines_are_one_clear_line(files, model, engine, message):
    path = files / model if "." in model else model
    with pytest.raises(ValueError, match=message) as error:
        open_engine(path, engine)
    assert "\n" not in str(error.value)


def test_a_file_that_is_no_model_is_one_clear_line(tmp_path):
    for name in ("text.tflite", "text.keras", "text.npz", "text.weights.h5"):
        (tmp_path / name).write_text("hello")
        with pytest.raises(ValueError, match=name) as error:
            open_engine(tmp_path / name)
        assert "\n" not in str(error.value)


def test_a_model_file_that_has_changed_is_opened_anew(tmp_path):
    path, picture = tmp_path / "model.keras", crop((9, 7))
    generator = build_generator(1, 8)
    start_as_interpolation(generator)
    generator.save(path)
    before = srgan_tf.upscale(picture, path)
    assert difference(before, srgan_tf.upscale(picture, path)) == 0
    kernel, bias = generator.get_layer("tail_conv").get_weights()
    generator.get_layer("tail_conv").set_weights([kernel, bias + 0.2])
    generator.save(path)
    assert difference(before, srgan_tf.upscale(picture, path)) > 10


def test_an_unknown_suffix_writes_nothing(tmp_path):
    with pytest.raises(ValueError, match="got suffix"):
        save_picture(crop((4, 4)), tmp_path / "a.xyz")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("scale", "suffix"), [(2, "png"), (3, "tif"), (2, "jpg")])
def test_other_scales_are_exact_reductions(tmp_path, scale, suffix):
    picture = crop((33, 50))
    by_four = np.asarray(Upscaler("nearest", tile=16)(picture))
    expected = resize_bicubic(by_four, 50 * scale, 33 * scale)
    upscaler = Upscaler("nearest", tile=16, scale=scale)
    np.testing.assert_array_equal(np.asarray(upscaler(picture)), expected)
    frames = Frames((Picture(np.asarray(picture)),))
    upscaler.upscale_frames(frames, tmp_path / f"a.{suffix}")
    written = read_picture(tmp_path / f"a.{suffix}").pixels
    assert np.abs(written.astype(int) - expected).mean() <= (2 if suffix == "jpg" else 0)


def test_a_wanted_size():
    picture = crop((33, 50))
    by_four = np.asarray(Upscaler("bicubic")(picture))
    large = Upscaler("bicubic", size=(100, 200))(picture)
    np.testing.assert_array_equal(np.asarray(large), resize_bicubic(by_four, 200, 100))
    with pytest.raises(ValueError, match="got 133x200 for a picture of 33x50 pixels, expected at"):
        Upscaler("bicubic", size=(133, 200))(picture)
    for wrong in ({"size": (0, 5)}, {"scale": 5}, {"tile": 8}):
        with pytest.raises(ValueError, match=f"^{next(iter(wrong))}: got"):
            Upscaler("bicubic", **wrong)


def test_rows_are_written_before_the_picture_is_whole(tmp_path, monkeypatch):
    """The largest array that is ever handed on is a row of tiles."""
    picture = Picture(np.asarray(crop((40, 260))), np.asarray(crop((40, 260)))[..., :1])
    sizes = []
    original = PictureByRows.rows

    def rows(self, start, stop):
        band = original(self, start, stop)
        sizes.append(band.height)
        return band

    monkeypatch.setattr(PictureByRows, "rows", rows)
    Upscaler("bicubic", tile=16).upscale_frames(Frames((picture,)), tmp_path / "a.png")
    assert sum(sizes) == 4 * 260
    assert max(sizes) <= 64
    monkeypatch.undo()
    large = Upscaler("bicubic").upscale_picture(picture)
    written = read_picture(tmp_path / "a.png")
    np.testing.assert_array_equal(written.pixels, large.pixels)
    np.testing.assert_array_equal(written.alpha, large.alpha)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": (10,)}, r"size: got \(10,\), expected \(width, height\)"),
        ({"size": "10x10"}, "size: got 10x10"),
        ({"tile": 16.5}, "tile: got 16.5, expected at least 16 pixels"),
        ({"model": None}, "model: got a NoneType, expected a name or a file"),
    ],
)
def test_arguments_of_another_kind_are_one_clear_line(settings, message):
    with pytest.raises(ValueError, match=message):
        Upscaler(**{"model": "nearest", **settings})


def test_numbers_may_be_numpy_s():
    upscaler = Upscaler("nearest", tile=np.int64(16), size=(np.int64(5), np.int64(6)))
    assert upscaler(np.zeros((4, 4, 3), np.uint8)).size == (5, 6)


@pytest.mark.parametrize("given", [None, b"photo.png", object()])
def test_what_is_no_picture_is_one_clear_line(given):
    with pytest.raises(ValueError, match=r"picture: got a \w+, expected a path, a Pillow picture"):
        srgan_tf.upscale(given, "nearest")


@pytest.mark.parametrize("shape", [(8, 8, 4), (8, 8)])
@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.float32])
def test_arrays_of_another_kind_are_refused(shape, dtype):
    with pytest.raises(ValueError, match=r"picture: got .*, expected uint8 or uint16"):
        Upscaler("nearest").upscale_array(np.zeros(shape, dtype))
    with pytest.raises(ValueError, match="got int32"):
        Upscaler("nearest").upscale_array(np.zeros((8, 8, 3), np.int32))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
@pytest.mark.parametrize("size", [(0, 5), (5, 0)])
def test_a_picture_without_pixels_is_one_clear_line(mode, size):
    with pytest.raises(ValueError, match=r"picture: got \dx\d pixels, expected at least 1x1"):
        srgan_tf.upscale(Image.new(mode, size), "bicubic")


def test_a_12_bit_tiff_gives_the_same_however_often_it_is_asked(tmp_path):
    levels = np.arange(0, 4096, 64, dtype=np.uint16).reshape(8, 8)
    pairs = levels.reshape(-1, 2).astype(np.uint32)
    packed = (pairs[:, 0] << 12 | pairs[:, 1]).astype(">u4").view(np.uint8).reshape(-1, 4)[:, 1:]
    tags = {256: 8, 257: 8, 258: 12, 259: 1, 262: 1, 273: 8, 277: 1, 278: 8, 279: packed.size}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    head = struct.pack("<2sHI", b"II", 42, 8 + packed.size)
    body = struct.pack("<H", len(tags)) + entries + bytes(4)
    (tmp_path / "a.tif").write_bytes(head + packed.tobytes() + body)
    with Image.open(tmp_path / "a.tif") as image:
        first, second = (np.asarray(srgan_tf.upscale(image, "nearest")) for _ in range(2))
    np.testing.assert_array_equal(first[::4, ::4] >> 4, levels)
    np.testing.assert_array_equal(second, first)
