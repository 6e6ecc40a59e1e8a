"""Select and log the compute device."""

from collections.abc import Callable
from glob import glob
from typing import Any

import caffe
from data.errors import ProjectError


def use_device(
    gpu: int | None = None,
    log: Callable[[str], Any] = print,
    default: int = 0,
    precision: str = "float32",
) -> bool:
    """Choose where and in what precision to compute; return whether that is a GPU.

    Parameters
    ----------
    gpu
        A CUDA device, whose failure is caffe's error; None takes `default` if there is any, else
        the CPU.
    precision
        What caffe is to multiply in; BVLC's knows float32 alone.
    """
    if hasattr(caffe, "set_precision"):
        caffe.set_precision(precision)
    elif precision != "float32":
        raise ProjectError(f"precision {precision}: a BVLC build multiplies in float32")
    # By its device file: a BVLC build without CUDA aborts in set_device.
    if gpu is not None or glob("/dev/nvidia[0-9]*") or glob("/dev/dxg"):
        device = default if gpu is None else gpu
        try:
            caffe.set_device(device)
            caffe.set_mode_gpu()
            log(f"computing on GPU {device}")
            return True
        except Exception as e:  # CaffeError; BVLC raises others
            if gpu is not None:
                raise
            log(f"there is a GPU, but it cannot be used: {e}")
    caffe.set_mode_cpu()
    log("computing on the CPU")
    return False
