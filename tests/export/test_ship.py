import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from srgan_tf.cli.main import main
from srgan_tf.config import DataConfig, TrainConfig
from srgan_tf.export import ship
from srgan_tf.export.facts import model_facts
from srgan_tf.export.ship import begin_card, training_command
from srgan_tf.models.cards import Card
from srgan_tf.models.generator import build_generator
from srgan_tf.models.networks import build_network
from srgan_tf.models.norms import batch_norms
from srgan_tf.models.weights import copy_weights, load_float16
from srgan_tf.training.averaging import restate_norms


def test_the_command_asks_for_what_is_not_the_default(monkeypatch):
    monkeypatch.setenv("SRGAN_TF_DATA", "/data")
    data = DataConfig("/data/train", crop_size=64, seed=1)
    config = TrainConfig("srgan_mse", data, steps=500, init="a b.keras", vgg_weights="/data/v.npz")
    assert training_command(config) == (
        'srgan-tf train srgan_mse --data "$SRGAN_TF_DATA/train" --out runs/srgan_mse --steps 500 '
        "--init 'a b.keras' --vgg-weights \"$SRGAN_TF_DATA/v.npz\" --crop-size 64 --seed 1"
    )


def test_the_command_is_one_that_train_takes(monkeypatch):
    import srgan_tf.training.run as training

    seen = []
    monkeypatch.setattr(training, "train", lambda config, out, resume: seen.append(config))
    data = DataConfig("photos", batch_size=8, crop_size=64, sigma=2.0, seed=1, sample=9)
    config = TrainConfig(
        "srresnet_mse", data, num_blocks=2, num_filters=8, steps=5, learning_rate=1e-3, warmup=2
    )
    config = replace(config, long_skip=False, initialization="random", freeze_norms=True)
    assert main(training_command(config).split()[1:]) == 0
    assert seen == [config]


def test_a_card_is_begun_from_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(ship, "read_card", lambda name: None)
    config = TrainConfig("srgan_mse", DataConfig("photos"), steps=500)
    (tmp_path / "config.json").write_text(json.dumps(asdict(config)))
    (tmp_path / "log.csv").write_text("step,loss\n250,1\n500,0.5\n")
    card = begin_card("srgan_mse", tmp_path)
    assert (card.name, card.steps, card.scores) == ("srgan_mse", 500, {})
    assert card.commands == (training_command(config),)
    assert card.data == "photos, less those held out"


def test_hardware_and_notes_of_the_card_there_was_are_kept(tmp_path, monkeypatch):
    before = Card("srgan_mse", ("x",), 9, "photos", "a laptop", "2026-01-01", "slow")
    monkeypatch.setattr(ship, "read_card", lambda name: before)
    (tmp_path / "config.json").write_text(
        json.dumps(asdict(TrainConfig("srgan_mse", DataConfig("photos"))))
    )
    (tmp_path / "log.csv").write_text("step,loss\n500,0.5\n")
    card = begin_card("srgan_mse", tmp_path)
    assert (card.data, card.hardware, card.notes, card.steps) == ("photos", "a laptop", "slow", 500)


@pytest.mark.parametrize(
    ("name", "message"), [("srgan_mes", "got 'srgan_mes'"), ("srresnet_mse", "expected")]
)
def test_a_wrong_name_or_network_overwrites_nothing(tmp_path, monkeypatch, name, message):
    monkeypatch.setattr(
        ship, "shipped_path", lambda name, suffix=".npz": tmp_path / (name + suffix)
    )
    build_network("espcn").save(tmp_path / "generator.keras")
    with pytest.raises(ValueError, match=message):
        ship.ship(name, str(tmp_path / "generator.keras"))
    assert [path.name for path in tmp_path.iterdir()] == ["generator.keras"]


def test_the_exports_have_the_half_precision_weights(tmp_path, monkeypatch, small_generator):
    monkeypatch.setattr(
        ship, "shipped_path", lambda name, suffix=".npz": tmp_path / (name + suffix)
    )
    monkeypatch.setattr(ship, "build_network", lambda name: build_generator(2, 8))
    exports = []

    def record(network, path, quantize, facts):
        exports.append((path.name, quantize))
        assert facts == model_facts("srresnet_mse", "srresnet_mse", quantize)
        for ours, theirs in zip(network.get_weights(), small_generator.get_weights(), strict=True):
            np.testing.assert_array_equal(ours, theirs.astype(np.float16))

    monkeypatch.setattr(ship, "export_tflite", record)
    small_generator.save(tmp_path / "generator.keras")
    ship.ship("srresnet_mse", str(tmp_path / "generator.keras"))
    assert exports == [
        ("srresnet_mse.tflite", "float16"),
        ("srresnet_mse.dynamic.tflite", "dynamic"),
    ]


def test_several_files_are_shipped_as_their_weighted_mean(tmp_path, monkeypatch):
    monkeypatch.setattr(ship, "shipped_path", lambda name: tmp_path / f"{name}.npz")
    cards = []
    monkeypatch.setattr(ship, "write_card", cards.append)
    config = TrainConfig("espcn", DataConfig("photos"))
    (tmp_path / "config.json").write_text(json.dumps(asdict(config)))
    (tmp_path / "log.csv").write_text("step,loss\n500,0.5\n")
    parts = [build_network("espcn"), build_network("espcn")]
    files = [tmp_path / "a.keras", tmp_path / "b.keras"]
    for part, file in zip(parts, files, strict=True):
        part.save(file)
    ship.ship("espcn", f"{files[0]}:0.75", f"{files[1]}:0.25")
    shipped = build_network("espcn")
    load_float16(shipped, tmp_path / "espcn.npz")
    for ours, a, b in zip(
        shipped.get_weights(), *(part.get_weights() for part in parts), strict=True
    ):
        np.testing.assert_allclose(ours, 0.75 * a + 0.25 * b, atol=1e-3)
    command = f"python -m srgan_tf.export.ship espcn {files[0]}:0.75 {files[1]}:0.25"
    assert cards[0].commands == (training_command(config), command)


def test_a_sum_does_not_depend_on_the_statistics_of_its_parts(tmp_path, monkeypatch):
    """Two files that do the same, with other statistics: one less the other changes nothing."""
    monkeypatch.setattr(ship, "shipped_path", lambda name, suffix="": tmp_path / (name + suffix))
    monkeypatch.setattr(ship, "export_tflite", lambda *args, **kwargs: None)
    monkeypatch.setattr(ship, "build_network", lambda name: build_generator(1, 8))
    saved = []
    monkeypatch.setattr(ship, "save_float16", lambda network, path: saved.append(network))
    monkeypatch.setattr(ship, "load_float16", lambda network, path: None)
    network, same, base = (build_generator(1, 8) for _ in range(3))
    for part in (same, base):
        copy_weights(network, part)
    lr = np.random.default_rng(0).random((1, 16, 16, 3), np.float32)
    restate_norms(same, [lr, lr**2])
    for norm in batch_norms(base):
        norm.beta.assign(norm.beta + 0.1)
    for part, name in ((network, "network"), (same, "same"), (base, "base")):
        part.save(tmp_path / f"{name}.keras")
    files = [f"{tmp_path}/{name}.keras" for name in ("base", "network", "same")]
    ship.ship("srresnet_mse", f"{files[0]}:1", f"{files[1]}:1", f"{files[2]}:-1")
    np.testing.assert_allclose(saved[0](lr), base(lr), atol=1e-6)
    assert np.abs(base(lr) - network(lr)).max() > 1e-4


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (("a", "b"), "expected FILE or"),
        (("a:0.5", "b:0.4"), "got 0.9 in all"),
        ((), "got 0 in all"),
    ],
)
def test_wrong_shares(files, message):
    with pytest.raises(ValueError, match=message):
        ship.ship("espcn", *files)


def test_a_folder_beside_the_data_is_not_in_it(monkeypatch):
    monkeypatch.setenv("SRGAN_TF_DATA", "/data")
    assert "--data /data2/x " in training_command(TrainConfig("srgan_mse", DataConfig("/data2/x")))
