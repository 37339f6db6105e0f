"""What an exported file says about itself, for a program or a person who has nothing else of it."""

import json
from collections.abc import Mapping

import numpy as np

from srgan_tf.models.shipped import shipped_names
from srgan_tf.version import __version__

_NUMBERS = {
    "none": "float32",
    "float16": "weights float16, arithmetic float32",
    "dynamic": "weights int8, features int8 with ranges from each picture",
    "int8": "weights and features int8, with fixed ranges",
}


def model_facts(model: str, name: str, quantize: str = "none", batch: str = "1") -> dict[str, str]:
    """Name, licence, inputs and outputs.

    Args:
        model: what the user named, a shipped model or a file.
        name: what the export is called.
        quantize: see `srgan_tf.export.tflite`.
        batch: how many pictures are taken at once.
    """
    licence = "not stated: trained by whoever exported it"
    if model in shipped_names():
        licence = "MIT; trained on photos that are for research use"
    return {
        "name": name,
        "task": "4x super-resolution of photographs",
        "lr": f"float32 ({batch}, height, width, 3), RGB in [0, 1]; any height and width",
        "sr": f"float32 ({batch}, 4 height, 4 width, 3), RGB in [0, 1], clipped",
        "numbers": _NUMBERS[quantize],
        "licence": licence,
        "made by": f"srgan_tf {__version__}",
    }


def add_to_tflite(content: bytes, facts: Mapping[str, str]) -> bytes:
    """Puts the facts into a TFLite model: its description, and JSON as the metadata `srgan_tf`."""
    from tensorflow.lite.python import schema_py_generated as schema
    from tensorflow.lite.tools import flatbuffer_utils

    model = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    entry.name, entry.buffer = "srgan_tf", len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    model.description = f"{facts['name']}: {facts['task']}. Licence: {facts['licence']}"
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))
