import math
from dataclasses import replace

import keras
import numpy as np
import pytest

from srgan_tf.losses.adversarial import adversarial_loss, discriminator_loss
from srgan_tf.losses.content import (
    grid_penalty,
    luma_loss,
    mse_loss,
    total_variation,
    vgg_loss,
)
from srgan_tf.losses.perceptual import build_content_loss
from srgan_tf.models.vgg import build_vgg_features
from srgan_tf.recipes import RECIPES


def test_mse_is_the_mean_over_everything():
    hr = np.zeros((2, 2, 2, 3), np.float32)
    sr = hr.copy()
    sr[0, 0, 0, 0] = 0.6
    assert float(mse_loss(hr, sr)) == pytest.approx(0.36 / 24)


def test_luma_loss_is_the_mean_over_pictures_and_positions():
    hr = np.zeros((2, 2, 2, 3), np.float32)
    sr = hr.copy()
    sr[0, 0, 0] = [0.5, 0, -0.2]
    expected = (0.299 * 0.5 - 0.114 * 0.2) ** 2 / 8
    assert float(luma_loss(hr, sr)) == pytest.approx(expected, rel=1e-5)


def test_total_variation_sums_over_positions_and_averages_over_pictures():
    sr = np.zeros((2, 3, 3, 1), np.float32)
    sr[0, 1, 1, 0] = 0.5  # four neighbours differ by 0.5
    assert float(total_variation(sr)) == pytest.approx(4 * 0.5 / 2)


def test_a_discriminator_that_cannot_tell():
    logits = np.zeros((4, 1), np.float32)
    assert float(adversarial_loss(logits)) == pytest.approx(math.log(2))
    assert float(discriminator_loss(logits, logits)) == pytest.approx(2 * math.log(2))


def test_losses_equal_the_paper_s_formulas_on_probabilities():
    real, fake = np.array([[1.5], [-0.5]], np.float32), np.array([[-2.0], [0.25]], np.float32)
    d_real, d_fake = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake))
    assert float(adversarial_loss(fake)) == pytest.approx(-np.log(d_fake).mean(), rel=1e-5)
    expected = (-np.log(d_real) - np.log(1 - d_fake)).mean()
    assert float(discriminator_loss(real, fake)) == pytest.approx(expected, rel=1e-5)


def test_extreme_logits_stay_finite():
    far = np.array([[1e4], [-1e4]], np.float32)
    assert float(adversarial_loss(far)) == pytest.approx(5e3)
    assert float(discriminator_loss(-far, far)) == pytest.approx(1e4)


def test_vgg_loss_compares_scaled_features_of_bgr_pictures_around_the_mean():
    features = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Activation("linear")])
    hr, sr = np.zeros((1, 1, 1, 3), np.float32), np.zeros((1, 1, 1, 3), np.float32)
    sr[..., 0] = 0.2  # 25.5 grey levels of red
    assert float(vgg_loss(features)(hr, sr)) == pytest.approx((25.5 / 12.75) ** 2 / 3, rel=1e-5)
    assert float(vgg_loss(features, 0.1)(hr, sr)) == pytest.approx(2.55**2 / 3, rel=1e-5)


def test_a_recipe_s_loss_compares_its_features_and_adds_its_total_variation(vgg_npz, rng):
    hr, sr = (rng.uniform(-1, 1, (1, 8, 8, 3)).astype(np.float32) for _ in range(2))
    plain = build_content_loss(RECIPES["srgan_vgg22"], vgg_npz)
    expected = float(vgg_loss(build_vgg_features(2, 2, vgg_npz), 1e-3)(hr, sr))
    assert float(plain(hr, sr)) == pytest.approx(expected, rel=1e-5)
    much = replace(RECIPES["srresnet_vgg22"], total_variation=0.5)  # 2e-8 is lost in float32
    expected += 0.5 * float(total_variation(sr))
    assert float(build_content_loss(much, vgg_npz)(hr, sr)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("recipe", "expected"), [("srgan_mse", mse_loss), ("espcn", luma_loss)])
def test_a_recipe_s_loss_compares_colours_or_luma(recipe, expected, rng):
    hr, sr = (rng.uniform(-1, 1, (1, 8, 8, 3)).astype(np.float32) for _ in range(2))
    assert float(build_content_loss(RECIPES[recipe])(hr, sr)) == float(expected(hr, sr))


def test_grid_penalty_sees_a_grid_and_a_shift_of_colours_but_no_texture(rng):
    hr = rng.uniform(-0.5, 0.5, (2, 64, 64, 3)).astype(np.float32)
    dots = np.zeros_like(hr)
    dots[:, ::4, ::4] = 0.16  # at one of the 16 positions
    grid = 0.16**2 / 16
    assert float(grid_penalty(hr, hr + dots)) == pytest.approx(grid, rel=1e-4)
    patch = np.zeros_like(hr)
    patch[:, 16:48, 16:48] = dots[:, 16:48, 16:48]
    half, whole = 0.5, 1.0  # of the windows' rows and columns, which are 16 pixels apart
    shares = np.outer([half, whole, half], [half, whole, half])
    expected = grid * np.mean(shares**2)
    assert float(grid_penalty(hr, hr + patch)) == pytest.approx(expected, rel=1e-4)
    red = np.float32([0.1, 0, 0])
    assert float(grid_penalty(hr, hr + red)) == pytest.approx(0.1**2 / 3, rel=1e-4)
    texture = rng.normal(0, np.sqrt(grid), hr.shape).astype(np.float32)  # of the same power
    assert float(grid_penalty(hr, hr + texture)) < grid / 50


def test_a_recipe_s_loss_takes_the_grid_penalty_that_is_asked_for(rng):
    hr, sr = (rng.uniform(-1, 1, (1, 32, 32, 3)).astype(np.float32) for _ in range(2))
    loss = build_content_loss(RECIPES["srgan_mse"], grid_weight=10.0)
    expected = float(mse_loss(hr, sr)) + 10 * float(grid_penalty(hr, sr))
    assert float(loss(hr, sr)) == pytest.approx(expected, rel=1e-5)
