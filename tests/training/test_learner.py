import keras
import pytest

from srgan_tf.config import DataConfig, TrainConfig
from srgan_tf.losses.content import mse_loss
from srgan_tf.recipes import RECIPES
from srgan_tf.training.learner import build_learner


def build(recipe, **settings):
    data = DataConfig("photos", crop_size=16)
    config = TrainConfig(recipe, data, num_blocks=1, num_filters=8, **settings)
    return build_learner(config, RECIPES[recipe], 10, mse_loss, resumes=True)


@pytest.mark.parametrize(
    ("recipe", "phases"),
    [("srresnet_mse", [(10, 3e-4)]), ("srgan_mse", [(5, 3e-4), (5, 3e-5)])],
)
def test_every_network_has_the_paper_s_adam_and_the_run_s_schedule(recipe, phases):
    groups = build(recipe, learning_rate=3e-4, schedule="cosine", warmup=2, ema=0.5).groups
    optimizers = [group for name, group in groups.items() if name.endswith("optimizer")]
    assert len(optimizers) == (2 if recipe == "srgan_mse" else 1)
    for optimizer in optimizers:
        assert isinstance(optimizer, keras.optimizers.Adam)
        assert (optimizer.beta_1, optimizer.beta_2) == (0.9, 0.999)
        schedule = optimizer.get_config()["learning_rate"]["config"]
        assert (schedule["kind"], schedule["warmup"]) == ("cosine", 2)
        for found, wanted in zip(schedule["phases"], phases, strict=True):
            assert found == pytest.approx(wanted)


def test_the_recipe_s_rates_and_schedule_are_the_default():
    schedule = build("srgan_mse").optimizer.get_config()["learning_rate"]["config"]
    assert schedule == {"phases": [(5, 1e-4), (5, 1e-5)], "kind": "paper", "warmup": 0}


def test_the_generator_alone_keeps_a_moving_average():
    learner = build("srgan_mse", ema=0.75)
    assert (learner.optimizer.use_ema, learner.optimizer.ema_momentum) == (True, 0.75)
    assert not learner.groups["discriminator_optimizer"].use_ema
    assert not build("srresnet_mse", ema=0).optimizer.use_ema


def test_networks_compute_in_the_precision_that_is_asked_for():
    groups = build("srgan_mse", precision="mixed_bfloat16").groups
    for network, layer in (("generator", "head_conv"), ("discriminator", "conv1")):
        assert groups[network].get_layer(layer).compute_dtype == "bfloat16"
    assert keras.config.dtype_policy().name == "float32"  # for what is built later
