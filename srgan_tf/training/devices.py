"""Where a run trains: on one device, on all of this computer, on a TPU, or in several processes."""

import json
import os
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import keras

from srgan_tf.imaging.errors import first_line

_NUM_PROCESSES = "KERAS_DISTRIBUTION_NUM_PROCESSES"  # what `keras.distribution.initialize` reads


@dataclass(frozen=True)
class Devices:
    """The devices of a run; each takes an equal share of every batch.

    Attributes:
        building: context to build and compile what is trained in.
        building_frozen: context to build networks in that a loss only looks through.
        fitting: context to call `fit` in.
        num_replicas: number of devices, of all processes together.
        process: which of `num_processes` this is. Each feeds its own part of every batch; number 0
            alone writes and prints.
        num_processes: 1, but under JAX.
    """

    building: Callable[[], AbstractContextManager[Any]] = nullcontext
    building_frozen: Callable[[], AbstractContextManager[Any]] = nullcontext
    fitting: Callable[[], AbstractContextManager[Any]] = nullcontext
    num_replicas: int = 1
    process: int = 0
    num_processes: int = 1


def open_devices(strategy: str, batch_size: int) -> Devices:
    """Finds the devices of a strategy, and joins the other processes where there are any.

    TensorFlow gets its `MirroredStrategy` or `TPUStrategy`, JAX Keras' `DataParallel`. Several
    processes are JAX's alone. They are told of each other by Keras' environment variables:
    KERAS_DISTRIBUTION_JOB_ADDRESSES, KERAS_DISTRIBUTION_NUM_PROCESSES and
    KERAS_DISTRIBUTION_PROCESS_ID; call this before any computation then.

    Args:
        strategy: `none` (one device), `mirrored` (all of this computer, or of all processes) or
            `tpu`.
        batch_size: crops in a mini-batch, of all devices together.

    Raises:
        ValueError: no such strategy or device, something that Keras cannot do, or a batch that does
            not split evenly.
    """
    backend = keras.backend.backend()
    if strategy not in ("none", "mirrored", "tpu"):
        raise ValueError(f"strategy: got {strategy!r}, expected none, mirrored or tpu")
    if strategy == "none":
        if int(os.environ.get(_NUM_PROCESSES, 1)) > 1:
            raise ValueError(
                f"strategy: got none, but {_NUM_PROCESSES} asks for several processes; add "
                "--strategy mirrored or tpu, or unset it"
            )
        return Devices()
    if backend not in ("tensorflow", "jax"):
        raise ValueError(
            f"strategy {strategy}: got Keras backend {backend}, expected tensorflow or jax"
        )
    devices = _jax_devices(strategy) if backend == "jax" else _tensorflow_devices(strategy)
    if batch_size % devices.num_replicas:
        raise ValueError(
            f"batch size: got {batch_size} for {devices.num_replicas} devices, expected a multiple "
            f"of {devices.num_replicas}"
        )
    return devices


def synchronize_norms(models: Iterable[Any]) -> None:
    """Lets batch normalisation see the whole batch, not the part of its replica.

    TensorFlow normalises per replica unless told otherwise: another network from another number of
    devices. Under JAX a batch is one array, whatever number of devices holds it.
    """
    if keras.backend.backend() != "tensorflow":
        return
    for model in models:
        for layer in getattr(model, "layers", ()):
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.synchronized = True


def _tensorflow_devices(strategy: str) -> Devices:
    cluster = json.loads(os.environ.get("TF_CONFIG") or "{}").get("cluster", {})
    num_workers = sum(len(cluster.get(job, ())) for job in ("chief", "worker"))
    if max(num_workers, int(os.environ.get(_NUM_PROCESSES, 1))) > 1:
        raise ValueError(
            f"strategy {strategy}: got several workers, but multi-worker fit does not work in "
            "Keras 3 on TensorFlow; use KERAS_BACKEND=jax with KERAS_DISTRIBUTION_JOB_ADDRESSES, "
            "KERAS_DISTRIBUTION_NUM_PROCESSES and KERAS_DISTRIBUTION_PROCESS_ID"
        )
    import tensorflow as tf

    if strategy == "mirrored":
        found = tf.distribute.MirroredStrategy()
    else:
        try:
            resolver = tf.distribute.cluster_resolver.TPUClusterResolver()
            tf.config.experimental_connect_to_cluster(resolver)
            tf.tpu.experimental.initialize_tpu_system(resolver)
            found = tf.distribute.TPUStrategy(resolver)
        except (ValueError, RuntimeError, tf.errors.OpError) as error:
            raise _no_tpu(error) from None
    return Devices(found.scope, found.scope, num_replicas=found.num_replicas_in_sync)


def _jax_devices(strategy: str) -> Devices:
    if _NUM_PROCESSES in os.environ:
        keras.distribution.initialize()
    try:
        names = keras.distribution.list_devices("tpu" if strategy == "tpu" else None)
    except RuntimeError as error:
        raise _no_tpu(error) from None
    # Each process reads its own part of a batch, see `TrainingData.batches`.
    parallel = keras.distribution.DataParallel(devices=names, auto_shard_dataset=False)
    return Devices(
        building=parallel.scope,
        # What a loss closes over must be local to the process, where there are several.
        building_frozen=nullcontext,
        fitting=parallel.scope,
        num_replicas=len(names),
        process=parallel.data_shard_id,
        num_processes=parallel.num_processes,
    )


def _no_tpu(error: Exception) -> ValueError:
    reason = first_line(error)
    return ValueError(f"strategy: got tpu, but no TPU was found ({reason}); use mirrored or none")
