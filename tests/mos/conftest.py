import http.client
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from srgan_tf.mos.plan import make_study


@pytest.fixture
def plan(study_folders, tmp_path):
    """Makes a study of the folders: 6 images in 3 versions."""

    def make(folder="study", methods=("nearest", "bicubic"), **settings):
        results = {method: str(study_folders / method) for method in methods}
        calibration = settings.pop("calibration", study_folders / "calibration")
        originals = settings.pop("originals", study_folders / "original")
        settings = {"num_raters": 3, "num_calibration": 2, "num_repeats": 2, **settings}
        return make_study(tmp_path / folder, originals, results, calibration, **settings)

    return make


SCREEN = {
    "screen_width": 1920,
    "screen_height": 1080,
    "window_width": 1900,
    "window_height": 950,
    "ratio": 1,
}


class Server:
    """`srgan-tf mos serve` as a process of its own, on a free port that stays the same."""

    def __init__(self, study):
        self.study = study
        self.port = 0
        self.start()

    def start(self):
        arguments = ["mos", "serve", str(self.study.folder), "--port", str(self.port)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "srgan_tf", *arguments],
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self.process.stdout.readline()
        assert line.startswith("open http://127.0.0.1:"), line + self.process.stdout.read()
        self.url = line.split()[1]
        self.port = int(self.url.rstrip("/").rsplit(":", 1)[1])

    def kill(self):
        """As kill -9: nothing of the server's runs any more."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def serve():
    servers = []

    def start(study):
        servers.append(Server(study))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


class HttpRater:
    """Rates over HTTP as the page does, again and again while the server is away."""

    def __init__(self, server, code, choose):
        self.server = server
        self.code = code
        self.choose = choose
        self.acknowledged = []

    def post(self, action, **body):
        content = json.dumps({"code": self.code, **body}).encode()
        headers = {"Content-Type": "application/json"}
        for _ in range(600):
            request = urllib.request.Request(self.server.url + action, content, headers)
            try:
                with urllib.request.urlopen(request, timeout=10) as reply:
                    return reply.status, json.load(reply)
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, json.load(error)
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
        raise AssertionError("the server did not come back")

    def rate_all(self, pause=0.0, until=None):
        state = self.post("start", screen=SCREEN)[1]["state"]
        while state["phase"] != "end" and state["position"] != until:
            score = state.get("expected") or self.choose(state)
            post = {key: state[key] for key in ("position", "picture")}
            status, answer = self.post("rate", **post, score=score, ratio=1, milliseconds=5)
            assert status in (200, 409), answer
            if status == 200:
                self.acknowledged.append((state["position"], score))
            state = answer["state"]
            time.sleep(pause)
        return state


@pytest.fixture
def http_rater():
    return HttpRater


@pytest.fixture
def screen():
    return dict(SCREEN)
