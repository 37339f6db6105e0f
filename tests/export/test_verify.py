import math

import numpy as np
import pytest
from PIL import Image

from srgan_tf.data.benchmarks import find_benchmarks
from srgan_tf.export.runners import run_keras
from srgan_tf.export.verify import (
    BUDGETS,
    Verification,
    budget_benchmarks,
    check_budget,
    verify,
)


@pytest.fixture(scope="module")
def original(generator):
    return run_keras(generator)


@pytest.fixture(scope="module")
def benchmarks(tmp_path_factory, samples):
    folder = tmp_path_factory.mktemp("benchmarks")
    for name in ("Set14", "Other"):
        (folder / name / "HR").mkdir(parents=True)
        picture = Image.fromarray(samples["coffee"][40:120, 60:180])
        picture.save(folder / name / "HR" / "a.png")
    return find_benchmarks(folder)


def test_the_original_differs_by_nothing(original, benchmarks):
    found = verify(original, original, benchmarks)
    assert found == Verification(0.0, math.inf, found.original, found.scores)
    assert 15 < found.original < 40
    assert list(found.scores) == ["Set14", "Other"]
    assert all(own == keras > 20 for own, keras in found.scores.values())


def test_differences_are_measured(original, benchmarks):
    """A shift of 0.01 is 40 dB below the range; as luma it costs what the PSNR formula says."""
    found = verify(lambda lr: original(lr) + np.float32(0.01), original, benchmarks)
    assert found.max_difference == pytest.approx(0.01, rel=1e-3)
    assert found.psnr == pytest.approx(40, abs=0.01)
    own, keras = found.scores["Set14"]
    assert keras - own > 0.02


def test_an_independent_error_at_the_least_psnr_costs_the_budget(rng):
    """What is checked without benchmarks stands for what is checked with them."""
    for kind in ("float16", "dynamic", "int8"):
        typical = rng.normal(0, 10 ** (-28 / 20), 200_000)
        added = rng.normal(0, 10 ** (-BUDGETS[kind].psnr(28) / 20), 200_000)
        loss = 10 * math.log10(np.square(typical + added).mean() / np.square(typical).mean())
        assert loss == pytest.approx(BUDGETS[kind].loss, rel=0.15, abs=0.002)


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("none", Verification(1.1e-4, 120, 28.0, {})),
        ("none", Verification(math.nan, math.nan, 28.0, {})),
        ("float16", Verification(0.1, 54, 28.0, {})),
        ("float16", Verification(0.1, 55, 29.0, {})),
        ("float16", Verification(0.1, 90, 28.0, {"Set14": (27.989, 28.0)})),
        ("dynamic", Verification(0.1, 44, 28.0, {})),
        ("int8", Verification(0.1, 90, 28.0, {"Set14": (27.69, 28.0)})),
        ("int8", Verification(0.1, 90, 28.0, {"Other": (27.69, 28.0)})),
        ("int8", Verification(0.1, math.nan, 28.0, {})),
    ],
)
def test_beyond_the_budget(kind, found):
    with pytest.raises(ValueError, match=r"verify: x .* expected at (most|least) .* nothing was"):
        check_budget(found, BUDGETS[kind], "x")


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("none", Verification(9e-5, 120, 28.0, {"Set14": (27.5, 28.0)})),
        ("float16", Verification(0.1, 55, 28.0, {})),
        ("dynamic", Verification(0.1, 10, 28.0, {"Set14": (27.9001, 28.0)})),
        ("int8", Verification(0.1, 40, 28.0, {})),
        ("int8", Verification(0.1, 39, 28.0, {"Set14": (28.1, 28.0)})),
    ],
)
def test_within_the_budget(kind, found):
    check_budget(found, BUDGETS[kind], "x")


def test_set14_counts_where_it_is(benchmarks, tmp_path):
    folder = benchmarks[0].paths[0].parents[2]
    assert [item.name for item in budget_benchmarks(folder)] == ["Set14"]
    (tmp_path / "Other").symlink_to(folder / "Other")
    assert [item.name for item in budget_benchmarks(tmp_path)] == ["Other"]


def test_independent_errors_of_channels_count_as_benchmarks_see_them(original, rng):
    """In luma: a quantised model's errors in R, G and B partly cancel there."""

    def noisy(lr):
        sr = original(lr)
        return sr + rng.normal(0, 0.01, sr.shape)

    lowered = 10 * math.log10(0.2126**2 + 0.7152**2 + 0.0722**2)
    assert verify(noisy, original, []).psnr == pytest.approx(40 - lowered, abs=0.1)
