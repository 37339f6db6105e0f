"""From settings and a recipe to the compiled model that `fit` trains."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from srgan_tf.config import TrainConfig
from srgan_tf.losses.content import Loss
from srgan_tf.metrics.keras_metrics import PSNR
from srgan_tf.models.discriminator import build_discriminator
from srgan_tf.models.half_size import at_half_size
from srgan_tf.models.networks import build_network
from srgan_tf.models.norms import batch_norms
from srgan_tf.models.shipped import shipped_names
from srgan_tf.models.start import start_as_interpolation
from srgan_tf.models.weights import copy_weights, load_generator
from srgan_tf.recipes import Recipe
from srgan_tf.training.schedule import WarmupSchedule, scale_phases
from srgan_tf.training.srgan import SRGAN
from srgan_tf.training.supervision import supervised


@dataclass(frozen=True)
class Learner:
    """What a run trains.

    Attributes:
        model: compiled, for `fit`: the generator, or an SRGAN around it; see `at_half_size`.
        generator: the network that is wanted.
        optimizer: the generator's, which keeps the moving average of its weights.
        groups: all state, for checkpoints.
    """

    model: keras.Model
    generator: keras.Model
    optimizer: keras.optimizers.Optimizer
    groups: dict[str, Any]


def build_learner(
    config: TrainConfig, recipe: Recipe, steps: int, content_loss: Loss, resumes: bool = False
) -> Learner:
    """Builds networks and optimizers of a recipe, with their starting weights.

    Args:
        config: the run's settings.
        recipe: what it trains.
        steps: of the whole run.
        content_loss: the recipe's.
        resumes: whether a checkpoint has the weights, so that `config.init` need not exist.

    Raises:
        ValueError: settings that do not fit, or starting weights that cannot be used.
    """
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(config.precision)
    try:
        generator = build_network(
            recipe.name, config.num_blocks, config.num_filters, config.long_skip
        )
        if config.freeze_norms:
            freeze_norms(generator)
        if not resumes:
            _set_starting_weights(generator, config, recipe)
        optimizer = _make_adam(config, recipe, steps, "adam", config.ema)
        optimizer.build(generator.trainable_variables)
        groups: dict[str, Any] = {"generator": generator, "optimizer": optimizer}
        settings = {
            "jit_compile": use_xla(config.jit_compile, config.strategy),
            "steps_per_execution": config.steps_per_execution,
        }
        if not recipe.adversarial_weight:
            model = supervised(at_half_size(generator))
            model.compile(
                optimizer,
                # Of a bare scalar, Keras forgets to take each replica's share (MirroredStrategy).
                loss=lambda hr, sr: ops.expand_dims(content_loss(hr, sr), 0),
                metrics=[PSNR(name="psnr")],
                **settings,
            )
            return Learner(model, generator, optimizer, groups)
        discriminator = build_discriminator(config.data.crop_size)
        discriminator_optimizer = _make_adam(config, recipe, steps, "discriminator_adam", 0.0)
        network = at_half_size(generator)
        model = SRGAN(network, discriminator, content_loss, recipe.adversarial_weight)
        model.compile(optimizer, discriminator_optimizer, **settings)
    finally:
        keras.config.set_dtype_policy(policy)
    groups |= {
        "discriminator": discriminator,
        "discriminator_optimizer": discriminator_optimizer,
    }
    return Learner(model, generator, optimizer, groups)


def use_xla(jit_compile: str, strategy: str = "none") -> bool:
    """Resolves `auto`: XLA makes training faster on GPU and TPU, and half as fast on CPU.

    JAX always compiles with XLA. TensorFlow cannot compile a step of several devices with it, and
    a step on TPU needs no asking.

    Raises:
        ValueError: not `auto`, `on` or `off`, or `on` with a strategy of TensorFlow's.
    """
    if jit_compile not in ("auto", "on", "off"):
        raise ValueError(f"jit-compile: got {jit_compile!r}, expected auto, on or off")
    if keras.backend.backend() == "tensorflow" and strategy != "none":
        if jit_compile == "on":
            raise ValueError(
                f"jit-compile: got on with strategy {strategy} under TensorFlow, expected auto or "
                "off; KERAS_BACKEND=jax compiles for several devices"
            )
        return False
    if jit_compile != "auto":
        return jit_compile == "on"
    if keras.backend.backend() == "jax":
        return True
    return any(not device.startswith("cpu") for device in keras.distribution.list_devices())


def freeze_norms(generator: keras.Model) -> None:
    """Lets batch normalisations do in training what they do in use, and stay as they are.

    It is for trained ones. Each is a fixed scale and offset then, whatever else is in the batch, so
    that training sees the very network that is scored. The convolutions around them take over what
    theirs would learn.

    Deviation: `--freeze-norms` ends a training without batch statistics, which the paper keeps. It
    is off unless asked for; most steps of the shipped `srresnet_mse` had it, and all of
    `srgan_mse` and of `srgan_vgg54`.

    Args:
        generator: changed in place.

    Raises:
        ValueError: it has no batch normalisation.
    """
    norms = batch_norms(generator)
    if not norms:
        raise ValueError(f"freeze-norms: {generator.name} has no batch normalisation")
    for norm in norms:
        norm.trainable = False


class _AveragingAdam(keras.optimizers.Adam):
    """Adam that keeps its moving average to itself when `fit` ends, so that training can go on."""

    def finalize_variable_values(self, var_list: Sequence[Any]) -> None:
        """Leaves the weights as they are."""


def _make_adam(
    config: TrainConfig, recipe: Recipe, steps: int, name: str, ema: float
) -> keras.optimizers.Optimizer:
    """Adam with beta_1 = 0.9 (Section 3.2) and the run's schedule."""
    first_rate = recipe.phases[0].learning_rate
    ratio = (config.learning_rate or first_rate) / first_rate
    phases = [(p.steps, ratio * p.learning_rate) for p in scale_phases(recipe.phases, steps)]
    schedule = WarmupSchedule(phases, config.schedule, config.warmup)
    average = {"use_ema": True, "ema_momentum": ema} if ema else {}
    return _AveragingAdam(schedule, beta_1=0.9, name=name, **average)


def _set_starting_weights(generator: keras.Model, config: TrainConfig, recipe: Recipe) -> None:
    init = config.init or recipe.init
    if init == recipe.init and init is not None and init not in shipped_names():
        raise ValueError(
            f"{recipe.name} starts from a trained {init}, which this package does not ship; name "
            "one with --init FILE"
        )
    if config.freeze_norms and not init:
        raise ValueError("freeze-norms: got untrained ones; name trained weights with --init")
    if config.initialization == "random" and recipe.network != "srresnet":
        raise ValueError(
            f"initialization: got random for {recipe.name}, expected interpolation, the only one "
            "that it has"
        )
    if init:
        copy_weights(load_generator(init), generator)
    elif config.initialization == "interpolation" and recipe.network == "srresnet":
        start_as_interpolation(generator)
