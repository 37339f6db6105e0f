from srgan_tf.data.benchmarks import BenchmarkImage
from srgan_tf.imaging.resize import reduce_4x
from srgan_tf.training.callbacks import BenchmarkScores, DiscriminatorWatch


def test_scores_are_taken_at_every_second_epoch(samples, small_generator):
    hr = samples["coffee"][:32, :32]
    pictures = [BenchmarkImage("a", hr, reduce_4x(hr))]
    scores = BenchmarkScores({"mine": pictures}, small_generator, every=2)
    epochs = [{}, {}, {}, {}]
    for epoch, logs in enumerate(epochs):
        scores.on_epoch_end(epoch, logs)
    assert [set(logs) for logs in epochs] == 2 * [set(), {"mine_psnr", "mine_ssim"}]


def test_a_discriminator_that_has_won_for_three_epochs_in_a_row_is_told_once(capsys):
    watch = DiscriminatorWatch()
    for epoch, loss in enumerate([0.01, 0.01, 1.0, 0.01, 0.01]):
        watch.on_epoch_end(epoch, {"d_loss": loss})
    watch.on_epoch_end(5, {"loss": 0.01})  # of a run without one
    assert capsys.readouterr().err == ""
    for epoch in (6, 7):
        watch.on_epoch_end(epoch, {"d_loss": 0.01})
    assert capsys.readouterr().err.count("warning: the discriminator's loss") == 1
