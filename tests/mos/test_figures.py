import numpy as np

from srgan_tf.mos.figures import (
    draw_distributions,
    draw_means,
    draw_measures,
    draw_ranks,
    save_figure,
)
from srgan_tf.mos.ratings import Ratings
from srgan_tf.mos.study import Study, StudyPicture


def test_names_are_not_set_as_formulas():
    """`$x_$` is none: it would be an error instead of a figure."""
    methods = ("$x_$", "original")
    pictures = tuple(
        StudyPicture("$y_$", image, method, "", 4, 4) for image in "ab" for method in methods
    )
    study = Study(None, 0, methods, 100, {}, pictures, {"r": (0, 1, 2, 3)})
    scores = np.array([[1.0, 4, 2, 5], [2, 5, 2, 5]])
    ratings = Ratings(study, ("r", "s"), scores, (), (4, 4))
    measures = draw_measures(ratings, scores.mean(axis=0), {"NIQE": np.arange(4.0)})
    for figure in (draw_distributions(ratings), draw_means(ratings), draw_ranks(ratings), measures):
        text = save_figure(figure, "svg").decode()
        assert "<!-- $x_$ -->" in text
        assert ("<!-- $y_$" in text) == (figure is not measures)
