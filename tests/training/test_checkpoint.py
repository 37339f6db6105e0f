import numpy as np
import pytest

from srgan_tf.models.generator import build_generator
from srgan_tf.training.checkpoint import load_checkpoint, restore_checkpoint, save_checkpoint


@pytest.fixture
def saved(tmp_path):
    generator = build_generator(1, 4)
    path = tmp_path / "checkpoint.npz"
    save_checkpoint(path, 7, {"generator": generator})
    return path, generator


def test_round_trip(saved):
    path, generator = saved
    other = build_generator(1, 4)
    checkpoint = load_checkpoint(path)
    restore_checkpoint(checkpoint, {"generator": other})
    assert checkpoint.step == 7
    for ours, theirs in zip(other.get_weights(), generator.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_another_architecture_is_refused_and_nothing_changes(saved):
    path, _ = saved
    other = build_generator(2, 4)
    before = other.get_weights()
    with pytest.raises(ValueError, match="another network"):
        restore_checkpoint(load_checkpoint(path), {"generator": other})
    wider = build_generator(1, 5)
    with pytest.raises(ValueError, match="another network"):
        restore_checkpoint(load_checkpoint(path), {"generator": wider})
    for ours, old in zip(other.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, old)


def test_a_damaged_file_is_refused(saved, tmp_path):
    path, _ = saved
    for name, content in (
        ("half.npz", path.read_bytes()[:3000]),
        ("empty.npz", b""),
        ("text.npz", b"hello"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match="cannot be read as arrays"):
            load_checkpoint(tmp_path / name)


def test_a_failed_write_leaves_the_old_checkpoint(saved):
    path, generator = saved
    before = path.read_bytes()

    class Broken:
        @property
        def variables(self):
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        save_checkpoint(path, 8, {"generator": generator, "optimizer": Broken()})
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]
