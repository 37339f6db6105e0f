"""Fills the scores in model cards: `python -m srgan_tf.evaluation.score_shipped BENCHMARKS VGG`.

The last step of shipping a model, after `python -m srgan_tf.export.ship`. VGG is what `evaluate
--vgg-weights` takes. Models whose scores are up to date are left alone; further arguments name the
models to score in any case. `srgan-tf evaluate --perceptual --lpips` gives the same numbers; LPIPS
is left out where the package `lpips` is not installed.
"""

import sys
from dataclasses import replace
from importlib.util import find_spec

from srgan_tf.data.benchmarks import find_benchmarks
from srgan_tf.evaluation.methods import is_trained_on_phi34, open_method
from srgan_tf.evaluation.scoreboard import score_methods
from srgan_tf.inference.measures import open_measures
from srgan_tf.inference.scoring import BenchmarkScore
from srgan_tf.models.cards import Card, card_path, digest_scored, read_card, write_card
from srgan_tf.models.shipped import FAST, shipped_names

DIGITS = {"psnr": 4, "ssim": 5, "niqe": 3, "phi34": None, "lpips": 4}
"""Decimals kept: more than any table shows."""


def round_scores(score: BenchmarkScore) -> dict[str, float]:
    """The scores of one benchmark as they stand in a card."""
    values = {name: getattr(score, name) for name in DIGITS}
    return {name: round(x, DIGITS[name]) for name, x in values.items() if x is not None}


def main(benchmarks: str, vgg_weights: str, *names: str) -> None:
    """Scores models and rewrites their cards.

    Raises:
        ValueError: a model has no weights or no card.
    """
    cards = {name: _read_card(name) for name in names or shipped_names()}
    wanted = [name for name, card in cards.items() if names or not card.is_up_to_date]
    measures, left_out = open_measures(vgg_weights, lpips=find_spec("lpips") is not None)
    if left_out:
        raise ValueError(left_out[0])
    sets = find_benchmarks(benchmarks)
    scores = score_methods([open_method(name) for name in wanted], sets, measures)
    fast_ones = [open_method(name, fast=True) for name in wanted if name in shipped_names(FAST)]
    fast_scores = score_methods(fast_ones, sets, {})
    for name in wanted:
        rows = {b: round_scores(by_protocol["paper"]) for b, by_protocol in scores[name].items()}
        if is_trained_on_phi34(name):
            for row in rows.values():
                row.pop("phi34", None)
        fast = {b: round_scores(s["paper"]) for b, s in fast_scores.get(name, {}).items()}
        digest = digest_scored(name)
        write_card(replace(cards[name], scored_file=digest, scores=rows, fast_scores=fast))
        print(name, rows, fast)


def _read_card(name: str) -> Card:
    card = read_card(name) if name in shipped_names() else None
    if card is None:
        raise ValueError(
            f"{name}: expected weights and a card {card_path(name)}; see "
            "`python -m srgan_tf.export.ship`"
        )
    return card


if __name__ == "__main__":
    main(*sys.argv[1:])
