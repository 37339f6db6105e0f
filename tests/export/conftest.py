import importlib.util
import sys
from pathlib import Path

import keras
import pytest

from srgan_tf.models.generator import build_generator
from srgan_tf.models.start import start_as_interpolation

TOP = Path(__file__).resolve().parents[2]


def load_script(path):
    """Imports a file that belongs to no package."""
    spec = importlib.util.spec_from_file_location(f"script_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def generator():
    """A small network that enlarges. Shared: tests may not change it."""
    keras.utils.set_random_seed(0)
    model = build_generator(2, 8)
    start_as_interpolation(model)
    return model


@pytest.fixture(scope="session")
def model_file(generator, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "tiny.keras"
    generator.save(path)
    return path


@pytest.fixture(scope="session")
def models(generator, tmp_path_factory):
    """A folder as a server wants it: tiny/1/. Shared: tests may not change it."""
    from srgan_tf.export.saved_model import export_saved_model

    folder = tmp_path_factory.mktemp("models")
    (folder / "tiny").mkdir()
    export_saved_model(generator, folder / "tiny" / "1", "tiny")
    return folder


@pytest.fixture(scope="session")
def server(models):
    with load_script(TOP / "tests/export/model_server.py").ModelServer(models) as running:
        yield running


@pytest.fixture(scope="session")
def kit():
    """Imports a script of the deployment kit, such as `serving/client_rest.py`."""
    return lambda name: load_script(TOP / "export" / name)
