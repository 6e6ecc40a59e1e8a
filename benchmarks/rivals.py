"""What else runs a trained net on a CPU, each with the settings that its manual recommends.

Each maker returns a function that runs one forward pass and returns a score, as in with_torch.py.
ONNX Runtime and OpenVINO are measured where they can be imported, torch.compile where it finds a
C++ compiler.
"""

import importlib.util
import os
import shutil
from collections.abc import Callable

from . import with_torch
from .config import Config

CLOSE = {"float32": 1e-3, "bf16": 0.1}  # how far their scores may lie apart, by precision
READ_ONNX = {"ONNX Runtime": "onnxruntime", "OpenVINO": "openvino"}  # and the module to import


def channels_last(config: Config) -> Callable[[], float]:
    return _torch_forward(config, lambda model: model)


def compiled(config: Config) -> Callable[[], float]:
    import torch

    return _torch_forward(config, lambda model: torch.compile(model, dynamic=False))


def _torch_forward(config: Config, prepare) -> Callable[[], float]:
    import torch

    model = with_torch.channels_last(with_torch.ready(config))
    image = torch.from_numpy(config.picture()).contiguous(memory_format=torch.channels_last)
    model = prepare(model)

    def unit() -> float:
        with torch.inference_mode(), with_torch.autocast(config):
            return float(model(image)[0, 0, 0, 0])

    return unit


def onnx_runtime(config: Config) -> Callable[[], float]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _threads()
    session = onnxruntime.InferenceSession(
        config.model, options, providers=["CPUExecutionProvider"]
    )
    (name,) = (given.name for given in session.get_inputs())
    image = config.picture()
    return lambda: float(session.run(None, {name: image})[0][0, 0, 0, 0])


def openvino(config: Config) -> Callable[[], float]:
    import openvino

    core = openvino.Core()
    model = core.read_model(config.model)
    model.reshape(list(config.image_shape))
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": {"float32": "f32"}.get(config.precision, config.precision),
        "INFERENCE_NUM_THREADS": _threads(),
    }
    request = core.compile_model(model, "CPU", settings).create_infer_request()
    image = config.picture()
    return lambda: float(request.infer([image])[0][0, 0, 0, 0])


RIVALS: dict[str, Callable[[Config], Callable[[], float]]] = {
    "PyTorch": with_torch.forward,
    "PyTorch, channels last": channels_last,
    "PyTorch, compiled": compiled,
    "ONNX Runtime": onnx_runtime,
    "OpenVINO": openvino,
}

# Those that multiply in bf16 on a CPU: ONNX Runtime does not; plain PyTorch is channels last there.
IN_BF16 = ("PyTorch, channels last", "PyTorch, compiled", "OpenVINO")


def present(precision: str) -> dict[str, Callable[[Config], Callable[[], float]]]:
    """Return the rivals that can run here in a precision."""
    absent = {name for name, module in READ_ONNX.items() if not importlib.util.find_spec(module)}
    if not shutil.which(os.environ.get("CXX", "g++")):
        absent.add("PyTorch, compiled")
    if precision == with_torch.BF16:
        absent |= RIVALS.keys() - IN_BF16
    return {name: maker for name, maker in RIVALS.items() if name not in absent}


def _threads() -> int:
    return int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1))
