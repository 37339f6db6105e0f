"""The clients of the deployment kit against a stand-in for TensorFlow Serving."""

import ast
import base64
import io
import json
import random
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format
from PIL import Image
from tensorflow_serving.apis.predict_pb2 import PredictResponse
from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

KIT = Path(__file__).resolve().parents[2] / "export"


@pytest.fixture
def photo(tmp_path, samples):
    Image.fromarray(samples["coffee"][50:61, 40:57]).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def expected(generator, path):
    lr = np.asarray(Image.open(path))[None].astype(np.float32) / 255
    sr = np.clip((generator.predict_on_batch(lr)[0] + 1) / 2, 0, 1)
    return np.rint(sr * 255).astype(int)


def call(url, body=None):
    """Returns the status and the answer."""
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data), timeout=60) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


@pytest.mark.parametrize("client", ["rest", "grpc"])
def test_clients_send_a_picture_and_write_a_picture(
    client, server, kit, photo, generator, tmp_path
):
    where = {"rest": ("--url", server.url), "grpc": ("--server", server.address)}[client]
    program = kit(f"serving/client_{client}.py")
    result = tmp_path / "large.png"
    assert program.main([str(photo), str(result), "--model", "tiny", *where]) == 0
    large = np.asarray(Image.open(result)).astype(int)
    assert np.abs(large - expected(generator, photo)).max() <= 1  # a rounding at .5


@pytest.mark.parametrize("client", ["rest", "grpc"])
def test_clients_say_what_the_server_refused(client, server, kit, tmp_path, capsys):
    where = {"rest": ("--url", server.url), "grpc": ("--server", server.address)}[client]
    program = kit(f"serving/client_{client}.py")
    (tmp_path / "bad.png").write_bytes(b"not a picture")
    result = tmp_path / "large.png"
    for model, reason in (("tiny", "expected the content of a PNG"), ("other", "not found")):
        arguments = [str(tmp_path / "bad.png"), str(result), "--model", model, *where]
        assert program.main(arguments) == 2
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1
        assert reason in lines[0]
    assert not result.exists()


@pytest.mark.parametrize("client", ["rest", "grpc"])
def test_clients_say_that_nobody_answers(client, kit, photo, tmp_path, capsys):
    where = {"rest": ("--url", "http://127.0.0.1:9"), "grpc": ("--server", "127.0.0.1:9")}[client]
    program = kit(f"serving/client_{client}.py")
    assert program.main([str(photo), str(tmp_path / "large.png"), *where]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("client", ["rest", "grpc"])
@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "1e12"])
def test_clients_refuse_a_time_that_is_none(client, seconds, kit, photo, tmp_path, capsys):
    program = kit(f"serving/client_{client}.py")
    with pytest.raises(SystemExit) as stop:
        program.main([str(photo), str(tmp_path / "large.png"), f"--timeout={seconds}"])
    assert stop.value.code == 2 and "--timeout: expected more than 0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("status", "length", "body", "reason"),
    [
        (
            502,
            30,
            b"<html>\n<h1>Bad</h1>\n</html>\n\n",
            "answered 502: <html> <h1>Bad</h1> </html>",
        ),
        (502, 100, b"Bad gateway", "answered 502: Bad gateway"),  # breaks off
        (200, 100, b'{"predictions"', "no picture: IncompleteRead"),
        (200, 32, b'{"predictions": [{"b64": "eA=="}]', "Expecting"),
        (200, 34, b'{"predictions": [{"b64": "eA=="}]}', "the server's answer has no picture"),
    ],
)
def test_the_rest_client_says_what_a_strange_server_answered(
    status, length, body, reason, kit, photo, tmp_path, capsys
):
    class Strange(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    with HTTPServer(("127.0.0.1", 0), Strange) as strange:
        thread = threading.Thread(target=strange.handle_request)
        thread.start()
        arguments = [str(photo), str(tmp_path / "large.png")]
        url = f"http://127.0.0.1:{strange.server_port}"
        code = kit("serving/client_rest.py").main([*arguments, "--url", url])
        thread.join(20)
    errors = capsys.readouterr().err
    assert code == 2 and errors.count("\n") == 1 and reason in errors
    assert not (tmp_path / "large.png").exists()


@pytest.mark.parametrize("url", ["http://127.0.0.1:abc", "http://127.0.0.1:9/ä"])
def test_the_rest_client_says_which_address_is_wrong(url, kit, photo, tmp_path, capsys):
    arguments = [str(photo), str(tmp_path / "large.png"), "--url", url]
    assert kit("serving/client_rest.py").main(arguments) == 2
    errors = capsys.readouterr().err
    assert errors.startswith(f"client_rest: --url: got {url}: ") and errors.count("\n") == 1


@pytest.mark.parametrize("model", ["a b", "ä/b"])
def test_the_rest_client_asks_for_a_model_of_any_name(model, server, kit, photo, tmp_path, capsys):
    arguments = [str(photo), str(tmp_path / "large.png"), "--url", server.url, "--model", model]
    assert kit("serving/client_rest.py").main(arguments) == 2
    assert "the server answered 404" in capsys.readouterr().err


@pytest.mark.parametrize("client", ["rest", "grpc"])
def test_clients_keep_a_file_whose_successor_cannot_be_written(client, kit, tmp_path, monkeypatch):
    result = tmp_path / "large.png"
    result.write_bytes(b"mine")

    def fail(path, place):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(OSError, match="No space"):
        kit(f"serving/client_{client}.py").save(b"new", result)
    assert result.read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [result]


@pytest.mark.parametrize("results", [[], [b""], [b"x"]])
def test_the_grpc_client_wants_a_picture(results, kit, photo, tmp_path, capsys, monkeypatch):
    program = kit("serving/client_grpc.py")
    answer = PredictResponse()
    answer.outputs["sr_bytes"].string_val.extend(results)

    class Strange:
        def __init__(self, channel):
            pass

        def Predict(self, request, timeout):  # noqa: N802
            return answer

    monkeypatch.setattr(program, "PredictionServiceStub", Strange)
    assert program.main([str(photo), str(tmp_path / "large.png")]) == 2
    assert "the server's answer has no picture" in capsys.readouterr().err
    assert not (tmp_path / "large.png").exists()


def test_rest_takes_floats_in_rows_and_columns(server, generator):
    lr = np.random.default_rng(0).random((2, 3, 4, 3)).round(3)
    sr = np.clip((generator.predict_on_batch(lr.astype(np.float32)) + 1) / 2, 0, 1)
    url = f"{server.url}/v1/models/tiny/versions/1:predict"
    for body, key in (
        ({"instances": lr.tolist()}, "predictions"),
        ({"inputs": {"lr": lr.tolist()}}, "outputs"),
    ):
        status, answer = call(url, body)
        assert status == 200
        assert np.abs(np.array(answer[key]) - sr).max() < 1e-5


def test_status_and_metadata(server):
    status, answer = call(f"{server.url}/v1/models/tiny")
    assert (status, answer["model_version_status"][0]["state"]) == (200, "AVAILABLE")
    _, answer = call(f"{server.url}/v1/models/tiny/metadata")
    signatures = answer["metadata"]["signature_def"]["signature_def"]
    assert {"serving_default", "image_bytes"} <= set(signatures)
    assert list(signatures["image_bytes"]["outputs"]) == ["sr_bytes"]
    assert call(f"{server.url}/v1/models/other")[0] == 404


def test_the_health_check_asks_this_server(server):
    compose = (KIT / "serving/compose.yaml").read_text()
    start = compose.index("exec 3<>")
    command = " ".join(compose[start : compose.index("interval:")].split())
    port = server.url.rpartition(":")[2]
    for name, code in (("tiny", 0), ("other", 1)):
        healthy = command.replace("/8501", f"/{port}").replace("srresnet_mse", name)
        assert subprocess.run(["bash", "-c", healthy], timeout=20).returncode == code


BAD_BODIES = {
    "wrong rank": {"instances": [[0.5, 0.5, 0.5]]},
    "two channels": {"instances": [[[[0.5, 0.5]]]]},
    "text for floats": {"instances": [[[["a", "b", "c"]]]]},
    "ragged": {"instances": [[[[0, 0, 0]], [[0, 0, 0], [0, 0, 0]]]]},
    "no pictures": {"instances": []},
    "unknown signature": {"signature_name": "x", "instances": [[[[0, 0, 0]]]]},
    "floats for a file": {"signature_name": "image_bytes", "instances": [[[0.5]]]},
    "nothing": {},
}


@pytest.mark.parametrize("kind", list(BAD_BODIES))
def test_bad_requests_get_an_error_of_their_own(server, kind):
    url = f"{server.url}/v1/models/tiny:predict"
    status, answer = call(url, BAD_BODIES[kind])
    assert status == 400
    assert answer["error"]
    assert call(url, {"instances": [[[[0.5, 0.5, 0.5]]]]})[0] == 200


@pytest.mark.slow
def test_two_thousand_mixed_requests_lose_none(server, kit, samples, generator):
    """Good and bad, REST and gRPC, four at a time: each gets the answer that is due to it."""
    rest, grpc = kit("serving/client_rest.py"), kit("serving/client_grpc.py")
    rng = random.Random(0)
    due = {}
    for _ in range(20):
        top, left = rng.randrange(200), rng.randrange(250)
        bottom, right = top + rng.randint(1, 24), left + rng.randint(1, 24)
        picture = samples["chelsea"][top:bottom, left:right]
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "PNG")
        due[file.getvalue()] = expected(generator, file)
        due[file.getvalue()[: -rng.randint(20, 60)]] = None
        due[rng.randbytes(rng.randrange(200))] = None
    due[b""] = None
    huge = io.BytesIO()
    Image.fromarray(np.zeros((1500, 1500), np.uint8)).save(huge, "PNG")
    due[huge.getvalue()] = None

    def ask(number):
        choice = random.Random(number)
        if choice.random() < 0.1:
            body = choice.choice(list(BAD_BODIES.values()))
            return "refused" if call(f"{server.url}/v1/models/tiny:predict", body)[0] == 400 else 0
        is_good = choice.random() < 0.6
        file = choice.choice([key for key in due if (due[key] is not None) == is_good])
        try:
            if choice.random() < 0.5:
                result = rest.upscale(file, server.url, "tiny", 60)
            else:
                result = grpc.upscale(file, server.address, "tiny", 60)
        except ValueError as error:
            said = str(error)
            is_due = due[file] is None and ("400" in said or "INVALID_ARGUMENT" in said)
            return "refused" if is_due else said
        large = np.asarray(Image.open(io.BytesIO(result))).astype(int)
        return "done" if np.abs(large - due[file]).max() <= 1 else "wrong"

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(2000)))
    counts = {answer: answers.count(answer) for answer in set(answers)}
    print(counts)
    assert set(counts) == {"done", "refused"}
    assert call(f"{server.url}/v1/models/tiny")[0] == 200


def test_server_settings_are_what_they_say():
    text = (KIT / "serving/models.config").read_text()
    parsed = text_format.Parse(text, ModelServerConfig())
    assert [model.name for model in parsed.model_config_list.config] == ["srresnet_mse"]
    batching = (KIT / "serving/batching.config").read_text()
    settings = " ".join(line.partition("#")[0] for line in batching.splitlines()).split()
    assert "max_execution_batch_size { value: 1 }" in " ".join(settings)
    assert "pad_variable_length_inputs" not in " ".join(settings)


def test_the_kit_needs_nothing_of_the_package():
    for path in KIT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in getattr(node, "names", [])]
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            if isinstance(node, ast.Import | ast.ImportFrom):
                assert not any(name.split(".")[0] == "srgan_tf" for name in names), path


def test_the_rest_client_needs_the_standard_library_alone(photo):
    program = [sys.executable, "-I", "-S", str(KIT / "serving/client_rest.py"), "--help"]
    assert subprocess.run(program, capture_output=True).returncode == 0


def test_base64_is_what_rest_wants(server, photo):
    picture = {"b64": base64.b64encode(photo.read_bytes()).decode()}
    body = {"signature_name": "image_bytes", "instances": [{"image_bytes": picture}, picture]}
    status, _ = call(f"{server.url}/v1/models/tiny:predict", body)
    assert status == 400  # rows are either all named or none is
    body["instances"] = [{"image_bytes": picture}, {"image_bytes": picture}]
    status, answer = call(f"{server.url}/v1/models/tiny:predict", body)
    assert status == 200
    assert [list(item) for item in answer["predictions"]] == [["b64"], ["b64"]]
