"""Sends a picture to TensorFlow Serving over gRPC and writes the picture that comes back.

    python client_grpc.py photo.jpg photo_x4.png [--server 127.0.0.1:8500] [--model NAME]

Needs grpcio and tensorflow-serving-api, which brings TensorFlow.
"""

import argparse
import secrets
import sys
from pathlib import Path

import grpc
from tensorflow.core.framework import types_pb2
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

PNG = b"\x89PNG\r\n\x1a\n"  # how every such file begins
MOST_SECONDS = 1e6  # beyond what gRPC can count it does not wait at all
MOST_BYTES = 256 * 2**20  # of an answer; gRPC's own limit, 4 MB, is less than one large picture


def upscale(file: bytes, server: str, model: str, seconds: float) -> bytes:
    """Returns a PNG file for the content of a PNG or JPEG file.

    Raises:
        ValueError: the server refused the picture or cannot be reached.
    """
    request = PredictRequest()
    request.model_spec.name = model
    request.model_spec.signature_name = "image_bytes"
    picture = request.inputs["image_bytes"]
    picture.dtype = types_pb2.DT_STRING
    picture.tensor_shape.dim.add(size=1)
    picture.string_val.append(file)
    options = [
        ("grpc.max_receive_message_length", MOST_BYTES),
        ("grpc.max_send_message_length", MOST_BYTES),
    ]
    with grpc.insecure_channel(server, options) as channel:
        try:
            answer = PredictionServiceStub(channel).Predict(request, timeout=seconds)
        except grpc.RpcError as error:
            details = " ".join((error.details() or "").split())
            raise ValueError(f"the server answered {error.code().name}: {details}") from None
    results = answer.outputs["sr_bytes"].string_val
    if not results or not results[0].startswith(PNG):
        raise ValueError("the server's answer has no picture")
    return results[0]


def save(file: bytes, path: Path) -> None:
    """Writes under another name first, so that a failure leaves what was there."""
    if path.is_symlink() or (path.exists() and not path.is_file()):  # such as /dev/stdout
        path.write_bytes(file)
        return
    part = path.with_name(f".{secrets.token_hex(4)}.{path.name[-50:]}")
    try:
        with part.open("xb") as new:
            new.write(file)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 2 where there is no result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("picture", type=Path, help="PNG or JPEG")
    parser.add_argument("result", type=Path, help="PNG file to write")
    parser.add_argument("--server", default="127.0.0.1:8500", help="(default: %(default)s)")
    parser.add_argument("--model", default="srresnet_mse", help="(default: %(default)s)")
    parser.add_argument("--timeout", type=float, default=120, help="seconds (default: 120)")
    options = parser.parse_args(arguments)
    if not 0 < options.timeout <= MOST_SECONDS:
        parser.error(f"--timeout: expected more than 0 and at most {MOST_SECONDS:,.0f} seconds")
    try:
        file = options.picture.read_bytes()
        result = upscale(file, options.server, options.model, options.timeout)
        save(result, options.result)
    except (OSError, ValueError) as error:
        print(f"client_grpc: {error}", file=sys.stderr)
        return 2
    print(options.result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
