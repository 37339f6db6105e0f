"""Which crops make up a batch: a pure function of (seed, step).

Both readers, tf.data and NumPy, follow the same plan. So a run that was killed goes on with the
very crops it would have seen, under either backend.
"""

from collections.abc import Sequence

import numpy as np

from srgan_tf.data.folder import Photo


def plan_batch(
    photos: Sequence[Photo], seed: int, step: int, batch_size: int, crop_size: int
) -> np.ndarray:
    """Draws one mini-batch: random crops of distinct pictures (Section 3.2), flipped and rotated.

    Deviation: crops are flipped and rotated, eight ways at random, so that fewer photos suffice.
    The paper does not mention it.

    Args:
        photos: the source's pictures, none smaller than the crop.
        seed: the run's seed, 0 or more.
        step: number of the training step, from 0.
        batch_size: crops. With fewer pictures than this, pictures repeat within the batch.
        crop_size: side of the square crop, high-resolution pixels.

    Returns:
        int32, (batch_size, 4): picture, top, left, and the symmetry (0..7) as in
        `srgan_tf.imaging.symmetry`.
    """
    rng = np.random.default_rng((seed, step))
    picks = rng.choice(len(photos), batch_size, replace=len(photos) < batch_size)
    heights = np.array([photos[i].height for i in picks])
    widths = np.array([photos[i].width for i in picks])
    top = rng.integers(0, heights - crop_size + 1)
    left = rng.integers(0, widths - crop_size + 1)
    symmetry = rng.integers(0, 8, batch_size)
    return np.stack([picks, top, left, symmetry], axis=1).astype(np.int32)
