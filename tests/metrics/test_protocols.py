import csv
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srgan_tf.imaging.color import luma_bt601_uint8, luma_bt709_uint8
from srgan_tf.imaging.resize import upscale_bicubic, upscale_nearest
from srgan_tf.metrics import PROTOCOLS, Score, psnr, score, ssim_daala, ssim_gaussian

EVERY = pytest.mark.parametrize("protocol", ["paper", "matlab"])


def picture_pair(rng, *shape):
    hr = rng.integers(0, 256, shape, np.uint8)
    sr = np.clip(hr + rng.normal(0, 20, shape), 0, 255).astype(np.uint8)
    return sr, hr


def as_rgb(gray):
    return np.stack([gray] * 3, axis=-1)


def test_there_are_two_protocols():
    assert list(PROTOCOLS) == ["paper", "matlab"]


@EVERY
@pytest.mark.parametrize("shape", [(32, 40, 3), (32, 40)])
def test_identical(protocol, shape, rng):
    hr = rng.integers(0, 256, shape, np.uint8)
    assert score(hr.copy(), hr, protocol) == Score(psnr=math.inf, ssim=1.0)


@EVERY
def test_the_border_does_not_count(protocol, rng):
    sr, hr = picture_pair(rng, 32, 40, 3)
    before = score(sr, hr, protocol)
    inside = np.zeros((32, 40), bool)
    inside[4:-4, 4:-4] = True
    sr[~inside] = 0
    assert score(sr, hr, protocol) == before
    sr[4, 4] = 255 - sr[4, 4]
    assert score(sr, hr, protocol) != before


@pytest.mark.parametrize(
    ("protocol", "luma", "ssim"),
    [("paper", luma_bt709_uint8, ssim_daala), ("matlab", luma_bt601_uint8, ssim_gaussian)],
)
def test_colour_is_scored_on_the_luma_of_the_protocol(protocol, luma, ssim, rng):
    sr, hr = picture_pair(rng, 32, 40, 3)
    planes = luma(sr)[4:-4, 4:-4], luma(hr)[4:-4, 4:-4]
    assert score(sr, hr, protocol) == Score(psnr(*planes), ssim(*planes))


def test_paper_is_the_default(rng):
    sr, hr = picture_pair(rng, 32, 40, 3)
    assert score(sr, hr) == score(sr, hr, "paper") != score(sr, hr, "matlab")


def test_paper_compresses_gray_to_studio_range():
    hr, sr = np.full((32, 40), 100, np.uint8), np.full((32, 40), 151, np.uint8)
    # 16 + 219 * 100 / 255 = 101.88 -> 102 and 16 + 219 * 151 / 255 = 145.68 -> 146
    assert score(sr, hr, "paper").psnr == pytest.approx(20 * math.log10(255 / 44), abs=1e-9)


def test_matlab_takes_a_gray_original_as_it_is():
    hr, sr = np.full((32, 40), 100, np.uint8), np.full((32, 40), 151, np.uint8)
    assert score(sr, hr, "matlab").psnr == pytest.approx(20 * math.log10(255 / 51), abs=1e-9)


def test_matlab_turns_a_colour_result_of_a_gray_original_gray_in_full_range():
    hr, sr = np.zeros((32, 40), np.uint8), np.zeros((32, 40, 3), np.uint8)
    sr[...] = (200, 100, 50)  # 0.2989 * 200 + 0.5870 * 100 + 0.1140 * 50 = 124.19
    assert score(sr, hr, "matlab").psnr == pytest.approx(20 * math.log10(255 / 124), abs=1e-9)


@EVERY
def test_a_gray_result_scores_alike_in_either_storage(protocol):
    ramp = np.tile(np.arange(256, dtype=np.uint8), (32, 1))  # every level once
    hr = np.clip(ramp.astype(int) + 3, 0, 255).astype(np.uint8)
    assert score(as_rgb(ramp), hr, protocol) == score(ramp, hr, protocol)
    assert score(as_rgb(ramp), as_rgb(hr), protocol) == score(ramp, as_rgb(hr), protocol)
    assert score(as_rgb(hr), hr, protocol) == Score(math.inf, 1.0)


def test_unknown_protocol():
    hr = np.zeros((32, 40), np.uint8)
    with pytest.raises(ValueError, match="got protocol 'daala'; expected one of paper, matlab"):
        score(hr, hr, "daala")


def test_sizes_must_match():
    with pytest.raises(ValueError, match=r"got a result of 40x32 .* original of 41x32.*Crop"):
        score(np.zeros((32, 40, 3), np.uint8), np.zeros((32, 41), np.uint8))


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((32, 40, 3)), np.zeros((32, 40, 4), np.uint8), np.zeros((1, 32, 40, 3), np.uint8)],
)
def test_pictures_must_be_8_bit_rgb_or_gray(wrong):
    right = np.zeros((32, 40, 3), np.uint8)
    with pytest.raises(ValueError, match=r"got the result as .* expected uint8"):
        score(wrong, right)
    with pytest.raises(ValueError, match=r"got the original as .* expected uint8"):
        score(right, wrong)


@pytest.mark.parametrize(("protocol", "side"), [("paper", 9), ("matlab", 19)])
def test_the_smallest_picture(protocol, side):
    enough = np.zeros((side, side), np.uint8)
    assert score(enough, enough, protocol).ssim == 1.0
    short = np.zeros((side + 9, side - 1), np.uint8)
    with pytest.raises(ValueError, match=f"got pictures of {side - 1}x{side + 9}.*least {side} "):
        score(short, short, protocol)


def test_scoring_loads_neither_keras_nor_tensorflow():
    code = (
        "import sys, srgan_tf.metrics as m; "
        "print([n for n in ('keras', 'tensorflow', 'jax') if n in sys.modules], hasattr(m, 'Psnr'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] False"


# The numbers below come with the benchmark pictures, which may not be redistributed.


@pytest.fixture(scope="module")
def data_folder():
    if "SRGAN_TF_DATA" not in os.environ:
        pytest.skip("set SRGAN_TF_DATA to the folder that holds benchmarks/ and paper_tables.csv")
    return Path(os.environ["SRGAN_TF_DATA"])


@pytest.fixture(scope="module", params=["Set5", "Set14", "BSD100"])
def benchmark(request, data_folder):
    """The name of a test set, its folder, and per picture its name, upscales and original."""
    folder = data_folder / "benchmarks" / request.param
    names = sorted(path.name for path in (folder / "HR").glob("*.png"))
    pictures = []
    for name in names:
        lr = np.asarray(Image.open(folder / "LRx4" / name))
        hr = np.asarray(Image.open(folder / "HR" / name))
        upscales = {"nearest": upscale_nearest(lr), "bicubic": upscale_bicubic(lr)}
        pictures.append((Path(name).stem, upscales, hr))
    assert len(pictures) == {"Set5": 5, "Set14": 14, "BSD100": 100}[request.param]
    return request.param, folder, pictures


@pytest.mark.parametrize("method", ["nearest", "bicubic"])
def test_golden_paper_rows(benchmark, data_folder, method):
    name, _, pictures = benchmark
    with (data_folder / "paper_tables.csv").open(newline="") as table:
        (row,) = [r for r in csv.DictReader(table) if (r["dataset"], r["method"]) == (name, method)]
    ours = np.mean([score(sr[method], hr, "paper") for _, sr, hr in pictures], axis=0)
    assert ours[0] == pytest.approx(float(row["psnr_db"]), abs=0.02)
    assert ours[1] == pytest.approx(float(row["ssim"]), abs=0.0015)


def test_golden_matlab_bicubic_of_every_picture(benchmark):
    _, folder, pictures = benchmark
    with (folder / "selfexsr_x4.csv").open(newline="") as table:
        rows = {row["image"]: row for row in csv.DictReader(table)}
    assert sorted(rows) == [name for name, _, _ in pictures]
    ours = np.array([score(sr["bicubic"], hr, "matlab") for _, sr, hr in pictures])
    published = np.array(
        [
            (float(rows[name]["PSNR Bicubic"]), float(rows[name]["SSIM Bicubic"]))
            for name, _, _ in pictures
        ]
    )
    np.testing.assert_allclose(ours[:, 0], published[:, 0], rtol=0, atol=5e-4)
    np.testing.assert_allclose(ours[:, 1], published[:, 1], rtol=0, atol=1e-5)
