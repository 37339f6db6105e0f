"""The adversarial train step under TensorFlow."""

from typing import Any

import keras
import tensorflow as tf

from srgan_tf.training.srgan import SRGAN, global_norm, refuse_weights


def train_step(model: SRGAN, data: tuple[Any, Any]) -> dict[str, Any]:
    """Updates the discriminator, then the generator, on one batch of (lr, hr)."""
    lr, hr, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
    refuse_weights(sample_weight)
    generator_weights = model.generator.trainable_variables
    discriminator_weights = model.discriminator.trainable_variables
    # Each replica sees its part of the batch. Keras' optimizers sum the replicas' gradients; the
    # losses are means over the whole batch.
    share = 1.0 / tf.distribute.get_strategy().num_replicas_in_sync

    with tf.GradientTape() as generating:
        sr = model.generator(lr, training=True)
    picture = tf.stop_gradient(sr)

    # Losses are scaled, where float16 wants that, before anything is pulled back through a network.
    with tf.GradientTape() as judging:
        loss, logs = model.judge(hr, picture)
        scale = model.discriminator_optimizer.scale_loss(1.0)
        loss = model.discriminator_optimizer.scale_loss(loss * share)
    gradients = judging.gradient(loss, discriminator_weights)
    model.discriminator_optimizer.apply(gradients, discriminator_weights)
    logs["discriminator_grad"] = global_norm(_sum_over_replicas(gradients)) / scale

    with tf.GradientTape(persistent=True) as viewing:
        viewing.watch(picture)
        content = model.compare(hr, picture)
        adversarial = model.deceive(picture)
        scaled_content = model.optimizer.scale_loss(content)
        scaled_adversarial = model.optimizer.scale_loss(adversarial)
    scale = model.optimizer.scale_loss(1.0)
    content_grad = viewing.gradient(scaled_content, picture) * share
    adversarial_grad = viewing.gradient(scaled_adversarial, picture) * share
    adversarial_grad *= model.adversarial_weight

    at_picture = content_grad + adversarial_grad
    gradients = generating.gradient(sr, generator_weights, output_gradients=at_picture)
    model.optimizer.apply(gradients, generator_weights)
    model.update_means(
        hr,
        picture,
        logs
        | {
            "content": content,
            "adversarial": adversarial,
            "content_grad": _norm_at_picture(content_grad) / scale,
            "adversarial_grad": _norm_at_picture(adversarial_grad) / scale,
            "generator_grad": global_norm(_sum_over_replicas(gradients)) / scale,
        },
    )
    return model.get_metrics_result()


def _norm_at_picture(gradient: tf.Tensor) -> tf.Tensor:
    """The norm over the whole batch, of which each replica has its pictures."""
    return tf.sqrt(_sum_over_replicas(tf.square(global_norm([gradient]))))


def _sum_over_replicas(values: Any) -> Any:
    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        return values
    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.SUM, values)
