"""Requests that TensorFlow Serving runs when it loads a model, so that no client waits for it."""

from pathlib import Path

import tensorflow as tf
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog, PredictLog

from srgan_tf.export.calibration import sample_pictures

FILE = "assets.extra/tf_serving_warmup_requests"


def write_warm_up(version: Path, name: str) -> None:
    """Writes one request for each signature: a sample picture as floats, and as a PNG file.

    Args:
        version: the folder of a SavedModel.
        name: of the model, as clients call it.
    """
    lr = sample_pictures()[0][:, :64, :64]
    file = tf.io.encode_png(tf.cast(tf.round(lr[0] * 255), tf.uint8))
    requests = {
        "serving_default": ("lr", tf.constant(lr)),
        "image_bytes": ("image_bytes", file[None]),
    }
    path = version / FILE
    path.parent.mkdir()
    with tf.io.TFRecordWriter(str(path)) as records:
        for signature, (key, value) in requests.items():
            request = PredictRequest(inputs={key: tf.make_tensor_proto(value)})
            request.model_spec.name, request.model_spec.signature_name = name, signature
            log = PredictionLog(predict_log=PredictLog(request=request))
            records.write(log.SerializeToString())
