import psutil
import pytest

from srgan_tf.inference import upscaler
from srgan_tf.inference.memory import free_memory, tile_for
from srgan_tf.inference.upscaler import Upscaler
from srgan_tf.models.baselines import build_drcn


def test_a_container_has_less_than_the_machine(tmp_path):
    of_machine = pytest.approx(psutil.virtual_memory().available, rel=0.2)
    assert free_memory(tmp_path) == of_machine
    (tmp_path / "memory.current").write_text("70000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert free_memory(tmp_path) == of_machine
    (tmp_path / "memory.max").write_text("100000\n")
    assert free_memory(tmp_path) == 30_000
    (tmp_path / "memory.stat").write_text("anon 1000\ninactive_file 20000\n")
    assert free_memory(tmp_path) == 50_000
    (tmp_path / "memory.stat").unlink()
    (tmp_path / "memory.max").write_text("50000\n")
    assert free_memory(tmp_path) == 0


def test_the_tile_follows_the_free_memory():
    assert tile_for(16 << 30, overlap=16) == 256
    assert 128 <= tile_for(1 << 30, overlap=16) < 160
    assert tile_for(0, overlap=16) == 32


@pytest.mark.parametrize("ensemble", [False, True])
def test_drcn_needs_more_memory_and_gets_smaller_tiles(ensemble, tmp_path, monkeypatch):
    build_drcn(8, 2).save(tmp_path / "drcn.keras")
    monkeypatch.setattr(upscaler, "free_memory", lambda: 4 << 30)
    assert Upscaler().tile == 256
    assert 64 <= Upscaler(tmp_path / "drcn.keras", ensemble=ensemble).tile < 96
