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


def test_what_cannot_be_done_is_said_in_one_line(program, tmp_path, capsys):
    model = shipped_path("srresnet_mse", ".tflite")
    (tmp_path / "bad.png").write_bytes(b"x")
    for arguments in ((model, tmp_path / "bad.png"), (tmp_path / "no.tflite", tmp_path / "a.png")):
        assert program.main([*map(str, arguments), str(tmp_path / "large.png")]) == 1
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "large.png").exists()
