import json

import numpy as np
import pytest
from PIL import Image

from srgan_tf.data.benchmarks import find_benchmarks
from srgan_tf.evaluation.methods import is_trained_on_phi34, method_order, open_method
from srgan_tf.evaluation.scoreboard import Method, score_methods
from srgan_tf.imaging.resize import upscale_bicubic
from srgan_tf.inference.scoring import score_pictures
from srgan_tf.recipes import RECIPES


@pytest.fixture
def benchmarks(samples, tmp_path):
    for name, benchmark in (("coffee", "Set5"), ("rocket", "Set5"), ("chelsea", "Set14")):
        folder = tmp_path / "benchmarks" / benchmark / "HR"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(samples[name][60:124, 60:140]).save(folder / f"{name}.png")
    return find_benchmarks(tmp_path / "benchmarks")


class Counter:
    """Bicubic that counts its pictures, and a measure that counts its calls."""

    def __init__(self):
        self.made = 0
        self.measured = []

    def method(self, name, digest="1"):
        return Method(name, digest, lambda: self.make)

    def make(self, image):
        self.made += 1
        return upscale_bicubic(image.lr)

    def measure(self, results, hr):
        self.measured.append(len(results))
        return [float(np.mean(sr)) for sr in results]


def test_both_protocols_are_those_of_one_method_alone(benchmarks):
    counter = Counter()
    measures = {"phi34": counter.measure}
    scores = score_methods([counter.method("a"), counter.method("b")], benchmarks, measures)
    assert (counter.made, counter.measured) == (6, [2, 2, 2])  # one result for both protocols
    assert list(scores["a"]) == ["Set5", "Set14"]
    for benchmark in benchmarks:
        for protocol in ("paper", "matlab"):
            images = benchmark.images()
            alone = score_pictures(images, counter.make, protocol, {"phi34": counter.measure})
            assert scores["b"][benchmark.name][protocol] == alone


def test_only_what_changed_is_scored_again(benchmarks, tmp_path):
    counter = Counter()
    a, b = counter.method("a"), counter.method("b")
    first = score_methods([a, b], benchmarks, {}, folder=tmp_path)
    assert counter.made == 6
    assert score_methods([a, b], benchmarks, {}, folder=tmp_path) == first
    assert counter.made == 6
    score_methods([a, counter.method("b", "2")], benchmarks, {}, folder=tmp_path)  # other weights
    assert counter.made == 9
    (tmp_path / "a.json").write_text("damaged")
    assert score_methods([a], benchmarks, {}, folder=tmp_path)["a"] == first["a"]
    assert counter.made == 12
    picture = benchmarks[1].paths[0]
    Image.fromarray(np.asarray(Image.open(picture))[::-1]).save(picture)  # another picture
    score_methods([a], benchmarks, {}, folder=tmp_path)
    assert counter.made == 13
    lr = tmp_path / "benchmarks" / "Set14" / "LRx4" / "chelsea.png"
    lr.parent.mkdir()
    for level in (10, 20):  # a reduction that is added, then another one
        Image.new("RGB", (20, 16), (level,) * 3).save(lr)
        score_methods([a], benchmarks, {}, folder=tmp_path)
    assert counter.made == 15
    score_methods([a], benchmarks, {}, "other measures", folder=tmp_path)
    assert counter.made == 18


def test_the_original_keeps_its_infinite_psnr(benchmarks, tmp_path):
    original = Method("original", "", lambda: lambda image: image.hr)
    for _ in range(2):
        scores = score_methods([original], benchmarks, {}, folder=tmp_path)["original"]["Set5"]
        assert (scores["paper"].psnr, scores["paper"].ssim) == (float("inf"), 1)
    json.loads((tmp_path / "original.json").read_text(), parse_constant=pytest.fail)


def test_progress_counts_what_is_left(benchmarks, tmp_path):
    counter = Counter()
    seen = []

    def bar(steps):
        for step in steps:
            seen.append(step.name)
            yield step
        seen.append("end")

    methods = [counter.method("a")]
    score_methods(methods, benchmarks, {}, folder=tmp_path, progress=bar)
    score_methods([*methods, counter.method("b")], benchmarks, {}, folder=tmp_path, progress=bar)
    assert seen == ["a", "a", "a", "end", "b", "b", "b", "end"]


def test_methods_come_in_the_order_of_the_tables():
    order = method_order()
    assert order[:3] == ["nearest", "bicubic", "srcnn"] and order[-1] == "original"
    assert order.index("espcn") < order.index("srresnet_mse") < order.index("srgan_vgg54")
    assert set(RECIPES) <= set(order) and len(set(order)) == len(order)
    assert not is_trained_on_phi34("srgan_vgg22") and not is_trained_on_phi34("bicubic")


def test_a_shipped_model_is_told_by_its_file():
    digests = {open_method(name).digest for name in ("bicubic", "srresnet_mse", "srgan_vgg22")}
    assert len(digests) == 3
