"""Training-step times, side by side: `python tests/benchmarks/train_step.py [--rounds N]`.

SRResNet with the paper's layers, batch 16, 96x96 crops, Adam, MSE, float32. Four ways in turn,
round by round, each in a process of its own that stays alive between its turns:

- `fit`: our recipe through `model.fit`,
- `frozen`: the same from trained weights with `--freeze-norms`,
- `loop`: the same step in a bare `tf.function` loop,
- `torch`: an equivalent PyTorch step with channels_last memory, when PyTorch is installed.

Printed are medians and the medians of the ratios within a round.
`--precision mixed_bfloat16` is for our ways alone.
"""

import argparse
import dataclasses
import os
import statistics
import subprocess
import sys
import time
from importlib.util import find_spec

STEPS = 10
BATCH, CROP = 16, 96


def keras_worker(way: str, precision: str):
    """Returns a function that takes STEPS steps of our recipe."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import numpy as np
    import tensorflow as tf

    from srgan_tf.config import DataConfig, TrainConfig
    from srgan_tf.losses.content import mse_loss
    from srgan_tf.recipes import SRRESNET_MSE
    from srgan_tf.training.learner import build_learner

    data = DataConfig("", BATCH, crop_size=CROP)
    config = TrainConfig("srresnet_mse", data, ema=0.0, precision=precision)
    if way == "frozen":
        config = dataclasses.replace(config, init="srresnet_mse", freeze_norms=True)
    model = build_learner(config, SRRESNET_MSE, 1000, mse_loss).model
    rng = np.random.default_rng(0)
    lr = rng.random((BATCH, CROP // 4, CROP // 4, 3), dtype=np.float32)
    hr = rng.random((BATCH, CROP, CROP, 3), dtype=np.float32)
    # With its autotuning on, tf.data keeps a thread that wakes only every five seconds, and `fit`
    # waits for it once when it drops its iterator: nothing in a long run, a lot in one of STEPS.
    options = tf.data.Options()
    options.autotune.enabled = False
    dataset = tf.data.Dataset.from_tensors((lr, hr)).repeat().with_options(options)
    if way != "loop":
        return lambda: model.fit(dataset, steps_per_epoch=STEPS, verbose=0, shuffle=False)

    @tf.function
    def step(lr, hr):
        with tf.GradientTape() as tape:
            loss = mse_loss(hr, model(lr, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        model.optimizer.apply(gradients, model.trainable_variables)
        return loss

    batches = iter(dataset)

    def run():
        for _ in range(STEPS):
            loss = step(*next(batches))
        loss.numpy()

    return run


def torch_worker():
    """Returns a function that takes STEPS steps of the same network in PyTorch."""
    import torch
    from torch import nn

    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(
                nn.Conv2d(64, 64, 3, padding=1),
                nn.BatchNorm2d(64),
                nn.PReLU(64),
                nn.Conv2d(64, 64, 3, padding=1),
                nn.BatchNorm2d(64),
            )

        def forward(self, x):
            return x + self.body(x)

    class SRResNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Sequential(nn.Conv2d(3, 64, 9, padding=4), nn.PReLU(64))
            self.body = nn.Sequential(
                *[Residual() for _ in range(16)],
                nn.Conv2d(64, 64, 3, padding=1),
                nn.BatchNorm2d(64),
            )
            stage = [nn.Conv2d(64, 256, 3, padding=1), nn.PixelShuffle(2), nn.PReLU(64)]
            again = [nn.Conv2d(64, 256, 3, padding=1), nn.PixelShuffle(2), nn.PReLU(64)]
            self.tail = nn.Sequential(*stage, *again, nn.Conv2d(64, 3, 9, padding=4))

        def forward(self, x):
            x = self.head(x)
            return self.tail(x + self.body(x))

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    model = SRResNet().to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), 1e-4)
    lr = torch.rand(BATCH, 3, CROP // 4, CROP // 4).to(memory_format=torch.channels_last)
    hr = torch.rand(BATCH, 3, CROP, CROP).to(memory_format=torch.channels_last)

    def run():
        for _ in range(STEPS):
            optimizer.zero_grad(set_to_none=True)
            loss = nn.functional.mse_loss(model(lr), hr)
            loss.backward()
            optimizer.step()
        loss.item()

    return run


def work(way: str, precision: str) -> None:
    """A worker: two turns to warm up, then one turn for each line on standard input."""
    run = torch_worker() if way == "torch" else keras_worker(way, precision)
    run()
    run()
    print("ready", flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        run()
        print((time.perf_counter() - start) / STEPS, flush=True)


def main(rounds: int, precision: str) -> None:
    """Starts the workers and lets them take turns."""
    ways = ["fit", "frozen", "loop"] + (["torch"] if find_spec("torch") else [])
    workers = {
        way: subprocess.Popen(
            [sys.executable, __file__, "--worker", way, "--precision", precision],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for way in ways
    }
    times = {way: [] for way in ways}
    for worker in workers.values():
        if worker.stdout.readline() != "ready\n":
            sys.exit("a worker failed to start")
    for _ in range(rounds):
        for way, worker in workers.items():
            worker.stdin.write("\n")
            worker.stdin.flush()
            times[way].append(float(worker.stdout.readline()))
    for worker in workers.values():
        worker.stdin.close()
        worker.wait()
    for way in ways:
        print(f"{way:<6} {statistics.median(times[way]):.3f} s a step")
    for a, b in (("fit", "loop"), ("frozen", "fit"), ("fit", "torch")):
        if b in times:
            ratio = statistics.median(x / y for x, y in zip(times[a], times[b], strict=True))
            print(f"{a} / {b}: {ratio:.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--worker", choices=("fit", "frozen", "loop", "torch"))
    parser.add_argument("--precision", choices=("float32", "mixed_bfloat16"), default="float32")
    options = parser.parse_args()
    if options.worker:
        work(options.worker, options.precision)
    else:
        main(options.rounds, options.precision)
