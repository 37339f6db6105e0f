import numpy as np

from srgan_tf.data.folder import Photo
from srgan_tf.data.plan import plan_batch

PHOTOS = [Photo(f"{n}.png", 48 + 7 * n, 90 - 5 * n, plain_jpeg=False) for n in range(8)]


def test_a_plan_depends_on_seed_and_step_alone():
    later = plan_batch(PHOTOS, seed=3, step=17, batch_size=4, crop_size=48)
    for step in range(17):
        plan_batch(PHOTOS, 3, step, 4, 48)
    np.testing.assert_array_equal(plan_batch(PHOTOS, 3, 17, 4, 48), later)
    assert later.dtype == np.int32
    assert later.shape == (4, 4)


def test_every_seed_and_step_draws_another_plan():
    plans = {
        plan_batch(PHOTOS, seed, step, 8, 48).tobytes() for seed in (0, 1, 2) for step in range(40)
    }
    assert len(plans) == 120


def test_pictures_of_a_batch_are_distinct():
    for step in range(50):
        picks = plan_batch(PHOTOS, 0, step, 8, 48)[:, 0]
        assert sorted(picks) == list(range(8))


def test_crops_lie_inside_and_reach_every_place():
    photos = [Photo("a.png", 48, 50, False), Photo("b.png", 49, 48, False)]
    plans = np.concatenate([plan_batch(photos, 0, step, 2, 48) for step in range(200)])
    places = {tuple(pick[:3].tolist()) for pick in plans}
    assert places == {(0, 0, 0), (0, 0, 1), (0, 0, 2), (1, 0, 0), (1, 1, 0)}


def test_all_eight_symmetries_are_drawn():
    plans = np.concatenate([plan_batch(PHOTOS, 0, step, 8, 48) for step in range(100)])
    numbers, counts = np.unique(plans[:, 3], return_counts=True)
    assert numbers.tolist() == list(range(8))
    assert counts.min() > 60  # 100 expected, standard deviation 9.4


def test_fewer_pictures_than_the_batch_repeat():
    plan = plan_batch(PHOTOS[:2], seed=0, step=0, batch_size=16, crop_size=48)
    assert plan.shape == (16, 4)
    assert set(plan[:, 0].tolist()) == {0, 1}
    assert len({tuple(pick) for pick in plan[:, 1:].tolist()}) > 8  # other crops each time
