"""Our generator with the same weights in PyTorch and in ONNX Runtime, to compare speed with.

Both get what is good for them: batch normalisation folded into the convolutions, all cores, and in
PyTorch the layout of memory that is fast on CPUs.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from srgan_tf.imaging.files import write_atomically
from srgan_tf.imaging.ranges import levels_to_unit, tanh_to_levels
from srgan_tf.inference.engines import Engine


def save_folded(model: str, path: str | Path) -> None:
    """Writes a model's folded weights as `.npz`, which takes no Keras to read.

    The arrays are `kernel{i}`, `bias{i}` and `slope{i}`, numbered as in
    `srgan_tf.models.folded.FoldedGenerator`.
    """
    from srgan_tf.models.folded import fold
    from srgan_tf.models.weights import load_generator

    folded = fold(load_generator(model))
    arrays: dict[str, Any] = {f"slope{index}": slope for index, slope in enumerate(folded.slopes)}
    for index, convolution in enumerate(folded.convolutions):
        arrays[f"kernel{index}"] = convolution.kernel
        arrays[f"bias{index}"] = convolution.bias
    write_atomically(path, lambda file: np.savez(file, **arrays))


def torch_engine(arrays: Mapping[str, np.ndarray], num_threads: int) -> Engine:
    """Runs weights of `save_folded` in PyTorch, channels last."""
    import torch
    from torch.nn import functional

    torch.set_num_threads(num_threads)
    num_blocks = _num_blocks(arrays)
    arrays = dict(arrays)
    for stage in (2, 3):  # PyTorch's pixel_shuffle has the sub-pixels innermost, Keras outermost
        for key in (f"kernel{2 * num_blocks + stage}", f"bias{2 * num_blocks + stage}"):
            shape = arrays[key].shape
            split = arrays[key].reshape(*shape[:-1], 4, -1)
            arrays[key] = split.swapaxes(-1, -2).reshape(shape)
    parts = {key: torch.from_numpy(array.ravel()) for key, array in arrays.items()}
    for key in [key for key in arrays if key.startswith("kernel")]:
        kernel = torch.from_numpy(arrays[key]).permute(3, 2, 0, 1)
        parts[key] = kernel.contiguous(memory_format=torch.channels_last)

    def convolve(x: Any, index: int) -> Any:
        kernel = parts[f"kernel{index}"]
        return functional.conv2d(x, kernel, parts[f"bias{index}"], padding=kernel.shape[-1] // 2)

    def prelu(x: Any, index: int) -> Any:
        return functional.prelu(x, parts[f"slope{index}"])

    def upscale(lr_levels: np.ndarray) -> np.ndarray:
        lr = torch.from_numpy(levels_to_unit(lr_levels)[None]).permute(0, 3, 1, 2)
        with torch.inference_mode():
            x = head = prelu(convolve(lr, 0), 0)
            for block in range(num_blocks):
                y = prelu(convolve(x, 2 * block + 1), block + 1)
                x = x + convolve(y, 2 * block + 2)
            x = head + convolve(x, 2 * num_blocks + 1)
            for stage in (1, 2):
                x = functional.pixel_shuffle(convolve(x, 2 * num_blocks + 1 + stage), 2)
                x = prelu(x, num_blocks + stage)
            sr = convolve(x, 2 * num_blocks + 4)
        return tanh_to_levels(sr[0].permute(1, 2, 0).numpy(), lr_levels.dtype)

    return upscale


def onnx_engine(arrays: Mapping[str, np.ndarray], num_threads: int) -> Engine:
    """Runs weights of `save_folded` in ONNX Runtime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = num_threads
    model = _onnx_model(arrays)
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def upscale(lr_levels: np.ndarray) -> np.ndarray:
        lr = np.ascontiguousarray(levels_to_unit(lr_levels).transpose(2, 0, 1)[None])
        (sr,) = session.run(None, {"lr": lr})
        return tanh_to_levels(sr[0].transpose(1, 2, 0), lr_levels.dtype)

    return upscale


def _onnx_model(arrays: Mapping[str, np.ndarray]) -> bytes:
    """The network in ONNX's own operators: Keras' exporter writes each PReLU as five of them."""
    from onnx import TensorProto, helper, numpy_helper

    num_blocks = _num_blocks(arrays)
    constants: list[Any] = []
    nodes: list[Any] = []
    for key, array in arrays.items():
        if key.startswith("kernel"):
            array = array.transpose(3, 2, 0, 1)
        elif key.startswith("slope"):
            array = array.reshape(-1, 1, 1)
        constants.append(numpy_helper.from_array(np.ascontiguousarray(array), key))

    def add(kind: str, *inputs: str, **settings: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [f"x{len(nodes)}"], **settings))
        return f"x{len(nodes) - 1}"

    def convolve(x: str, index: int) -> str:
        border = [arrays[f"kernel{index}"].shape[0] // 2] * 4
        return add("Conv", x, f"kernel{index}", f"bias{index}", pads=border)

    def prelu(x: str, index: int) -> str:
        return add("PRelu", x, f"slope{index}")

    x = head = prelu(convolve("lr", 0), 0)
    for block in range(num_blocks):
        y = prelu(convolve(x, 2 * block + 1), block + 1)
        x = add("Add", x, convolve(y, 2 * block + 2))
    x = add("Add", head, convolve(x, 2 * num_blocks + 1))
    for stage in (1, 2):
        x = add("DepthToSpace", convolve(x, 2 * num_blocks + 1 + stage), blocksize=2, mode="DCR")
        x = prelu(x, num_blocks + stage)
    sr = convolve(x, 2 * num_blocks + 4)
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, f"{name}_h", f"{name}_w"])
        for name in ("lr", sr)
    ]
    graph = helper.make_graph(nodes, "generator", ends[:1], ends[1:], constants)
    opset = [helper.make_opsetid("", 17)]
    return bytes(helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString())


def _num_blocks(arrays: Mapping[str, np.ndarray]) -> int:
    return (sum(key.startswith("kernel") for key in arrays) - 5) // 2
