"""Making an export: it is built beside its place, verified, and only then put there."""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from srgan_tf.data.benchmarks import Benchmark
from srgan_tf.export.calibration import folder_pictures
from srgan_tf.export.facts import model_facts
from srgan_tf.export.onnx import check_onnx, export_onnx
from srgan_tf.export.runners import run_keras, run_onnx, run_saved_model, run_tflite
from srgan_tf.export.saved_model import export_saved_model
from srgan_tf.export.source import export_name, load_for_export
from srgan_tf.export.tflite import export_tflite
from srgan_tf.export.verify import BUDGETS, Verification, budget_benchmarks, check_budget, verify
from srgan_tf.imaging.errors import first_line
from srgan_tf.imaging.files import made_folder

_RUNNERS = {"saved_model": run_saved_model, "tflite": run_tflite, "onnx": run_onnx}


@dataclass(frozen=True)
class Wanted:
    """What is to be exported.

    Attributes:
        kind: `saved_model`, `tflite` or `onnx`.
        model: name of a shipped model, or a file.
        quantize: see `export_tflite`; `none` for the other kinds.
        calibration: folder of pictures for 8-bit models; None: the samples of the package.
        verifies: whether the export is compared with Keras.
        benchmarks: folder of benchmarks to compare on; None: sample pictures alone.
    """

    kind: str
    model: str
    quantize: str = "none"
    calibration: str | None = None
    verifies: bool = True
    benchmarks: str | None = None


def make_export(
    wanted: Wanted, out: str | Path, tell: Callable[[str], object] = lambda line: None
) -> tuple[Path, Verification | None]:
    """Writes `OUT/NAME/VERSION/`, `OUT/NAME[.QUANTIZATION].tflite` or `OUT/NAME.onnx`.

    The version is one more than the highest that is there. A file of the same name is replaced.

    Args:
        wanted: what to export, and how.
        out: folder, made when absent.
        tell: is given a line when all looks well and the work begins.

    Returns:
        The path, and what was found in comparing.

    Raises:
        ValueError: the model, a folder or the combination cannot be used, or the export is further
            from Keras than its budget. What was there before is unchanged then.
    """
    _check(wanted)
    if "://" in str(out):
        raise ValueError(f"output: got {out}, expected a folder of this computer")
    benchmarks = budget_benchmarks(wanted.benchmarks) if wanted.benchmarks else []
    pictures = folder_pictures(wanted.calibration) if wanted.calibration else None
    generator = load_for_export(wanted.model)
    name, out = export_name(wanted.model), Path(out)
    _check_place(_place(wanted, out, name))
    with (
        made_folder(out),
        tempfile.TemporaryDirectory(prefix=".export.", dir=out) as scratch,
    ):
        built = Path(scratch) / "built"
        takes = "a minute or two" if wanted.quantize in ("dynamic", "int8") else "half a minute"
        tell(f"exporting {name}: {takes}")
        try:
            _build(wanted, generator, name, built, pictures)
        except (OSError, tf.errors.OpError) as error:  # such as a full disk
            why = getattr(error, "strerror", None) or getattr(error, "message", None) or error
            line = first_line(why)
            raise ValueError(f"output: {out} cannot be written ({line})") from error
        found = _verify(wanted, built, generator, benchmarks) if wanted.verifies else None
        path = _place(wanted, out, name)
        with made_folder(path.parent):
            built.replace(path)
    return path, found


def use_cpu_alone() -> None:
    """Leaves GPUs to others, for a process that exports: to be called before TensorFlow runs.

    Exports run on CPUs. A GPU would round convolutions to 10 bits (TF32), which is more than they
    may differ from Keras, and its memory may be taken by whoever started this process.
    """
    with suppress(RuntimeError):  # it runs already
        tf.config.set_visible_devices([], "GPU")


def _check(wanted: Wanted) -> None:
    if wanted.kind != "tflite" and wanted.quantize != "none":
        raise ValueError(f"quantize: got {wanted.quantize} for {wanted.kind}, expected tflite")
    if wanted.calibration and wanted.quantize not in ("dynamic", "int8"):
        raise ValueError(
            f"calibration: got {wanted.calibration} for quantize {wanted.quantize}, expected "
            "dynamic or int8"
        )
    if wanted.benchmarks and not wanted.verifies:
        raise ValueError("benchmarks: got them with --no-verify, expected --verify")
    if wanted.kind == "onnx":
        check_onnx()


def _build(
    wanted: Wanted,
    generator: keras.Model,
    name: str,
    built: Path,
    pictures: list[np.ndarray] | None,
) -> None:
    if wanted.kind == "saved_model":
        export_saved_model(generator, built, name)
    elif wanted.kind == "onnx":
        export_onnx(generator, built, model_facts(wanted.model, name, batch="n"))
    else:
        facts = model_facts(wanted.model, name, wanted.quantize)
        export_tflite(generator, built, wanted.quantize, pictures, facts)


def _verify(
    wanted: Wanted, built: Path, generator: keras.Model, benchmarks: list[Benchmark]
) -> Verification:
    found = verify(_RUNNERS[wanted.kind](built), run_keras(generator), benchmarks)
    kind = f"{wanted.kind} {wanted.quantize}".removesuffix(" none")
    check_budget(found, BUDGETS[wanted.quantize], f"the export of {wanted.model} as {kind}")
    return found


def _check_place(path: Path) -> None:
    """Refuses early what could not be put in its place later."""
    if path.is_dir():
        raise ValueError(f"output: got the folder {path}, expected a file there, or nothing")
    if path.parent.exists() and not path.parent.is_dir():
        raise ValueError(f"output: got the file {path.parent}, expected a folder")


def _place(wanted: Wanted, out: Path, name: str) -> Path:
    if wanted.kind == "saved_model":
        versions = [int(p.name) for p in (out / name).glob("*") if p.name.isdecimal()]
        return out / name / str(max(versions, default=0) + 1)
    mark = "" if wanted.quantize == "none" else f".{wanted.quantize}"
    return out / f"{name}{mark}.{wanted.kind}"
