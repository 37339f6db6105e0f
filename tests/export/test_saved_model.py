import io
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

from srgan_tf.export import serving_graph
from srgan_tf.export.saved_model import export_saved_model
from srgan_tf.imaging.ranges import unit_to_uint8
from srgan_tf.models.folded import fold, shuffle_last


def encode(array_uint8, kind="PNG", **options):
    file = io.BytesIO()
    Image.fromarray(array_uint8).save(file, kind, **options)
    return file.getvalue()


def decode(file):
    return np.asarray(Image.open(io.BytesIO(file)))


@pytest.fixture(scope="module")
def loaded(models):
    return tf.saved_model.load(str(models / "tiny" / "1"))


@pytest.fixture(scope="module")
def upscale(loaded):
    return lambda lr: loaded.signatures["serving_default"](lr=tf.constant(lr))["sr"].numpy()


@pytest.fixture(scope="module")
def upscale_files(loaded):
    def run(*files):
        return loaded.signatures["image_bytes"](image_bytes=tf.constant(files))["sr_bytes"].numpy()

    return run


@pytest.fixture(scope="module")
def expected(generator):
    return lambda lr: np.clip((generator.predict_on_batch(lr) + 1) / 2, 0, 1)


@pytest.mark.parametrize("shape", [(1, 5, 7, 3), (3, 24, 17, 3), (1, 1, 1, 3)])
def test_floats_equal_keras(upscale, expected, rng, shape):
    lr = rng.random(shape, dtype=np.float32)
    assert np.abs(upscale(lr) - expected(lr)).max() < 1e-5


@pytest.mark.parametrize("shape", [(2, 190, 200), (1, 20, 2000), (1, 2000, 20), (300, 10, 12)])
def test_much_goes_by_tiles_or_groups_and_shows_no_seam(upscale, expected, rng, shape):
    lr = rng.random((*shape, 3), dtype=np.float32)
    assert lr.size > 3 * serving_graph._TILE**2
    assert np.abs(upscale(lr) - expected(lr)).max() < 1e-5


@pytest.mark.parametrize("shape", [(8, 8, 3), (1, 1, 8, 8, 3), (1, 1, 1, 2000, 3)])
def test_a_wrong_rank_is_refused_in_the_graph(upscale, shape):
    """Servers hand it over; without a check it ended the process, or evaded the limit."""
    with pytest.raises(tf.errors.InvalidArgumentError):
        upscale(np.zeros(shape, np.float32))
    assert upscale(np.zeros((1, 2, 2, 3), np.float32)).shape == (1, 8, 8, 3)


def test_files_of_mixed_sizes_and_kinds(upscale, upscale_files, samples):
    colour = samples["chelsea"][100:117, 150:173]
    pictures = [
        (encode(colour), colour),
        (encode(colour[:9], "JPEG", quality=90), None),
        (encode(colour[..., 0]), np.repeat(colour[..., :1], 3, 2)),
        (encode(np.dstack([colour, colour[..., :1]])), colour),
    ]
    for (file, pixels), result in zip(
        pictures, upscale_files(*(file for file, _ in pictures)), strict=True
    ):
        pixels = decode(file) if pixels is None else pixels
        sr = upscale(pixels[None].astype(np.float32) / 255)[0]
        assert result.startswith(b"\x89PNG")
        assert np.array_equal(decode(result), unit_to_uint8(sr))


def bad_files(samples):
    good = encode(samples["chelsea"][:40, :50])
    jpeg = encode(samples["chelsea"][:40, :50], "JPEG")
    return {
        "empty": b"",
        "one byte": b"x",
        "text": b"not a picture at all\n" * 9,
        "png without a size": good[:20],
        "half a png": good[: len(good) // 2],
        "half a jpeg": jpeg[: len(jpeg) // 2],
        "jpeg's first bytes": jpeg[:3],
        "gif": encode(samples["chelsea"][:40, :50], "GIF"),
        "bmp": encode(samples["chelsea"][:40, :50], "BMP"),
        "huge png": encode(np.zeros((3000, 3000), np.uint8)),
        "long png": encode(np.zeros((2, 2**20), np.uint8)),
        "huge jpeg": encode(np.zeros((3000, 3000), np.uint8), "JPEG"),
    }


@pytest.mark.parametrize("kind", list(bad_files({"chelsea": np.zeros((40, 50, 3), np.uint8)})))
def test_bad_files_are_refused_and_the_model_goes_on(upscale_files, samples, kind):
    good = encode(samples["chelsea"][:6, :8])
    with pytest.raises(tf.errors.InvalidArgumentError):
        upscale_files(good, bad_files(samples)[kind])
    assert decode(upscale_files(good)[0]).shape == (24, 32, 3)


def test_refusals_say_what_is_expected(upscale_files, upscale, samples):
    with pytest.raises(tf.errors.InvalidArgumentError, match="expected the content of a PNG or JP"):
        upscale_files(b"junk")
    with pytest.raises(tf.errors.InvalidArgumentError, match="expected 1 to 1048576 pixels"):
        upscale_files(bad_files(samples)["huge png"])
    with pytest.raises(tf.errors.InvalidArgumentError, match="expected 1 to 1048576 pixels"):
        upscale(np.zeros((2, 1024, 513, 3), np.float32))
    with pytest.raises(tf.errors.InvalidArgumentError, match="expected 1 to 1048576 pixels"):
        upscale(np.zeros((1, 0, 5, 3), np.float32))


def test_a_header_that_lies_about_its_size_asks_for_no_memory(upscale_files, samples):
    file = bytearray(encode(samples["chelsea"][:6, :8]))
    file[16:24] = b"\xff" * 8
    with pytest.raises(tf.errors.InvalidArgumentError, match="expected 1 to 1048576 pixels"):
        upscale_files(bytes(file))


def test_servers_load_it_in_a_session(models, expected, rng):
    """As TensorFlow Serving and `saved_model_cli run` do; variables in attributes fail there."""
    lr = rng.random((1, 6, 5, 3), dtype=np.float32)
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        meta = tf.compat.v1.saved_model.load(session, ["serve"], str(models / "tiny" / "1"))
        signature = meta.signature_def["serving_default"]
        sr = session.run(signature.outputs["sr"].name, {signature.inputs["lr"].name: lr})
        signature = meta.signature_def["image_bytes"]
        feed = {signature.inputs["image_bytes"].name: [b"junk"]}
        with pytest.raises(tf.errors.InvalidArgumentError, match="expected the content of a PNG"):
            session.run(signature.outputs["sr_bytes"].name, feed)
    assert np.abs(sr - expected(lr)).max() < 1e-5


def test_weights_are_stored_once(models, generator):
    variables = models / "tiny" / "1" / "variables"
    size = sum(path.stat().st_size for path in variables.glob("*.data*"))
    network = shuffle_last(fold(generator))
    arrays = [*network.slopes]
    for layer in network.convolutions:
        arrays += [layer.kernel, layer.bias]
    assert 1 <= size / sum(array.nbytes for array in arrays) < 1.2
    graph = (models / "tiny" / "1" / "saved_model.pb").read_bytes()
    kernel = generator.get_layer("block01_conv1").kernel.numpy().tobytes()
    assert kernel[:64] not in graph


def test_warm_up_requests_can_be_run(models, loaded):
    path = models / "tiny" / "1" / "assets.extra" / "tf_serving_warmup_requests"
    seen = []
    for record in tf.data.TFRecordDataset(str(path)):
        request = PredictionLog.FromString(record.numpy()).predict_log.request
        assert request.model_spec.name == "tiny"
        seen.append(request.model_spec.signature_name)
        inputs = {key: tf.make_ndarray(value) for key, value in request.inputs.items()}
        tensors = {key: tf.constant(value) for key, value in inputs.items()}
        (result,) = loaded.signatures[seen[-1]](**tensors).values()
        assert result.shape[0] == 1
    assert seen == ["serving_default", "image_bytes"]


@pytest.mark.slow
def test_saved_model_cli_runs_it(models, tmp_path, rng):
    np.savez(tmp_path / "x.npz", lr=rng.random((1, 6, 5, 3), dtype=np.float32))
    program = [sys.executable, "-m", "tensorflow.python.tools.saved_model_cli", "run"]
    program += ["--dir", str(models / "tiny" / "1"), "--tag_set", "serve"]
    program += ["--signature_def", "serving_default", "--outdir", str(tmp_path)]
    program += ["--inputs", f"lr={tmp_path / 'x.npz'}[lr]"]
    done = subprocess.run(program, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert np.load(tmp_path / "sr.npy").shape == (1, 24, 20, 3)


def test_other_block_counts_are_exported_too(tmp_path, small_generator):
    export_saved_model(small_generator, tmp_path / "1", "other")
    loaded = tf.saved_model.load(str(tmp_path / "1"))
    lr = np.full((1, 8, 9, 3), 0.5, np.float32)
    sr = loaded.signatures["serving_default"](lr=tf.constant(lr))["sr"].numpy()
    expected = np.clip((small_generator.predict_on_batch(lr) + 1) / 2, 0, 1)
    assert np.abs(sr - expected).max() < 1e-4
