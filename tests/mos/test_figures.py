import numpy as np
import pytest

from srgan_tf.mos.figures import (
    draw_distributions,
    draw_means,
    draw_measures,
    draw_ranks,
    save_figure,
)
from srgan_tf.mos.ratings import Ratings
from srgan_tf.mos.statistics import mean_over_raters
from srgan_tf.mos.study import Study, StudyPicture


@pytest.fixture
def ratings():
    methods = ("$x_$", "original")
    pictures = tuple(
        StudyPicture("$y_$", image, method, "", 4, 4) for image in "ab" for method in methods
    )
    study = Study(None, 0, methods, 100, {}, pictures, {"r": (0, 1, 2, 3)})
    scores = np.array([[1.0, 4, 2, 5], [2, 5, 2, 5]])
    return Ratings(study, ("r", "s"), scores, (), (4, 4))


def test_means_and_ranks_stand_where_they_belong(ratings):
    means = [mean_over_raters(ratings.of_method(method)) for method in ratings.study.methods]
    (panel,) = draw_means(ratings).axes
    ((points, _, (intervals,)),) = panel.containers
    assert points.get_ydata().tolist() == [1.75, 4.75]
    ends = [segment[:, 1].tolist() for segment in intervals.get_segments()]
    assert ends == [pytest.approx([mean.low, mean.high]) for mean in means]
    (panel,) = draw_ranks(ratings).axes
    ((points, *_),) = panel.containers
    assert points.get_ydata().tolist() == [2, 1] and panel.yaxis_inverted()


def test_the_distribution_is_shown_in_percent(ratings):
    panel, scale = draw_distributions(ratings).axes
    (image,), (means,) = panel.images, panel.lines
    assert image.get_array().T.tolist() == [[25, 75, 0, 0, 0], [0, 0, 0, 25, 75]]
    assert image.get_clim() == (0, 100) and scale.get_ylabel() == "ratings (%)"
    assert means.get_ydata().tolist() == [0.75, 3.75]  # rows count from 0, scores from 1
    assert [text.get_text() for text in panel.get_yticklabels()] == list("12345")


def test_measures_lie_across_and_opinions_up(ratings):
    values = {"PSNR": np.array([20.0, np.nan, 21, np.nan]), "NIQE": np.arange(4.0)}
    psnr, niqe = draw_measures(ratings, ratings.scores.mean(axis=0), values).axes
    assert (psnr.get_xlabel(), niqe.get_xlabel()) == ("PSNR (dB)", "NIQE")
    points = [line.get_xydata().tolist() for line in niqe.get_lines()]
    assert points == [[[0, 1.5], [2, 2]], [[1, 4.5], [3, 5]]]
    assert psnr.get_lines()[0].get_xydata().tolist() == [[20, 1.5], [21, 2]]


def test_names_are_not_set_as_formulas(ratings):
    """`$x_$` is none: it would be an error instead of a figure."""
    measures = draw_measures(ratings, ratings.scores.mean(axis=0), {"NIQE": np.arange(4.0)})
    for figure in (draw_distributions(ratings), draw_means(ratings), draw_ranks(ratings), measures):
        text = save_figure(figure, "svg").decode()
        assert "<!-- $x_$ -->" in text
        assert ("<!-- $y_$" in text) == (figure is not measures)
