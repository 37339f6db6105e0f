"""Training batches without TensorFlow: the NumPy reader of the plan."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from srgan_tf.config import DataConfig
from srgan_tf.data.degrade import degradation_matrix, degrade_batch
from srgan_tf.data.folder import Photo, read_photo
from srgan_tf.data.plan import plan_batch
from srgan_tf.imaging.ranges import uint8_to_tanh
from srgan_tf.imaging.symmetry import apply_symmetry


class _OneBlasThread:
    """Leaves NumPy's products one thread each while there is a sampler.

    A limit for each of them would not do: where they end in another order than they began, the
    last one would restore what the first had set.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.samplers = 0
        self.limits: Any = None

    def __enter__(self) -> None:
        with self.lock:
            if not self.samplers:
                self.limits = threadpool_limits(1, "blas")
            self.samplers += 1

    def __exit__(self, *error: object) -> None:
        with self.lock:
            self.samplers -= 1
            if not self.samplers:
                self.limits.restore_original_limits()


_ONE_BLAS_THREAD = _OneBlasThread()


def sample_batches(
    photos: Sequence[Photo],
    config: DataConfig,
    first_step: int = 0,
    num_threads: int = 2,
    cache_bytes: int = 2**31,
    part: tuple[int, int] = (0, 1),
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields (lr, hr) for the steps `first_step`, `first_step + 1`, ... without end.

    Args:
        photos: pictures of a folder source.
        config: batch size, crop size, seed and degradation.
        first_step: where a resumed run goes on.
        num_threads: batches made at a time. NumPy's products have one thread each meanwhile.
        cache_bytes: decoded pictures are kept in memory up to this many bytes.
        part: (i, n) yields the i-th of n equal parts of every batch.

    Yields:
        lr: float32, (batch, crop / 4, crop / 4, 3) in [0, 1].
        hr: float32, (batch, crop, crop, 3) in [-1, 1].
    """
    size = config.crop_size
    matrix = degradation_matrix(config.degradation, size, config.sigma)
    first, stop = (k * config.batch_size // part[1] for k in (part[0], part[0] + 1))
    cache: dict[int, np.ndarray] = {}
    used = 0

    def crop(pick: np.ndarray) -> np.ndarray:
        nonlocal used
        index, top, left, symmetry = (int(v) for v in pick)
        picture = cache.get(index)
        if picture is None:
            picture = read_photo(photos[index])
            if used + picture.nbytes <= cache_bytes:
                cache[index] = picture
                used += picture.nbytes
        return apply_symmetry(picture[top : top + size, left : left + size], symmetry)

    def batch(step: int) -> tuple[np.ndarray, np.ndarray]:
        plan = plan_batch(photos, config.seed, step, config.batch_size, size)
        hr_uint8 = np.stack([crop(pick) for pick in plan[first:stop]])
        lr = degrade_batch(hr_uint8, matrix, config.degradation == "bicubic") / np.float32(255)
        return lr, uint8_to_tanh(hr_uint8)

    # Every thread has a batch of its own. If all cores shared each product again, the threads
    # would wait for one another: a batch took thirteen times as long on 16 cores.
    with _ONE_BLAS_THREAD, ThreadPoolExecutor(num_threads) as pool:
        ahead: list[Future[tuple[np.ndarray, np.ndarray]]] = []
        step = first_step
        while True:
            while len(ahead) <= 2 * num_threads:
                ahead.append(pool.submit(batch, step))
                step += 1
            yield ahead.pop(0).result()
