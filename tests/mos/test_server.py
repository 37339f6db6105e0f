"""What the server accepts, and what it tells."""

import io
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image

from srgan_tf.mos import server
from srgan_tf.mos.log import RatingLog, read_records
from srgan_tf.mos.server import create_app, is_loopback
from srgan_tf.mos.study import Secret, load_codes

flask = pytest.importorskip("flask")


@pytest.fixture
def study(plan):
    return plan(break_every=10)


@pytest.fixture
def log(study):
    with RatingLog(study) as opened:
        yield opened


@pytest.fixture
def code(study):
    """The code of rater1."""
    return next(code for code, rater in load_codes(study).items() if rater == "rater1")


@pytest.fixture
def client(study, log):
    return create_app(study, log).test_client()


@pytest.fixture
def start(client, code, screen):
    def log_in(**changes):
        return client.post("/start", json={"code": code, "screen": screen, **changes})

    return log_in


@pytest.fixture
def rate(client, code, start):
    """Rates the picture whose turn it is."""
    state = start().json["state"]

    def send(score=None, **changes):
        nonlocal state
        post = {
            "code": code,
            "position": state["position"],
            "picture": state.get("picture"),
            "score": state.get("expected", 3) if score is None else score,
            "ratio": 1,
            "milliseconds": 1200,
            **changes,
        }
        reply = client.post("/rate", json=post)
        if reply.status_code == 200:
            state = reply.json["state"]
        return reply

    return send


def ratings(study):
    return [record for record in read_records(study) if record["event"] == "rating"]


def rate_examples(rate):
    for _ in range(4):
        assert rate().status_code == 200


def test_a_rating_is_on_disk_before_the_answer(study, rate):
    rate_examples(rate)
    assert rate(2).json["state"]["position"] == 5
    record = ratings(study)[-1]
    assert record.pop("time").endswith("+00:00")
    assert record == {
        "event": "rating",
        "rater": "rater1",
        "position": 4,
        "picture": study.raters["rater1"][4],
        "score": 2,
        "ratio": 1,
        "milliseconds": 1200,
    }


def test_the_screen_is_recorded(study, start, screen):
    assert start().status_code == 200
    (record,) = read_records(study)
    assert record["event"] == "start" and record["screen"] == screen


def test_a_number_too_large_for_a_float_is_refused_over_http(plan, serve, http_rater, screen):
    study = plan()
    rater = http_rater(serve(study), next(iter(load_codes(study))), None)
    status, answer = rater.post("start", screen={**screen, "window_width": 10**400})
    assert status == 400 and "window_width: expected a number from 1 to 100000" in answer["error"]
    state = rater.post("start", screen=screen)[1]["state"]
    post = {"position": 0, "picture": state["picture"], "score": state["expected"], "ratio": 1}
    assert rater.post("rate", **post, milliseconds=10**400)[0] == 400
    assert rater.post("rate", **post, milliseconds=5)[0] == 200


def test_a_code_is_taken_in_small_letters_and_unknown_ones_are_not(start, code):
    assert start(code=f" {code.lower()} ").status_code == 200
    reply = start(code="NOBODY")
    assert reply.status_code == 403 and reply.json == {"error": "This code is not known."}


def test_the_study_from_begin_to_end(study, rate):
    rate_examples(rate)
    breaks, phases = [], set()
    for index in range(20):
        state = rate(1 + index % 5).json["state"]
        phases.add(state["phase"])
        if state.get("break"):
            breaks.append(state["position"])
    assert phases == {"test", "end"}
    assert breaks == [14]  # 10 pictures after 4 examples; none at the end
    assert [r["score"] for r in ratings(study)[4:]] == [1 + index % 5 for index in range(20)]
    assert rate(3, position=24, picture="x").status_code == 409


def test_pictures_come_as_bare_pixels_and_of_one_length(study, client, rate, start):
    lengths = set()
    state = start().json["state"]
    for _ in range(24):
        reply = client.get(f"/picture/{state['picture']}")
        lengths.add(len(reply.data))
        index = study.raters["rater1"][state["position"]]
        with Image.open(io.BytesIO(reply.data)) as image:
            assert image.info == {}
            with Image.open(study.picture_path(index)) as stored:
                np.testing.assert_array_equal(np.asarray(image), np.asarray(stored))
        state = rate().json["state"]
    assert len(lengths) == 1  # a smooth picture is not told from a sharp one


def test_nothing_tells_the_method_or_the_image(study, client, rate):
    words = ["nearest", "bicubic", "original", "img_", "SetA", "SetB"]
    # Alone, as in a name: an id is random and may hold these five digits by chance.
    words += [rf"\b{picture.file.removesuffix('.png')}\b" for picture in study.pictures]
    texts = [client.get(path).text for path in ("/", "/page.js", "/page.css")]
    for _ in range(24):
        reply = rate()
        texts.append(reply.text + str(reply.headers))
        state = reply.json["state"]
        if "picture" in state:
            picture = client.get(f"/picture/{state['picture']}")
            texts.append(str(picture.headers) + state["picture"])
    for word in words:
        assert not any(re.search(word, text) for text in texts), word


def test_ids_are_of_one_rater_and_position(study):
    secret = Secret(study)
    names = {
        secret.picture_id(r, p) for r, order in study.raters.items() for p in range(len(order))
    }
    assert len(names) == sum(map(len, study.raters.values()))
    assert all(re.fullmatch("[0-9a-f]{24}", name) for name in names)


def test_only_pictures_about_to_be_rated_are_sent(study, client, start, rate):
    secret = Secret(study)

    def status(position, rater="rater1"):
        return client.get(f"/picture/{secret.picture_id(rater, position)}").status_code

    assert [status(position) for position in range(4)] == [200, 200, 404, 404]
    rate()
    rate()
    assert [status(position) for position in range(5)] == [404, 200, 200, 200, 404]


@pytest.mark.parametrize(
    "name",
    ["..%2fstudy.json", "../key", "..%5ckey", "%2e%2e/key", "00001.png", "a" * 3000, "%00", "ü"],
)
def test_paths_lead_nowhere(client, name):
    for path in (f"/picture/{name}", f"/{name}"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"position": 0}, 409),  # repeated
        ({"position": 5}, 409),  # out of order
        ({"position": -1}, 409),
        ({"position": 10**30}, 409),
        ({"position": True}, 400),
        ({"position": "4"}, 400),
        ({"position": None}, 400),
        ({"picture": "0" * 24}, 409),
        ({"picture": None}, 409),
        ({"picture": ["x"]}, 409),
        ({"score": 0}, 400),
        ({"score": 6}, 400),
        ({"score": 3.0}, 400),
        ({"score": "3"}, 400),
        ({"score": True}, 400),
        ({"score": [3]}, 400),
        ({"ratio": float("nan")}, 400),
        ({"ratio": 0}, 400),
        ({"ratio": "1"}, 400),
        ({"ratio": 10**400}, 400),  # more than a float holds
        ({"milliseconds": 10**400}, 400),
        ({"milliseconds": -1}, 400),
        ({"milliseconds": float("inf")}, 400),
        ({"milliseconds": None}, 400),
        ({"code": "NOBODY"}, 403),
        ({"code": None}, 400),
        ({"code": {"a": 1}}, 400),
        ({"note": "x" * 5000}, 413),
    ],
)
def test_posts_that_do_not_fit_change_nothing(study, rate, changes, status):
    rate_examples(rate)
    before = (study.folder / "ratings.jsonl").read_bytes()
    reply = rate(**{"score": 3, **changes})
    assert reply.status_code == status and reply.json["error"]
    assert (study.folder / "ratings.jsonl").read_bytes() == before
    assert rate(3).json["state"]["position"] == 5


def test_the_picture_of_another_rater_is_not_rated(study, rate):
    rate_examples(rate)
    assert rate(3, picture=Secret(study).picture_id("rater2", 4)).status_code == 409
    assert len(ratings(study)) == 4


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"3", b"null", b"[" * 4000, b'{"code": 1}', b"\xff\xfe", b"x" * 5000],
)
@pytest.mark.parametrize("action", ["start", "rate", "undo"])
def test_bodies_that_are_no_posts_change_nothing(study, client, action, body):
    reply = client.post(f"/{action}", data=body, content_type="application/json")
    assert reply.status_code in (400, 413)
    assert read_records(study) == []


def test_a_form_of_another_site_changes_nothing(study, client, code, screen):
    body = json.dumps({"code": code, "screen": screen})
    reply = client.post("/start", data=body, content_type="text/plain")
    assert reply.status_code == 415 and read_records(study) == []


@pytest.mark.parametrize(
    "change",
    [
        *({"ratio": 0}, {"ratio": "1"}, {"screen_width": 0}, {"screen_width": None}, {"more": 1}),
        *({"screen_width": 10**400}, {"ratio": float("nan")}),
    ],
)
def test_a_screen_that_makes_no_sense_is_not_recorded(study, start, screen, change):
    assert start(screen={**screen, **change}).status_code == 400
    assert start(screen=None).status_code == 400
    assert read_records(study) == []


def test_examples_take_the_score_they_stand_for(study, rate, start):
    expected = start().json["state"]["expected"]
    assert rate(6 - expected).status_code == 400
    assert ratings(study) == []


def test_one_rating_is_taken_back(study, client, code, rate):
    def undo(position):
        return client.post("/undo", json={"code": code, "position": position})

    assert undo(0).status_code == 409
    rate_examples(rate)
    assert undo(3).status_code == 409  # examples stay
    rate(1)
    assert rate(2).json["state"]["may_undo"]
    for wrong in (4, 6, None, "5", True, [5]):
        assert undo(wrong).status_code == 409
    state = undo(5).json["state"]
    assert state["position"] == 5 and not state["may_undo"]
    assert undo(4).status_code == 409 and undo(5).status_code == 409  # only one
    rate(4, position=5, picture=state["picture"])
    events = [(r["event"], r["position"], r.get("score")) for r in read_records(study)[5:]]
    assert events == [("rating", 4, 1), ("rating", 5, 2), ("undo", 5, None), ("rating", 5, 4)]


def test_two_windows_of_one_rater_count_once(study, client, code, start, rate):
    rate_examples(rate)
    there = start().json["state"]  # a second window, on the same picture
    rate(2)
    post = {"code": code, "score": 5, "ratio": 1, "milliseconds": 1}
    post |= {key: there[key] for key in ("position", "picture")}
    reply = client.post("/rate", json=post)
    assert reply.status_code == 409
    assert reply.json["state"]["position"] == 5  # that window goes on with the next picture
    assert [r["score"] for r in ratings(study)][4:] == [2]


def test_of_two_posts_at_once_one_counts(study, log, start, rate, monkeypatch):
    state = start().json["state"]
    post = {key: state[key] for key in ("position", "picture")}
    append, both = log.append, threading.Barrier(2)

    def wait_for_the_other(records):
        with suppress(threading.BrokenBarrierError):
            both.wait(0.3)
        append(records)

    monkeypatch.setattr(log, "append", wait_for_the_other)
    with ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(lambda _: rate(state["expected"], **post), range(2)))
    assert sorted(reply.status_code for reply in replies) == [200, 409]
    assert len(ratings(study)) == 1


def test_a_restart_goes_on_where_it_was(study, log, rate, code, screen):
    rate_examples(rate)
    rate(2)
    log.close()
    with RatingLog(study) as again:
        client = create_app(study, again).test_client()
        state = client.post("/start", json={"code": code, "screen": screen}).json["state"]
        assert state["position"] == 5 and state["may_undo"]
    log._file = again._file  # closed already; the fixture closes it once more
    log.close = lambda: None


def test_a_full_disk_is_told_and_counts_nothing(study, client, code, rate, monkeypatch):
    import os

    rate_examples(rate)
    before = (study.folder / "ratings.jsonl").read_bytes()
    real = os.write

    def full(file, data):
        real(file, bytes(data[:20]))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    reply = rate(3)
    monkeypatch.undo()
    assert reply.status_code == 503 and "No space left" in reply.json["error"]
    assert (study.folder / "ratings.jsonl").read_bytes() == before
    assert rate(3).status_code == 200


def test_another_name_for_this_computer_gets_nothing(client):
    for host in ("evil.example", "127.0.0.1.evil.example", "192.168.1.2:8000", "[::2]:80", "["):
        assert client.get("/", headers={"Host": host}).status_code == 403
    for host in ("localhost:8000", "127.0.0.1:1", "[::1]:8000", "[::1]"):
        assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        *[("127.0.0.1", True), ("127.1.2.3", True), ("::1", True), ("localhost", True)],
        *[("0.0.0.0", False), ("::", False), ("192.168.0.3", False), ("example.com", False)],
    ],
)
def test_loopback_addresses(host, expected):
    assert is_loopback(host) == expected


def test_other_computers_need_the_token(study, log, code, screen):
    token = Secret(study).token()
    client = create_app(study, log, token).test_client()
    start = {"code": code, "screen": screen}
    for path in ("/", "/page.js", "/?token=", "/?token=wrong", "/?token=%C3%BC", "/picture/x"):
        reply = client.get(path)
        assert reply.status_code == 403 and token not in reply.text
    assert client.post("/start", json=start).status_code == 403
    assert read_records(study) == []
    reply = client.get(f"/?token={token}")
    name = reply.headers["Set-Cookie"].split("=")[0]
    client.set_cookie(name, "wrong")
    assert client.post("/start", json=start).status_code == 403
    reply = client.get(f"/?token={token}")
    assert reply.status_code == 302 and reply.location == "/"
    assert (
        "HttpOnly" in reply.headers["Set-Cookie"] and "SameSite=Lax" in reply.headers["Set-Cookie"]
    )
    assert client.get("/").status_code == 200
    assert client.post("/start", json=start).status_code == 200
    other = create_app(study, log, "another").test_client().get("/?token=another")
    assert other.headers["Set-Cookie"].split("=")[0] != name  # of a study on another port


def test_the_address_for_other_computers_holds_the_token(study, monkeypatch):
    monkeypatch.setattr(server, "is_loopback", lambda host: False)
    made = []

    class Stopped:
        def run(self):
            made.append("ran")

    monkeypatch.setattr(server.waitress, "create_server", lambda app, **settings: Stopped())
    server.serve(study, "127.0.0.1", 0, made.append)
    address, token = made[0].split("?token=")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
    assert token == Secret(study).token() and made[1] == "ran"


def test_the_page_fetches_nothing_from_elsewhere(client):
    for path in ("/", "/page.js", "/page.css"):
        reply = client.get(path)
        assert "//" not in re.sub(r"^\s*//.*|; //.*|\{ //.*|\) //.*", "", reply.text, flags=re.M)
        assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
        assert reply.headers["Cache-Control"] == "no-store"
