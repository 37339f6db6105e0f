import io

import keras
import numpy as np
import pytest

from srgan_tf.models import weights
from srgan_tf.models.baselines import build_espcn
from srgan_tf.models.discriminator import build_discriminator
from srgan_tf.models.generator import build_generator
from srgan_tf.models.weights import copy_weights, load_float16, load_generator, save_float16


@pytest.fixture
def other():
    """A network like `small_generator`, with other weights."""
    return build_generator(num_blocks=2, num_filters=8)


@pytest.fixture
def small_default(monkeypatch):
    """Makes the small architecture the default one, to spare time."""
    monkeypatch.setattr(weights, "build_generator", lambda: build_generator(2, 8))
    monkeypatch.setattr(weights, "build_network", lambda recipe: build_generator(2, 8))


def assert_unchanged(generator, before):
    for now, then in zip(generator.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


def assert_equal_in_half_precision(generator, original):
    assert [v.path for v in generator.variables] == [v.path for v in original.variables]
    for ours, theirs in zip(generator.get_weights(), original.get_weights(), strict=True):
        assert ours.dtype == np.float32
        np.testing.assert_array_equal(ours, theirs.astype(np.float16))


def one_line(error):
    text = str(error.value)
    assert text
    return "\n" not in text


def test_float16_round_trip(small_generator, other, tmp_path):
    save_float16(small_generator, tmp_path / "small.npz")
    load_float16(other, tmp_path / "small.npz")
    assert_equal_in_half_precision(other, small_generator)


def test_a_float16_file_takes_2_bytes_a_parameter(full_generator, tmp_path):
    save_float16(full_generator, tmp_path / "full.npz")
    assert (tmp_path / "full.npz").stat().st_size < 2.1 * full_generator.count_params()
    assert [path.name for path in tmp_path.iterdir()] == ["full.npz"]


def test_a_failure_in_writing_leaves_the_old_file(small_generator, tmp_path, monkeypatch):
    path = tmp_path / "small.npz"
    path.write_bytes(b"old")
    save = np.savez_compressed

    def fail(file, **arrays):
        save(file, **arrays)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", fail)
    with pytest.raises(OSError, match="No space left"):
        save_float16(small_generator, path)
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("size", [(3, 8), (2, 4), (1, 8)])
def test_weights_of_another_architecture(small_generator, size, tmp_path):
    save_float16(small_generator, tmp_path / "small.npz")
    different = build_generator(*size)
    before = different.get_weights()
    with pytest.raises(ValueError, match=f"another network.* {different.count_params():,} param"):
        load_float16(different, tmp_path / "small.npz")
    assert_unchanged(different, before)


DAMAGES = {
    "cut in half": lambda content: content[: len(content) // 2],
    "cut a little": lambda content: content[:-5],
    "overwritten": lambda content: content[:200] + bytes(200) + content[400:],
    "empty": lambda content: b"",
    "text": lambda content: b"not weights\n",
    "one array": lambda content: as_npy(np.ones(3)),
}


def as_npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_one_clear_line_and_changes_nothing(
    damage, small_generator, other, tmp_path
):
    path = tmp_path / "small.npz"
    save_float16(small_generator, path)
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    before = other.get_weights()
    with pytest.raises(ValueError, match=r"small\.npz") as error:
        load_float16(other, path)
    assert one_line(error)
    assert_unchanged(other, before)


def test_a_missing_file_is_one_clear_line(other, tmp_path):
    with pytest.raises(ValueError, match=r"none\.npz.*No such file") as error:
        load_float16(other, tmp_path / "none.npz")
    assert one_line(error)


def test_a_damaged_byte_anywhere_is_a_value_error_or_harmless(small_generator, other, tmp_path):
    path = tmp_path / "small.npz"
    save_float16(small_generator, path)
    content = path.read_bytes()
    num_errors = 0
    for position in range(0, len(content), len(content) // 60):
        path.write_bytes(
            content[:position] + bytes([content[position] ^ 0xFF]) + content[position + 1 :]
        )
        try:
            load_float16(other, path)
        except ValueError:
            num_errors += 1
    assert num_errors > 30


def test_copy_weights(small_generator, other):
    copy_weights(small_generator, other)
    assert_unchanged(other, small_generator.get_weights())


def test_copy_weights_of_another_architecture(small_generator):
    different = build_generator(1, 8)
    before = different.get_weights()
    with pytest.raises(ValueError, match="another network"):
        copy_weights(small_generator, different)
    assert_unchanged(different, before)


def test_load_generator_reads_npz_of_the_default_architecture(full_generator, tmp_path):
    save_float16(full_generator, tmp_path / "full.npz")
    assert_equal_in_half_precision(load_generator(tmp_path / "full.npz"), full_generator)


def test_load_generator_reads_a_whole_model_of_any_architecture(small_generator, tmp_path, rng):
    small_generator.save(tmp_path / "small.keras")
    loaded = load_generator(str(tmp_path / "small.keras"))
    lr = rng.uniform(0, 1, (1, 4, 5, 3)).astype(np.float32)
    np.testing.assert_array_equal(loaded.predict_on_batch(lr), small_generator.predict_on_batch(lr))


def test_load_generator_reads_keras_weights(small_generator, small_default, tmp_path):
    small_generator.save_weights(tmp_path / "small.weights.h5")
    assert_unchanged(load_generator(tmp_path / "small.weights.h5"), small_generator.get_weights())


def test_load_generator_knows_names_of_shipped_models(
    small_generator, small_default, tmp_path, monkeypatch
):
    save_float16(small_generator, tmp_path / "srresnet_mse.npz")
    monkeypatch.setattr(weights, "shipped_names", lambda: ["srresnet_mse"])
    monkeypatch.setattr(weights, "shipped_path", lambda name: tmp_path / f"{name}.npz")
    assert_equal_in_half_precision(load_generator("srresnet_mse"), small_generator)


@pytest.mark.parametrize("name", ["x.keras", "x.weights.h5", "x.npz", "x.h5", "x.txt", "x"])
@pytest.mark.parametrize("content", [b"not a model\n", b"", None])
def test_load_generator_of_what_is_no_model_is_one_clear_line(
    name, content, small_default, tmp_path
):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=name) as error:
        load_generator(tmp_path / name)
    assert one_line(error)
    assert content is None or "File not found" not in str(error.value)


def test_load_generator_of_a_cut_file_is_one_clear_line(small_generator, small_default, tmp_path):
    small_generator.save(tmp_path / "whole.keras")
    small_generator.save_weights(tmp_path / "whole.weights.h5")
    for kind in ("keras", "weights.h5"):
        content = (tmp_path / f"whole.{kind}").read_bytes()
        (tmp_path / f"cut.{kind}").write_bytes(content[: len(content) // 2])
        with pytest.raises(ValueError, match=f"cut.{kind}") as error:
            load_generator(tmp_path / f"cut.{kind}")
        assert one_line(error)


def test_load_generator_of_weights_of_another_architecture_is_one_clear_line(
    small_default, tmp_path
):
    build_generator(1, 8).save_weights(tmp_path / "other.weights.h5")
    with pytest.raises(ValueError, match=r"other\.weights\.h5") as error:
        load_generator(tmp_path / "other.weights.h5")
    assert one_line(error) and str(error.value).endswith(".keras holds such too")


class Unknown(keras.layers.Layer):
    """A layer that a new process does not know."""

    def call(self, x):
        return x


def test_load_generator_of_a_model_with_foreign_layers_is_one_clear_line(tmp_path, monkeypatch):
    lr = keras.Input((None, None, 3))
    keras.Model(lr, Unknown()(lr)).save(tmp_path / "foreign.keras")
    monkeypatch.setattr(f"{__name__}.Unknown", None)
    with pytest.raises(ValueError, match=r"foreign\.keras") as error:
        load_generator(tmp_path / "foreign.keras")
    assert one_line(error)


def test_a_network_may_be_built_within_a_scope(small_generator, tmp_path):
    """As in a Keras layer's `build`."""
    with keras.name_scope("outer"), keras.name_scope("inner"):
        inside = build_generator(2, 8)
    copy_weights(small_generator, inside)
    save_float16(inside, tmp_path / "inside.npz")
    outside = build_generator(2, 8)
    load_float16(outside, tmp_path / "inside.npz")
    assert_equal_in_half_precision(outside, small_generator)


@pytest.mark.parametrize("build", [build_generator, build_discriminator, build_espcn])
def test_another_order_of_axes_is_one_clear_line(build):
    keras.config.set_image_data_format("channels_first")
    try:
        with pytest.raises(ValueError, match="got channels_first, expected channels_last"):
            build()
    finally:
        keras.config.set_image_data_format("channels_last")
