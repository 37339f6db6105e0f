"""The adversarial step itself: both backends, and what it does to which network."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from srgan_tf.losses.adversarial import discriminator_loss
from srgan_tf.losses.content import mse_loss, vgg_loss
from srgan_tf.metrics.keras_metrics import PSNR
from srgan_tf.models.discriminator import build_discriminator
from srgan_tf.models.generator import build_generator
from srgan_tf.models.vgg import build_vgg_features
from srgan_tf.training.srgan import SRGAN

ROOT = Path(__file__).resolve().parents[2]


def take_two_steps(vgg_weights, out):
    """From given weights, on the backend of the process; everything is written to a file."""
    rng = np.random.default_rng(0)
    generator, discriminator = build_generator(1, 8), build_discriminator(32)
    for variable in (*generator.variables, *discriminator.variables):
        noise = rng.normal(0, 0.05, variable.shape).astype("float32")
        around_one = variable.path.endswith(("gamma", "variance"))
        variable.assign(1 + abs(noise) if around_one else noise)
    content_loss = vgg_loss(build_vgg_features(2, 2, vgg_weights), 1e-3)
    model = SRGAN(generator, discriminator, content_loss, adversarial_weight=0.1)
    ours = keras.optimizers.SGD(1e-4, 0.9, use_ema=True, ema_momentum=0.5)
    model.compile(ours, keras.optimizers.SGD(1e-4, 0.9, name="slots"))
    shapes = ((4, 8, 8, 3), (4, 32, 32, 3))
    batches = [tuple(rng.random(shape, "float32") for shape in shapes) for step in range(2)]
    history = model.fit(
        (b for b in batches),
        validation_data=batches[0],
        steps_per_epoch=2,
        verbose=0,
        shuffle=False,
    ).history
    values = {v.path: v.numpy() for v in (*generator.variables, *discriminator.variables)}
    slots = {"slot/" + v.path: v.numpy() for v in model.discriminator_optimizer.variables}
    np.savez(out, **values, **slots, **{"log/" + k: v[0] for k, v in history.items()})


@pytest.mark.long
def test_both_backends_take_the_same_step(tmp_path, vgg_npz):
    process = subprocess.Popen(
        [sys.executable, __file__, str(vgg_npz), str(tmp_path / "jax.npz")],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": "jax"},
        stderr=subprocess.PIPE,
        text=True,
    )
    take_two_steps(vgg_npz, tmp_path / "tensorflow.npz")
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    with np.load(tmp_path / "tensorflow.npz") as ours, np.load(tmp_path / "jax.npz") as theirs:
        assert set(ours.files) == set(theirs.files)
        assert {"log/d_loss", "log/val_content", "bn2/moving_mean"} < set(ours.files)
        for key in ours.files:
            np.testing.assert_allclose(ours[key], theirs[key], rtol=1e-4, atol=1e-6, err_msg=key)


@pytest.fixture
def model():
    keras.utils.set_random_seed(0)
    built = SRGAN(build_generator(1, 8), build_discriminator(16), mse_loss, 1e-3)
    built.compile(keras.optimizers.SGD(1e-2), keras.optimizers.SGD(1e-2), run_eagerly=True)
    return built


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    lr = rng.random((2, 4, 4, 3), dtype=np.float32)
    hr = rng.uniform(-1, 1, (2, 16, 16, 3)).astype(np.float32)
    return lr, hr


def fit(model, batch, steps=1):
    history = model.fit(
        (batch for _ in range(steps)), steps_per_epoch=steps, verbose=0, shuffle=False
    )
    return {name: values[-1] for name, values in history.history.items()}


def changed(before, after):
    return [not np.array_equal(a, b) for a, b in zip(before, after, strict=True)]


def test_a_step_moves_both_networks_and_their_statistics(model, batch):
    networks = (model.generator, model.discriminator)
    before = [network.get_weights() for network in networks]
    logs = fit(model, batch)
    for network, old in zip(networks, before, strict=True):
        assert all(changed(old, network.get_weights())), network.name
    assert set(logs) == {
        "loss",
        "content",
        "adversarial",
        "d_loss",
        "d_real",
        "d_fake",
        "content_grad",
        "adversarial_grad",
        "generator_grad",
        "discriminator_grad",
        "psnr",
    }
    assert logs["loss"] == pytest.approx(logs["content"] + 1e-3 * logs["adversarial"])


def test_single_batches_are_trained_on_too(model, batch):
    before = model.generator.get_weights()
    logs = model.train_on_batch(*batch, return_dict=True)
    assert logs["d_loss"] > 0
    assert any(changed(before, model.generator.get_weights()))


def test_a_second_compilation_leaves_no_slots_of_the_first(model, tmp_path):
    before = len(model.variables)
    model.compile(keras.optimizers.SGD(1e-3), keras.optimizers.SGD(1e-3))
    assert len(model.variables) == before
    model.save_weights(tmp_path / "a.weights.h5")
    fresh = SRGAN(build_generator(1, 8), build_discriminator(16))
    fresh.compile(keras.optimizers.SGD(1e-3), keras.optimizers.SGD(1e-3))
    fresh.load_weights(tmp_path / "a.weights.h5")
    assert not any(changed(model.generator.get_weights(), fresh.generator.get_weights()))


def test_evaluation_reports_the_content_loss_and_psnr_and_changes_nothing(model, batch):
    lr, hr = batch
    before = model.get_weights()
    logs = model.evaluate(lr, hr, verbose=0, return_dict=True)
    assert not any(changed(before, model.get_weights()))
    sr = model.predict(lr, verbose=0)
    psnr = PSNR()
    psnr.update_state(hr, sr)
    assert logs == pytest.approx(
        {"content": float(mse_loss(hr, sr)), "psnr": float(psnr.result())}, rel=1e-4
    )


def test_evaluation_counts_each_picture_once(model):
    rng = np.random.default_rng(0)
    lr = rng.random((3, 4, 4, 3), "float32")
    hr = rng.uniform(-1, 1, (3, 16, 16, 3)).astype("float32") * [[[[0.1]]], [[[0.5]]], [[[1]]]]
    logged = []
    watch = keras.callbacks.LambdaCallback()
    watch.on_test_batch_end = lambda batch, logs: logged.append([m.name for m in model.metrics])
    logs = model.evaluate(lr, hr, batch_size=2, verbose=0, return_dict=True, callbacks=[watch])
    error = np.mean((hr - model.generator.predict(lr, verbose=0)) ** 2)
    assert logs["content"] == pytest.approx(error, rel=1e-5)
    assert logged == [["content", "psnr"]] * 2  # with several devices Keras asks for these
    assert len(model.metrics) == 11


def test_weights_are_those_of_the_networks_whatever_the_optimizers(model, batch, tmp_path):
    fit(model, batch)
    assert model.count_params() == sum(
        network.count_params() for network in (model.generator, model.discriminator)
    )
    model.save_weights(tmp_path / "w.weights.h5")
    other = SRGAN(build_generator(1, 8), build_discriminator(16))
    other(batch[0])
    other.load_weights(tmp_path / "w.weights.h5")
    for ours, theirs in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_what_it_would_not_use_is_refused(model, batch):
    one = keras.optimizers.SGD(1e-2)
    with pytest.raises(ValueError, match="got one optimizer twice"):
        model.compile(one, one)
    with pytest.raises(ValueError, match="got loss, metrics, expected optimizers"):
        model.compile("sgd", "sgd", loss="mse", metrics=["mae"])
    for call in (model.train_on_batch, model.test_on_batch):
        with pytest.raises(ValueError, match="got sample weights"):
            call(*batch, sample_weight=np.ones(2))


def test_a_content_loss_that_is_no_function_is_refused():
    with pytest.raises(ValueError, match="got the content loss 'mse', expected a function"):
        SRGAN(build_generator(1, 8), build_discriminator(16), "mse")


def test_its_export_is_the_generator_s(model, batch, tmp_path):
    import tensorflow as tf

    lr = batch[0]
    model.export(str(tmp_path / "exported"), verbose=False)
    loaded = tf.saved_model.load(str(tmp_path / "exported"))
    np.testing.assert_allclose(loaded.serve(lr), model(lr), atol=1e-5)


def test_weights_are_loaded_without_compiling(model, tmp_path):
    model.save_weights(tmp_path / "model.weights.h5")
    other = SRGAN(build_generator(1, 8), build_discriminator(16))
    other.load_weights(tmp_path / "model.weights.h5")
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_float16_scales_both_losses(model):
    scaled = keras.optimizers.LossScaleOptimizer
    model.compile(scaled(keras.optimizers.SGD(1e-2)), "sgd")
    assert isinstance(model.discriminator_optimizer, scaled)


def test_the_generator_s_gradient_is_that_of_the_whole_loss(model, batch):
    """Pulled back from the picture, it equals the gradient through one tape."""
    import tensorflow as tf

    model.discriminator_optimizer.learning_rate = 0.0
    model.adversarial_weight = 0.5
    lr, hr = batch
    weights = model.generator.trainable_variables
    with tf.GradientTape() as tape:
        sr = model.generator(lr, training=True)
        loss = mse_loss(hr, sr) + 0.5 * model.deceive(sr)
    gradients = tape.gradient(loss, weights)
    before = [w.numpy().copy() for w in weights]
    fit(model, batch)
    for weight, old, gradient in zip(weights, before, gradients, strict=True):
        np.testing.assert_allclose(
            weight.numpy(), old - 1e-2 * gradient.numpy(), rtol=1e-3, atol=1e-6, err_msg=weight.path
        )


def test_the_discriminator_judges_originals_and_results_one_batch_after_the_other(model, batch):
    import tensorflow as tf

    lr, hr = batch
    sr = model.generator(lr, training=True)
    weights = model.discriminator.trainable_variables
    with tf.GradientTape() as tape:
        real, fake = (model.discriminator(pictures, training=True) for pictures in (hr, sr))
        loss = discriminator_loss(real, fake)
    gradients = tape.gradient(loss, weights)
    before = [w.numpy().copy() for w in weights]
    logs = fit(model, batch)
    for weight, old, gradient in zip(weights, before, gradients, strict=True):
        np.testing.assert_allclose(
            weight.numpy(), old - 1e-2 * gradient.numpy(), rtol=1e-3, atol=1e-6, err_msg=weight.path
        )
    assert logs["d_loss"] == pytest.approx(float(loss), rel=1e-4)
    for name, logits in (("d_real", real), ("d_fake", fake)):
        expected = np.mean(1 / (1 + np.exp(-logits.numpy())))
        assert logs[name] == pytest.approx(expected, rel=1e-4)


def test_crops_of_another_size_are_one_clear_line(model, batch):
    lr, hr = batch
    with pytest.raises(ValueError, match="give build_discriminator the crop size of the data"):
        model.fit(lr[:, 1:], hr[:, 4:], verbose=0)


def test_a_content_loss_must_be_a_scalar(batch):
    model = SRGAN(build_generator(1, 8), build_discriminator(16), keras.losses.mean_absolute_error)
    model.compile(keras.optimizers.SGD(1e-2), keras.optimizers.SGD(1e-2), run_eagerly=True)
    with pytest.raises(ValueError, match=r"content loss of shape \(2, 16, 16\), expected a scalar"):
        model.train_on_batch(*batch)


def test_without_the_adversarial_part_only_content_moves_the_generator(batch):
    generators = []
    for weight in (0.0, 1.0):
        keras.utils.set_random_seed(0)
        model = SRGAN(build_generator(1, 8), build_discriminator(16), mse_loss, weight)
        model.compile(keras.optimizers.SGD(1e-1), keras.optimizers.SGD(1e-1), run_eagerly=True)
        logs = fit(model, batch)
        generators.append(model.generator.get_weights())
        assert (logs["adversarial_grad"] == 0) == (weight == 0)
    assert any(changed(*generators))


def test_the_discriminator_learns_to_tell_a_frozen_generator_apart(model, batch):
    model.optimizer.learning_rate = 0.0
    first = fit(model, batch)
    last = fit(model, batch, steps=10)
    assert last["d_loss"] < first["d_loss"]
    assert last["d_real"] > 0.6 and last["d_fake"] < 0.4


@pytest.mark.slow
def test_xla_and_mixed_precision_take_a_step(batch):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = SRGAN(build_generator(1, 8), build_discriminator(16))
    finally:
        keras.config.set_dtype_policy("float32")
    model.compile(keras.optimizers.Adam(1e-4), keras.optimizers.Adam(1e-4), jit_compile=True)
    logs = fit(model, batch)
    assert all(np.isfinite(value) for value in logs.values())
    assert {str(v.dtype) for v in model.trainable_variables} == {"float32"}


@pytest.mark.long
def test_loss_scaling_cancels_out(batch):
    """As float16 needs it; at this size float32 shows the same step with and without."""
    results = []
    for wrap in (lambda o: o, keras.optimizers.LossScaleOptimizer):
        keras.utils.set_random_seed(0)
        model = SRGAN(build_generator(1, 8), build_discriminator(16))
        model.compile(wrap(keras.optimizers.SGD(1e-2)), wrap(keras.optimizers.SGD(1e-2)))
        logs = fit(model, batch)
        norms = [logs["generator_grad"], logs["discriminator_grad"]]
        results.append([*norms, *(v.numpy() for v in model.trainable_variables)])
    for plain, scaled in zip(*results, strict=True):
        np.testing.assert_allclose(plain, scaled, rtol=1e-3, atol=1e-6)


@pytest.mark.long
def test_float16_keeps_small_gradients_on_their_way_through_the_networks(vgg_npz):
    """Unscaled, most of VGG's at the picture are below what float16 can hold, and vanish."""
    rng = np.random.default_rng(0)
    batch = (rng.random((2, 8, 8, 3), "float32"), rng.uniform(-1, 1, (2, 32, 32, 3)))
    norms = []
    for policy in ("float32", "mixed_float16"):
        keras.config.set_dtype_policy(policy)
        try:
            keras.utils.set_random_seed(0)
            content_loss = vgg_loss(build_vgg_features(2, 2, vgg_npz), 1e-3)
            model = SRGAN(build_generator(1, 8), build_discriminator(32), content_loss)
            large = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(), initial_scale=1.0)
            model.compile("sgd", large)  # as the discriminator's gradient is here
        finally:
            keras.config.set_dtype_policy("float32")
        logs = fit(model, batch)
        norms.append([value for name, value in logs.items() if name.endswith("_grad")])
    assert len(norms[0]) == 4
    np.testing.assert_allclose(norms[1], norms[0], rtol=0.1)


if __name__ == "__main__":  # as test_both_backends_take_the_same_step runs it
    take_two_steps(*sys.argv[1:])
