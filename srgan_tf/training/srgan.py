"""SRGAN as a Keras model: one adversarial train step for `fit`, on TensorFlow and JAX."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import keras
from keras import ops

from srgan_tf.losses.adversarial import adversarial_loss, discriminator_loss
from srgan_tf.losses.content import Loss, mse_loss
from srgan_tf.metrics.keras_metrics import PSNR

_LOGS = (
    "loss",  # what the generator learns from: content plus weighted adversarial
    "content",  # content loss of the result, unweighted
    "adversarial",  # -log D(G(lr)), unweighted
    "d_loss",  # of the discriminator: 1.39 when it cannot tell, 0 when it always can
    "d_real",  # mean probability it gives originals
    "d_fake",  # mean probability it gives results
    "content_grad",  # norm of the content loss's gradient at the result
    "adversarial_grad",  # same of the weighted adversarial loss: what share the game has
    "generator_grad",  # norm of the gradient of the generator's weights
    "discriminator_grad",  # same of the discriminator's
)


class SRGAN(keras.Model):
    """Generator and discriminator with the paper's alternating step (Section 2.1, Eq. 2 and 3).

    On each batch the discriminator takes one step, then the generator takes one against the
    updated discriminator. The super-resolved batch is computed once: the generator's gradient is
    that of the loss at the picture, pulled back through the pass already made. Batch normalisation
    is in training mode throughout; the content loss's VGG stays as it is.

    `fit` logs loss, content, adversarial, d_loss, d_real, d_fake, four gradient norms and psnr
    (dB); `evaluate`, and `fit` with `validation_data`, content and psnr. Callbacks that compare
    epochs are told which, and that more psnr is better: `EarlyStopping("val_psnr", mode="max")`.
    What can be saved are its weights (`ModelCheckpoint(..., save_weights_only=True)`) and
    `model.generator`, which is also what `export` exports.

    Callbacks that change the learning rate (`LearningRateScheduler`, `ReduceLROnPlateau`) change
    the generator's alone; a schedule given to each optimizer changes both.

    Args:
        generator: from `build_generator`, lr (b, h, w, 3) in [0, 1] -> sr (b, 4h, 4w, 3) in
            [-1, 1].
        discriminator: from `build_discriminator`, for the crop size of the data: hr or sr -> logits
            (b, 1).
        content_loss: (hr, sr), float32 (b, 4h, 4w, 3) in [-1, 1], -> scalar; the default is MSE.
            `srgan_tf.losses.perceptual.build_content_loss` makes the VGG losses of Section 2.2.1.
        adversarial_weight: of -log D(G(lr)) beside the content loss (1e-3 in Eq. 3).
        name: of the model.

    Raises:
        ValueError: the content loss is no function.

    Example:
        >>> content_loss = build_content_loss(find_recipe("srgan_vgg54"))
        >>> model = SRGAN(load_generator("srresnet_mse"), build_discriminator(96), content_loss)
        >>> model.compile(keras.optimizers.Adam(1e-4), keras.optimizers.Adam(1e-4))
        >>> model.fit(batches, steps_per_epoch=1000, epochs=100, shuffle=False)
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        content_loss: Loss = mse_loss,
        adversarial_weight: float = 1e-3,
        name: str = "srgan",
    ):
        super().__init__(name=name)
        if not callable(content_loss):
            raise ValueError(f"SRGAN: got the content loss {content_loss!r}, expected a function")
        self.generator = generator
        self.discriminator = discriminator
        self.content_loss = content_loss
        self.adversarial_weight = adversarial_weight
        self.means = {log: keras.metrics.Mean(log) for log in _LOGS}
        self.psnr = PSNR(name="psnr")
        self.is_evaluating = False
        self.built = True  # as its networks are

    def compile(
        self,
        optimizer: keras.optimizers.Optimizer,
        discriminator_optimizer: keras.optimizers.Optimizer,
        **kwargs: Any,
    ) -> None:
        """Sets the optimizers and builds their variables.

        Args:
            optimizer: the generator's; an optimizer or its name.
            discriminator_optimizer: the discriminator's, another one.
            **kwargs: of `keras.Model.compile`: jit_compile, steps_per_execution, run_eagerly,
                auto_scale_loss.

        Raises:
            ValueError: both are one optimizer, or there are losses or metrics.
        """
        if others := set(kwargs) & {"loss", "loss_weights", "metrics", "weighted_metrics"}:
            raise ValueError(
                f"SRGAN.compile: got {', '.join(sorted(others))}, expected optimizers; the content "
                "loss is an argument of SRGAN, and what is logged is fixed"
            )
        super().compile(optimizer=optimizer, **kwargs)
        other = keras.optimizers.get(discriminator_optimizer)
        if other is optimizer:
            raise ValueError(
                "SRGAN.compile: got one optimizer twice, expected one for each network"
            )
        scaled = keras.optimizers.LossScaleOptimizer  # which Keras makes of ours for float16
        if isinstance(self.optimizer, scaled) and not isinstance(other, scaled):
            other = scaled(other, name="discriminator_loss_scale_optimizer")
        self.discriminator_optimizer = other
        self.optimizer.build(self.generator.trainable_variables)
        other.build(self.discriminator.trainable_variables)
        for variable in getattr(self, "discriminator_slots", ()):  # of an earlier compilation
            self._untrack_variable(variable)
        # Keras' JAX trainer carries the variables of `self.optimizer` and of the model alone.
        is_jax = keras.backend.backend() == "jax"
        self.discriminator_slots = other.variables if is_jax else []
        # Of `use_ema`: when `fit` ends, Keras hands it the weights of both networks.
        finalize = type(self.optimizer).finalize_variable_values
        self.optimizer.finalize_variable_values = lambda _: finalize(
            self.optimizer, self.generator.trainable_variables
        )

    def export(self, *args: Any, **kwargs: Any) -> None:
        """Exports the generator, as `keras.Model.export`."""
        self.generator.export(*args, **kwargs)

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The means that `fit` resets at each epoch; while it evaluates, those it then has.

        Of several replicas, `keras.Model.evaluate` logs the means over all of them only if what a
        step logs are exactly these.
        """
        if self.is_evaluating:
            return [self.means["content"], self.psnr]
        return [*self.means.values(), self.psnr]

    def evaluate(self, *args: Any, **kwargs: Any) -> Any:
        """As `keras.Model.evaluate`."""
        self.is_evaluating = keras.backend.backend() == "tensorflow"  # JAX has no replicas
        try:
            return super().evaluate(*args, **kwargs)
        finally:
            self.is_evaluating = False

    def save_own_variables(self, store: Any) -> None:
        """Saves nothing: Keras saves the networks, and the optimizers with their variables."""

    def load_own_variables(self, store: Any) -> None:
        """Loads nothing."""

    def call(self, lr: Any, training: bool = False) -> Any:
        """Super-resolves a batch, (b, h, w, 3) in [0, 1] to (b, 4h, 4w, 3) in [-1, 1]."""
        return self.generator(lr, training=training)

    def train_step(self, *args: Any) -> Any:
        """One step of both networks, on the backend in use."""
        backend = keras.backend.backend()
        if backend not in ("tensorflow", "jax"):
            raise ValueError(f"SRGAN: got Keras backend {backend}, expected tensorflow or jax")
        return import_module(f"srgan_tf.training.step_{backend}").train_step(self, *args)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The content loss of pictures that are evaluated; `train_step` does without this."""
        refuse_weights(sample_weight)
        loss = self.compare(y, y_pred)
        self.means["content"].update_state(loss, ops.shape(y)[0])
        self.psnr.update_state(y, y_pred)
        return loss

    def compute_metrics(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """What `compute_loss` has found, for the logs of an evaluation."""
        return {"content": self.means["content"].result(), "psnr": self.psnr.result()}

    def compare(self, hr: Any, sr: Any) -> Any:
        """Returns the content loss.

        Raises:
            ValueError: it is no scalar.
        """
        loss = self.content_loss(hr, sr)
        if len(ops.shape(loss)) > 0:
            raise ValueError(
                f"SRGAN: got a content loss of shape {tuple(ops.shape(loss))}, expected a scalar; "
                "take the mean of it"
            )
        return loss

    def judge(self, hr: Any, sr: Any) -> tuple[Any, dict[str, Any]]:
        """Returns the discriminator's loss (Eq. 2), and what it thinks of both batches.

        Raises:
            ValueError: it was built for crops of another size.
        """
        given, wanted = tuple(hr.shape[1:]), getattr(self.discriminator, "input_shape", ())[1:]
        if wanted and None not in (*given, *wanted) and given != wanted:
            raise ValueError(
                f"SRGAN: got crops of shape {given}, but the discriminator was built for {wanted}; "
                "give build_discriminator the crop size of the data"
            )
        real_logits = self.discriminator(hr, training=True)
        fake_logits = self.discriminator(sr, training=True)
        loss = discriminator_loss(real_logits, fake_logits)
        logs = {
            "d_loss": loss,
            "d_real": ops.mean(ops.sigmoid(real_logits)),
            "d_fake": ops.mean(ops.sigmoid(fake_logits)),
        }
        return loss, logs

    def deceive(self, sr: Any) -> Any:
        """Returns the adversarial loss (Eq. 6), unweighted."""
        return adversarial_loss(self.discriminator(sr, training=True))

    def update_means(self, hr: Any, sr: Any, logs: Mapping[str, Any]) -> None:
        """Adds one step's pictures and values to the means of the epoch."""
        self.psnr.update_state(hr, sr)
        loss = logs["content"] + self.adversarial_weight * logs["adversarial"]
        for name, value in {"loss": loss, **logs}.items():
            self.means[name].update_state(value, ops.shape(hr)[0])


def refuse_weights(sample_weight: Any) -> None:
    """Raises ValueError where a batch has weights for its pictures."""
    if sample_weight is not None:
        raise ValueError("SRGAN: got sample weights, expected batches of (lr, hr)")


def global_norm(gradients: list[Any]) -> Any:
    """Square root of the sum of all squares."""
    return ops.sqrt(sum(ops.sum(ops.square(ops.cast(g, "float32"))) for g in gradients))
