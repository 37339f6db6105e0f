"""Files that are almost a report's scores; tests/cli/test_report.py draws a real one."""

import json
import warnings

import pytest

from srgan_tf.evaluation import score_figures
from srgan_tf.evaluation.score_figures import draw_scores

GOOD = {"psnr": 28.4, "ssim": 0.82, "niqe": 5.1}


@pytest.fixture
def draw(tmp_path, monkeypatch):
    """Draws methods; returns the two figures."""

    def draw_methods(methods):
        (tmp_path / "scores.json").write_text(json.dumps({"methods": methods}))
        drawn = []
        monkeypatch.setattr(score_figures, "save", lambda figure, *_: drawn.append(figure) or [])
        draw_scores(tmp_path, tmp_path / "figures")
        return drawn

    return draw_methods


def method(name="Bicubic", **scores):
    return {"paper_name": name, "paper": {"Set5": GOOD | scores}}


@pytest.mark.parametrize(
    "methods",
    [
        {"bicubic": method(3)},
        {"bicubic": method("")},
        {"bicubic": {"paper_name": "Bicubic", "paper": {"Set5": 3}}},
        {"bicubic": {"paper_name": "Bicubic", "paper": "Set5"}},
        {"bicubic": {"paper_name": "Bicubic", "paper": {}}},
        {"bicubic": {"paper_name": "Bicubic", "paper": {"Set5": {}}}},
        {"bicubic": method(), "srgan": {"paper_name": "SRGAN", "paper": {"Set14": GOOD}}},
        {"bicubic": method(psnr=[1])},
        {"bicubic": method(psnr="x")},
        {"bicubic": method(psnr="")},
        {"bicubic": method(psnr=float("nan"))},
        {"bicubic": method(psnr=10**400)},
    ],
)
def test_what_is_no_report_is_refused(tmp_path, methods):
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"methods": methods}))
    with pytest.raises(ValueError, match=r"x\.json, expected the folder of evaluate --report"):
        draw_scores(path, tmp_path / "figures")
    assert not (tmp_path / "figures").exists()


def test_brackets_in_brackets_are_refused(tmp_path):
    (tmp_path / "x.json").write_text("[" * 100_000)
    with pytest.raises(ValueError, match=r"x\.json, expected the folder of evaluate --report"):
        draw_scores(tmp_path / "x.json", tmp_path / "figures")


def test_what_was_not_measured_is_left_out(tmp_path):
    methods = {"bicubic": method(), "original": method("HR", psnr=None, niqe=None)}
    (tmp_path / "scores.json").write_text(json.dumps({"methods": methods}))
    assert len(draw_scores(tmp_path, tmp_path / "figures")) == 4


def test_letters_that_the_font_lacks_are_no_remark(tmp_path):
    methods = {"bicubic": {"paper_name": "Bicubic", "paper": {"日本": GOOD}}}
    (tmp_path / "scores.json").write_text(json.dumps({"methods": methods}))
    with warnings.catch_warnings(record=True) as remarks:
        warnings.simplefilter("always")
        draw_scores(tmp_path, tmp_path / "figures")
    assert not remarks


@pytest.mark.parametrize("num_pictures", [4, 5])
def test_bars_points_and_the_papers_marks_stand_at_their_values(draw, num_pictures):
    images = [{}] * num_pictures
    methods = {
        "bicubic": method(images=images),
        "other": method("Other", psnr=30.123, niqe=4.0, images=images),
        "original": method("HR", psnr=None, ssim=1, niqe=3.2, images=images),
    }
    bars, tradeoff = draw(methods)
    psnr, ssim, niqe = bars.axes
    assert [bar.get_width() for bar in psnr.patches] == [28.4, 30.123]
    assert [text.get_text() for text in psnr.texts] == ["28.40", "30.12"]
    assert [bar.get_width() for bar in ssim.patches] == [0.82, 0.82]  # none of the original
    assert [bar.get_width() for bar in niqe.patches] == [5.1, 4, 3.2]
    marks = [line.get_xydata().tolist() for axis in (psnr, ssim) for line in axis.lines]
    of_paper = [[[28.43, 0]], [[0.8211, 0]]]
    assert [points for points in marks if points] == (of_paper if num_pictures == 5 else [])
    *points, original = tradeoff.axes[0].lines
    assert [line.get_xydata().tolist() for line in points] == [[[28.4, 5.1]], [[30.123, 4]]]
    assert list(original.get_ydata()) == [3.2, 3.2]


def test_points_are_told_apart_where_they_meet(draw):
    """By colour or shape, each named once."""
    names = [f"method {index}" for index in range(12)]
    _, figure = draw({name: method(name) for name in names})
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == names
    looks = {(line.get_color(), line.get_marker()) for line in figure.axes[0].get_lines()}
    assert len(looks) == len(names)
