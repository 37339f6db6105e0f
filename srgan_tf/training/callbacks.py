"""Keras callbacks for anybody's `fit`: scores, sample pictures, a watch on the discriminator."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
from PIL import Image

from srgan_tf.data.benchmarks import Benchmark, BenchmarkImage, find_benchmarks
from srgan_tf.inference.engines import keras_engine
from srgan_tf.inference.scoring import score_pictures, sr_from_engine
from srgan_tf.inference.upscaler import save_picture
from srgan_tf.metrics import PROTOCOLS


class BenchmarkScores(keras.callbacks.Callback):
    """Adds PSNR (dB) and SSIM on test pictures to the epoch's logs, by the paper's protocol.

    The logs gain `NAME_psnr` and `NAME_ssim`, which later callbacks (TensorBoard, CSVLogger,
    `EarlyStopping("Set5_psnr", mode="max")`) see. CSVLogger takes its columns from the first epoch:
    there `every` must be 1.

    Args:
        pictures: folder of benchmark folders, `NAME/HR/*.png`; or name -> a `Benchmark`, or a list
            of `BenchmarkImage`.
        generator: the network to score; None: the model that is being fitted.
        protocol: `paper` or `matlab`.
        every: epochs between two scorings.

    Raises:
        ValueError: there is no picture under a name, or another argument is none of these.

    Example:
        >>> model.fit(dataset, callbacks=[BenchmarkScores("benchmarks")])
    """

    def __init__(
        self,
        pictures: str | Path | Mapping[str, Benchmark | Iterable[BenchmarkImage]],
        generator: keras.Model | None = None,
        protocol: str = "paper",
        every: int = 1,
    ):
        super().__init__()
        if isinstance(pictures, str | Path):
            pictures = {benchmark.name: benchmark for benchmark in find_benchmarks(pictures)}
        if not isinstance(pictures, Mapping):
            raise ValueError(
                f"BenchmarkScores: got a {type(pictures).__name__}, expected a folder or "
                "{name: pictures}"
            )
        self.pictures = {
            name: images if isinstance(images, Benchmark) else _checked(self, images)
            for name, images in pictures.items()
        }
        if protocol not in PROTOCOLS:
            raise ValueError(
                f"BenchmarkScores: got protocol {protocol!r}, expected {' or '.join(PROTOCOLS)}"
            )
        if every < 1:
            raise ValueError(f"BenchmarkScores: got every={every}, expected 1 or more")
        for name, images in self.pictures.items():
            if not len(images):
                raise ValueError(f"BenchmarkScores: got no picture as {name!r}, expected some")
        self.generator = generator
        self.protocol = protocol
        self.every = every

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Scores the network."""
        if logs is None or (epoch + 1) % self.every:
            return
        make_sr = sr_from_engine(keras_engine(self.generator or self.model))
        for name, pictures in self.pictures.items():
            images = pictures.images() if isinstance(pictures, Benchmark) else pictures
            result = score_pictures(images, make_sr, self.protocol)
            logs[f"{name}_psnr"] = result.psnr
            logs[f"{name}_ssim"] = result.ssim


class SamplePictures(keras.callbacks.Callback):
    """Saves what the network makes of a few pictures, epoch by epoch (the paper's Figure 8).

    Args:
        pictures: whose `lr` is super-resolved, as a whole: uint8 (h, w, 3), such as those of
            `Benchmark.images()` or `TrainingData.held_out`.
        folder: gets NAME/step_00000500.png, (4h, 4w, 3), for each picture's name and epoch.
        generator: the network; None: the model that is being fitted.
        step_after: the number in the file's name for an epoch counted from 0, such as the steps
            done by its end.

    Raises:
        ValueError: something else than pictures.

    Example:
        >>> data = open_data(DataConfig("photos"), holdout=30)
        >>> model.fit(data.batches(), steps_per_epoch=100, epochs=10, shuffle=False,
        ...           callbacks=[SamplePictures(data.held_out[:4], "samples")])
    """

    def __init__(
        self,
        pictures: Sequence[BenchmarkImage],
        folder: str | Path,
        generator: keras.Model | None = None,
        step_after: Callable[[int], int] = lambda epoch: epoch + 1,
    ):
        super().__init__()
        self.pictures = _checked(self, pictures)
        self.folder = Path(folder)
        self.generator = generator
        self.step_after = step_after

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes the pictures."""
        make_sr = sr_from_engine(keras_engine(self.generator or self.model))
        for picture in self.pictures:
            path = self.folder / picture.name / f"step_{self.step_after(epoch):08d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            save_picture(Image.fromarray(make_sr(picture)), path)


def _checked(callback: keras.callbacks.Callback, pictures: Iterable[Any]) -> list[BenchmarkImage]:
    """Raises ValueError where a callback is given something else than pictures."""
    pictures = list(pictures)
    if others := [each for each in pictures if not isinstance(each, BenchmarkImage)]:
        raise ValueError(
            f"{type(callback).__name__}: got a {type(others[0]).__name__}, expected a "
            "BenchmarkImage"
        )
    return pictures


class DiscriminatorWatch(keras.callbacks.Callback):
    """Warns when the discriminator has won: its loss near 0, the generator learns nothing from it.

    Args:
        threshold: mean discriminator loss of an epoch below which it counts as won (1.39: it cannot
            tell; 0: it always can).
        patience: epochs in a row before the warning.
    """

    def __init__(self, threshold: float = 0.02, patience: int = 3):
        super().__init__()
        self.threshold = threshold
        self.patience = patience
        self.epochs_won = 0

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Counts and warns."""
        loss = (logs or {}).get("d_loss")
        if loss is None:
            return
        self.epochs_won = self.epochs_won + 1 if loss < self.threshold else 0
        if self.epochs_won == self.patience:
            print(
                f"warning: the discriminator's loss has been below {self.threshold} for "
                f"{self.patience} epochs: it tells every picture apart and no longer teaches the "
                "generator. Start from better weights (--init), lower --learning-rate, or check "
                "that both see the same pictures",
                file=sys.stderr,
                flush=True,
            )
