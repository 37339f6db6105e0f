import pytest

from srgan_tf.recipes import SRRESNET_MSE, Phase
from srgan_tf.training.schedule import WarmupSchedule, scale_phases


def test_phases_keep_their_rates_and_share_the_steps():
    phases = [Phase(100_000, 1e-4), Phase(100_000, 1e-5)]
    assert scale_phases(phases, 7) == [Phase(4, 1e-4), Phase(3, 1e-5)]
    assert scale_phases(SRRESNET_MSE.phases, 20) == [Phase(20, 1e-4)]


def test_paper_schedule_is_constant_within_a_phase():
    schedule = WarmupSchedule([(3, 1e-4), (2, 1e-5), (2, 1e-6)])
    rates = [float(schedule(step)) for step in range(8)]
    expected = [1e-4] * 3 + [1e-5] * 2 + [1e-6] * 3
    assert rates == pytest.approx(expected)


def test_warmup_rises_to_the_peak_and_cosine_falls_to_zero():
    schedule = WarmupSchedule([(100, 1e-3)], kind="cosine", warmup=10)
    assert float(schedule(0)) == pytest.approx(1e-4, rel=1e-3)
    assert float(schedule(10)) == pytest.approx(0.5e-3 * (1 + 0.9510565), rel=1e-4)
    assert float(schedule(50)) == pytest.approx(0.5e-3, rel=1e-4)
    assert float(schedule(100)) == pytest.approx(0, abs=1e-9)


def test_config_makes_an_equal_schedule():
    schedule = WarmupSchedule([(30, 1e-3), (10, 1e-4)], warmup=5)
    again = WarmupSchedule.from_config(schedule.get_config())
    assert [float(again(s)) for s in (0, 4, 29, 30)] == [float(schedule(s)) for s in (0, 4, 29, 30)]


@pytest.mark.parametrize("wrong", [{"kind": "linear"}, {"warmup": 40}, {"warmup": -1}])
def test_bad_settings_are_refused(wrong):
    with pytest.raises(ValueError, match="expected"):
        WarmupSchedule([(40, 1e-3)], **wrong)
