import json
from dataclasses import asdict, replace

from srgan_tf.cli.main import main
from srgan_tf.config import DataConfig, TrainConfig
from srgan_tf.export import ship
from srgan_tf.export.ship import begin_card, training_command


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
    config = replace(config, long_skip=False, initialization="random")
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
