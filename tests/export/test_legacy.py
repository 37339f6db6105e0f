"""Opt-in (`make test-legacy`): the export under TensorFlow 2.15 with tensorflow-addons.

Two environments that cannot be one: this one writes arrays, the other compares with them.
"""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from srgan_tf.data.degrade import degradation_matrix
from srgan_tf.export.runners import run_keras
from srgan_tf.export.saved_model import export_saved_model
from srgan_tf.models.weights import load_generator

PROGRAM = Path(__file__).resolve().parents[2] / "export/legacy/compare.py"
SIGMA = 1.6


@pytest.fixture(scope="module")
def python():
    if "SRGAN_TF_LEGACY" not in os.environ:
        pytest.skip("make test-legacy sets SRGAN_TF_LEGACY to the other environment's python")
    return os.environ["SRGAN_TF_LEGACY"]


@pytest.fixture(scope="module")
def version(tmp_path_factory, python):
    folder = tmp_path_factory.mktemp("models") / "1"
    export_saved_model(load_generator("srresnet_mse"), folder, "srresnet_mse")
    return folder


def write_case(path, samples, error=0.0):
    lr = samples["chelsea"][None, 100:161, 150:223].astype(np.float32) / 255
    hr = samples["astronaut"][:200, :200].astype(np.float32) / 255
    matrix = degradation_matrix("gaussian", 200, SIGMA)
    reduced = np.einsum("oi,pj,ijc->opc", matrix, matrix, hr, optimize=True)
    sr = run_keras(load_generator("srresnet_mse"))(lr)
    np.savez(path, lr=lr, sr=sr, hr=hr, reduced=reduced + np.float32(error), sigma=SIGMA)


def test_both_agree(python, version, samples, tmp_path):
    write_case(tmp_path / "case.npz", samples)
    program = [python, str(PROGRAM), str(version), str(tmp_path / "case.npz")]
    done = subprocess.run(program, capture_output=True, text=True)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_difference_is_seen(python, version, samples, tmp_path):
    write_case(tmp_path / "case.npz", samples, error=2e-5)
    program = [python, str(PROGRAM), str(version), str(tmp_path / "case.npz")]
    assert subprocess.run(program, capture_output=True).returncode == 1
