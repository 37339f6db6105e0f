"""A small stand-in for TensorFlow Serving: its REST and gRPC interfaces over SavedModels.

REST (https://www.tensorflow.org/tfx/serving/api_rest): POST /v1/models/NAME[/versions/V]:predict in
row (`instances`) and column (`inputs`) format, with {"b64": ...} for strings in and for outputs
whose names end in `_bytes`; GET /v1/models/NAME[/versions/V][/metadata]. gRPC: Predict,
GetModelMetadata and GetModelStatus. Errors have the codes that TensorFlow Serving gives.
"""

import base64
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import numpy as np
import tensorflow as tf
from google.protobuf.json_format import MessageToDict
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import get_model_metadata_pb2 as metadata_pb2
from tensorflow_serving.apis import get_model_status_pb2 as status_pb2
from tensorflow_serving.apis import model_service_pb2_grpc as model_service
from tensorflow_serving.apis import predict_pb2
from tensorflow_serving.apis import prediction_service_pb2_grpc as prediction_service

_PATH = re.compile(r"/v1/models/([^/:]+)(?:/versions/(\d+))?(/metadata|:predict)?")
_BAD = (tf.errors.InvalidArgumentError, ValueError, TypeError, KeyError)


class UnknownModelError(Exception):
    """No such model or version."""


class Model:
    """The highest version of a model, as a server holds it."""

    def __init__(self, folder):
        versions = [path for path in folder.iterdir() if path.name.isdecimal()]
        self.path = max(versions, key=lambda path: int(path.name))
        self.name, self.version = folder.name, int(self.path.name)
        self._loaded = tf.saved_model.load(str(self.path))
        proto = saved_model_pb2.SavedModel.FromString((self.path / "saved_model.pb").read_bytes())
        self.signature_def = proto.meta_graphs[0].signature_def

    def types(self, signature):
        if signature not in self._loaded.signatures:
            raise ValueError(f'Serving signature name: "{signature}" not found in signature def')
        return {
            name: spec.dtype
            for name, spec in self._loaded.signatures[signature]
            .structured_input_signature[1]
            .items()
        }

    def predict(self, signature, inputs):
        """Raises one of `_BAD` for a bad request."""
        types = self.types(signature)
        if set(inputs) != set(types):
            raise ValueError(f"input names: got {sorted(inputs)}, expected {sorted(types)}")
        tensors = {name: tf.convert_to_tensor(value, types[name]) for name, value in inputs.items()}
        outputs = self._loaded.signatures[signature](**tensors)
        return {name: value.numpy() for name, value in outputs.items()}


class ModelServer:
    """Serves the models below a folder on two free ports of 127.0.0.1, until it is stopped."""

    def __init__(self, folder, workers=4):
        self.models = {path.name: Model(path) for path in folder.iterdir() if path.is_dir()}
        handler = type("Handler", (_Rest,), {"server_model": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        limits = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        self._grpc = grpc.server(ThreadPoolExecutor(workers), options=limits)
        prediction_service.add_PredictionServiceServicer_to_server(_Predictions(self), self._grpc)
        model_service.add_ModelServiceServicer_to_server(_Status(self), self._grpc)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self.address = f"127.0.0.1:{self._grpc.add_insecure_port('127.0.0.1:0')}"

    def __enter__(self):
        self._thread.start()
        self._grpc.start()
        return self

    def __exit__(self, *_):
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
        self._grpc.stop(None).wait()

    def find(self, name, version):
        model = self.models.get(name)
        if model is None or (version and version != model.version):
            raise UnknownModelError(f"Servable not found for request: Latest({name})")
        return model


class _Rest(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self._answer(self._get)

    def do_POST(self):
        self._answer(self._post)

    def _answer(self, work):
        match = _PATH.fullmatch(self.path)
        try:
            if not match:
                raise UnknownModelError(f"Malformed request: {self.command} {self.path}")
            model = self.server_model.find(match[1], int(match[2] or 0))
            code, answer = 200, work(model, match[3])
        except UnknownModelError as error:
            code, answer = 404, {"error": str(error)}
        except _BAD as error:
            code, answer = 400, {"error": str(error)}
        body = json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _get(self, model, what):
        if what is None:
            status = {"error_code": "OK", "error_message": ""}
            state = {"version": str(model.version), "state": "AVAILABLE", "status": status}
            return {"model_version_status": [state]}
        spec = {"name": model.name, "signature_name": "", "version": str(model.version)}
        signatures = {key: MessageToDict(value) for key, value in model.signature_def.items()}
        return {"model_spec": spec, "metadata": {"signature_def": {"signature_def": signatures}}}

    def _post(self, model, what):
        if what != ":predict":
            raise UnknownModelError(f"Malformed request: {self.command} {self.path}")
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not isinstance(request, dict) or ("instances" in request) == ("inputs" in request):
            raise ValueError("Request must have one of 'instances' and 'inputs'")
        signature = request.get("signature_name", "serving_default")
        names = list(model.types(signature))
        if "inputs" in request:
            inputs = request["inputs"]
            inputs = (
                inputs if isinstance(inputs, dict) and names[0] in inputs else {names[0]: inputs}
            )
            outputs = _to_json(model.predict(signature, _from_json(inputs)))
            return {"outputs": outputs if len(outputs) > 1 else next(iter(outputs.values()))}
        rows = request["instances"]
        is_named = all(isinstance(row, dict) and "b64" not in row for row in rows)
        columns = {name: [row[name] for row in rows] if is_named else rows for name in names}
        outputs = _to_json(model.predict(signature, _from_json(columns)))
        if len(outputs) == 1:
            return {"predictions": next(iter(outputs.values()))}
        pairs = zip(*outputs.values(), strict=True)
        return {"predictions": [dict(zip(outputs, pair, strict=True)) for pair in pairs]}


def _from_json(value):
    if isinstance(value, dict):
        if set(value) == {"b64"}:
            return base64.b64decode(value["b64"], validate=True)
        return {key: _from_json(item) for key, item in value.items()}
    return [_from_json(item) for item in value] if isinstance(value, list) else value


def _to_json(outputs):
    def convert(name, array):
        if name.endswith("_bytes"):
            return [{"b64": base64.b64encode(item).decode()} for item in array]
        return np.asarray(array).tolist()

    return {name: convert(name, array) for name, array in outputs.items()}


class _Predictions(prediction_service.PredictionServiceServicer):
    def __init__(self, server):
        self._server = server

    def Predict(self, request, context):  # noqa: N802
        with _grpc_errors(context):
            spec = request.model_spec
            model = self._server.find(spec.name, spec.version.value)
            signature = spec.signature_name or "serving_default"
            types = model.types(signature)
            inputs = {key: tf.make_ndarray(value) for key, value in request.inputs.items()}
            for key, array in inputs.items():
                if key in types and tf.as_dtype(request.inputs[key].dtype) != types[key]:
                    raise ValueError(f"{key}: expected {types[key].name}, got {array.dtype}")
            answer = predict_pb2.PredictResponse(model_spec=spec)
            for name, value in model.predict(signature, inputs).items():
                answer.outputs[name].CopyFrom(tf.make_tensor_proto(value))
            return answer

    def GetModelMetadata(self, request, context):  # noqa: N802
        with _grpc_errors(context):
            spec = request.model_spec
            model = self._server.find(spec.name, spec.version.value)
            signatures = metadata_pb2.SignatureDefMap()
            for key, value in model.signature_def.items():
                signatures.signature_def[key].CopyFrom(value)
            answer = metadata_pb2.GetModelMetadataResponse(model_spec=spec)
            answer.metadata["signature_def"].Pack(signatures)
            return answer


class _Status(model_service.ModelServiceServicer):
    def __init__(self, server):
        self._server = server

    def GetModelStatus(self, request, context):  # noqa: N802
        with _grpc_errors(context):
            model = self._server.find(request.model_spec.name, request.model_spec.version.value)
            state = status_pb2.ModelVersionStatus(
                version=model.version, state=status_pb2.ModelVersionStatus.AVAILABLE
            )
            return status_pb2.GetModelStatusResponse(model_version_status=[state])


class _grpc_errors:  # noqa: N801
    def __init__(self, context):
        self._context = context

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        if isinstance(error, UnknownModelError):
            self._context.abort(grpc.StatusCode.NOT_FOUND, str(error))
        if isinstance(error, _BAD):
            self._context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
