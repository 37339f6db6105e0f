"""The adversarial train step under TensorFlow."""

from typing import Any

import tensorflow as tf

from srgan_tf.training.srgan import SRGAN, global_norm


def train_step(model: SRGAN, data: tuple[Any, Any]) -> dict[str, Any]:
    """Updates the discriminator, then the generator, on one batch of (lr, hr)."""
    lr, hr = data
    generator_weights = model.generator.trainable_variables
    discriminator_weights = model.discriminator.trainable_variables
    # Keras' optimizers sum gradients over replicas; the losses are means over the global batch.
    share = 1.0 / tf.distribute.get_strategy().num_replicas_in_sync

    with tf.GradientTape() as generating:
        sr = model.generator(lr, training=True)
    picture = tf.stop_gradient(sr)

    with tf.GradientTape() as judging:
        loss, logs = model.judge(hr, picture)
        loss = model.discriminator_optimizer.scale_loss(loss * share)
    gradients = judging.gradient(loss, discriminator_weights)
    model.discriminator_optimizer.apply(gradients, discriminator_weights)
    logs["discriminator_grad"] = global_norm(gradients)

    with tf.GradientTape(persistent=True) as viewing:
        viewing.watch(picture)
        content = model.content_loss(hr, picture)
        adversarial = model.deceive(picture)
    content_grad = viewing.gradient(content, picture)
    adversarial_grad = model.adversarial_weight * viewing.gradient(adversarial, picture)

    at_picture = model.optimizer.scale_loss((content_grad + adversarial_grad) * share)
    gradients = generating.gradient(sr, generator_weights, output_gradients=at_picture)
    model.optimizer.apply(gradients, generator_weights)
    model.update_means(
        logs
        | {
            "content": content,
            "adversarial": adversarial,
            "content_grad": global_norm([content_grad]),
            "adversarial_grad": global_norm([adversarial_grad]),
            "generator_grad": global_norm(gradients),
        }
    )
    return model.get_metrics_result()
