"""The game between generator and discriminator: Eq. 2 and Eq. 6 of the paper, from logits."""

from typing import Any

from keras import ops


def adversarial_loss(fake_logits: Any) -> Any:
    """What the generator minimises: -log D(G(lr)) (Eq. 6), the mean over the batch.

    Deviation: a mean over the batch, where Eq. 6 sums over the training samples. It keeps the
    balance with the content loss, also a mean, whatever the batch size.

    Args:
        fake_logits: of super-resolved pictures, float (batch, 1).
    """
    return ops.mean(ops.softplus(-ops.cast(fake_logits, "float32")))


def discriminator_loss(real_logits: Any, fake_logits: Any) -> Any:
    """What the discriminator minimises: -log D(hr) - log(1 - D(G(lr))) (Eq. 2), the batch's mean.

    Args:
        real_logits: of originals, float (batch, 1).
        fake_logits: of super-resolved pictures, float (batch, 1).

    Returns:
        Scalar; 2 log 2 = 1.386 for a discriminator that cannot tell, 0 for one that always can.
    """
    real = ops.mean(ops.softplus(-ops.cast(real_logits, "float32")))
    fake = ops.mean(ops.softplus(ops.cast(fake_logits, "float32")))
    return real + fake
