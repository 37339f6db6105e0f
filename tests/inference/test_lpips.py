import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from types import SimpleNamespace
from urllib.error import URLError

import numpy as np
import pytest

from srgan_tf.inference import lpips_distance
from srgan_tf.inference.lpips_distance import LpipsDistance, check_network, compare

IS_INSTALLED = find_spec("lpips") is not None  # never imported here, beside TensorFlow

RANDOM_ALEXNET = """
import warnings
import lpips, numpy, torch
from srgan_tf.inference.lpips_distance import compare

warnings.simplefilter("ignore")
torch.manual_seed(3)
network = lpips.LPIPS(net="alex", verbose=False, pnet_rand=True)
lpips.LPIPS = lambda **_: network
for side in (31, 200):
    sr, hr = numpy.random.default_rng(side).integers(0, 256, (2, side, side + 20, 3), numpy.uint8)
    expected = network(lpips.im2tensor(sr), lpips.im2tensor(hr)).item()
    ours, same = compare([sr, hr], hr)
    assert abs(ours / expected - 1) < 1e-5 and same == 0 < expected, (ours, expected)
"""


class MeanDifference:
    """Stands in for the network."""

    def __init__(self, net, verbose):
        assert (net, verbose) == ("alex", False)

    def requires_grad_(self, wanted):
        assert not wanted
        return self

    def __call__(self, result, original):
        return np.mean(np.abs(result - original))


@pytest.fixture
def stand_in(monkeypatch):
    """A package of that name, so that what is ours can be tested where PyTorch is absent."""
    package = SimpleNamespace(LPIPS=MeanDifference, im2tensor=lambda rgb: rgb / 127.5 - 1)
    monkeypatch.setitem(sys.modules, "lpips", package)
    lpips_distance._open_network.cache_clear()
    yield package
    lpips_distance._open_network.cache_clear()


@pytest.mark.skipif(not IS_INSTALLED, reason="the extra `lpips` is not installed")
def test_it_is_what_the_package_says():
    """Without a download: AlexNet's weights are random, the weights of its features are LPIPS's."""
    subprocess.run([sys.executable, "-c", RANDOM_ALEXNET], check=True)


@pytest.mark.skipif(IS_INSTALLED, reason="the extra `lpips` is installed")
def test_no_package():
    with pytest.raises(ValueError, match=r"pip install '\.\[lpips\]'"):
        LpipsDistance()


def test_no_download(stand_in):
    def fail(**_):
        raise URLError("no route")

    stand_in.LPIPS = fail
    with pytest.raises(ValueError, match=r"AlexNet's weights cannot be had: .*no route"):
        check_network()


def test_results_keep_their_order_and_gray_is_seen_as_its_rgb(stand_in, samples):
    hr = samples["coffee"][40:112, 100:200]
    sr = 255 - hr
    gray = sr[..., 0]
    values = compare([sr, hr, gray, np.dstack([gray] * 3)], hr)
    assert values[0] == pytest.approx(np.mean(np.abs(sr / 127.5 - hr / 127.5)))
    assert values[1] == 0 and values[2] == values[3]


def test_a_crash_of_its_process(monkeypatch, samples):
    distance = object.__new__(LpipsDistance)
    distance._process = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
    monkeypatch.setattr(lpips_distance, "compare", crash)
    with pytest.raises(OSError, match="PyTorch's process ended without an answer"):
        distance([samples["coffee"]], samples["coffee"])


def crash(results, hr):
    os._exit(1)


def test_its_process_ends_with_it(monkeypatch):
    """At once: an end that falls into Python's own makes that complain of closed pipes."""
    monkeypatch.setattr(lpips_distance, "check_network", os.getpid)
    distance = LpipsDistance()
    (process,) = distance._process._processes.values()
    assert process.is_alive()
    del distance
    assert not process.is_alive()


def test_sizes(monkeypatch, samples):
    monkeypatch.setattr(LpipsDistance, "__init__", lambda self: None)
    hr = samples["coffee"][:30, :40]
    assert LpipsDistance()([hr, hr], hr) == [None, None]  # nothing that AlexNet could take
    with pytest.raises(ValueError, match="lpips: got a result of 40x29 pixels"):
        LpipsDistance()([hr[:29]], hr)
