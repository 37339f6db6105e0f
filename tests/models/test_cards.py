"""The cards of the shipped models, and the documents that are written from them."""

import importlib.util
from pathlib import Path

import pytest

from srgan_tf.data.benchmarks import find_benchmarks
from srgan_tf.evaluation.methods import is_trained_on_phi34, open_method
from srgan_tf.evaluation.score_shipped import round_scores
from srgan_tf.evaluation.scoreboard import score_methods
from srgan_tf.inference.measures import open_measures
from srgan_tf.models import cards
from srgan_tf.models.cards import Card, read_card, write_card
from srgan_tf.models.shipped import shipped_names

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", shipped_names())
def test_every_shipped_model_has_a_card_with_its_scores(name):
    card = read_card(name)
    assert card is not None, "see python -m srgan_tf.export.ship"
    assert card.is_up_to_date, "run python -m srgan_tf.evaluation.score_shipped"
    assert card.steps > 0 and card.data and card.hardware and len(card.date) == 10
    starts = (f"srgan-tf train {name} ", f"python -m srgan_tf.export.ship {name} ", "git show ")
    assert all(command.startswith(starts) for command in card.commands)


@pytest.mark.parametrize("name", shipped_names())
def test_the_readme_of_the_weights_is_in_step(name):
    spec = importlib.util.spec_from_file_location("model_cards", ROOT / "docs" / "model_cards.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    text = script.README.read_text()
    assert f"<!-- model {name} -->" in text and f"<!-- end of {name} -->" in text
    assert script.insert(text) == text, "run python docs/model_cards.py"


def test_a_card_survives_its_file(tmp_path, monkeypatch):
    monkeypatch.setattr(cards, "card_path", lambda name: tmp_path / f"{name}.json")
    scores = {"Set5": {"psnr": 31.1, "ssim": 0.9}}
    card = Card("x", ("srgan-tf train x",), 7, "photos", "1 core", "2026-01-02", "", "ab", scores)
    write_card(card)
    assert read_card("x") == card
    assert read_card("y") is None
    (tmp_path / "x.json").write_text('{"name": "x"}')
    with pytest.raises(ValueError, match=r"x\.json: not a model card") as error:
        read_card("x")
    assert "\n" not in str(error.value)


def test_scores_of_other_weights_are_out_of_date():
    card = Card("srresnet_mse", (), 1, "", "", "", scored_file="ab", scores={"Set5": {"psnr": 1}})
    assert not card.is_up_to_date


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped_names())
def test_evaluate_reproduces_the_scores_of_the_card(name, data_folder):
    """To the last digit on the processor that scored them; on another, last digits may differ."""
    measures, _ = open_measures(
        data_folder / "vgg19" / "vgg19_conv1_1_to_conv3_4.npz",
        lpips=importlib.util.find_spec("lpips") is not None,
    )
    if is_trained_on_phi34(name):
        del measures["phi34"]
    benchmarks = find_benchmarks(data_folder / "benchmarks")
    scores = score_methods([open_method(name)], benchmarks, measures)[name]
    expected = {benchmark: dict(row) for benchmark, row in read_card(name).scores.items()}
    ours = {b: round_scores(by_protocol["paper"]) for b, by_protocol in scores.items()}
    if not all("lpips" in row for row in (*ours.values(), *expected.values())):
        for row in (*ours.values(), *expected.values()):  # the extra, or drcn's score, is missing
            row.pop("lpips", None)
    assert ours == expected
