import json
import re
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

import srgan_tf
from srgan_tf.export import make
from srgan_tf.export.source import export_name
from srgan_tf.models.generator import build_generator
from srgan_tf.models.start import start_as_interpolation


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A small network that enlarges, as a user's file."""
    keras.utils.set_random_seed(0)
    generator = build_generator(1, 8)
    start_as_interpolation(generator)
    path = tmp_path_factory.mktemp("run") / "tiny.keras"
    generator.save(path)
    return path


def files_in(folder):
    return {
        path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_saved_models_get_the_next_version(run, model, tmp_path):
    (tmp_path / "tiny" / "7").mkdir(parents=True)
    (tmp_path / "tiny" / "notes").mkdir()
    code, out, err = run("export", "saved_model", "--model", model, "-o", tmp_path)
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == str(tmp_path / "tiny" / "8")
    assert "max difference to Keras" in out
    assert {path.name for path in tmp_path.iterdir()} == {"tiny"}
    photo = Image.new("RGB", (9, 7), "teal")
    results = [
        np.asarray(srgan_tf.Upscaler(which)(photo), int) for which in (model, tmp_path / "tiny")
    ]
    assert np.abs(results[0] - results[1]).max() <= 1


@pytest.mark.parametrize(
    "quantize",
    ["none", "float16", "dynamic", pytest.param("int8", marks=pytest.mark.slow)],
)
def test_tflite(run, model, tmp_path, photo_path, quantize):
    name = "tiny.tflite" if quantize == "none" else f"tiny.{quantize}.tflite"
    out_folder = tmp_path / "out"
    out_folder.mkdir()
    (out_folder / name).write_bytes(b"of before")
    arguments = ["--model", model, "-o", out_folder, "--quantize", quantize, "--no-verify"]
    if quantize in ("dynamic", "int8"):
        Image.open(photo_path).resize((32, 32)).save(photo_path)
        arguments += ["--calibration", tmp_path]
    code, out, err = run("export", "tflite", *arguments)
    assert (code, out, err) == (0, f"{out_folder / name}\n", "")
    assert [path.name for path in out_folder.iterdir()] == [name]
    runner = Interpreter(str(out_folder / name)).get_signature_runner("serving_default")
    assert runner(lr=np.zeros((1, 5, 3, 3), np.float32))["sr"].shape == (1, 20, 12, 3)


def test_tflite_says_what_it_is(run, model, tmp_path):
    run("export", "tflite", "--model", model, "-o", tmp_path)
    from tensorflow.lite.tools import flatbuffer_utils

    read = flatbuffer_utils.read_model(str(tmp_path / "tiny.tflite"))
    (buffer,) = (item.buffer for item in read.metadata if item.name == b"srgan_tf")
    facts = json.loads(bytes(read.buffers[buffer].data))
    assert facts["name"] == "tiny"
    assert "[0, 1]" in facts["lr"] and "[0, 1]" in facts["sr"]
    assert facts["licence"] == "not stated: trained by whoever exported it"
    assert b"not stated" in read.description


def test_onnx_at_odd_sizes(run, model, tmp_path):
    for name in ("onnx", "onnxruntime", "tf2onnx"):
        pytest.importorskip(name)
    import onnxruntime

    code, out, _ = run("export", "onnx", "--model", model, "-o", tmp_path)
    assert (code, out.splitlines()[0]) == (0, str(tmp_path / "tiny.onnx"))
    session = onnxruntime.InferenceSession(str(tmp_path / "tiny.onnx"))
    generator = keras.saving.load_model(model)
    for shape in ((1, 7, 5, 3), (2, 16, 33, 3)):
        lr = np.random.default_rng(0).random(shape, np.float32)
        (sr,) = session.run(["sr"], {"lr": lr})
        expected = np.clip((generator.predict_on_batch(lr) + 1) / 2, 0, 1)
        assert np.abs(sr - expected).max() < 1e-4


def test_onnx_without_its_extra(run, model, tmp_path, monkeypatch):
    monkeypatch.setattr("srgan_tf.export.onnx.find_spec", lambda name: None)
    code, out, err = run("export", "onnx", "--model", model, "-o", tmp_path / "new")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert "pip install '.[onnx]'" in err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("kind", ["saved_model", "tflite"])
def test_beyond_the_budget_nothing_changes(run, model, tmp_path, monkeypatch, kind):
    from srgan_tf.export import make

    assert run("export", kind, "--model", model, "-o", tmp_path / "old")[0] == 0
    before = files_in(tmp_path)
    monkeypatch.setitem(make.BUDGETS, "none", make.BUDGETS["none"].__class__(difference=1e-9))
    for folder in ("old", "new"):
        code, out, err = run("export", kind, "--model", model, "-o", tmp_path / folder)
        assert (code, out, len(err.splitlines())) == (2, "", 1)
        assert "nothing was exported" in err
    assert files_in(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_the_loss_is_measured_on_benchmarks(run, model, tmp_path, samples):
    (tmp_path / "sets" / "Mine" / "HR").mkdir(parents=True)
    picture = Image.fromarray(samples["coffee"][40:120, 60:180])
    picture.save(tmp_path / "sets" / "Mine" / "HR" / "a.png")
    sets = ("--benchmarks", tmp_path / "sets")
    code, out, _ = run("export", "tflite", "--model", model, "-o", tmp_path, *sets)
    assert code == 0
    assert re.fullmatch(r"Mine: ([\d.]+) dB, Keras \1 dB: loses -?0\.000", out.splitlines()[-1])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("saved_model", "--quantize", "int8"), "expected tflite"),
        (("tflite", "--calibration", "."), "expected dynamic or int8"),
        (("tflite", "--benchmarks", ".", "--no-verify"), "expected --verify"),
        (("tflite", "--benchmarks", "missing"), "expected a folder that holds NAME/HR"),
        (("tflite", "--quantize", "int8", "--calibration", "missing"), "missing"),
        (("tflite", "--model", "missing.keras"), "expected one of"),
        (("tflite", "-o", "gs://bucket/models"), "expected a folder of this computer"),
    ],
)
def test_wrong_use(run, model, tmp_path, arguments, expected):
    code, out, err = run(
        "export", arguments[0], "--model", model, "-o", tmp_path / "new", *arguments[1:]
    )
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert expected in err
    assert not (tmp_path / "new").exists()


def test_a_place_that_is_taken_is_told_before_the_work(run, model, tmp_path, monkeypatch):
    monkeypatch.setattr(make, "_build", None)
    name = export_name(model)
    (tmp_path / f"{name}.tflite").mkdir()
    (tmp_path / name).touch()
    for kind, message in (("tflite", "got the folder"), ("saved_model", "got the file")):
        code, _, errors = run("export", kind, "--model", model, "-o", tmp_path)
        assert code == 2 and message in errors and errors.count("\n") == 1


@pytest.mark.parametrize(
    ("file", "name"),
    [("a/gan_0.85.keras", "gan_0.85"), ("my.v1.weights.h5", "my.v1"), (".npz", "generator")],
)
def test_models_of_different_names_have_exports_of_different_names(file, name):
    assert export_name(file) == name


def test_the_file_of_a_run_is_called_as_its_folder(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    assert export_name(tmp_path / "mine" / "generator.keras") == "generator"
    (tmp_path / "mine" / "config.json").touch()
    assert export_name(tmp_path / "mine" / "generator.keras") == "mine"
    monkeypatch.chdir(tmp_path / "mine")
    assert export_name("generator.keras") == "mine"


def test_a_network_that_is_more_than_its_weights_is_refused(run, model, tmp_path):
    def clone(layer):
        config = layer.get_config()
        if "epsilon" in config:
            config["epsilon"] = 0.5
        return type(layer).from_config(config)

    loaded = srgan_tf.load_generator(model)
    other = keras.models.clone_model(loaded, clone_function=clone)
    other.set_weights(loaded.get_weights())
    other.save(tmp_path / "other.keras")
    out = tmp_path / "out"
    code, _, err = run("export", "tflite", "--model", tmp_path / "other.keras", "-o", out)
    assert code == 2 and "expected the same layers and settings" in err and err.count("\n") == 1
    assert not out.exists()


@pytest.mark.parametrize("kind", ["tflite", "saved_model"])
def test_a_full_disk_is_one_line(run, model, tmp_path, kind):
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        code, _, err = run("export", kind, "--model", model, "-o", tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert code == 2 and err.count("\n") == 1, err
    assert err.startswith(f"srgan-tf: output: {tmp_path / 'out'} cannot be written (")
    assert not (tmp_path / "out").exists()


def test_other_networks_are_refused(run, tmp_path):
    other = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(3, 3)])
    other.save(tmp_path / "other.keras")
    code, _, err = run("export", "tflite", "--model", tmp_path / "other.keras", "-o", tmp_path)
    assert code == 2
    assert "expected a generator of srgan_tf.build_generator" in err


def test_help_imports_no_tensorflow():
    code = "import sys; from srgan_tf.cli.main import main\ntry: main(['export', '--help'])\n"
    code += "except SystemExit: pass\nsys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0
