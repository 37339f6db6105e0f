"""The log outlives a killed server, and two programs do not write to it at once."""

import threading

import pytest

from srgan_tf.mos.log import RatingLog, read_records
from srgan_tf.mos.session import Sessions
from srgan_tf.mos.study import RATINGS, load_codes


def test_a_line_that_was_cut_off_is_dropped(plan):
    study = plan()
    with RatingLog(study) as log:
        log.append([{"event": "undo", "rater": "rater1", "position": 3}])
    path = study.folder / RATINGS
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"event": "undo", "rat')
    assert len(read_records(study)) == 1
    with RatingLog(study) as log:
        assert len(log.records) == 1
        log.append([{"event": "undo", "rater": "rater1", "position": 4}])
    assert [record["position"] for record in read_records(study)] == [3, 4]


def test_a_log_that_leads_elsewhere_is_left_alone(plan, tmp_path):
    """A study from elsewhere may hold one."""
    study, other = plan(), tmp_path / "other.json"
    other.write_text("mine")
    (study.folder / RATINGS).symlink_to(other)
    with pytest.raises(ValueError, match="got a link"):
        RatingLog(study)
    assert other.read_text() == "mine"


def test_what_is_no_log_is_not_cut_off(plan):
    study = plan()
    (study.folder / RATINGS).write_text("mine\nmine")
    with pytest.raises(ValueError, match="line 1 is damaged"):
        RatingLog(study)
    assert (study.folder / RATINGS).read_text() == "mine\nmine"


@pytest.mark.parametrize("line", [b"x", b"[]", b'{"event": "other"}', b"{}", b"\xff", b""])
def test_a_damaged_line_is_named(plan, line):
    study = plan()
    (study.folder / RATINGS).write_bytes(b'{"event": "start"}\n' + line + b"\n")
    with pytest.raises(ValueError, match="line 2 is damaged"):
        read_records(study)
    with pytest.raises(ValueError, match="line 2 is damaged"):
        RatingLog(study)


def test_a_study_is_open_once(plan):
    study = plan()
    with RatingLog(study):
        with pytest.raises(ValueError, match="in use by another program"):
            RatingLog(study)
        assert read_records(study) == []  # reports may read
    RatingLog(study).close()


def test_ratings_that_do_not_follow_each_other_are_refused(plan):
    study = plan()
    with RatingLog(study) as log:
        log.append([{"event": "rating", "rater": "rater1", "position": 1, "score": 3}])
    with RatingLog(study) as log, pytest.raises(ValueError, match="record 1 does not fit"):
        Sessions(study, log)


def test_no_rating_is_lost_when_the_server_is_killed(plan, serve, http_rater):
    study = plan()
    server = serve(study)
    raters = [
        http_rater(server, code, lambda state, shift=shift: 1 + (state["position"] + shift) % 5)
        for shift, code in enumerate(load_codes(study))
    ]
    threads = [threading.Thread(target=rater.rate_all, args=(0.02,)) for rater in raters]
    for thread in threads:
        thread.start()
    while not all(len(rater.acknowledged) > 6 for rater in raters):
        assert all(thread.is_alive() for thread in threads)
    server.kill()
    acknowledged = {rater.code: list(rater.acknowledged) for rater in raters}
    on_disk = [record for record in read_records(study) if record["event"] == "rating"]
    for code, name in load_codes(study).items():
        stored = [(r["position"], r["score"]) for r in on_disk if r["rater"] == name]
        assert stored[: len(acknowledged[code])] == acknowledged[code]
        assert len(stored) <= len(acknowledged[code]) + 1  # one may be stored but not answered
    server.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    for shift, name in enumerate(load_codes(study).values()):
        order = study.raters[name]
        stored = [r for r in read_records(study) if r.get("rater") == name]
        stored = [r for r in stored if r["event"] == "rating"]
        assert [r["position"] for r in stored] == list(range(len(order)))  # none lost, none twice
        assert [r["picture"] for r in stored] == list(order)
        assert [r["score"] for r in stored[4:]] == [1 + (p + shift) % 5 for p in range(4, 24)]


@pytest.mark.slow
def test_200_raters_at_once(plan, serve, http_rater):
    study = plan(num_raters=200, ratings=9, num_repeats=1)
    server = serve(study)
    raters = [
        http_rater(server, code, lambda s: 1 + s["position"] % 5) for code in load_codes(study)
    ]
    threads = [threading.Thread(target=rater.rate_all) for rater in raters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive()
    stored = [r for r in read_records(study) if r["event"] == "rating"]
    assert len(stored) == 200 * 14
    for name, order in study.raters.items():
        mine = [(r["position"], r["picture"]) for r in stored if r["rater"] == name]
        assert mine == list(enumerate(order))
    assert sum(len(rater.acknowledged) for rater in raters) == 200 * 14
