"""The adversarial train step under JAX, where all state is passed in and handed back."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import keras

from srgan_tf.training.srgan import SRGAN, global_norm, refuse_weights

State = tuple[list[Any], list[Any], list[Any], list[Any]]
"""Values of the model's trainable variables, its other variables (the discriminator optimizer's
among them), the generator optimizer's variables and the metrics'."""


class _Values:
    """The current value of every variable of the step."""

    def __init__(self, variables: Sequence[Sequence[Any]], state: State):
        self.groups = variables
        self.variables = [variable for group in variables for variable in group]
        self.values = {
            id(variable): value
            for group, values in zip(variables, state, strict=True)
            for variable, value in zip(group, values, strict=True)
        }

    def of(self, variables: Sequence[Any]) -> list[Any]:
        return [self.values[id(variable)] for variable in variables]

    def set(self, variables: Sequence[Any], values: Sequence[Any]) -> None:
        self.values.update((id(v), value) for v, value in zip(variables, values, strict=True))

    def run(
        self, function: Callable[[], Any], weights: Sequence[Any] = (), at: Sequence[Any] = ()
    ) -> tuple[Any, list[Any]]:
        """Calls Keras code with `weights` at the values `at`, everything else at its current value.

        Returns:
            The result, and the value that each variable has afterwards (see `adopt`).
        """
        values = self.values | {id(v): value for v, value in zip(weights, at, strict=True)}
        mapping = [(variable, values[id(variable)]) for variable in self.variables]
        with keras.StatelessScope(state_mapping=mapping) as scope:
            result = function()
        return result, [scope.get_current_value(variable) for variable in self.variables]

    def adopt(self, after: list[Any]) -> None:
        self.set(self.variables, after)

    def apply(self, optimizer: Any, gradients: Any, weights: Sequence[Any]) -> None:
        """Lets an optimizer take its step."""
        new_weights, new_slots = optimizer.stateless_apply(
            self.of(optimizer.variables), gradients, self.of(weights)
        )
        self.set(weights, new_weights)
        self.set(optimizer.variables, new_slots)

    def scale(self, optimizer: Any, loss: Any) -> Any:
        """Scales a loss where the optimizer wants that (float16)."""
        return self.run(lambda: optimizer.scale_loss(loss))[0]


def train_step(model: SRGAN, state: State, data: tuple[Any, Any]) -> tuple[dict[str, Any], State]:
    """Updates the discriminator, then the generator, on one batch of (lr, hr)."""
    lr, hr, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
    refuse_weights(sample_weight)
    generator, discriminator = model.generator, model.discriminator
    values = _Values(
        (
            model.trainable_variables,
            model.non_trainable_variables,
            model.optimizer.variables,
            model.metrics_variables,
        ),
        state,
    )

    picture, pull_back, after = jax.vjp(
        lambda weights: values.run(
            lambda: generator(lr, training=True), generator.trainable_variables, weights
        ),
        values.of(generator.trainable_variables),
        has_aux=True,
    )
    values.adopt(after)

    def judge(weights: list[Any]) -> tuple[Any, Any]:
        (loss, logs), after = values.run(
            lambda: model.judge(hr, picture), discriminator.trainable_variables, weights
        )
        return values.scale(model.discriminator_optimizer, loss), (logs, after)

    gradients, (logs, after) = jax.grad(judge, has_aux=True)(
        values.of(discriminator.trainable_variables)
    )
    values.adopt(after)
    scale = values.scale(model.discriminator_optimizer, 1.0)
    values.apply(model.discriminator_optimizer, gradients, discriminator.trainable_variables)
    logs["discriminator_grad"] = global_norm(gradients) / scale

    def compare(sr: Any) -> tuple[Any, Any]:
        loss = model.compare(hr, sr)
        return values.scale(model.optimizer, loss), loss

    def deceive(sr: Any) -> tuple[Any, Any]:
        loss, after = values.run(lambda: model.deceive(sr))
        return values.scale(model.optimizer, loss), (loss, after)

    content_grad, content = jax.grad(compare, has_aux=True)(picture)
    adversarial_grad, (adversarial, after) = jax.grad(deceive, has_aux=True)(picture)
    values.adopt(after)
    adversarial_grad = model.adversarial_weight * adversarial_grad

    scale = values.scale(model.optimizer, 1.0)
    (gradients,) = pull_back(content_grad + adversarial_grad)
    values.apply(model.optimizer, gradients, generator.trainable_variables)
    logs |= {
        "content": content,
        "adversarial": adversarial,
        "content_grad": global_norm([content_grad]) / scale,
        "adversarial_grad": global_norm([adversarial_grad]) / scale,
        "generator_grad": global_norm(gradients) / scale,
    }

    def report() -> dict[str, Any]:
        model.update_means(hr, picture, logs)
        return model.get_metrics_result()

    result, after = values.run(report)
    values.adopt(after)
    return result, tuple(values.of(group) for group in values.groups)  # type: ignore[return-value]
