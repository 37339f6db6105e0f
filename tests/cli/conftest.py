import io

import numpy as np
import pytest
from PIL import Image

from srgan_tf.cli.main import main


@pytest.fixture
def run(capsys):
    """Runs the program; returns its exit code, output and errors."""

    def run_program(*arguments):
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return run_program


@pytest.fixture
def photo(samples):
    """A small colour picture, uint8 (20, 30, 3)."""
    return samples["chelsea"][100:120, 130:160]


@pytest.fixture
def photo_path(tmp_path, photo):
    Image.fromarray(photo).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def encoded(photo, kind):
    file = io.BytesIO()
    Image.fromarray(np.tile(photo, (4, 4, 1))).save(file, kind)
    return file.getvalue()


@pytest.fixture(
    params=["missing", "folder", "empty", "text", "cut.png", "cut.jpg", "cut.webp", "header.png"]
)
def bad_picture(request, tmp_path, photo):
    """A file that cannot be upscaled, in a folder of its own."""
    folder = tmp_path / "bad"
    folder.mkdir()
    path = folder / (request.param if "." in request.param else "picture.png")
    if request.param == "folder":
        path.mkdir()
    elif request.param == "empty":
        path.touch()
    elif request.param == "text":
        path.write_text("not a picture\n")
    elif request.param == "header.png":
        path.write_bytes(encoded(photo, "PNG")[:20])
    elif request.param.startswith("cut"):
        content = encoded(photo, {".png": "PNG", ".jpg": "JPEG", ".webp": "WEBP"}[path.suffix])
        path.write_bytes(content[: len(content) // 2])
    return path
