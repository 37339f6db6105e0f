"""The numbers of a report, against SciPy, against worked examples and against what was planted."""

import csv
import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from srgan_tf.mos.measures import correlate
from srgan_tf.mos.power import estimate_power
from srgan_tf.mos.ratings import Ratings, Repeat, collect_ratings
from srgan_tf.mos.reliability import retest, screen_raters
from srgan_tf.mos.simulate import Spread, draw_ratings, latent_mean, match_means, plant_means
from srgan_tf.mos.statistics import (
    average_ranks,
    compare_pairs,
    correct_holm,
    mean_over_raters,
    rank_biserial,
    wilcoxon,
)
from srgan_tf.mos.study import Study, StudyPicture


def make_study(sets, num_raters=8):
    """A plan without pictures: for each set its number of images and its methods."""
    pictures = [
        StudyPicture(name, f"{image}", method, "", 4, 4)
        for name, (count, methods) in sets.items()
        for image in range(count)
        for method in methods
    ]
    methods = tuple(dict.fromkeys(p.method for p in pictures))
    order = tuple(range(len(pictures)))
    raters = {f"rater{number}": order for number in range(num_raters)}
    return Study(None, 0, methods, 100, {}, tuple(pictures), raters)


def as_ratings(study, drawn):
    scores = np.full((len(drawn), len(study.pictures)), np.nan)
    for row, (order, rated) in zip(scores, drawn, strict=True):
        row[order[::-1]] = rated[::-1]  # of two ratings the first counts
    raters = tuple(f"r{number:03}" for number in range(len(drawn)))
    return Ratings(study, raters, scores, (), (scores.shape[1],) * len(drawn))


def test_the_interval_is_the_t_interval_over_raters_means(rng):
    values = np.clip(rng.normal(3, 1, (7, 40)) + rng.normal(0, 0.5, (7, 1)), 1, 5)
    mean = mean_over_raters(values)
    low, high = stats.ttest_1samp(values.mean(axis=1), 0).confidence_interval(0.95)
    assert mean == pytest.approx((values.mean(), low, high, 280))


def test_raters_without_ratings_do_not_count(rng):
    values = rng.integers(1, 6, (5, 8)).astype(float)
    with_empty = np.vstack([values, np.full((3, 8), np.nan)])
    assert mean_over_raters(with_empty) == mean_over_raters(values)


def test_the_interval_ends_with_the_scale_and_needs_two_raters():
    mean = mean_over_raters(np.array([[5.0, 5, 5], [5, 5, 3], [5, 5, 5]]))
    assert mean.high == 5.0 and mean.low > 1
    alone = mean_over_raters(np.array([[2.0, 3]]))
    assert alone.value == 2.5 and np.isnan(alone.low) and np.isnan(alone.high)
    assert mean_over_raters(np.full((2, 2), np.nan)).num_ratings == 0


def test_intervals_cover_the_planted_means_at_the_stated_rate():
    methods = ("low", "middle", "high")
    study = make_study({"a": (6, methods)})
    planted = plant_means(study, {"low": 1.11, "middle": 2.8, "high": 4.46})
    rng = np.random.default_rng(1)
    hits = []
    for _ in range(400):
        ratings = as_ratings(study, draw_ratings(study, planted, 16, Spread(), rng))
        for method in methods:
            mean = mean_over_raters(ratings.of_method(method))
            hits.append(mean.low <= planted["a", method] <= mean.high)
    assert 0.92 <= np.mean(hits) <= 0.975  # 1,200 intervals of 95 %; near 1 the means are skewed


@pytest.mark.parametrize("mean", [1.05, 1.5, 3.0, 4.46, 4.99])
@pytest.mark.parametrize("spread", [0.3, 0.8, 1.5])
def test_rounded_scores_have_the_planted_mean(mean, spread):
    values = np.random.default_rng(0).normal(latent_mean(mean, spread), spread, 400_000)
    scores = np.clip(np.floor(values + 0.5), 1, 5)
    assert scores.mean() == pytest.approx(mean, abs=5 * scores.std() / np.sqrt(len(values)))


def test_simulated_ratings_find_the_planted_order():
    methods = ("a", "b", "c", "d")
    study = make_study({"s": (20, methods)})
    planted = plant_means(study, {"a": 3.6, "b": 1.4, "c": 4.4, "d": 2.4})
    drawn = draw_ratings(study, planted, 20, Spread(), np.random.default_rng(0))
    ratings = as_ratings(study, drawn)
    means = {method: mean_over_raters(ratings.of_method(method)).value for method in methods}
    assert sorted(methods, key=means.get) == ["b", "d", "a", "c"]
    ranks = {method: mean.value for method, mean in average_ranks(ratings).items()}
    assert sorted(methods, key=ranks.get) == ["c", "a", "d", "b"]
    assert sum(ranks.values()) == pytest.approx(1 + 2 + 3 + 4)
    pairs = {pair.methods: pair for pair in compare_pairs(ratings)}
    assert set(pairs) == set(itertools.combinations(methods, 2))
    for (first, second), pair in pairs.items():
        assert np.sign(pair.difference) == np.sign(planted["s", first] - planted["s", second])
        assert np.sign(pair.effect) == np.sign(pair.difference)
        assert pair.p_holm < 0.05 and pair.p_raters_holm < 0.05


def test_equal_methods_differ_by_chance_only():
    """Over raters the test keeps its 5 %; over ratings, as in the paper, raters' taste adds."""
    study = make_study({"s": (20, ("a", "b"))})
    planted = plant_means(study, {"a": 3.0, "b": 3.0})
    rng = np.random.default_rng(0)
    found = []
    for _ in range(300):
        drawn = draw_ratings(study, planted, 12, Spread(taste=0.3), rng)
        (pair,) = compare_pairs(as_ratings(study, drawn))
        found.append((pair.p < 0.05, pair.p_raters < 0.05))
    over_ratings, over_raters = np.mean(found, axis=0)
    assert 0.02 <= over_raters <= 0.085
    assert over_ratings > 0.15


def test_the_papers_table_2_on_bsd100(data_folder):
    """Ratings drawn to match the paper's means: the report's numbers are the paper's."""
    with (data_folder / "paper_tables.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["dataset"] == "BSD100"]
    paper = {row["method"]: float(row["mos"]) for row in rows}
    assert len(paper) == 9
    study = make_study({"BSD100": (100, tuple(paper))}, 26)
    planted = plant_means(study, paper)
    rng = np.random.default_rng(0)
    drawn = draw_ratings(study, planted, 26, Spread(), rng)
    free = as_ratings(study, drawn)
    match_means(study, planted, drawn, rng)
    matched = as_ratings(study, drawn)
    for method, mos in paper.items():
        mean = mean_over_raters(matched.of_method(method, "BSD100"))
        assert (round(mean.value, 2), mean.num_ratings) == (mos, 2600)
        assert mean.low < mos < mean.high
        assert mean_over_raters(free.of_method(method)).value == pytest.approx(mos, abs=0.25)
    pairs = {pair.methods: pair for pair in compare_pairs(matched)}
    for method in set(paper) - {"SRGAN-VGG54", "HR"}:  # SRGAN outperforms "by a large margin"
        pair = pairs[method, "SRGAN-VGG54"]
        assert pair.p_holm < 0.05 and pair.p_raters_holm < 0.05 and pair.effect < -0.8


def test_wilcoxon_and_effect(rng):
    differences = np.array([1.0, -1, 2, 3, 0, 0, 1])
    assert wilcoxon(differences) == stats.wilcoxon(differences[differences != 0]).pvalue
    for count in (5, 13, 14, 40):
        for values in (rng.normal(0.3, 1, count), rng.normal(0.3, 1, count).round(0)):
            values = values[values != 0]
            if len(values) < 12 or len(values) > 13 or len(set(abs(values))) == len(values):
                assert wilcoxon(values) == pytest.approx(stats.wilcoxon(values).pvalue)
    assert rank_biserial(differences) == pytest.approx((2 + 2 + 4 + 5 - 2) / 15)
    equal = np.array([0.1 + 0.2, 0.3, -0.3, 0.7 - 0.4, 0.3, -(0.1 + 0.2)])  # but for a rounding
    assert wilcoxon(equal) == 0.6875
    assert wilcoxon(np.array([1, 2, 3, 4, 0.3 - 0.1 * 3])) == wilcoxon(np.array([1, 2, 3, 4]))
    assert wilcoxon(np.zeros(4)) == 1.0 and rank_biserial(np.zeros(4)) == 0.0
    assert rank_biserial(np.array([1.0, 2])) == 1.0


def test_holm():
    assert correct_holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert correct_holm([0.5, 0.9]) == [1.0, 1.0]
    assert correct_holm([]) == []


def test_pairs_need_both_ratings():
    study = make_study({"s": (2, ("a", "b"))})
    scores = np.array([[5, 1, np.nan, 2], [4, np.nan, 3, 1], [np.nan] * 4])
    (pair,) = compare_pairs(Ratings(study, ("x", "y", "z"), scores, (), (4, 4, 4)))
    assert pair.count == 2 and pair.difference == 3.0
    ranks = average_ranks(Ratings(study, ("x", "y", "z"), scores, (), (4, 4, 4)))
    assert (ranks["a"].value, ranks["a"].num_ratings) == (1.0, 2)


@pytest.mark.parametrize("count", [2, 7])
def test_the_interval_of_a_rank_ends_with_the_number_of_methods(count):
    study = make_study({"s": (1, tuple("abcdefg"[:count]))})
    scores = np.full((3, count), 4.0)
    scores[:2, 0] = 1
    ranks = average_ranks(Ratings(study, ("x", "y", "z"), scores, (), (count,) * 3))
    assert ranks["a"].low < ranks["a"].value < ranks["a"].high == count


def test_the_screening_rejects_who_rates_at_random_and_keeps_who_is_biased():
    study = make_study({"s": (30, ("a", "b", "c", "d"))})
    planted = plant_means(study, {"a": 1.6, "b": 2.5, "c": 3.5, "d": 4.4})
    spread = Spread(bias=0.2, taste=0.1, noise=0.5)
    rng = np.random.default_rng(0)
    drawn = draw_ratings(study, planted, 18, spread, rng)
    drawn[3] = (drawn[3][0], rng.integers(1, 6, len(drawn[3][1])))
    drawn[7] = (drawn[7][0], np.minimum(drawn[7][1] + 1, 5))
    ratings = as_ratings(study, drawn)
    found = screen_raters(ratings)
    assert [s.rater for s in found if s.is_rejected] == ["r003"]
    assert found[7].above > 6 and found[7].below <= 1  # far off, but to one side
    for row, screened in enumerate(found):
        others = np.delete(ratings.scores, row, axis=0).mean(axis=0)
        expected = np.corrcoef(ratings.scores[row], others)[0, 1]
        assert screened.agreement == pytest.approx(expected)


def screen(scores):
    count, num_pictures = scores.shape
    study = make_study({"s": (num_pictures, ("a",))})
    raters = tuple(f"r{number}" for number in range(count))
    return screen_raters(Ratings(study, raters, scores, (), (num_pictures,) * count))


def test_the_screening_by_hand():
    column = np.array([3, 3, 3, 3, 3, 3, 2, 2, 4, 4, 1.0])
    scores = np.stack([column, np.full(11, 5.0)], axis=1)
    kurtosis = stats.kurtosis(column, fisher=False)
    assert 2 <= kurtosis <= 4
    assert (column[10] - column.mean()) / column.std(ddof=1) < -2
    found = screen(scores)
    assert [(s.above, s.below) for s in found] == [(0, 0)] * 10 + [(0, 1)]
    assert not any(s.is_rejected for s in found)  # to one side only; equal ratings tell nothing


@pytest.mark.parametrize(
    ("column", "is_far"),
    [
        ([3] * 19 + [1], False),  # 4.25 standard deviations, where it takes 4.47
        ([3] * 22 + [1], True),  # 4.59
        ([2] * 3 + [4] * 3 + [3] * 5 + [1], False),  # 1.96, where it takes 2
    ],
)
def test_how_far_a_rating_lies_off(column, is_far):
    found = screen(np.array(column, float)[:, None])
    assert [s.below for s in found] == [0] * (len(column) - 1) + [is_far]


@pytest.mark.parametrize(
    ("above", "below", "is_rejected"),
    [(3, 2, False), (3, 3, True), (13, 7, False), (12, 8, True), (0, 100, False)],
)
def test_more_than_5_percent_far_off_to_both_sides_are_rejected(above, below, is_rejected):
    scores = np.full((23, 100), 3.0)
    scores[-1, :above], scores[-1, above : above + below] = 5, 1
    found = screen(scores)
    assert (found[-1].above, found[-1].below) == (above, below)
    assert [s.is_rejected for s in found] == [False] * 22 + [is_rejected]


def test_retest():
    pairs = [(3, 3), (2, 3), (5, 4), (1, 1), (4, 2)]
    found = retest(tuple(Repeat("r", i, *pair) for i, pair in enumerate(pairs)))
    assert (found.count, found.same, found.within_one) == (5, 0.4, 0.8)
    assert found.difference == pytest.approx(-0.4)
    assert found.correlation == pytest.approx(stats.spearmanr(*zip(*pairs, strict=True)).statistic)
    assert retest(()) is None
    assert np.isnan(retest((Repeat("r", 0, 3, 3),)).correlation)


def test_correlations():
    mos = np.array([1.0, 2, 3, 4, np.nan])
    found = correlate(mos, {"x": np.array([1.0, 2, 4, 3, 9]), "flat": np.ones(5)})
    assert found["x"].num_pictures == 4 and found["x"].kendall == pytest.approx(4 / 6)
    assert found["x"].pearson == pytest.approx(0.8) and found["x"].spearman == pytest.approx(0.8)
    assert set(found) == {"x"}
    assert correlate(mos, {"x": np.array([np.inf, 1, 2, np.nan, 1])}) == {}


def test_larger_differences_need_fewer_raters():
    study = make_study({"s": (4, ("a", "b", "c"))}, 4)
    given = {"a": 2.0, "b": 2.1, "c": 3.1}
    found = estimate_power(study, given, Spread(), 0, num_studies=40)
    assert [pair.methods for pair in found] == [("a", "b"), ("b", "c")]
    assert [round(pair.difference, 6) for pair in found] == [0.1, 1.0]
    small, large = found
    assert large.needed <= 10
    assert small.needed is None or small.needed >= 32
    assert small.power[12] < 0.4 < 0.9 < large.power[12]


def test_the_power_is_how_often_a_report_finds_the_difference():
    study = make_study({"s": (4, ("a", "b"))}, 4)
    twice = {name: 2 * order for name, order in study.raters.items()}
    study = replace(study, raters=twice)
    given = {"a": 2.0, "b": 2.02}
    (found,) = estimate_power(study, given, Spread(), 0, num_studies=100)
    planted, rng = plant_means(study, given), np.random.default_rng(0)
    reports = {6: [], 8: [], 26: []}
    for _ in range(100):
        ratings = as_ratings(study, draw_ratings(study, planted, 64, Spread(), rng))
        for count, told in reports.items():
            (pair,) = compare_pairs(ratings.keep(ratings.raters[:count]))
            told.append((pair.p_raters < 0.05, pair.difference < 0))  # b is better
    for count, told in reports.items():
        assert found.power[count] == pytest.approx(np.mean([all(both) for both in told]))
    wrong = [significant and not right for told in reports.values() for significant, right in told]
    assert any(wrong)  # significant, and not what was planted


def test_the_power_with_raters_that_rate_no_image_of_a_pair():
    study = make_study({"s": (3, ("a", "b")), "t": (3, ("b",))}, 2)
    only_s, only_t = tuple(range(6)), tuple(range(6, 9))
    study = replace(study, raters={"x": only_s, "y": only_t})
    (found,) = estimate_power(study, {"a": 1.5, "b": 4.0}, Spread(), 0, num_studies=10)
    assert found.power[10] == 0.0 and found.power[12] == 1.0  # 5 and 6 that rate both


def test_the_power_counts_what_was_planted_on_the_images_of_both():
    study = make_study({"s": (5, ("a", "b")), "t": (5, ("b", "c"))}, 2)
    given = {"s/a": 2.5, "s/b": 1.5, "t/b": 4.6, "t/c": 4.0}
    found = estimate_power(study, given, Spread(), 0, num_studies=10)
    assert [pair.methods for pair in found] == [("a", "b"), ("b", "c")]
    assert found[0].difference == -1.0 and found[0].power[26] == 1.0  # b's mean is higher overall
    given = {"s/a": 3.0, "s/b": 1.0, "t/b": 2.0, "t/c": 4.0}
    found = estimate_power(study, given, Spread(), 0, num_studies=1)
    assert [pair.methods for pair in found] == [("b", "a")]  # a and c are never compared


def test_what_was_taken_back_and_what_was_repeated(plan):
    study = plan()
    order = study.raters["rater1"]
    repeated = next(index for index in order if order.count(index) == 2)
    others = [index for index in order[4:] if index != repeated]

    def rating(picture, score):
        return {"event": "rating", "rater": "rater1", "picture": picture, "score": score}

    records = [
        {"event": "start", "rater": "rater2"},
        *(rating(index, 1) for index in order[:4]),  # calibration
        rating(repeated, 2),
        rating(others[0], 5),
        {"event": "undo", "rater": "rater1", "position": 5},
        rating(others[0], 3),
        rating(repeated, 4),
    ]
    ratings = collect_ratings(study, records)
    assert ratings.raters == ("rater1",) and ratings.planned == (18,)
    rated = np.flatnonzero(~np.isnan(ratings.scores[0]))
    assert {i: ratings.scores[0, i] for i in rated} == {repeated: 2, others[0]: 3}
    assert ratings.repeats == (Repeat("rater1", repeated, 2, 4),)
    with pytest.raises(ValueError, match="has none yet"):
        collect_ratings(study, records[:5])
    with pytest.raises(ValueError, match="record 1 does not fit"):
        collect_ratings(study, [rating(999, 3)])
